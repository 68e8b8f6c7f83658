"""Mail in folders and mbox files as a changed policy is tried on it: read, recognised, and decided by the policy in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from gateway.backlog.folder import EmlFolder
from gateway.backlog.head import read_head
from gateway.backlog.maildir import Maildir
from gateway.backlog.mbox import Mbox
from gateway.backlog.source import Item, Source, Unavailable
from gateway.directory.snapshot import Directory
from gateway.documents.fields import subject_of
from gateway.documents.mime import may_carry_document
from gateway.model import NOTHING_RECOGNISED, Arrival, Door, Identity, Mail, Recipient, Recognition, digest_of, new_id
from gateway.policy.decide import decide
from gateway.policy.rules import Policy
from gateway.replay import Counter
from gateway.store import Replayable


def source_at(path: Path, *, most: int) -> Source:
    """The mails at a path: a Maildir, a folder with .eml or .msg files, an mbox file.  ConfigError when it is none.

    ``most``: bytes of the largest mail that is read.
    """
    if path.is_dir():
        return Maildir(path, most=most) if (path / "cur").is_dir() else EmlFolder(path, most=most)
    return Mbox(path, most=most)


def mails_of(
    source: Source,
    recognise: Callable[[bytes], Recognition],
    policy: Policy,
    directory: Directory,
    *,
    now: datetime,
    counter: Counter,
    progress: Callable[[Item], None],
) -> Iterator[Replayable]:
    """Every mail with what the policy in force makes of it, as if it had come from the desks of the department.

    A mail that cannot be read, or names nobody, is counted and left out.
    """
    for item in source.items():
        progress(item)
        try:
            raw = source.read(item)
        except Unavailable:
            counter.unreadable += 1
            continue
        head = read_head(raw, now=now)
        if not head.recipients:
            counter.unreadable += 1
            continue
        mail = Mail(
            id=new_id(),
            sender=head.sender,
            recipients=tuple(Recipient(address=address) for address in head.recipients),
            raw=b"",
            digest=digest_of(raw),
            arrival=Arrival(door=Door.SMTP, at=head.at or item.at or now, identity=Identity.TRUSTED_NETWORK),
        )
        found = recognise(raw) if may_carry_document(raw) else NOTHING_RECOGNISED
        counter.read_anew += 1
        verdicts = decide(policy, directory, mail, found, mail.arrival.at, size=len(raw))
        yield Replayable(mail=mail, size=len(raw), subject=subject_of(raw), recognition=found, verdicts=verdicts)
