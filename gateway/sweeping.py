"""What is different about a mail that was found in a mailbox: where it goes on to, what is held, what a person is told.  Pure.

Its session is over, so nothing is refused (gateway.policy.decide).  It lies in its mailbox already: to deliver it is to leave
it there, unless the mailbox has a successor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from msgspec.structs import replace

from gateway.config import Forward, Mailbox
from gateway.courier import RELAY
from gateway.directory.snapshot import Directory, Organisation
from gateway.lifecycle import DeliveryState
from gateway.model import Action, Delivery, Direction, Mail, Source, Value, Verdict
from gateway.store import Acceptance

ADDRESS_MOVED = "address-moved"
TWIN = "twin"  # rule of a mail that is probably the same as one that we have
GIVEN_UP = "imap"  # rule of a message that could not be taken
_GOES_ON = (Action.DELIVER, Action.COPY, Action.FORWARD)


def append_courier(mailbox: str) -> str:
    """The name of the courier that appends to this mailbox."""
    return f"append:{mailbox}"


class Route(Value):
    """How informal mail of one mailbox goes on."""

    address: str
    forward: Forward = Forward.LEAVE
    successor: str = ""  # "" is what the directory says
    append_to: str = ""


def routes_of(mailboxes: tuple[Mailbox, ...]) -> dict[str, Route]:
    """The routes of all mailboxes that are swept, by name."""
    by_name = {mailbox.name: mailbox for mailbox in mailboxes}
    return {
        each.name: Route(
            address=each.recipient,
            forward=each.forward,
            successor=each.successor or (by_name[each.append_to].recipient if each.append_to in by_name else ""),
            append_to=each.append_to,
        )
        for each in mailboxes
        if each.sweep
    }


class Sweeps:
    """What the intake asks about mails from mailboxes, and about mails for them by other doors.

    ``rewritten`` gives the envelope sender of a mail (its id and sender) that goes on by SMTP (SRS);
    ``likeness`` see gateway.imap.envelope.
    """

    def __init__(
        self,
        routes: Mapping[str, Route],
        *,
        rewritten: Callable[[str, str], str] = lambda mail_id, sender: sender,
        likeness: Callable[[bytes], str] = lambda raw: "",
    ) -> None:
        self._routes = routes
        self._addresses = frozenset(route.address.lower() for route in routes.values())
        self._rewritten = rewritten
        self._likeness = likeness

    def as_swept(self, mail: Mail, verdicts: tuple[Verdict, ...], directory: Directory, on: date) -> tuple[Verdict, ...]:
        """The verdicts, with what a mailbox's successor and a probable twin change about them."""
        source = mail.arrival.source
        if source is None:
            return verdicts
        route = self._routes.get(source.mailbox, Route(address=""))
        return tuple(_somebodys(_as_swept(verdict, route, source), directory, on) for verdict in verdicts)

    def completed(self, acceptance: Acceptance) -> Acceptance:
        """The acceptance with the deliveries of a swept mail; or with what will show its copy in a swept mailbox."""
        source, mail = acceptance.mail.arrival.source, acceptance.mail
        if source is not None:
            route = self._routes.get(source.mailbox, Route(address=""))
            likenesses = ((route.address, source.likeness),) if source.likeness and route.address else ()
            deliveries = tuple(self._carried(mail, acceptance, route, source))
            return replace(acceptance, deliveries=deliveries, likenesses=likenesses)
        swept = [r.address for r in mail.recipients if r.address.lower() in self._addresses] if self._addresses else []
        if swept and (likeness := self._likeness(mail.raw)):
            return replace(acceptance, likenesses=tuple((address, likeness) for address in swept))
        return acceptance

    def _carried(self, mail: Mail, acceptance: Acceptance, route: Route, source: Source) -> list[Delivery]:
        """The deliveries of a mail that does not stay: in the state that the acceptance has for them."""
        states = {delivery.state for delivery in acceptance.deliveries} or {DeliveryState.QUEUED}
        going = [v for v in acceptance.verdicts if v.action in _GOES_ON and v.target]
        if not going:
            return []
        if route.append_to:
            courier, options, sender = append_courier(route.append_to), _as_it_was(source), mail.sender
        else:
            courier, options, sender = RELAY, (), self._rewritten(mail.id, mail.sender)
        return [
            Delivery(
                id=f"{mail.id}-1",
                mail_id=mail.id,
                courier=courier,
                target=going[0].target,
                state=states.pop(),
                sender=sender,
                options=options,
            )
        ]


