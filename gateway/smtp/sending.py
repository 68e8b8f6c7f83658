"""Who may write as whom, once it is known who signed in.  Pure."""

from __future__ import annotations

from datetime import date

from gateway.directory.snapshot import Directory, MailboxRole


def may_send_as(directory: Directory, user: str, sender: str, on: date) -> bool:
    """Whether ``user`` may put ``sender`` on the envelope of a mail.

    Everybody writes as himself, and with the null sender, for receipts.  A shared mailbox belongs to everybody of its unit; but
    nobody writes as his clerk or his leader: what the rules let these do hangs on who they are.
    """
    if not sender or sender.lower() == user.lower():
        return True
    own, other = directory.mailbox(user, on), directory.mailbox(sender, on)
    if own is None or other is None or not own.organisation:
        return False
    return other.role is MailboxRole.SHARED and other.organisation == own.organisation
