"""What the audit's chain costs: mails accepted a second beside a sealer that seals each of them, against without one."""

from __future__ import annotations

import asyncio
import hashlib
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.report import Line, Part
from gateway.sealing import Sealer
from gateway.settings.audit import Audit
from gateway.signing import Signer
from gateway.store import Store
from gateway.verifying import verify_store
from tests.store.letters import mail, passing

SESSIONS, SECONDS, ROUNDS = 50, 4.0, 4


def run(folder: Path) -> Part:
    """Rounds without and with a sealer, one after the other; then the whole chain is verified."""
    store = Store(url=f"sqlite:///{folder / 'seal.sqlite3'}", blobs=folder / "blobs", inline_bytes=16384, node="bench")
    store.open()
    signer = Signer(Ed25519PrivateKey.generate())
    # Two hours ahead: mails are sealed at once instead of an hour later, so that each is paid for in its own round.
    ahead = Sealer(store, Audit(), signer, head_file=None, node="bench", clock=lambda: datetime.now(UTC) + timedelta(hours=2))
    alone, beside = [], []
    for _ in range(ROUNDS):
        alone.append(asyncio.run(_accepted(store, None)))
        ahead.finish()
        beside.append(asyncio.run(_accepted(store, ahead)))
        ahead.finish()
    begun = time.thread_time()
    report = verify_store(store, (), signer.public)
    each_us = (time.thread_time() - begun) * 1e6 / max(report.stories + report.mails, 1)
    store.close()
    rates = sum(alone) / ROUNDS, sum(beside) / ROUNDS
    ratio = rates[1] / rates[0]
    facts: dict[str, object] = {"alone": rates[0], "beside": rates[1], "entries": report.stories + report.mails}
    return Part(
        title="Sealing the audit",
        notes=(f"SQLite, {SESSIONS} sessions that accept 2 KB mails, {ROUNDS} rounds of {SECONDS:.0f} s each way, by turns",),
        lines=(
            Line("mails accepted a second, nobody seals", f"{rates[0]:.0f}"),
            Line("… while each is sealed", f"{rates[1]:.0f}"),
            Line("ratio", f"{ratio:.2f}", facts=facts),
            Line(f"verify-audit of {report.stories + report.mails} entries, CPU each", f"{each_us:.0f} µs"),
            Line("the chain is intact", report.broken or "yes", "yes", not report.broken, is_safety=True),
        ),
    )


async def _accepted(store: Store, sealer: Sealer | None) -> float:
    store.attach()
    until, count = time.monotonic() + SECONDS, 0

    async def session(number: int) -> None:
        nonlocal count
        while time.monotonic() < until:
            raw = hashlib.sha256(f"{number} {count}".encode()).digest() * 64
            await store.accept([passing(mail(raw, at=datetime.now(UTC)))])
            count += 1

    sealing = asyncio.create_task(sealer.run()) if sealer is not None else None
    await asyncio.gather(*(session(number) for number in range(SESSIONS)))
    if sealing is not None:
        sealing.cancel()
        await asyncio.gather(sealing, return_exceptions=True)
    await store.detach()
    return count / SECONDS
