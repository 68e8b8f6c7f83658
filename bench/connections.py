"""Connections: what an idle one costs, how many come and go, what a flood of strangers does, and the memory of a large mail."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import ssl
import subprocess
import time
from collections import Counter
from pathlib import Path

from bench.client import Conversation, Mails, dot_stuffed
from bench.load import CountingSink
from bench.processes import HOST, Group, free_port
from bench.report import Line, Part
from bench.servers import Gateway, Postfix, why_no_postfix

IDLE, IDLE_TLS, IN_TURN, FLOOD = 2000, 500, 10_000, 10_000
_AT_ONCE = 20
_MOST_KB = 8.0  # of an idle connection
_MOST_TLS_KB = 40.0  # the library keeps its buffers for each
_MOST_TIMES = 5.0  # of a mail of 25 MB in memory: the wire, the bytes of the mail, and what is on its way to disk and next hop


def run(folder: Path) -> Part:
    """All of it, on one gateway."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 20_000)), hard))
    sink = CountingSink(hop := free_port())
    gateway, strangers = _prepared(folder, hop)
    group = gateway.start()
    try:
        lines = [
            asyncio.run(_idle(group, gateway.port, IDLE, None)),
            asyncio.run(_idle(group, gateway.port, IDLE_TLS, _trusting())),
            _in_turn(folder, group, gateway.port, hop),
            _flood(group, gateway, strangers),
            _large(group, gateway.port),
        ]
    finally:
        group.stop()
        sink.stop()
    notes = ("Memory is that of all processes of the gateway (Pss), before and while; the clients run on the same machine.",)
    return Part("Connections", notes, tuple(lines))


def _prepared(folder: Path, hop: int) -> tuple[Gateway, int]:
    """A gateway with TLS, room for many, and a listener that trusts nobody."""
    gateway, strangers = Gateway(folder / "vanthu", hop=hop), free_port()
    file = gateway.folder / "door.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    made += ["-subj", "/CN=vanthu.test"]
    subprocess.run([*made, "-keyout", file, "-out", gateway.folder / "door.crt"], check=True, capture_output=True)
    file.write_bytes((gateway.folder / "door.crt").read_bytes() + file.read_bytes())
    text = gateway.config.read_text(encoding="utf-8")
    text = text.replace("[smtp]\n", '[smtp]\nmax_connections = 5000\ntls = "offer"\n', 1)
    gateway.config.write_text(text, encoding="utf-8")
    gateway.add("[smtp.certificate]", f'file = "{file}"')
    gateway.add("[[smtp.listener]]", 'name = "strangers"', f'listen = "{HOST}:{strangers}"', "trusted_networks = []")
    return gateway, strangers


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


# --- idle ---


async def _idle(group: Group, port: int, count: int, tls: ssl.SSLContext | None) -> Line:
    """So many clients say EHLO, and then nothing; one more sends a mail."""
    before = _memory_kb(group)
    streams: list[asyncio.StreamWriter] = []
    for start in range(0, count, _AT_ONCE):
        streams += await asyncio.gather(*(_greeted(port, tls) for _ in range(start, min(count, start + _AT_ONCE))))
    each = (_memory_kb(group) - before) / count
    begin = time.perf_counter()
    reply = await asyncio.to_thread(_one_mail, port)
    took_ms = (time.perf_counter() - begin) * 1000
    for stream in streams:
        stream.close()
    await asyncio.sleep(1)
    most = _MOST_KB if tls is None else _MOST_TLS_KB
    said = f"{each:.1f} KB each; a mail meanwhile: {reply[:3]} in {took_ms:.0f} ms"
    what = f"{count:,} idle connections{' by TLS' if tls else ''}"
    return Line(what, said, f"≤ {most:g} KB", each <= most and reply.startswith("250"), facts={"kb": each, "mail_ms": took_ms})


async def _greeted(port: int, tls: ssl.SSLContext | None) -> asyncio.StreamWriter:
    reader, writer = await asyncio.open_connection(HOST, port)
    await reader.readline()
    await _ehlo(reader, writer)
    if tls is not None:
        writer.write(b"STARTTLS\r\n")
        await reader.readline()
        await writer.start_tls(tls)
        await _ehlo(reader, writer)
    return writer


async def _ehlo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"EHLO bench.test\r\n")
    while (await reader.readline())[3:4] == b"-":
        pass


def _one_mail(port: int) -> str:
    talk = Conversation(port)
    try:
        return talk.send(dot_stuffed(Mails(2000, seed=time.time_ns()).raw(0)))
    finally:
        talk.close()


# --- in turn ---


