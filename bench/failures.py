"""What breaks around the gateway under load: the disk is full or turns read-only, the database is gone, the next hop hangs up.

Ten sessions send small mails all the time, and beside them somebody sends documents that are refused.  Then something breaks
for some seconds, and is repaired.  Whatever happens: every mail that got a 250 arrives as it was sent, and none that got a 5xx
does.  The disk is a file system of its own (ext4 in a file, so that fsync and its errors are real), which needs root.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.client import Conversation, Load, Mails, dot_stuffed
from bench.processes import HOST, Group, free_port
from bench.report import Line, Part
from bench.servers import Gateway
from bench.sink import ID_FIELD, SinkProtocol, identity_and_digest
from tests.world import letters
from tests.world.postgres import Postgres

_SESSIONS, _SIZE = 10, 4096
_BEFORE_S, _BROKEN_S, _AFTER_S, _DRAIN_S = 1.5, 4.0, 3.0, 90.0
_DISK_MB = 64
_DROPS = 0.15  # of the mails, each: kept and not said, not kept and not said


class Scene:
    """One gateway in a folder, what runs of it, and what arrived."""

    def __init__(self, folder: Path, *, url: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.hop = free_port()
        self.gateway = Gateway(folder / "house", hop=self.hop)
        self.gateway.set("worker", "retry_after_s = [1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]")
        if url:
            self.gateway.set("store", f'url = "{url}"')
        self.arrived: dict[str, list[str]] = {}
        self.drops = False
        self.dice = random.Random(7)
        self.group: Group = self.gateway.start()

    def keep(self, content: bytes) -> None:
        """A mail came to the next hop."""
        identity, digest = identity_and_digest(content)
        self.arrived.setdefault(identity, []).append(digest)

    @property
    def database(self) -> Path:
        """The file of SQLite."""
        return self.gateway.folder / "data" / "vanthu.sqlite3"

    def restart(self) -> None:
        """As after a crash of the machine."""
        self.group = self.gateway.start()


class _Hop(SinkProtocol):
    """A next hop that sometimes takes a mail, or does not, and hangs up before its 250."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(self._perhaps)
        self._scene = scene

    def _perhaps(self, content: bytes) -> None:
        chance = self._scene.dice.random() if self._scene.drops else 1.0
        if not chance < _DROPS:
            self._scene.keep(content)
        if chance < 2 * _DROPS:
            self._transport.abort()


Break = Callable[[Scene], Callable[[], None]]  # gives what repairs it; both may take their time


def run(folder: Path) -> Part:
    """One failure after the other."""
    lines = [*_on_a_disk(folder, "full disk", _full), *_on_a_disk(folder, "disk turned read-only", _read_only)]
    lines += _suffered("SQLite file replaced", Scene(folder / "replaced"), _replaced)
    with _postgres() as server:
        lines += _suffered(
            "PostgreSQL stopped", Scene(folder / "stopped", url=server.new_database()), lambda _: _stopped(server)
        )
    lines += _suffered("next hop drops before its 250", Scene(folder / "dropping"), _dropping)
    notes = (
        f"{_SESSIONS} sessions of {_SIZE // 1024} KB mails and one of refused documents; broken for {_BROKEN_S:.0f} s.",
        "×2: arrived twice, which SMTP prefers to a loss.",
    )
    return Part("What breaks around it", notes, tuple(lines))


def _suffered(what: str, scene: Scene, breaks: Break) -> list[Line]:
    try:
        return asyncio.run(_scenario(what, scene, breaks))
    finally:
        scene.group.kill()


def _on_a_disk(folder: Path, what: str, breaks: Break) -> list[Line]:
    """The scenario on a small file system of its own."""
    if os.geteuid() != 0:
        return [Line(what, "needs root")]
    image, disk = folder / "disk.img", folder / "disk"
    disk.mkdir(exist_ok=True)
    with image.open("wb") as file:
        file.truncate(_DISK_MB * 1024 * 1024)
    _command("mkfs.ext4", "-q", "-F", image)
    _command("mount", "-o", "loop", image, disk)
    try:
        scene = Scene(disk)
        _command("sync", "--file-system", disk)  # settings and directory were there long before it broke
        return _suffered(what, scene, breaks)
    finally:
        subprocess.run(["umount", disk], check=False)


# --- what breaks -------------------------------------------------------------------------------------------------------


def _full(scene: Scene) -> Callable[[], None]:
    filler = scene.gateway.folder.parent / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
    return filler.unlink


def _read_only(scene: Scene) -> Callable[[], None]:
    """As after an I/O error: ext4 gives up its journal.  Repaired as people do: fsck, mount, start."""
    disk = scene.gateway.folder.parent
    _command("mount", "-o", "remount,abort", disk)

    def repair() -> None:
        scene.group.kill()
        _command("umount", disk)
        checked = subprocess.run(["e2fsck", "-fy", disk.parent / "disk.img"], check=False, capture_output=True)
        if checked.returncode > 1:
            raise SystemExit(f"bench: e2fsck: {checked.stdout.decode()}")
        _command("mount", "-o", "loop", disk.parent / "disk.img", disk)
        scene.restart()

    return repair


