"""Paths and parameters of MAIL and RCPT: taken letter by letter, or refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp import replies
from gateway.smtp.grammar import CommandError, mail_path, rcpt_path

TAKEN = [
    ("<a@b.example>", "a@b.example"),
    (" <a@b.example> ", "a@b.example"),
    ("<Van.Thu+x=1@SGD.edu.VN>", "Van.Thu+x=1@SGD.edu.VN"),
    ("<a..b.@b.example>", "a..b.@b.example"),
    ('<"van thu"@b.example>', '"van thu"@b.example'),
    (r'<"a\"b@c>d"@b.example>', r'"a\"b@c>d"@b.example'),
    ("<@hop.example:a@b.example>", "a@b.example"),
    ("<@one.example,@two.example:a@b.example>", "a@b.example"),
    ("<a@[192.0.2.1]>", "a@[192.0.2.1]"),
    ("<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"),
    ("<a@under_score.example>", "a@under_score.example"),
    ("<a%c@b.example>", "a%c@b.example"),
]
REFUSED = [
    "a@b.example",
    "<a@b.example",
    "a@b.example>",
    "<a>",
    "<a@>",
    "<@b.example>",
    "<a@b..example>",
    "<a@b.example.>",
    "<a@-b.example>",
    "<a b@b.example>",
    "< a@b.example>",
    "<a@b.example >",
    "<a(comment)@b.example>",
    "<a@b.example(comment)>",
    "<a@b@c.example>",
    '<"a"b@b.example>',
    "<a@[192.0.2.1>",
    "<<a@b.example>>",
    "<a@b.example>x",
    "<a@b.example><c@d.example>",
    "Name <a@b.example>",
    "<a\u00a0b@b.example>",
    "<a\udcff@b.example>",
    "",
]


@pytest.mark.parametrize(("text", "address"), TAKEN)
def test_an_address_is_taken_letter_by_letter(text: str, address: str) -> None:
    assert mail_path(f"FROM:{text}").address == address
    assert rcpt_path(f"to:{text}", utf8=False).address == address


@pytest.mark.parametrize("text", REFUSED)
def test_a_malformed_address_is_refused_not_repaired(text: str) -> None:
    with pytest.raises(CommandError, match=r"^553 5\.1\.7"):
        mail_path(f"FROM:{text} SMTPUTF8")
    with pytest.raises(CommandError, match=r"^553 5\.1\.3"):
        rcpt_path(f"TO:{text}", utf8=True)


def test_the_null_sender_is_an_empty_address() -> None:
    assert mail_path("FROM:<>").address == ""
    assert mail_path("FROM: <> BODY=8BITMIME").options == ("BODY=8BITMIME",)


def test_there_is_no_null_recipient() -> None:
    with pytest.raises(CommandError, match=r"^553 5\.1\.3"):
        rcpt_path("TO:<>", utf8=False)


def test_postmaster_needs_no_domain() -> None:
    assert rcpt_path("TO:<Postmaster>", utf8=False).address == "Postmaster"
    with pytest.raises(CommandError, match=r"^553 5\.1\.7"):
        mail_path("FROM:<postmaster>")


def test_letters_beyond_ascii_need_smtputf8() -> None:
    assert mail_path("FROM:<văn.thư@sở.example> SMTPUTF8").address == "văn.thư@sở.example"
    with pytest.raises(CommandError) as error:
        mail_path("FROM:<văn.thư@sở.example>")
    assert error.value.reply == replies.NEEDS_SMTPUTF8
    assert rcpt_path("TO:<văn.thư@sở.example>", utf8=True).address == "văn.thư@sở.example"
    with pytest.raises(CommandError):
        rcpt_path("TO:<văn.thư@sở.example>", utf8=False)


def test_parameters_are_kept_as_they_came_without_size() -> None:
    path = mail_path("FROM:<a@b.example>  SIZE=2048 body=8bitMIME RET=HDRS ENVID=QQ+2B314159 AUTH=<> ")
    assert path.options == ("body=8bitMIME", "RET=HDRS", "ENVID=QQ+2B314159", "AUTH=<>")
    assert path.size == 2048
    path = rcpt_path("TO:<a@b.example> NOTIFY=SUCCESS,Failure ORCPT=rfc822;Bob@Example.COM", utf8=False)
    assert path.options == ("NOTIFY=SUCCESS,Failure", "ORCPT=rfc822;Bob@Example.COM")


@pytest.mark.parametrize(
    "parameters",
    ["BODY=BINARYMIME", "SIZE=x", "SIZE", "SIZE=1 SIZE=1", "RET=ALL", "SMTPUTF8=yes", "SMTPUTF8=", "ENVID=a+zz", "BODY"],
)
def test_a_malformed_parameter_is_refused(parameters: str) -> None:
    with pytest.raises(CommandError, match=r"^501 5\.5\.4"):
        mail_path(f"FROM:<a@b.example> {parameters}")


@pytest.mark.parametrize("parameters", ["NOTIFY=NEVER,DELAY", "NOTIFY=", "ORCPT=rfc822", "NOTIFY=NEVER NOTIFY=NEVER"])
def test_a_malformed_recipient_parameter_is_refused(parameters: str) -> None:
    with pytest.raises(CommandError, match=r"^501 5\.5\.4"):
        rcpt_path(f"TO:<a@b.example> {parameters}", utf8=False)


@pytest.mark.parametrize("parameters", ["MT-PRIORITY=3", "HOLDFOR=10", "=", "NOTIFY=NEVER"])
def test_an_unknown_parameter_gets_555(parameters: str) -> None:
    with pytest.raises(CommandError, match=r"^555 5\.5\.4"):
        mail_path(f"FROM:<a@b.example> {parameters}")


@given(st.text(max_size=40))
def test_whatever_comes_in_an_address_is_taken_as_it_is_or_refused(text: str) -> None:
    with contextlib.suppress(CommandError):
        assert mail_path(f"FROM:{text}").address in text
    with contextlib.suppress(CommandError):
        assert rcpt_path(f"TO:<{text}>", utf8=True).address in text
