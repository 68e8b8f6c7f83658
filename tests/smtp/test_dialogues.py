"""Every file in dialogues/ is a conversation with a real door.

with: {"max_recipients": 2}       settings of the door, as JSON; must come first; "listener" is the way in
refused: a@b.example              these recipients are refused, where each is answered
M: peer=192.0.2.7 helo=a          what the last mail's arrival says; sender, raw and so on too
C: EHLO client.example            the client says this and CR LF
C> a bare\\nline                   the client sends this as it stands, with Python's escapes
S: 250-SIZE *                     the server says this; * is anything
S+ 250 HELP                       the server says some lines, the last of them this one
S: (closed)                       the server has closed the connection
# why this conversation is here
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from gateway.settings.listeners import Listener
from tests.smtp.door import Client, Door

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))


def test_there_are_dialogues() -> None:
    assert DIALOGUES


@pytest.mark.parametrize("script", DIALOGUES, ids=lambda path: path.stem)
def test_dialogue(script: Path) -> None:
    lines = script.read_text(encoding="utf-8").splitlines()
    settings = json.loads(lines[0].removeprefix("with: ")) if lines[0].startswith("with: ") else {}
    listener = settings.pop("listener", None)
    if listener is not None:
        settings["listener"] = (msgspec.convert({"name": "other", "listen": "127.0.0.1:0", **listener}, Listener),)
    with Door(**settings) as door:
        client = door.connect(int(listener is not None))
        for number, line in enumerate(lines, start=1):
            if number > 1 or not line.startswith("with: "):
                play(door, client, line, where=f"{script.name}:{number}")


def play(door: Door, client: Client, line: str, *, where: str) -> None:
    """One line of a script."""
    mark, words = line[:2], line[3:]
    if mark == "C:":
        client.send(words.encode() + b"\r\n")
    elif mark == "C>":
        client.send(words.encode().decode("unicode_escape").encode("latin-1"))
    elif mark in ("S:", "S+"):
        said = client.line()
        while mark == "S+" and said[3:4] == "-":
            said = client.line()
        expected = "" if words == "(closed)" else words
        assert re.fullmatch(re.escape(expected).replace(r"\*", ".*"), said), f"{where}: expected {expected!r}, got {said!r}"
    elif mark == "M:":
        mail = door.intake.mails[-1]
        facts = {**msgspec.structs.asdict(mail.arrival), **msgspec.structs.asdict(mail)}
        for key, value in (word.split("=", 1) for word in words.split("; ")):
            assert str(facts[key]) == value, f"{where}: {key}: expected {value!r}, got {facts[key]!r}"
    elif line.startswith("refused: "):
        door.intake.refused = frozenset(line.removeprefix("refused: ").split())
    else:
        assert not line or line.startswith("#"), f"{where}: neither C:, C>, S: nor a comment"
