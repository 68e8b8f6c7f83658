"""Who gets letters from us, and why somebody gets none.  Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from gateway.documents.fields import cut_head, parse_fields
from gateway.model import Door, Identity, Mail

# RFC 3834 section 2: whom an automatic answer would only annoy, or go round in circles with.
_MACHINES = re.compile(
    r"(?:mailer-daemon|postmaster|(?:do[-_.]?)?not?[-_.]?reply|khong[-_.]?tra[-_.]?loi|listserv|majordomo)\b.*"
    r"|owner-.*|.*-(?:owner|request|bounces?)|bounces?(?:[-+].*)?"
)
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})


class Silence(StrEnum):
    """Why no letter goes to the sender of a mail, although one was due."""

    NOBODY = "nobody"  # the null sender: a report or another answer
    MACHINE = "machine"  # a list, bulk mail, or what a machine wrote
    UNPROVED = "unproved"  # anybody can have written that sender there: a letter would hit whom he named
    FORGED = "forged"  # his own domain says that the mail did not come from there
    BROKEN = "broken"  # its template failed: the log says how
    TOLD = "told"  # he had this letter about this document already


def why_silent(mail: Mail) -> Silence | None:
    """Why the sender gets no automatic letter about his mail; None when he may get one."""
    if not mail.sender:
        return Silence.NOBODY
    if not may_be_told(mail):
        return Silence.MACHINE
    return Silence.UNPROVED if mail.arrival.identity is Identity.CLAIMED else None


def may_be_told(mail: Mail) -> bool:
    """Whether a person reads what is sent to the sender of a mail (RFC 3834 section 2).

    Not the null sender, machines, mailing lists and bulk mail, nor what was itself written by a machine.
    """
    local = mail.sender.rpartition("@")[0].lower()
    if not local or mail.arrival.door is Door.OWN or _MACHINES.fullmatch(local):
        return False
    for name, value in parse_fields(cut_head(mail.raw)[0]).pairs:
        said = value.strip().lower()
        if name.startswith("list-") or name == "x-vanthu-id" or (name == "precedence" and said in _BULK):
            return False
        if name == "auto-submitted" and said.partition(";")[0].strip() != "no":
            return False
        if name == "x-auto-response-suppress" and ("all" in said or "autoreply" in said):
            return False
    return True
