"""The heading that editions of law databases have instead of a letterhead.  Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.documents import grammar
from gateway.documents.kinds import kind_by_symbol, kind_by_title
from gateway.documents.letterhead import Letterhead
from gateway.documents.text import Found, Line
from gateway.documents.vietnamese import one_line, squeeze, squeezed

_HEADING = re.compile(
    r"^(?P<kind>[^\d]{4,30}?)\s*(?:của\s+(?P<issuer>.{4,90}?)\s+)?số\s*:?\s*(?P<number>.+?),?\s+ngày\s+(?P<day>.{6,28}?\d{4})\s*(?P<subject>.*)$",
    re.IGNORECASE,
)


def heading_of(lines: Sequence[Line]) -> Letterhead | None:
    """Editions of law databases have no letterhead but "THÔNG TƯ của Bộ … số 13/2001/TT-BTC ngày 8 tháng 3 năm 2001 …".

    Only where kind and ký hiệu agree and grounds or articles follow at once: pages about a document have such titles too.
    """
    ends = next((i for i, line in enumerate(lines[:9]) if _GROUNDS.match(squeezed(line.text))), 0)
    heading = one_line(" ".join(line.text for line in lines[:ends] if not grammar.RULE.match(line.text)))
    found = _HEADING.match(heading[:700])
    if not found or not (number := grammar.own_number(text := f"Số: {found['number']}", squeeze(text))):
        return None
    kind, rest = kind_by_title(found["kind"])
    date_text = f"ngày {found['day']}"
    dated = grammar.date_line(date_text, squeeze(date_text)) or grammar.short_date(found["day"])
    if not kind or rest or kind_by_symbol(number.symbol) != kind or not dated or not dated.on:
        return None
    at = Found(text=heading, line=lines[0])
    issuer = Found(text=one_line(found["issuer"]), line=lines[0]) if found["issuer"] else None
    return Letterhead(
        agency=(issuer,) if issuer else (),
        number=number,
        number_at=at,
        on=dated.on,
        date_at=at,
        kind=kind,
        kind_at=at,
        subject=_subject_of_heading(found["subject"], issuer.text if issuer else ""),
        subject_at=at,
        ends=ends,
    )


_GROUNDS = re.compile(r"^-?(?:cancu|dieu1[.:]?[a-z]|chuong[i1]$|theodenghi)")


def _subject_of_heading(subject: str, issuer: str) -> str:
    """Without the authority that stands between the subject and the grounds."""
    subject = one_line(subject).strip(" .:-_*")
    return subject[: -len(issuer)].strip(" .:-_*") if issuer and squeezed(subject).endswith(squeezed(issuer)) else subject
