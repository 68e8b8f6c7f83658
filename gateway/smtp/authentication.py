"""Who sent a mail that came from outside, as far as its domain says: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 9989).

The rules look at the envelope sender, so that address is what has to be proved.  A proof needs both: the domain of the envelope
sender answers for this mail (by a signature, or for the host it came from), and the author in the From field is of the same
organisation, because that is whom people see.  Anything else, and whatever takes too long, leaves the sender *claimed*.
Such a proof is the domain's word: who among its people wrote, its own server has to know.

The libraries block, so they run in threads, a few at a time; a mail that finds them all at work is not kept waiting.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from gateway.model import Proof
from gateway.smtp.names import Names

logger = logging.getLogger(__name__)

_THREADS = 4
_MOST_WAITING = 64  # mails; then the next ones go on unproved
_PATIENCE_S = 8.0  # for one mail, however many names it makes us ask


NOT_ANSWERED = Proof(spf="temperror", dkim="temperror", dmarc="temperror")  # what could not be asked may hold all the same
NOBODY = Proof(spf="none", dkim="none", dmarc="none")


class Authenticator:
    """Looks at mails from outside."""

    def __init__(self, names: Names, *, hostname: str) -> None:
        self._names = names
        self._hostname = hostname
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="authentication")
        self._waiting = 0

    async def proof(self, raw: bytes, *, sender: str, peer: str, helo: str) -> Proof:
        """What proves the sender.  Never raises, and never takes longer than some seconds."""
        if "@" not in sender:
            return NOBODY
        if self._names.is_down or self._waiting >= _MOST_WAITING:
            return NOT_ANSWERED
        self._waiting += 1
        work = asyncio.get_running_loop().run_in_executor(self._pool, self._look, raw, sender, peer, helo)
        work.add_done_callback(self._looked)
        try:
            return await asyncio.wait_for(asyncio.shield(work), _PATIENCE_S)
        except TimeoutError:
            logger.info("[%s] %s: SPF and DKIM took too long, the sender stays unproved", peer, sender)
        except Exception:  # a library that stumbles over a mail must not cost the mail
            logger.exception("[%s] %s: SPF and DKIM failed, the sender stays unproved", peer, sender)
        return NOT_ANSWERED

    def close(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _looked(self, work: asyncio.Future[Proof]) -> None:
        self._waiting -= 1
        if not work.cancelled():
            work.exception()  # seen: who waited has heard it, or left

    def _look(self, raw: bytes, sender: str, peer: str, helo: str) -> Proof:
        from gateway.smtp.proving import proof  # it loads the libraries, in this thread: the door opens sooner without them

        return proof(raw, (sender, peer, helo), hostname=self._hostname, names=self._names, patience_s=_PATIENCE_S)
