"""kill -9: every mail whose acceptance was answered is there afterwards, byte for byte."""

from __future__ import annotations

import hashlib
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.store.conftest import Open

# Twenty sessions accept small and large mails, and print the id only when accept() has returned.
CHILD = """
import asyncio, hashlib, sys
from pathlib import Path
from gateway.store import Store
from tests.store.letters import mail, passing

url, blobs, life = sys.argv[1:]
store = Store(url=url, blobs=Path(blobs), inline_bytes=2000, node="hue")
store.open()
print("ready", flush=True)

async def session(number):
    for n in range(10**9):
        raw = hashlib.sha256(f"{life}/{number}/{n}".encode()).digest() * (30 + n % 5 * 40)
        letter = mail(raw)
        await store.accept([passing(letter)])
        print(letter.id, letter.digest, flush=True)

async def main():
    await asyncio.gather(*(session(number) for number in range(20)))

asyncio.run(main())
"""


def test_whatever_was_acknowledged_survives_kill_9(url: str, open_store: Open, tmp_path: Path) -> None:
    acknowledged: dict[str, str] = {}
    for life in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, url, str(tmp_path / "blobs"), str(life)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        deadline = time.monotonic() + 0.2 + random.random() * 0.3  # noqa: S311 - when to kill
        while time.monotonic() < deadline:
            line = child.stdout.readline()
            mail_id, digest = line.split()
            acknowledged[mail_id] = digest
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read()
        child.stdout.close()
        child.wait()
        whole = rest[: rest.rfind("\n") + 1]
        acknowledged.update(dict(line.split(" ", 1) for line in whole.splitlines()))

    store = open_store(node="hue", inline_bytes=2000)
    assert len(acknowledged) > 100
    for mail_id, digest in acknowledged.items():
        assert hashlib.sha256(store.views.raw(mail_id)).hexdigest() == digest
    # Whatever a life was sending is queued again; nothing is sent twice that nobody accepted.
    assert store.views.health().queued >= len(acknowledged)
