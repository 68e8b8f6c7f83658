"""Sessions of servers in front of us: they say whose mail they bring (XFORWARD, XCLIENT), and may speak LMTP (RFC 2033).

By LMTP a mail server that has taken a mail already hands it over, and hears of each recipient.  Nothing is refused there that
the policy says: the server in front would make a bounce of it, to a sender who may be made up.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from gateway.smtp import replies
from gateway.smtp.forwarding import Told, told_by_xclient, told_by_xforward
from gateway.smtp.grammar import CommandError
from gateway.smtp.handler import Envelope
from gateway.smtp.protocol import COMMANDS, SmtpProtocol
from gateway.smtp.terms import Command


class FrontedProtocol(SmtpProtocol):
    """The commands of servers whose word is believed ([[smtp.listener]] forwarders)."""

    def obey_xforward(self, arg: str) -> None:
        """Say whose mail comes next."""
        told = told_by_xforward(arg, self._before_a_mail().told or Told())
        is_its_own = told.is_local and not told.address
        proved = self.session.identity if is_its_own else self.entrance.identity_told(told.address)
        self.envelope.told = replace(told, identity=proved, via=f"(XFORWARD by [{self.session.connected}])")
        self._say(replies.OK)

    def obey_xclient(self, arg: str) -> None:
        """Speak for another client from now on: everything begins anew, for that one."""
        self._before_a_mail()
        session, client = self.session, told_by_xclient(arg)
        session.client, session.address, session.host_name = client, client.address, ""
        session.user = client.login
        session.via = f"(XCLIENT by [{session.connected}])"
        self._agree(self.entrance.terms_as(client.address, signed_in=bool(client.login)))
        self._forget()
        self._say(self.entrance.greeting)

    def _before_a_mail(self) -> Envelope:
        if self.envelope.mail_from is not None:
            raise CommandError(replies.NOT_DURING_MAIL)
        return self.envelope


# Of servers in front whose word is believed.
FORWARDERS_COMMANDS: Mapping[str, Command] = {
    "XCLIENT": FrontedProtocol.obey_xclient,
    "XFORWARD": FrontedProtocol.obey_xforward,
}
LMTP_COMMANDS: Mapping[str, Command] = {
    "LHLO": SmtpProtocol.obey_ehlo,
    **{verb: command for verb, command in COMMANDS.items() if verb not in ("EHLO", "HELO")},
}
