"""Signing in at the SMTP door (RFC 4954), and what somebody who signed in may send."""

from __future__ import annotations

import asyncio
import logging

from gateway import maillog
from gateway.smtp import replies
from gateway.smtp.encrypted import Encrypted
from gateway.smtp.grammar import CommandError, mail_path
from gateway.smtp.judges import Finding
from gateway.smtp.sasl import LONGEST, Credentials, Exchange
from gateway.smtp.sources import Limit

logger = logging.getLogger(__name__)

_MOST_FAILURES = 3  # in one session
_LONGEST_DELAY_S = 30.0


class SigningIn(Encrypted):
    """A session whose client can prove who he is."""

    _exchange: Exchange | None = None  # the next line is an answer, not a command
    _failures = 0

    def obey_auth(self, arg: str) -> None:
        """Begin to sign in."""
        mechanism, _, initial = arg.partition(" ")
        judges = self._reception.judges
        if self.session.user or self.envelope.mail_from is not None:
            raise CommandError(replies.SIGNED_IN if self.session.user else replies.NESTED_MAIL)
        if judges is None or mechanism.upper() not in judges.mechanisms:
            raise CommandError(replies.UNKNOWN_MECHANISM)
        if self._reception.sources.is_shut(self.session.address):
            self._meets(Limit.SIGN_INS)
            raise CommandError(replies.SIGN_IN_LATER)
        self._exchange = Exchange(mechanism.upper())
        if initial:
            self._answer(initial)
        else:
            self._challenge()

    def refuse_in_the_clear(self, arg: str) -> None:
        """AUTH where somebody could listen."""
        raise CommandError(replies.SIGN_IN_NEEDS_TLS)

    def refuse_unknown(self, arg: str) -> None:
        """A command of somebody who has not signed in yet."""
        raise CommandError(replies.SIGN_IN_FIRST)

    def obey_mail_of_user(self, arg: str) -> None:
        """Open a mail, if whoever signed in may write as its sender."""
        path, user = mail_path(arg), self.session.user
        if not self._reception.handler.may_send_as(user, path.address):
            logger.info("[%s] %s may not write as <%s>", self.session.address, user, path.address)
            raise CommandError(replies.not_your_address(path.address))
        reception = self._reception
        if not reception.sources.user_begins_mail(user, reception.settings.auth.mails_per_minute):
            self._meets(Limit.USER_MAILS)
            raise CommandError(replies.TOO_MANY_MAILS_OF_YOURS)
        self.obey_mail(arg)

    def obey_mail(self, arg: str) -> None:
        """Open a mail."""
        raise NotImplementedError

    def _challenge(self) -> None:
        assert self._exchange is not None  # noqa: S101 - for the type checker
        self._say(f"334 {self._exchange.challenge()}")
        self._on_line = self._hear

    def _hear(self, line: bytes) -> None:
        """An answer to a challenge."""
        self._on_line = self._obey
        self._reset_timeout()
        try:
            if len(line) > LONGEST:
                raise CommandError(replies.SIGN_IN_TOO_LONG)
            self._answer(line.strip(b"\r\n").decode("ascii", "replace"))
        except CommandError as error:
            self._exchange = None
            self._object("AUTH", error.reply)

    def _answer(self, answer: str) -> None:
        exchange = self._exchange
        assert exchange is not None  # noqa: S101 - for the type checker
        exchange.take(answer)
        if exchange.credentials is None:
            self._challenge()
            return
        self._exchange, self._waits = None, True
        self._errand = self.loop.create_task(self._judged(exchange.credentials))

    async def _judged(self, credentials: Credentials) -> None:
        """Say whether it was right; what was wrong takes longer each time."""
        judges, sources = self._reception.judges, self._reception.sources
        assert judges is not None  # noqa: S101 - for the type checker
        credentials = self._whole(credentials)
        try:
            finding = await judges.judge(credentials)
            if finding is Finding.WRONG:
                self._failures += 1
                sources.failed_sign_in(self.session.address, self._reception.settings.auth.failures_per_source)
                await asyncio.sleep(self._delay())
        except asyncio.CancelledError:
            self._errand = None
            self._hang_up(replies.stopping(self.hostname))
            raise
        self._errand, self._waits = None, False
        if self._transport is None or self._ending:
            return
        maillog.count("sign-in", finding.name.lower())
        if finding is Finding.RIGHT:
            self._signed_in(credentials)
        else:
            logger.info("[%s] could not sign in as %s: %s", self.session.address, credentials.user, finding.name.lower())
            self._object("AUTH", replies.WRONG_PASSWORD if finding is Finding.WRONG else replies.SIGN_IN_LATER)
            if self._failures >= _MOST_FAILURES:
                self._say(replies.TOO_MANY_ERRORS)
                self._ending = True
        self._obey_all()

    def _whole(self, credentials: Credentials) -> Credentials:
        """With the domain that many leave out."""
        domain = self._reception.settings.auth.domain
        if not domain or "@" in credentials.user:
            return credentials
        return Credentials(user=f"{credentials.user}@{domain}", secret=credentials.secret, mechanism=credentials.mechanism)

    def _delay(self) -> float:
        first = self._reception.settings.auth.failure_delay_s
        return float(min(_LONGEST_DELAY_S, first * 2 ** (self._failures - 1)))

    def _signed_in(self, credentials: Credentials) -> None:
        logger.info("[%s] signed in as %s", self.session.address, credentials.user)
        self.session.user = credentials.user
        if self.terms.signed_in is not None:
            self._agree(self.terms.signed_in)
        self._say(replies.WELCOME)
