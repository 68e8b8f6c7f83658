"""Every night each swept mailbox is compared with what we know of it, by one node, and the result is kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.config import Config, Mailbox
from gateway.errors import VanthuError
from gateway.imap.access import open_session, token_ages
from gateway.imap.history import Link
from gateway.imap.oauth.age import Condition
from gateway.imap.reconciling import reconcile
from gateway.policy.facts import VIETNAM
from gateway.store import Reconciliation, Store

_logger = logging.getLogger(__name__)

_LOOKS_EVERY_S = 60.0
_ONCE = timedelta(hours=20)  # a night; nodes agree on it in the database


async def run_nightly(settings: Config, store: Store, clock: Callable[[], datetime]) -> None:
    """Until it is cancelled."""
    while True:
        await asyncio.sleep(_LOOKS_EVERY_S)
        try:
            await asyncio.to_thread(warn_of_tokens, settings, store, clock())
            await asyncio.to_thread(reconcile_due, settings, store, clock)
        except Exception:  # the top of this loop: tomorrow night comes whatever it was
            _logger.exception("the nightly reconciliation failed")


def warn_of_tokens(settings: Config, store: Store, now: datetime) -> tuple[str, ...]:
    """Warn once a day of each token that has ended, or ends within two weeks; gives the names of their mailboxes."""
    warned = []
    for name, age in token_ages(settings, now).items():
        if age.condition is not Condition.WELL and store.may_tell("token", name, every=_ONCE, now=now):
            ends = f", it ends on {age.ends_at:%Y-%m-%d}" if age.ends_at is not None else ""
            _logger.warning("mailbox %s: token %s%s: vanthu mailbox sign-in %s", name, age.condition, ends, name)
            warned.append(name)
    return tuple(warned)


def reconcile_due(settings: Config, store: Store, clock: Callable[[], datetime]) -> tuple[Reconciliation, ...]:
    """Compare the mailboxes whose time has come; gives the results."""
    now = clock()
    if now.astimezone(VIETNAM).hour != settings.imap.reconcile_hour:
        return ()
    results = []
    for mailbox in settings.mailbox:
        if mailbox.sweep and store.may_tell("reconciliation", mailbox.name, every=_ONCE, now=now):
            try:
                results.append(reconcile_now(settings, store, mailbox, clock))
            except VanthuError as error:
                _logger.warning("mailbox %s: not reconciled: %s", mailbox.name, error)
    return tuple(results)


def reconcile_now(settings: Config, store: Store, mailbox: Mailbox, clock: Callable[[], datetime]) -> Reconciliation:
    """Compare one mailbox now, and keep the result."""
    link = Link(lambda: open_session(settings, mailbox))
    try:
        result = reconcile(link, store.reconciling, mailbox, now=clock)
    finally:
        link.close()
    store.reconciling.put(result)
    level = logging.INFO if result.is_even else logging.WARNING
    _logger.log(
        level,
        "mailbox %s: on server %d, stored %d, decided %d, done %d, old %d, differences %d",
        result.mailbox, result.on_server, result.stored, result.decided, result.done, result.old,
        len(result.gaps) + result.more,
    )  # fmt: skip
    return result
