"""One look into a mailbox: what is new there becomes ours, exactly once, and is then left, marked or moved.

The order is the promise: sizes first; bytes with BODY.PEEK; the mail durable together with the row that says so; only then
is anything changed on the server.  A message that cannot be taken costs itself alone: after some times it is a held item.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from gateway.config import After, Imap, Mailbox
from gateway.errors import MailboxRefused, MailboxUnreachable, StoreUnavailable
from gateway.imap.cursor import Cursor, Sight
from gateway.imap.envelope import Way
from gateway.imap.session import Session
from gateway.imap.values import Outline, Selected
from gateway.imap.whereabouts import folders_of, is_live, is_outgoing
from gateway.model import Arrival, Door, Identity, Mail, Recipient, Source, Swept, digest_of, new_id
from gateway.store import FolderState, Known, Mailboxes
from gateway.sweeping import stand_in

logger = logging.getLogger(__name__)

_CHUNK = 500  # messages whose sizes are asked for at once
_BATCH = 100  # small messages fetched at once …
_BATCH_BYTES = 1 << 20  # … and how many bytes together; a larger message comes in pieces
_REFUSALS = 3  # so often may a message fail by itself …
_CUTS = 6  # … or seem to cut the link, until it is held
_AGAIN = timedelta(minutes=1)  # a message that failed is left alone so long


class Entrance(Protocol):
    """How a round reaches the intake."""

    def accept(self, mails: Sequence[Mail]) -> list[Exception | None]:
        """Have mails accepted, all at once; what went wrong with each."""
        ...

    def hold(self, mail: Mail, why: str) -> None:
        """Have a person look at it.  StoreUnavailable."""
        ...


class Message(NamedTuple):
    """A message with its bytes."""

    source: Source
    raw: bytes


class Round:
    """Looks into one mailbox again and again; for one thread at a time.

    ``budget(True)`` is called before each wait for the server that has the whole of [imap] message_timeout_s for itself,
    ``budget(False)`` when the time is ours.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        settings: Imap,
        store: Mailboxes,
        door: Entrance,
        *,
        clock: Callable[[], datetime],
        budget: Callable[[bool], None] = lambda on: None,
        retry_after: timedelta = _AGAIN,
    ) -> None:
        self.mailbox = mailbox
        self._settings = settings
        self._store = store
        self._door = door
        self._clock = clock
        self._budget = budget
        self._retry_after = retry_after
        self._careful: frozenset[int] = frozenset()  # the link was cut while these came: now one by one
        self._moves_to = ""
        self._seen: dict[str, tuple[int, int, int]] = {}  # UIDVALIDITY, UIDNEXT and EXISTS of each folder at its last look
        self.taken = 0  # mails that became ours
        self.waits = False  # some messages failed, and are to be tried again soon

    def sweep(self, session: Session) -> None:
        """Take all that is new.  MailboxUnreachable, MailboxRefused (a folder), StoreUnavailable."""
        self.waits = False
        for folder in folders_of(self.mailbox, session):
            self._budget(True)
            self._sweep_folder(session, folder)

    def is_behind(self, session: Session) -> bool:
        """Open the first folder again and say whether something came meanwhile: the last look before waiting for news."""
        self._budget(True)
        selected = session.select(folders_of(self.mailbox, session)[0], readonly=not self._tidies)
        uidvalidity, uidnext, exists = self._seen.get(selected.name, (0, 0, 0))
        return uidvalidity != selected.uidvalidity or selected.uidnext > uidnext or selected.exists > exists

    @property
    def _tidies(self) -> bool:
        return self.mailbox.after is not After.LEAVE

    # --- one folder -------------------------------------------------------------------------------------------------

    def _sweep_folder(self, session: Session, folder: str) -> None:
        name = self.mailbox.name
        selected = session.select(folder, readonly=not self._tidies)
        self._seen[folder] = (selected.uidvalidity, selected.uidnext, selected.exists)
        state = self._state_of(folder)
        cursor = Cursor(uidvalidity=state.uidvalidity, last_uid=state.last_uid)
        if cursor.sight(selected) is Sight.RENUMBERED:
            logger.warning("mailbox %s: %s was renumbered by its server; it is read again from the beginning", name, folder)
        cursor = cursor.at(selected)
        known = self._store.known(name, folder, selected.uidvalidity, cursor.last_uid + 1)
        uids = self._new_uids(session, selected, cursor, state)
        due = self._failed_before(known, cursor)
        for chunk in _chunks([*due, *uids], _CHUNK):
            unsettled = self._take(session, selected, chunk, known, state)
            if passed := [uid for uid in chunk if uid > cursor.last_uid]:
                cursor = self._moved(folder, cursor, passed, unsettled, state)
        if state.uidvalidity != cursor.uidvalidity:
            self._put(folder, cursor, state)
        self._tidy(session, selected)

    def _state_of(self, folder: str) -> FolderState:
        """How far it was read; the first time it is decided from when on it is live."""
        state = self._store.folder(self.mailbox.name, folder)
        if state.is_known:
            return state
        state = FolderState(since=is_live(self.mailbox, self._clock()))
        self._store.put_folder(self.mailbox.name, folder, state)
        return state

    def _new_uids(self, session: Session, selected: Selected, cursor: Cursor, state: FolderState) -> tuple[int, ...]:
        if not cursor.has_more(selected):
            return ()
        # A day more: SINCE goes by the day in the server's own zone.
        since = (state.since - timedelta(days=1)).date() if state.since is not None else None
        return session.uids(cursor.last_uid + 1, since=since)

    def _failed_before(self, known: dict[int, Known], cursor: Cursor) -> list[int]:
        return sorted(uid for uid, k in known.items() if k.what is Swept.FAILED and uid <= cursor.last_uid)

    def _moved(self, folder: str, cursor: Cursor, uids: Sequence[int], unsettled: set[int], state: FolderState) -> Cursor:
        moved = cursor.passed(uids, unsettled)
        if moved != cursor:
            self._put(folder, moved, state)
        return moved

    def _put(self, folder: str, cursor: Cursor, state: FolderState) -> None:
        there = FolderState(uidvalidity=cursor.uidvalidity, last_uid=cursor.last_uid, since=state.since)
        self._store.put_folder(self.mailbox.name, folder, there)

    # --- some messages ------------------------------------------------------------------------------------------------

    def _take(
        self, session: Session, selected: Selected, uids: Sequence[int], known: dict[int, Known], state: FolderState
    ) -> set[int]:
        """Take these messages; gives those that are not settled now."""
        wanted = [uid for uid in uids if uid not in known or known[uid].what is Swept.FAILED]
        waiting = {uid for uid in wanted if uid in known and known[uid].attempts and self._too_early(known[uid])}
        wanted = [uid for uid in wanted if uid not in waiting]
        failed: set[int] = set()
        sources = self._sources(session, selected, wanted, state)
        for batch in self._batches(sources):
            failed |= self._take_batch(session, batch)
        self._store.forget_failures(
            self.mailbox.name,
            selected.name,
            selected.uidvalidity,
            [uid for uid in wanted if uid in known and uid not in failed],
        )
        self._careful -= set(wanted) - failed
        self.waits = self.waits or bool(failed | waiting)
        return failed | waiting

    def _too_early(self, known: Known) -> bool:
        """Twice it is tried again with the next look, then with more and more time between."""
        return known.at + self._retry_after * max(known.attempts - 2, 0) > self._clock()

    def _sources(self, session: Session, selected: Selected, uids: Sequence[int], state: FolderState) -> list[Source]:
        """Where each message lies, with its size; without those that are not live, and what we sent ourselves."""
        if not uids:
            return []
        self._budget(True)
        return [
            self._source(selected, outline)
            for outline in self._outlines(session, uids)
            if not (state.since is not None and outline.received_at is not None and outline.received_at < state.since)
            and not is_outgoing(outline)
        ]

    def _outlines(self, session: Session, uids: Sequence[int]) -> list[Outline]:
        """Their outlines; of one that the server cannot describe no more than its UID: to fetch it tells more."""
        try:
            return list(session.outlines(uids))
        except MailboxRefused:
            if len(uids) == 1:
                return [Outline(uid=uids[0], size=0)]
        half = len(uids) // 2
        return [*self._outlines(session, uids[:half]), *self._outlines(session, uids[half:])]

    def _source(self, selected: Selected, outline: Outline) -> Source:
        return Source(
            mailbox=self.mailbox.name,
            folder=selected.name,
            uidvalidity=selected.uidvalidity,
            uid=outline.uid,
            size=outline.size,
            received_at=outline.received_at,
            flags=tuple(flag for flag in outline.flags if flag.lower() != "\\recent"),
            tidy=self._tidies,
        )

    def _batches(self, sources: Iterable[Source]) -> Iterator[list[Source]]:
        """Small messages together, large and suspicious ones by themselves."""
        batch: list[Source] = []
        size = 0
        for source in sources:
            alone = source.size > min(_BATCH_BYTES, self._settings.max_message_bytes) or source.uid in self._careful
            if batch and (alone or len(batch) == _BATCH or size + source.size > _BATCH_BYTES):
                yield batch
                batch, size = [], 0
            if alone:
                yield [source]
                continue
            batch.append(source)
            size += source.size
        if batch:
            yield batch

    def _take_batch(self, session: Session, batch: list[Source]) -> set[int]:
        """Fetch and accept; gives the UIDs that failed."""
        if batch[0].size > self._settings.max_message_bytes:
            self._give_up(batch[0], f"thư lớn quá {self._settings.max_message_bytes // (1 << 20)} MB")
            return set()
        try:
            return self._settle(self._fetched(session, batch))
        except MailboxUnreachable as error:
            if len(batch) > 1:
                self._careful |= {source.uid for source in batch}
            elif self._careful:
                self._fail(batch[0], f"đường nối bị ngắt khi lấy thư: {error}", _CUTS)
            raise
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a bug of ours on one message must not stop its mailbox: it is logged there
            if len(batch) == 1:
                return self._fail(batch[0], self._why(error), _REFUSALS)
        failed: set[int] = set()  # one of them is poison: which?
        for source in batch:
            failed |= self._take_batch(session, [source])
        return failed

    def _why(self, error: Exception) -> str:
        """What is told of a message that failed by itself."""
        if isinstance(error, MailboxRefused):
            return f"máy chủ không đưa được thư: {error}"
        logger.error("mailbox %s: a message could not be taken", self.mailbox.name, exc_info=error)
        return f"lỗi khi xử lý: {type(error).__name__}"

    def _fetched(self, session: Session, batch: list[Source]) -> list[Message]:
        self._budget(True)
        if len(batch) == 1 and batch[0].size > _BATCH_BYTES:
            return [self._message(batch[0], self._in_pieces(session, batch[0]))]
        found = session.fetch([source.uid for source in batch])
        if any(not raw for raw in found.values()):
            raise MailboxRefused("the server gives an empty message")
        # What is not in the answer has vanished since its size was asked for: somebody else moved it.
        return [self._message(source, found[source.uid]) for source in batch if source.uid in found]

    def _in_pieces(self, session: Session, source: Source) -> bytes:
        """A large message.  Its size is no promise (Exchange estimates it), but ours is a limit."""
        raw = bytearray()
        for piece in session.fetch_in_pieces(source.uid):
            raw += piece
            if len(raw) > self._settings.max_message_bytes:
                raise MailboxRefused(f"more than {self._settings.max_message_bytes} bytes")
        return bytes(raw)

    @staticmethod
    def _message(source: Source, raw: bytes) -> Message:
        return Message(replace(source, digest=digest_of(raw), size=len(raw)), raw)

    # --- what becomes of them -----------------------------------------------------------------------------------------

    def _settle(self, messages: list[Message]) -> set[int]:
        """Make them ours, those that are not yet; gives the UIDs that failed."""
        ways = {message.source.uid: Way(message.raw) for message in messages}
        same = self._same(messages, ways)
        fresh = {m.source.digest: m for m in reversed(messages) if m.source.uid not in same}  # of each content the first
        twins = self._store.alike(self.mailbox.recipient, [k for m in fresh.values() if (k := ways[m.source.uid].likeness())])
        mails = [self._mail(message, ways[message.source.uid], twins) for message in reversed(fresh.values())]
        failed = self._accept(mails) if mails else set()
        again = [m for m in messages if m.source.uid not in same and m is not fresh[m.source.digest]]
        if again:  # the same bytes twice in one batch: the first is ours by now, or both come again
            by_bytes = self._store.with_bytes(self.mailbox.name, [message.source.digest for message in again])
            same |= {m.source.uid: by_bytes[m.source.digest] for m in again if m.source.digest in by_bytes}
            failed |= {message.source.uid for message in again if message.source.uid not in same}
        sources = [message.source for message in messages if message.source.uid in same]
        self._store.note(sources, Swept.SAME, mail_ids=same, now=self._clock())
        return failed

    def _same(self, messages: list[Message], ways: dict[int, Way]) -> dict[int, str]:
        """Those whose bytes are ours already, with the id of our mail: by this mailbox or by another door."""
        by_bytes = self._store.with_bytes(self.mailbox.name, [message.source.digest for message in messages])
        said = {message.source.uid: ways[message.source.uid].our_ids() for message in messages}
        originals = self._store.originals([each for ids in said.values() for each in ids])
        found: dict[int, str] = {}
        for message in messages:
            uid, digest = message.source.uid, message.source.digest
            if digest in by_bytes:
                found[uid] = by_bytes[digest]
                continue
            for original in (originals[each] for each in said[uid] if each in originals):
                is_for_us = self.mailbox.recipient.lower() in original.recipients
                if is_for_us and ways[uid].ends_with(original.digest, original.size):
                    found[uid] = original.id
        return found

    def _mail(self, message: Message, way: Way, twins: dict[str, str]) -> Mail:
        sender, likeness = way.sender(), way.likeness()
        proof = way.proof(sender, self.mailbox.trusted_results)
        source = replace(message.source, likeness=likeness, twin=twins.get(likeness, "") if likeness else "")
        return Mail(
            id=new_id(),
            sender=sender,
            recipients=(Recipient(address=self.mailbox.recipient),),
            raw=message.raw,
            digest=source.digest,
            arrival=Arrival(
                door=Door.IMAP,
                at=self._clock(),
                peer=self.mailbox.host,
                protocol="IMAP",
                identity=proof.identity if proof is not None else Identity.CLAIMED,
                proof=proof,
                source=source,
            ),
        )

    def _accept(self, mails: list[Mail]) -> set[int]:
        failed: set[int] = set()
        self._budget(False)
        errors = self._door.accept(mails)
        self.taken += sum(error is None for error in errors)
        for mail, error in zip(mails, errors, strict=True):
            source = mail.arrival.source
            assert source is not None, "made above"  # noqa: S101 - for the type checker
            if isinstance(error, StoreUnavailable):
                raise error  # nothing was promised: all of it comes again
            if error is not None:
                logger.error("mailbox %s: message %d: %s", source.mailbox, source.uid, error, exc_info=error)
                failed |= self._fail(source, f"lỗi khi xử lý: {type(error).__name__}", _REFUSALS, mail)
        return failed

    def _fail(self, source: Source, why: str, most: int, mail: Mail | None = None) -> set[int]:
        """Count a failure; after so many a person is told, and the message is settled.  Gives it while it is not."""
        if self._store.failed(source, why, now=self._clock()) < most:
            return {source.uid}
        if mail is not None:
            self._door.hold(mail, why)
        else:
            self._give_up(source, why)
        return set()

    def _give_up(self, source: Source, why: str) -> None:
        """A held item in place of a message whose bytes are not to be had."""
        mail_id, now = new_id(), self._clock()
        raw = stand_in(source, mail_id=mail_id, address=self.mailbox.recipient, why=why, at=now)
        arrival = Arrival(door=Door.IMAP, at=now, peer=self.mailbox.host, protocol="IMAP", source=replace(source, digest=""))
        recipients = (Recipient(address=self.mailbox.recipient),)
        mail = Mail(id=mail_id, sender="", recipients=recipients, raw=raw, digest=digest_of(raw), arrival=arrival)
        self._door.hold(mail, f"Không lấy được thư từ hộp thư {source.mailbox}: {why}")

    # --- and then -----------------------------------------------------------------------------------------------------

    def _tidy(self, session: Session, selected: Selected) -> None:
        """Mark or move what is ours; never before, and never more than that."""
        if not self._tidies:
            return
        name = self.mailbox.name
        while uids := self._store.untidied(name, selected.name, selected.uidvalidity):
            self._budget(True)
            try:
                self._mark_or_move(session, selected, uids)
            except MailboxRefused as error:
                logger.warning("mailbox %s: what is ours was not marked or moved: %s", name, error)
                return
            self._store.tidied(name, selected.name, selected.uidvalidity, uids)

    def _mark_or_move(self, session: Session, selected: Selected, uids: Sequence[int]) -> None:
        if self.mailbox.after is After.MOVE and session.can_move:
            if not self._moves_to:
                session.create(self.mailbox.move_to)
                self._moves_to = self.mailbox.move_to
            session.move(uids, self._moves_to)
        elif selected.keeps(self.mailbox.keyword):
            session.flag(uids, self.mailbox.keyword)


def _chunks(uids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(uids), size):
        yield uids[start : start + size]
