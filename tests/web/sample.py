"""A small department behind the console: a real store with made-up cases, mails and deliveries, and five people who sign in."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import msgspec
from werkzeug.security import generate_password_hash

from gateway.accounts import Accounts
from gateway.answers import Answers
from gateway.bridge.again import package_again
from gateway.bridge.pull import Pulling
from gateway.channels import Channels
from gateway.checking import Checks
from gateway.config import Config, Office, Smtp
from gateway.courier import Finding, FindingLevel
from gateway.desk import Desk
from gateway.directory.snapshot import Directory, OfficeSystem, Organisation, OrganisationKind
from gateway.documents import mime
from gateway.documents.own_words import own_words
from gateway.documents.recognise import recognise
from gateway.first_visit import FirstVisit
from gateway.hearing import Hearing
from gateway.lifecycle import CaseState, DeliveryEvent
from gateway.model import (
    Account,
    Action,
    Arrival,
    Box,
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
    Role,
    Sign,
    Story,
    TextSource,
    Urgency,
    Verdict,
    digest_of,
    new_id,
)
from gateway.notices import Notices
from gateway.policy.rules import Policy
from gateway.reception import Reception
from gateway.review import Review
from gateway.secret import Links
from gateway.store import Acceptance, Opening, Settlement, Store
from gateway.traffic import Traffic
from tests.policy import desk
from tests.world import archives, files, letters, official, pdf
from tests.world.prepared import sqlite_in
from web.context import PageDrawer
from web.files import Place, places

PASSWORD = "mat khau thu nghiem"  # noqa: S105 - of made-up people
PROVINCE_OFFICE, SECTOR_OFFICE = "qlvb-tinh", "ioffice-nganh"
PDF = "application/pdf"
DATABASE = "store.sqlite3"

CLERK = Account(name="vanthu.so", full_name="Trần Thu Hương", role=Role.CLERK, units=("SGDHG",))
SCHOOL_CLERK = Account(name="vanthu.camson", full_name="Lê Thị Liên", role=Role.CLERK, units=("PGDCS", "THCSLL"))
LEADER = Account(name="lanhdao", full_name="Đặng Quốc Hưng", role=Role.LEADER, units=("SGDHG",))
HEAD_CLERK = Account(name="truong.vanthu", full_name="Hoàng Minh Châu", role=Role.HEAD_CLERK, units=("SGDHG",))
OFFICER = Account(name="quantri", full_name="Ngô Văn Minh", role=Role.OFFICER)
AUDITOR = Account(name="thanhtra", full_name="Vũ Thanh Hà", role=Role.AUDITOR)
PEOPLE = (CLERK, SCHOOL_CLERK, HEAD_CLERK, LEADER, OFFICER, AUDITOR)

DIRECTORY = Directory(
    organisations=(
        Organisation(
            code="SGDHG",
            name="Sở Giáo dục và Đào tạo Hương Giang",
            kind=OrganisationKind.DEPARTMENT,
            symbols=("SGDĐT",),
            office=PROVINCE_OFFICE,
        ),
        Organisation(
            code="PGDCS",
            name="Phòng Giáo dục và Đào tạo Cẩm Sơn",
            kind=OrganisationKind.DIVISION,
            superior="SGDHG",
            symbols=("PGDĐT",),
            office=SECTOR_OFFICE,
        ),
        Organisation(
            code="THCSLL",
            name="Trường THCS Lê Lợi",
            kind=OrganisationKind.SCHOOL,
            superior="PGDCS",
            symbols=("THCSLL",),
            office=SECTOR_OFFICE,
        ),
    ),
    offices=(
        OfficeSystem(name=PROVINCE_OFFICE, title="Hệ thống QLVB&ĐH tỉnh"),
        OfficeSystem(name=SECTOR_OFFICE, title="I-Office ngành giáo dục"),
    ),
)


class Well:
    """A courier that is well, but for its certificate."""

    async def check(self) -> tuple[Finding, ...]:
        """What it found."""
        return (
            Finding(level=FindingLevel.GOOD, about="login", text="Đăng nhập được."),
            Finding(level=FindingLevel.WARNING, about="certificate", text="Chứng thư còn 9 ngày."),
        )


class House:
    """The gateway that the tests' console shows."""

    version = "0.1.test"

    def __init__(self, folder: Path, inspector: PageDrawer, *, behind_tls: bool = False, url: str = "") -> None:
        web = Config().web
        self.settings = Config(
            base=str(folder),
            smtp=Smtp(help_phone="0200 000 000"),
            web=type(web)(behind_tls=behind_tls),
            office=(Office(name=PROVINCE_OFFICE, folder="tinh"), Office(name=SECTOR_OFFICE, folder="nganh")),
        )
        self.inspector = inspector
        self.links = Links(b"secret of a test", "https://vanthu.example", reply_address="y-kien@sgdhuonggiang.edu.vn")
        self.reloaded = 0
        self.resumed: list[str] = []  # couriers that an officer took up again
        self.poked = threading.Event()  # the worker was told that something became due
        url = url or sqlite_in(folder, DATABASE)
        self.store = Store(url=url, blobs=folder / "blobs", inline_bytes=16384, node="test")
        notices = Notices(hostname="cong.sgdhuonggiang.edu.vn", help_phone="0200 000 000", help_url="https://vanthu.example")
        self.review = Review(
            store=self.store,
            directory=self.directory,
            offices=(PROVINCE_OFFICE, SECTOR_OFFICE),
            notices=notices,
            clock=lambda: datetime.now(UTC),
            poke=self.poked.set,
        )
        self.hearing = Hearing(
            store=self.store,
            directory=self.directory,
            notices=notices,
            links=self.links,
            words=own_words,
            clock=lambda: datetime.now(UTC),
            poke=self.poked.set,
        )

        self.desk = Desk(
            store=self.store,
            directory=self.directory,
            notices=notices,
            clock=lambda: datetime.now(UTC),
            poke=self.poked.set,
        )

        self.channels = Channels(
            store=self.store,
            directory=self.directory,
            notices=notices,
            clock=lambda: datetime.now(UTC),
            poke=self.poked.set,
        )

        self.traffic = Traffic(
            store=self.store,
            clock=lambda: datetime.now(UTC),
            poke=self.poked.set,
            resume=self.resumed.append,
        )
        self.checks = Checks(
            {PROVINCE_OFFICE: Well()}, clock=lambda: datetime.now(UTC), pause=lambda name, why: self.paused.update({name: why})
        )
        self.paused: dict[str, str] = {}
        self.answers = Answers(
            store=self.store,
            directory=self.directory,
            notices=notices,
            clock=lambda: datetime.now(UTC),
            poke=self.poked.set,
        )
        self.door: tuple[str, int] | None = None  # where a test lets mail in
        self.first_visit = FirstVisit(self.store, lambda: Accounts(self.store, self.directory, lambda: datetime.now(UTC)))
        self.pulling = Pulling(
            store=self.store, answers=self.answers, directory=self.directory, clock=lambda: datetime.now(UTC)
        )
        self.reception = Reception(
            store=self.store, directory=self.directory, clock=lambda: datetime.now(UTC), poke=self.poked.set
        )

    def smtp_door(self) -> tuple[str, int] | None:
        """Where mail comes in."""
        return self.door

    def directory(self) -> Directory:
        """The made-up department."""
        return DIRECTORY

    def package_of(self, case: Case) -> bytes:
        """As the gateway does."""
        return package_again(self.store, case, DIRECTORY)

    def policy(self) -> Policy:
        """The policy as it ships."""
        return desk.policy()

    def reload(self) -> None:
        """As if the files had been read again."""
        self.reloaded += 1

    def live(self) -> dict[str, object]:
        """As the running gateway would say."""
        route = {"connections": 3, "allowed": 8, "waiting": 1, "destinations": 2, "in_trouble": 1}
        return {
            "sessions": 2,
            "loop_lag_ms": 0.4,
            "paused_couriers": {"qlvb-tinh": "x"},
            "bytes_in_flight": 7,
            "store_behind": 3,
            "readings": {"used": 5, "kept": 2, "size": 900},
            "routes": {"": route},
        }


