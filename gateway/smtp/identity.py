"""Who is this client?  One in a trusted network, or somebody who only claims to be the sender.

What a mail from outside proves is found by authentication.py; who is there when another speaks for him, by forwarding.py
and proxy_header.py.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from gateway.model import Identity

_MOST_KNOWN = 1000  # peers; to judge one takes longer than to greet it


class TrustedNetworks:
    """Networks whose clients are trusted with something: any recipient, or their word about others."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = tuple(ipaddress.ip_network(network) for network in networks)
        self._known: dict[str, Identity] = {}

    def identity_of(self, peer: str) -> Identity:
        """What the address of a client (without port; "" is unknown) proves."""
        identity = self._known.get(peer)
        if identity is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            identity = self._known[peer] = self._judged(peer)
        return identity

    def have(self, peer: str) -> bool:
        """Whether an address lies in one of them."""
        return self.identity_of(peer) is Identity.TRUSTED_NETWORK

    def _judged(self, peer: str) -> Identity:
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return Identity.CLAIMED
        # A socket that listens on both families shows an IPv4 client as ::ffff:192.0.2.1 (RFC 4291 section 2.5.5.2).
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        known = mapped or address
        trusted = any(known in network for network in self._networks)
        return Identity.TRUSTED_NETWORK if trusted else Identity.CLAIMED
