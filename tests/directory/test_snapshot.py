"""Who is who, on which day."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.directory.snapshot import (
    Campaign,
    Directory,
    Domain,
    Mailbox,
    MailboxRole,
    OfficeSystem,
    Organisation,
    OrganisationKind,
    RetiredAddress,
)
from gateway.model import Phase

TODAY = date(2026, 11, 23)
MERGER = date(2025, 7, 1)
BEFORE = date(2025, 6, 30)


def unit(code: str, superior: str = "", **more: object) -> Organisation:
    kind = OrganisationKind.DEPARTMENT if code == "SO" else OrganisationKind.SCHOOL
    return Organisation(code=code, name=f"Đơn vị {code}", kind=kind, superior=superior, **more)  # type: ignore[arg-type]  # any field


def mailbox(address: str, organisation: str, role: MailboxRole = MailboxRole.STAFF, valid_to: date | None = None) -> Mailbox:
    return Mailbox(address=address, organisation=organisation, role=role, valid_to=valid_to)


@pytest.fixture
def merged() -> Directory:
    """School CU was merged into school MOI; its people kept their addresses."""
    return Directory(
        organisations=[
            unit("SO"),
            unit("CU", "SO", valid_to=BEFORE, successor="MOI"),
            unit("MOI", "SO", valid_from=date(2020, 1, 1)),
            unit("NHO", "MOI"),
        ],
        mailboxes=[
            mailbox("vanthu.cu@so.example", "CU", MailboxRole.CLERK, valid_to=BEFORE),
            mailbox("gv.cu@so.example", "CU"),
            mailbox("vanthu.moi@so.example", "MOI", MailboxRole.CLERK),
        ],
        domains=[Domain(domain="so.example", organisation="SO")],
    )


def test_addresses_are_found_whatever_their_case() -> None:
    directory = Directory(
        mailboxes=[mailbox("VanThu@So.Example", "SO")],
        domains=[Domain(domain="So.Example")],
        retired=[RetiredAddress(address="Cu@Moet.Example", successor="vanthu@so.example")],
        offices=[OfficeSystem(name="o", title="O", senders=("ThongBao@O.Example",))],
    )

    assert directory.mailbox("vanthu@so.EXAMPLE", TODAY) is not None
    assert directory.is_ours("anybody@SO.example", TODAY)
    assert directory.successor("CU@moet.example", TODAY) == "vanthu@so.example"
    assert directory.notifying_office("thongbao@o.example") is not None


@pytest.mark.parametrize(("on", "code"), [(date(2019, 12, 31), "CU"), (BEFORE, "CU"), (MERGER, "MOI"), (TODAY, "MOI")], ids=str)
def test_a_merged_unit_stands_for_itself_until_its_last_day(merged: Directory, on: date, code: str) -> None:
    row = merged.unit("CU", on)
    assert row is not None
    assert row.code == code


def test_a_unit_that_ended_without_successor_is_nobody() -> None:
    directory = Directory(organisations=[unit("CU", valid_to=BEFORE)])

    assert directory.unit("CU", TODAY) is None
    assert directory.organisation("CU") is not None  # its name is still known


def test_one_code_may_have_several_rows_one_after_the_other() -> None:
    directory = Directory(
        organisations=[
            unit("T", phase=Phase.ENFORCE, valid_from=MERGER),
            unit("T", phase=Phase.OBSERVE, valid_to=BEFORE),
        ]
    )

    then, now = directory.organisation("T", BEFORE), directory.organisation("T")
    assert then is not None
    assert now is not None
    assert (then.phase, now.phase) == (Phase.OBSERVE, Phase.ENFORCE)


def test_a_unit_inherits_the_clerks_of_those_merged_into_it(merged: Directory) -> None:
    assert merged.lineage("MOI") == ("MOI", "CU")
    assert [clerk.address for clerk in merged.clerks("MOI", BEFORE)] == ["vanthu.moi@so.example", "vanthu.cu@so.example"]
    assert [clerk.address for clerk in merged.clerks("MOI", TODAY)] == ["vanthu.moi@so.example"]


def test_the_clerk_of_the_nearest_superior_answers_for_a_unit_without_one(merged: Directory) -> None:
    found = merged.unit_with_clerk("NHO", TODAY)
    assert found is not None
    assert found.code == "MOI"
    assert merged.unit_with_clerk("SO", TODAY) is None


def test_successors_and_superiors_in_a_circle_end() -> None:
    directory = Directory(
        organisations=[
            unit("A", "B", valid_to=BEFORE, successor="B"),
            unit("B", "A", valid_to=BEFORE, successor="A"),
            unit("C", "D"),
            unit("D", "C"),
        ]
    )

    assert directory.unit("A", TODAY) is None
    assert directory.unit_with_clerk("C", TODAY) is None
    assert set(directory.lineage("A")) == {"A", "B"}


def test_what_is_ours_is_a_domain_a_mailbox_or_a_retired_address() -> None:
    directory = Directory(
        domains=[Domain(domain="so.example", valid_from=MERGER)],
        mailboxes=[mailbox("truong@mien-phi.example", "T")],
        retired=[RetiredAddress(address="cu@moet.example", retired_on=MERGER)],
    )

    ours = ["x@so.example", "truong@mien-phi.example", "cu@moet.example"]
    assert all(directory.is_ours(address, TODAY) for address in ours)
    assert [directory.is_ours(address, BEFORE) for address in ours] == [False, True, False]
    assert not any(directory.is_ours(a, TODAY) for a in ("x@con.so.example", "x@moet.example", "khong-co-a-cong", ""))


def test_a_retired_address_leads_to_whoever_has_the_mailbox_in_the_end() -> None:
    directory = Directory(
        retired=[
            RetiredAddress(address="mot@moet.example", successor="hai@so.example"),
            RetiredAddress(address="hai@so.example", successor="ba@so.example", retired_on=MERGER),
            RetiredAddress(address="vong@so.example", successor="tron@so.example"),
            RetiredAddress(address="tron@so.example", successor="vong@so.example"),
            RetiredAddress(address="cut@so.example"),
        ]
    )

    assert directory.successor("mot@moet.example", BEFORE) == "hai@so.example"
    assert directory.successor("mot@moet.example", TODAY) == "ba@so.example"
    assert directory.successor("vong@so.example", TODAY) == ""
    assert directory.successor("cut@so.example", TODAY) == ""
    assert directory.successor("ba@so.example", TODAY) == ""


def test_a_retired_address_closes_after_its_last_day() -> None:
    row = RetiredAddress(address="cu@moet.example", successor="moi@so.example", closes_on=BEFORE)

    assert not row.is_closed(BEFORE)
    assert row.is_closed(MERGER)
    assert not RetiredAddress(address="cu@moet.example").is_closed(TODAY)


def test_a_campaign_is_open_on_its_first_and_its_last_day() -> None:
    campaign = Campaign(guide="12/SO-VP", mailbox="BaoCao@so.example", valid_from=BEFORE, valid_to=MERGER)
    directory = Directory(campaigns=[campaign])

    for on, is_open in ((date(2025, 6, 29), False), (BEFORE, True), (MERGER, True), (TODAY, False)):
        assert (directory.open_campaigns("baocao@so.example", on) == (campaign,)) is is_open


def test_the_department_is_the_one_that_exists_on_the_day(merged: Directory) -> None:
    department = merged.department(TODAY)
    assert department is not None
    assert department.code == "SO"
    assert Directory().department(TODAY) is None
