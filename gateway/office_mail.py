"""Hears what office systems that are reached by mail answer by mail.  The mail itself goes where any other would go.

It is heard before it is accepted: whoever is killed in between gets it again, and what was heard once is known.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from gateway.answers import Answers
from gateway.courier import Answer
from gateway.model import Mail
from gateway.store import Store

logger = logging.getLogger(__name__)


class OfficeMail:
    """``senders``: the office system that our letters from an address go to.

    ``meant`` says which delivery a mail names, ``read`` what it says about it: nothing is taken apart for a name that is no
    delivery's.
    """

    def __init__(
        self,
        *,
        store: Store,
        answers: Answers,
        senders: Mapping[str, str],
        meant: Callable[[Mail], str],
        read: Callable[[Mail, str], tuple[Answer, ...]],
    ) -> None:
        self._store = store
        self._answers = answers
        self._senders = {address.lower(): office for address, office in senders.items()}
        self._meant = meant
        self._read = read

    def concerns(self, mail: Mail) -> str:
        """The office system that a mail may be an answer of; nearly always ""."""
        return next((office for r in mail.recipients if (office := self._senders.get(r.address.lower(), ""))), "")

    async def hear(self, mail: Mail, office: str) -> None:
        """Keep what it says about a delivery of ours, and do what it brings about.  StoreUnavailable."""
        delivery_id = self._meant(mail)
        if not delivery_id:
            return
        if await asyncio.to_thread(self._store.fits.by_delivery, office, delivery_id) is None:
            logger.warning("%s: a mail names a delivery that was never made: %s", office, delivery_id)
            return
        for answer in await asyncio.to_thread(self._read, mail, delivery_id):
            await self._answers.take(office, answer)
