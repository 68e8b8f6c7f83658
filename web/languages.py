"""The switch between the languages: a press, and it is remembered, signed in or not."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from web.auth import anybody
from web.language import LANGUAGES
from web.remembered import remember

blueprint = Blueprint("languages", __name__)


@blueprint.post("/language")
@anybody
def switch() -> ResponseReturnValue:
    """Read on in another language; back to the page where it was chosen."""
    return remember("language", LANGUAGES)