def lose_table(folder: Path, name: str) -> None:
    """Damage the database of the house in that folder: from now on it cannot be read."""
    with contextlib.closing(sqlite3.connect(folder / DATABASE)) as database:
        database.execute(f"DROP TABLE {name}")
        database.commit()


@cache
def _password_hash() -> str:
    return generate_password_hash(PASSWORD, method="scrypt:1024:8:1")  # made to be checked often, not to be kept safe


def people(store: Store) -> None:
    """Give everybody an account with the same password."""
    for account in PEOPLE:
        store.put_account(
            Account(
                name=account.name,
                full_name=account.full_name,
                role=account.role,
                units=account.units,
                password_hash=_password_hash(),
            )
        )


# --- Mails and cases --------------------------------------------------------------------------------------------------


def mail_of(raw: bytes, *, sender: str, to: Sequence[str], at: datetime) -> Mail:
    """A letter as the SMTP door would have taken it."""
    return Mail(
        id=new_id(),
        sender=sender,
        recipients=tuple(Recipient(address=address) for address in to),
        raw=raw,
        digest=digest_of(raw),
        arrival=Arrival(door=Door.SMTP, at=at, peer="203.0.113.25", helo="mail.huonggiang.example", identity=Identity.CLAIMED),
    )


def files_of(
    raw: bytes, document: Document | None, *, nature: Nature = Nature.ISSUED, reason: str = ""
) -> tuple[FileReading, ...]:
    """The attachments of a letter as the recogniser would have read them."""
    return tuple(
        FileReading(
            name=part.name,
            digest=digest_of(part.data),
            size=len(part.data),
            media=PDF if part.data.startswith(b"%PDF") else "application/octet-stream",
            nature=nature,
            documents=(document,) if document is not None else (),
            text_source=TextSource.TEXT if document is not None else TextSource.NONE,
            reason=reason,
        )
        for part in mime.split(raw).parts
        if part.name
    )


