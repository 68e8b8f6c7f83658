"""The sandbox's register of incoming documents and what it answers: one SQLite file, which outlives kill -9."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from xml.sax.saxutils import escape

from msgspec import Struct

from gateway.bridge.sandbox.reading import Seen

_VIETNAM = timezone(timedelta(hours=7))
_NS = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
_TABLES = """
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER PRIMARY KEY, file TEXT NOT NULL, document_id TEXT NOT NULL, organ TEXT NOT NULL, organ_name TEXT NOT NULL,
    code TEXT NOT NULL, issued_on TEXT NOT NULL, type_name TEXT NOT NULL, subject TEXT NOT NULL, business TEXT NOT NULL,
    files TEXT NOT NULL, digest TEXT NOT NULL, channel TEXT NOT NULL, taken_at TEXT NOT NULL, times INTEGER NOT NULL DEFAULT 1,
    state TEXT NOT NULL DEFAULT 'stored', number INTEGER, registered_at TEXT, reason TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS by_file ON documents (file);
CREATE UNIQUE INDEX IF NOT EXISTS by_number ON documents (number);
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, about INTEGER, file TEXT NOT NULL, body BLOB NOT NULL, channel TEXT NOT NULL,
    acknowledged TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS open_answers ON answers (acknowledged, kind, id);
CREATE TABLE IF NOT EXISTS statuses (
    id INTEGER PRIMARY KEY, file TEXT NOT NULL, document_id TEXT NOT NULL, status TEXT NOT NULL, description TEXT NOT NULL,
    taken_at TEXT NOT NULL);
