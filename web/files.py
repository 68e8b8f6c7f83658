"""The files of a case: images of their pages, their text where it is plain, and the original to download."""

from __future__ import annotations

import html
import re
import threading
from collections import OrderedDict
from typing import cast
from urllib.parse import quote

import msgspec
from flask import Blueprint, Flask, Response, abort, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from gateway.documents import mime
from gateway.errors import NotFound, VanthuError
from gateway.model import Case, Evidence, FileReading, Nature, Value, digest_of
from gateway.policy.reasons import why_unreadable
from web.auth import is_sealed, me, tell_seen, visible_case
from web.context import gateway, store

blueprint = Blueprint("files", __name__)

PAGE_WIDTH = 1240  # pixels: A4 at 150 dots per inch, sharp enough for stamps
_CACHE_BYTES = 64 * 1024 * 1024
_LONGEST_TEXT = 200_000  # characters of a text that are shown
_PDF = "application/pdf"
_PICTURES = frozenset(f"image/{kind}" for kind in ("jpeg", "png", "tiff", "heic", "bmp", "webp", "gif"))
_NO_PAGE = b""  # remembered like an image: the file ends before this page
_MARKUP = re.compile(
    r"<(?:script|style)\b.*?</(?:script|style)>|<br\s*/?>|</(?:p|div|tr|li|h\d)>|<[^>]*>", re.IGNORECASE | re.DOTALL
)


class Preview(Value):
    """What the page side of a case shows of one file."""

    file: int  # index in the case's files
    name: str
    kind: str  # "image", "text" or "none"
    page: int = 1
    more: bool = False  # whether a next page may exist
    text: str = ""
    problem: str = ""  # why there is nothing to see, in Vietnamese
    lines: tuple[Evidence, ...] = ()  # what was read of a file that has no pages
    marks: tuple[Evidence, ...] = ()  # what was read on the page that is shown, with its place
    has_bytes: bool = False


class FileCache:
    """Page images by (digest, page), and files themselves as page 0; the longest unused is forgotten first.

    An empty image stands for a page that is not there.
    """

    def __init__(self, room: int = _CACHE_BYTES) -> None:
        self._size = self._room = room
        self._images: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: str, page: int) -> bytes | None:
        """The image or file, when it is still here."""
        with self._lock:
            image = self._images.get((digest, page))
            if image is not None:
                self._images.move_to_end((digest, page))
            return image

    def put(self, digest: str, page: int, image: bytes) -> None:
        """Remember an image or file, and forget old ones when room is short; one that takes a quarter of it is left out."""
        if len(image) > self._size // 4:
            return
        with self._lock:
            replaced = self._images.pop((digest, page), b"")
            self._images[digest, page] = image
            self._room += len(replaced) - len(image)
            while self._room < 0 and self._images:
                _, oldest = self._images.popitem(last=False)
                self._room += len(oldest)


def install(app: Flask) -> None:
    """Give the app its cache of files and page images."""
    app.extensions["vanthu.files"] = FileCache()
    app.register_blueprint(blueprint)


