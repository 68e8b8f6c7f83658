"""Which language a page is in, and how texts get there: Vietnamese is what the code says, the catalogue has the English.

In templates ``{{ _('…') }}``, ``{% trans name=… %}…{% endtrans %}``, and ``{{ _n('%(num)s thư', count) }}`` for what is
counted; in Python ``gettext("… %(name)s", name=…)``.  Tables of a module stay plain Vietnamese and go through ``said`` (the
filter of templates, too) where they are shown; it also says what the gateway said (gateway.phrases).  `make translations`
reads all of it into translations/en/LC_MESSAGES/messages.po; docs/console.md tells more.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, request
from flask_babel import Babel, Domain, get_locale, get_translations

from gateway.phrases import Phrase
from web.remembered import remembered

LANGUAGES: Mapping[str, str] = {"vi": "Tiếng Việt", "en": "English"}  # each in its own words
DEFAULT = "vi"
_CATALOGUE = Path(__file__).parent / "translations" / "en" / "LC_MESSAGES" / "messages.po"


class _Catalogue(Domain):  # type: ignore[misc]  # Flask-Babel has no type information
    def get_translations(self) -> NullTranslations:
        return _english() if language() == "en" else NullTranslations()


class _Babel(Babel):  # type: ignore[misc]
    domain_instance = _Catalogue()


@lru_cache
def _english() -> Translations:
    """The catalogue, compiled once in each process: a text file in the package, so nothing compiled can be out of date."""
    compiled = io.BytesIO()
    with _CATALOGUE.open("rb") as file:
        write_mo(compiled, read_po(file, locale="en"))
    compiled.seek(0)
    return Translations(compiled)


def install(app: Flask) -> None:
    """Give the app its languages, and templates what they need for them."""
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT
    _Babel(app, locale_selector=chosen)
    app.jinja_env.globals.update(languages=LANGUAGES, language=language)
    app.jinja_env.filters["said"] = said


def chosen() -> str:
    """What the reader chose, else Vietnamese, unless the browser asks for others alone."""
    accepted = request.accept_languages
    if wanted := remembered("language", LANGUAGES):
        return wanted
    # Whoever reads Vietnamese at all gets Vietnamese: many a clerk has an English browser.
    return accepted.best_match([DEFAULT]) or accepted.best_match(LANGUAGES, DEFAULT)


def language() -> str:
    """The language of the page that is being made; Vietnamese outside of pages."""
    locale = get_locale()
    return locale.language if locale is not None else DEFAULT


def gettext(text: str, **values: object) -> str:
    """A text in the language of the page, with its values filled in: ``%(name)s`` for each."""
    found: str = get_translations().ugettext(text)
    return found % values if values else found


def in_english(text: str) -> str:
    """A text in English, whatever the language of the page; itself when the catalogue does not know it."""
    if isinstance(text, Phrase):
        values = {name: in_english(value) if isinstance(value, str) else value for name, value in text.values.items()}
        english: str = _english().ugettext(text.template)
        return english % values if values else english
    return str(_english().ugettext(text)) if text else ""


def plural(text: str, num: int) -> str:
    """The form of a counted text for that number; see web.format.counted."""
    found: str = get_translations().ungettext(text, text, num)
    return found


def said(text: object) -> str:
    """A text of the gateway or of a table, in the language of the page; what no catalogue knows stays as it is."""
    if isinstance(text, Phrase):
        values = {name: said(value) if isinstance(value, str) else value for name, value in text.values.items()}
        return gettext(text.template, **values)
    return gettext(text) if isinstance(text, str) and text else str(text)
