"""The sample department at work: builds mails, documents and readings for tests of the policy, and decides them."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import msgspec

from gateway import sample
from gateway.directory import files
from gateway.directory.snapshot import Directory
from gateway.model import (
    NOTHING_RECOGNISED,
    SIX_SIGNS,
    Arrival,
    Document,
    Door,
    Evidence,
    FileReading,
    Identity,
    Mail,
    Nature,
    Phase,
    Recipient,
    Recognition,
    Secrecy,
    Sign,
    Urgency,
    Verdict,
)
from gateway.policy import rules
from gateway.policy.decide import decide
from gateway.policy.rules import Policy

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
_OURS = "@sgdhuonggiang.edu.vn"

DEPARTMENT = "vanthu" + _OURS
SPECIALIST = "cv.minh" + _OURS
REPORTS = "baocao" + _OURS
DIVISION = "vanthu.pgdcs" + _OURS
OTHER_DIVISION = "vanthu.pgdtb" + _OURS
CLERK = "vanthu.thcsll" + _OURS
TEACHER = "gv.lan.thcsll" + _OURS
HEAD = "hieutruong.thcsll" + _OURS
HEAD_AT_HOME = "thayphuc@thu-rieng.example"
MERGED_CLERK = "vanthu.thlvt" + _OURS
ADVISED_TEACHER = "gv.hung.thcsthd" + _OURS
OBSERVED_TEACHER = "gv.khoa.thcsnt" + _OURS
OBSERVED_CLERK = "vanthu.thcsnt" + _OURS
KINDERGARTEN = "mn.hoasen" + _OURS
UNLISTED = "nguoi.moi" + _OURS
UNION = "congdoan" + _OURS
RETIRED = "c2leloi.camson.huonggiang@moet.edu.vn"
CLOSED = "c3nguyenhue.huonggiang@moet.edu.vn"
NOTIFIER = "thongbao@ioffice.sgdhuonggiang.example"
OUTSIDE = "lienhe@congty.example"
PRESS = "toasoan@bao.example"


@cache
def _sample() -> tuple[Policy, Directory]:
    with tempfile.TemporaryDirectory() as folder:
        sample.write(Path(folder))
        return rules.load(Path(folder) / "policy.toml"), files.load(Path(folder) / "directory")


def policy() -> Policy:
    """The policy as it ships."""
    return _sample()[0]


def directory(**phases: Phase) -> Directory:
    """The sample directory; ``THCSLL=Phase.OBSERVE`` puts that unit into another phase."""
    base = _sample()[1]
    if not phases:
        return base
    rows = [msgspec.structs.replace(row, phase=phases.get(row.code, row.phase)) for row in base.organisation_rows]
    return Directory(
        organisations=rows,
        domains=base.domains,
        mailboxes=base.mailboxes,
        offices=tuple(base.offices.values()),
        retired=base.retired_addresses,
        campaigns=base.campaigns,
    )


def mail(sender: str, *to: str, identity: Identity = Identity.CLAIMED, door: Door = Door.SMTP, at: datetime = NOW) -> Mail:
    """A mail; what it carries is given apart."""
    return Mail(
        id="01JDMAIL",
        sender=sender,
        recipients=tuple(Recipient(address=address) for address in to),
        raw=b"",
        digest="",
        arrival=Arrival(door=door, at=at, identity=identity),
    )


_HEADS = {
    "SGDHG": ("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "UBND TỈNH HƯƠNG GIANG", "Hương Giang", "SGDĐT"),
    "PGDCS": ("PHÒNG GIÁO DỤC VÀ ĐÀO TẠO", "UBND HUYỆN CẨM SƠN", "Cẩm Sơn", "PGDĐT"),
    "PGDTB": ("PHÒNG GIÁO DỤC VÀ ĐÀO TẠO", "UBND THỊ XÃ THANH BÌNH", "Thanh Bình", "PGDĐT"),
    "THCSLL": ("TRƯỜNG THCS LÊ LỢI", "PHÒNG GDĐT CẨM SƠN", "Cẩm Sơn", "THCSLL"),
    "THCSTHD": ("TRƯỜNG THCS TRẦN HƯNG ĐẠO", "PHÒNG GDĐT CẨM SƠN", "Cẩm Sơn", "THCSTHĐ"),
    "THCSNT": ("TRƯỜNG THCS NGUYỄN TRÃI", "PHÒNG GD&ĐT THANH BÌNH", "Thanh Bình", "THCSNT"),
    "MNHS": ("TRƯỜNG MẦM NON HOA SEN", "PHÒNG GDĐT CẨM SƠN", "Cẩm Sơn", "MNHS"),
    "MINISTRY": ("BỘ GIÁO DỤC VÀ ĐÀO TẠO", "", "Hà Nội", "BGDĐT"),
    "ELSEWHERE": ("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "UBND TỈNH LAM HÀ", "Lam Hà", "SGDĐT"),
}


def issued(
    by: str,
    *,
    kind: str = "Công văn",
    number: str = "87",
    symbol: str = "",
    nature: Nature = Nature.ISSUED,
    on: date | None = date(2026, 11, 16),
    signs: tuple[Sign, ...] = SIX_SIGNS,
    urgency: Urgency = Urgency.NORMAL,
    secrecy: Secrecy = Secrecy.NONE,
    **more: str | tuple[Evidence, ...],
) -> Document:
    """A document of one of the agencies above: final, with all six signs, unless said otherwise."""
    issuer, superior, place, own = _HEADS[by]
    symbol = symbol or own
    base = Document(
        nature=nature,
        confidence=0.9,
        number=number,
        symbol=symbol,
        number_symbol=f"{number}/{symbol}" if number else "",
        kind=kind,
        issuer=issuer,
        superior=superior,
        place=place,
        issued_on=on,
        subject="đề nghị bổ sung thiết bị",
        urgency=urgency,
        secrecy=secrecy,
        evidence=tuple(Evidence(sign=sign, words=f"({sign})", file="vb.pdf", page=1) for sign in signs),
    )
    return msgspec.structs.replace(base, **more)


def carrying(*documents: Document, subject: str = "Gửi văn bản") -> Recognition:
    """A recognition with one file for each document."""
    readings = tuple(
        FileReading(name=f"vb{n}.pdf", digest="", size=1, nature=document.nature, documents=(document,))
        for n, document in enumerate(documents, 1)
    )
    return Recognition(files=readings, subject=subject)


def with_file(name: str, *, nature: Nature = Nature.OTHER, reason: str = "", subject: str = "") -> Recognition:
    """A recognition with one file in which no document was found."""
    return Recognition(files=(FileReading(name=name, digest="", size=1, nature=nature, reason=reason),), subject=subject)


def unreadable(name: str, *, reason: str = "no text layer", subject: str = "") -> Recognition:
    """A recognition with one file that could not be read."""
    return with_file(name, nature=Nature.UNREADABLE, reason=reason, subject=subject)


def decided(letter: Mail, recognition: Recognition = NOTHING_RECOGNISED, **phases: Phase) -> tuple[Verdict, ...]:
    """The verdicts of the shipped policy in the sample department."""
    return decide(policy(), directory(**phases), letter, recognition, letter.arrival.at)


def verdict(letter: Mail, recognition: Recognition = NOTHING_RECOGNISED, **phases: Phase) -> Verdict:
    """The only verdict."""
    (only,) = decided(letter, recognition, **phases)
    return only
