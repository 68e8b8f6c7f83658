"""Vietnamese sentences that remember how they were put together: the console says them in other languages, too.  Pure."""

from __future__ import annotations

from collections.abc import Mapping


class Phrase(str):
    """A Vietnamese text: to mails, logs and stories a string like any other; to the console a template and its values."""

    template: str
    values: Mapping[str, object]


def phrase(template: str, **values: object) -> Phrase:
    """The template with its values filled in, ``%(name)s`` for each; without values it is taken as it stands.

    What is written here as a template is a message of the console's catalogue (web/translations).
    """
    said = Phrase(template % values if values else template)
    said.template, said.values = template, values
    return said
