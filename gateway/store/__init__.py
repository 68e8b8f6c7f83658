"""The store: everything Vanthu remembers.  The only package that knows SQLAlchemy."""

from gateway.store.archive import Archive
from gateway.store.casework import Casework, Proposal, StandIn, Tie, Transfer
from gateway.store.mailboxes import FolderState, Known, Mailboxes, MailboxState, Original, Writer
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
from gateway.store.reconciling_values import FolderKnown, Gap, GapLine, KnownMessage, Reconciliation
from gateway.store.store import Store
from gateway.store.values import (
    Acceptance,
    Appeal,
    CasePage,
    CaseRow,
    DeliveryPage,
    Exemption,
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
    "Appeal",
    "Archive",
    "CasePage",
    "CaseRow",
    "Casework",
    "DeliveryPage",
    "DocumentCount",
    "Exemption",
    "FolderKnown",
    "FolderState",
    "Gap",
    "GapLine",
    "Health",
    "ImportRow",
    "Known",
    "KnownMessage",
    "MailCount",
    "MailPage",
    "MailRow",
    "MailboxState",
    "Mailboxes",
    "Opening",
    "Original",
    "Outcome",
    "Past",
    "PastDocument",
    "PastMail",
    "Proposal",
    "Purgeable",
    "Reconciliation",
    "Remembered",
    "ReplayPage",
    "Replayable",
    "Settlement",
    "StandIn",
    "Statistics",
    "Store",
    "Tie",
    "Transfer",
    "Trouble",
    "Version",
    "Views",
    "Writer",
]
