"""A name server on a free port that knows what a test tells it, and can fall silent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

# {"example.org TXT": ('"v=spf1 -all"',)}: as in a zone file
Zone = Mapping[str, tuple[str, ...]]


class NameServer:
    """Answers over UDP; a context manager.  ``asked`` remembers every question."""

    def __init__(self, zone: Zone) -> None:
        self.zone = dict(zone)
        self.asked: list[str] = []
        self.silent = False
        self.silent_about = ""  # names that end so, whose own name servers do not answer
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> str:
        """As a setting wants it."""
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last_word:
            last_word.sendto(b"", self._socket.getsockname())
        self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, client = self._socket.recvfrom(4096)
            if not data:
                return
            question = dns.message.from_wire(data)
            answer, name = self._answer(question), question.question[0].name.to_text(omit_final_dot=True)
            if not (self.silent or (self.silent_about and name.endswith(self.silent_about))):
                self._socket.sendto(answer.to_wire(), client)

    def _answer(self, question: dns.message.Message) -> dns.message.Message:
        (asked,) = question.question
        name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append(f"{name} {kind}")
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.AA | dns.flags.RA
        records = self.zone.get(f"{name} {kind}", ())
        if records:
            answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *records))
        elif not any(key.split()[0] == name for key in self.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer
