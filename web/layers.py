"""A mail, layer by layer: its words, its HTML behind glass, its head, its bytes, the tree of its parts; and files to save.

The bytes are taken apart by a guarded child.  The HTML has neither script nor style nor pictures, and stands in a frame of its
own without rights, so that even a mistake of the sanitiser shows nothing but words.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence

import msgspec
from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from gateway.errors import NotFound, VanthuError
from gateway.layers import Layers
from gateway.model import Action, FileReading, Value
from gateway.policy.reasons import why_unreadable
from gateway.rights import is_sealed
from gateway.roles import Verb
from gateway.store import MailRow
from web.auth import may, me, tell_seen, visible_case
from web.context import gateway, store
from web.files import attachment, cache
from web.format import words
from web.language import said

blueprint = Blueprint("layers", __name__)

LAYERS: Mapping[str, str] = {
    "text": "Lời thư",
    "html": "HTML",
    "headers": "Phần đầu thư",
    "raw": "Nguyên văn",
    "parts": "Các phần",
}
_LONGEST_RAW = 200_000  # bytes that are shown
_PACKED = -1  # a mail taken apart, in the cache of files: no page has this number
_STYLE = (
    "body{font:15px/1.5 sans-serif;color:#16262d;background:#fff;margin:1rem;overflow-wrap:anywhere}"
    "table{border-collapse:collapse}"
)
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_GLASS = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'; sandbox"
)


class Part(Value):
    """One part of the tree, with what was decided about it."""

    depth: int
    media: str
    name: str
    size: int
    digest: str
    decision: str
    reading: FileReading | None = None


def layers_of(row: MailRow) -> Layers:
    """The mail taken apart.  NotFound when its bytes are no longer kept; VanthuError when it cannot be done."""
    packed = cache().get(row.digest, _PACKED)
    if packed is not None:
        return msgspec.msgpack.decode(packed, type=Layers)
    made = gateway().inspector.layers_of(store().views.raw(row.id))
    cache().put(row.digest, _PACKED, msgspec.msgpack.encode(made))
    return made


def parts_of(row: MailRow, layers: Layers) -> tuple[Part, ...]:
    """The tree, each leaf with what the gateway made of it."""
    recognition = store().views.recognition(row.id)
    files = (*recognition.files, *(file for case in store().views.cases_of_mail(row.id) for file in case.files))
    readings = {reading.digest: reading for file in files for reading in file.walk()}
    skipped = recognition.skipped and not readings
    return tuple(
        Part(
            depth=branch.depth,
            media=branch.media,
            name=branch.name,
            size=branch.size,
            digest=branch.digest,
            decision=_decision(readings.get(branch.digest), skipped=skipped) if branch.digest else "",
            reading=readings.get(branch.digest),
        )
        for branch in layers.tree
    )


def _decision(reading: FileReading | None, *, skipped: bool) -> str:
    if reading is None:
        why = "không xem: cả thư không có phần nào có thể mang văn bản" if skipped else "không xem riêng"
        return said(why)
    found = [str(words(reading.nature))]
    if reading.reason:
        found.append(str(said(why_unreadable(reading.reason))))
    found += [document.number_symbol for document in reading.documents if document.number_symbol]
    return ", ".join(dict.fromkeys(found))


def raw_of(row: MailRow) -> tuple[str, bool]:
    """The beginning of the bytes as text, and whether there is more."""
    raw = store().views.raw(row.id)
    return raw[:_LONGEST_RAW].decode("utf-8", "replace"), len(raw) > _LONGEST_RAW


# --- Pages ------------------------------------------------------------------------------------------------------------


@blueprint.get("/mail/<id:mail_id>/html")
@may(Verb.SEE_MAILS)
def as_html(mail_id: str) -> ResponseReturnValue:
    """The HTML of a mail, harmless, for the frame of its page."""
    return _glass(_open_mail(mail_id))


@blueprint.get("/case/<id:case_id>/mail/<id:mail_id>/html")
@may(Verb.SEE_CASES)
def as_html_of_case(case_id: str, mail_id: str) -> ResponseReturnValue:
    """The same for those who see the case."""
    return _glass(_mail_of_case(case_id, mail_id))


@blueprint.get("/mail/<id:mail_id>/raw")
@may(Verb.SEE_MAILS)
def original(mail_id: str) -> ResponseReturnValue:
    """The mail byte for byte; the browser saves it and never shows it."""
    return _original(_open_mail(mail_id))


@blueprint.get("/case/<id:case_id>/mail/<id:mail_id>/raw")
@may(Verb.SEE_CASES)
def original_of_case(case_id: str, mail_id: str) -> ResponseReturnValue:
    """The same for those who see the case."""
    return _original(_mail_of_case(case_id, mail_id), case_id=case_id)


@blueprint.get("/mail/<id:mail_id>/part/<digest>")
@may(Verb.SEE_MAILS)
def part(mail_id: str, digest: str) -> ResponseReturnValue:
    """One part, byte for byte; the browser saves it."""
    return _part(_open_mail(mail_id), digest)


@blueprint.get("/case/<id:case_id>/mail/<id:mail_id>/part/<digest>")
@may(Verb.SEE_CASES)
def part_of_case(case_id: str, mail_id: str, digest: str) -> ResponseReturnValue:
    """The same for those who see the case."""
    return _part(_mail_of_case(case_id, mail_id), digest, case_id=case_id)


def sealed(mail_id: str) -> bool:
    """Whether a mail shows nothing but that it came."""
    return any(verdict.action is Action.QUARANTINE for verdict in store().views.verdicts(mail_id))


def row_of_case(case_id: str, mail_id: str) -> MailRow:
    """A mail that brought a document of a case; 404 for whoever does not see the case, and for sealed ones."""
    case = visible_case(case_id)
    row = next((row for row in store().views.mails_of_case(case.id) if row.id == mail_id), None)
    if row is None or is_sealed(case):
        abort(404)
    return row


def _mail_of_case(case_id: str, mail_id: str) -> MailRow:
    row = row_of_case(case_id, mail_id)
    return row if not sealed(mail_id) else abort(404)


def _open_mail(mail_id: str) -> MailRow:
    row = store().views.mail(mail_id)
    return row if not sealed(mail_id) else abort(404)


def _layers_or_404(row: MailRow) -> Layers:
    try:
        return layers_of(row)
    except VanthuError:  # gone, or nothing that can be taken apart
        abort(404)


def _glass(row: MailRow) -> Response:
    page = f'<!doctype html><meta charset="utf-8"><title>HTML</title><style>{_STYLE}</style>{_layers_or_404(row).html}'
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _GLASS
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _original(row: MailRow, *, case_id: str = "") -> Response:
    tell_seen(me(), mail_id=row.id, case_id=case_id, what="download")
    return _saved(store().views.raw(row.id), f"{row.id}.eml")


def _part(row: MailRow, digest: str, *, case_id: str = "") -> Response:
    names: Sequence[str] = [branch.name for branch in _layers_or_404(row).tree if branch.digest == digest]
    if not names:
        abort(404)
    try:
        data = gateway().inspector.file_in(store().views.raw(row.id), (digest,))
    except NotFound:
        abort(404)
    name = names[0] or "phan.bin"
    tell_seen(me(), mail_id=row.id, case_id=case_id, what="download", file=name)
    return _saved(data, name)


def _saved(data: bytes, name: str) -> Response:
    response = Response(data, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = attachment(name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
