"""The exception tree.

* VanthuError
  + ConfigError            configuration, directory or policy: says file, place and what was expected
  + IllegalTransition      a state machine was asked for a step that its table does not have
  + CaseChanged            another mail joined a case meanwhile: read it again, and try again
  + NotFound               no such mail, case, delivery or account
  + NotAllowed             a person asked for what this account may not do, or may not do now; the text is for that person
  + UnreadablePackage      an edXML package cannot be read: the text says where and why; the bytes are kept
  + StoreUnavailable       the store could not make a write durable, or could not read: answer 451, try later
  + MailboxError           a mailbox that we sweep; what the server said is in the text
    - MailboxUnreachable   the link or the server is not well: try again
    - SignInRefused        password, token or certificate: a person must repair it
    - MailboxRefused       the server's own NO or BAD about one command
  + DeliveryError          raised by couriers; what the other side said is in the text
    - TemporaryFailure     certainly not taken: try again
    - UncertainFailure     may have been taken: look it up before sending again
    - PermanentFailure     the other side's own verdict
    - Misconfigured        ours to repair: pause the courier, keep the queue
"""

from __future__ import annotations

from gateway.phrases import Phrase, phrase


class VanthuError(Exception):
    """Base of everything that Vanthu raises on purpose."""


class ConfigError(VanthuError):
    """A setting, a directory row or a rule is wrong; the text names file and place and says what was expected."""


class IllegalTransition(VanthuError):
    """A state machine was asked for a step that its table does not have."""

    def __init__(self, machine: str, state: str, event: str) -> None:
        super().__init__(f"{machine}: no {event!r} from {state!r}")
        self.state = state
        self.event = event


class CaseChanged(VanthuError):
    """Another mail joined the case since it was read: read it again, and try again."""


class NotFound(VanthuError):
    """No such mail, case, delivery or account."""


class NotAllowed(VanthuError):
    """This account may not do that, or may not do it now; the text is Vietnamese and for the person who asked.

    It is said like gateway.phrases.say: ``%(name)s`` in the text stands for a value.
    """

    def __init__(self, text: str, **values: object) -> None:
        self.said = text if isinstance(text, Phrase) else phrase(text, **values)
        super().__init__(self.said)


class UnreadablePackage(VanthuError):
    """An edXML package cannot be read; the text says where and why."""


class StoreUnavailable(VanthuError):
    """A write was not made durable, or a read failed: nothing was promised, try later."""


class MailboxError(VanthuError):
    """Base of what goes wrong at a mailbox that we sweep."""


class MailboxUnreachable(MailboxError):
    """The link or the server is not well: try again later."""


class SignInRefused(MailboxError):
    """Password, token or certificate: a person must repair it."""


class MailboxRefused(MailboxError):
    """The server's own NO or BAD about one command, or an answer that cannot be read: about this folder or message alone."""


class DeliveryError(VanthuError):
    """Base of what couriers raise."""


class TemporaryFailure(DeliveryError):
    """Certainly not taken: try again later."""


class UncertainFailure(DeliveryError):
    """May have been taken: look it up before sending again."""


class PermanentFailure(DeliveryError):
    """The other side's own verdict: sending again would not help."""


class Misconfigured(DeliveryError):
    """Ours to repair (credentials, folder, route): pause the courier, keep the queue."""
