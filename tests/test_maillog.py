"""The mail log: one line for each event, for people or for machines."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator

import pytest

from gateway import maillog


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    maillog.flush()
    yield
    maillog.flush()
    maillog.write_as("text")


def said(capsys: pytest.CaptureFixture[str], format_: str) -> list[str]:
    """What three events say in a format, without the times."""
    capsys.readouterr()
    maillog.write_as(format_)
    maillog.accepted("01A", sender="a@x.vn", recipients=2, size=9, peer="192.0.2.1", identity="spf", digest="d1")
    maillog.settled("01A-1", courier="relay", target='b "c"@x.vn', event="delivered", reply="250 2.0.0 ok\nx", sent="d2")
    maillog.refused("01B", sender="\udce1@x.vn", peer="-", rule="5")
    maillog.flush()
    return capsys.readouterr().err.splitlines()


def test_people_read_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.partition(" ")[2] for line in said(capsys, "text")]
    assert lines[0] == "01A accepted sender=<a@x.vn> recipients=2 size=9 peer=192.0.2.1 identity=spf"
    assert lines[1] == "01A-1 delivered courier=relay target=<b\\x20\"c\"@x.vn> reply='250 2.0.0 ok\\nx'"


EVENTS = [
    each
    for name, each in inspect.getmembers(maillog, inspect.isfunction)
    if not name.startswith("_") and next(iter(inspect.signature(each).parameters), "").endswith("_id")
]


@pytest.mark.parametrize("form", ["text", "logfmt", "json"])
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_event_has_its_line_in_every_form(
    capsys: pytest.CaptureFixture[str], event: Callable[..., None], form: str
) -> None:
    """A line that cannot be written would fail the mail that it is about."""
    assert len(EVENTS) >= 10
    capsys.readouterr()
    maillog.write_as(form)
    asked = [each for each in inspect.signature(event).parameters.values() if each.kind is each.KEYWORD_ONLY]
    event("01KAQ3M6E2", **{each.name: 7 if each.annotation == "int" else f"value-{each.name}" for each in asked})
    maillog.flush()
    [line] = capsys.readouterr().err.splitlines()
    assert "01KAQ3M6E2" in line


@pytest.mark.parametrize(
    "local", ['"a> recipients=9 peer=192.0.2.9 identity=authenticated"', '"a\u2028b"', '"a\x9b31m"', '"a\u202eb"', "a\r\nb"]
)
def test_no_sender_can_write_a_line_or_a_value_of_his_own(capsys: pytest.CaptureFixture[str], local: str) -> None:
    capsys.readouterr()
    maillog.accepted("01A", sender=f"{local}@x.vn", recipients=2, size=9, peer="192.0.2.1", identity="claimed", digest="d1")
    maillog.flush()
    [line] = capsys.readouterr().err.splitlines()
    assert line.isprintable()
    assert [word for word in line.split() if word.startswith(("peer=", "identity="))] == ["peer=192.0.2.1", "identity=claimed"]


def test_a_vietnamese_sender_is_written_as_he_is(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    maillog.refused("01B", sender="lân.trường@x.vn", peer="-", rule="5")
    maillog.flush()
    assert "sender=<lân.trường@x.vn>" in capsys.readouterr().err


def test_machines_read_json(capsys: pytest.CaptureFixture[str]) -> None:
    accepted, delivered, refused = map(json.loads, said(capsys, "json"))
    assert accepted.pop("at").endswith("Z")
    assert accepted == {
        "event": "accepted",
        "id": "01A",
        "sender": "a@x.vn",
        "recipients": 2,
        "size": 9,
        "peer": "192.0.2.1",
        "identity": "spf",
        "sha256": "d1",
    }
    assert (delivered["event"], delivered["reply"], delivered["sent"]) == ("delivery delivered", "250 2.0.0 ok\nx", "d2")
    assert refused["sender"] == r"\udce1@x.vn"


def test_or_logfmt(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.partition(" ")[2] for line in said(capsys, "logfmt")]
    assert lines[0] == ("event=accepted id=01A sender=a@x.vn recipients=2 size=9 peer=192.0.2.1 identity=spf sha256=d1")
    assert lines[1] == (
        r'event="delivery delivered" id=01A-1 courier=relay target="b \"c\"@x.vn" reply="250 2.0.0 ok\nx" sent=d2'
    )
