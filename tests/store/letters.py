"""Made-up mails, verdicts, cases and deliveries for the store to remember."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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
    Evidence,
    FileReading,
    Identity,
    Mail,
    Nature,
    PassedOver,
    Recipient,
    Secrecy,
    Sign,
    Story,
    Urgency,
    Verdict,
    digest_of,
    new_id,
)
from gateway.store import Acceptance, Opening

NOON = datetime(2026, 11, 23, 5, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=120)

TEACHER = "gv.lan.thcsll@sgdhuonggiang.edu.vn"
CLERK = "vanthu@sgdhuonggiang.edu.vn"
MINH = "cv.minh@sgdhuonggiang.edu.vn"

REPORT = b"From: gv.lan.thcsll@sgdhuonggiang.edu.vn\r\nSubject: Bao cao\r\n\r\nKinh gui Phong.\r\n.\r\n\x00\xff\n\r"


def mail(raw: bytes = REPORT, *, to: tuple[str, ...] = (CLERK,), at: datetime = NOON, sender: str = TEACHER) -> Mail:
    """A mail from a teacher."""
    arrival = Arrival(door=Door.SMTP, at=at, peer="192.0.2.7", helo="may.thcsll", identity=Identity.TRUSTED_NETWORK)
    recipients = tuple(Recipient(address=address, options=("NOTIFY=NEVER",)) for address in to)
    return Mail(id=new_id(), sender=sender, recipients=recipients, raw=raw, digest=digest_of(raw), arrival=arrival)


def verdict(recipient: str = CLERK, action: Action = Action.DELIVER, **other: object) -> Verdict:
    """A verdict with evidence and a rule passed over."""
    fields: dict[str, object] = {
        "recipient": recipient,
        "action": action,
        "rule": "11-con-lai",
        "clause": "Công văn 2019, mục 3",
        "reason": "Thư không mang văn bản phát hành.",
        "evidence": (Evidence(sign=Sign.NUMBER, words="Số: 45/BC-THCSLL", file="bao-cao.pdf", page=1, line=3),),
        "passed_over": (PassedOver(rule="1-mat", because="Không có dấu mật."),),
        "policy_version": "2026-11-01",
        **other,
    }
    return Verdict(**fields)  # type: ignore[arg-type]  # names are checked by msgspec


def delivery(of: Mail, n: int = 0, *, state: DeliveryState = DeliveryState.SENDING, **other: object) -> Delivery:
    """The relay of a mail to one of its recipients."""
    fields: dict[str, object] = {
        "id": f"{of.id}-{n}",
        "mail_id": of.id,
        "courier": "relay",
        "target": of.recipients[n].address,
        "state": state,
        "sender": of.sender,
        "options": of.recipients[n].options,
        **other,
    }
    return Delivery(**fields)  # type: ignore[arg-type]  # names are checked by msgspec


def accepted(of: Mail) -> Story:
    """The first story of a mail."""
    return Story(at=of.arrival.at, event=Event.ACCEPTED, mail_id=of.id, detail={"size": len(of.raw), "subject": "Báo cáo"})


def passing(of: Mail, *, state: DeliveryState = DeliveryState.SENDING, subject: str = "Báo cáo tháng 11") -> Acceptance:
    """A mail that goes to its recipients as it is."""
    return Acceptance(
        mail=of,
        subject=subject,
        verdicts=tuple(verdict(recipient.address) for recipient in of.recipients),
        deliveries=tuple(delivery(of, n, state=state) for n in range(len(of.recipients))),
        stories=(accepted(of),),
    )


def document(number_symbol: str = "45/QĐ-SGDĐT", subject: str = "Thành lập đoàn kiểm tra") -> Document:
    """A decision of the Department."""
    return Document(
        nature=Nature.ISSUED,
        confidence=0.97,
        number=number_symbol.partition("/")[0],
        number_symbol=number_symbol,
        kind="Quyết định",
        issuer="Sở Giáo dục và Đào tạo Hương Giang",
        issued_on=NOON.date(),
        subject=subject,
        urgency=Urgency.URGENT,
        secrecy=Secrecy.NONE,
        evidence=(Evidence(sign=Sign.MOTTO, words="CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),),
    )


def case(of: Mail, **other: object) -> Case:
    """A captured document that waits for the clerk of the Department."""
    fields: dict[str, object] = {
        "id": new_id(),
        "mail_id": of.id,
        "unit": "SGDHG",
        "office": "qlvb-tinh",
        "direction": Direction.OUTGOING,
        "action": Action.REDIRECT,
        "state": CaseState.WAITING,
        "opened_at": of.arrival.at,
        "due_at": of.arrival.at + timedelta(hours=4),
        "key": "45/QĐ-SGDĐT",
        "rule": "4-van-thu",
        "reason": "Văn thư phát hành văn bản qua thư điện tử.",
        "sender": of.sender,
        "recipients": tuple(recipient.address for recipient in of.recipients),
        "subject": "Gửi quyết định",
        "document": document(),
        "files": (FileReading(name="QD-45.pdf", digest="ab" * 32, size=4711, nature=Nature.ISSUED, documents=(document(),)),),
        **other,
    }
    return Case(**fields)  # type: ignore[arg-type]  # names are checked by msgspec


def captured(of: Mail, opened: Case, *, hand_over: bool = False) -> Acceptance:
    """A mail that is captured instead of delivered."""
    to_office = Delivery(id=f"{opened.id}-0", mail_id=of.id, courier=opened.office, target=opened.unit, case_id=opened.id)
    return Acceptance(
        mail=of,
        subject=opened.subject,
        verdicts=tuple(verdict(r.address, opened.action, unit=opened.unit, office=opened.office) for r in of.recipients),
        openings=(Opening(case=opened, hand_over=to_office if hand_over else None),),
        stories=(accepted(of),),
    )
