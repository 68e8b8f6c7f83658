"""What lies in a folder, message by message with the hash of its bytes; and how one session is asked for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from gateway.errors import ConfigError, MailboxRefused, MailboxUnreachable
from gateway.imap.history import Link
from gateway.imap.proof import Difference, Standing
from gateway.imap.session import Session
from gateway.imap.values import Outline, Selected
from gateway.model import digest_of

_MANY = 200  # outlines in one question
_TOGETHER = 2 << 20  # bytes that are fetched in one go
_LATELY = 100  # messages at the end of a folder
_KEPT_FLAGS = frozenset({"\\seen", "\\answered", "\\flagged", "\\draft", "\\deleted"})


class Memory:
    """Hashes of messages that were read before, in a file beside the proof: a second run need not read them again.

    One line for each message; a line that was cut off by a kill is passed over.  Losing the file costs time only.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, str] = {}
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if path and path.exists() else ():
            key, _, digest = line.rpartition("\t")
            if key and len(digest) == 64:
                self._known[key] = digest
        try:
            self._file = open(path, "a", encoding="utf-8", buffering=1) if path else None  # noqa: SIM115 - closed in close()
        except OSError as error:
            raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
        if self._file is not None:
            self._file.write("\n")  # the last line may have been cut off

    def get(self, side: str, folder: str, uidvalidity: int, uid: int) -> str:
        """The hash of a message; "" when it has not been read."""
        return self._known.get(_key(side, folder, uidvalidity, uid), "")

    def put(self, side: str, folder: str, uidvalidity: int, uid: int, digest: str) -> None:
        """Remember it."""
        key = _key(side, folder, uidvalidity, uid)
        self._known[key] = digest
        if self._file is not None:
            self._file.write(f"{key}\t{digest}\n")

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()


def _key(side: str, folder: str, uidvalidity: int, uid: int) -> str:
    return json.dumps([side, folder, uidvalidity, uid], ensure_ascii=True)


class Side:
    """One of the two servers."""

    def __init__(self, name: str, link: Link, memory: Memory) -> None:
        """``name``: "old" or "new"."""
        self.link = link
        self._name = name
        self._memory = memory

    def standing(self, folder: str) -> tuple[list[Standing], list[Difference]]:
        """Every message of a folder, and those that cannot be read; none where the folder is not there."""
        try:
            uidvalidity, uids = self.link.run(partial(_uids, folder=folder))
        except MailboxRefused:
            return [], []
        found: list[Standing] = []
        unreadable: list[Difference] = []
        for start in range(0, len(uids), _MANY):
            outlines = self.link.run(partial(_outlines, folder=folder, uids=uids[start : start + _MANY]))
            unread = [each for each in outlines if not self._memory.get(self._name, folder, uidvalidity, each.uid)]
            for some in _batches(unread):
                unreadable += self._hash(folder, uidvalidity, some)
            for each in outlines:
                if digest := self._memory.get(self._name, folder, uidvalidity, each.uid):
                    found.append(_standing(each, digest))
        return found, unreadable

    def bytes_of(self, folder: str, uid: int) -> bytes:
        """One message."""
        return self.link.run(lambda session: b"".join(_opened(session, folder).fetch_in_pieces(uid)))

    def count(self, folder: str) -> int:
        """How many messages there are; 0 where the folder is not there."""
        try:
            return self.link.run(lambda session: session.select(folder).exists)
        except MailboxRefused:
            return 0

    def answers(self) -> bool:
        """Whether the server is there: then it is a message's fault when it fails."""
        try:
            self.link.run(lambda session: session.noop())
        except MailboxUnreachable:
            return False
        return True

    def append(self, folder: str, raw: bytes, message: Standing) -> None:
        """Put a message there as it was, once: when the link is cut in the midst the server is asked whether it has it."""
        asked: list[bool] = []

        def work(session: Session) -> None:
            if asked and _has(session, folder, raw):
                return
            asked.append(True)
            selected = _writable(session, folder)
            # An APPEND with a keyword that the server does not keep may be refused as a whole.
            flags = [flag for flag in message.flags if flag.lower() in _KEPT_FLAGS or selected.keeps(flag)]
            session.append(folder, raw, flags=flags, received_at=message.received_at)

        self.link.run(work)

    def _hash(self, folder: str, uidvalidity: int, outlines: Sequence[Outline]) -> list[Difference]:
        """Read some messages and remember their hashes; gives those that cannot be read."""
        try:
            found = self.link.run(partial(_fetched, folder=folder, uids=[each.uid for each in outlines]))
        except (MailboxRefused, MailboxUnreachable) as error:
            if isinstance(error, MailboxUnreachable) and not self.answers():
                raise
            if len(outlines) == 1:
                return [Difference(folder=folder, what="unreadable", uid=outlines[0].uid, said=str(error))]
            return [each for one in outlines for each in self._hash(folder, uidvalidity, [one])]
        for uid, raw in found.items():
            self._memory.put(self._name, folder, uidvalidity, uid, digest_of(raw))
        return []


def _standing(outline: Outline, digest: str) -> Standing:
    flags = tuple(sorted(flag for flag in outline.flags if flag.lower() != "\\recent"))
    return Standing(uid=outline.uid, digest=digest, flags=flags, received_at=outline.received_at)


def _batches(outlines: Sequence[Outline]) -> Iterator[list[Outline]]:
    some: list[Outline] = []
    size = 0
    for each in outlines:
        if some and size + each.size > _TOGETHER:
            yield some
            some, size = [], 0
        some.append(each)
        size += each.size
    if some:
        yield some


# --- On a session -----------------------------------------------------------------------------------------------------


def _opened(session: Session, folder: str) -> Session:
    if session.folder is None or session.folder.name != folder:
        session.select(folder)
    return session


def _writable(session: Session, folder: str) -> Selected:
    selected = session.folder
    if selected is None or selected.name != folder or not selected.writable:
        selected = session.select(folder, readonly=False)
    return selected


def _uids(session: Session, *, folder: str) -> tuple[int, tuple[int, ...]]:
    return session.select(folder).uidvalidity, session.uids()


def _outlines(session: Session, *, folder: str, uids: Sequence[int]) -> tuple[Outline, ...]:
    return _opened(session, folder).outlines(uids)


def _fetched(session: Session, *, folder: str, uids: Sequence[int]) -> dict[int, bytes]:
    if len(uids) == 1:
        return {uids[0]: b"".join(_opened(session, folder).fetch_in_pieces(uids[0]))}
    return _opened(session, folder).fetch(uids)


def _has(session: Session, folder: str, raw: bytes) -> bool:
    """Whether a message that was sent and not confirmed is there: among the last ones of the folder."""
    session.select(folder)
    last = session.outlines(session.uids()[-_LATELY:])
    return any(session.fetch([each.uid]).get(each.uid) == raw for each in reversed(last) if each.size == len(raw))
