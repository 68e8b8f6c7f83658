"""Who may do what: one table of verbs and roles, and what "own unit" means for each.  Pure.

Every view of the console names its verb and every act of a person asks here; a test walks all addresses with all roles and
compares.  Over it all: a sealed case shows nothing but that it exists, to whoever it is (gateway.rights.decidable).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from gateway.model import Account, Role


class Verb(StrEnum):
    """What somebody who has signed in wants to do."""

    OWN_ACCOUNT = "own-account"  # password, second factor, sessions: of oneself
    SEE_CASES = "see-cases"  # of the units that the account sees: list, case, its files, its mails
    DECIDE = "decide"  # about cases of the own units: approve, return, release, receive, transfer, the same or not …
    ASSIGN = "assign"  # say who looks after a case
    STAND_IN = "stand-in"  # name who stands in for an absent clerk
    SEE_CAMPAIGNS = "see-campaigns"
    OPEN_CAMPAIGN = "open-campaign"
    REMIND = "remind"  # units that owe a report
    SEE_REPORTS = "see-reports"  # registers, statistics, the report of a shift: of the units that the account sees
    SEE_MAILS = "see-mails"  # all mails, with cases or without
    SEE_TRAFFIC = "see-traffic"  # deliveries, receipts, mailboxes, health
    RUN = "run"  # deliver again, resume a courier, look into a mailbox
    SEE_RULES = "see-rules"  # directory, policy, imports of old mail
    CHANGE_RULES = "change-rules"  # import a list, try a policy
    SEE_AUDIT = "see-audit"  # who did what, and the whole life of anything
    PROVE = "prove"  # take the proof of a case away
    MANAGE_ACCOUNTS = "manage-accounts"


_ALL = frozenset(Role)
_CLERKS = frozenset({Role.CLERK, Role.HEAD_CLERK})
_OF_THE_WHOLE = frozenset({Role.OFFICER, Role.AUDITOR})
_OFFICER = frozenset({Role.OFFICER})

# Leaders read; that they also say who looks after a document is their duty (Decree 30/2020, article 23.2).
RIGHTS: Mapping[Verb, frozenset[Role]] = {
    Verb.OWN_ACCOUNT: _ALL,
    Verb.SEE_CASES: _ALL,
    Verb.DECIDE: _CLERKS,
    Verb.ASSIGN: _CLERKS | {Role.LEADER},
    Verb.STAND_IN: _CLERKS | _OFFICER,
    Verb.SEE_CAMPAIGNS: _ALL,
    Verb.OPEN_CAMPAIGN: _CLERKS | _OFFICER,  # the Department's registry alone: gateway.channels looks at the unit
    Verb.REMIND: _CLERKS | _OFFICER,  # the same
    Verb.SEE_REPORTS: _ALL,
    Verb.SEE_MAILS: _OF_THE_WHOLE,
    Verb.SEE_TRAFFIC: _OF_THE_WHOLE,
    Verb.RUN: _OFFICER,
    Verb.SEE_RULES: _OF_THE_WHOLE,
    Verb.CHANGE_RULES: _OFFICER,
    Verb.SEE_AUDIT: _OF_THE_WHOLE,
    Verb.PROVE: _OF_THE_WHOLE | {Role.HEAD_CLERK},
    Verb.MANAGE_ACCOUNTS: _OFFICER,
}

NEEDS_UNIT = _CLERKS | {Role.LEADER}  # an account of these roles has at least one unit


def allows(account: Account, verb: Verb) -> bool:
    """Whether the account may do this at all; about which unit's cases is another question."""
    return account.active and account.role in RIGHTS[verb]


def is_clerk(account: Account) -> bool:
    """Whether the account is that of a registry clerk, the head clerk included."""
    return account.role in _CLERKS


def seen_units(account: Account) -> tuple[str, ...] | None:
    """The units whose cases the account sees; None is all."""
    return None if account.role in _OF_THE_WHOLE else (*account.units, *account.oversees)


def sees(account: Account, unit: str) -> bool:
    """Whether cases of a unit exist for the account."""
    units = seen_units(account)
    return units is None or unit in units


def decides(account: Account, unit: str) -> bool:
    """Whether the account decides about cases of a unit: its own, and those of whom it stands in for; not of those below."""
    return allows(account, Verb.DECIDE) and unit in account.units


def assigns(account: Account, unit: str) -> bool:
    """Whether the account says who looks after cases of a unit; the head clerk also in the units below hers."""
    if not allows(account, Verb.ASSIGN):
        return False
    return unit in account.units or (account.role is Role.HEAD_CLERK and unit in account.oversees)
