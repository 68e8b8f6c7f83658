"""The store: everything Vanthu remembers.  The only package that knows SQLAlchemy."""

from gateway.store.archive import Archive
from gateway.store.bulk import BulkItem, BulkRun, ItemOutcome
from gateway.store.case_figures import WHAT, Period
from gateway.store.case_queue import EVERYTHING, Attention, Narrow, Order
from gateway.store.casework import Casework, Proposal, StandIn, Tie, Transfer
from gateway.store.mail_figures import OUTCOMES
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
from gateway.store.report_values import BookPage, CaseCounts, Entry, Issued, Moved, Span
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
    "EVERYTHING",
    "OUTCOMES",
    "WHAT",
    "Acceptance",
    "Appeal",
    "Archive",
    "Attention",
    "BookPage",
    "BulkItem",
    "BulkRun",
    "CaseCounts",
    "CasePage",
    "CaseRow",
    "Casework",
    "DeliveryPage",
    "DocumentCount",
    "Entry",
    "Exemption",
    "FolderKnown",
    "FolderState",
    "Gap",
    "GapLine",
    "Health",
    "ImportRow",
    "Issued",
    "ItemOutcome",
    "Known",
    "KnownMessage",
    "MailCount",
    "MailPage",
    "MailRow",
    "MailboxState",
    "Mailboxes",
    "Moved",
    "Narrow",
    "Opening",
    "Order",
    "Original",
    "Outcome",
    "Past",
    "PastDocument",
    "PastMail",
    "Period",
    "Proposal",
    "Purgeable",
    "Reconciliation",
    "Remembered",
    "ReplayPage",
    "Replayable",
    "Settlement",
    "Span",
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
