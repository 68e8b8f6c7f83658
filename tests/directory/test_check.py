"""What is inconsistent in a directory is said, and how bad it is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from gateway import sample
from gateway.directory.check import check, check_surroundings
from gateway.directory.files import load
from gateway.directory.snapshot import (
    Campaign,
    Directory,
    Domain,
    Mailbox,
    MailboxRole,
    MailGroup,
    OfficeAccount,
    OfficeSystem,
    Organisation,
    OrganisationKind,
    RetiredAddress,
    RetiredPattern,
)

TODAY = date(2026, 11, 23)
SO = Organisation(code="SO", name="Sở", kind=OrganisationKind.DEPARTMENT, symbols=("SGDĐT",), office="qlvb")
T = Organisation(code="T", name="Trường T", kind=OrganisationKind.SCHOOL, symbols=("T",), office="qlvb", superior="SO")
CLERK = Mailbox(address="vanthu@so.example", organisation="SO", role=MailboxRole.CLERK)
CLERK_T = Mailbox(address="vanthu.t@so.example", organisation="T", role=MailboxRole.CLERK)


def directory(**changes: object) -> Directory:
    rows: dict[str, object] = {
        "organisations": [SO, T],
        "mailboxes": [CLERK, CLERK_T],
        "domains": [Domain(domain="so.example", organisation="SO")],
        "offices": [OfficeSystem(name="qlvb", title="Hệ thống")],
    }
    return Directory(**(rows | changes))  # type: ignore[arg-type]  # each test names the rows it needs


def changed(row: Organisation, **changes: object) -> Organisation:
    return msgspec.structs.replace(row, **changes)


def test_a_good_directory_has_no_findings() -> None:
    assert check(directory(), on=TODAY, couriers=["qlvb"]) == ()


def test_the_sample_has_only_its_kindergarten_without_clerk(tmp_path: Path) -> None:
    sample.write(tmp_path)

    (finding,) = check(load(tmp_path / "directory"), on=TODAY, couriers=["qlvb-tinh", "ioffice-nganh"])
    assert not finding.is_error
    assert str(finding).startswith("lưu ý: organisations.csv: MNHS: Trường Mầm non Hoa Sen chưa có tài khoản văn thư")


def test_a_missing_folder_and_a_name_without_domain_are_warnings() -> None:
    missing = {"qlvb": "/mnt/qlvb"}

    assert [str(finding) for finding in check_surroundings("vanthu.toml", hostname="vm", missing=missing)] == [
        "lưu ý: vanthu.toml: [[office]] qlvb: không có thư mục /mnt/qlvb; hàng đợi của hệ thống này chờ đến khi có",
        "lưu ý: vanthu.toml: [smtp] hostname: vm không phải tên miền đầy đủ: thư thông báo sẽ đi từ postmaster@vm",
    ]
    assert check_surroundings("vanthu.toml", hostname="mx.sgd.example", missing={}) == ()


@pytest.mark.parametrize(
    ("found", "level", "text"),
    [
        (directory(mailboxes=[CLERK]), "warning", "Trường T chưa có tài khoản văn thư; văn thư Sở nhận thay"),
        (directory(mailboxes=[]), "error", "chưa có tài khoản văn thư, và không cấp trên nào có"),
        (directory(organisations=[SO, changed(T, superior="X")]), "error", "cấp trên: không có đơn vị mã X"),
        (directory(organisations=[SO, changed(T, successor="X")]), "error", "đơn vị kế thừa: không có đơn vị mã X"),
        (directory(organisations=[changed(SO, superior="T"), T]), "error", "cấp trên: các đơn vị nối thành vòng tròn"),
        (directory(organisations=[changed(SO, successor="T"), changed(T, successor="SO")]), "error",
         "đơn vị kế thừa: các đơn vị nối thành vòng tròn"),
        (directory(organisations=[SO, T, T]), "error", "hai dòng cùng hiệu lực trong một thời gian"),
        (directory(organisations=[SO, changed(T, valid_from=TODAY, valid_to=date(2020, 1, 1))]), "error",
         "sớm hơn ngày bắt đầu"),
        (directory(organisations=[SO, changed(T, office="khac")]), "error", "hệ thống khac không có trong offices.csv"),
        (directory(organisations=[SO, changed(T, office="")]), "warning", "Trường T chưa thuộc hệ thống QLVB nào"),
        (directory(organisations=[SO, changed(T, symbols=())]), "warning", "Trường T không có ký hiệu"),
        (directory(organisations=[T]), "error", "không có Sở"),
        (directory(domains=[]), "error", "chưa có tên miền nào"),
        (directory(domains=[Domain(domain="so.example", organisation="X")]), "error", "đơn vị mã X không có trong danh bạ"),
        (directory(mailboxes=[CLERK, CLERK_T, msgspec.structs.replace(CLERK, address="x@so.example", organisation="X")]),
         "error", "đơn vị mã X không có trong danh bạ"),
        (directory(mailboxes=[CLERK, CLERK_T, CLERK]), "error", "địa chỉ có hai dòng cùng hiệu lực"),
        (directory(organisations=[SO, T, changed(T, code="CU", valid_to=date(2020, 1, 1))],
                   mailboxes=[CLERK, CLERK_T, Mailbox(address="cu@so.example", organisation="CU", role=MailboxRole.STAFF)]),
         "warning", "đơn vị CU đã hết hiệu lực và không có đơn vị kế thừa"),
        (directory(retired=[RetiredAddress(address="cu@moet.example")]), "warning", "chưa có địa chỉ thay thế"),
        (directory(retired=[RetiredAddress(address="cu@moet.example", successor="x@la.example")]), "warning",
         "x@la.example không phải địa chỉ của ngành"),
        (directory(retired=[RetiredAddress(address="a@so.example", successor="b@so.example"),
                            RetiredAddress(address="b@so.example", successor="a@so.example")]), "error", "vòng tròn"),
        (directory(retired=[RetiredAddress(address="a@so.example", successor="vanthu@so.example")] * 2), "error", "hai dòng"),
        (directory(retired=[RetiredAddress(address="a@so.example", successor="vanthu@so.example", retired_on=TODAY,
                                           closes_on=date(2020, 1, 1))]), "error", "sớm hơn ngày ngừng dùng"),
        (directory(campaigns=[Campaign(guide="1/SO", mailbox="vanthu@so.example")]), "warning", "mở mãi mãi"),
        (directory(campaigns=[Campaign(guide="1/SO", mailbox="x@la.example", valid_to=date(2030, 1, 1))]), "warning",
         "hộp thư x@la.example không phải địa chỉ của ngành"),
        (directory(campaigns=[Campaign(guide="1/SO", mailbox="vanthu@so.example", valid_from=TODAY,
                                       valid_to=date(2020, 1, 1))]), "error", "sớm hơn ngày bắt đầu"),
    ],
)  # fmt: skip
def test_each_inconsistency_is_told(found: Directory, level: str, text: str) -> None:
    told = [(finding.level, finding.text) for finding in check(found, on=TODAY)]
    assert any(at == level and text in said for at, said in told), told


def test_an_office_system_that_the_configuration_does_not_reach_is_an_error() -> None:
    (finding,) = check(directory(), on=TODAY, couriers=[])

    assert finding.is_error
    assert (finding.file, finding.key) == ("offices.csv", "qlvb")


def test_errors_come_first() -> None:
    findings = check(directory(mailboxes=[CLERK], domains=[]), on=TODAY)

    assert [finding.is_error for finding in findings] == [True, False]


def said(directory: Directory) -> list[str]:
    return [str(finding) for finding in check(directory, on=TODAY)]


def test_a_unit_whose_clerk_has_only_a_locked_account_is_named() -> None:
    unit = Organisation(code="A", name="Trường A", kind=OrganisationKind.SCHOOL, office="io")
    office = OfficeSystem(name="io", title="I-Office")
    locked = OfficeAccount(office="io", account="a", organisation="A", is_locked=True)
    clerk = Mailbox(address="vanthu.a@x.vn", organisation="A", role=MailboxRole.CLERK)
    found = said(Directory(organisations=[unit], offices=[office], mailboxes=[clerk], accounts=[locked]))
    assert any("Trường A chưa có tài khoản văn thư dùng được trên io" in line for line in found)
    without = said(Directory(organisations=[unit], offices=[office], mailboxes=[clerk]))
    assert not any("dùng được" in line for line in without)


def test_accounts_groups_and_patterns_that_lead_nowhere_are_named() -> None:
    found = said(
        Directory(
            accounts=[OfficeAccount(office="no", account="a", organisation="X")],
            mailboxes=[Mailbox(address="g@x.vn", organisation="X", role=MailboxRole.STAFF)],
            groups=[MailGroup(address="g@x.vn", members=("la@la.example",))],
            patterns=[RetiredPattern(pattern="c{0-3}<school>@moet.edu.vn", successor="<schule>@x.vn")],
        )
    )
    for words in ("hệ thống no", "đơn vị mã X", "cũng là một hộp thư", "la@la.example", "<schule>"):
        assert any(words in line for line in found), words
