"""How far we have read a folder.  Pure.

A UID means something only together with its UIDVALIDITY (RFC 3501 section 2.3.1.1): when that changes, all messages have new
UIDs and the folder is read from its beginning.  Nothing is doubled by that: whoever stores a message again finds its bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum

from gateway.imap.values import Selected
from gateway.model import Value


class Sight(StrEnum):
    """What a folder is to us when we open it."""

    NEW = "new"  # never read
    SAME = "same"  # read up to last_uid
    RENUMBERED = "renumbered"  # the server gave all messages new UIDs: read it again from the beginning


class Cursor(Value):
    """A folder is read up to ``last_uid``, under ``uidvalidity``; both 0 before the first time."""

    uidvalidity: int = 0
    last_uid: int = 0

    def sight(self, folder: Selected) -> Sight:
        """What the folder is now, seen from here."""
        if not self.uidvalidity:
            return Sight.NEW
        return Sight.SAME if folder.uidvalidity == self.uidvalidity else Sight.RENUMBERED

    def at(self, folder: Selected) -> Cursor:
        """Where to go on reading the folder as it is now: here, or from its beginning."""
        if self.sight(folder) is Sight.SAME:
            return self
        return Cursor(uidvalidity=folder.uidvalidity)

    def has_more(self, folder: Selected) -> bool:
        """Whether there may be something behind the cursor; true when the server does not tell UIDNEXT."""
        return folder.exists > 0 and (not folder.uidnext or folder.uidnext > self.last_uid + 1)

    def passed(self, uids: Iterable[int], unsettled: Collection[int] = ()) -> Cursor:
        """After ``uids`` (ascending) were settled, but for ``unsettled``: it never passes one that is not."""
        last = self.last_uid
        for uid in sorted(uids):
            if uid in unsettled:
                break
            last = max(last, uid)
        return Cursor(uidvalidity=self.uidvalidity, last_uid=last)