"""


def _now() -> datetime:
    return datetime.now(UTC)


class Entry(Struct, frozen=True, kw_only=True):
    """One line of the register."""

    id: int
    file: str
    document_id: str
    code: str
    subject: str
    organ_name: str
    channel: str
    times: int  # how often it was sent
    state: str  # "stored", "registered" or "rejected"
    number: int | None
    reason: str


class Taken(Struct, frozen=True, kw_only=True):
    """What became of a sending."""

    id: int
    is_new: bool


class Register:
    """What was taken, under which number (số đến), and what is still to be fetched.  Safe for several threads.

    A forgiving office system knows a file name again and makes one entry of it; a ``naive`` one enters whatever it gets.
    """

    def __init__(self, file: Path, *, naive: bool = False, manual: bool = False, clock: Callable[[], datetime] = _now) -> None:
        self.naive = naive
        self.manual = manual  # a person presses the button that registers
        self._clock = clock
        self._lock = threading.Lock()
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # --- what comes in ---

    def take(self, seen: Seen, file: str, raw: bytes, channel: str) -> Taken:
        """Enter a document, or count that it came again."""
        with self._lock, self._db:
            self._db.execute("BEGIN IMMEDIATE")
            known = self._db.execute("SELECT id FROM documents WHERE file = ? ORDER BY id LIMIT 1", (file,)).fetchone()
            if known and not self.naive:
                self._db.execute("UPDATE documents SET times = times + 1 WHERE id = ?", known)
                return Taken(id=known[0], is_new=False)
            number = self._enter(seen, file, hashlib.sha256(raw).hexdigest(), channel)
            self._say(number, "01", "Đã đến - Phần mềm đã nhận, văn thư chưa xử lý")
            if not self.manual:
                self._register(number)
            return Taken(id=number, is_new=True)

    def take_status(self, seen: Seen, file: str) -> Taken:
        """Remember a status that the other side sent about a document of ours."""
        with self._lock, self._db:
            known = self._db.execute("SELECT id FROM statuses WHERE file = ?", (file,)).fetchone()
            if known:
                return Taken(id=known[0], is_new=False)
            row = (file, seen.document_id, seen.status, seen.description, self._now())
            made = self._db.execute(
                "INSERT INTO statuses (file, document_id, status, description, taken_at) VALUES (?, ?, ?, ?, ?)", row
            )
            return Taken(id=made.lastrowid or 0, is_new=True)

    def _enter(self, seen: Seen, file: str, digest: str, channel: str) -> int:
        code = "/".join(part for part in (seen.number, seen.notation) if part)
        row = (
            file, seen.document_id, seen.organ_id, seen.organ_name, code, seen.issued_on, seen.type_name, seen.subject,
            seen.business, json.dumps(seen.files, ensure_ascii=False), digest, channel, self._now(),
        )  # fmt: skip
        made = self._db.execute(
            "INSERT INTO documents (file, document_id, organ, organ_name, code, issued_on, type_name, subject, business, files,"
            " digest, channel, taken_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        return made.lastrowid or 0

    # --- what a person there does ---

    def register(self, document: int) -> None:
        """Give it the next number, and say so."""
        with self._lock, self._db:
            self._register(document)

    def reject(self, document: int, reason: str) -> None:
        """Send it back with a reason."""
        with self._lock, self._db:
            changed = self._db.execute(
                "UPDATE documents SET state = 'rejected', reason = ? WHERE id = ? AND state = 'stored'", (reason, document)
            )
            if changed.rowcount:
                self._say(document, "02", f"Từ chối tiếp nhận: {reason}")

    def offer(self, raw: bytes, file: str) -> int:
        """A document of the axis, for the other side to fetch."""
        with self._lock, self._db:
            made = self._db.execute("INSERT INTO answers (kind, file, body, channel) VALUES ('edoc', ?, ?, 'web')", (file, raw))
            return made.lastrowid or 0

    def _register(self, document: int) -> None:
        self._db.execute(
            "UPDATE documents SET state = 'registered', registered_at = ?, number = (SELECT coalesce(max(number), 0) + 1"
            " FROM documents) WHERE id = ? AND state = 'stored'",
            (self._now(), document),
        )
        number = self._db.execute("SELECT number FROM documents WHERE id = ?", (document,)).fetchone()[0]
        today = self._clock().astimezone(_VIETNAM)
        self._say(document, "03", f"Tiếp nhận, vào sổ văn bản đến. Số đến: {number}, ngày đến: {today:%d/%m/%Y}")

    def _say(self, document: int, code: str, words: str) -> None:
        about = self._db.execute(
            "SELECT file, document_id, organ, code, issued_on, channel FROM documents WHERE id = ?", (document,)
        ).fetchone()
        body = _status(about[1], about[2], about[3], about[4], code, words, self._clock().astimezone(_VIETNAM))
        name = f"{about[0].removesuffix('.edxml')}.{code}.edxml"
        self._db.execute(
            "INSERT INTO answers (kind, about, file, body, channel) VALUES ('status', ?, ?, ?, ?)",
            (document, name, body, about[5]),
        )

    # --- what is asked ---

    def open_answers(self, kind: str, *, folder: bool = False, limit: int = 100) -> list[tuple[int, str]]:
        """Id and file name of what was not acknowledged, oldest first; by folder, or by one of the two services."""
        where = "channel = 'folder'" if folder else "channel <> 'folder'"
        with self._lock:
            return self._db.execute(
                f"SELECT id, file FROM answers WHERE acknowledged = '' AND kind = ? AND {where} ORDER BY id LIMIT ?",  # noqa: S608
                (kind, limit),
            ).fetchall()

    def answer(self, number: int) -> bytes | None:
        """The bytes of one answer."""
        with self._lock:
            row = self._db.execute("SELECT body FROM answers WHERE id = ?", (number,)).fetchone()
        return row[0] if row else None

    def acknowledge(self, number: int, status: str) -> bool:
        """It was fetched, and is not given again."""
        with self._lock, self._db:
            done = self._db.execute("UPDATE answers SET acknowledged = ? WHERE id = ?", (status, number))
            return done.rowcount > 0

    def repeat(self, number: int) -> None:
        """The fault: the same answer once more, under another id."""
        with self._lock, self._db:
            self._db.execute(
                "INSERT INTO answers (kind, about, file, body, channel)"
                " SELECT kind, about, file, body, channel FROM answers WHERE id = ?",
                (number,),
            )

    def entries(self, *, limit: int = 1_000_000) -> list[Entry]:
        """The register, newest first."""
        with self._lock:
            rows = self._db.execute(
                "SELECT id, file, document_id, code, subject, organ_name, channel, times, state, number, reason"
                " FROM documents ORDER BY id DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [Entry(**dict(zip(Entry.__struct_fields__, row, strict=True))) for row in rows]

    def digests(self) -> dict[str, str]:
        """The SHA-256 of what came under each file name."""
        with self._lock:
            return dict(self._db.execute("SELECT file, digest FROM documents").fetchall())

    def statuses(self) -> list[tuple[str, str, str]]:
        """DocumentId, code and words of the statuses that the other side sent."""
        with self._lock:
            return self._db.execute("SELECT document_id, status, description FROM statuses ORDER BY id").fetchall()

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


def _status(document_id: str, organ: str, code_text: str, issued_on: str, code: str, words: str, at: datetime) -> bytes:
    """A status message, by hand, as a stranger's program would write it."""
    e = {key: escape(value) for key, value in {"organ": organ, "code": code_text, "id": document_id, "words": words}.items()}
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<edXML xmlns="{_NS}"><edXML:edXMLEnvelope xmlns:edXML="{_NS}"><edXML:edXMLHeader><edXML:MessageHeader>
<edXML:From><edXML:OrganId>H98.TT</edXML:OrganId><edXML:OrganName>Hệ thống văn phòng tập dượt</edXML:OrganName></edXML:From>
<edXML:ResponseFor><edXML:OrganId>{e["organ"]}</edXML:OrganId><edXML:Code>{e["code"]}</edXML:Code>\
<edXML:DocumentId>{e["id"]}</edXML:DocumentId><edXML:PromulgationDate>{issued_on}</edXML:PromulgationDate></edXML:ResponseFor>
<edXML:StaffInfo><edXML:Department>Văn thư</edXML:Department><edXML:Staff>Văn thư tập dượt</edXML:Staff></edXML:StaffInfo>
<edXML:StatusCode>{code}</edXML:StatusCode><edXML:Description>Văn thư: {e["words"]}</edXML:Description>
<edXML:Timestamp>{at:%Y/%m/%d %H:%M:%S}</edXML:Timestamp>
</edXML:MessageHeader></edXML:edXMLHeader></edXML:edXMLEnvelope></edXML>
""".encode()
