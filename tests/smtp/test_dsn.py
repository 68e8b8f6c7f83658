"""Delivery reports: who gets one, and that people and machines can read it."""

from __future__ import annotations

import email
import email.policy
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from gateway.courier import Fate, Outcome, Parcel, Result
from gateway.model import Arrival, Delivery, Door, Mail, Recipient, digest_of
from gateway.smtp import dsn

AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LAN = "gv.lan.thcsll@sgdhuonggiang.edu.vn"
MINH = "cv.minh@sgdhuonggiang.edu.vn"
RAW = b"Message-ID: <a1@thcsll>\r\nSubject: So lieu thang 11\r\nFrom: gv.lan\r\n\r\nKinh gui Phong.\r\n"


def parcel(
    raw: bytes = RAW,
    *,
    to: Sequence[str] = (MINH,),
    sender: str = LAN,
    options: tuple[str, ...] = (),
    rcpt_options: Sequence[tuple[str, ...]] = ((),),
) -> Parcel:
    mail = Mail(
        id="01KAQ3M6E2Y0V7K6W9Q6S1T2A1",
        sender=sender,
        recipients=tuple(Recipient(address=address) for address in to),
        raw=raw,
        digest=digest_of(raw),
        arrival=Arrival(door=Door.SMTP, at=AT),
        options=options,
    )
    deliveries = tuple(
        Delivery(id=f"{mail.id}-{n}", mail_id=mail.id, courier="relay", target=address, sender=sender, options=own)
        for n, (address, own) in enumerate(zip(to, [*rcpt_options, *[()] * len(to)], strict=False), 1)
    )
    return Parcel(mail=mail, deliveries=deliveries)


def refused(
    parcel: Parcel, reply: str = "550 5.1.1 nobody of that name", outcome: Outcome = Outcome.REFUSED
) -> tuple[Result, ...]:
    return tuple(Result(delivery_id=delivery.id, outcome=outcome, reply=reply) for delivery in parcel.deliveries)


