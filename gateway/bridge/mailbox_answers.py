"""What a mail that comes back to a mailbox courier says: a report that our letter did not arrive, edXML, or words.  Pure.

Our letter carries the delivery id in its Message-ID and in its text, and nobody else knows it: 80 bits of it are drawn.  Who
names it has seen the letter (docs/decisions/0031-answers-by-mail.md).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from msgspec.structs import replace

from gateway.bridge.answers import answer_of, delivery_named, register_number_in
from gateway.courier import Answer, Level
from gateway.documents.fields import Fields, cut_head, parse_fields
from gateway.documents.mime import Part, split
from gateway.model import Mail, digest_of

_MOST_WORDS = 500
_QUOTED = re.compile(r"^\s*>|^-{2,}.*(?:gốc|original).*-{2,}\s*$", re.IGNORECASE)
_WRITES = re.compile(r"^(?:On|Vào|Lúc)\b.*(?:wrote|viết)\s*:\s*$", re.IGNORECASE)
_TAGS = re.compile(r"<(style|script)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
# RFC 3464, section 2.3: one group of fields for each recipient.
_ACTION = re.compile(r"^Action:\s*([\w-]+)", re.IGNORECASE | re.MULTILINE)
_DIAGNOSTIC = re.compile(r"^Diagnostic-Code:\s*(?:[\w-]+;)?\s*(.+(?:\n[ \t].+)*)", re.IGNORECASE | re.MULTILINE)
_LINE_OF_ITS_OWN = re.compile(r"^\W*s[ốô]\s*đến\b.*$", re.IGNORECASE)


def delivery_meant(mail: Mail) -> str:
    """The delivery of ours that a mail answers; "" when it names none.  Looks at its head alone, or at a report as a whole."""
    fields = parse_fields(cut_head(mail.raw)[0])
    named = delivery_named(" ".join((*fields.all("in-reply-to"), *fields.all("references"))))
    if not named and _is_report(fields):  # it gives our letter back, or its head
        named = delivery_named(mail.raw.decode("ascii", "replace"))
    return named


def answers_in(mail: Mail, delivery_id: str) -> tuple[Answer, ...]:
    """What a mail says about a delivery of ours.  CPU only: for a thread."""
    is_report = _is_report(parse_fields(cut_head(mail.raw)[0]))
    return tuple(
        replace(answer, delivery_id=delivery_id, actor=answer.actor or mail.sender, at=answer.at or mail.arrival.at)
        for answer in _answers(mail, split(mail.raw).parts, is_report)
    )


def _is_report(fields: Fields) -> bool:
    return any("multipart/report" in kind for kind in fields.types())


def _answers(mail: Mail, parts: tuple[Part, ...], is_report: bool) -> Iterator[Answer]:
    event_id = f"mail:{digest_of(mail.raw)[:32]}"
    if is_report:
        yield from _report(mail, parts, event_id)
        return
    packages = [part for part in parts if part.name and not part.is_body and _looks_like_edxml(part)]
    read = [answer_of(part.data, event_id=f"{event_id}:{n}") for n, part in enumerate(packages, 1)]
    statuses = [answer for answer in read if answer.level not in (Level.UNREADABLE, Level.DOCUMENT)]
    if statuses:
        yield from statuses
        return
    words = own_words(parts)
    line = next((line for line in words.splitlines() if _LINE_OF_ITS_OWN.match(line)), "")
    number, on = register_number_in(line)
    if number:
        yield Answer(
            event_id=event_id, level=Level.REGISTERED, status="03", register_number=number, registered_on=on, raw=mail.raw
        )
    elif words:
        yield Answer(event_id=event_id, level=Level.STATUS, reason=f"trả lời bằng thư: {words[:_MOST_WORDS]}", raw=mail.raw)


def _report(mail: Mail, parts: tuple[Part, ...], event_id: str) -> Iterator[Answer]:
    """A delivery report: only "failed" says something that is for certain; "delayed" and "relayed" say nothing yet."""
    status = next((part.data for part in parts if part.declared == "message/delivery-status"), b"").decode("utf-8", "replace")
    actions = [action.lower() for action in _ACTION.findall(status.replace("\r\n", "\n"))]
    if "failed" in actions:
        found = _DIAGNOSTIC.search(status.replace("\r\n", "\n"))
        why = " ".join(found[1].split())[:_MOST_WORDS] if found else "máy chủ thư không nói vì sao"
        yield Answer(event_id=event_id, level=Level.REJECTED, reason=f"thư không đến được hộp thư nhận: {why}", raw=mail.raw)


def own_words(parts: tuple[Part, ...]) -> str:
    """What somebody wrote himself, without what he quotes."""
    bodies = [part for part in parts if part.is_body and not part.forwarded]
    plain = [part for part in bodies if part.declared in ("text/plain", "text")] or bodies
    kept: list[str] = []
    for line in "\n".join(map(_text, plain)).splitlines():
        if _WRITES.match(line):
            break
        if not _QUOTED.match(line):
            kept.append(" ".join(line.split()))
    return "\n".join(kept).strip()


def _text(part: Part) -> str:
    try:
        text = part.data.decode(part.charset or "utf-8", "replace")
    except LookupError:
        text = part.data.decode("utf-8", "replace")
    return html.unescape(_TAGS.sub(" ", text)) if part.declared == "text/html" else text


def _looks_like_edxml(part: Part) -> bool:
    return part.name.lower().endswith((".edxml", ".xml")) and b"edXML" in part.data[:4096]
