"""Which cases somebody decides, assigns and sees, with stand-ins and the units below: the table is in gateway.roles."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from gateway.directory.snapshot import Directory
from gateway.errors import NotAllowed
from gateway.lifecycle import CaseState
from gateway.model import Account, Action, Case, Role
from gateway.phrases import phrase
from gateway.roles import assigns, decides, is_clerk
from gateway.store import Store


def decidable(store: Store, directory: Directory, case_id: str, by: Account) -> Case:
    """The case, when this person may decide about it.  NotFound, NotAllowed."""
    case = _unsealed(store, case_id)
    if not decides(by, case.unit):
        raise NotAllowed("Chỉ văn thư %(unit)s được quyết định hồ sơ này.", unit=unit_name(directory, case.unit))
    return case


def assignable(store: Store, directory: Directory, case_id: str, by: Account) -> Case:
    """The case, when this person may say who looks after it.  NotFound, NotAllowed."""
    case = _unsealed(store, case_id)
    if not assigns(by, case.unit):
        raise NotAllowed("Chỉ văn thư và lãnh đạo %(unit)s được giao hồ sơ này.", unit=unit_name(directory, case.unit))
    return case


def _unsealed(store: Store, case_id: str) -> Case:
    case = store.views.case(case_id)
    if is_sealed(case):
        raise NotAllowed("Hồ sơ niêm phong: không ai được mở, chuyển hay trả lại tại đây.")
    return case


def is_sealed(case: Case) -> bool:
    """Whether the case shows nothing but that it exists."""
    return case.action is Action.QUARANTINE or case.state is CaseState.SEALED


def unit_name(directory: Directory, code: str) -> str:
    """The name of a unit, for a person."""
    organisation = directory.organisation(code)
    return organisation.name if organisation is not None else phrase("đơn vị %(code)s", code=code)


def acting(store: Store, account: Account, now: datetime) -> Account:
    """The account with the units of the clerks that it stands in for now."""
    if not is_clerk(account):
        return account
    units = dict.fromkeys(account.units)
    for name in store.casework.absent_for(account.name, now):
        absent = store.account(name)
        if absent is not None and absent.active and is_clerk(absent):
            units |= dict.fromkeys(absent.units)
    return account if len(units) == len(account.units) else replace(account, units=tuple(units))


def overseeing(directory: Directory, account: Account) -> Account:
    """The account with the units below its own, when it is a head clerk's; those of whom she stands in for are not hers."""
    if account.role is not Role.HEAD_CLERK:
        return account
    return replace(account, oversees=directory.below(account.units))


def clerks_of(store: Store, unit: str, now: datetime) -> tuple[Account, ...]:
    """The accounts that may decide about the cases of a unit, those that stand in included; by name."""
    accounts = [acting(store, account, now) for account in store.views.accounts() if account.active]
    return tuple(account for account in accounts if decides(account, unit))
