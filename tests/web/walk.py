"""All addresses of the console with made-up values in them, so that tests can walk the whole of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from flask import Flask
from werkzeug.routing import Rule

from gateway.model import new_id
from gateway.roles import Verb
from web.auth import verb_of


class Address(NamedTuple):
    """One address and how it is asked for."""

    endpoint: str
    path: str
    method: str
    view: Callable[..., object]

    @property
    def verb(self) -> Verb | None:
        """What it is for; None for anybody."""
        return verb_of(self.view)


def addresses(app: Flask, **values: str) -> Iterator[Address]:
    """Every address of the app but static files; ``values`` stand in for ids that nothing has."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            path = _path(app, rule, values)
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                yield Address(rule.endpoint, path, method, app.view_functions[rule.endpoint])


def having(app: Flask, name: str, value: str) -> Iterator[Address]:
    """The addresses with an id of this name in them."""
    with_it = {rule.endpoint for rule in app.url_map.iter_rules() if name in rule.arguments}
    # Whatever else is named in the address is the same thing: the strongest claim that a stranger can make.
    everything = dict.fromkeys(("case_id", "other_id", "mail_id"), new_id()) | {name: value}
    yield from (address for address in addresses(app, **everything) if address.endpoint in with_it)


def _path(app: Flask, rule: Rule, values: Mapping[str, str]) -> str:
    made: dict[str, object] = {}
    for name in rule.arguments:
        converter = type(rule._converters[name]).__name__
        by_kind = {"Id": new_id(), "DeliveryId": f"{new_id()}-1", "IntegerConverter": 1}
        made[name] = values.get(name, by_kind.get(converter, "khong-co"))
    built = rule.build(made, append_unknown=False)
    assert built is not None, rule
    return str(built[1])
