"""The look at the process after each module of tests sees what others would suffer from."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from gateway import maillog
from gateway.documents.ocr import engine
from tests.world import process

Patch = pytest.MonkeyPatch


@contextmanager
def _masked(patch: Patch) -> Iterator[None]:
    before = os.umask(0o123)
    yield
    os.umask(before)


@contextmanager
def _deaf(patch: Patch) -> Iterator[None]:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


@contextmanager
def _littered(patch: Patch) -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@contextmanager
def _left_out(patch: Patch) -> Iterator[None]:
    patch.setattr(engine._Holder, "tried", True)
    patch.setattr(engine._Holder, "api", None)
    yield


def _patched(spoil: Callable[[Patch], None]) -> Callable[[Patch], AbstractContextManager[None]]:
    @contextmanager
    def spoilt(patch: Patch) -> Iterator[None]:
        spoil(patch)
        yield

    return spoilt


SPOILT: dict[str, Callable[[Patch], AbstractContextManager[None]]] = {
    "folder": _patched(lambda patch: patch.chdir(Path.home())),
    "environment": _patched(lambda patch: patch.setenv("VANTHU_NEW", "x")),
    "path": _patched(lambda patch: patch.syspath_prepend("/nowhere")),
    "mail log": _patched(lambda patch: patch.setattr(maillog, "_format", "json")),
    "OCR is left out": _left_out,
    "umask": _masked,
    "signals": _deaf,
    "garbage": _littered,
}


@pytest.mark.parametrize("what", SPOILT)
def test_what_a_test_leaves_behind_is_seen(what: str) -> None:
    before = process.state()
    with pytest.MonkeyPatch.context() as patch, SPOILT[what](patch):
        assert set(process.changed(before, process.state())) == {what}
    assert process.changed(before, process.state()) == {}
