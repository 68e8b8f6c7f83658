"""Says what is inconsistent in a directory and strange around it: pure, for ``vanthu check-config`` and who keeps the files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from enum import StrEnum

from gateway.directory.snapshot import Directory, MailboxRole, Organisation, is_valid
from gateway.model import Value
from gateway.phrases import phrase


class Level(StrEnum):
    """How bad a finding is."""

    ERROR = "error"  # some mail would be treated wrongly
    WARNING = "warning"  # works, but somebody should know


class Finding(Value):
    """One inconsistency: where, and what, in Vietnamese."""

    level: Level
    file: str
    key: str  # code or address of the row
    text: str

    @property
    def is_error(self) -> bool:
        """Whether some mail would be treated wrongly."""
        return self.level is Level.ERROR

    def __str__(self) -> str:
        mark = phrase("LỖI") if self.is_error else phrase("lưu ý")
        return f"{mark}: {self.file}: {self.key}: {self.text}"


def check(directory: Directory, *, on: date, couriers: Collection[str] | None = None) -> tuple[Finding, ...]:
    """What is inconsistent on a day, errors first.

    ``couriers`` are the names of the [[office]] tables of the configuration; None leaves that comparison out.
    """
    parts = (
        _organisations(directory, on),
        _offices(directory, on, couriers),
        _domains(directory),
        _mailboxes(directory, on),
        _retired(directory, on),
        _campaigns(directory, on),
        _accounts(directory, on),
        _groups(directory, on),
        _patterns(directory),
    )
    findings = [finding for part in parts for finding in part]
    return tuple(sorted(findings, key=lambda finding: not finding.is_error))


def appearing(before: Directory, after: Directory, *, on: date, couriers: Collection[str] | None = None) -> tuple[Finding, ...]:
    """What a change would make inconsistent that is not so now, errors first."""
    known = set(map(str, check(before, on=on, couriers=couriers)))
    return tuple(finding for finding in check(after, on=on, couriers=couriers) if str(finding) not in known)


def check_surroundings(file: str, *, hostname: str, missing: Mapping[str, str]) -> tuple[Finding, ...]:
    """What works but is strange on this machine.

    ``file`` is the configuration, ``hostname`` our name, ``missing`` the folders that are not there, by name of office system.
    """
    findings = [
        _warning(
            file,
            f"[[office]] {office}",
            phrase("không có thư mục %(folder)s; hàng đợi của hệ thống này chờ đến khi có", folder=folder),
        )
        for office, folder in missing.items()
    ]
    if "." not in hostname:
        text = phrase(
            "%(hostname)s không phải tên miền đầy đủ: thư thông báo sẽ đi từ postmaster@%(hostname)s", hostname=hostname
        )
        findings.append(_warning(file, "[smtp] hostname", text))
    return tuple(findings)


def _error(file: str, key: str, text: str) -> Finding:
    return Finding(level=Level.ERROR, file=file, key=key, text=text)


def _warning(file: str, key: str, text: str) -> Finding:
    return Finding(level=Level.WARNING, file=file, key=key, text=text)


_SAID = {"superior": "cấp trên", "successor": "đơn vị kế thừa"}


def _organisations(directory: Directory, on: date) -> Iterator[Finding]:
    file = "organisations.csv"
    if directory.department(on) is None:
        yield _error(file, "department", phrase("không có Sở (kind = department) nào còn hiệu lực"))
    for row in dict.fromkeys(directory.organisation_rows):
        yield from _dates_and_codes(directory, row)
    for row in directory.organisations.values():
        for column in ("superior", "successor"):
            if _is_in_circle(directory, row.code, column):
                yield _error(file, row.code, phrase("%(said)s: các đơn vị nối thành vòng tròn", said=_SAID[column]))
        if is_valid(row, on) and row.is_governed:
            yield from _unit(directory, row, on)


def _dates_and_codes(directory: Directory, row: Organisation) -> Iterator[Finding]:
    file = "organisations.csv"
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        yield _error(
            file,
            row.code,
            phrase(
                "ngày kết thúc (%(valid_to)s) sớm hơn ngày bắt đầu (%(valid_from)s)",
                valid_to=row.valid_to,
                valid_from=row.valid_from,
            ),
        )
    for column, code in (("superior", row.superior), ("successor", row.successor)):
        if code and code not in directory.organisations:
            yield _error(file, row.code, phrase("%(said)s: không có đơn vị mã %(code)s", said=_SAID[column], code=code))
    if _overlaps(directory, row):
        yield _error(file, row.code, phrase("mã đơn vị có hai dòng cùng hiệu lực trong một thời gian"))


def _unit(directory: Directory, row: Organisation, on: date) -> Iterator[Finding]:
    file = "organisations.csv"
    if not directory.clerks(row.code, on):
        superior = directory.unit_with_clerk(row.code, on)
        if superior is None:
            yield _error(file, row.code, phrase("%(name)s chưa có tài khoản văn thư, và không cấp trên nào có", name=row.name))
        else:
            yield _warning(
                file,
                row.code,
                phrase("%(name)s chưa có tài khoản văn thư; văn thư %(name2)s nhận thay", name=row.name, name2=superior.name),
            )
    if not row.symbols:
        yield _warning(
            file, row.code, phrase("%(name)s không có ký hiệu (symbols): chỉ nhận ra văn bản qua tên cơ quan", name=row.name)
        )


def _overlaps(directory: Directory, row: Organisation) -> bool:
    """Whether the row is the first of two of its code that hold at the same time."""
    rows = directory.history(row.code)
    at = next(n for n, each in enumerate(rows) if each is row)
    return any(_meet(row, later) for later in rows[at + 1 :])


def _meet(a: Organisation, b: Organisation) -> bool:
    return (a.valid_from or date.min) <= (b.valid_to or date.max) and (b.valid_from or date.min) <= (a.valid_to or date.max)


def _is_in_circle(directory: Directory, code: str, column: str) -> bool:
    seen: set[str] = set()
    at = code
    while at and at not in seen:
        seen.add(at)
        row = directory.organisations.get(at)
        at = getattr(row, column) if row is not None else ""
    return at == code


def _offices(directory: Directory, on: date, couriers: Collection[str] | None) -> Iterator[Finding]:
    used: dict[str, str] = {}
    for row in directory.organisation_rows:
        if not row.is_governed or not is_valid(row, on):
            continue
        if not row.office:
            yield _warning(
                "organisations.csv", row.code, phrase("%(name)s chưa thuộc hệ thống QLVB nào (office)", name=row.name)
            )
        elif row.office not in directory.offices:
            yield _error(
                "organisations.csv", row.code, phrase("hệ thống %(office)s không có trong offices.csv", office=row.office)
            )
        else:
            used.setdefault(row.office, row.name)
    for office, user in used.items():
        if couriers is not None and office not in couriers:
            yield _error(
                "offices.csv",
                office,
                phrase("%(user)s dùng hệ thống này, nhưng cấu hình không có [[office]] mang tên đó", user=user),
            )


def _domains(directory: Directory) -> Iterator[Finding]:
    if not directory.domains:
        yield _error("domains.csv", "domain", phrase("chưa có tên miền nào của ngành: mọi người nhận đều là người ngoài"))
    for row in directory.domains:
        if row.organisation and row.organisation not in directory.organisations:
            yield _error(
                "domains.csv",
                row.domain,
                phrase("đơn vị mã %(organisation)s không có trong danh bạ", organisation=row.organisation),
            )


def _mailboxes(directory: Directory, on: date) -> Iterator[Finding]:
    file = "mailboxes.csv"
    seen: set[str] = set()
    for row in directory.mailboxes:
        if row.organisation not in directory.organisations:
            yield _error(
                file, row.address, phrase("đơn vị mã %(organisation)s không có trong danh bạ", organisation=row.organisation)
            )
        elif is_valid(row, on) and directory.unit(row.organisation, on) is None:
            yield _warning(
                file,
                row.address,
                phrase("đơn vị %(organisation)s đã hết hiệu lực và không có đơn vị kế thừa", organisation=row.organisation),
            )
        if is_valid(row, on):
            if row.address.lower() in seen:
                yield _error(file, row.address, phrase("địa chỉ có hai dòng cùng hiệu lực"))
            seen.add(row.address.lower())


def _retired(directory: Directory, on: date) -> Iterator[Finding]:
    file = "retired.csv"
    seen: set[str] = set()
    for row in directory.retired_addresses:
        if row.address.lower() in seen:
            yield _error(file, row.address, phrase("địa chỉ có hai dòng"))
        seen.add(row.address.lower())
        if row.retired_on and row.closes_on and row.closes_on < row.retired_on:
            yield _error(
                file,
                row.address,
                phrase(
                    "ngày đóng (%(closes_on)s) sớm hơn ngày ngừng dùng (%(retired_on)s)",
                    closes_on=row.closes_on,
                    retired_on=row.retired_on,
                ),
            )
        if not row.successor:
            yield _warning(file, row.address, phrase("chưa có địa chỉ thay thế (successor): thư không chuyển tiếp được"))
            continue
        if row.retired_on and row.retired_on > on:
            continue
        last = directory.successor(row.address, on)
        if not last:
            yield _error(file, row.address, phrase("các địa chỉ thay thế nối thành vòng tròn"))
        elif not directory.is_ours(last, on):
            yield _warning(file, row.address, phrase("địa chỉ thay thế %(last)s không phải địa chỉ của ngành", last=last))


def _accounts(directory: Directory, on: date) -> Iterator[Finding]:
    """Notice, item 2: every unit has a clerk's account in its office system; asked once the accounts have been entered."""
    file = "accounts.csv"
    issuing: set[str] = set()
    for row in directory.accounts:
        if row.office not in directory.offices:
            yield _error(file, row.account, phrase("hệ thống %(office)s không có trong offices.csv", office=row.office))
        if row.organisation not in directory.organisations:
            yield _error(
                file, row.account, phrase("đơn vị mã %(organisation)s không có trong danh bạ", organisation=row.organisation)
            )
        unit = directory.unit(row.organisation, on)
        if unit is not None and row.role is MailboxRole.CLERK and not row.is_locked and row.office == unit.office:
            issuing.add(unit.code)
    for unit in directory.organisations.values() if directory.accounts else ():
        has_clerk = bool(directory.clerks(unit.code, on))  # a unit without any is told already
        if is_valid(unit, on) and unit.is_governed and unit.office and has_clerk and unit.code not in issuing:
            yield _warning(
                file,
                unit.code,
                phrase("%(name)s chưa có tài khoản văn thư dùng được trên %(office)s", name=unit.name, office=unit.office),
            )


