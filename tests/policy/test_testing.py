"""Tests of a policy that are kept beside it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway import sample
from gateway.cli import main
from gateway.errors import ConfigError
from gateway.policy import testing
from tests.policy import desk

TODAY = date(2026, 11, 23)
TEST = """
[[test]]
name = "Một thư"
from = "gv.lan.thcsll@sgdhuonggiang.edu.vn"
to = ["vanthu.pgdcs@sgdhuonggiang.edu.vn", "lienhe@congty.example"]
"""


def run(text: str) -> tuple[testing.Failure, ...]:
    return testing.failures(testing.parse(text.encode(), where="t.toml"), desk.policy(), desk.directory(), today=TODAY)


def test_what_holds_is_silent_and_what_does_not_names_recipient_and_rule() -> None:
    assert run(TEST + 'expect = "deliver"') == ()
    (failure,) = run(TEST + 'expect = { "lienhe@congty.example" = "reject" }')
    assert (failure.test, failure.recipient, failure.expected) == ("Một thư", "lienhe@congty.example", "reject")
    assert failure.verdict.rule == "11"


def test_the_deciding_rule_can_be_asked_for() -> None:
    assert [failure.expected for failure in run(TEST + 'expect = "deliver"\nrule = "3"')] == ["rule 3", "rule 3"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[test]]\nname = 1\n", "name: Expected `str`, got `int`"),
        ("[[test]\n", "not valid TOML"),
        (TEST + 'expect = "weg"', "expect"),
        (TEST + 'expect = "deliver"\nkommt = 1', "kommt"),
        (TEST + 'expect = { "x@y.vn" = "deliver" }', "x@y.vn is none of its recipients"),
        (TEST.replace('["vanthu.pgdcs@sgdhuonggiang.edu.vn", "lienhe@congty.example"]', "[]") + 'expect = "deliver"', "to:"),
        (TEST + 'expect = "deliver"\nunreadable = "password"', "expected file as well"),
    ],
)
def test_a_test_that_is_written_wrong_says_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"t\.toml: ") as error:
        run(text)
    assert said in str(error.value)


# --- The command ------------------------------------------------------------------------------------------------------


def vanthu(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    sample.write(tmp_path / "house")
    return tmp_path / "house" / "vanthu.toml"


def test_the_shipped_policy_passes_the_shipped_tests(config: Path) -> None:
    done = vanthu("policy", "test", "--config", config)
    assert done.exit_code == 0, done.output
    assert "5 kiểm thử, 0 hỏng" in done.stdout


def test_a_changed_policy_that_breaks_one_says_which(config: Path, tmp_path: Path) -> None:
    text = desk.policy().text.replace('action = "reject"\ntarget = "sender"', 'action = "copy"\ntarget = "sender"')
    (tmp_path / "new.toml").write_text(text, encoding="utf-8")
    done = vanthu("policy", "test", "--config", config, "--policy", tmp_path / "new.toml")
    assert done.exit_code == 1
    assert "HỎNG: Giáo viên gửi công văn đã ký của trường: bị từ chối" in done.stdout
    assert "cần reject, được copy theo quy tắc 5" in done.stdout


def test_a_file_that_is_not_there_is_named(config: Path, tmp_path: Path) -> None:
    done = vanthu("policy", "test", "--config", config, tmp_path / "none.toml")
    assert (done.exit_code, "none.toml: cannot be read" in done.output) == (1, True)


def test_versions_that_were_in_force_can_be_shown(config: Path) -> None:
    assert vanthu("policy", "history", "--config", config).stdout == "Chưa có phiên bản nào được ghi.\n"
    assert vanthu("policy", "show", "abc", "--config", config).exit_code == 1
