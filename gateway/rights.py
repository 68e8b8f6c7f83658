"""Who may decide about a case: a clerk of its unit, or who stands in for her; nobody about a sealed one."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from gateway.directory.snapshot import Directory
from gateway.errors import NotAllowed
from gateway.lifecycle import CaseState
from gateway.model import Account, Action, Case, Role
from gateway.store import Store


def decidable(store: Store, directory: Directory, case_id: str, by: Account) -> Case:
    """The case, when this person may decide about it.  NotFound, NotAllowed."""
    case = store.views.case(case_id)
    if case.state is CaseState.SEALED or case.action is Action.QUARANTINE:
        raise NotAllowed("Hồ sơ niêm phong: không ai được mở, chuyển hay trả lại tại đây.")
    if not by.active or by.role is not Role.CLERK or case.unit not in by.units:
        raise NotAllowed(f"Chỉ văn thư {unit_name(directory, case.unit)} được quyết định hồ sơ này.")
    return case


def unit_name(directory: Directory, code: str) -> str:
    """The name of a unit, for a person."""
    organisation = directory.organisation(code)
    return organisation.name if organisation is not None else f"đơn vị {code}"


def acting(store: Store, account: Account, now: datetime) -> Account:
    """The account with the units of the clerks that it stands in for now."""
    if account.role is not Role.CLERK:
        return account
    units = dict.fromkeys(account.units)
    for name in store.casework.absent_for(account.name, now):
        absent = store.account(name)
        if absent is not None and absent.active and absent.role is Role.CLERK:
            units |= dict.fromkeys(absent.units)
    return account if len(units) == len(account.units) else replace(account, units=tuple(units))


def clerks_of(store: Store, unit: str, now: datetime) -> tuple[Account, ...]:
    """The accounts that may decide about the cases of a unit, those that stand in included; by name."""
    accounts = [acting(store, account, now) for account in store.views.accounts() if account.active]
    return tuple(account for account in accounts if account.role is Role.CLERK and unit in account.units)