def captured(
    raw: bytes,
    *,
    sender: str,
    to: Sequence[str],
    unit: str,
    office: str,
    at: datetime,
    action: Action = Action.REDIRECT,
    direction: Direction = Direction.OUTGOING,
    rule: str = "phat-hanh-cua-van-thu",
    reason: str = "Văn bản phát hành do tài khoản văn thư của chính đơn vị gửi.",
    document: Document | None = None,
    state: CaseState = CaseState.WAITING,
    alarm: bool = False,
    key: str = "",
    nature: Nature = Nature.ISSUED,
    unreadable: str = "",
) -> Acceptance:
    """One mail with its case, as the intake would hand them to the store."""
    mail = mail_of(raw, sender=sender, to=to, at=at)
    subject = mime.split(raw).subject
    verdict = Verdict(
        recipient=to[0],
        action=action,
        rule=rule,
        clause="mục 1 Thông báo ngày 05/11/2019, áp dụng từ 01/11/2019",
        reason=reason,
        unit=unit,
        office=office,
        direction=direction,
        alarm=alarm,
        evidence=document.evidence if document is not None else (),
        passed_over=(PassedOver(rule="dau-mat", because="Không có dấu chỉ độ mật trên văn bản."),),
        policy_version="2019-11-01",
    )
    case = Case(
        id=new_id(),
        mail_id=mail.id,
        unit=unit,
        office=office,
        direction=direction,
        action=action,
        state=state,
        opened_at=at,
        due_at=at + (timedelta(minutes=30) if alarm else timedelta(days=1)),
        key=key,
        rule=rule,
        reason=reason,
        sender=sender,
        recipients=tuple(to),
        subject=subject,
        document=document,
        files=files_of(raw, document, nature=nature, reason=unreadable),
        alarm=alarm,
    )
    told = Story(
        at=at, event=Event.ACCEPTED, mail_id=mail.id, detail={"door": "smtp", "size": len(raw), "peer": "203.0.113.25"}
    )
    return Acceptance(
        mail=mail,
        subject=subject,
        verdicts=tuple(msgspec.structs.replace(verdict, recipient=address) for address in to),
        openings=(Opening(case=case),),
        stories=(told,),
    )


