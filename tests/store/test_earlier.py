"""A document that recalls, corrects or replaces an earlier one leaves as such, through a real folder, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.bridge.edxml import Business, parse
from gateway.bridge.folder import FolderCourier
from gateway.courier import Outcome, Parcel
from gateway.directory.snapshot import Directory, Organisation, OrganisationKind
from gateway.lifecycle import CaseEvent
from gateway.model import Case, Delivery, Relation
from gateway.store import Store
from tests.store.letters import LEASE, NOON, SECOND, document
from tests.store.test_sameness import open_case

HOUR = timedelta(hours=1)
DEPARTMENT = Organisation(code="SGDHG", name="Sở GDĐT", kind=OrganisationKind.DEPARTMENT, codes=("H98.20",))
EARLIER_ID = "H98.20,2026/11/20,45/QĐ-SGDĐT"


def approve(store: Store, case: Case, *, now: timedelta) -> None:
    delivery = Delivery(id=f"{case.id}-0", mail_id=case.mail_id, case_id=case.id, courier=case.office, target=case.unit)
    store.move_case(case.id, CaseEvent.APPROVE, by="huong", detail={}, deliveries=(delivery,), now=NOON + now)


def claimed(store: Store, *, now: timedelta) -> Parcel:
    (parcel,) = store.claim(couriers=("qlvb-tinh",), limit=50, now=NOON + now, lease=LEASE)
    return parcel


def business_in_the_folder(parcel: Parcel, folder: Path) -> Business:
    """What the office system reads in the package that a folder courier put there."""
    folder.mkdir()
    courier = FolderCourier("qlvb-tinh", folder, directory=lambda: Directory(organisations=[DEPARTMENT]))
    (result,) = asyncio.run(courier.deliver(parcel))
    assert result.outcome is Outcome.DELIVERED
    business = parse((folder / "in" / f"{parcel.deliveries[0].id}.edxml").read_bytes()).business
    assert business is not None
    return business


def later_document(store: Store, relation: Relation, *, after: int = 1) -> Case:
    what = replace(document("50/SGDĐT-VP"), relation=relation, concerns="45/QĐ-SGDĐT")
    return open_case(store, digest="cd", what=what, after=after)


@pytest.mark.parametrize(
    ("relation", "kind"), [(Relation.RECALL, "1"), (Relation.CORRECTION, "2"), (Relation.REPLACEMENT, "3")]
)
def test_what_does_something_to_an_earlier_document_says_so_and_to_which(
    relation: Relation, kind: str, store: Store, tmp_path: Path
) -> None:
    open_case(store)
    approve(store, later_document(store, relation), now=HOUR)
    business = business_in_the_folder(claimed(store, now=2 * HOUR), tmp_path / "office")
    named = [business.document_id, *(each.document_id for each in business.replaced)]
    assert (business.kind, [each for each in named if each]) == (kind, [EARLIER_ID])


def test_what_joined_another_case_is_named_as_that_one(store: Store, tmp_path: Path) -> None:
    first = open_case(store)
    twin = open_case(store, digest="ef", after=1)
    approve(store, later_document(store, Relation.RECALL, after=2), now=HOUR)
    store.casework.decide(twin.id, first.id, same=True, by="huong", now=NOON)
    parcel = claimed(store, now=2 * HOUR)
    assert parcel.earlier is not None
    assert parcel.earlier.id == first.id


def test_an_earlier_document_that_comes_after_the_hand_over_began_changes_nothing_in_the_package(store: Store) -> None:
    approve(store, later_document(store, Relation.RECALL, after=0), now=SECOND)
    before = claimed(store, now=2 * SECOND)
    open_case(store, after=600)
    again = claimed(store, now=timedelta(minutes=20))  # the lease ran out
    assert (before.earlier, again.earlier) == (None, None)


def test_a_document_about_nothing_earlier_is_a_new_one(store: Store, tmp_path: Path) -> None:
    approve(store, open_case(store), now=HOUR)
    assert business_in_the_folder(claimed(store, now=2 * HOUR), tmp_path / "office").kind == "0"
