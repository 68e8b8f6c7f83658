"""The sixty hard cases of issuance against everyday exchange: real files in real mails, read and judged as they ship."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

import pytest

from gateway.config import Inspection
from gateway.inspection import Inspector
from gateway.model import Action, Identity, Mail, Recognition, Verdict
from tests.policy import sixty
from tests.policy.desk import (
    CLERK,
    DEPARTMENT,
    DIVISION,
    HEAD,
    HEAD_AT_HOME,
    KINDERGARTEN,
    MERGED_CLERK,
    NOTIFIER,
    OUTSIDE,
    PRESS,
    REPORTS,
    SPECIALIST,
    TEACHER,
    UNION,
    decided,
    mail,
)

DIVERT, PASS, TAG, HOLD, SEAL = "divert", "pass", "pass+tag", "hold", "quarantine"
NIGHT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # ten in the evening in Vietnam


class Hard(NamedTuple):
    """One case: who sends what to whom, and what may become of each copy; alternatives are parted by a bar."""

    number: int
    words: str
    sender: str
    to: tuple[str, ...]
    make: Callable[[], bytes]
    outcomes: tuple[str, ...]
    alarm: bool = False  # a person must look at once
    identity: Identity = Identity.CLAIMED
    at: datetime | None = None


CASES = [
    Hard(1, "signed by the agency, numbered, own", DEPARTMENT, (DIVISION,), sixty.issued_by_the_department, (DIVERT,)),
    Hard(2, "a scan without text, named like a document", CLERK, (DIVISION,), sixty.scan_without_text, (f"{DIVERT}|{HOLD}",)),
    Hard(3, "DỰ THẢO, for comments", SPECIALIST, (DIVISION, CLERK), sixty.draft_for_comments, (PASS, PASS)),
    Hard(4, "the same without the word", SPECIALIST, (DIVISION,), sixty.editable_twin, (TAG,)),
    Hard(5, "a scan with the number by hand", TEACHER, (DIVISION,), sixty.written_by_hand, (f"{DIVERT}|{HOLD}",)),
    Hard(6, "an Excel form answering a công văn", TEACHER, (SPECIALIST,), sixty.figures_for_a_letter, (PASS,)),
    Hard(7, "a numbered and sealed report", TEACHER, (SPECIALIST,), sixty.numbered_report, (DIVERT,)),
    Hard(8, "the same without number", TEACHER, (SPECIALIST,), sixty.unnumbered_report, (PASS,)),
    Hard(9, "case 7 where a guiding document asks for it", TEACHER, (REPORTS,), sixty.numbered_report, (TAG,)),
    Hard(10, "a circular of the Ministry, to read", CLERK, (DIVISION,), sixty.circular_of_the_ministry, (PASS,)),
    Hard(11, "a Department's, passed on", DIVISION, (CLERK,), sixty.department_letter_passed_on, (f"{TAG}|{HOLD}",)),
    Hard(12, "SAO Y with a number of the school's", CLERK, (DIVISION,), sixty.copy_in_due_form, (DIVERT,)),
    Hard(13, "a reply that quotes a whole công văn", TEACHER, (DIVISION,), sixty.reply_with_a_quotation, (PASS,)),
    Hard(14, "a number that is only cited", TEACHER, (DIVISION,), sixty.number_that_is_cited, (PASS,)),
    Hard(15, "a công văn typed into the mail", TEACHER, (DIVISION,), sixty.typed_into_the_mail, (f"{DIVERT}|{HOLD}",)),
    Hard(16, "a notice as on a web page", SPECIALIST, (CLERK,), sixty.notice_of_a_web_page, (f"{HOLD}|{TAG}",)),
    Hard(17, "PDF, Word and Excel twins", CLERK, (DIVISION,), sixty.twins, (DIVERT,)),
    Hard(18, "a signed annex alone", CLERK, (DIVISION,), sixty.signed_annex, (HOLD,)),
    Hard(18, "an annex in Excel", CLERK, (DIVISION,), sixty.unsigned_annex, (PASS,)),
    Hard(19, "an invitation for tomorrow", DEPARTMENT, (DIVISION,), sixty.invitation, (DIVERT,), alarm=True),
    Hard(20, "thầy cô are asked to a meeting", TEACHER, (CLERK,), sixty.informal_invitation, (PASS,)),
    Hard(21, "storm, HỎA TỐC, at ten", DEPARTMENT, (DIVISION,), sixty.storm, (f"{DIVERT}|{TAG}",), alarm=True, at=NIGHT),
    Hard(22, "a secrecy stamp", SPECIALIST, (DEPARTMENT,), sixty.secret, (SEAL,), alarm=True),
    Hard(23, "words that only look like secrecy", SPECIALIST, (CLERK,), sixty.words_like_secrecy, (PASS,)),
    Hard(24, "lessons about state secrets", SPECIALIST, (CLERK,), sixty.lesson_about_secrets, (PASS,)),
    Hard(25, "an exam in a locked archive", TEACHER, (SPECIALIST,), sixty.exam_in_a_locked_archive, (f"{HOLD}|{SEAL}",)),
    Hard(26, "a document of the Party", CLERK, (DIVISION,), sixty.of_the_party, (TAG,)),
    Hard(27, "a document of the union", UNION, (CLERK,), sixty.of_the_union, (TAG,)),
    Hard(27, "a document of the youth", CLERK, (DIVISION,), sixty.of_the_youth, (TAG,)),
    Hard(28, "to a specialist's own mailbox", CLERK, (SPECIALIST,), sixty.to_the_department, (DIVERT,)),
    Hard(29, "signed, from the principal's own mailbox", HEAD_AT_HOME, (DIVISION,), sixty.to_the_department, (DIVERT,)),
    Hard(29, "nothing signed, from there", HEAD_AT_HOME, (DIVISION,), sixty.plain_words, (PASS,)),
    Hard(30, "sent once more to be in time", CLERK, (DIVISION,), sixty.sent_once_more, (f"{DIVERT}|{TAG}",)),
    Hard(31, "a photo from a telephone", CLERK, (DIVISION,), sixty.photo, (f"{DIVERT}|{HOLD}",)),
    Hard(32, "a link to a công văn", CLERK, (DIVISION,), sixty.link, (f"{HOLD}|{TAG}",)),
    Hard(33, "a locked archive, its password in the mail", TEACHER, (DIVISION,), sixty.locked_archive, (HOLD,)),
    Hard(34, "TCVN3 in Word", CLERK, (DIVISION,), sixty.old_encoding_in_word, (DIVERT,)),
    Hard(34, "TCVN3 in the body", CLERK, (DIVISION,), sixty.old_encoding_in_the_body, (DIVERT,)),
    Hard(35, "without marks, from a telephone", TEACHER, (SPECIALIST,), sixty.without_marks, (PASS,)),
    Hard(36, "mails within mails", CLERK, (DIVISION,), sixty.three_mails_deep, (DIVERT,)),
    Hard(36, "winmail.dat", CLERK, (DIVISION,), sixty.winmail, (DIVERT,)),
    Hard(37, "lesson plans, applications, praise", TEACHER, (SPECIALIST,), sixty.personal_papers, (PASS,)),
    Hard(38, "a form full of dots", SPECIALIST, (CLERK,), sixty.empty_form, (PASS,)),
    Hard(39, "minutes with a number", TEACHER, (SPECIALIST,), sixty.minutes, (PASS,)),
    Hard(40, "contract and quotation of companies", OUTSIDE, (CLERK,), sixty.of_companies, (PASS,)),
    Hard(41, "a công văn of another province", OUTSIDE, (DEPARTMENT,), sixty.of_another_province, (TAG,)),
    Hard(42, "a citizen's complaint", OUTSIDE, (DEPARTMENT,), sixty.complaint, (PASS,)),
    Hard(43, "schools and the press", CLERK, (DEPARTMENT, DIVISION, PRESS), sixty.to_the_department, (DIVERT, DIVERT, HOLD)),
    Hard(44, "a notification of the office system", NOTIFIER, (CLERK,), sixty.notification, (PASS,),
         identity=Identity.TRUSTED_NETWORK),
    Hard(45, "a recall in words", CLERK, (DIVISION,), sixty.recalled_in_words, (TAG,), alarm=True),
    Hard(45, "a signed correction", CLERK, (DIVISION,), sixty.correction_in_due_form, (DIVERT,)),
    Hard(47, "evidence of years", TEACHER, (SPECIALIST,), sixty.evidence_of_years, (PASS,)),
    Hard(48, "a broken signature", CLERK, (DIVISION,), sixty.broken_signature, (DIVERT,)),
    Hard(49, "on its round in the school", HEAD, (TEACHER,), sixty.on_its_round, (PASS,)),
    Hard(49, "on its round, to others", HEAD, (DIVISION,), sixty.on_its_round, (HOLD,)),
    Hard(50, "the symbol of a school that was merged", MERGED_CLERK, (DIVISION,), sixty.of_a_merged_school, (DIVERT,)),
    Hard(51, "an encrypted mail", CLERK, (DIVISION,), sixty.encrypted, (HOLD,)),
    Hard(52, "an example with made-up numbers", TEACHER, (SPECIALIST,), sixty.how_to_write_letters, (PASS,)),
    Hard(53, "a leave slip", CLERK, (SPECIALIST,), sixty.leave_slip, (TAG,)),
    Hard(54, "a plan of a subject group", TEACHER, (SPECIALIST,), sixty.plan_of_a_group, (PASS,)),
    Hard(55, "a personal decision", CLERK, (TEACHER, SPECIALIST), sixty.personal_decision, (PASS, HOLD)),
    Hard(56, "a nursery without clerk account", KINDERGARTEN, (DEPARTMENT,), sixty.of_a_nursery, (f"{TAG}|{DIVERT}",)),
    Hard(57, "signed at last, in a long thread", TEACHER, (SPECIALIST,), sixty.late_in_a_thread, (DIVERT,)),
    Hard(58, "V/v in the subject, Excel in the mail", TEACHER, (SPECIALIST,), sixty.habitual_subject, (PASS,)),
    Hard(59, "a newsletter with a seal in it", TEACHER, (SPECIALIST,), sixty.newsletter_with_seal, (PASS,)),
    Hard(60, "a book named like a công văn", TEACHER, (SPECIALIST,), sixty.file_named_like_a_document, (PASS,)),
]  # fmt: skip


@pytest.fixture(scope="module")
def read() -> Iterator[Callable[[Callable[[], bytes]], Recognition]]:
    """What the guarded readers say of a mail, each made and read once."""
    inspector = Inspector(Inspection(processes=1))
    inspector.start()
    yield cache(lambda make: inspector.recognise_now(make()))
    inspector.close()


@pytest.mark.parametrize("case", CASES, ids=[f"{case.number} {case.words}" for case in CASES])
def test_a_hard_case_has_its_outcome(case: Hard, read: Callable[[Callable[[], bytes]], Recognition]) -> None:
    recognition = read(case.make)
    found = decided(_letter(case), recognition)
    seen = [(each.nature.value, each.reason) for file in recognition.files for each in file.walk()]
    for verdict, allowed in zip(found, case.outcomes, strict=True):
        assert _outcome(verdict) & set(allowed.split("|")), (verdict.action, verdict.rule, verdict.reason, seen)
        assert not case.alarm or verdict.alarm


def _letter(case: Hard) -> Mail:
    letter = mail(case.sender, *case.to, identity=case.identity)
    return letter if case.at is None else mail(case.sender, *case.to, identity=case.identity, at=case.at)


_CALLED = {
    Action.REDIRECT: {DIVERT},
    Action.REJECT: {DIVERT},
    Action.HOLD: {HOLD},
    Action.QUARANTINE: {SEAL},
    Action.COPY: {TAG},
    Action.DELIVER: {PASS},
}
_SAYS_NOTHING = ("Thư không mang", "Tệp kèm theo là")


def _outcome(verdict: Verdict) -> set[str]:
    """A mail that is delivered is tagged as well when the reason names what was found in it."""
    found = _CALLED[verdict.action]
    is_tagged = verdict.action is Action.DELIVER and not verdict.reason.startswith(_SAYS_NOTHING)
    return found | {TAG} if is_tagged else found


def test_46_the_same_document_sent_six_times_is_one_case(read: Callable[[Callable[[], bytes]], Recognition]) -> None:
    """Mails join a case when the digest of the document that decides is the same (gateway.intake)."""
    mails = [read(lambda to=to: sixty.to_groups(to)) for to in range(6)]  # type: ignore[misc]
    assert len({recognition.files[1].digest for recognition in mails}) == 1
    assert {decided(mail(CLERK, DIVISION), recognition)[0].action for recognition in mails} == {Action.REDIRECT}


def test_all_sixty_are_here() -> None:
    assert {case.number for case in CASES} | {46} == set(range(1, 61))
