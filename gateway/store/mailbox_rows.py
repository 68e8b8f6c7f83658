"""Rows of the IMAP door that are written together with a mail: plain tuples, because they go the way of every mail."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model import Mail, Source, Swept
from gateway.store.rows import Tuple
from gateway.store.tables import micros
from gateway.store.texts import clean


def swept_row(mail: Mail, source: Source) -> Tuple:
    """A row of swept for a message whose mail is accepted; without bytes of its own it is one that was given up."""
    at = micros(mail.arrival.at)
    what = Swept.ACCEPTED if source.digest else Swept.HELD
    return (
        source.mailbox,
        clean(source.folder),
        source.uidvalidity,
        source.uid,
        what.value,
        mail.id,
        source.digest,
        source.size,
        None if source.received_at is None else micros(source.received_at),
        at,
        at if source.tidy and source.digest else None,
    )


def likeness_rows(mail: Mail, keys: Sequence[tuple[str, str]]) -> list[Tuple]:
    """Rows of likenesses."""
    return [(clean(address).lower(), key, mail.id) for address, key in dict.fromkeys(keys)]
