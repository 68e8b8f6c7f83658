"""Trying a changed policy or directory on mail that is past."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from gateway import sample
from gateway.cli import main
from gateway.commands.opened import store_of
from gateway.commands.replay import CHANGED
from gateway.config import load
from gateway.directory.snapshot import Directory
from gateway.model import Action, Mail, Phase, Recognition, Verdict, new_id
from gateway.policy import rules
from gateway.policy.rules import Policy
from gateway.replay import Change, Counter, changes, differs
from gateway.store import Acceptance, Replayable
from gateway.store.recognitions import without_words
from tests.policy import desk

NOW = desk.NOW


def past(letter: Mail, recognition: Recognition) -> Replayable:
    """A mail as it was decided when it came, and as the store gives it back."""
    verdicts = tuple(replace(each, evidence=(), passed_over=()) for each in desk.decided(letter, recognition))
    return Replayable(mail=letter, size=0, subject="Gửi văn bản", recognition=without_words(recognition), verdicts=verdicts)


def issued_by_a_teacher() -> Replayable:
    return past(desk.mail(desk.TEACHER, desk.DIVISION), desk.carrying(desk.issued("THCSLL")))


def report_by_a_teacher() -> Replayable:
    return past(desk.mail(desk.TEACHER, desk.DIVISION), desk.with_file("bao-cao.xlsx"))


def changed(mails: Iterable[Replayable], policy: Policy, directory: Directory) -> tuple[list[Change], Counter]:
    counter = Counter()
    return list(changes(mails, policy, directory, counter=counter)), counter


def rewritten(old: str, new: str) -> Policy:
    text = desk.policy().text
    assert old in text
    return rules.parse(text.replace(old, new).encode(), where="new.toml")


def test_the_same_policy_changes_nothing_though_the_words_of_the_documents_are_gone() -> None:
    mails = [
        issued_by_a_teacher(),
        report_by_a_teacher(),
        past(desk.mail(desk.CLERK, desk.DIVISION, desk.OUTSIDE), desk.carrying(desk.issued("THCSLL"))),
        past(desk.mail(desk.OUTSIDE, desk.DEPARTMENT), desk.carrying(desk.issued("ELSEWHERE"))),
        past(desk.mail(desk.TEACHER, desk.DIVISION), desk.unreadable("CV 45 THCSLL.pdf", reason="password")),
        past(desk.mail(desk.SPECIALIST, desk.RETIRED), desk.with_file("so-lieu.xlsx")),
    ]
    found, counter = changed(mails, desk.policy(), desk.directory())
    assert found == []
    assert (counter.mails, counter.verdicts, counter.changed) == (6, 7, 0)


def test_a_milder_rule_shows_whose_mail_would_have_come_through() -> None:
    milder = rewritten('action = "reject"\ntarget = "sender"', 'action = "copy"\ntarget = "sender"')
    found, counter = changed([issued_by_a_teacher(), report_by_a_teacher()], milder, desk.directory())
    (change,) = found
    assert (change.sender, change.recipient, change.subject) == (desk.TEACHER, desk.DIVISION, "Gửi văn bản")
    assert (change.before.action, change.after.action) == (Action.REJECT, Action.COPY)
    assert "87/THCSLL" in change.after.reason
    assert counter.moves == {(Action.REJECT, Action.COPY): 1}


def test_a_changed_directory_is_tried_the_same_way() -> None:
    found, _ = changed([issued_by_a_teacher()], desk.policy(), desk.directory(THCSLL=Phase.OBSERVE))
    assert [(each.after.action, each.after.would_have) for each in found] == [(Action.DELIVER, Action.REJECT)]


def test_the_day_is_the_day_on_which_the_mail_came() -> None:
    before_the_notice = desk.mail(desk.TEACHER, desk.DIVISION, at=datetime(2019, 10, 31, tzinfo=UTC))
    old = past(before_the_notice, desk.carrying(desk.issued("THCSLL")))
    assert changed([old], desk.policy(), desk.directory())[0] == []


def test_other_words_alone_are_no_change() -> None:
    (verdict,) = desk.decided(desk.mail(desk.TEACHER, desk.DIVISION), desk.with_file("a.xlsx"))
    assert not differs(verdict, replace(verdict, reason="Nói cách khác.", policy_version="khác"))
    assert differs(verdict, replace(verdict, notice="advised"))


# --- The command ------------------------------------------------------------------------------------------------------


def vanthu(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A sample house whose store remembers three mails of yesterday."""
    sample.write(tmp_path / "house")
    file = tmp_path / "house" / "vanthu.toml"
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with store_of(load(file)) as store:
        store.accept_now([_remembered(each, yesterday) for each in (issued_by_a_teacher(), report_by_a_teacher())])
        odd = _remembered(report_by_a_teacher(), yesterday)
        store.accept_now([replace(odd, subject="=HYPERLINK(1)")])
    return file


def _remembered(each: Replayable, at: datetime) -> Acceptance:
    mail = replace(each.mail, id=new_id(), arrival=replace(each.mail.arrival, at=at))
    verdicts: tuple[Verdict, ...] = each.verdicts
    return Acceptance(mail=mail, keep_raw=False, subject=each.subject, recognition=each.recognition, verdicts=verdicts)


def test_nothing_changed_is_exit_0(config: Path) -> None:
    done = vanthu("replay", "--config", config)
    assert done.exit_code == 0, done.output
    assert "3 thư, 3 kết luận" in done.stdout
    assert "0 kết luận sẽ khác" in done.stdout


def test_changes_are_shown_counted_and_written_as_csv(config: Path, tmp_path: Path) -> None:
    text = desk.policy().text.replace("when = { campaign = true }", 'when = { unit = "THCSLL" }')
    (tmp_path / "new.toml").write_text(text, encoding="utf-8")

    done = vanthu("replay", "--config", config, "--policy", tmp_path / "new.toml", "--csv", tmp_path / "out.csv")

    assert done.exit_code == CHANGED, done.output
    assert "3 kết luận sẽ khác (deliver → deliver: 2; reject → deliver: 1)" in done.stdout
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8-sig"))))
    assert [(row["sender"], row["rule"], row["new_rule"]) for row in rows].count((desk.TEACHER, "5", "3")) == 1
    assert sorted(row["subject"] for row in rows)[0] == "'=HYPERLINK(1)"  # no formula of a stranger


def test_days_outside_have_nothing(config: Path) -> None:
    done = vanthu("replay", "--config", config, "--since", "2019-11-01", "--until", "30/11/2019")
    assert "0 thư" in done.stdout


def test_days_in_the_wrong_order_are_refused(config: Path) -> None:
    done = vanthu("replay", "--config", config, "--since", "2026-11-02", "--until", "2026-11-01")
    assert done.exit_code == 2
    assert "--until" in done.output


def test_a_broken_policy_says_where(config: Path, tmp_path: Path) -> None:
    (tmp_path / "new.toml").write_text("[[rule]]\nid = 1\n", encoding="utf-8")
    done = vanthu("replay", "--config", config, "--policy", tmp_path / "new.toml")
    assert done.exit_code == 1
    assert "new.toml: line 2" in done.output
