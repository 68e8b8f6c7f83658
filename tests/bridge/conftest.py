"""A case as the intake opens it, with its mail, and the directory that it belongs to; all made up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from gateway.courier import Parcel
from gateway.directory.snapshot import Directory, Domain, Mailbox, MailboxRole, Organisation, OrganisationKind
from gateway.lifecycle import CaseState
from gateway.model import (
    Action,
    Arrival,
    Case,
    Delivery,
    Direction,
    Document,
    Door,
    Mail,
    Nature,
    Recipient,
    Urgency,
    digest_of,
)

SIGNED = b"%PDF-1.7\n87/THCSLL\n%%EOF\n"
TABLE = b"PK\x03\x04 so lieu"


@pytest.fixture
def directory() -> Directory:
    return Directory(
        organisations=[
            Organisation(code="SGDHG", name="Sở Giáo dục và Đào tạo Hương Giang", kind=OrganisationKind.DEPARTMENT),
            Organisation(
                code="PGDCS", name="Phòng Giáo dục và Đào tạo Cẩm Sơn", kind=OrganisationKind.DIVISION, superior="SGDHG"
            ),
            Organisation(code="THCSLL", name="Trường THCS Lê Lợi", kind=OrganisationKind.SCHOOL, superior="PGDCS"),
        ],
        domains=[Domain(domain="sgdhuonggiang.edu.vn", organisation="SGDHG")],
        mailboxes=[
            Mailbox(
                address="vanthu.thcsll@sgdhuonggiang.edu.vn",
                organisation="THCSLL",
                role=MailboxRole.CLERK,
                person="Trần Thị Mẫu",
            ),
            Mailbox(address="vanthu.pgdcs@sgdhuonggiang.edu.vn", organisation="PGDCS", role=MailboxRole.CLERK),
        ],
    )


@pytest.fixture
def mail() -> Mail:
    letter = EmailMessage(policy=SMTP)
    letter["From"] = "vanthu.thcsll@sgdhuonggiang.edu.vn"
    letter["Subject"] = "Công văn đề nghị bổ sung giáo viên"
    letter.set_content("Kính gửi quý Phòng.\n")
    letter.add_attachment(TABLE, maintype="application", subtype="octet-stream", filename="số liệu.bin")
    letter.add_attachment(SIGNED, maintype="application", subtype="octet-stream", filename="Công văn 87.pdf")
    raw = letter.as_bytes()
    return Mail(
        id="01KAMAIL00000000000000MA1L",
        sender="vanthu.thcsll@sgdhuonggiang.edu.vn",
        recipients=(Recipient(address="vanthu.pgdcs@sgdhuonggiang.edu.vn"), Recipient(address="bao@toasoan.example")),
        raw=raw,
        digest=digest_of(raw),
        arrival=Arrival(door=Door.SMTP, at=datetime(2025, 11, 16, 18, 30, 0, 123456, tzinfo=UTC)),
    )


@pytest.fixture
def case(mail: Mail) -> Case:
    return Case(
        id="01KACASE00000000000000CASE",
        mail_id=mail.id,
        unit="THCSLL",
        office="ioffice-nganh",
        direction=Direction.OUTGOING,
        action=Action.REDIRECT,
        state=CaseState.APPROVED,
        opened_at=datetime(2025, 11, 16, 18, 30, 1, tzinfo=UTC),
        key=digest_of(SIGNED),
        sender=mail.sender,
        recipients=tuple(recipient.address for recipient in mail.recipients),
        subject="Công văn đề nghị bổ sung giáo viên",
        document=Document(
            nature=Nature.ISSUED,
            confidence=0.97,
            number="87",
            symbol="THCSLL",
            number_symbol="87/THCSLL",
            kind="Công văn",
            issuer="TRƯỜNG THCS LÊ LỢI",
            place="Cẩm Sơn",
            issued_on=date(2025, 11, 16),
            subject="đề nghị bổ sung giáo viên năm học 2025-2026",
            signer="Lê Văn Mẫu",
            signer_title="Hiệu trưởng",
            urgency=Urgency.URGENT,
            addressees=("Phòng Giáo dục và Đào tạo Cẩm Sơn",),
        ),
    )


@pytest.fixture
def parcel(mail: Mail, case: Case) -> Parcel:
    delivery = Delivery(id=f"{case.id}-1", mail_id=mail.id, case_id=case.id, courier="ioffice-nganh", target=case.unit)
    return Parcel(mail=mail, case=case, deliveries=(delivery,))
