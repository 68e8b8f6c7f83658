"""What a changed policy is tried on: mails without their bytes, recognitions without their words, and what was in force."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from gateway.errors import NotFound
from gateway.model import Action, Door, Evidence, FileReading, Recognition, Sign
from gateway.store import Store
from tests.store.letters import CLERK, NOON, SECOND, captured, case, document, mail, passing

LATER = NOON + timedelta(days=1)


def found() -> Recognition:
    said = replace(
        document(),
        signer="Nguyễn Văn Mẫu",
        evidence=(Evidence(sign=Sign.NUMBER, words="Số: 45/QĐ-SGDĐT", file="QD.pdf", page=1),),
    )
    return Recognition(files=(FileReading(name="QD.pdf", digest="ab", size=9, documents=(said,)),), subject="Gửi quyết định")


def test_what_was_recognised_stays_without_its_words(store: Store) -> None:
    letter = mail()
    store.accept_now([replace(passing(letter), recognition=found())])

    (kept,) = store.archive.replayable(since=NOON, until=LATER).mails

    assert (kept.mail.id, kept.mail.raw, kept.mail.arrival) == (letter.id, b"", letter.arrival)
    (read,) = kept.recognition.documents()
    assert (read.number_symbol, read.kind, read.issuer, read.issued_on) == (
        "45/QĐ-SGDĐT", "Quyết định", "Sở Giáo dục và Đào tạo Hương Giang", NOON.date(),
    )  # fmt: skip
    assert (read.subject, read.signer) == ("", "")
    assert [(evidence.sign, evidence.words, evidence.file) for evidence in read.evidence] == [(Sign.NUMBER, "", "QD.pdf")]
    assert [verdict.action for verdict in kept.verdicts] == [Action.DELIVER]


def test_what_a_decision_looks_at_comes_back_whole_though_not_every_column_is_read(store: Store) -> None:
    letter = mail(to=(CLERK,))
    store.accept_now([passing(letter)])
    (kept,) = store.archive.replayable(since=NOON, until=LATER).mails
    assert kept.mail == replace(letter, raw=b"")
    assert (kept.size, kept.subject) == (len(letter.raw), store.views.mail(letter.id).subject)
    (before,) = store.views.verdicts(letter.id)
    assert kept.verdicts == (replace(before, evidence=(), passed_over=()),)


def test_a_mail_without_anything_to_recognise_is_replayable_too(store: Store) -> None:
    store.accept_now([passing(mail())])
    assert store.archive.replayable(since=NOON, until=LATER).mails[0].recognition.skipped


def test_of_a_sealed_mail_nothing_is_kept(store: Store) -> None:
    letter = mail()
    sealed = captured(letter, case(letter, action=Action.QUARANTINE))
    store.accept_now([replace(sealed, recognition=found())])
    assert store.archive.replayable(since=NOON, until=LATER).mails == ()


def test_letters_of_our_own_are_not_decided_again(store: Store) -> None:
    letter = mail()
    own = replace(letter, arrival=replace(letter.arrival, door=Door.OWN))
    store.accept_now([passing(own)])
    assert store.archive.replayable(since=NOON, until=LATER).mails == ()


def test_they_come_oldest_first_page_by_page(store: Store) -> None:
    letters = [mail(at=NOON + n * SECOND) for n in range(7)]
    store.accept_now([passing(letter) for letter in letters])
    seen: list[str] = []
    after = ""
    while True:
        page = store.archive.replayable(since=NOON + SECOND, until=NOON + 6 * SECOND, after=after, limit=2)
        seen += [each.mail.id for each in page.mails]
        after = page.after
        if not after:
            break
    assert seen == sorted(letter.id for letter in letters[1:6])


def test_a_policy_is_remembered_from_the_first_time_it_was_in_force(store: Store) -> None:
    store.put_policy("aaa", "[[rule]]", now=NOON)
    store.put_policy("aaa", "[[rule]]", now=LATER)
    store.put_policy("bbb", "# anders", now=LATER)
    assert [(each.version, each.at) for each in store.archive.policies()] == [("bbb", LATER), ("aaa", NOON)]
    assert store.archive.policy("aaa") == "[[rule]]"
    with pytest.raises(NotFound):
        store.archive.policy("ccc")


def test_a_directory_is_remembered_when_it_changes(store: Store) -> None:
    files = {"domains.csv": "domain\nsgdhuonggiang.edu.vn\n"}
    store.put_directory("one", files, now=NOON)
    store.put_directory("one", files, now=NOON + SECOND)
    store.put_directory("two", {}, actor="quantri", now=NOON + 2 * SECOND)
    store.put_directory("one", files, now=LATER)
    assert [(each.version, each.at, each.actor) for each in store.archive.directories()] == [
        ("one.2", LATER, ""), ("two", NOON + 2 * SECOND, "quantri"), ("one", NOON, ""),
    ]  # fmt: skip
    assert store.archive.directory("one") == store.archive.directory("one.2") == files


def test_what_came_through_a_reporting_channel_is_listed(store: Store) -> None:
    letter, other = mail(at=NOON + SECOND), mail(at=NOON)
    for each in (letter, other):
        through = replace(passing(each), recognition=found())
        store.accept_now([replace(through, verdicts=(replace(through.verdicts[0], campaign="1109/SGDĐT"),))])
    store.accept_now([passing(mail())])

    listed = store.archive.reports("1109/SGDĐT", CLERK.upper())

    assert [(each.mail_id, each.sender, each.files) for each in listed] == [
        (other.id, other.sender, ("QD.pdf",)), (letter.id, letter.sender, ("QD.pdf",)),
    ]  # fmt: skip
    assert store.archive.reports("1110/SGDĐT", CLERK) == ()
