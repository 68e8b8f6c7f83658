"""The past of a mailbox: every message of its folders, as a source for the import of old mail.

The link may be cut at any time: it is opened again, and reading goes on with the message that was due.  A message that the
server will not give costs itself only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import dropwhile, islice
from typing import NamedTuple, TypeVar

from gateway.backlog.source import Item, Stopped, Unavailable, too_large, wanted
from gateway.errors import MailboxRefused, MailboxUnreachable
from gateway.imap.session import Session
from gateway.imap.values import Folder, Outline

_logger = logging.getLogger(__name__)

_LISTED = 500  # outlines in one question
_AHEAD = 50  # small messages in one fetch …
_AHEAD_BYTES = 4 << 20  # … of so many bytes together
_KEPT = 4 * _LISTED  # listed messages that may still be asked for
_TRIES = 4  # to open the link again, each time later
_LEFT_OUT = frozenset({"\\all", "\\flagged"})  # views of what lies elsewhere
_SLACK = timedelta(days=2)  # INTERNALDATE has a zone of the server's own
_T = TypeVar("_T")


class Link:
    """A session that is opened again when it is cut."""

    def __init__(self, open_session: Callable[[], Session], *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._open = open_session
        self._sleep = sleep
        self._session: Session | None = None

    def run(self, work: Callable[[Session], _T]) -> _T:
        """Do it on a session; again on a new one when the link is cut.  MailboxUnreachable when it stays so."""
        for attempt in range(_TRIES):
            try:
                if self._session is None:
                    self._session = self._open()
                return work(self._session)
            except MailboxUnreachable as error:
                self.drop()
                if attempt == _TRIES - 1:
                    raise
                _logger.warning("the mailbox was cut off, it is opened again: %s", error)
                self._sleep(2.0**attempt)
        raise AssertionError("unreachable")

    def drop(self) -> None:
        """Let go of a session that is of no use any more."""
        session, self._session = self._session, None
        if session is not None:
            session.drop()

    def close(self) -> None:
        """Say goodbye."""
        session, self._session = self._session, None
        if session is not None:
            session.close()


class _Message(NamedTuple):
    """Where a message lies."""

    folder: str
    uidvalidity: int
    uid: int
    size: int


class MailboxSource:
    """A mailbox as a source (gateway.backlog.source)."""

    def __init__(self, name: str, link: Link, *, most: int, folders: tuple[str, ...] = (), since: date | None = None) -> None:
        """``most``: bytes of the largest message that is read.

        ``since``: what came into the mailbox before is not even listed; no message was written later than it came.  (The
        other end says nothing: whole mailboxes are moved, and then all their messages came on that day.)
        """
        self.name = f"mailbox:{name}"
        self._link = link
        self._most = most
        self._patterns = folders
        self._since = since - _SLACK if since is not None else None
        self._listed: dict[str, _Message] = {}  # by key, in their order: the last ones that were listed
        self._ahead: dict[str, bytes | None] = {}

    def extent(self) -> int:
        """How many messages there are."""
        return sum(self._link.run(partial(_count, folder=folder)) for folder in self._folders())

    def items(self) -> Iterator[Item]:
        """Every message, folder by folder, by UID."""
        position = 0
        for folder in self._folders():
            uidvalidity, uids = self._link.run(partial(_uids, folder=folder, since=self._since))
            for start in range(0, len(uids), _LISTED):
                some = uids[start : start + _LISTED]
                for outline in self._link.run(partial(_outlined, folder=folder, uidvalidity=uidvalidity, uids=some)):
                    position += 1
                    yield self._item(folder, uidvalidity, outline, position)

    def read(self, item: Item) -> bytes:
        """The bytes of a message, as the server gives them.  Unavailable, MailboxUnreachable, Stopped."""
        if item.size > self._most:
            raise too_large(item.size, self._most)
        if item.key not in self._ahead:
            self._ahead = self._fetched(item)
        raw = self._ahead.pop(item.key, None)
        if raw is None:
            raise Unavailable("thư không còn trong hộp thư")
        if len(raw) > self._most:  # Exchange only estimates
            raise too_large(len(raw), self._most)
        return raw

    def close(self) -> None:
        """Say goodbye to the server."""
        self._link.close()

    def _folders(self) -> list[str]:
        found = [folder for folder in self._link.run(lambda session: session.folders()) if folder.selectable]
        return [folder.name for folder in chosen(found, self._patterns)]

    def _item(self, folder: str, uidvalidity: int, outline: Outline, position: int) -> Item:
        key = f"{folder};{uidvalidity};{outline.uid}"
        self._listed[key] = _Message(folder, uidvalidity, outline.uid, outline.size)
        while len(self._listed) > _KEPT:
            self._listed.pop(next(iter(self._listed)))
        shown = "; ".join(outline.gmail_labels) or folder
        return Item(key=key, folder=shown, size=outline.size, at=outline.received_at, position=position)

    def _fetched(self, item: Item) -> dict[str, bytes | None]:
        """This message, and small ones behind it in one go: a question for each would take a round trip each."""
        together = self._together(item.key)
        try:
            return self._link.run(partial(_fetch, messages=together))
        except (MailboxRefused, MailboxUnreachable):
            if len(together) == 1 and not self._is_alive():
                raise
        # One of many is bad, or this one is: by itself it tells.
        try:
            return self._link.run(partial(_fetch, messages={item.key: together[item.key]}))
        except MailboxRefused as error:
            raise Unavailable(f"máy chủ không đưa thư này: {error}") from error
        except MailboxUnreachable as error:
            if not self._is_alive():
                raise
            raise Unavailable(f"máy chủ cắt liên lạc ở thư này: {error}") from error

    def _together(self, key: str) -> dict[str, _Message]:
        first = self._listed.get(key)
        if first is None:
            raise Unavailable("thư không còn trong hộp thư")
        found, size = {key: first}, first.size
        for each, message in islice(dropwhile(lambda pair: pair[0] != key, self._listed.items()), 1, _AHEAD):
            size += message.size
            if message.folder != first.folder or size > _AHEAD_BYTES:
                break
            found[each] = message
        return found

    def _is_alive(self) -> bool:
        """Whether the server answers at all: then it is the message's fault."""
        try:
            self._link.run(lambda session: session.noop())
        except MailboxUnreachable:
            return False
        return True


