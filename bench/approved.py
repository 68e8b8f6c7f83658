"""Approved cases for the benches of the office side: put into a house's store before its gateway starts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

from gateway.config import Config
from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import (
    Action,
    Arrival,
    Case,
    Delivery,
    Direction,
    Document,
    Door,
    Event,
    Mail,
    Nature,
    Recipient,
    Story,
    digest_of,
    new_id,
)
from gateway.store import Acceptance, Opening, Store

OFFICE = "ioffice-nganh"
_UNIT = "THCSLL"
_SENDER, _TO = "vanthu.thcsll@sgdhuonggiang.edu.vn", "vanthu.pgdcs@sgdhuonggiang.edu.vn"
_TOGETHER = 200  # acceptances in one transaction


def fill(settings: Config, count: int, *, file_bytes: int) -> frozenset[str]:
    """Remember so many cases, each approved and queued for the office system; gives their ids."""
    store = Store(
        url=settings.store_url(),
        blobs=settings.path(settings.store.blobs),
        inline_bytes=settings.store.inline_bytes,
        node=settings.node,
        lease=timedelta(seconds=settings.worker.lease_s),
    )
    store.open()
    ids: set[str] = set()
    try:
        for at in range(0, count, _TOGETHER):
            made = [_approved(n, file_bytes) for n in range(at, min(at + _TOGETHER, count))]
            ids.update(each.openings[0].case.id for each in made)
            store.accept_now(made)
    finally:
        store.close()
    return frozenset(ids)


def _approved(n: int, file_bytes: int) -> Acceptance:
    now = datetime.now(UTC)
    raw = _letter(n, file_bytes)
    mail = Mail(
        id=new_id(),
        sender=_SENDER,
        recipients=(Recipient(address=_TO),),
        raw=raw,
        digest=digest_of(raw),
        arrival=Arrival(door=Door.SMTP, at=now, peer="127.0.0.1"),
    )
    case = Case(
        id=new_id(),
        mail_id=mail.id,
        unit=_UNIT,
        office=OFFICE,
        direction=Direction.OUTGOING,
        action=Action.REDIRECT,
        state=CaseState.APPROVED,
        opened_at=now,
        key=f"bench-{n}",
        sender=_SENDER,
        recipients=(_TO,),
        subject=f"Công văn {n}",
        document=Document(
            nature=Nature.ISSUED,
            confidence=1.0,
            number=str(n + 1),
            symbol="THCSLL",
            number_symbol=f"{n + 1}/THCSLL",
            kind="Công văn",
            issuer="TRƯỜNG THCS LÊ LỢI",
            place="Cẩm Sơn",
            issued_on=now.date(),
            subject=f"đề nghị số {n}",
            signer="Lê Văn Mẫu",
            signer_title="Hiệu trưởng",
        ),
    )
    delivery = Delivery(
        id=f"{case.id}-1", mail_id=mail.id, case_id=case.id, courier=OFFICE, target=_UNIT, state=DeliveryState.QUEUED
    )
    story = Story(at=now, event=Event.ACCEPTED, mail_id=mail.id, detail={"size": len(raw)})
    return Acceptance(mail=mail, openings=(Opening(case=case, hand_over=delivery),), stories=(story,))


def _letter(n: int, file_bytes: int) -> bytes:
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Subject"] = _SENDER, _TO, f"Công văn {n}"
    letter.set_content("Kính gửi quý Phòng.\n")
    data = b"%PDF-1.7\n" + n.to_bytes(4) + bytes(range(256)) * (file_bytes // 256 + 1)
    letter.add_attachment(data[:file_bytes], maintype="application", subtype="pdf", filename=f"Công văn {n + 1}.pdf")
    return letter.as_bytes()
