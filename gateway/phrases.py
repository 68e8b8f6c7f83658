"""Vietnamese sentences that remember how they were put together: the console says them in other languages, too.  Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class Phrase(str):
    """A Vietnamese text: to mails, logs and stories a string like any other; to the console a template and its values."""

    template: str
    values: Mapping[str, object]


def phrase(template: str, **values: object) -> Phrase:
    """The template with its values filled in, ``%(name)s`` for each; without values it is taken as it stands.

    A value can be a phrase itself.

    What is written here as a template is a message of the console's catalogue (web/translations).
    """
    said = Phrase(template % values if values else template)
    said.template, said.values = template, values
    return said


def kept(text: str) -> str:
    """A text as it can be stored, so that it can be said in another language later; see again()."""
    if not isinstance(text, Phrase):
        return text
    return json.dumps(_parts(text), ensure_ascii=False)


def again(stored: str) -> str:
    """What kept() made of a text; any other text as it is."""
    try:
        found = json.loads(stored) if stored.startswith("{") else {}
        return _whole(found)
    except (ValueError, KeyError, TypeError):
        return stored


def _parts(text: Phrase) -> dict[str, object]:
    return {"say": text.template, "with": {name: _kept_value(value) for name, value in text.values.items()}}


def _kept_value(value: object) -> object:
    if isinstance(value, Phrase):
        return _parts(value)
    return value if isinstance(value, int | float) else str(value)


def _whole(found: Mapping[str, Any]) -> Phrase:
    values = {name: _whole(value) if isinstance(value, dict) else value for name, value in found["with"].items()}
    return phrase(found["say"], **values)
