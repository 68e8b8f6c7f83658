"""Reading a policy: what is understood, and how a mistake is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.model import Action
from gateway.policy.conditions import CONDITIONS
from gateway.policy.reasons import WORDS
from gateway.policy.rules import Alarm, HandOver, Phases, Target, load, parse

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "gateway" / "sample" / "policy.toml"

LAST = """
[[rule]]
id = "last"
title = "Còn lại"
clause = "mục 4"
clause_date = 2019-11-05
action = "deliver"
reason = "Chuyển."
"""


def rule(**fields: str) -> str:
    """A [[rule]] table as text; an empty value leaves the key out."""
    base = {
        "id": '"a"',
        "title": '"Thử"',
        "clause": '"mục 1"',
        "clause_date": "2019-11-05",
        "when": '{ carries = "own" }',
        "action": '"reject"',
        "target": '"sender"',
        "reason": '"{document} không được gửi."',
    }
    return "[[rule]]\n" + "".join(f"{key} = {value}\n" for key, value in (base | fields).items() if value)


def read(text: str) -> tuple[str, ...]:
    return tuple(found.id for found in parse(text.encode(), where="policy.toml").rules)


def test_the_shipped_policy_has_its_rules_in_order_each_with_clause_and_date() -> None:
    policy = load(SHIPPED)

    ids = "1 2 3 3b 3c 4 5 6 7 7b 8 8b 9 10 10b 10c 11"
    assert [rule.id for rule in policy.rules] == ids.split()
    assert all(rule.clause and rule.clause_date and rule.title and rule.reason for rule in policy.rules)


def test_what_is_left_out_has_its_default() -> None:
    (first, _) = parse((rule() + LAST).encode(), where="").rules

    assert (first.alarm, first.hand_over, first.phases, first.notice) == (Alarm.NEVER, HandOver.APPROVAL, Phases.OF_UNIT, "")
    assert (first.action, first.target) == (Action.REJECT, Target.SENDER)


def test_the_version_changes_with_every_byte() -> None:
    one, other = (parse(text.encode(), where="").version for text in (rule() + LAST, rule() + LAST + "\n"))
    assert one != other
    assert load(SHIPPED).version == load(SHIPPED).version


def test_a_rule_is_in_force_on_its_first_and_its_last_day() -> None:
    text = rule(valid_from="2026-01-01", valid_to="2026-01-31") + LAST
    policy = parse(text.encode(), where="")

    def in_force(on: date) -> list[str]:
        return [ready.rule.id for ready in policy.in_force(on)]

    assert in_force(date(2025, 12, 31)) == in_force(date(2026, 2, 1)) == ["last"]
    assert in_force(date(2026, 1, 1)) == in_force(date(2026, 1, 31)) == ["a", "last"]


def test_one_id_may_change_its_meaning_with_the_law() -> None:
    old = rule(valid_to="2026-02-28", clause='"Luật 2018"')
    new = rule(valid_from="2026-03-01", clause='"Luật 2025"')
    assert read(old + new + LAST) == ("a", "a", "last")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[rule]\n", "not valid TOML"),
        (rule(notice='"address-movd"') + LAST, "line 10: rule a: notice: expected one of redirected, advised, held, sealed, "),
        (rule(notice='"returned"') + LAST, "line 10: rule a: notice: expected one of"),
        (rule(action='"bounce"') + LAST, "line 7: [[rule]] action: expected one of deliver, copy, redirect, reject, hold,"),
        (rule(colour='"red"') + LAST, "line 10: [[rule]] colour: no such key; expected one of id, title, clause, "),
        (LAST.lstrip() + rule(id='"b"', reason="") + LAST, "line 8: [[rule]] reason: Object missing required field `reason`"),
        (rule(clause_date="2019-11-31") + LAST, "not valid TOML"),
        (rule(clause_date='"hôm qua"') + LAST, "line 5: [[rule]] clause_date:"),
        (rule(when='{ carries = "own", colour = "red" }') + LAST,
         "line 6: rule a: when: no condition 'colour'; expected one of carries, secret"),
        (rule(when='{ carries = "mine" }') + LAST, 'line 6: rule a: when: carries: expected one or several of "own", '),
        (rule(when='{ secret = "yes" }') + LAST, "line 6: rule a: when: secret: expected true or false, got 'yes'"),
        (rule(when='{ kind = [] }') + LAST, "line 6: rule a: when: kind: expected a text or several, got []"),
        (rule(when='{ sender = ["governed", 5] }') + LAST, "line 6: rule a: when: sender: expected one or several of"),
        (rule(when="") + "[rule.when]\nsecret = true\ncolour = 1\n" + LAST, "line 11: rule a: when: no condition 'colour'"),
        (rule(valid_from="2026-02-01", valid_to="2026-01-31") + LAST,
         "line 11: rule a: valid_to: expected a day not before 2026-02-01"),
        (rule(reason='"Xin {chao}."') + LAST, "line 9: rule a: reason: expected in braces one of document, "),
        (rule(reason='"Xin {."') + LAST, "line 9: rule a: reason: expected text with words in braces"),
        (rule(target="") + LAST, 'line 7: rule a: target: expected one of "sender", "recipient", "superior"'),
        (rule(target="", action='"hold"') + LAST, "hold may open a case"),
        (rule(action='"forward"') + LAST, 'line 7: rule a: action: "forward" expects the condition "retired"'),
        (rule() + rule(id='"b"') + LAST, "line 11: rule b: unreachable: rule a matches first whenever it would"),
        (rule(when='{ carries = ["own", "probable"] }') + rule(id='"b"', when='{ carries = "own", secret = true }') + LAST,
         "rule b: unreachable: rule a"),
        (LAST.lstrip() + rule() + LAST, "rule a: unreachable: rule last"),
        (rule() + rule(when='{ secret = true }') + LAST, "line 11: rule a: id: an earlier rule in force"),
        (rule(), "line 2: expected a last rule that matches everything: no when, no dates"),
        (rule() + LAST + "valid_to = 2030-01-01\n", "expected a last rule that matches everything"),
        ("issuance = 5\n" + LAST, "line 1: issuance: Expected `object`, got `int`"),
        ("[issuance]\nsigns = 4\nneeds = [\"nummer\"]\n" + LAST, "line 3: issuance.needs"),
        ("[issuance]\nsings = 4\n" + LAST, "line 2: [issuance] sings: no such key; expected one of signs, needs, "),
        ("[rules]\n" + LAST, "line 1: rules: no such key; expected one of rule, issuance"),
        ("[issuance]\nsigns = 4\n", "line 1: Object missing required field `rule`"),
        ("rule = []\n", "line 1: expected a last rule"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_line_and_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(text)
    assert str(error.value).startswith("policy.toml: ")
    assert said in str(error.value)


@pytest.mark.parametrize(
    "pair",
    [
        (rule(when='{ carries = "own" }'), rule(id='"b"', when='{ carries = ["own", "probable"] }')),
        (rule(when='{ carries = "own", secret = true }'), rule(id='"b"', when='{ carries = "own" }')),
        (rule(valid_to="2026-01-31"), rule(id='"b"')),
        (rule(valid_from="2026-01-31"), rule(id='"b"', valid_to="2026-12-31")),
        (rule(when="{ secret = true }"), rule(id='"b"', when="{ secret = false }")),
    ],
)
def test_a_rule_that_may_still_match_is_no_mistake(pair: tuple[str, str]) -> None:
    assert read("".join(pair) + LAST) == ("a", "b", "last")


def test_line_numbers_hold_with_crlf_and_a_byte_order_mark() -> None:
    text = (rule(action='"bounce"') + LAST).replace("\n", "\r\n")
    with pytest.raises(ConfigError, match="line 7"):
        parse(b"\xef\xbb\xbf" + text.encode(), where="policy.toml")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read"):
        load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"# v\xe4n\n")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load(tmp_path / "latin.toml")


@pytest.mark.parametrize("name", CONDITIONS)
def test_every_condition_is_explained_in_the_manual_and_has_its_sentence(name: str) -> None:
    manual = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
    condition = CONDITIONS[name]
    value = next(
        value
        for value in (True, "own", "governed", "clerk", "open", "khẩn", "recall", "claimed", "smtp", "party", 100)
        if _takes(name, value)
    )

    assert f"`{name}`" in manual
    assert condition.otherwise(condition.takes(value)).endswith(".")


def _takes(name: str, value: object) -> bool:
    try:
        CONDITIONS[name].takes(value)
    except ValueError:
        return False
    return True


def test_every_word_that_a_reason_may_use_is_used_by_a_shipped_rule() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert [word for word in WORDS if f"{{{word}}}" not in text] == []
