"""What an IMAP server says about folders and messages, as plain values.  Pure."""

from __future__ import annotations

from datetime import datetime

from gateway.config import Security
from gateway.model import Value


class Server(Value):
    """Where a mailbox is, and how the link is secured; seconds."""

    host: str
    port: int
    security: Security = Security.TLS
    ca_file: str = ""  # certificates to trust instead of the system's
    connect_timeout_s: float = 15.0
    read_timeout_s: float = 60.0


class Folder(Value):
    """One line of LIST; attributes in small letters ("\\noselect", "\\all", "\\sent")."""

    name: str
    delimiter: str = "/"
    attributes: tuple[str, ...] = ()

    @property
    def selectable(self) -> bool:
        """Whether it can hold messages."""
        return not {"\\noselect", "\\nonexistent"} & set(self.attributes)


class Selected(Value):
    """What SELECT or EXAMINE says."""

    name: str
    uidvalidity: int
    uidnext: int = 0  # 0: the server does not say
    exists: int = 0
    modseq: int = 0  # CONDSTORE; 0: the server keeps none
    flags: tuple[str, ...] = ()  # PERMANENTFLAGS; "\\*" stands for any keyword
    writable: bool = False

    def keeps(self, flag: str) -> bool:
        """Whether the server remembers this flag or keyword."""
        return "\\*" in self.flags if not flag.startswith("\\") and flag not in self.flags else flag in self.flags


class Outline(Value):
    """A message without its bytes."""

    uid: int
    size: int  # bytes; Exchange only estimates
    received_at: datetime | None = None  # INTERNALDATE, in UTC
    flags: tuple[str, ...] = ()
    gmail_id: str = ""  # X-GM-MSGID: the same message in every label
    gmail_labels: tuple[str, ...] = ()
