"""What calls for somebody: every kind of alarm in one table, and what is found wrong.  Pure.

An alarm is known by kind and subject: while it is found again it is the same one, and it is over when it is not found any
more.  Nothing of a sealed document is in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from gateway.model import Action, Value
from gateway.phrases import phrase
from gateway.store.values import CaseRow


class Kind(StrEnum):
    """What is wrong."""

    SEALED = "sealed"
    URGENT = "urgent"
    OVERDUE = "overdue"
    CASE = "case"
    SILENT = "silent"
    UNCOLLECTED = "uncollected"
    COURIER = "courier"
    MAILBOX = "mailbox"
    TOKEN = "token"  # noqa: S105 - a kind of alarm
    DISK = "disk"
    CHAIN = "chain"
    CERTIFICATE = "certificate"


class Meaning(NamedTuple):
    """What a kind means."""

    title: str
    for_clerks: bool  # of the unit; else for the officer
    is_local: bool = False  # only the node that finds it can say that it is over


KINDS: Mapping[Kind, Meaning] = {
    Kind.SEALED: Meaning(phrase("Văn bản có dấu chỉ độ mật"), for_clerks=True),
    Kind.URGENT: Meaning(phrase("Văn bản khẩn"), for_clerks=True),
    Kind.OVERDUE: Meaning(phrase("Hồ sơ quá hạn"), for_clerks=True),
    Kind.CASE: Meaning(phrase("Hồ sơ cần người xem"), for_clerks=True),
    Kind.SILENT: Meaning(phrase("Hệ thống quản lý văn bản im lặng"), for_clerks=True),
    Kind.UNCOLLECTED: Meaning(phrase("Văn bản đã duyệt chưa được lấy"), for_clerks=False),
    Kind.COURIER: Meaning(phrase("Đường chuyển tạm dừng"), for_clerks=False, is_local=True),
    Kind.MAILBOX: Meaning(phrase("Hộp thư cần người xem"), for_clerks=False),
    Kind.TOKEN: Meaning(phrase("Quyền đăng nhập hộp thư sắp hết"), for_clerks=False),
    Kind.DISK: Meaning(phrase("Đĩa sắp đầy"), for_clerks=False, is_local=True),
    Kind.CHAIN: Meaning(phrase("Chuỗi kiểm toán bị đứt"), for_clerks=False),
    Kind.CERTIFICATE: Meaning(phrase("Chứng thư sắp hết hạn"), for_clerks=False, is_local=True),
}


class Alarm(Value):
    """One thing that is wrong."""

    kind: Kind
    about: str  # of what: id of a case, name of a mailbox or courier …; begins with "node/" for what is local
    said: str  # one or two Vietnamese sentences: what is so, and what to do
    unit: str = ""  # whose clerks it concerns


def of_cases(rows: Iterable[CaseRow], now: datetime) -> Iterator[Alarm]:
    """Waiting cases that somebody must look at: one alarm each, of the gravest kind."""
    for row in rows:
        name = " ".join(part for part in (row.kind, row.number_symbol) if part) or phrase("văn bản chưa có số")
        if row.action is Action.QUARANTINE:
            said = phrase("Hồ sơ niêm phong %(id)s: báo người phụ trách bảo vệ bí mật nhà nước.", id=row.id)
            yield Alarm(kind=Kind.SEALED, about=row.id, unit=row.unit, said=said)
        elif row.due_at is not None and row.due_at <= now:
            yield Alarm(kind=Kind.OVERDUE, about=row.id, unit=row.unit, said=phrase("%(name)s đã quá hạn xử lý.", name=name))
        elif row.alarm and row.urgency:
            said = phrase("%(name)s có dấu chỉ độ khẩn, đang chờ văn thư.", name=name)
            yield Alarm(kind=Kind.URGENT, about=row.id, unit=row.unit, said=said)
        elif row.alarm:
            yield Alarm(kind=Kind.CASE, about=row.id, unit=row.unit, said=phrase("%(name)s cần văn thư xem ngay.", name=name))


def of_silences(silent: Mapping[str, str], office_of: Mapping[str, str]) -> Iterator[Alarm]:
    """Cases handed over and not acknowledged in time: id to unit, and id to the title of the office system."""
    for case_id, unit in silent.items():
        said = phrase(
            "Đã bàn giao mà hết ngày làm việc sau %(office)s chưa xác nhận. Xin hỏi đơn vị vận hành hệ thống.",
            office=office_of.get(case_id, ""),
        )
        yield Alarm(kind=Kind.SILENT, about=case_id, unit=unit, said=said)


def of_uncollected(waiting: Mapping[str, int]) -> Iterator[Alarm]:
    """Office systems that do not fetch: how many documents wait longer than they should."""
    for office, number in waiting.items():
        said = phrase("%(number)s văn bản chờ %(office)s đến lấy đã quá một ngày làm việc.", number=number, office=office)
        yield Alarm(kind=Kind.UNCOLLECTED, about=office, said=said)


def of_couriers(paused: Mapping[str, str], node: str) -> Iterator[Alarm]:
    """Couriers that wait for the officer, and why."""
    for name, why in paused.items():
        said = phrase("Đường chuyển %(name)s tạm dừng: %(why)s. Thư vẫn giữ trong hàng chờ.", name=name, why=why)
        yield Alarm(kind=Kind.COURIER, about=f"{node}/{name}", said=said)


def of_chain(trouble: str) -> Iterator[Alarm]:
    """Why the audit's chain does not go on."""
    if trouble:
        said = phrase("Chuỗi kiểm toán không ghi tiếp được: %(why)s. Chạy: vanthu verify-audit", why=trouble)
        yield Alarm(kind=Kind.CHAIN, about="chain", said=said)


def of_changes(broken: str) -> Iterator[Alarm]:
    """The first entry of the audit that is not as it was sealed, as the last whole look found it."""
    if broken:
        said = phrase(
            "Nhật ký đã niêm phong bị thay đổi: %(what)s. Giữ nguyên hiện trạng: sao lưu cơ sở dữ liệu và tệp đầu chuỗi, "
            "chạy vanthu verify-audit, rồi báo người kiểm tra.",
            what=broken,
        )
        yield Alarm(kind=Kind.CHAIN, about="sealed", said=said)


def of_disk(free: int, total: int, least_percent: int, node: str) -> Iterator[Alarm]:
    """The disk of the store: bytes that are free, and how many there are."""
    if total and free * 100 < total * least_percent:
        said = phrase(
            "Đĩa của kho dữ liệu chỉ còn %(free)s GB (%(percent)s phần trăm). Đầy đĩa thì cổng không nhận thư nữa.",
            free=round(free / 1024**3, 1),
            percent=free * 100 // total,
        )
        yield Alarm(kind=Kind.DISK, about=f"{node}/store", said=said)


def of_certificates(ending: Mapping[str, datetime], now: datetime, warn_days: int, node: str) -> Iterator[Alarm]:
    """Certificates by where they stand in the settings, and when each ends."""
    for name, at in ending.items():
        days = (at - now).days
        if days < warn_days:
            said = (
                phrase("Chứng thư %(name)s hết hạn sau %(days)s ngày. Xin gia hạn.", name=name, days=days)
                if days >= 0
                else phrase("Chứng thư %(name)s đã hết hạn. Xin gia hạn ngay.", name=name)
            )
            yield Alarm(kind=Kind.CERTIFICATE, about=f"{node}/{name}", said=said)


def is_ours(kind: Kind, about: str, node: str) -> bool:
    """Whether this node may say that an alarm is over."""
    return not KINDS[kind].is_local or about.startswith(f"{node}/")
