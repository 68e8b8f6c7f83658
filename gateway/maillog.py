"""One function per event of a mail's life, one line each: the mail's id first, then key=value; or logfmt, or JSON.

Lines are gathered and written a few times a second: a stdlib log call costs as much as a tenth of accepting a mail.
A crash may lose the last moment of the log, never of the story: that is in the store.  What is logged is also counted, for
monitoring systems.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

_Record = tuple[float, str, dict[str, object]]  # when, event, what about it

_lines: list[_Record] = []
_lock = threading.Lock()
_AT_ONCE = 2000  # lines; beyond that the buffer is written without waiting for the clock
_enabled = True
_format = "text"
_counts: Counter[tuple[str, str]] = Counter()
_BARE = re.compile(r"[!#-<>-~]+")


def enable(on: bool) -> None:
    """Switch the mail log on or off (``[log] level`` above INFO switches it off)."""
    global _enabled
    _enabled = on


def write_as(format_: str) -> None:
    """How lines are written: "text" for people, "logfmt" or "json" for machines (``[log] format``)."""
    global _format
    _format = format_


def accepted(mail_id: str, *, sender: str, recipients: int, size: int, peer: str, identity: str, digest: str) -> None:
    """A mail is durable with us."""
    _line(
        "accepted",
        "",
        {
            "id": mail_id,
            "sender": sender,
            "recipients": recipients,
            "size": size,
            "peer": peer,
            "identity": identity,
            "sha256": digest,
        },
    )


def authenticated(mail_id: str, *, sender: str, peer: str, identity: str, results: str) -> None:
    """The DNS was asked who sent a mail from outside."""
    _line("authenticated", identity, {"id": mail_id, "sender": sender, "peer": peer, "identity": identity, "results": results})


def forwarded(mail_id: str, *, by: str, peer: str, ident: str) -> None:
    """A server in front says whose mail this is, and how it calls it."""
    _line("forwarded", by, {"id": mail_id, "by": by, "peer": peer, "ident": ident})


def submitted(mail_id: str, *, user: str, peer: str) -> None:
    """Somebody who signed in sends a mail."""
    _line("submitted", "", {"id": mail_id, "user": user, "peer": peer})


def noted(mail_id: str, *, peer: str, what: str) -> None:
    """A mail goes on as it is, though something about it should be repaired where it comes from."""
    _line("noted", what, {"id": mail_id, "peer": peer, "what": what})


def refused(mail_id: str, *, sender: str, peer: str, rule: str) -> None:
    """A mail was refused in its session by a rule."""
    _line("refused", rule, {"id": mail_id, "sender": sender, "peer": peer, "rule": rule})


def decided(mail_id: str, *, recipient: str, action: str, rule: str) -> None:
    """A recipient's copy got a verdict other than deliver."""
    _line("decided", action, {"id": mail_id, "recipient": recipient, "action": action, "rule": rule})


def settled(delivery_id: str, *, courier: str, target: str, event: str, reply: str, sent: str = "") -> None:
    """One attempt of a delivery ended; ``sent``: SHA-256 of the bytes that left, our headers included."""
    _line(f"delivery {event}", courier, {"id": delivery_id, "courier": courier, "target": target, "reply": reply, "sent": sent})


def case_moved(case_id: str, *, event: str, by: str) -> None:
    """A person or courier moved a case."""
    _line("case", event, {"id": case_id, "step": event, "by": by})


def answered(case_id: str, *, courier: str, what: str, number: str) -> None:
    """An office system said something about a case ("-": about none of ours)."""
    _line("answered", what, {"id": case_id, "courier": courier, "what": what, "number": number})


def failed(mail_id: str, *, where: str) -> None:
    """We failed, the sender got 451 and keeps the mail."""
    _line("failed", where, {"id": mail_id, "where": where})


def count(event: str, about: str) -> None:
    """Count an event that gets no line of its own."""
    with _lock:
        _counts[event, about] += 1


def counts() -> dict[tuple[str, str], int]:
    """How often each event was logged since the start: (event, what about it) -> number."""
    with _lock:
        return dict(_counts)


def flush() -> None:
    """Write what was gathered."""
    with _lock:
        lines, _lines[:] = _lines[:], []
    _write(lines)


def _line(event: str, about: str, fields: dict[str, object]) -> None:
    with _lock:
        _counts[event, about] += 1
        if not _enabled:
            return
        _lines.append((time.time(), event, fields))
        full = len(_lines) >= _AT_ONCE
    if full:
        flush()


