"""The store: everything Vanthu remembers.  The only package that knows SQLAlchemy."""

from gateway.store.archive import Archive
from gateway.store.past import Past
from gateway.store.past_values import (
    DocumentCount,
    ImportRow,
    MailCount,
    Outcome,
    PastDocument,
    PastMail,
    Remembered,
    Trouble,
)
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
    "DocumentCount",
    "Health",
    "ImportRow",
    "MailCount",
    "MailPage",
    "MailRow",
    "Opening",
    "Outcome",
    "Past",
    "PastDocument",
    "PastMail",
    "Purgeable",
    "Remembered",
    "ReplayPage",
    "Replayable",
    "Settlement",
    "Statistics",
    "Store",
    "Trouble",
    "Version",
    "Views",
]
