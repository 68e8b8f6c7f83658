"""Every file in dialogues/ is a conversation with a real door.

with: {"max_recipients": 2}       settings of the door, as JSON; must come first
C: EHLO client.example            the client says this and CR LF
C> a bare\\nline                   the client sends this as it stands, with Python's escapes
S: 250-SIZE *                     the server says this; * is anything
S: (closed)                       the server has closed the connection
# why this conversation is here
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.smtp.door import Client, Door

DIALOGUES = sorted((Path(__file__).parent / "dialogues").glob("*.txt"))


def test_there_are_dialogues() -> None:
    assert DIALOGUES


@pytest.mark.parametrize("script", DIALOGUES, ids=lambda path: path.stem)
def test_dialogue(script: Path) -> None:
    lines = script.read_text(encoding="utf-8").splitlines()
    settings = json.loads(lines[0].removeprefix("with: ")) if lines[0].startswith("with: ") else {}
    with Door(**settings) as door:
        client = door.connect()
        for number, line in enumerate(lines[bool(settings) :], start=1 + bool(settings)):
            play(client, line, where=f"{script.name}:{number}")


def play(client: Client, line: str, *, where: str) -> None:
    """One line of a script."""
    mark, words = line[:2], line[3:]
    if mark == "C:":
        client.send(words.encode() + b"\r\n")
    elif mark == "C>":
        client.send(words.encode().decode("unicode_escape").encode("latin-1"))
    elif mark == "S:":
        said = client.line()
        expected = "" if words == "(closed)" else words
        assert re.fullmatch(re.escape(expected).replace(r"\*", ".*"), said), f"{where}: expected {expected!r}, got {said!r}"
    else:
        assert not line or line.startswith("#"), f"{where}: neither C:, C>, S: nor a comment"
