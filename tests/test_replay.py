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

from gateway import appeals, sample
from gateway.cli import main
from gateway.commands.opened import store_of
from gateway.commands.replay import CHANGED
from gateway.config import load
from gateway.directory.snapshot import Directory
from gateway.model import Action, Mail, Phase, Recognition, Verdict, digest_of, new_id
from gateway.policy import rules
from gateway.policy.rules import Policy
from gateway.replay import Change, Counter, changes, differs
from gateway.store import Acceptance, Replayable
from gateway.store.recognitions import without_words
from tests.policy import desk
from tests.world import letters

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


# --- Bytes: of the store, and of files ---------------------------------------------------------------------------------


def old_mail(path: Path) -> Path:
    """A folder with a document that a teacher mailed, and a report."""
    path.mkdir()
    for n, raw in enumerate((letters.letter_of_a_school(sender=letters.TEACHER), letters.figures_of_a_school())):
        (path / f"{n}.eml").write_bytes(raw)
    return path


def test_a_folder_is_tried_by_a_changed_policy_and_compared_with_the_one_in_force(config: Path, tmp_path: Path) -> None:
    milder = tmp_path / "new.toml"
    text = desk.policy().text.replace('action = "reject"\ntarget = "sender"', 'action = "copy"\ntarget = "sender"')
    milder.write_text(text, encoding="utf-8")
    folder = old_mail(tmp_path / "thu")
    same = vanthu("replay", folder, "--config", config)
    assert (same.exit_code, "2 thư, 2 kết luận" in same.stdout) == (0, True), same.output
    assert "deliver: 1" in same.stdout
    done = vanthu("replay", folder, "--config", config, "--policy", milder, "--csv", tmp_path / "out.csv")
    assert done.exit_code == CHANGED, done.output
    assert "1 kết luận sẽ khác (reject → copy: 1)" in done.stdout
    assert len((tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()) == 2


def test_an_mbox_is_tried_the_same_way(config: Path, tmp_path: Path) -> None:
    mbox = tmp_path / "cu.mbox"
    mails = [letters.letter_of_a_school(sender=letters.TEACHER), letters.figures_of_a_school()]
    stamp = b"From gv Mon Nov 23 10:00:00 2026\n"
    mbox.write_bytes(b"".join(stamp + raw.replace(b"\r\n", b"\n") + b"\n\n" for raw in mails))
    done = vanthu("replay", mbox, "--config", config)
    assert (done.exit_code, "2 thư, 2 kết luận" in done.stdout) == (0, True), done.output


def test_what_is_no_mail_says_what_was_expected(config: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("no mail")
    for path in (tmp_path / "a.txt", tmp_path / "nothing"):
        done = vanthu("replay", path, "--config", config)
        assert done.exit_code == 1
        assert "mbox" in done.output or "no such file" in done.output


def test_bytes_that_were_kept_are_read_anew_and_facts_serve_where_they_were_not(config: Path) -> None:
    raw = letters.letter_of_a_school(sender=letters.TEACHER)
    mail = replace(desk.mail(desk.TEACHER, desk.DIVISION), id=new_id(), raw=raw, digest=digest_of(raw))
    mail = replace(mail, arrival=replace(mail.arrival, at=datetime.now(UTC) - timedelta(days=1)))
    verdicts = desk.decided(mail, Recognition())  # an older recogniser saw nothing in it
    with store_of(load(config)) as store:
        store.accept_now([Acceptance(mail=mail, subject="Gửi", recognition=Recognition(), verdicts=verdicts)])
    assert vanthu("replay", "--config", config).exit_code == 0
    done = vanthu("replay", "--config", config, "--recognise")
    assert done.exit_code == CHANGED, done.output
    assert "1 thư được đọc lại: 1 kết luận sẽ khác (deliver → reject: 1)" in done.stdout


def test_what_a_clerk_decided_after_an_appeal_is_no_verdict_of_the_rules() -> None:
    each = issued_by_a_teacher()
    let_through = replace(each, verdicts=appeals.let_through(each.verdicts))
    found, counter = changed([let_through], desk.policy(), desk.directory())
    assert (found, counter.verdicts) == ([], 0)