def passed(raw: bytes, *, sender: str, to: str, at: datetime, courier: str = "relay") -> Acceptance:
    """One mail that goes on, with its delivery."""
    mail = mail_of(raw, sender=sender, to=[to], at=at)
    verdict = Verdict(
        recipient=to, action=Action.DELIVER, rule="con-lai", clause="mục 4 Thông báo ngày 05/11/2019",
        reason="Trao đổi, báo cáo, số liệu được gửi bằng thư điện tử.",
    )  # fmt: skip
    delivery = Delivery(id=f"{mail.id}-1", mail_id=mail.id, courier=courier, target=to, sender=sender)
    return Acceptance(mail=mail, subject=mime.split(raw).subject, verdicts=(verdict,), deliveries=(delivery,))


def settle(
    store: Store, mail_id: str, event: DeliveryEvent, reply: str, *, next_at: datetime | None = None, sent: str = ""
) -> None:
    """Let the only delivery of a mail end as the worker would report it."""
    now = datetime.now(UTC)
    store.claim(couriers=("relay",), limit=100, now=now, lease=timedelta(minutes=5))
    store.settle([Settlement(delivery_id=f"{mail_id}-1", event=event, attempts=1, reply=reply, next_at=next_at, sent=sent)])
    store.flush()


# --- The documents of the letters -------------------------------------------------------------------------------------


def decision() -> Document:
    """Decision 518, as it stands in letters.decision_of_the_department()."""
    file = "518-QĐ-SGDĐT.signed.pdf"

    def seen(sign: Sign, words: str, line: int) -> Evidence:
        return Evidence(sign=sign, words=words, file=file, page=1, line=line)

    return Document(
        nature=Nature.ISSUED,
        confidence=0.97,
        number="518",
        symbol="QĐ-SGDĐT",
        number_symbol="518/QĐ-SGDĐT",
        kind="Quyết định",
        issuer="SỞ GIÁO DỤC VÀ ĐÀO TẠO HƯƠNG GIANG",
        superior="UBND TỈNH HƯƠNG GIANG",
        place="Hương Giang",
        issued_on=date(2026, 11, 18),
        subject="Về việc thành lập Hội đồng chấm thi chọn học sinh giỏi cấp tỉnh lớp 9 năm học 2026-2027",
        signer="Đặng Quốc Hưng",
        signer_title="PHÓ GIÁM ĐỐC",
        capacity="KT. GIÁM ĐỐC",
        evidence=(
            seen(Sign.AGENCY, "SỞ GIÁO DỤC VÀ ĐÀO TẠO HƯƠNG GIANG", 2),
            seen(Sign.NUMBER, "Số: 518/QĐ-SGDĐT", 3),
            seen(Sign.DATE, "Hương Giang, ngày 18 tháng 11 năm 2026", 3),
            seen(Sign.KIND, "QUYẾT ĐỊNH", 5),
            seen(Sign.SUBJECT, "Về việc thành lập Hội đồng chấm thi chọn học sinh giỏi cấp tỉnh lớp 9", 6),
            seen(Sign.SIGNATURE, "KT. GIÁM ĐỐC, PHÓ GIÁM ĐỐC, Đặng Quốc Hưng", 31),
            seen(Sign.SEAL, "Chữ ký số: Sở Giáo dục và Đào tạo Hương Giang", 0),
            seen(Sign.ADDRESSEE, "Nơi nhận: Như Điều 4", 29),
            seen(Sign.CITED, "77/KH-SGDĐT", 12),
        ),
    )


