"""Moves a whole mailbox to another server: folders, bytes, flags and dates, each message once, and proves it.

What is there is asked of the servers themselves, by hash: whoever was killed in the midst finds what arrived, whatever the
new server said or did not say (UIDPLUS is not needed).  Nothing on the old server is changed or deleted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum

from msgspec.structs import replace

from gateway.backlog.source import wanted
from gateway.errors import MailboxRefused, MailboxUnreachable
from gateway.imap.proof import Difference, FolderProof, Standing, compared, missing
from gateway.imap.standing import Side
from gateway.imap.values import Folder
from gateway.model import Value

_logger = logging.getLogger(__name__)

_VIEWS = frozenset({"\\all", "\\flagged"})  # what lies elsewhere; Gmail's mails are moved label by label


class Mode(StrEnum):
    """How far a migration goes."""

    COPY = "copy"
    VERIFY = "verify"  # only compares
    COUNT = "count"  # only says how much there is


class Step(Value):
    """How far a folder is."""

    folder: str
    done: int
    total: int


class Migration:
    """One mailbox on its way from ``old`` to ``new``."""

    def __init__(
        self, old: Side, new: Side, *, patterns: Sequence[str] = (), below: str = "", step: Callable[[Step], None]
    ) -> None:
        """``below``: a folder of the new mailbox under which the old ones are put; "" puts them beside its own."""
        self._old = old
        self._new = new
        self._patterns = patterns
        self._below = below
        self._step = step

    def run(self, mode: Mode) -> Iterator[FolderProof]:
        """Folder by folder: copy what is missing, then compare, and give the proof."""
        listed = self._old.link.run(lambda session: session.folders())
        delimiter = self._new.link.run(lambda session: next((f.delimiter for f in session.folders() if f.delimiter), ""))
        for folder in listed:
            if folder.selectable and not _VIEWS & set(folder.attributes) and wanted(folder.name, self._patterns):
                yield self._folder(folder.name, new_name(folder, delimiter, self._below), mode)

    def _folder(self, folder: str, new_folder: str, mode: Mode) -> FolderProof:
        if mode is Mode.COUNT:
            here, there = self._old.count(folder), self._new.count(new_folder)
            return FolderProof(
                folder=folder, new_folder=new_folder, messages=here, new_messages=there, sha256="", new_sha256=""
            )
        old, told = self._old.standing(folder)
        if mode is Mode.COPY:
            try:
                self._new.link.run(lambda session: session.create(new_folder))
            except MailboxRefused as error:
                told.append(Difference(folder=folder, what="folder", said=str(error)))
            else:
                told += self._copy(folder, new_folder, old)
        new, unreadable = self._new.standing(new_folder)
        return _with(compared(folder, new_folder, old, new), (*told, *unreadable))

    def _copy(self, folder: str, new_folder: str, old: Sequence[Standing]) -> list[Difference]:
        """Copy what is missing.  A message that cannot be read or is refused is a difference."""
        left = missing(old, self._new.standing(new_folder)[0])
        refused: list[Difference] = []
        for n, message in enumerate(left, 1):
            try:
                self._new.append(new_folder, self._old.bytes_of(folder, message.uid), message)
            except (MailboxRefused, MailboxUnreachable) as error:
                if isinstance(error, MailboxUnreachable) and not (self._old.answers() and self._new.answers()):
                    raise
                _logger.warning("%s: message %d was not copied: %s", folder, message.uid, error)
                refused.append(
                    Difference(folder=folder, what="refused", uid=message.uid, digest=message.digest, said=str(error))
                )
            self._step(Step(folder=folder, done=n, total=len(left)))
        return refused


def new_name(folder: Folder, delimiter: str, below: str) -> str:
    """The name of a folder on the new server: its steps joined by that server's delimiter; INBOX is INBOX everywhere.

    A step that has the new delimiter within it ("Lưu.2019" on a server with dots) gets a hyphen there.
    """
    steps = folder.name.split(folder.delimiter) if folder.delimiter else [folder.name]
    if steps[0].upper() == "INBOX":
        steps[0] = "INBOX"
    if not delimiter:  # a server without folders in folders
        return "-".join(([below] if below else []) + steps)
    steps = [step.replace(delimiter, "-") for step in steps]
    return delimiter.join(([below] if below else []) + steps)


def _with(proof: FolderProof, told: Sequence[Difference]) -> FolderProof:
    """What was told while copying comes first, and says more than that a message is missing."""
    known = {each.uid for each in told}
    rest = [each for each in proof.differences if not (each.what == "missing" and each.uid in known)]
    return replace(proof, differences=(*told, *rest))
