"""The package that an office system got, made again: the same mail, case and directory make the same bytes (packing.py)."""

from __future__ import annotations

from gateway.bridge.packing import packed
from gateway.courier import RELAY, Parcel
from gateway.directory.snapshot import Directory
from gateway.errors import NotFound, StoreUnavailable, VanthuError
from gateway.lifecycle import DeliveryState
from gateway.model import Case
from gateway.store import Store


def package_again(store: Store, case: Case, directory: Directory) -> bytes:
    """The package of a case that arrived at an office system; b"" when none did, or the mail is no longer kept."""
    arrived = [
        delivery
        for delivery in store.views.deliveries_of(case_id=case.id)
        if delivery.courier != RELAY and delivery.state is DeliveryState.DELIVERED
    ]
    if not arrived:
        return b""
    tie = next((each for each in store.casework.ties(case.id) if each.case_id == case.id), None)
    try:
        store.views.raw(case.mail_id)
        earlier = store.views.case(tie.other_id) if tie is not None else None
        mail = store.views.mail_of(store.views.mail(case.mail_id))
        parcel = Parcel(mail=mail, deliveries=(arrived[-1],), case=case, earlier=earlier)
        return b"".join(packed(parcel, case, directory).pieces())
    except (NotFound, StoreUnavailable):
        return b""
    except VanthuError:  # what could be packed once can be packed again; a proof without it is better than none
        return b""
