"""The heading that editions of law databases have instead of a letterhead.  Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gateway.documents import grammar
from gateway.documents.date_line import date_line, short_date
from gateway.documents.kinds import kind_by_title, kinds_in_symbol
from gateway.documents.letterhead import Letterhead
from gateway.documents.number_line import own_number
from gateway.documents.text import Found, Line
from gateway.documents.vietnamese import one_line, squeeze, squeezed

_HEADING = re.compile(
    r"^(?P<before>[^\d]{4,200}?)\bsố\s*:?\s*(?P<number>\d.{2,40}?),?\s+ngày\s+(?P<day>.{6,28}?\d{4})[\s,.:]*(?P<subject>.*)$",
    re.IGNORECASE,
)
_LOOKED_AT = 12  # lines within which grounds or articles follow


def heading_of(lines: Sequence[Line]) -> Letterhead | None:
    """Editions of law databases have no letterhead but "THÔNG TƯ của Bộ … số 13/2001/TT-BTC ngày 8 tháng 3 năm 2001 …".

    Only where kind and ký hiệu agree and grounds or articles follow at once: pages about a document have such titles too.
    """
    ends = next((i for i, line in enumerate(lines[:_LOOKED_AT]) if _GROUNDS.match(squeezed(line.text))), 0)
    above = [line for line in lines[:ends] if not grammar.RULE.match(line.text)]
    named = None
    if len(above) > 1 and grammar.begins_agency(above[0].text) and not kind_by_title(above[0].text)[0]:
        named, above = above[0], above[1:]
    heading = one_line(" ".join(line.text for line in above))
    found = _HEADING.match(heading[:900])
    if not found or not (number := own_number(text := f"Số: {found['number']}", squeeze(text))):
        return None
    date_text = f"ngày {found['day']}"
    dated = date_line(date_text, squeeze(date_text)) or short_date(found["day"])
    kind, issuer = _kind_and_issuer(found["before"])
    if not kind or kind not in kinds_in_symbol(number.symbol) or not dated or not dated.on:
        return None
    at = Found(text=heading, line=above[0])
    agency = Found(text=one_line(named.text) if named else issuer, line=named or above[0])
    return Letterhead(
        agency=(agency,) if agency.text else (),
        number=number,
        number_at=at,
        on=dated.on,
        date_at=at,
        kind=kind,
        kind_at=at,
        subject=_subject_of_heading(found["subject"], agency.text),
        subject_at=at,
        ends=ends,
    )


_OF = re.compile(r"^(?:của\s+)?", re.IGNORECASE)


def _kind_and_issuer(before: str) -> tuple[str, str]:
    """ "Quyết định của Bộ trưởng Bộ Tài chính": the kind, and the agency behind the title of its head."""
    kind, rest = kind_by_title(before)
    if not kind:
        return "", ""
    issuer = _OF.sub("", " ".join(before.split()[len(kind.split()) :]))
    body = _HEAD_OF.sub("", issuer)
    return (kind, body) if not rest or grammar.begins_agency(issuer) or body != issuer else ("", "")


_HEAD_OF = re.compile(
    r"^(?:(?:tổng )?cục trưởng|bộ trưởng|chủ tịch|giám đốc|(?:tổng )?thống đốc|tổng giám đốc|chánh án|viện trưởng)\s+(?=\w)",
    re.IGNORECASE,
)
_GROUNDS = re.compile(r"^-?(?:cancu|dieu1[.:]?[a-z]|chuong[i1]$|theodenghi)")


def _subject_of_heading(subject: str, issuer: str) -> str:
    """Without the authority that stands between the subject and the grounds."""
    subject = one_line(subject).strip(" .:-_*")
    if not issuer or not squeezed(subject).endswith(squeezed(issuer)):
        return subject
    return _HEAD_ALONE.sub("", subject[: -len(issuer)].strip(" .:-_*")).strip(" .:-_*")


_HEAD_ALONE = re.compile(r"\s(?:bộ trưởng|chủ tịch|giám đốc|thống đốc|tổng giám đốc)$", re.IGNORECASE)
