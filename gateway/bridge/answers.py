"""What an office system sent back, from its bytes to an Answer.  Pure.  What cannot be read is an answer too: it is kept."""

from __future__ import annotations

import hashlib
import re
from datetime import date

from msgspec.structs import replace

from gateway.bridge.edxml import (
    PRIORITIES,
    RECALL,
    STATUSES,
    Agency,
    Answered,
    Business,
    EdxmlPackage,
    Staff,
    StatusMessage,
    read,
    status_message,
)
from gateway.courier import Answer, CarriedFile, Incoming, Level, Status
from gateway.documents.kinds import TITLES
from gateway.documents.vietnamese import squeezed
from gateway.errors import UnreadablePackage
from gateway.model import Document, Nature

_LEVELS = {"01": Level.STORED, "02": Level.REJECTED, "03": Level.REGISTERED}
_URGENCIES = {number: urgency for urgency, number in PRIORITIES.items()}

# There is no element for the number: offices write it into the description.
_NUMBER = re.compile(r"s[ốô]\s*đến\s*(?:là|số)?\s*[:=]?\s*(\d{1,7}(?:/[\w./-]{1,30})?)", re.IGNORECASE)
_DAY = re.compile(r"ngày\s*(?:đến|vào sổ)?\s*[:=]?\s*(\d{1,2})/(\d{1,2})/(\d{4})", re.IGNORECASE)
_DELIVERY = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}-\d{1,4}")
_OPENING = re.compile(r"\AVăn thư(?: cơ quan)?:\s*")


def delivery_named(text: str) -> str:
    """The id of a delivery of ours that stands in a file name or message; "" when there is none."""
    found = _DELIVERY.search(text)
    return found[0] if found else ""


def answer_of(raw: bytes, *, event_id: str, handle: str = "", delivery_id: str = "") -> Answer:
    """Make an Answer of what came back: a status message, a document, or something that nobody can read."""
    digest = hashlib.sha256(raw).hexdigest()
    try:
        found = read(raw)
    except UnreadablePackage as error:
        answer = Answer(event_id=event_id, level=Level.UNREADABLE, reason=str(error), delivery_id=delivery_id)
    else:
        answer = _status(found, event_id, delivery_id) if isinstance(found, StatusMessage) else _document(found, event_id)
    return replace(answer, raw=raw, digest=digest, handle=handle)


def level_of(code: str) -> Level:
    """How far a document came over there, by its StatusCode."""
    return _LEVELS.get(code, Level.STATUS)


def register_number_in(text: str) -> tuple[str, date | None]:
    """ "Số đến: 1204, ngày 16/11/2025": the number and its day; "" and None where they do not stand."""
    number = _NUMBER.search(text)
    return (number[1], _day(text)) if number else ("", None)


def written(status: Status) -> bytes:
    """Our own status as a message of the axis."""
    words = STATUSES.get(status.code, "")
    said = f"{words}: {status.description}" if words and status.description else words or status.description
    return status_message(
        StatusMessage(
            code=status.code,
            sender=Agency(organ_id=status.sender, name=status.sender_name),
            about=Answered(
                organ_id=status.receiver,
                code=status.number_symbol,
                document_id=status.document_id,
                issued_on=status.issued_on,
            ),
            staff=Staff(department=status.department, name=status.staff),
            description=said,
            at=status.at,
        )
    )


def _status(status: StatusMessage, event_id: str, delivery_id: str) -> Answer:
    number = _NUMBER.search(status.description) if status.code == "03" else None
    return Answer(
        event_id=event_id,
        level=level_of(status.code),
        at=status.at,
        status=status.code,
        delivery_id=delivery_id or delivery_named(status.description),
        document_id=status.about.document_id,
        organ_id=status.about.organ_id,
        number_symbol=status.about.code,
        issued_on=status.about.issued_on,
        register_number=number[1] if number else "",
        registered_on=_day(status.description) if status.code == "03" else None,
        reason=_OPENING.sub("", status.description),
        actor=status.staff.name or status.sender.name,
    )


def _day(text: str) -> date | None:
    found = _DAY.search(text)
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        return None


def _document(package: EdxmlPackage, event_id: str) -> Answer:
    number_symbol = "/".join(part for part in (package.number, package.notation) if part)
    return Answer(
        event_id=event_id,
        level=Level.DOCUMENT,
        at=next((trace.at for trace in package.traces if trace.at is not None), None),
        document_id=package.document_id,
        organ_id=package.sender.organ_id,
        number_symbol=number_symbol,
        issued_on=package.issued_on,
        incoming=incoming_of(package),
    )


def incoming_of(package: EdxmlPackage) -> Incoming:
    """A document of the axis in our own nouns.  Nothing was recognised here: the package says so."""
    business = package.business or Business()
    document = Document(
        nature=Nature.ISSUED,
        confidence=1.0,
        number=package.number,
        symbol=package.notation,
        number_symbol="/".join(part for part in (package.number, package.notation) if part),
        kind=TITLES.get(squeezed(package.type_name), package.type_name),
        issuer=package.sender.name,
        superior=package.sender.in_charge,
        place=package.place,
        issued_on=package.issued_on,
        subject=package.subject,
        signer=package.signer,
        signer_title=package.position,
        capacity=package.competence,
        urgency=_URGENCIES.get(min(package.priority, 3), _URGENCIES[0]),
        addressees=package.to_places,
    )
    # A recall of the kit names the recalled document in its own DocumentId.
    earlier = (*((business.document_id,) if business.document_id else ()), *(each.document_id for each in business.replaced))
    if business.kind == RECALL and not earlier:
        earlier = (package.document_id,)
    return Incoming(
        document=document,
        sender=package.sender.organ_id,
        sender_name=package.sender.name,
        receivers=tuple(to.organ_id for to in package.receivers),
        business=business.kind or "0",
        earlier=earlier if business.kind not in ("", "0") else (),
        reason=business.reason,
        due_on=package.due_on,
        files=tuple(CarriedFile(name=a.name, data=a.data, media=a.media) for a in package.attachments),
        problems=package.problems,
    )
