"""An import with a recogniser that knows by the words of a mail what it carries; also a program, to be killed."""

from __future__ import annotations

import re
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

from gateway.backlog.folder import EmlFolder
from gateway.backlog.importer import Importer, Span
from gateway.backlog.mbox import Mbox
from gateway.backlog.rules import History, Rules
from gateway.backlog.source import Source
from gateway.backlog.tally import Tally
from gateway.directory.snapshot import Directory, Organisation, OrganisationKind
from gateway.errors import VanthuError
from gateway.model import SIX_SIGNS, Document, Evidence, FileReading, Nature, Recognition, digest_of
from gateway.policy.rules import parse as parse_policy
from gateway.store import Store

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
_WORD = re.compile(rb"^(document|secret|locked|poison|dead)(?: (\S+))?", re.MULTILINE)

DIRECTORY = Directory(
    organisations=[Organisation(code="SGD", name="Sở Giáo dục và Đào tạo Hương Giang", kind=OrganisationKind.DEPARTMENT)]
)
POLICY = parse_policy(
    """
[[rule]]
id = "11"
title = "Còn lại"
action = "deliver"
reason = "Thư trao đổi."
clause = "mục 1"
clause_date = 2019-11-05
""".encode(),
    where="test",
)


class Reader:
    """Recognises by the words of the text: "document 5/BC-SGD", "secret", "locked", "poison", "dead"."""

    def __init__(self, *, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s
        self.read = 0

    def recognise_now(self, raw: bytes) -> Recognition:
        """As the real one; "poison" is what no real one does, "dead" is when no child can be started."""
        time.sleep(self.delay_s)
        self.read += 1
        files = []
        for word, value in _WORD.findall(raw):
            if word == b"poison":
                raise ValueError("a mail that breaks the reader\0\ud800")
            if word == b"dead":
                raise VanthuError("the inspection cannot run")
            files.append(_file(word.decode(), value.decode()))
        return Recognition(files=tuple(files), subject="Văn bản")


def _file(word: str, value: str) -> FileReading:
    digest = digest_of(value.partition("@")[2].encode() or value.encode())
    if word == "secret":
        return FileReading(name="mat.pdf", digest=digest, size=1, nature=Nature.SECRET)
    if word == "locked":
        return FileReading(name="khoa.zip", digest=digest, size=1, nature=Nature.UNREADABLE, reason="password")
    document = Document(
        nature=Nature.ISSUED,
        confidence=0.9,
        number_symbol=value.partition("@")[0],
        kind="Báo cáo",
        issuer="Sở Nội vụ",
        issued_on=date(2019, 5, 6),
        evidence=tuple(Evidence(sign=sign, words="") for sign in SIX_SIGNS),
    )
    return FileReading(name="vb.pdf", digest=digest, size=1, nature=Nature.ISSUED, documents=(document,))


def mail(number: int, text: str, *, day: str = "06 May 2019") -> bytes:
    """A small mail with LF at the ends of lines, as files keep it."""
    return (
        f"From: vp@bo.example\nTo: vanthu@sgd.example\nDate: {day} 08:00:00 +0700\nSubject: {number}\n"
        f"Content-Type: multipart/mixed; boundary=x\n\n--x\n\n{text}\n--x--\n"
    ).encode()


def mbox_of(*mails: bytes) -> bytes:
    """A file with these mails."""
    return b"".join(b"From vp@bo.example Mon May  6 08:00:00 2019\n" + each + b"\n" for each in mails)


def run(store: Store, source: Source, reader: Reader, *, keep: bool = True, span: Span | None = None, jobs: int = 4) -> Tally:
    """One run."""
    history = History(store, Rules(POLICY, DIRECTORY))
    importer = Importer(past=store.past, history=history, recogniser=reader, jobs=jobs, span=span or Span(), clock=lambda: NOW)
    return importer.run(source, progress=lambda item, tally: None, keep=keep)


def _main(url: str, blobs: str, path: str) -> None:
    store = Store(url=url, blobs=Path(blobs), inline_bytes=300, node="import")
    store.open()
    source = Mbox(Path(path), most=1 << 24) if Path(path).is_file() else EmlFolder(Path(path), most=1 << 24)
    print("begun", flush=True)  # noqa: T201 - the test waits for it
    tally = run(store, source, Reader(delay_s=0.004))
    store.close()
    print("done", tally.mails, flush=True)  # noqa: T201


if __name__ == "__main__":
    _main(*sys.argv[1:])