def _replaced(scene: Scene) -> Callable[[], None]:
    """Somebody moves the database away and puts an empty file there; then he puts it back."""
    away = scene.database.with_suffix(".away")
    scene.database.rename(away)
    scene.database.touch()

    def repair() -> None:
        away.replace(scene.database)

    return repair


def _stopped(server: Postgres) -> Callable[[], None]:
    server.stop()

    def repair() -> None:
        server.start()

    return repair


def _dropping(scene: Scene) -> Callable[[], None]:
    scene.drops = True

    def repair() -> None:
        scene.drops = False

    return repair


# --- one scenario ------------------------------------------------------------------------------------------------------


async def _scenario(what: str, scene: Scene, breaks: Break) -> list[Line]:
    loop = asyncio.get_running_loop()
    hop = await loop.create_server(lambda: _Hop(scene), HOST, scene.hop, backlog=1024)
    mails = Mails(_SIZE, seed=len(what))
    load = Load(scene.gateway.port, mails, sessions=_SESSIONS)
    sending, refusing = asyncio.create_task(load.run()), _Refused(scene.gateway.port)
    also = asyncio.create_task(asyncio.to_thread(refusing.run))
    try:
        await asyncio.sleep(_BEFORE_S)
        repair = await asyncio.to_thread(breaks, scene)
        await asyncio.sleep(_BROKEN_S)
        before = len(load.accepted)
        await asyncio.to_thread(repair)
        await asyncio.sleep(_AFTER_S)
    finally:
        load.stop = refusing.stop = True
        await asyncio.gather(sending, also)
    wanted = {mails.identity(n) for n in load.accepted}
    end = loop.time() + _DRAIN_S
    # Polled: a bell rung at every mail would slow down what is looked at.
    while not wanted <= scene.arrived.keys() and loop.time() < end:  # noqa: ASYNC110 - see above
        await asyncio.sleep(0.2)
    await asyncio.sleep(1.0)  # what is still to come, though it was refused
    hop.close()
    return _counted(what, scene, mails, load, refusing, after=len(load.accepted) - before)


class _Refused:
    """One session after the other that sends a document which the rules refuse, from a thread."""

    def __init__(self, port: int) -> None:
        self.stop = False
        self.refused: set[str] = set()  # got a 5xx
        self._port = port
        self._document = letters.letter_of_a_school(sender=letters.TEACHER)

    def run(self) -> None:
        """Until it is told to stop."""
        n = 0
        while not self.stop:
            n += 1
            raw = ID_FIELD + b"no.%d\r\n" % n + self._document
            with contextlib.suppress(OSError):
                conversation = Conversation(self._port)
                reply = conversation.send(dot_stuffed(raw), sender=letters.TEACHER[1], recipient=letters.DIVISION_CLERK[1])
                if reply.startswith("5"):
                    self.refused.add(f"no.{n}")
                conversation.close()


def _counted(what: str, scene: Scene, mails: Mails, load: Load, refusing: _Refused, *, after: int) -> list[Line]:
    promised = {mails.identity(n): mails.digest(n) for n in load.accepted}
    lost = [identity for identity in promised if identity not in scene.arrived]
    altered = [identity for identity, digest in promised.items() if set(scene.arrived.get(identity, [])) - {digest}]
    wrong = sorted(refusing.refused & scene.arrived.keys())
    twice = sum(len(copies) - 1 for copies in scene.arrived.values())
    refusals = {reply: count for reply, count in load.refused.items() if not reply.startswith("4")}
    facts: dict[str, object] = {
        "refused": load.refused,
        "broken": load.broken,
        "after": after,
        "lost": lost[:5],
        "wrong": wrong[:5],
    }
    said = f"{len(lost)} of {len(promised):,} lost, {len(altered)} altered (×2: {twice}); {sum(load.refused.values())} put off"
    return [
        Line(f"{what}: what got a 250", said, "0 lost, 0 altered", not lost and not altered, True, facts),
        Line(f"{what}: what got a 5xx, and arrived", f"{len(wrong)} of {len(refusing.refused)}", "0", not wrong, True),
        Line(f"{what}: taken again when repaired; refused for good meanwhile", f"{after:,}; {sum(refusals.values())}", "> 0; 0",
             after > 0 and not refusals, True, {"refusals": refusals}),
    ]  # fmt: skip


@contextlib.contextmanager
def _postgres() -> Iterator[Postgres]:
    server = Postgres(fsync=True).start()
    try:
        yield server
    finally:
        server.remove()


def _command(*words: str | Path) -> None:
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(map(str, words))}: {done.stdout}{done.stderr}")