def _as_swept(verdict: Verdict, route: Route, source: Source) -> Verdict:
    successor = route.successor or verdict.target
    if source.twin and verdict.action in _GOES_ON:
        held = replace(verdict, action=Action.HOLD, rule=TWIN, notice="", target=successor, direction=Direction.INCOMING)
        return replace(
            held,
            reason=f"Có lẽ là cùng một thư với {source.twin}, đã nhận bằng đường khác, nhưng nội dung không trùng từng byte.",
        )
    if verdict.action not in _GOES_ON:
        return replace(verdict, target=successor)  # whoever lets it through sends it to the successor
    if route.forward is Forward.LEAVE or not successor:
        return verdict if verdict.action is Action.FORWARD else replace(verdict, target="")
    if verdict.action is Action.DELIVER:
        return replace(verdict, action=Action.FORWARD, target=successor, notice=verdict.notice or ADDRESS_MOVED)
    return replace(verdict, target=successor)


def _somebodys(verdict: Verdict, directory: Directory, on: date) -> Verdict:
    """A held verdict that names no unit (the rule under it asked nobody to decide) is of whoever answers for its mailbox."""
    if verdict.action is not Action.HOLD or verdict.unit:
        return verdict
    unit = _answering(verdict.recipient, directory, on)
    return replace(verdict, unit=unit.code, office=unit.office) if unit is not None else verdict


def _answering(address: str, directory: Directory, on: date) -> Organisation | None:
    """The unit whose clerk looks at what comes to an address, its successor's when it is retired; else the department."""
    own = directory.mailbox(address, on) or directory.mailbox(directory.successor(address, on), on)
    return (directory.unit_with_clerk(own.organisation, on) if own is not None else None) or directory.department(on)


def _as_it_was(source: Source) -> tuple[str, ...]:
    """How the courier learns what to keep: folder, date and flags."""
    received = source.received_at.isoformat() if source.received_at is not None else ""
    return (f"FOLDER={source.folder}", f"DATE={received}", *[f"FLAG={flag}" for flag in source.flags])


def given_up(mail: Mail, why: str, directory: Directory, on: date) -> Verdict:
    """The verdict about a message that could not be taken as other mail is: a person looks at it."""
    address = mail.recipients[0].address
    unit = _answering(address, directory, on)
    return Verdict(
        recipient=address,
        action=Action.HOLD,
        rule=GIVEN_UP,
        clause="",
        reason=why,
        unit=unit.code if unit is not None else "",
        office=unit.office if unit is not None else "",
        direction=Direction.INCOMING,
        alarm=True,
    )


def stand_in(source: Source, *, mail_id: str, address: str, why: str, at: datetime) -> bytes:
    """What is kept in place of a message whose bytes nobody could get: a letter that says where it lies, and why."""
    received = source.received_at.isoformat(timespec="seconds") if source.received_at else "không rõ"
    subject = "=?utf-8?q?Th=C6=B0_ch=C6=B0a_l=E1=BA=A5y_=C4=91=C6=B0=E1=BB=A3c?="  # Thư chưa lấy được
    head = f"Subject: {subject}\r\nTo: <{address}>\r\nX-Vanthu-Id: {mail_id}\r\nMIME-Version: 1.0\r\n"
    head += f"Date: {at:%a, %d %b %Y %H:%M:%S +0000}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    body = (
        f"Một thư trong hộp thư {source.mailbox} chưa lấy về được. Thư vẫn nằm nguyên ở chỗ cũ.\r\n\r\n"
        f"Thư mục: {source.folder}\r\nUID: {source.uid} (UIDVALIDITY {source.uidvalidity})\r\n"
        f"Cỡ: {source.size} byte\r\nĐến hộp thư lúc: {received}\r\nLý do: {why}\r\n\r\n"
        "Việc cần làm: mở hộp thư đó và xem thư này; khi đã sửa được nguyên nhân, bấm “Lấy lại” ở trang Hộp thư.\r\n"
    )
    return (head + body).encode()
