"""mbox in all its dialects: where mails begin and end, and what their bytes were."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.backlog.mbox import Dialect, Mbox, unquoted
from gateway.backlog.source import Unavailable
from gateway.errors import ConfigError

MARK = b"From vanthu@sgd.example Thu Nov 14 08:45:01 2019\n"
HEAD = b"From: vanthu@sgd.example\nSubject: {}\nDate: Thu, 14 Nov 2019 08:45:00 +0700\n"


def mail(number: int, text: bytes = b"Text\n", *, more: bytes = b"") -> bytes:
    return HEAD.replace(b"{}", str(number).encode()) + more + b"\n" + text


def source(tmp_path: Path, data: bytes, **more: object) -> Mbox:
    file = tmp_path / "Luu tru.mbox"
    file.write_bytes(data)
    return Mbox(file, most=more.pop("most", 1 << 20), **more)  # type: ignore[arg-type]


def read(found: Mbox) -> list[bytes]:
    return [found.read(item) for item in found.items()]


def crlf(raw: bytes) -> bytes:
    return raw.replace(b"\n", b"\r\n")


TWO = [mail(1), mail(2, b"Two\n\nparagraphs\n")]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("plain", MARK + TWO[0] + b"\n" + MARK + TWO[1] + b"\n"),
        ("without the empty line between them", MARK + TWO[0] + MARK + TWO[1]),
        ("empty lines before the first", b"\n\n" + MARK + TWO[0] + b"\n" + MARK + TWO[1] + b"\n"),
        ("byte order mark", b"\xef\xbb\xbf" + MARK + TWO[0] + b"\n" + MARK + TWO[1] + b"\n"),
        (
            "Thunderbird",
            b"From - Thu Nov 14 08:45:01 2019\n" + TWO[0] + b"\nFrom - Fri Nov 15 08:45:01 2019\n" + TWO[1] + b"\n",
        ),
        ("Eudora", b"From ???@??? Thu Nov 14 08:45:01 2019\n" + TWO[0] + b"\nFrom ???@??? \n" + TWO[1] + b"\n"),
        ("no date at all", b"From vanthu@sgd.example\n" + TWO[0] + b"\nFrom MAILER-DAEMON\n" + TWO[1] + b"\n"),
        ("a zone and a host", MARK[:-1] + b" +0700 remote from sgd\n" + TWO[0] + b"\n" + MARK + TWO[1] + b"\n"),
        ("a name with blanks", b"From Van Thu So Thu Nov 14 08:45:01 2019\n" + TWO[0] + b"\n" + MARK + TWO[1] + b"\n"),
    ],
)
def test_mails_are_told_apart_whatever_line_begins_them(tmp_path: Path, name: str, data: bytes) -> None:
    for form in (data, crlf(data)):
        assert read(source(tmp_path, form)) == [crlf(each) for each in TWO], name


def test_a_line_of_the_text_that_begins_with_from_is_no_new_mail(tmp_path: Path) -> None:
    text = (
        b"\nFrom the Department we hear:\n\nFrom: is no beginning\n"
        b"From here on Mon Jan  1 08:00:00 2018 it goes on\n\nFrom nobody\nDear all\n"
    )
    assert read(source(tmp_path, MARK + mail(1, text) + b"\n" + MARK + TWO[1] + b"\n")) == [crlf(mail(1, text)), crlf(TWO[1])]


def test_quoted_lines_lose_one_quote(tmp_path: Path) -> None:
    quoted = mail(1, b">From one\n>>From two\n> From three\n")
    assert read(source(tmp_path, MARK + quoted + b"\n")) == [crlf(mail(1, b"From one\n>From two\n> From three\n"))]


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        (Dialect.MBOXO, b"From one\n>>From two\n"),
        (Dialect.MBOXRD, b"From one\n>From two\n"),
        (Dialect.MBOXCL, b"From one\n>From two\n"),
        (Dialect.MBOXCL2, b">From one\n>>From two\n"),
    ],
)
def test_an_officer_who_knows_the_dialect_can_say_it(dialect: Dialect, text: bytes) -> None:
    assert unquoted(mail(1, b">From one\n>>From two\n"), dialect) == mail(1, text)


def with_length(text: bytes, *, length: int | None = None) -> bytes:
    return mail(1, text, more=b"Content-Length: %d\n" % (len(text) if length is None else length))


def test_a_length_that_leads_to_the_next_mail_is_believed(tmp_path: Path) -> None:
    forwarded = b"Forwarded, unquoted:\n\n" + MARK + TWO[1] + b"\n>From is the sender's own\n"
    raw = with_length(forwarded)
    assert read(source(tmp_path, MARK + raw + b"\n" + MARK + TWO[0] + b"\n")) == [crlf(raw), crlf(TWO[0])]


@pytest.mark.parametrize("length", [0, 3, 10_000, 99_999_999_999])
def test_a_wrong_length_swallows_no_mail(tmp_path: Path, length: int) -> None:
    raw = with_length(b"Some text\n", length=length)
    assert read(source(tmp_path, MARK + raw + b"\n" + MARK + TWO[1] + b"\n")) == [crlf(raw), crlf(TWO[1])]


def test_a_mail_keeps_its_key_when_others_are_appended(tmp_path: Path) -> None:
    first = [item.key for item in source(tmp_path, MARK + TWO[0] + b"\n").items()]
    both = [item.key for item in source(tmp_path, MARK + TWO[0] + b"\n" + MARK + TWO[1] + b"\n").items()]
    tidied = [item.key for item in source(tmp_path, MARK + TWO[1] + b"\n").items()]
    assert both[:1] == first
    assert not set(tidied) & set(both)


def test_a_mail_over_the_limit_is_not_read_into_memory(tmp_path: Path) -> None:
    found = source(tmp_path, MARK + mail(1, b"x" * 5000) + b"\n" + MARK + TWO[1] + b"\n", most=1000)
    large, small = found.items()
    with pytest.raises(Unavailable, match="quá lớn"):
        found.read(large)
    assert found.read(small) == crlf(TWO[1])


def test_mails_larger_than_a_block_are_whole(tmp_path: Path) -> None:
    large = mail(1, (b"x" * 75 + b"\n") * 40_000)
    found = source(tmp_path, (MARK + large + b"\n") * 2 + MARK + TWO[1] + b"\n", most=1 << 30)
    assert read(found) == [crlf(large), crlf(large), crlf(TWO[1])]
    assert [item.position for item in found.items()][-1] == found.extent()


def test_the_line_before_a_mail_says_when_it_came(tmp_path: Path) -> None:
    (item,) = source(tmp_path, MARK + TWO[0]).items()
    assert item.at == datetime(2019, 11, 14, 8, 45, 1, tzinfo=UTC)
    (item,) = source(tmp_path, MARK.replace(b"Nov 14", b"Xyz 99") + TWO[0]).items()
    assert item.at is None


def test_a_folder_of_mbox_files_is_read_to_the_bottom(tmp_path: Path) -> None:
    (tmp_path / "mail" / "Inbox.sbd").mkdir(parents=True)
    (tmp_path / "mail" / "Inbox").write_bytes(MARK + TWO[0] + b"\n")
    (tmp_path / "mail" / "Inbox.sbd" / "Lưu trữ").write_bytes(MARK + TWO[1] + b"\n")
    (tmp_path / "mail" / "Inbox.msf").write_bytes(b"// an index\n")
    assert [item.folder for item in Mbox(tmp_path / "mail", most=1000).items()] == ["Inbox", "Inbox/Lưu trữ"]
    assert [item.folder for item in Mbox(tmp_path / "mail", most=1000, folders=("*LƯU*",)).items()] == ["Inbox/Lưu trữ"]


def test_what_is_no_mbox_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "thu.eml").write_bytes(TWO[0])
    with pytest.raises(ConfigError, match="first line begins with 'From '"):
        Mbox(tmp_path / "thu.eml", most=1000)
    with pytest.raises(ConfigError, match="no such file"):
        Mbox(tmp_path / "nothing", most=1000)


_LINES = st.sampled_from(
    [b"From - Thu Nov 14 08:45:01 2019", b"From x", b">From y", b"Subject: z", b"", b"Content-Length: 20", b"z"]
)


@given(st.lists(_LINES, max_size=30), st.sampled_from([b"\n", b"\r\n"]))
def test_whatever_comes_every_byte_is_in_one_mail_or_between_two(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], end: bytes
) -> None:
    file = tmp_path_factory.mktemp("any") / "any.mbox"
    file.write_bytes(MARK + end.join(lines))
    items = list(Mbox(file, most=1 << 20).items())
    ends = [item.start + item.size for item in items]
    assert all(before <= item.start for before, item in zip(ends, items[1:], strict=False))
    data = file.read_bytes()
    between = [data[before : item.start] for before, item in zip([0, *ends], items, strict=False)]
    assert all(gap.lstrip(b"\r\n").startswith(b"From ") and gap.strip(b"\r\n").count(b"\n") == 0 for gap in between)
    assert not data[ends[-1] :].strip(b"\r\n")
