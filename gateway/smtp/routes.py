"""Which way mail to a domain goes: the closest of the [[relay.route]] tables, or none of them.  Pure."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.settings.relay import Route

_ALL = "*"
_BELOW = "*."


class Routes:
    """The routes by their domains: "a.b.vn" itself before "*.b.vn" before "*.vn" before "*"."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._by_pattern = {pattern.lower(): route for route in routes for pattern in route.domains}

    def of(self, domain: str) -> Route | None:
        """The route of a domain in small letters; None for mail that goes to the next hop."""
        exact = self._by_pattern.get(domain)
        if exact is not None:
            return exact
        above = domain.partition(".")[2]
        while above:
            found = self._by_pattern.get(_BELOW + above)
            if found is not None:
                return found
            above = above.partition(".")[2]
        return self._by_pattern.get(_ALL)


def domain_of(address: str) -> str:
    """The domain of an address in small letters; "" when it has none."""
    return address.rpartition("@")[2].lower() if "@" in address else ""