def _groups(directory: Directory, on: date) -> Iterator[Finding]:
    file = "groups.csv"
    for row in directory.groups:
        if directory.mailbox(row.address, on) is not None:
            yield _error(file, row.address, phrase("địa chỉ này cũng là một hộp thư trong mailboxes.csv"))
        for member in row.members:
            if not directory.is_ours(member, on):
                yield _warning(file, row.address, phrase("thành viên %(member)s không phải địa chỉ của ngành", member=member))


def _patterns(directory: Directory) -> Iterator[Finding]:
    for row in directory.patterns:
        unknown = set(re.findall(r"<(\w+)>", row.successor)) - set(re.findall(r"<(\w+)>", row.pattern))
        if unknown:
            names = ", ".join(f"<{name}>" for name in sorted(unknown))
            yield _error("patterns.csv", row.pattern, phrase("địa chỉ thay thế dùng %(names)s mà mẫu không có", names=names))


def _campaigns(directory: Directory, on: date) -> Iterator[Finding]:
    file = "campaigns.csv"
    for row in directory.campaigns:
        if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
            yield _error(
                file,
                row.guide,
                phrase(
                    "ngày kết thúc (%(valid_to)s) sớm hơn ngày bắt đầu (%(valid_from)s)",
                    valid_to=row.valid_to,
                    valid_from=row.valid_from,
                ),
            )
        if row.valid_to is None:
            yield _warning(file, row.guide, phrase("không có ngày kết thúc (until): kênh báo cáo mở mãi mãi"))
        if is_valid(row, on) and not directory.is_ours(row.mailbox, on):
            yield _warning(file, row.guide, phrase("hộp thư %(mailbox)s không phải địa chỉ của ngành", mailbox=row.mailbox))
