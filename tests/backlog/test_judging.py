"""What becomes of old mails, and in whose archive their documents belong."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gateway import sample
from gateway.backlog.judging import Judgement, document_key, judge
from gateway.backlog.rules import Rules
from gateway.directory.files import load as load_directory
from gateway.lifecycle import CaseState
from gateway.model import (
    SIX_SIGNS,
    Action,
    Arrival,
    Direction,
    Document,
    Door,
    Evidence,
    FileReading,
    Mail,
    Nature,
    Recipient,
    Recognition,
    digest_of,
    lasting_id,
)
from gateway.policy.rules import load as load_policy
from gateway.store import Outcome

NOW = date(2026, 11, 28)
SCHOOL, DIVISION = "vanthu.thcsll@sgdhuonggiang.edu.vn", "vanthu.pgdcs@sgdhuonggiang.edu.vn"


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    folder = tmp_path_factory.mktemp("house") / "house"
    sample.write(folder)
    return Rules(load_policy(folder / "policy.toml"), load_directory(folder / "directory"))


def old_mail(sender: str, *to: str, at: datetime = datetime(2026, 11, 2, 3, tzinfo=UTC)) -> Mail:
    raw = f"From: {sender}\r\n\r\n{to}".encode()
    return Mail(
        id=lasting_id(at, digest_of(raw)),
        sender=sender,
        recipients=tuple(Recipient(address=address) for address in to),
        raw=raw,
        digest=digest_of(raw),
        arrival=Arrival(door=Door.ARCHIVE, at=at),
    )


def document(number_symbol: str = "87/THCSLL", issuer: str = "Trường THCS Lê Lợi", **more: object) -> Document:
    fields: dict[str, object] = {
        "nature": Nature.ISSUED,
        "confidence": 0.95,
        "number_symbol": number_symbol,
        "number": number_symbol.partition("/")[0],
        "symbol": number_symbol.partition("/")[2],
        "kind": "Công văn",
        "issuer": issuer,
        "issued_on": date(2026, 11, 2),
        "evidence": tuple(Evidence(sign=sign, words=sign.value) for sign in SIX_SIGNS),
        **more,
    }
    return Document(**fields)  # type: ignore[arg-type]  # names are checked by msgspec


def file(*documents: Document, name: str = "cv.pdf", nature: Nature = Nature.ISSUED, **more: object) -> FileReading:
    return FileReading(name=name, digest=digest_of(name.encode()), size=9, nature=nature, documents=documents, **more)  # type: ignore[arg-type]


def judged(rules: Rules, mail: Mail, *files: FileReading, owner: str = "") -> Judgement:
    recognition = Recognition(files=files, subject="Gửi văn bản")
    return judge(mail, recognition, then=rules, today=rules.directory, owner=owner, day=NOW)


def places(judgement: Judgement) -> list[tuple[str, Direction]]:
    assert judgement.acceptance is not None
    return [(opening.case.unit, opening.case.direction) for opening in judgement.acceptance.openings]


def test_a_document_goes_where_the_rule_would_have_sent_it_and_nothing_else_happens(rules: Rules) -> None:
    found = judged(rules, old_mail(SCHOOL, DIVISION), file(document()))
    assert places(found) == [("THCSLL", Direction.OUTGOING)]
    assert found.outcome is Outcome.ARCHIVED
    assert found.acceptance is not None
    (opening,) = found.acceptance.openings
    assert (opening.case.state, opening.hand_over, opening.case.due_at, opening.case.alarm) == (
        CaseState.ARCHIVED, None, None, False,
    )  # fmt: skip
    assert found.acceptance.deliveries == () == found.acceptance.verdicts
    assert opening.case.action is Action.REDIRECT
    assert opening.case.rule == "4"


def test_what_came_before_there_was_a_rule_is_archived_by_sender_and_recipients(rules: Rules) -> None:
    before = datetime(2018, 3, 1, tzinfo=UTC)
    sent = judged(rules, old_mail(SCHOOL, DIVISION, at=before), file(document(issued_on=date(2018, 3, 1))))
    came = judged(rules, old_mail("vp@bo.example", DIVISION, at=before), file(document("1/BC-BO", "BỘ NỘI VỤ")))
    assert (places(sent), places(came)) == ([("THCSLL", Direction.OUTGOING)], [("PGDCS", Direction.INCOMING)])
    assert sent.acceptance is not None
    assert sent.acceptance.openings[0].case.opened_at == before


def test_the_mailbox_that_it_was_in_says_whose_it_is(rules: Rules) -> None:
    mail = old_mail(SCHOOL, DIVISION)
    assert places(judged(rules, mail, file(document()), owner="PGDCS")) == [("PGDCS", Direction.INCOMING)]
    assert places(judged(rules, mail, file(document()), owner="THCSLL")) == [("THCSLL", Direction.OUTGOING)]


def test_a_unit_without_a_clerk_has_its_archive_with_the_one_above(rules: Rules) -> None:
    nobody = next(code for code in rules.directory.organisations if not rules.directory.clerks(code, NOW))
    assert places(judged(rules, old_mail("x@bo.example", DIVISION), file(document()), owner=nobody))[0][0] != nobody


def test_each_file_is_a_case_and_each_document_a_line_of_the_report(rules: Rules) -> None:
    two = file(document("1/THCSLL"), document("2/THCSLL"), name="hai.zip")
    found = judged(
        rules, old_mail(SCHOOL, DIVISION), two, file(document("3/THCSLL")), file(name="logo.png", nature=Nature.OTHER)
    )
    assert len(places(found)) == 2
    assert [(each.number_symbol, each.year) for each in found.documents] == [
        ("1/THCSLL", 2026), ("2/THCSLL", 2026), ("3/THCSLL", 2026),
    ]  # fmt: skip


def test_nothing_of_a_secret_is_kept(rules: Rules) -> None:
    inner = FileReading(name="a.pdf", digest="", size=1, nature=Nature.SECRET)
    found = judged(rules, old_mail(SCHOOL, DIVISION), file(document(), inner=(inner,)))
    assert (found.outcome, found.acceptance, found.documents) == (Outcome.SECRET, None, ())


@pytest.mark.parametrize("nature", [Nature.DRAFT, Nature.TEMPLATE, Nature.OTHER])
def test_what_is_no_final_document_is_not_archived(rules: Rules, nature: Nature) -> None:
    found = judged(rules, old_mail(SCHOOL, DIVISION), file(document(nature=nature), nature=nature))
    assert (found.outcome, found.acceptance) == (Outcome.NOTHING, None)


def test_what_could_not_be_read_is_told(rules: Rules) -> None:
    locked = file(name="a.zip", nature=Nature.UNREADABLE, reason="password", confidence=0.1)
    found = judged(rules, old_mail("x@y.example", DIVISION), locked)
    assert found.outcome is Outcome.UNREADABLE
    assert "“a.zip” không đọc được: tệp có mật khẩu" in found.note


def test_a_mail_without_sender_or_recipients_still_has_a_place(rules: Rules) -> None:
    assert places(judged(rules, old_mail(""), file(document("1/BC-BO", "BỘ NỘI VỤ")))) == [("SGDHG", Direction.INCOMING)]


def test_the_same_mail_gives_the_same_cases_again(rules: Rules) -> None:
    first, second = (judged(rules, old_mail(SCHOOL, DIVISION), file(document())) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (document("05/BC-THCSLL"), document("5/BC-THCSLL"), True),
        (document("05/BC-THCSLL"), document("05 / BC - THCSLL"), True),
        (document("05/BC-THCSLL"), document("05/BC-THCSLL", issued_on=date(2025, 1, 1)), False),
        (document("05/BC-THCSLL"), document("06/BC-THCSLL"), False),
        (document("5/UBND-VX", "UBND HUYỆN A"), document("5/UBND-VX", "UBND HUYỆN B"), False),
    ],
)
def test_a_number_is_the_same_within_agency_and_year(rules: Rules, one: Document, other: Document, is_same: bool) -> None:
    assert (document_key(one, rules.directory) == document_key(other, rules.directory)) is is_same


def test_a_document_without_date_or_number_is_the_same_as_no_other(rules: Rules) -> None:
    assert document_key(document(issued_on=None), rules.directory) == "" == document_key(document("THCSLL"), rules.directory)
