"""[notices]: the letters that people get from us."""

from __future__ import annotations

from gateway.model import Value


class Notices(Value, forbid_unknown_fields=True):
    """Whose words they are in."""

    templates: str = ""  # folder of the officer's own; what is not there is ours