def invitation() -> Document:
    """Urgent invitation 34, without a seal that the recogniser could see."""
    file = "34-GM-PGDDT.pdf"
    return Document(
        nature=Nature.ISSUED,
        confidence=0.91,
        number="34",
        symbol="GM-PGDĐT",
        number_symbol="34/GM-PGDĐT",
        kind="Giấy mời",
        issuer="PHÒNG GIÁO DỤC VÀ ĐÀO TẠO CẨM SƠN",
        issued_on=date(2026, 11, 19),
        subject="Họp khẩn về việc bảo đảm an toàn trường học trước bão",
        signer="Hồ Ngọc Diệp",
        signer_title="TRƯỞNG PHÒNG",
        urgency=Urgency.URGENT,
        evidence=(
            Evidence(sign=Sign.NUMBER, words="Số: 34/GM-PGDĐT", file=file, page=1, line=3),
            Evidence(sign=Sign.AGENCY, words="PHÒNG GIÁO DỤC VÀ ĐÀO TẠO CẨM SƠN", file=file, page=1, line=2),
            Evidence(sign=Sign.URGENCY, words="KHẨN", file=file, page=1, line=4),
            Evidence(sign=Sign.SIGNATURE, words="TRƯỞNG PHÒNG, Hồ Ngọc Diệp", file=file, page=1, line=20),
        ),
    )


def letter_of_lam_ha() -> Document:
    """Công văn 2206 of the department of another province."""
    return Document(
        nature=Nature.ISSUED,
        confidence=0.95,
        number="2206",
        symbol="SGDĐT-CTTT",
        number_symbol="2206/SGDĐT-CTTT",
        kind="Công văn",
        issuer="SỞ GIÁO DỤC VÀ ĐÀO TẠO LAM HÀ",
        issued_on=date(2026, 11, 17),
        subject="phối hợp tổ chức giao lưu học sinh trung học phổ thông hai tỉnh",
        signer="Mai Xuân Thức",
        evidence=(Evidence(sign=Sign.NUMBER, words="Số: 2206/SGDĐT-CTTT", file="2206_SGDĐT_CTTT.pdf", page=1, line=3),),
    )


# --- A morning's worth ------------------------------------------------------------------------------------------------


@cache
def _letter(name: str) -> bytes:
    """Letters are signed, which takes a while: each is made once, in a thread, for the signer wants a loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        raw: bytes = thread.submit(getattr(letters, name)).result()
    return raw


def case_of(acceptance: Acceptance) -> Case:
    """The case that an acceptance opens."""
    return acceptance.openings[0].case


def decision_case(at: datetime) -> Acceptance:
    """The Department's own clerk mailed a decision to a division."""
    return captured(
        _letter("decision_of_the_department"),
        sender=letters.DEPARTMENT_CLERK[1],
        to=[letters.DIVISION_CLERK[1]],
        unit="SGDHG",
        office=PROVINCE_OFFICE,
        at=at,
        document=decision(),
    )


def urgent_case(at: datetime) -> Acceptance:
    """The division's clerk mailed an urgent invitation."""
    return captured(
        _letter("urgent_invitation"),
        sender=letters.DIVISION_CLERK[1],
        to=[letters.SCHOOL_CLERK[1], letters.NURSERY[1]],
        unit="PGDCS",
        office=SECTOR_OFFICE,
        at=at,
        document=invitation(),
        alarm=True,
    )


def incoming_case(at: datetime) -> Acceptance:
    """Another province wrote to the Department: delivered, and captured as incoming."""
    return captured(
        _letter("letter_from_another_province"),
        sender=letters.OTHER_PROVINCE[1],
        to=[letters.DEPARTMENT_CLERK[1]],
        unit="SGDHG",
        office=PROVINCE_OFFICE,
        at=at,
        action=Action.COPY,
        direction=Direction.INCOMING,
        rule="co-quan-ngoai",
        reason="Văn bản của cơ quan không thuộc phạm vi thông báo, gửi đến Sở: đã chuyển, và sao cho văn thư vào sổ.",
        document=letter_of_lam_ha(),
    )


