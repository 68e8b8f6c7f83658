"""Names that people know instead of codes: units, office systems, targets of deliveries."""

from __future__ import annotations

from gateway.model import Delivery
from web.context import gateway
from web.language import gettext

RELAY = "relay"
APPEND = "append:"


def unit_name(code: str) -> str:
    """The name of an organisation as it is now; its code when the directory does not know it."""
    organisation = gateway().directory().organisation(code) if code else None
    return organisation.name if organisation is not None else code or gettext("chưa rõ đơn vị")


def courier_name(name: str) -> str:
    """What carries a delivery, in words: the title of the office system, or the next mail server."""
    if name == RELAY:
        return gettext("máy chủ thư kế tiếp")
    if name.startswith(APPEND):
        return gettext("hộp thư %(append)s (IMAP)", append=name.removeprefix(APPEND))
    office = gateway().directory().office(name)
    return office.title if office is not None else name


def name_of(code: str) -> str:
    """The name of whatever a code stands for: a unit, an office system, the relay; addresses stay as they are."""
    directory = gateway().directory()
    if "@" in code or directory.organisation(code) is None:
        return courier_name(code)
    return unit_name(code)


def rule_name(rule_id: str) -> str:
    """The title of a rule of the policy that is in force; its id when there is none of that name any more."""
    return next((rule.title for rule in gateway().policy().rules if rule.id == rule_id), rule_id)


def target_name(delivery: Delivery) -> str:
    """Where a delivery goes: an address, or the unit in an office system."""
    return delivery.target if "@" in delivery.target else unit_name(delivery.target)
