"""What the issuers of documents of the axis are told, and which of them a case answers.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256

from gateway.courier import Status
from gateway.store.receipt_values import Origin
from gateway.store.statuses import Owed

ARRIVED, REFUSED, REGISTERED = "01", "02", "03"  # QCVN 102:2016


def status_of(
    origin: Origin, code: str, now: datetime, *, description: str = "", staff: str = "", department: str = "Văn thư"
) -> Status:
    """What the issuer of a document is told.  Its id is the same for the same code, so that it is said once."""
    name = f"{origin.document_id}|{origin.receiver}|{code}|{description}"
    return Status(
        id=sha256(name.encode()).hexdigest()[:32],
        code=code,
        sender=origin.receiver,
        receiver=origin.sender,
        document_id=origin.document_id,
        number_symbol=origin.number_symbol,
        issued_on=origin.issued_on,
        description=description[:500],
        staff=staff,
        department=department,
        at=now,
    )


def arrived(courier: str, case_id: str, origin: Origin, now: datetime) -> Owed:
    """It is here."""
    words = "Văn bản đã đến, văn thư chưa xử lý"
    return Owed(courier=courier, case_id=case_id, status=status_of(origin, ARRIVED, now, description=words))


def registered(courier: str, case_id: str, origin: Origin, now: datetime, *, number: str = "") -> Owed:
    """It stands in the book of incoming documents, under that number where it is known."""
    return Owed(courier=courier, case_id=case_id, status=status_of(origin, REGISTERED, now, description=in_the_book(number)))


def in_the_book(number: str) -> str:
    """How an issuer reads that his document was registered."""
    return f"Đã tiếp nhận, vào sổ văn bản đến{f' số {number}' if number else ''}"


def answered_by(origins: Sequence[tuple[str, Origin]], units: Sequence[str]) -> Iterator[tuple[str, Origin]]:
    """Those of the documents that brought a case which it answers, each with its courier.

    ``units``: where the case has been, in order, its unit of today last.  A document for several of our units has a case for
    each: this one answers for the first of its units that the document was for.
    """
    for mail_id in dict.fromkeys(origin.mail_id for _, origin in origins):
        of_mail = {origin.unit: (courier, origin) for courier, origin in origins if origin.mail_id == mail_id}
        ours = next((unit for unit in units if unit in of_mail), None)
        if ours is not None:
            yield of_mail[ours]
        elif len(of_mail) == 1:
            yield from of_mail.values()