@blueprint.get("/case/<id:case_id>/file/<int:file>/page/<int:page>.png")
@login_required  # type: ignore[untyped-decorator]  # Flask-Login has no type information
def page(case_id: str, file: int, page: int) -> ResponseReturnValue:
    """One page of a PDF or picture as PNG, drawn in a guarded child."""
    case = _open_case(case_id)
    reading = _reading(case, file)
    if not _has_pages(reading) or page < 1:
        abort(404)
    try:
        image = page_image(case, reading, page)
    except VanthuError:  # no such page, or the file could not be drawn within the limits
        abort(404)
    response = Response(image, mimetype="image/png")
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@blueprint.get("/case/<id:case_id>/file/<int:file>")
@login_required  # type: ignore[untyped-decorator]  # Flask-Login has no type information
def download(case_id: str, file: int) -> ResponseReturnValue:
    """The original, byte for byte; the browser saves it and never shows it."""
    case = _open_case(case_id)
    reading = _reading(case, file)
    data = bytes_of(case, reading)
    tell_seen(me(), case_id=case.id, mail_id=case.mail_id, what="download")
    response = Response(data, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = _attachment(reading.name or "noi-dung-thu.txt")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def main_file(case: Case) -> int:
    """Which file the case opens with: the one its document was read from, else the first that is an official document."""
    document = case.document
    for index, reading in enumerate(case.files):
        if document is not None and document in reading.documents:
            return index
    order = (Nature.ISSUED, Nature.COPY, Nature.UNREADABLE)
    ranked = [(order.index(f.nature), index) for index, f in enumerate(case.files) if f.nature in order]
    return min(ranked)[1] if ranked else 0


def preview(case: Case, *, file: int, page: int) -> Preview:
    """What to show of a file: an image of the page, the text, or why there is neither."""
    if not case.files:
        return Preview(file=0, name="", kind="none", problem="Thư này không có tệp nào được lưu trong hồ sơ.")
    if file >= len(case.files):
        abort(404)
    reading = case.files[file]
    try:
        data = bytes_of(case, reading)
    except NotFound:
        gone = "Bản gốc không còn được lưu trên cổng."
        return Preview(file=file, name=reading.name, kind="none", problem=gone, lines=_lines(reading))
    seen = Preview(file=file, name=reading.name, kind="none", has_bytes=True, lines=_lines(reading))
    if not reading.name or reading.media == "text/plain":
        return msgspec.structs.replace(seen, kind="text", text=_decoded(data)[:_LONGEST_TEXT])
    if reading.nature is Nature.UNREADABLE and not _has_pages(reading):
        return msgspec.structs.replace(seen, problem=f"Cổng chưa đọc được tệp này: {why_unreadable(reading.reason)}.")
    if _has_pages(reading):
        return _image_preview(case, reading, seen, page)
    return seen


def page_image(case: Case, reading: FileReading, page: int) -> bytes:
    """A page as PNG; NotFound when the file has no such page, VanthuError when it cannot be drawn."""
    cache = _cache()
    image = cache.get(reading.digest, page)
    if image is None:
        try:
            image = gateway().inspector.page_image(bytes_of(case, reading), page, PAGE_WIDTH)
        except NotFound:
            image = _NO_PAGE
        cache.put(reading.digest, page, image)
    if image == _NO_PAGE:
        raise NotFound(f"case {case.id}: {reading.name!r} has no page {page}")
    return image


def bytes_of(case: Case, reading: FileReading) -> bytes:
    """The bytes of a file of the case, out of the mail as it came; NotFound when they are no longer kept."""
    data = _cache().get(reading.digest, 0)
    if data is None:
        data = _cut_out(case, reading)
        _cache().put(reading.digest, 0, data)
    return data


def _cut_out(case: Case, reading: FileReading) -> bytes:
    parts = mime.split(store().views.raw(case.mail_id)).parts
    for part in parts:
        if digest_of(part.data) == reading.digest:
            return part.data
    if not reading.name:
        bodies = [part for part in parts if part.is_body]
        plain = [part for part in bodies if part.declared in ("text/plain", "")]
        return b"\n".join(part.data for part in plain or bodies)
    raise NotFound(f"case {case.id}: no part with the bytes of {reading.name!r}")


def _cache() -> FileCache:
    return cast(FileCache, current_app.extensions["vanthu.files"])


def _open_case(case_id: str) -> Case:
    case = visible_case(case_id)
    if is_sealed(case):
        abort(404)
    return case


def _reading(case: Case, file: int) -> FileReading:
    if file >= len(case.files):
        abort(404)
    return case.files[file]


def _image_preview(case: Case, reading: FileReading, seen: Preview, page: int) -> Preview:
    """Page 1 is there; for the others the page is drawn now, so that one behind the last leads back to the last."""
    if page > 1:
        try:
            page_image(case, reading, page)
        except NotFound:
            last = url_for("cases.one", case_id=case.id, file=seen.file, page=page - 1, end=1)
            abort(Response(status=303, headers={"Location": last}))
        except VanthuError:
            return msgspec.structs.replace(seen, problem=f"Trang {page} không vẽ được. Xin tải tệp gốc để xem.")
    shown = max(page, 1)
    marks = tuple(line for line in seen.lines if line.box is not None and line.page == shown)
    return msgspec.structs.replace(seen, kind="image", page=shown, more="end" not in request.args, marks=marks)


def _has_pages(reading: FileReading) -> bool:
    """A file that can be drawn: a scan that could not be read is looked at all the same."""
    broken = reading.reason in ("password", "encrypted", "damaged")
    return (reading.media == _PDF or reading.media in _PICTURES) and not broken


def _lines(reading: FileReading) -> tuple[Evidence, ...]:
    found = {(e.page, e.line, e.words): e for document in reading.documents for e in document.evidence}
    return tuple(found[key] for key in sorted(found))


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("cp1258", "replace")
    if re.match(r"\s*<(?:!doctype|html|body|div|p|table|meta)\b", text, re.IGNORECASE):
        text = html.unescape(_MARKUP.sub(lambda tag: "\n" if tag[0][1] in "/bB" else "", text))
    return text.strip()


def _attachment(name: str) -> str:
    """RFC 6266: a plain name for old readers, the real one in UTF-8; nothing that could end the header or name a folder."""
    safe = re.sub(r'[\x00-\x1f\x7f"\\/:*?<>|]', "_", name)[:200]
    plain = safe.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"
