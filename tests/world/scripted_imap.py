"""An IMAP server that says what a test wants: the ways of Gmail and Exchange, which no server of Debian's has."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import NamedTuple


class Held(NamedTuple):
    """A message as that server describes it."""

    uid: int
    raw: bytes
    flags: str = ""
    labels: str = ""  # X-GM-LABELS, as on the wire
    size: int = 0  # what it says; 0: the truth


class ScriptedImap:
    """One account.  ``folders`` are the messages by the name of their folder on the wire; a context manager.

    ``commands`` are all that it was sent, without tags.
    """

    def __init__(
        self,
        folders: Mapping[str, Sequence[Held]],
        *,
        listed: Sequence[str],
        capabilities: str = "",
        permanent: str = "\\Seen \\Answered \\Flagged \\Deleted \\Draft",
    ) -> None:
        self.folders = folders
        self.listed = listed
        self.capabilities = f"IMAP4rev1 AUTH=PLAIN {capabilities}".strip()
        self.permanent = permanent
        self.commands: list[str] = []
        outer = self

        class _Link(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _Talk(outer, self).run()

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Link)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> ScriptedImap:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def sent(self, word: str) -> list[str]:
        """The commands that begin with it."""
        return [command for command in self.commands if command.upper().startswith(word)]


class _Talk:
    """One connection."""

    def __init__(self, server: ScriptedImap, link: socketserver.StreamRequestHandler) -> None:
        self._server = server
        self._link = link
        self._messages: Sequence[Held] = ()

    def run(self) -> None:
        self._say(f"* OK [CAPABILITY {self._server.capabilities}] ready")
        while line := self._link.rfile.readline().decode("utf-8", "surrogateescape").strip():
            tag, _, command = line.partition(" ")
            self._server.commands.append(command)
            verb, _, rest = command.partition(" ")
            if verb.upper() == "UID":
                verb, _, rest = rest.partition(" ")
            answer = getattr(self, f"_{verb.lower()}", None)
            done = answer(rest) if answer else ""
            self._say(f"{tag} {done or 'OK done'}")
            if verb.upper() == "LOGOUT":
                return

    def _say(self, line: str) -> None:
        self._link.wfile.write(line.encode("utf-8", "surrogateescape") + b"\r\n")

    def _capability(self, _: str) -> None:
        self._say(f"* CAPABILITY {self._server.capabilities}")

    def _authenticate(self, _: str) -> None:
        self._say("+ ")
        self._link.rfile.readline()

    def _enable(self, words: str) -> None:
        self._say(f"* ENABLED {words}")

    def _list(self, _: str) -> None:
        for line in self._server.listed:
            self._say(f"* LIST {line}")

    def _select(self, rest: str) -> str:
        name = rest.strip('"')
        if name not in self._server.folders:
            return "NO [NONEXISTENT] no such folder"
        self._messages = self._server.folders[name]
        last = max((each.uid for each in self._messages), default=0)
        self._say(f"* {len(self._messages)} EXISTS")
        self._say(f"* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT {last + 1}] ok")
        self._say(f"* OK [PERMANENTFLAGS ({self._server.permanent})] ok")
        return ""

    _examine = _select

    def _search(self, rest: str) -> None:
        wanted = self._wanted(rest.upper().removeprefix("UID ").partition(" ")[0])
        self._say("* SEARCH " + " ".join(str(each.uid) for each in wanted))

    def _fetch(self, rest: str) -> None:
        wanted, _, items = rest.partition(" ")
        for each in self._wanted(wanted):
            self._say_message(each, items)

    def _say_message(self, each: Held, items: str) -> None:
        facts = [f"UID {each.uid}"]
        if "RFC822.SIZE" in items:
            facts.append(
                f'RFC822.SIZE {each.size or len(each.raw)} INTERNALDATE "04-Nov-2019 08:00:00 +0700" FLAGS ({each.flags})'
            )
        if "X-GM-LABELS" in items:
            facts.append(f"X-GM-MSGID {each.uid} X-GM-LABELS ({each.labels})")
        raw = b""
        if "BODY.PEEK[]" in items:
            piece = re.search(r"<(\d+)\.(\d+)>", items)
            start, end = (int(piece[1]), int(piece[1]) + int(piece[2])) if piece else (0, len(each.raw))
            raw = each.raw[start:end]
            facts.append(f"BODY[]{f'<{start}>' if piece else ''} {{{len(raw)}}}\r\n")
        self._link.wfile.write(f"* {each.uid} FETCH ({' '.join(facts)}".encode() + raw + b")\r\n")

    def _wanted(self, ranges: str) -> list[Held]:
        found = []
        for each in self._messages:
            for part in ranges.split(","):
                first, _, last = part.partition(":")
                top = 1 << 32 if last == "*" else int(last or first)
                if int(first) <= each.uid <= top:
                    found.append(each)
        return found