def held_case(at: datetime) -> Acceptance:
    """A teacher sent an archive with a password."""
    return captured(
        _letter("locked_archive"),
        sender=letters.TEACHER[1],
        to=[letters.DIVISION_CLERK[1]],
        unit="SGDHG",
        office=PROVINCE_OFFICE,
        at=at,
        action=Action.HOLD,
        rule="khong-doc-duoc",
        reason="Có thể là văn bản phát hành nhưng tệp nén có mật khẩu nên cổng không đọc được.",
        nature=Nature.UNREADABLE,
        unreadable="password",
    )


def sealed_case(at: datetime) -> Acceptance:
    """A document with a secrecy stamp: the store keeps no fact of its content."""
    return captured(
        _letter("secret_document"),
        sender=letters.SPECIALIST[1],
        to=[letters.DEPARTMENT_CLERK[1]],
        unit="SGDHG",
        office=PROVINCE_OFFICE,
        at=at,
        action=Action.QUARANTINE,
        rule="dau-mat",
        reason="Tệp có dấu chỉ độ mật.",
        state=CaseState.SEALED,
        alarm=True,
    )


def by_rule(acceptance: Acceptance, rule: str) -> Acceptance:
    """The same, as if this rule of the policy that ships had decided, and its document had stood in a place on the page."""
    policy = desk.policy()
    clause = next(f"{each.clause} ({each.clause_date:%d/%m/%Y})" for each in policy.rules if each.id == rule)
    passed = (
        PassedOver(rule="1", because="Không có dấu chỉ độ mật."),
        PassedOver(rule="gone", because="Không còn quy tắc này."),
    )
    case = case_of(acceptance)
    document = case.document
    assert document is not None
    box = Box(left=0.18, top=0.115, right=0.4, bottom=0.135)
    seen = tuple(msgspec.structs.replace(each, box=box) if each.sign is Sign.NUMBER else each for each in document.evidence)
    document = msgspec.structs.replace(document, evidence=seen)
    files = tuple(msgspec.structs.replace(each, documents=(document,) if each.documents else ()) for each in case.files)
    case = msgspec.structs.replace(case, rule=rule, document=document, files=files)
    verdicts = tuple(
        msgspec.structs.replace(
            each, rule=rule, clause=clause, passed_over=passed, policy_version=policy.version, evidence=document.evidence
        )
        for each in acceptance.verdicts
    )
    return msgspec.structs.replace(acceptance, verdicts=verdicts, openings=(Opening(case=case),))


def with_files(acceptance: Acceptance, files: tuple[FileReading, ...]) -> Acceptance:
    """The same, with a case of these files."""
    case = msgspec.structs.replace(case_of(acceptance), files=files, document=None)
    return msgspec.structs.replace(acceptance, openings=(Opening(case=case),))


# --- Files in files ---

WORD = files.word(official.school_letter())
PAPER = pdf.pdf(official.decision())
FORWARDED = letters.letter(
    sender=letters.TEACHER,
    to=[letters.SPECIALIST],
    subject="x",
    at=datetime(2026, 11, 18, tzinfo=UTC),
    text="Kính chuyển",
    attachments=[letters.Attachment(name="cv.docx", data=WORD)],
)
PACKED = archives.zipped(("hồ sơ/qđ.pdf", PAPER), ("thư.eml", FORWARDED), ("trong.zip", archives.zipped(("cv.docx", WORD))))


def packed_case(at: datetime) -> Acceptance:
    """A mail with an archive, as it was really read."""
    raw = letters.letter(
        sender=letters.TEACHER,
        to=[letters.SPECIALIST],
        subject="Hồ sơ",
        at=at,
        text="Xem tệp.",
        attachments=[letters.Attachment(name="hồ sơ.zip", data=PACKED)],
    )
    acceptance = captured(raw, sender="a@b.example", to=["c@d.example"], unit="SGDHG", office="", at=at)
    return with_files(acceptance, recognise(raw).files)


def place_of(case: Case, name: str) -> Place:
    """The file whose path ends so."""
    return next(place for place in places(case) if place.reading.name.endswith(name))