def _write(lines: Iterable[_Record]) -> None:
    written = "".join([_FORMATS[_format](*line) for line in lines])
    # A full disk under the log must not make a mail that is durable look refused: the story is in the store.
    with contextlib.suppress(OSError, ValueError):
        # Addresses may hold bytes that are no UTF-8 (PEP 383): they must not cost the other lines.
        sys.stderr.write(written.encode("utf-8", "backslashreplace").decode())
        sys.stderr.flush()


# --- one line for each ------------------------------------------------------------------------------------------------

# How events look to people; a delivery and whatever has no line here: "ID EVENT key=value …".
_TEXTS = {
    "accepted": (
        "%(id)s accepted sender=<%(sender)s> recipients=%(recipients)s size=%(size)s peer=%(peer)s identity=%(identity)s"
    ),
    "authenticated": "%(id)s authenticated sender=<%(sender)s> peer=%(peer)s identity=%(identity)s %(results)s",
    "forwarded": "%(id)s forwarded by=%(by)s peer=%(peer)s ident=%(ident)s",
    "noted": "%(id)s noted peer=%(peer)s what=%(what)s",
    "submitted": "%(id)s submitted user=<%(user)s> peer=%(peer)s",
    "refused": "%(id)s refused sender=<%(sender)s> peer=%(peer)s rule=%(rule)s",
    "decided": "%(id)s decided recipient=<%(recipient)s> action=%(action)s rule=%(rule)s",
    "case": "%(id)s case %(step)s by=%(by)s",
    "answered": "%(id)s answered courier=%(courier)s what=%(what)s number=%(number)r",
    "failed": "%(id)s failed where=%(where)s",
}
_OF_A_DELIVERY = "%(id)s {event} courier=%(courier)s target=<%(target)s> reply=%(reply)r"


# What strangers choose; a quoted local part may hold anything that looks like the rest of the line.
_FOREIGN = ("sender", "recipient", "target", "user", "ident")
_NOT_PLAIN = re.compile(r"[\s<>]")


def _plain(fields: dict[str, object]) -> str:
    return " ".join(["%(id)s {event}", *(f"{key}=%({key})s" for key in fields if key != "id")])


def _as_text(at: float, event: str, fields: dict[str, object]) -> str:
    for key in _FOREIGN:
        value = fields.get(key)
        if isinstance(value, str) and (_NOT_PLAIN.search(value) or not value.isprintable()):
            fields = {**fields, key: "".join([_escaped(c) for c in value])}
    text = _TEXTS.get(event) or (_OF_A_DELIVERY if event.startswith("delivery ") else _plain(fields)).format(
        event=event.removeprefix("delivery ")
    )
    return f"{_stamp(at)} {_on_one_line(text % fields)}\n"


def _as_logfmt(at: float, event: str, fields: dict[str, object]) -> str:
    said = {"at": _stamp(at), "event": event, **fields}
    return " ".join([f"{key}={_quoted(str(value))}" for key, value in said.items() if value != ""]) + "\n"


def _as_json(at: float, event: str, fields: dict[str, object]) -> str:
    said = {"at": _stamp(at), "event": event, **{key: _writable(value) for key, value in fields.items() if value != ""}}
    return msgspec.json.encode(said).decode() + "\n"


_FORMATS: Mapping[str, Callable[[float, str, dict[str, object]], str]] = {
    "text": _as_text,
    "logfmt": _as_logfmt,
    "json": _as_json,
}
FORMATS = tuple(_FORMATS)


def _quoted(value: str) -> str:
    """A value of logfmt: bare where it can be, else in double quotes."""
    if _BARE.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _escaped(c: str) -> str:
    """By its number what could be taken for the end of a value, or what no terminal should see; others as they are."""
    is_plain = c.isprintable() and c not in "<> \\"
    return c if is_plain or 0xDC80 <= ord(c) <= 0xDCFF else f"\\x{ord(c):02x}"  # a byte that is no UTF-8 is written later


def _writable(value: object) -> object:
    """Addresses may hold bytes that are no UTF-8 (PEP 383)."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _stamp(at: float) -> str:
    second, part = divmod(int(at * 1_000_000), 1_000_000)
    return f"{_second(second)}.{part:06}Z"


@lru_cache(2)
def _second(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}"


def _on_one_line(text: str) -> str:
    """A line break in an address or a foreign reply must not make a second line: the log is read line by line."""
    return text.replace("\r", " ").replace("\n", " ")
