"""One function per event of a mail's life, one line each: the mail's id first, then key=value.

Lines are gathered and written a few times a second: a stdlib log call costs as much as a tenth of accepting a mail.
A crash may lose the last moment of the log, never of the story: that is in the store.  What is logged is also counted, for
monitoring systems.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

_lines: list[tuple[float, str]] = []
_lock = threading.Lock()
_AT_ONCE = 2000  # lines; beyond that the buffer is written without waiting for the clock
_enabled = True
_counts: Counter[tuple[str, str]] = Counter()


def enable(on: bool) -> None:
    """Switch the mail log on or off (``[log] level`` above INFO switches it off)."""
    global _enabled
    _enabled = on


def accepted(mail_id: str, *, sender: str, recipients: int, size: int, peer: str, identity: str) -> None:
    """A mail is durable with us."""
    _line(
        f"{mail_id} accepted sender=<{sender}> recipients={recipients} size={size} peer={peer} identity={identity}", "accepted"
    )


def authenticated(mail_id: str, *, sender: str, peer: str, identity: str, results: str) -> None:
    """The DNS was asked who sent a mail from outside."""
    _line(f"{mail_id} authenticated sender=<{sender}> peer={peer} identity={identity} {results}", "authenticated", identity)


def forwarded(mail_id: str, *, by: str, peer: str, ident: str) -> None:
    """A server in front says whose mail this is, and how it calls it."""
    _line(f"{mail_id} forwarded by={by} peer={peer} ident={ident}", "forwarded", by)


def refused(mail_id: str, *, sender: str, peer: str, rule: str) -> None:
    """A mail was refused in its session by a rule."""
    _line(f"{mail_id} refused sender=<{sender}> peer={peer} rule={rule}", "refused", rule)


def decided(mail_id: str, *, recipient: str, action: str, rule: str) -> None:
    """A recipient's copy got a verdict other than deliver."""
    _line(f"{mail_id} decided recipient=<{recipient}> action={action} rule={rule}", "decided", action)


def settled(delivery_id: str, *, courier: str, target: str, event: str, reply: str) -> None:
    """One attempt of a delivery ended."""
    _line(f"{delivery_id} {event} courier={courier} target=<{target}> reply={reply!r}", f"delivery {event}", courier)


def case_moved(case_id: str, *, event: str, by: str) -> None:
    """A person or courier moved a case."""
    _line(f"{case_id} case {event} by={by}", "case", event)


def answered(case_id: str, *, courier: str, what: str, number: str) -> None:
    """An office system said something about a case ("-": about none of ours)."""
    _line(f"{case_id} answered courier={courier} what={what} number={number!r}", "answered", what)


def failed(mail_id: str, *, where: str) -> None:
    """We failed, the sender got 451 and keeps the mail."""
    _line(f"{mail_id} failed where={where}", "failed", where)


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


def _line(text: str, event: str, about: str = "") -> None:
    with _lock:
        _counts[event, about] += 1
        if not _enabled:
            return
        _lines.append((time.time(), text))
        full = len(_lines) >= _AT_ONCE
    if full:
        flush()


def _write(lines: Iterable[tuple[float, str]]) -> None:
    written = "".join([f"{_stamp(at)} {_on_one_line(text)}\n" for at, text in lines])
    # A full disk under the log must not make a mail that is durable look refused: the story is in the store.
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(written)
        sys.stderr.flush()


def _stamp(at: float) -> str:
    second, part = divmod(int(at * 1_000_000), 1_000_000)
    return f"{_second(second)}.{part:06}Z"


@lru_cache(2)
def _second(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}"


def _on_one_line(text: str) -> str:
    """A line break in an address or a foreign reply must not make a second line: the log is read line by line."""
    return text.replace("\r", " ").replace("\n", " ")
