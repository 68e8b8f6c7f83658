"""Whether a recipient is taken at RCPT.  Pure."""

from __future__ import annotations

from datetime import date

from gateway.directory.snapshot import Directory
from gateway.model import Admission, Identity


def admission(directory: Directory, address: str, identity: Identity, today: date) -> Admission:
    """Whether this recipient is taken at RCPT.

    From a trusted network, and for whoever signed in, any recipient is relayed to the next hop; for others only those of our
    own domains: never an open relay.
    """
    retired = directory.retired(address, today)
    if retired is not None and retired.is_closed(today):
        return Admission(admitted=False, successor=retired.successor)
    if identity in (Identity.TRUSTED_NETWORK, Identity.AUTHENTICATED):
        return Admission(admitted=True)
    # Sendmail's and Postfix's old routes: a next hop that trusts us would send "a%b.example@ours" on to b.example.
    local = address.rpartition("@")[0]
    admitted = not any(sign in local for sign in "@%!") and directory.is_ours(address, today)
    # RFC 5321 section 4.5.1: postmaster is there, whatever else is.
    return Admission(admitted=admitted, is_listed=directory.lists(address, today) or local.lower() == "postmaster")
