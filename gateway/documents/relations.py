"""What a document does to an earlier one: recalls, corrects or replaces it (thu hồi, đính chính, thay thế).  Pure.

Decree 30/2020/NĐ-CP, article 18: an error of content is put right by a new document, one of form by a công văn that corrects
it; a recalled document is returned, or cancelled on the system.  Only the subject says so: "thu hồi đất" and "thay thế
thành viên" are about other things, and a text may mention any document.
"""

from __future__ import annotations

import re

from gateway.documents.number_line import cited_numbers
from gateway.documents.vietnamese import fold, one_line
from gateway.model import Relation, Value

_VERBS = {"thu hoi": Relation.RECALL, "dinh chinh": Relation.CORRECTION, "thay the": Relation.REPLACEMENT}
_MEANT = re.compile(
    r"\b(?P<verb>thu hoi|dinh chinh|thay the)\s+(?:va thay the\s+)?(?:cho\s+)?"
    r"(?:mot phan\s+|noi dung\s+|cac\s+|mot so\s+|toan bo\s+)*"
    r"(?:cong van|van ban|quyet dinh|thong bao|ke hoach|huong dan|giay moi|to trinh|bao cao|nghi quyet|chi thi|cong dien"
    r"|quy che|quy dinh|chuong trinh|phuong an|thu moi|cv|qd|tb|kh)\b"
)


class Related(Value):
    """What it does, and the number and symbol of the document meant ("" when the subject does not say)."""

    relation: Relation = Relation.NONE
    concerns: str = ""


def relation_of(subject: str, own_number: str = "") -> Related:
    """What the subject of a document, or of a mail, says about an earlier document."""
    text = one_line(subject)
    found = _MEANT.search(fold(text))
    if not found:
        return Related()
    numbers = [number for number in cited_numbers(text[found.start() :]) if number != own_number]
    return Related(relation=_VERBS[found["verb"]], concerns=numbers[0] if numbers else "")
