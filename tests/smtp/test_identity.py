"""Who is in a trusted network."""

from __future__ import annotations

import pytest

from gateway.model import Identity
from gateway.smtp.identity import TrustedNetworks


@pytest.mark.parametrize(
    ("peer", "identity"),
    [
        ("192.0.2.7", Identity.TRUSTED_NETWORK),
        ("192.0.3.7", Identity.CLAIMED),
        ("2001:db8::1", Identity.TRUSTED_NETWORK),
        ("2001:db9::1", Identity.CLAIMED),
        ("::ffff:192.0.2.7", Identity.TRUSTED_NETWORK),
        ("::ffff:192.0.3.7", Identity.CLAIMED),
        ("fe80::1%eth0", Identity.CLAIMED),
        ("", Identity.CLAIMED),
        ("not an address", Identity.CLAIMED),
    ],
)
def test_an_address_is_trusted_or_claimed(peer: str, identity: Identity) -> None:
    assert TrustedNetworks(("192.0.2.0/24", "2001:db8::/32")).identity_of(peer) is identity


def test_nobody_is_trusted_without_networks() -> None:
    assert TrustedNetworks(()).identity_of("127.0.0.1") is Identity.CLAIMED