def _in_turn(folder: Path, group: Group, port: int, hop: int) -> Line:
    """Connect, EHLO, QUIT, again and again; beside Postfix where there is one."""
    before = _memory_kb(group)
    ours, replies = asyncio.run(_many(port, IN_TURN))
    grown = (_memory_kb(group) - before) / 1024
    said = f"{ours:.0f}/s, memory {grown:+.1f} MB"
    is_whole = replies == {"220": IN_TURN}
    if not why_no_postfix():
        server = Postfix(folder / "postfix", hop=hop)
        running = server.start()
        try:
            theirs, _ = asyncio.run(_many(server.port, IN_TURN // 10))
        finally:
            running.stop()
        said = f"**{ours / theirs:.1f}×**: {said}; Postfix {theirs:.0f}/s"
    return Line(f"{IN_TURN:,} connections in turn, {_AT_ONCE} at once", said, "all greeted", is_whole, facts={"per_s": ours})


async def _many(port: int, count: int) -> tuple[float, Counter[str]]:
    """Connections a second, and how they were greeted."""
    replies: Counter[str] = Counter()
    left = iter(range(count))

    async def client() -> None:
        for _ in left:
            replies[await _visit(port)] += 1

    begin = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(_AT_ONCE)))
    return count / (time.perf_counter() - begin), replies


async def _visit(port: int) -> str:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        code = (await reader.readline())[:3].decode("ascii")
        if code == "220":
            await _ehlo(reader, writer)
            writer.write(b"QUIT\r\n")
        await reader.read()
        return code
    except ConnectionError:
        return "reset"
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


# --- a flood ---


def _flood(group: Group, gateway: Gateway, strangers: int) -> Line:
    """As many come from one network that is not trusted; somebody trusted sends mails meanwhile."""
    before, lines = _memory_kb(group), _limit_lines(gateway)
    (_, replies), took = asyncio.run(_flooded(gateway.port, strangers))
    grown = (_memory_kb(group) - before) / 1024
    logged = _limit_lines(gateway) - lines
    slowest = max(took) * 1000
    said = (
        f"{replies['220']:,} greeted, {replies['421']:,} sent away, {logged} lines in the log, memory {grown:+.1f} MB; "
        f"{len(took)} trusted mails meanwhile, the slowest {slowest:.0f} ms"
    )
    is_bounded = 0 < replies["220"] <= 900 and logged <= 100 and grown < 20
    return Line(f"{FLOOD:,} connections of strangers", said, "bounded", is_bounded, facts={"slowest_ms": slowest, **replies})


async def _flooded(trusted: int, strangers: int) -> tuple[tuple[float, Counter[str]], list[float]]:
    took: list[float] = []
    flood = asyncio.create_task(_many(strangers, FLOOD))
    while not flood.done():
        begin = time.perf_counter()
        reply = await asyncio.to_thread(_one_mail, trusted)
        assert reply.startswith("250"), reply
        took.append(time.perf_counter() - begin)
        await asyncio.sleep(0.1)
    return await flood, took


def _limit_lines(gateway: Gateway) -> int:
    return gateway.log.read_text(encoding="utf-8", errors="replace").count("limit")


# --- a large mail ---


def _large(group: Group, port: int) -> Line:
    """The most memory that one mail of 25 MB takes on its way through."""
    wire = dot_stuffed(Mails(25 * 1024 * 1024, seed=7).raw(0))
    main = group.process.pid
    pids = [pid for pid in group.pids() if Path(f"/proc/{pid}/clear_refs").exists()]
    for pid in pids:
        with contextlib.suppress(OSError):
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak counts from now on (proc_pid_clear_refs(5))
    before = sum(_status_kb(pid, "VmRSS") for pid in pids)
    talk = Conversation(port)
    begin = time.perf_counter()
    reply = talk.send(wire, chunk=1024 * 1024)
    took = time.perf_counter() - begin
    talk.close()
    time.sleep(2)
    most = (sum(_status_kb(pid, "VmHWM") for pid in pids) - before) / 1024
    times = most / (len(wire) / 1024 / 1024)
    said = f"{most:.0f} MB at most, {times:.1f} times its size; {reply[:3]} after {took:.1f} s"
    is_met = reply.startswith("250") and times <= _MOST_TIMES
    return Line("A mail of 25 MB", said, f"≤ {_MOST_TIMES:g} times", is_met, facts={"mb": most, "main": main})


def _memory_kb(group: Group) -> float:
    """Proportional memory of all its processes."""
    total = 0
    for pid in group.pids():
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total


def _status_kb(pid: int, key: str) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(f"{key}:"):
                return int(line.split()[1])
    return 0
