"""The bench of recognition tells right from wrong, and counts what was missed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import msgspec
import pytest

from bench.recognition import compare
from bench.recognition.__main__ import scored
from bench.recognition.labels import Label, load
from bench.recognition.report import report
from bench.recognition.score import Outcome, Score
from bench.recognition.written import Written, table
from gateway.model import Document, FileReading, Nature
from tests.world.papers import invent, plain
from tests.world.papers.lookalikes import make
from tests.world.papers.sheet import sheet_of


@pytest.mark.parametrize(
    ("rule", "said", "true", "right"),
    [
        (compare.number_symbol, "15 / QÐ–UBND", "15/QĐ-UBND", True),
        (compare.number_symbol, "5/QĐ-UBND", "05/QĐ-UBND", False),
        (compare.number_symbol, "15/QD-UBND", "15/QĐ-UBND", False),
        (compare.kind, "Thông báo", "THÔNG BÁO", True),
        (compare.kind, "Thong bao", "Thông báo", False),
        (compare.subject, "V/v hoà giải ở thuỷ điện", "Về việc hòa giải  ở thủy điện.", True),
        (compare.subject, "hòa giải", "hòa giải ở cơ sở", False),
        (compare.issuer, "UBND HUYỆN AN KHÊ", "Ủy ban nhân dân huyện An Khê, tỉnh Lam Hà", True),
        (compare.issuer, "PHÒNG GD&ĐT AN KHÊ", "Phòng Giáo dục và Đào tạo An Khê", True),
        (compare.issuer, "SỞ Y TẾ", "Sở Y", True),
        (compare.issuer, "SỞ Y", "Sở Yên", False),
        (compare.issuer_strictly, "SỞ Y TẾ", "Sở Y tế tỉnh Lam Hà", False),
        (compare.signer, "PGS.TS. Lý Thị Mai", "Lý Thị Mai", True),
        (compare.date, "2026-11-05", "2026-11-05", True),
    ],
)
def test_a_fact_is_right_by_its_rule(rule: object, said: str, true: str, right: bool) -> None:
    assert callable(rule)
    assert rule(said, true) is right


def _outcome(label: Label, nature: Nature, **fields: object) -> Outcome:
    document = Document(nature=nature, confidence=0.9, **fields)  # type: ignore[arg-type]
    reading = FileReading(name="a.pdf", digest="", size=1, nature=nature, documents=(document,))
    return Outcome(label=label, reading=reading, elapsed_ms=10.0)


LABEL = Label(
    id="1", path="a.pdf", kind="positive", format="pdf", pages=2, number_symbol="45/BC-X", date="2026-11-05", type="Báo cáo"
)


def test_a_missed_positive_counts_in_recall_and_in_all_its_facts() -> None:
    score = Score([Outcome(label=LABEL, reading=FileReading(name="", digest="", size=1), elapsed_ms=1.0)])

    figures = score.figures()
    assert figures["issued"]["recall"] == 0.0
    assert [each["share"] for each in figures["facts"].values() if each["of"]] == [0.0, 0.0, 0.0]


def test_one_wrong_letter_is_close_and_still_wrong() -> None:
    found = _outcome(LABEL, Nature.ISSUED, number_symbol="45/BC-Y", issued_on=date(2026, 11, 5), kind="Báo cáo").facts()

    assert (found["number+symbol"].is_right, found["number+symbol"].is_close) == (False, True)
    assert found["date"].is_right


def test_a_draft_called_issued_spoils_precision_and_is_told() -> None:
    draft = Label(id="2", path="b.docx", kind="draft", format="docx")
    score = Score([_outcome(LABEL, Nature.ISSUED, number_symbol="45/BC-X"), _outcome(draft, Nature.ISSUED)])

    assert score.figures()["issued"]["precision"] == 0.5
    assert not score.aims()["false issued"]["met"]
    assert "draft called issued" in report(score, misses=True)


def test_what_is_ambiguous_or_uncertain_is_not_scored(tmp_path: Path) -> None:
    rows = [
        {"path": "a.txt", "kind": "positive", "ambiguous": True},
        {"path": "b.txt", "kind": "positive", "date": "2026-11-05", "uncertain_fields": ["date"]},
    ]
    (tmp_path / "labels.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")

    first, second = load(tmp_path)
    assert first.ambiguous
    assert second.known("date") == ""
    assert second.format == "txt"


def test_a_label_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text('{"kind": "positive"}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"labels\.jsonl:1: KeyError\('path'\)"):
        list(load(tmp_path))


def test_a_folder_is_read_through_the_guarded_children(tmp_path: Path) -> None:
    paper = invent.paper("bench")
    (tmp_path / "a.txt").write_bytes(plain.file(sheet_of(paper)))
    (tmp_path / "b.txt").write_bytes(plain.file(make("lesson plan")))
    true = {
        "path": "a.txt",
        "kind": "positive",
        "so_ky_hieu": paper.number_symbol,
        "type": paper.kind,
        "subject": paper.subject,
    }
    rows = [true, {"path": "b.txt", "kind": "negative"}]
    (tmp_path / "labels.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")

    score = scored(tmp_path)

    assert score.misses() == {}
    assert score.figures()["confusion"] == {"negative": {"other": 1}, "positive": {"issued": 1}}


def test_what_was_written_by_hand_is_told_apart_from_print() -> None:
    by_hand = _outcome(LABEL, Nature.ISSUED)
    printed = _outcome(LABEL, Nature.ISSUED, number="45", symbol="BC-X", number_symbol="45/BC-X", issued_on=date(2026, 11, 5))
    by_hand, printed = (
        msgspec.structs.replace(each, written=Written(number=how, day=how, month="printed"))
        for each, how in ((by_hand, "hand"), (printed, "stamped"))
    )
    score = Score([by_hand, printed])
    found = score.figures()["facts"]
    assert (found["number+symbol, printed"]["right"], found["number+symbol, printed"]["of"]) == (1, 1)
    assert (found["date, by hand"]["blank"], found["date, by hand"]["of"]) == (1, 1)
    assert score.aims()["number+symbol, printed"]["met"]
    assert "(written by hand)" in by_hand.misses()[0]


def test_a_file_with_words_is_print_and_nothing_is_said_of_others_nobody_saw() -> None:
    assert Written().how("date", "text") == "printed"
    assert Written().how("date", "scan") == ""
    assert Written().how("subject", "text") == ""
    assert len(table()) >= 50
    assert all(each.number in ("", "printed", "stamped", "hand") for each in table().values())
