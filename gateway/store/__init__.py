"""The store: everything Vanthu remembers.  The only package that knows SQLAlchemy."""

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
    Settlement,
    Statistics,
)
from gateway.store.views import Views

__all__ = [
    "Acceptance",
    "CasePage",
    "CaseRow",
    "DeliveryPage",
    "Health",
    "MailPage",
    "MailRow",
    "Opening",
    "Settlement",
    "Statistics",
    "Store",
    "Views",
]
