"""The axis is a door too: a document that an office system's courier brought becomes an incoming case of its addressee.

Its files and the package facts are put into a mail of our own making, so that everything behind (recognition, pages, hand-over)
is what it is for mail; the package itself lies verbatim with its receipt.  When a mail brought the same bytes before, the two
are one case; the same number of the same agency is proposed.  It waits for the clerk, who takes it in or refuses it, and the
issuer is told what became of it (Decision 28/2018/QĐ-TTg, articles 5.4 and 9).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from hashlib import sha256

from msgspec.structs import replace

from gateway.answers import units_on_axis
from gateway.axis_statuses import arrived, registered
from gateway.courier import Answer, CarriedFile, Incoming
from gateway.directory.snapshot import Directory, Organisation
from gateway.intake import Recogniser
from gateway.lifecycle import CaseState
from gateway.model import (
    Action,
    Arrival,
    Case,
    Direction,
    Document,
    Door,
    Event,
    FileReading,
    Identity,
    Mail,
    Nature,
    Recipient,
    Recognition,
    Relation,
    Story,
    Urgency,
    Verdict,
    digest_of,
    new_id,
)
from gateway.policy.facts import local_day
from gateway.policy.sameness import Mark, MarkKind, agency_of, marks_of
from gateway.store import Acceptance, Opening, Store
from gateway.store.receipt_values import Effect, Fit, Origin

RULE = "axis"
_RELATIONS = {"1": Relation.RECALL, "2": Relation.CORRECTION, "3": Relation.REPLACEMENT}
_REASON = "Văn bản đến qua trục liên thông; văn thư kiểm tra, rồi tiếp nhận hoặc từ chối (Nghị định 30/2020/NĐ-CP, điều 21)."


class AxisDoor:
    """Takes in documents of the axis."""

    def __init__(
        self,
        *,
        store: Store,
        recogniser: Recogniser,
        directory: Callable[[], Directory],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._recogniser = recogniser
        self._directory = directory
        self._clock = clock

    async def take(self, courier: str, answer: Answer) -> bool:
        """Make a document durable, with a case for each of our units that it is for; false when it was there before.

        A document for none of our units is kept as an orphan.
        """
        incoming = answer.incoming
        assert incoming is not None, "whoever calls has looked"  # noqa: S101 - for the type checker
        now, directory = self._clock(), self._directory()
        units = list(_units(directory, incoming, now))
        if not units:
            return await asyncio.to_thread(self._store.receipts.keep, courier, answer, Fit(), Effect(), now=now)
        mail = mail_of(answer, incoming, [unit for unit, _ in units], now)
        recognition = await self._recogniser.recognise(mail.raw)
        openings = tuple(_opening(mail, unit, answer, incoming, recognition, directory, now) for unit, _ in units)
        origins = tuple(_origin(mail, unit, receiver, answer, incoming) for unit, receiver in units)
        acceptance = Acceptance(
            mail=mail,
            subject=incoming.document.subject,
            recognition=recognition,
            verdicts=tuple(_verdict(unit, opening) for (unit, _), opening in zip(units, openings, strict=True)),
            openings=openings,
            stories=(Story(at=now, event=Event.ACCEPTED, mail_id=mail.id, detail={"door": Door.AXIS, "courier": courier}),),
        )
        its = [(origin, opening.case.id) for origin, opening in zip(origins, openings, strict=True)]
        owed = tuple(arrived(courier, case_id, origin, now) for origin, case_id in its)
        if_registered = tuple(registered(courier, case_id, origin, now) for origin, case_id in its)
        if any(opening.case.state is CaseState.SEALED for opening in openings):
            # Its files lie with the sealed mail; a second copy, in the open, would be a leak.
            answer = replace(answer, raw=b"", digest=digest_of(answer.raw))
        fit = Fit(case_id=openings[0].case.id, is_current=False)
        keep = partial(
            self._store.receipts.keep,
            acceptances=(acceptance,),
            origins=origins,
            owed=owed,
            if_registered=if_registered,
            now=now,
        )
        return await asyncio.to_thread(keep, courier, answer, fit, Effect())


def mail_of(answer: Answer, incoming: Incoming, units: list[Organisation], now: datetime) -> Mail:
    """The document as a mail: its facts as text, its files as attachments.  The same document makes the same bytes."""
    raw = _letter(answer, incoming, units).as_bytes(policy=SMTP)
    return Mail(
        id=new_id(),
        sender="",
        recipients=tuple(Recipient(address=f"{unit.code}@axis.invalid") for unit in units),
        raw=raw,
        digest=digest_of(raw),
        arrival=Arrival(door=Door.AXIS, at=now, protocol="edXML", identity=Identity.CLAIMED),
    )


def _letter(answer: Answer, incoming: Incoming, units: list[Organisation]) -> EmailMessage:
    document = incoming.document
    letter = EmailMessage(policy=SMTP)
    letter["Subject"] = _plain(document.subject or document.number_symbol or "Văn bản trên trục liên thông")
    letter["From"] = f"axis <{_plain(incoming.sender) or 'unknown'}@axis.invalid>"
    letter["X-Vanthu-Axis"] = _plain(answer.event_id)
    letter.set_content("\n".join(_facts(answer, incoming, units)) + "\n", charset="utf-8", cte="base64")
    for file in incoming.files:
        letter.add_attachment(file.data, maintype="application", subtype="octet-stream", filename=_plain(file.name) or "tep")
    boundary = sha256(answer.raw or answer.event_id.encode()).hexdigest()[:40]
    if letter.is_multipart():
        letter.set_boundary(f"axis-{boundary}")
    return letter


def _facts(answer: Answer, incoming: Incoming, units: list[Organisation]) -> Iterator[str]:
    """The facts of the package, for whoever opens the mail."""
    document = incoming.document
    yield "Văn bản nhận qua trục liên thông."
    yield f"Cơ quan gửi: {incoming.sender_name or incoming.sender}"
    yield f"Nơi nhận: {', '.join(unit.name for unit in units)}"
    yield f"Mã văn bản trên trục: {answer.document_id}"
    if document.number_symbol:
        yield f"Số, ký hiệu (theo gói tin): {document.number_symbol}"
    if incoming.reason:
        yield f"Lý do: {incoming.reason}"
    yield from (f"Lưu ý: {problem}" for problem in incoming.problems)


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]


def _units(directory: Directory, incoming: Incoming, now: datetime) -> Iterator[tuple[Organisation, str]]:
    """Our units that the document is for, each once, with the code that it was addressed by."""
    on, seen = local_day(now), set[str]()
    for receiver in incoming.receivers:
        for code in units_on_axis(directory, receiver):
            unit = directory.unit(code, on)
            if unit is not None and unit.code not in seen:
                seen.add(unit.code)
                yield unit, receiver


def _opening(
    mail: Mail,
    unit: Organisation,
    answer: Answer,
    incoming: Incoming,
    recognition: Recognition,
    directory: Directory,
    now: datetime,
) -> Opening:
    main = _main(recognition.files, incoming.files)
    relation = incoming.document.relation or _RELATIONS.get(incoming.business, Relation.NONE)
    document = _completed(replace(incoming.document, relation=relation), main)
    is_secret = any(reading.nature is Nature.SECRET for reading in recognition.files)
    urgent = document.urgency is not Urgency.NORMAL
    case = Case(
        id=new_id(),
        mail_id=mail.id,
        unit=unit.code,
        office=unit.office,
        direction=Direction.INCOMING,
        action=Action.QUARANTINE if is_secret else Action.COPY,
        state=CaseState.SEALED if is_secret else CaseState.WAITING,
        opened_at=now,
        due_at=now if urgent else directory.calendar.same_day(now),
        key=main.digest if main is not None and main.size and not is_secret else "",
        rule=RULE,
        reason=_REASON,
        sender=incoming.sender_name or incoming.sender,
        recipients=(unit.name,),
        subject=document.subject,
        document=document,
        files=recognition.files,
        alarm=urgent or is_secret or relation is Relation.RECALL,
    )
    marks = () if is_secret else _marks(case, mail, answer, incoming, directory)
    return Opening(case=case, marks=marks)


def _marks(case: Case, mail: Mail, answer: Answer, incoming: Incoming, directory: Directory) -> tuple[Mark, ...]:
    axis_id = f"{incoming.sender}|{answer.document_id}"
    marks = marks_of(case, mail, agency=agency_of(directory, case.document), axis_id=axis_id)
    named = [Mark(kind=MarkKind.NAME, value=axis_id)] if answer.document_id else []
    meant = [Mark(kind=MarkKind.CONCERNS, value=f"{incoming.sender}|{earlier}") for earlier in incoming.earlier]
    return (*marks, *named, *meant)


def _main(readings: tuple[FileReading, ...], files: tuple[CarriedFile, ...]) -> FileReading | None:
    """The main file is the first that the package carries."""
    if not files:
        return None
    digest = digest_of(files[0].data)
    return next((reading for reading in readings if reading.digest == digest), None)


def _completed(said: Document, main: FileReading | None) -> Document:
    """What the package says; what it leaves open as the file says it."""
    read = main.documents[0] if main is not None and main.documents else None
    if read is None:
        return said
    names = [name for name in Document.__struct_fields__ if name not in ("nature", "confidence")]
    return replace(read, **{name: value for name in names if (value := getattr(said, name))})


def _verdict(unit: Organisation, opening: Opening) -> Verdict:
    case = opening.case
    return Verdict(
        recipient=f"{unit.code}@axis.invalid",
        action=case.action,
        rule=RULE,
        clause="Nghị định 30/2020/NĐ-CP, điều 21; Quyết định 28/2018/QĐ-TTg, điều 9",
        reason=_REASON,
        unit=unit.code,
        office=unit.office,
        direction=Direction.INCOMING,
    )


def _origin(mail: Mail, unit: Organisation, receiver: str, answer: Answer, incoming: Incoming) -> Origin:
    return Origin(
        mail_id=mail.id,
        unit=unit.code,
        receiver=receiver,
        sender=incoming.sender,
        sender_name=incoming.sender_name,
        document_id=answer.document_id,
        number_symbol=incoming.document.number_symbol,
        issued_on=incoming.document.issued_on,
        business=incoming.business,
        reason=incoming.reason,
        problems=incoming.problems,
    )
