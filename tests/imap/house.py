"""The whole gateway in this process, without its SMTP door: it sweeps the mailboxes that a test names."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from gateway import app
from gateway.config import Imap, Mailbox, Security, load
from gateway.lifecycle import CaseState
from gateway.model import Recognition
from gateway.store import CaseRow, MailboxState, MailRow
from tests.imap.mailboxes import SECRET, new_user
from tests.world.dovecot import Dovecot
from tests.world.gateway import _sample_house

RETIRED = "c2leloi.camson.huonggiang@moet.edu.vn"
SUCCESSOR = "vanthu.thcsll@sgdhuonggiang.edu.vn"
QUICK = Imap(workers=4, poll_s=0.3, idle_renew_s=5.0, connect_timeout_s=5, read_timeout_s=5, lease_s=3.0)


def mailbox_at(dovecot: Dovecot, *, port: int = 0, **more: Any) -> Mailbox:
    """A mailbox of a retired address; ``more`` are fields of its table."""
    plain = Mailbox(
        name="le-loi",
        host="localhost",
        user=new_user(),
        secret=SECRET,
        address=RETIRED,
        port=port or dovecot.port,
        security=Security.NONE,
        start="all",
    )
    return replace(plain, **more)


class _FindsNothing:
    """Where the children that read attachments would be."""

    async def recognise(self, raw: bytes, *, within: float = 0.0) -> Recognition:
        return Recognition()


class House:
    """A gateway that runs in a thread of its own.

    ``reads``: with the children that read attachments, which take seconds to start; letters without any need none.
    """

    def __init__(
        self,
        folder: Path,
        *mailboxes: Mailbox,
        next_hop: str = "127.0.0.1:1",
        imap: Imap = QUICK,
        reads: bool = False,
        bounce_domain: str = "",
        **more: Any,
    ) -> None:
        if not folder.exists():
            shutil.copytree(_sample_house()[0], folder)
        settings = load(folder / "vanthu.toml")
        relay = replace(settings.relay, next_hop=next_hop, bounce_domain=bounce_domain)
        settings = replace(settings, mailbox=mailboxes, imap=imap, relay=relay, **more)
        self.announced: list[str] = []
        self.gateway = app.Gateway(settings)
        if not reads:
            self.gateway.intake._recogniser = _FindsNothing()
            self.gateway.inspector.start = self.gateway.inspector.close = lambda: None  # type: ignore[method-assign]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.call(self._start())

    async def _start(self) -> None:
        await self.gateway.start()
        self.gateway.carry()
        self.gateway.work()
        self.gateway.sweep(self.announced.append)

    def call(self, work: Any) -> Any:
        """Run something on its loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def stop(self) -> None:
        """End it."""
        if self._thread.is_alive():
            self.call(self.gateway.stop())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def mails(self) -> list[MailRow]:
        """The mails that came by IMAP, oldest first."""
        rows = self.gateway.store.views.mails(limit=5000).rows
        return [row for row in reversed(rows) if row.door == "imap"]

    def subjects(self) -> list[str]:
        """Of the mails that came by IMAP."""
        return [mail.subject for mail in self.mails()]

    def wait_for(self, count: int, *, seconds: float = 20.0) -> list[MailRow]:
        """The mails, as soon as there are so many."""
        self.wait_until(lambda: len(self.mails()) >= count, seconds=seconds)
        return self.mails()

    @staticmethod
    def wait_until(is_so: Callable[[], object], *, seconds: float = 20.0) -> None:
        """Wait until something is so."""
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, "it did not come to be"
            time.sleep(0.02)

    def state(self, name: str = "le-loi") -> MailboxState:
        """How the mailbox does."""
        return self.gateway.store.mailboxes.states().get(name) or MailboxState(name=name)

    def case(self) -> CaseRow:
        """The one case that there is."""
        (row,) = self.gateway.store.views.cases(units=None, states=list(CaseState), limit=10).rows
        return row

    def settled(self, count: int, name: str = "le-loi") -> None:
        """Wait until so many messages are settled."""
        self.wait_until(lambda: sum(self.state(name).counts.values()) >= count)
