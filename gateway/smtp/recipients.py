"""Is there such an address?  The next mail server knows: it is asked at RCPT, and what it says is remembered for a while.

So mail to addresses that do not exist is refused in its session, instead of being taken and returned, to a sender who may be
made up.  Only "there is no such mailbox" refuses; anything else that the next hop says is about us, not about the address.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from gateway.courier import Outcome, Result
from gateway.model import new_id
from gateway.settings.recipients import Check, WhenDown
from gateway.settings.recipients import Recipients as Settings
from gateway.smtp import replies

logger = logging.getLogger(__name__)

# RFC 3463: X.1.x is about the address (7 and 8 about that of the sender), X.2.1 a mailbox that takes nothing; Exchange Online
# says it in words of its own.  Without an enhanced code 550, 551 and 553 are, unless they speak of us (Exim).
_NO_SUCH = re.compile(
    r"55[013] (?:5\.1\.(?:[1-6]|9|1\d)\b|5\.2\.1\b|5\.4\.1 Recipient address rejected"
    r"|(?!\d\.\d)(?!.*(?:relay|verif|prohibit|denied|permit|block|spam|policy|authent|sender)))",
    re.IGNORECASE,
)
_MOST_TRIED = 1000  # domains
_TAKES_ALL = (
    "the next hop takes every address at %s: mail to those that do not exist is taken here, and returned later; "
    'let it refuse them at RCPT, or list all addresses in the directory and set [smtp.recipients] check = "directory"'
)


class Recipients:
    """What is known about addresses that our directory does not list.  ``ask``: the next mail server."""

    def __init__(
        self,
        settings: Settings,
        ask: Callable[[str], Awaitable[Result]],
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._ask = ask
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, bool]] = OrderedDict()  # address -> until when, whether it is there
        self._asked: dict[str, asyncio.Task[str]] = {}
        self._tried: set[str] = set()  # domains for which a made-up address was asked for
        self._trials: set[asyncio.Task[None]] = set()

    def objection(self, address: str) -> str | Coroutine[Any, Any, str]:
        """The reply that refuses a recipient, "" when it is welcome; or what finds out."""
        if self._settings.check is Check.OFF:
            return ""
        if self._settings.check is Check.DIRECTORY:
            return replies.unknown(address)
        until, is_there = self._known.get(address, (0.0, False))
        if self._clock() < until:
            return "" if is_there else replies.unknown(address)
        return self._found_out(address)

    async def _found_out(self, address: str) -> str:
        """Two that ask for one address at the same time share the answer."""
        task = self._asked.get(address)
        if task is None:
            task = self._asked[address] = asyncio.create_task(self._answer(address))
            task.add_done_callback(lambda _: self._asked.pop(address, None))
        return await asyncio.shield(task)

    async def _answer(self, address: str) -> str:
        try:
            async with asyncio.timeout(self._settings.patience_s):
                result = await self._ask(address)
        except TimeoutError:
            return self._nobody_says(address, "no answer in time")
        if result.outcome is Outcome.DELIVERED:
            self._doubt(address.rpartition("@")[2].lower())
            return self._remember(address, is_there=True)
        if _NO_SUCH.match(result.reply):
            return self._remember(address, is_there=False)
        if result.outcome is Outcome.RETRY and not result.reply.startswith(
            "5"
        ):  # 530 and 552 are tried again, but are no silence
            return self._nobody_says(address, result.reply)
        logger.warning("<%s>: the next hop does not say whether there is such an address: %s", address, result.reply)
        return self._remember(address, is_there=True)

    def _doubt(self, domain: str) -> None:
        """A yes is worth nothing from a server that says it of every address: ask once for one that nobody has."""
        if domain not in self._tried and len(self._tried) < _MOST_TRIED:
            self._tried.add(domain)
            task = asyncio.create_task(self._try(domain))
            self._trials.add(task)  # else nothing holds it
            task.add_done_callback(self._trials.discard)

    async def _try(self, domain: str) -> None:
        result = await self._ask(f"khong-ai-{new_id().lower()}@{domain}")
        if result.outcome is Outcome.DELIVERED:
            logger.warning(_TAKES_ALL, domain)

    def _remember(self, address: str, *, is_there: bool) -> str:
        settings = self._settings
        while len(self._known) >= settings.remembered:
            self._known.popitem(last=False)
        self._known[address] = (self._clock() + (settings.known_s if is_there else settings.unknown_s), is_there)
        self._known.move_to_end(address)
        return "" if is_there else replies.unknown(address)

    def _nobody_says(self, address: str, why: str) -> str:
        logger.info("<%s>: nobody says whether there is such an address: %s", address, why)
        return "" if self._settings.when_down is WhenDown.ACCEPT else replies.CANNOT_ASK
