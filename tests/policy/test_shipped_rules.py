"""The eleven rules that ship, each with its cases; what is left alone is as important as what is stopped."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from gateway.model import (
    NOTHING_RECOGNISED,
    Action,
    Direction,
    Document,
    Identity,
    Nature,
    Recognition,
    Secrecy,
    Sign,
    Urgency,
    Verdict,
)
from tests.policy.desk import (
    CLERK,
    CLOSED,
    DEPARTMENT,
    DIVISION,
    HEAD,
    KINDERGARTEN,
    NOTIFIER,
    OTHER_DIVISION,
    OUTSIDE,
    PRESS,
    REPORTS,
    RETIRED,
    SPECIALIST,
    TEACHER,
    UNION,
    UNLISTED,
    carrying,
    decided,
    directory,
    issued,
    mail,
    policy,
    unreadable,
    verdict,
    with_file,
)

SCHOOLS = issued("THCSLL")


def fate(found: Verdict) -> tuple[str, str]:
    return found.rule, found.action.value


# --- 1 secret ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sender", [TEACHER, CLERK, OUTSIDE, UNLISTED, ""], ids=str)
@pytest.mark.parametrize("recipient", [DEPARTMENT, HEAD, OUTSIDE, REPORTS])
def test_a_secret_document_is_sealed_whoever_sends_it_to_whomever(sender: str, recipient: str) -> None:
    found = verdict(mail(sender, recipient), carrying(issued("THCSLL", nature=Nature.SECRET, secrecy=Secrecy.SECRET)))

    assert fate(found) == ("1", "quarantine")
    assert found.alarm
    assert "TỐI MẬT" in found.reason


def test_no_content_of_a_secret_document_stands_in_the_verdict() -> None:
    secret = issued("THCSLL", secrecy=Secrecy.CONFIDENTIAL, signs=(Sign.NUMBER, Sign.SECRECY), subject="tên tệp kín")
    found = verdict(mail(TEACHER, DEPARTMENT), carrying(secret, subject="chuyện kín"))

    told = msgspec.json.encode(found).decode()
    assert [evidence.sign for evidence in found.evidence] == [Sign.SECRECY]
    assert not any(word in told for word in ("kín", "87/THCSLL", "vb1.pdf", "vb.pdf"))


def test_a_file_that_is_secret_as_a_whole_is_enough() -> None:
    assert fate(verdict(mail(OUTSIDE, TEACHER), with_file("x.pdf", nature=Nature.SECRET))) == ("1", "quarantine")


# --- 2 notifications, 3 campaigns -------------------------------------------------------------------------------------


def test_a_notification_of_an_office_system_passes_with_all_its_numbers_and_files() -> None:
    found = verdict(mail(NOTIFIER, CLERK, identity=Identity.TRUSTED_NETWORK), carrying(SCHOOLS))

    assert fate(found) == ("2", "deliver")
    assert "I-Office" in found.reason


def test_a_notification_that_is_only_claimed_is_judged_like_any_other_mail() -> None:
    found = verdict(mail(NOTIFIER, CLERK), carrying(SCHOOLS))

    assert found.rule == "7b"
    assert "không đến từ mạng tin cậy" in found.passed_over[1].because


REPORT = issued("THCSLL", kind="Báo cáo", symbol="BC-THCSLL")


@pytest.mark.parametrize(
    ("found", "rule"),
    [
        (verdict(mail(TEACHER, REPORTS), carrying(REPORT)), "3"),
        (verdict(mail(CLERK, REPORTS), with_file("so lieu.XLSX")), "3"),
        (verdict(mail(TEACHER, REPORTS), carrying(SCHOOLS)), "5"),
        (verdict(mail(TEACHER, REPORTS), with_file("anh.jpg")), "11"),
        (verdict(mail(TEACHER, SPECIALIST), carrying(REPORT)), "5"),
        (verdict(mail(TEACHER, REPORTS, at=datetime(2025, 8, 31, 16, 59, tzinfo=UTC)), carrying(REPORT)), "5"),
        (verdict(mail(TEACHER, REPORTS, at=datetime(2025, 8, 31, 17, 0, tzinfo=UTC)), carrying(REPORT)), "3"),
    ],
    ids=[
        "a sealed report in the window",
        "a table",
        "another kind of document",
        "another form of file",
        "another mailbox",
        "the evening before it opens, in Vietnam",
        "midnight of its first day, in Vietnam",
    ],
)
def test_what_fits_an_open_campaign_passes(found: Verdict, rule: str) -> None:
    assert found.rule == rule


# --- 4 the clerk, 5 everybody else ------------------------------------------------------------------------------------


def test_the_clerks_issuance_goes_into_her_own_office_systems_queue_at_once() -> None:
    found = verdict(mail(CLERK, DIVISION), carrying(SCHOOLS))

    assert fate(found) == ("4", "redirect")
    assert (found.unit, found.office, found.direction) == ("THCSLL", "ioffice-nganh", Direction.OUTGOING)
    assert found.hand_over_at_once
    assert found.notice == "redirected"
    assert not found.alarm
    assert found.reason.startswith("Công văn số 87/THCSLL ngày 16/11/2026 là văn bản phát hành của Trường THCS Lê Lợi")


def test_the_department_issues_on_the_system_of_the_province() -> None:
    found = verdict(mail(DEPARTMENT, CLERK), carrying(issued("SGDHG", kind="Quyết định", symbol="QĐ-SGDĐT")))

    assert (found.rule, found.unit, found.office) == ("4", "SGDHG", "qlvb-tinh")


@pytest.mark.parametrize("urgency", [Urgency.URGENT, Urgency.VERY_URGENT, Urgency.FLASH])
def test_an_urgent_one_raises_an_alarm(urgency: Urgency) -> None:
    found = verdict(mail(CLERK, DIVISION), carrying(SCHOOLS, issued("THCSLL", kind="Giấy mời", urgency=urgency)))

    assert found.alarm
    assert found.reason.startswith("Giấy mời")
    assert "(và 1 văn bản khác)" in found.reason


@pytest.mark.parametrize("sender", [TEACHER, HEAD])
@pytest.mark.parametrize("recipient", [DEPARTMENT, DIVISION, SPECIALIST, UNLISTED, OUTSIDE])
def test_anybody_elses_issuance_is_refused_and_he_reads_who_may_send_it(sender: str, recipient: str) -> None:
    found = verdict(mail(sender, recipient), carrying(SCHOOLS))

    assert fate(found) == ("5", "reject")
    assert CLERK in found.reason
    assert "I-Office ngành giáo dục" in found.reason
    assert "Thông báo của Sở" in found.clause
    assert found.clause.endswith("(05/11/2019)")
    assert [evidence.sign for evidence in found.evidence][:2] == [Sign.AGENCY, Sign.NUMBER]


def test_a_numbered_sealed_report_is_an_issuance_too() -> None:
    assert fate(verdict(mail(TEACHER, SPECIALIST), carrying(REPORT))) == ("5", "reject")


def test_a_copy_in_due_form_is_an_issuance_of_whoever_made_it() -> None:
    copy = issued("SGDHG", nature=Nature.COPY, number="05", symbol="SY-THCSLL")

    assert fate(verdict(mail(TEACHER, DIVISION), carrying(copy))) == ("5", "reject")
    assert fate(verdict(mail(DIVISION, CLERK), carrying(copy))) == ("11", "deliver")


def test_an_address_of_the_ministrys_mail_is_no_clerk_account_any_more() -> None:
    assert verdict(mail(RETIRED, DIVISION), carrying(SCHOOLS)).rule == "5"


def test_the_signed_file_among_its_twins_decides_for_the_whole_mail() -> None:
    twins = carrying(issued("THCSLL", nature=Nature.DRAFT, number=""), SCHOOLS)
    assert verdict(mail(CLERK, DIVISION), twins).rule == "4"


def test_what_stays_within_the_unit_is_not_issued() -> None:
    assert fate(verdict(mail(TEACHER, CLERK), carrying(SCHOOLS))) == ("11", "deliver")
    assert "nội bộ đơn vị" in verdict(mail(CLERK, TEACHER), carrying(SCHOOLS)).reason
    assert fate(verdict(mail(TEACHER, RETIRED), carrying(SCHOOLS))) == ("10", "forward")  # the old address of his own school


def test_a_copy_to_ones_own_headmaster_makes_no_difference() -> None:
    assert [v.action for v in decided(mail(TEACHER, DIVISION, HEAD), carrying(SCHOOLS))] == [Action.REJECT, Action.REJECT]


# --- 6 no clerk -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipient", [DIVISION, DEPARTMENT, OUTSIDE])
def test_a_unit_without_clerk_account_is_not_stopped(recipient: str) -> None:
    found = verdict(mail(KINDERGARTEN, recipient), carrying(issued("MNHS")))

    assert fate(found) == ("6", "copy")
    assert (found.unit, found.office, found.direction) == ("PGDCS", "ioffice-nganh", Direction.INCOMING)
    assert "Trường Mầm non Hoa Sen chưa có tài khoản văn thư" in found.reason


# --- 7 incoming -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recipient", "unit", "office"),
    [
        (SPECIALIST, "SGDHG", "qlvb-tinh"),
        (TEACHER, "THCSLL", "ioffice-nganh"),
        (KINDERGARTEN, "PGDCS", "ioffice-nganh"),
        (UNLISTED, "SGDHG", "qlvb-tinh"),
        (RETIRED, "THCSLL", "ioffice-nganh"),
    ],
)
def test_what_comes_from_an_agency_outside_is_delivered_and_registered_by_the_addressees_clerk(
    recipient: str, unit: str, office: str
) -> None:
    found = verdict(mail(OUTSIDE, recipient), carrying(issued("MINISTRY")))

    assert fate(found) == ("7", "copy")
    assert (found.unit, found.office, found.direction) == (unit, office, Direction.INCOMING)
    assert "BỘ GIÁO DỤC VÀ ĐÀO TẠO" in found.reason
    assert found.notice == ""  # we write to no stranger on his account


def test_a_copy_for_a_retired_address_names_who_took_over() -> None:
    assert verdict(mail(OUTSIDE, RETIRED), carrying(issued("MINISTRY"))).target == CLERK


def test_another_provinces_department_with_our_symbol_is_not_ours() -> None:
    assert verdict(mail("vanthu@sgdlamha.example", DEPARTMENT), carrying(issued("ELSEWHERE"))).rule == "7"
    assert verdict(mail(DEPARTMENT, CLERK), carrying(issued("ELSEWHERE"))).rule == "11"


@pytest.mark.parametrize("sender", ["hieutruong.leloi@thu-rieng.example", UNLISTED])
def test_a_document_of_ours_from_an_unknown_address_is_delivered_and_looked_at(sender: str) -> None:
    found = verdict(mail(sender, DIVISION), carrying(SCHOOLS))

    assert fate(found) == ("7b", "copy")
    assert (found.unit, found.direction) == ("PGDCS", Direction.INCOMING)
    assert "Trường THCS Lê Lợi" in found.reason
    assert f"{sender} không có trong danh bạ" in found.reason


def test_a_delivery_report_that_returns_a_document_is_only_delivered() -> None:
    assert fate(verdict(mail("", CLERK), carrying(SCHOOLS))) == ("11", "deliver")
    assert fate(verdict(mail("", CLERK), unreadable("CV 123.pdf"))) == ("11", "deliver")


# --- 8 unreadable -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sender", "unit", "direction"),
    [
        (CLERK, "THCSLL", Direction.OUTGOING),
        (TEACHER, "THCSLL", Direction.OUTGOING),
        (KINDERGARTEN, "PGDCS", Direction.INCOMING),
        (OUTSIDE, "SGDHG", Direction.INCOMING),
    ],
)
def test_a_scan_named_like_a_document_is_held_for_a_person(sender: str, unit: str, direction: Direction) -> None:
    found = verdict(mail(sender, SPECIALIST), unreadable("CV 123 thiet bi.pdf"))

    assert fate(found) == ("8", "hold")
    assert (found.unit, found.direction) == (unit, direction)
    assert "CV 123 thiet bi.pdf" in found.reason
    assert "bản quét không có lớp chữ" in found.reason
    assert found.notice == ("" if sender == OUTSIDE else "held")


@pytest.mark.parametrize(
    "recognition",
    [unreadable("scan001.pdf"), unreadable("anh lop.pdf", subject="Báo cáo theo CV 123"), with_file("CV 123 SGD.pdf")],
    ids=["no hint", "a cited number", "read, and it is no document"],
)
def test_what_gives_no_hint_passes_though_unreadable(recognition: Recognition) -> None:
    assert fate(verdict(mail(TEACHER, SPECIALIST), recognition)) == ("11", "deliver")


def test_a_locked_archive_is_held_when_the_mail_speaks_of_a_document() -> None:
    locked = unreadable("tai lieu.zip", reason="password", subject="Gửi Quyết định bổ nhiệm")

    assert verdict(mail(TEACHER, SPECIALIST), locked).rule == "8"
    assert (
        verdict(mail(TEACHER, SPECIALIST), unreadable("tai lieu.zip", reason="password", subject="Ảnh hội trại")).rule == "11"
    )


def test_a_letterhead_in_an_old_encoding_is_held() -> None:
    assert verdict(mail(TEACHER, SPECIALIST), unreadable("vb.docx", reason="encoding")).rule == "8"


# --- 9 mixed recipients -----------------------------------------------------------------------------------------------


def test_outside_copies_of_the_clerks_issuance_wait_in_the_same_unit() -> None:
    ours, press = decided(mail(CLERK, DIVISION, PRESS), carrying(SCHOOLS))

    assert (fate(ours), fate(press)) == (("4", "redirect"), ("9", "hold"))
    assert (press.unit, press.direction) == (ours.unit, ours.direction) == ("THCSLL", Direction.OUTGOING)
    assert PRESS in press.reason


def test_an_issuance_for_outsiders_alone_follows_the_same_rules() -> None:
    assert verdict(mail(CLERK, PRESS), carrying(SCHOOLS)).rule == "4"
    assert verdict(mail(TEACHER, PRESS), carrying(SCHOOLS)).rule == "5"


# --- 10 retired addresses ---------------------------------------------------------------------------------------------


def test_mail_to_a_retired_address_goes_to_its_successor() -> None:
    found = verdict(mail(OUTSIDE, RETIRED))

    assert fate(found) == ("10", "forward")
    assert (found.target, found.notice) == (CLERK, "address-moved")
    assert RETIRED in found.reason
    assert "01/11/2019" in found.reason


def test_after_its_closing_date_it_is_refused_with_the_new_address() -> None:
    found = verdict(mail(OUTSIDE, CLOSED))

    assert fate(found) == ("10b", "reject")
    assert found.target == "vanthu.thptnh@sgdhuonggiang.edu.vn"
    assert found.target in found.reason


def test_the_null_sender_is_told_nothing() -> None:
    assert verdict(mail("", RETIRED)).notice == ""


# --- 11 everything else -----------------------------------------------------------------------------------------------


def weak(*signs: Sign) -> Document:
    return issued("THCSLL", signs=signs)


@pytest.mark.parametrize(
    ("sender", "recognition", "because"),
    [
        (TEACHER, NOTHING_RECOGNISED, "Thư không mang tệp nào có thể là văn bản hành chính"),
        (TEACHER, with_file("so lieu.xlsx"), "Thư không mang văn bản phát hành"),
        (TEACHER, carrying(issued("THCSLL", nature=Nature.DRAFT, number="")), "dự thảo"),
        (TEACHER, carrying(issued("THCSLL", nature=Nature.TEMPLATE, number="")), "biểu mẫu"),
        (TEACHER, carrying(issued("MINISTRY")), "là văn bản của BỘ GIÁO DỤC VÀ ĐÀO TẠO, được gửi để tham khảo"),
        (CLERK, carrying(issued("SGDHG")), "được gửi để tham khảo"),
        (DIVISION, carrying(issued("SGDHG")), "được gửi để tham khảo"),
        (OTHER_DIVISION, carrying(issued("PGDCS")), "được gửi để tham khảo"),
        (TEACHER, carrying(issued("THCSLL", kind="Biên bản", symbol="BB-THCSLL")), "không áp dụng"),
        (TEACHER, carrying(issued("THCSLL", issuer="CÔNG ĐOÀN TRƯỜNG THCS LÊ LỢI")), "ngoài phạm vi"),
        (TEACHER, carrying(issued("THCSLL", issuer="TỔ TOÁN", superior="TRƯỜNG THCS LÊ LỢI", symbol="KH-TCM")), "là văn bản"),
        (TEACHER, carrying(weak(Sign.AGENCY, Sign.NUMBER, Sign.DATE)), "3/6 dấu hiệu"),
        (TEACHER, carrying(weak(Sign.AGENCY, Sign.DATE, Sign.SIGNATURE, Sign.ADDRESSEE)), "thiếu số, ký hiệu"),
        (UNION, carrying(issued("THCSLL", issuer="CÔNG ĐOÀN NGÀNH GIÁO DỤC", symbol="CĐN")), "ngoài phạm vi"),
    ],
)  # fmt: skip
def test_everything_else_is_delivered_and_says_why(sender: str, recognition: Recognition, because: str) -> None:
    found = verdict(mail(sender, SPECIALIST if sender != DEPARTMENT else CLERK), recognition)

    assert fate(found) == ("11", "deliver")
    assert because in found.reason
    assert found.reason.endswith("thư được chuyển nguyên vẹn.")
    assert found.notice == ""


def test_old_documents_by_the_dozen_are_evidence_and_one_alone_is_not() -> None:
    old = [issued("THCSLL", number=str(n), on=date(2022, 3, n)) for n in range(1, 4)]

    assert verdict(mail(TEACHER, SPECIALIST), carrying(*old)).rule == "11"
    assert "minh chứng" in verdict(mail(TEACHER, SPECIALIST), carrying(*old)).reason
    assert verdict(mail(TEACHER, SPECIALIST), carrying(old[0])).rule == "5"
    assert verdict(mail(TEACHER, SPECIALIST), carrying(*old, SCHOOLS)).rule == "5"


def test_a_thread_does_not_whitelist_the_signed_version_that_somebody_attaches_later() -> None:
    thread = carrying(SCHOOLS, subject="Re: Re: Xin ý kiến góp ý dự thảo")
    assert verdict(mail(TEACHER, DIVISION), thread).rule == "5"


# --- all of them ------------------------------------------------------------------------------------------------------


def test_every_rule_passed_over_says_why() -> None:
    found = verdict(mail(TEACHER, SPECIALIST))

    assert [passed.rule for passed in found.passed_over] == [rule.id for rule in policy().rules[:-1]]
    assert all(passed.because.endswith(".") for passed in found.passed_over)


def test_every_verdict_names_the_version_of_the_policy_and_its_clause() -> None:
    for found in decided(mail(CLERK, DIVISION, PRESS), carrying(SCHOOLS)):
        assert found.policy_version == policy().version
        assert len(found.policy_version) == 12
        assert found.clause


def test_verdicts_stand_in_the_order_of_the_recipients() -> None:
    to = (PRESS, RETIRED, DIVISION, OUTSIDE)
    assert tuple(found.recipient for found in decided(mail(OUTSIDE, *to))) == to


def test_the_rule_was_not_in_force_before_its_day() -> None:
    before = datetime(2019, 10, 31, 16, 59, tzinfo=UTC)
    old = issued("THCSLL", on=date(2019, 10, 30))

    assert verdict(mail(TEACHER, DIVISION, at=before), carrying(old)).rule == "11"
    assert verdict(mail(TEACHER, DIVISION, at=datetime(2019, 10, 31, 17, 0, tzinfo=UTC)), carrying(old)).rule == "5"


def test_every_case_that_a_verdict_opens_has_a_unit_with_a_clerk_or_an_office() -> None:
    for sender in (CLERK, TEACHER, KINDERGARTEN, OUTSIDE, UNLISTED):
        for carried in (carrying(SCHOOLS), carrying(issued("MNHS")), unreadable("CV 12.pdf"), carrying(issued("MINISTRY"))):
            for found in decided(mail(sender, DIVISION, PRESS, KINDERGARTEN), carried):
                if found.action not in (Action.DELIVER, Action.FORWARD):
                    assert directory().clerks(found.unit, date(2026, 11, 23)), found
                    assert found.office
