"""Twenty mistakes in a policy file: each is answered with the line and what to write instead."""

from __future__ import annotations

import re

import pytest

from gateway.policy import rules
from gateway.policy.mistakes import PolicyMistake

GOOD = """[issuance]
signs = 4

[[rule]]
id = "a"
title = "Văn bản của đơn vị"
clause = "Thông báo, mục 1"
clause_date = 2019-11-05
when = { carries = "own", sender = "governed" }
action = "redirect"
target = "sender"
notice = "redirected"
reason = "{document} là văn bản phát hành."

[[rule]]
id = "b"
title = "Còn lại"
clause = "Thông báo, mục 1"
clause_date = 2019-11-05
action = "deliver"
reason = "Thư trao đổi thường."
"""


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.split("\n"), 1) if part in line)


def test_without_a_mistake_it_loads() -> None:
    assert [rule.id for rule in rules.parse(GOOD.encode(), where="p.toml").rules] == ["a", "b"]


# What is replaced by what; a piece of the line that is named; words of the remedy.
MISTAKES = [
    ('action = "redirect"', 'action = "divert"', "divert", "deliver"),  # 1: an action that is none
    ('target = "sender"', 'target = "absender"', "absender", "sender"),
    ('notice = "redirected"', 'notice = "umgeleitet"', "umgeleitet", "expected one of redirected, advised, held"),
    ('title = "Còn lại"', 'titel = "Còn lại"', "titel", "no such key; expected one of id, title"),
    ('sender = "governed" }', 'absender = "governed" }', "absender", "no condition 'absender'; expected one of carries"),
    ('sender = "governed" }', 'sender = "ours" }', "ours", 'expected one or several of "governed", "unlisted"'),
    ('carries = "own"', "carries = true", "carries = true", "expected one or several of"),
    ('sender = "governed" }', 'sender_is_clerk = "yes" }', "sender_is_clerk", "expected true or false, got 'yes'"),
    (
        "clause_date = 2019-11-05\nwhen",
        'clause_date = "5/11/2019"\nwhen',
        '"5/11/2019"',
        "expected a day like 2019-11-05, without quotation marks",
    ),
    ("clause_date = 2019-11-05\nwhen", "clause_date = 2019-11-31\nwhen", "", "not valid TOML"),  # 10: an impossible day
    ("clause_date = 2019-11-05\naction", "action", '[[rule]]\nid = "b"', "clause_date"),
    (
        'action = "redirect"\n',
        'action = "redirect"\nvalid_from = 2020-01-01\nvalid_to = 2019-01-01\n',
        "valid_to",
        "not before",
    ),
    ("{document} là", "{dokument} là", "{dokument}", "dokument"),
    ('id = "b"', 'id = "a"', 'id = "a"', "an earlier rule in force at the same time has it too"),
    ('action = "deliver"\n', 'action = "deliver"\nwhen = { carries = "own" }\n', 'id = "b"', "matches everything"),
    ('target = "sender"\n', "", 'action = "redirect"', 'expected one of "sender", "recipient"'),
    ('action = "redirect"', 'action = "forward"', 'action = "forward"', 'expects the condition "retired"'),
    ("signs = 4", 'signs = "four"', "signs", "Expected `int`"),
    ("signs = 4", "sings = 4", "sings", "no such key; expected one of signs"),
    ('reason = "Thư trao đổi thường."', "reason = Thư trao đổi thường.", "", "not valid TOML"),  # 20: no quotation marks
]


CLASH = 'id = "c"'


def test_they_are_twenty() -> None:
    assert len(MISTAKES) == 20


@pytest.mark.parametrize(("right", "wrong", "named", "remedy"), MISTAKES, ids=[f"{n}" for n in range(1, 21)])
def test_a_mistake_is_named_with_its_line_and_the_remedy(right: str, wrong: str, named: str, remedy: str) -> None:
    assert right in GOOD
    text = GOOD.replace(right, wrong) if GOOD.count(right) == 1 else wrong.join(GOOD.rsplit(right, 1))

    with pytest.raises(PolicyMistake) as error:
        rules.parse(text.encode(), where="p.toml")

    said = str(error.value)
    assert remedy in said
    line = re.search(r"line (\d+)", said)
    assert line, said
    if named:
        at = text[: text.rindex(named)].count("\n") + 1
        assert abs(int(line[1]) - at) <= 1, said


# Words of our own English that must not reach the console; what the file itself says stays as it is.
ENGLISH = re.compile(r"\b(expected|got|line|valid TOML|rule [a-z]:|one of|missing|required|unreachable|no such|day|Invalid)\b")


@pytest.mark.parametrize(("right", "wrong"), [mistake[:2] for mistake in MISTAKES], ids=[f"{n}" for n in range(1, 21)])
def test_a_mistake_is_also_told_in_vietnamese_with_the_same_line(right: str, wrong: str) -> None:
    text = GOOD.replace(right, wrong) if GOOD.count(right) == 1 else wrong.join(GOOD.rsplit(right, 1))

    with pytest.raises(PolicyMistake) as error:
        rules.parse(text.encode(), where="p.toml")

    told, line = error.value.vietnamese, re.search(r"line (\d+)", str(error.value))
    assert line
    assert f"dòng {line[1]}" in told
    assert not ENGLISH.search(told), told


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"\xff\xfe", "bảng mã UTF-8"),
        (b"a = ", "cú pháp TOML"),
        (b"", "thiếu khóa rule"),
        (b'[issuance]\nneeds = ["nummer"]\n[[rule]]', "xin chọn một trong"),
        (
            b"[issuance]\nsigns = true\n[[rule]]",
            "p.toml, dòng 2: issuance.signs: cần số nguyên; trong tệp đang ghi true hoặc false",
        ),
    ],
)
def test_a_file_that_is_no_policy_is_told_in_vietnamese(raw: bytes, told: str) -> None:
    with pytest.raises(PolicyMistake) as error:
        rules.parse(raw, where="p.toml")
    assert told in error.value.vietnamese
    assert not ENGLISH.search(error.value.vietnamese), error.value.vietnamese


def test_a_rule_that_an_earlier_one_always_forestalls_is_named() -> None:
    early = GOOD[GOOD.index("[[rule]]") : GOOD.rindex("[[rule]]")]
    text = GOOD.replace(early, early + early.replace('id = "a"', 'id = "c"'))
    with pytest.raises(PolicyMistake, match=f"line {line_of(text, CLASH)}: rule c: unreachable: rule a matches first"):
        rules.parse(text.encode(), where="p.toml")