def reported(
    parcel: Parcel, results: tuple[Result, ...], fate: Fate = Fate.FAILED, until: datetime | None = None
) -> tuple[Mail, EmailMessage]:
    [report] = dsn.report(fate, parcel, results, hostname="cong.sgdhuonggiang.edu.vn", now=NOW, until=until)
    message = email.message_from_bytes(report.raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return report, message


def fields_of(message: EmailMessage) -> list[dict[str, str]]:
    """The groups of message/delivery-status."""
    status = list(message.iter_parts())[1]
    assert status.get_content_type() == "message/delivery-status"
    return [dict(group.items()) for group in status.iter_parts()]


def test_a_report_is_a_mail_of_our_own_that_nobody_answers() -> None:
    bad = parcel()
    report, message = reported(bad, refused(bad))
    assert (report.sender, report.arrival.door) == ("", Door.OWN)
    assert [r.address for r in report.recipients] == [LAN]
    assert report.digest == digest_of(report.raw)
    assert message["To"] == LAN
    assert message["Subject"] == "Thư không gửi được"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["In-Reply-To"] == "<a1@thcsll>"
    assert message["Message-ID"] == f"<{report.id}@cong.sgdhuonggiang.edu.vn>"
    assert message["X-Vanthu-Id"] == bad.mail.id
    assert message["Content-Type"].params["report-type"] == "delivery-status"


def test_a_person_reads_who_did_not_get_it_and_why() -> None:
    bad = parcel()
    _, message = reported(bad, refused(bad))
    words = next(message.iter_parts()).get_content()
    assert "Kính gửi Thầy/Cô" in words
    lines = [MINH, "Lý do: địa chỉ không tồn tại.", "Việc cần làm: kiểm tra lại địa chỉ rồi gửi lại tới địa chỉ đúng."]
    assert "\n    ".join([*lines, "Chi tiết kỹ thuật: 550 5.1.1 nobody"]) in words.replace("\r\n", "\n")
    assert "Tiêu đề thư: “So lieu thang 11”" in words
    assert "08:30 ngày 23/11/2026" in words
    assert "could not be delivered" in words
    assert unicodedata.is_normalized("NFC", words)


@pytest.mark.parametrize(
    ("outcome", "reply", "remedy"),
    [
        (Outcome.REFUSED, "552 5.2.2 full", "báo cho người nhận bằng cách khác (gọi điện)"),
        (Outcome.REFUSED, "552 5.3.4 too large", "gửi lại với tệp nhỏ hơn"),
        (Outcome.REFUSED, "554 5.7.1 spam", "cán bộ công nghệ thông tin"),
        (Outcome.RETRY, "connection refused", "báo cho người nhận bằng cách khác (gọi điện)"),
    ],
)
def test_a_person_reads_what_helps_and_not_to_check_an_address_that_is_right(outcome: Outcome, reply: str, remedy: str) -> None:
    bad = parcel()
    _, message = reported(bad, refused(bad, reply, outcome))
    words = next(message.iter_parts()).get_content()
    assert f"Việc cần làm: {remedy}" in words or f"Việc cần làm: chuyển tiếp thư báo này cho {remedy}" in words
    assert "kiểm tra lại địa chỉ" not in words


def test_whoever_is_none_of_ours_is_addressed_as_anybody() -> None:
    bad = parcel()
    [report] = dsn.report(Fate.FAILED, bad, refused(bad), hostname="cong.test", now=NOW, you="Quý vị")
    words = next(email.message_from_bytes(report.raw, policy=email.policy.default).iter_parts()).get_content()
    assert "Kính gửi Quý vị" in words
    assert "Thầy/Cô" not in words


def test_a_machine_reads_the_same() -> None:
    bad = parcel(options=("ENVID=QQ+2B314",), rcpt_options=[("ORCPT=rfc822;Minh+2Bx@old.vn",)])
    _, message = reported(bad, refused(bad))
    about_mail, about_minh = fields_of(message)
    assert about_mail["Original-Envelope-Id"] == "QQ+314"
    assert about_mail["Reporting-MTA"] == "dns; cong.sgdhuonggiang.edu.vn"
    assert about_mail["Arrival-Date"] == "Mon, 23 Nov 2026 01:30:00 +0000"
    assert about_minh == {
        "Original-Recipient": "rfc822; Minh+x@old.vn",
        "Final-Recipient": f"rfc822; {MINH}",
        "Action": "failed",
        "Status": "5.1.1",
        "Diagnostic-Code": "smtp; 550 5.1.1 nobody of that name",
        "Last-Attempt-Date": "Mon, 23 Nov 2026 02:00:00 +0000",
    }


@pytest.mark.parametrize(
    ("outcome", "reply", "status", "diagnostic"),
    [
        (Outcome.REFUSED, "554 no", "5.0.0", "smtp; 554 no"),
        (Outcome.REFUSED, "550-5.7.1 spam", "5.7.1", "x-vanthu; 550-5.7.1 spam"),
        (Outcome.REFUSED, "5.6.7 the next hop takes no non-ASCII addresses", "5.6.7", None),
        (Outcome.RETRY, "452 4.2.2 full", "4.2.2", "smtp; 452 4.2.2 full"),
        (Outcome.RETRY, "no reply in time", "4.4.7", "x-vanthu; no reply in time"),
        (Outcome.REFUSED, "550 5.1.1 không\r\ncó\x00", "5.1.1", "smtp; 550 5.1.1 kh?ng c??"),
    ],
)
def test_the_status_is_what_the_other_side_said_or_what_we_know(
    outcome: Outcome, reply: str, status: str, diagnostic: str | None
) -> None:
    bad = parcel()
    _, message = reported(bad, refused(bad, reply, outcome))
    about_minh = fields_of(message)[1]
    assert about_minh["Status"] == status
    assert diagnostic is None or about_minh["Diagnostic-Code"] == diagnostic


def test_the_null_sender_gets_no_report() -> None:
    bad = parcel(sender="")
    assert dsn.report(Fate.FAILED, bad, refused(bad), hostname="cong.test", now=NOW) == ()


@pytest.mark.parametrize("fate", Fate)
@pytest.mark.parametrize(
    ("notify", "told"),
    [
        ((), {Fate.FAILED, Fate.DELAYED}),  # RFC 3461 section 4.1: the default
        (("NOTIFY=NEVER",), set()),
        (("NOTIFY=FAILURE",), {Fate.FAILED}),
        (("NOTIFY=DELAY",), {Fate.DELAYED}),
        (("NOTIFY=SUCCESS",), {Fate.RELAYED, Fate.DELIVERED}),
        (("notify=success,failure,delay",), set(Fate)),
    ],
)
def test_each_kind_is_told_to_who_asked_for_it(fate: Fate, notify: tuple[str, ...], told: set[Fate]) -> None:
    this = parcel(rcpt_options=[notify])
    assert bool(dsn.report(fate, this, refused(this, "250 2.0.0 ok"), hostname="cong.test", now=NOW)) is (fate in told)


@pytest.mark.parametrize("field", [b"Precedence: list", b"Auto-Submitted: auto-generated", b"List-Id: <x.example>"])
def test_a_machine_is_told_of_no_delay_unless_it_asked(field: bytes) -> None:
    for notify, told in (((), False), (("NOTIFY=DELAY",), True)):
        this = parcel(field + b"\r\n" + RAW, rcpt_options=[notify])
        assert bool(dsn.report(Fate.DELAYED, this, refused(this), hostname="cong.test", now=NOW)) is told


@pytest.mark.parametrize(
    ("fate", "reply", "action", "status", "subject", "words"),
    [
        (Fate.DELAYED, "451 4.3.0 later", "delayed", "4.3.0", "Thư chưa gửi được, cổng đang gửi lại", "không cần gửi lại"),
        (Fate.DELAYED, "no reply in time", "delayed", "4.0.0", "Thư chưa gửi được, cổng đang gửi lại", "tried again until"),
        (Fate.RELAYED, "250 2.6.0 queued", "relayed", "2.6.0", "Thư đã được chuyển tiếp", "Máy chủ ấy không báo lại"),
        (Fate.RELAYED, "250 ok", "relayed", "2.0.0", "Thư đã được chuyển tiếp", "passed on to the mail server"),
        (Fate.DELIVERED, "250 2.1.5 stored", "delivered", "2.1.5", "Thư đã đến hộp thư", "thư đã vào hộp thư"),
    ],
)
def test_a_report_says_what_became_of_the_mail(
    fate: Fate, reply: str, action: str, status: str, subject: str, words: str
) -> None:
    this = parcel(rcpt_options=[("NOTIFY=SUCCESS,DELAY",)], options=("RET=FULL", "ENVID=abc"))
    outcome = Outcome.RETRY if fate is Fate.DELAYED else Outcome.DELIVERED
    until = datetime(2026, 11, 26, 1, 30, tzinfo=UTC) if fate is Fate.DELAYED else None
    _, message = reported(this, refused(this, reply, outcome), fate, until)
    about_mail, about_minh = fields_of(message)
    assert (about_minh["Action"], about_minh["Status"], message["Subject"]) == (action, status, subject)
    assert about_mail["Original-Envelope-Id"] == "abc"
    assert about_minh.get("Will-Retry-Until") == ("Thu, 26 Nov 2026 01:30:00 +0000" if until else None)
    assert words in " ".join(next(message.iter_parts()).get_content().split())
    # RFC 3461 section 4.3: the whole comes back only with a failure.
    assert list(message.iter_parts())[2].get_content_type() == "text/rfc822-headers"


def test_only_what_failed_and_wants_a_report_stands_in_it() -> None:
    bad = parcel(to=("a@x.vn", "b@x.vn", "c@x.vn"), rcpt_options=[(), ("NOTIFY=NEVER",), ()])
    _, message = reported(bad, refused(bad)[:2])
    assert [group["Final-Recipient"] for group in fields_of(message)[1:]] == ["rfc822; a@x.vn"]


def test_the_header_comes_back_unless_the_whole_is_wanted_and_small() -> None:
    bad = parcel()
    _, message = reported(bad, refused(bad))
    header = list(message.iter_parts())[2]
    assert header.get_content_type() == "text/rfc822-headers"
    assert "Subject: So lieu thang 11" in header.get_content()
    assert "Kinh gui" not in header.get_content()

    whole = parcel(options=("RET=FULL",))
    report, message = reported(whole, refused(whole))
    assert list(message.iter_parts())[2].get_content_type() == "message/rfc822"
    assert RAW in report.raw


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(RAW + b"x" * 70_000, id="large"),
        pytest.param(RAW + b"bare\rcr\r\n", id="bare CR"),
        pytest.param(RAW + b"bare\nlf\r\n", id="bare LF"),
        pytest.param(RAW + b"nul\x00\r\n", id="NUL"),
        pytest.param(RAW + b"x" * 2000 + b"\r\n", id="long line"),
    ],
)
def test_what_cannot_stand_inside_a_mail_comes_back_as_its_header(raw: bytes) -> None:
    bad = parcel(raw, options=("RET=FULL",))
    _, message = reported(bad, refused(bad))
    assert list(message.iter_parts())[2].get_content_type() == "text/rfc822-headers"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"no header at all",
        b"A: \xff\xfe\x00\rB\nC\r\n\r\n",
        b"X: " + b"y" * 100_000,
        "Subject: Báo cáo\r\n\r\nx".encode(),
    ],
)
@pytest.mark.parametrize("ret", ["RET=FULL", "RET=HDRS"])
def test_a_report_about_an_odd_mail_is_itself_in_order(raw: bytes, ret: str) -> None:
    bad = parcel(raw, options=(ret,))
    report, message = reported(bad, refused(bad))
    assert len(list(message.iter_parts())) == 3
    lines = report.raw.split(b"\r\n")
    assert all(len(line) <= 998 and b"\r" not in line and b"\n" not in line and b"\x00" not in line for line in lines)
    assert ("BODY=8BITMIME" in report.options) is not report.raw.isascii()


def test_a_vietnamese_address_stands_in_seven_bits() -> None:
    bad = parcel(to=("vănthư@sgd.vn",))
    _, message = reported(bad, refused(bad))
    assert fields_of(message)[1]["Final-Recipient"] == r"utf-8; v\x{103}nth\x{1B0}@sgd.vn"


def test_nothing_can_be_slipped_into_the_fields() -> None:
    bad = parcel(
        to=("a@x.vn\r\nAction: delivered",),
        options=("ENVID=x+0D+0AAction: delivered",),
        rcpt_options=[("ORCPT=rfc822;q+0AX: y",)],
    )
    _, message = reported(bad, refused(bad, "550 5.1.1 x\r\n\r\nAction: delivered"))
    assert [group.get("Action") for group in fields_of(message)] == [None, "failed"]
    assert len(fields_of(message)) == 2
