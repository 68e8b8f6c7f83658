"""Text as it is looked for: words and figures, folded, however somebody spells a number and symbol.  Pure.

"123/QĐ-SGDĐT", "123/qd-sgddt" and "123 QĐ SGDĐT" are the same three words.  Figures are found as a whole ("12" does not find
123, "05" finds 5), other words by their beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from gateway.model import Case
from gateway.store.texts import clean, fold

_WORD = re.compile(r"\d+|[^\W\d_]+")
_LONGEST = 40  # characters of one word: nobody types more
_MOST = 400  # words of one entry: a subject of 10 KB is an attack on the index


def words_in(text: str) -> list[str]:
    """The words of a text as they are kept and looked for, in order."""
    return [(word.lstrip("0") or "0" if word.isdecimal() else word)[:_LONGEST] for word in _WORD.findall(clean(fold(text)))]


def entry_of(texts: Iterable[str]) -> str:
    """What is kept of these texts: each word once, with spaces between."""
    return " ".join(list(dict.fromkeys(words_in(" ".join(texts))))[:_MOST])


def words_of_case(case: Case) -> str:
    """What a case is found by: number and symbol, subject, issuer, kind, signer, sender, register number."""
    document = case.document
    if document is None:
        return entry_of((case.subject, case.sender, case.register_number))
    facts = (document.number_symbol, document.subject, document.issuer, document.kind, document.signer)
    return entry_of((*facts, case.subject, case.sender, case.register_number))


def for_sqlite(text: str) -> str:
    """A query of FTS5 for all of these words; "" when there are none in it."""
    return " ".join(f'"{word}"' if word.isdecimal() else f'"{word}"*' for word in dict.fromkeys(words_in(text)))


def for_postgres(text: str) -> str:
    """The same for to_tsquery."""
    return " & ".join(f"'{word}'" if word.isdecimal() else f"'{word}':*" for word in dict.fromkeys(words_in(text)))