def chosen(folders: Sequence[Folder], patterns: Sequence[str]) -> list[Folder]:
    """The folders asked for; without patterns all that hold messages of their own.

    Gmail's "All Mail" has everything that the labels show, once: there it is read instead of them.
    """
    if patterns:
        return [folder for folder in folders if wanted(folder.name, patterns)]
    every = [folder for folder in folders if "\\all" in folder.attributes]
    apart = {"\\junk", "\\trash"}
    if every:
        return every + [folder for folder in folders if apart & set(folder.attributes)]
    return [folder for folder in folders if not _LEFT_OUT & set(folder.attributes)]


def _opened(session: Session, folder: str, uidvalidity: int) -> Session:
    """The folder is open, with the numbering that the UIDs belong to."""
    selected = session.folder
    if selected is None or selected.name != folder:
        selected = session.select(folder)
    if selected.uidvalidity != uidvalidity:
        raise Stopped(f"{folder}: máy chủ vừa đánh số lại các thư; xin chạy lại đúng lệnh này, thư đã nhập không bị nhập lại")
    return session


def _count(session: Session, *, folder: str) -> int:
    return session.select(folder).exists


def _uids(session: Session, *, folder: str, since: date | None) -> tuple[int, tuple[int, ...]]:
    """The numbering of a folder, and its UIDs."""
    return session.select(folder).uidvalidity, session.uids(since=since)


def _outlined(session: Session, *, folder: str, uidvalidity: int, uids: Sequence[int]) -> tuple[Outline, ...]:
    return _opened(session, folder, uidvalidity).outlines(uids)


def _fetch(session: Session, *, messages: dict[str, _Message]) -> dict[str, bytes | None]:
    first = next(iter(messages.values()))
    _opened(session, first.folder, first.uidvalidity)
    if len(messages) == 1:
        return {key: b"".join(session.fetch_in_pieces(message.uid)) for key, message in messages.items()}
    found = session.fetch([message.uid for message in messages.values()])
    return {key: found.get(message.uid) for key, message in messages.items()}
