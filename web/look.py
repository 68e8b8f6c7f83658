"""How the console looks: light, dark, or as the machine is; remembered, signed in or not."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from web.auth import anybody
from web.remembered import remember, remembered

blueprint = Blueprint("look", __name__)

LOOKS = {"auto": "Theo máy", "light": "Sáng", "dark": "Tối"}

# When the dark sheet applies ("" is never), and what the browser's own fields and scroll bars look like.
_MEDIA = {"auto": "(prefers-color-scheme: dark)", "light": "", "dark": "all"}
_SCHEMES = {"auto": "light dark", "light": "light", "dark": "dark"}


def shown() -> dict[str, str]:
    """The look that the visitor chose, for templates: its name, ``media`` of the dark sheet, ``scheme`` of the browser."""
    name = remembered("look", LOOKS) or "auto"
    return {"name": name, "media": _MEDIA[name], "scheme": _SCHEMES[name]}


@blueprint.post("/look")
@anybody
def choose() -> ResponseReturnValue:
    """Choose a look; back to the page where it was chosen."""
    return remember("look", LOOKS)
