"""Compares a mailbox with what we know of it: on server = stored = decided = delivered or captured, and what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from gateway.config import After, Mailbox
from gateway.errors import MailboxRefused
from gateway.imap.values import Folder
from gateway.phrases import phrase
from gateway.store import FolderKnown, Gap, GapLine, Reconciliation

if TYPE_CHECKING:  # the console asks for what to do alone, without IMAPClient
    from gateway.imap.history import Link
    from gateway.imap.session import Session

_FRESH = timedelta(minutes=30)  # what came so lately may still be read by the next look
_KEPT = 500  # lines of a result
_LISTED = 500
_APART = frozenset({"\\all", "\\flagged", "\\drafts", "\\sent", "\\junk", "\\trash"})  # "*" is all but these (docs/imap.md)

# What a person should do about it.
TO_DO: Mapping[Gap, str] = {
    Gap.UNREAD: phrase("Cổng đọc thư này ở lượt tới. Nếu lần đối chiếu sau vẫn còn: xem tình trạng hộp thư và nhật ký."),
    Gap.FAILED: phrase("Cổng sẽ thử lại. Nếu lặp lại nhiều lần: mở thư trong hộp thư, xử lý bằng tay."),
    Gap.HELD: phrase("Mở thư trong hộp thư và xử lý bằng tay, hoặc bấm đọc lại trên trang hộp thư."),
    Gap.UNDECIDED: phrase("Báo người vận hành: thư đã lưu mà chưa có kết luận."),
    Gap.UNDELIVERED: phrase("Mở trang lượt chuyển của thư: chuyển lại, hoặc quyết định."),
    Gap.GONE: phrase("Không phải làm gì: bản của cổng vẫn đủ."),
    Gap.FOLDER: phrase("Kiểm tra tên thư mục trong cấu hình."),
}


class Ledger(Protocol):
    """What a reconciliation needs of the store."""

    def known(self, mailbox: str, folder: str, uidvalidity: int) -> FolderKnown:
        """What is known of a folder under this numbering."""
        ...

    def shortcomings(self, mail_ids: Sequence[str]) -> dict[str, tuple[Gap, str]]:
        """Which mails are not decided, or not done."""
        ...


class _Counts:
    """Of one mailbox."""

    def __init__(self) -> None:
        self.on_server = self.stored = self.decided = self.done = self.old = self.more = 0
        self.gaps: list[GapLine] = []

    def add(self, lines: Iterator[GapLine]) -> None:
        for line in lines:
            if len(self.gaps) < _KEPT:
                self.gaps.append(line)
            else:
                self.more += 1


class _There(NamedTuple):
    """A folder on the server: when each of its messages came, by UID."""

    uidvalidity: int
    messages: dict[int, datetime | None]


def reconcile(link: Link, ledger: Ledger, mailbox: Mailbox, *, now: Callable[[], datetime]) -> Reconciliation:
    """Look into every folder that is swept, and compare.  MailboxUnreachable, SignInRefused, StoreUnavailable."""
    counts = _Counts()
    listed = link.run(lambda session: session.folders())
    for name in _wanted(mailbox, listed):
        try:
            there = link.run(partial(_there, folder=name))
        except MailboxRefused as error:
            counts.add(iter([GapLine(gap=Gap.FOLDER, folder=name, said=str(error))]))
            continue
        _compare(counts, ledger, mailbox, name, there, now())
    return Reconciliation(
        mailbox=mailbox.name,
        at=now(),
        on_server=counts.on_server,
        stored=counts.stored,
        decided=counts.decided,
        done=counts.done,
        old=counts.old,
        gaps=tuple(counts.gaps),
        more=counts.more,
    )


def _compare(counts: _Counts, ledger: Ledger, mailbox: Mailbox, folder: str, there: _There, now: datetime) -> None:
    known = ledger.known(mailbox.name, folder, there.uidvalidity)
    ours = {message.uid: message for message in known.messages}
    short = ledger.shortcomings([m.mail_id for m in known.messages if m.mail_id and not m.is_past and m.gap is None])
    counts.on_server += len(there.messages)
    unread = []
    for uid, came in there.messages.items():
        message = ours.get(uid)
        if message is None:
            if known.since is not None and came is not None and came < known.since:
                counts.old += 1
            elif came is None or came < now - _FRESH:
                unread.append(
                    GapLine(gap=Gap.UNREAD, folder=folder, uid=uid, said=f"đến {came:%Y-%m-%d %H:%M}" if came else "")
                )
        elif message.gap is not None:
            counts.add(iter([GapLine(gap=message.gap, folder=folder, uid=uid, mail_id=message.mail_id)]))
        else:
            gap = short.get(message.mail_id, (None, ""))[0]
            counts.stored += 1
            counts.decided += gap is not Gap.UNDECIDED
            counts.done += gap is None
    counts.add(iter(unread))
    for message in known.messages:
        if message.mail_id in short:
            gap, said = short[message.mail_id]
            counts.add(iter([GapLine(gap=gap, folder=folder, uid=message.uid, mail_id=message.mail_id, said=said)]))
        elif message.uid not in there.messages and mailbox.after is not After.MOVE:
            counts.add(iter([GapLine(gap=Gap.GONE, folder=folder, uid=message.uid, mail_id=message.mail_id)]))


def _wanted(mailbox: Mailbox, listed: Sequence[Folder]) -> list[str]:
    """The folders that are swept; "*" is all but those for sent mail, drafts, spam and trash."""
    if mailbox.folders != ("*",):
        return list(mailbox.folders)
    return [folder.name for folder in listed if folder.selectable and not _APART & set(folder.attributes)]


def _there(session: Session, *, folder: str) -> _There:
    uidvalidity, found = session.select(folder).uidvalidity, dict[int, datetime | None]()
    uids = session.uids()
    for start in range(0, len(uids), _LISTED):
        for outline in session.outlines(uids[start : start + _LISTED]):
            found[outline.uid] = outline.received_at
    return _There(uidvalidity, found)
