"""The store: everything Vanthu remembers.  The only package that knows SQLAlchemy."""

from gateway.store.archive import Archive
from gateway.store.store import Store
from gateway.store.values import (
    Acceptance,
    CasePage,
    CaseRow,
    DeliveryPage,
    Health,
    MailPage,
    MailRow,
    Opening,
    Purgeable,
    Replayable,
    ReplayPage,
    Settlement,
    Statistics,
    Version,
)
from gateway.store.views import Views

__all__ = [
    "Acceptance",
    "Archive",
    "CasePage",
    "CaseRow",
    "DeliveryPage",
    "Health",
    "MailPage",
    "MailRow",
    "Opening",
    "Purgeable",
    "ReplayPage",
    "Replayable",
    "Settlement",
    "Statistics",
    "Store",
    "Version",
    "Views",
]
