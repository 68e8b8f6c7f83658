"""What a test might change in its process for all tests after it, unseen: a folder, a limit, a reader that was switched off."""

from __future__ import annotations

import gc
import locale
import logging
import os
import resource
import signal
import socket
import sys

from gateway import maillog
from gateway.documents.ocr import engine
from gateway.documents.signatures import trust

# Not SIGINT: asyncio gives it back as Python has it, also where a shell left it ignored.
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ)
_LIMITS = ("RLIMIT_AS", "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_NPROC")
_OURS = ("PYTEST_CURRENT_TEST", "OMP_THREAD_LIMIT")  # pytest's own; what loading OCR sets once and for all


def state() -> dict[str, object]:
    """What must be the same after a module of tests as before it."""
    return {
        "folder": os.getcwd(),
        "environment": {name: value for name, value in os.environ.items() if name not in _OURS},
        "umask": _umask(),
        "locale": locale.setlocale(locale.LC_ALL),
        "limits": {name: resource.getrlimit(getattr(resource, name)) for name in _LIMITS},
        "signals": {number.name: signal.getsignal(number) for number in _SIGNALS},
        "path": tuple(sys.path),
        "garbage": (gc.isenabled(), gc.get_freeze_count(), gc.get_threshold()),
        "socket timeout": socket.getdefaulttimeout(),
        "logging": (logging.root.level, logging.root.manager.disable),
        "mail log": (maillog._enabled, maillog._format),
        "OCR is left out": engine._Holder.tried and engine._Holder.api is None,
        "trust anchors": len(trust._anchors),
    }


def changed(before: dict[str, object], after: dict[str, object]) -> dict[str, tuple[object, object]]:
    """What is not the same: before, after."""
    return {name: (was, after[name]) for name, was in before.items() if after[name] != was}


def _umask() -> int:
    now = os.umask(0o077)
    os.umask(now)
    return now
