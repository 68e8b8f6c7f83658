"""``vanthu demo``: everything on free ports, a dozen letters through real SMTP, what became of each, and its number."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from rich.console import Console as Terminal
from rich.table import Table

from gateway import app, demo_office, maillog, passwords, sample, serving
from gateway.config import load
from gateway.errors import VanthuError
from gateway.lifecycle import CaseState
from gateway.listening import listening
from gateway.model import Account, Action, Case, Role, Value, Verdict

_PATIENCE_S = 30.0  # for a letter to reach its place
_STATES = {
    CaseState.WAITING: "chờ văn thư",
    CaseState.APPROVED: "đang chuyển sang hệ thống QLVB",
    CaseState.HANDED_OVER: "đã vào hệ thống QLVB",
    CaseState.SEALED: "niêm phong",
}
_ACTIONS = {
    Action.DELIVER: "chuyển nguyên vẹn",
    Action.COPY: "chuyển, kèm hồ sơ cho văn thư",
    Action.REDIRECT: "vào hàng đợi hệ thống QLVB",
    Action.REJECT: "từ chối ngay trong phiên SMTP",
    Action.HOLD: "giữ lại chờ văn thư",
    Action.QUARANTINE: "niêm phong",
    Action.FORWARD: "chuyển tới địa chỉ mới",
}


class Letter(Value):
    """One letter of the demonstration, and the fate it must meet for each recipient."""

    file: str
    title: str
    sender: str
    recipients: tuple[str, ...]
    actions: tuple[Action, ...]
    rules: tuple[str, ...]
    places: tuple[str, ...]


class Fate(Value):
    """What became of one recipient's copy."""

    letter: Letter
    verdict: Verdict | None
    place: str  # where it is now, for a person
    is_as_expected: bool


class NextHop:
    """Handler of the demonstration's next mail server (``python -m aiosmtpd -c gateway.demo.NextHop FOLDER``).

    It keeps the bytes of each mail in a file of its own, with the envelope recipients in front of the name.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def from_cli(cls, _parser: object, folder: str) -> NextHop:
        """Made by aiosmtpd's command line."""
        return cls(Path(folder))

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep one mail for each of its recipients."""
        for recipient in envelope.rcpt_tos:
            name = f"{time.time_ns()}-{re.sub(r'[^A-Za-z0-9.@_-]', '_', recipient)}"
            (self.folder / f"{name}.part").write_bytes(envelope.original_content or b"")
            (self.folder / f"{name}.part").rename(self.folder / f"{name}.eml")
        return "250 2.0.0 kept"


def run(folder: Path, *, once: bool, start_console: serving.StartConsole) -> int:
    """Set up ``folder``, run the gateway and the next hop, send the letters, print the table.

    Returns the exit code: 0 if every letter met its fate.  Without ``once`` it stays up until Ctrl-C.
    """
    config_file, password = _prepare(folder)
    settings = load(config_file)
    with _next_hop(folder / "next-hop", settings.relay.next_hop):
        return asyncio.run(_show(folder, config_file, password, once=once, start_console=start_console))


async def _show(folder: Path, config_file: Path, password: str, *, once: bool, start_console: serving.StartConsole) -> int:
    house = app.Gateway(load(config_file))
    maillog.enable(False)  # the table says it better
    try:
        await house.start()
        _add_accounts(house, password)
        console = await asyncio.to_thread(start_console, house, listening("127.0.0.1", 0))
        await house.listen()
        house.carry()
        house.work()
        terminal = Terminal() if sys.stdout.isatty() else Terminal(width=160)
        terminal.print(f"Cổng Vanthu: SMTP {house.smtp.addresses[0][1]}, máy chủ thư kế tiếp {house.settings.relay.next_hop}")
        letters = _letters()
        fates = [fate for letter in letters for fate in await _send(house, letter, folder)]
        terminal.print(_table(fates))
        wrong = [fate for fate in fates if not fate.is_as_expected]
        _conclude(terminal, fates, wrong)
        with demo_office.practice_offices(folder, [office.name for office in house.settings.office]):
            home, missing = await demo_office.act(house, console.port, password)
        terminal.print(_register(home))
        for each in missing:
            terminal.print(f"[red]WRONG[/red] {each}", highlight=False)
        if not once:
            terminal.print(
                f"Bàn làm việc của văn thư: http://127.0.0.1:{console.port}  (tài khoản: vanthu, mật khẩu: {password})"
            )
            terminal.print("Nhấn Ctrl-C để kết thúc.")
            await _until_interrupted()
        await asyncio.to_thread(console.close)
    finally:
        await house.stop()
    return 1 if wrong or missing else 0


def _register(home: list[demo_office.Registered]) -> Table:
    """What came back from the office systems."""
    table = Table(title="Văn thư duyệt trên bàn làm việc; hệ thống QLVB vào sổ; số trở về", expand=True)
    for heading in ("Văn bản", "Người duyệt", "Số trên hệ thống", "Đã báo bằng thư cho"):
        table.add_column(heading, overflow="fold")
    for each in home:
        by = each.approved_by or "không cần duyệt: văn thư tự gửi"
        table.add_row(each.title, by, each.number, ", ".join(each.told) or "")
    return table


def _prepare(folder: Path) -> tuple[Path, str]:
    """Write the sample house into an empty folder, on free ports."""
    if folder.exists():
        if any(folder.iterdir()) and not (folder / "vanthu.toml").exists():
            raise VanthuError(f"{folder}: there is something else in this folder; name an empty one with --folder")
        shutil.rmtree(folder)
    sample.write(folder)
    (folder / "next-hop").mkdir()
    config_file = folder / "vanthu.toml"
    text = config_file.read_text(encoding="utf-8")
    text += "\n[worker]\npoll_every_s = 0.3\n"
    text = text.replace("[web]\n", "[web]\nhold_back_s = 0.0\n")  # nobody takes anything back here
    text = text.replace("127.0.0.1:2525", "127.0.0.1:0").replace("127.0.0.1:2526", f"127.0.0.1:{_free_port()}")
    config_file.write_text(text, encoding="utf-8")
    return config_file, secrets.token_urlsafe(9)


def _add_accounts(house: app.Gateway, password: str) -> None:

    units = tuple(house.directory().organisations)
    house.store.put_account(
        Account(name="vanthu", full_name="Văn thư", role=Role.CLERK, units=units, password_hash=passwords.kept(password))
    )


def _letters() -> tuple[Letter, ...]:
    import msgspec

    table = tomllib.loads((resources.files(sample) / "letters" / "letters.toml").read_text(encoding="utf-8"))
    return msgspec.convert(table["letter"], tuple[Letter, ...])


async def _send(house: app.Gateway, letter: Letter, folder: Path) -> list[Fate]:
    raw = (resources.files(sample) / "letters" / letter.file).read_bytes()
    reply = await asyncio.to_thread(_submit, house.smtp.addresses[0][1], letter, raw)
    mail_id = _mail_id(reply)
    verdicts = await asyncio.to_thread(house.store.views.verdicts, mail_id)
    by_recipient = {verdict.recipient: verdict for verdict in verdicts}
    fates = []
    for recipient, action, rule, place in zip(letter.recipients, letter.actions, letter.rules, letter.places, strict=True):
        verdict = by_recipient.get(recipient)
        target = verdict.target if verdict and place == "successor address" else recipient
        found = await _find(house, place, target, mail_id, raw, folder)
        as_expected = verdict is not None and verdict.action is action and verdict.rule == rule and bool(found)
        fates.append(Fate(letter=letter, verdict=verdict, place=found or f"không thấy ở: {place}", is_as_expected=as_expected))
    return fates


def _submit(port: int, letter: Letter, raw: bytes) -> str:
    """Hand the letter to the gateway as a mail client would; the reply's text, whether it was taken or refused."""
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        try:
            client.ehlo("may-tinh.demo.example")
            client.mail(letter.sender)
            for recipient in letter.recipients:
                client.rcpt(recipient)
            _, text = client.data(raw)
        except smtplib.SMTPResponseException as error:
            text = error.smtp_error if isinstance(error.smtp_error, bytes) else str(error.smtp_error).encode()
    return text.decode("ascii", "replace")


def _mail_id(reply: str) -> str:
    """The mail's id, which stands in every reply of ours."""
    found = re.search(r"\b[0-9A-HJKMNP-TV-Z]{26}\b", reply)
    if found is None:
        raise VanthuError(f"no id in the gateway's reply: {reply}")
    return found[0]


async def _find(house: app.Gateway, fate: str, recipient: str, mail_id: str, raw: bytes, folder: Path) -> str:
    """Look for a copy at the place where it should be until it is there; "" when patience ends."""
    for _ in range(int(_PATIENCE_S / 0.1)):
        found = await asyncio.to_thread(_look, house, fate, recipient, mail_id, raw, folder)
        if found:
            return found
        await asyncio.sleep(0.1)
    return ""


def _look(house: app.Gateway, fate: str, recipient: str, mail_id: str, raw: bytes, folder: Path) -> str:
    place, _, name = fate.partition(":")
    if place == "refused":
        return "ở lại nơi người gửi" if not _cases(house, mail_id) else ""
    if place in ("next-hop", "successor address"):
        return f"hộp thư {recipient}" if _is_at_next_hop(folder, recipient, raw) else ""
    cases = _cases(house, mail_id)
    if place == "case":
        return ", ".join(f"hồ sơ {case.id[-6:]} của {case.unit} ({_STATES.get(case.state, case.state)})" for case in cases)
    if place == "office":
        packages = [path for case in cases for path in (folder / "office" / name / "in").glob(f"{case.id}*.edxml")]
        return ", ".join(f"{name}/in/{path.name}" for path in packages)
    raise VanthuError(f"letters.toml: no such place: {fate}")


def _cases(house: app.Gateway, mail_id: str) -> list[Case]:
    views = house.store.views
    rows = views.cases(units=None, states=tuple(CaseState), limit=200).rows
    return [case for row in rows if (case := views.case(row.id)).mail_id == mail_id]


def _is_at_next_hop(folder: Path, address: str, raw: bytes) -> bool:
    kept = (folder / "next-hop").glob(f"*-{re.sub(r'[^A-Za-z0-9.@_-]', '_', address)}.eml")
    # Behind our trace headers the bytes are those that were sent.
    return any(path.read_bytes().rstrip(b"\r\n").endswith(raw.rstrip(b"\r\n")) for path in kept)


def _table(fates: list[Fate]) -> Table:
    table = Table(title="Mười mấy lá thư và số phận của chúng", show_lines=True, expand=True)
    for heading, ratio in (("Thư", 4), ("Kết luận", 3), ("Quy tắc", 2), ("Lý do", 6), ("Đang ở", 4), ("", 1)):
        table.add_column(heading, ratio=ratio, overflow="fold")
    for fate in fates:
        verdict = fate.verdict
        table.add_row(
            fate.letter.title,
            _ACTIONS[verdict.action] if verdict else "không có kết luận",
            verdict.rule if verdict else "",
            verdict.reason if verdict else "",
            fate.place,
            "✓" if fate.is_as_expected else "✗",
        )
    return table


def _conclude(terminal: Terminal, fates: list[Fate], wrong: list[Fate]) -> None:
    terminal.print(f"{len(fates) - len(wrong)} trên {len(fates)} bản thư đến đúng nơi.")
    for fate in wrong:
        got = f"{fate.verdict.action} ({fate.verdict.rule})" if fate.verdict else "none"
        terminal.print(f"[red]WRONG[/red] {fate.letter.file}: {got}, {fate.place}", highlight=False)


@contextlib.contextmanager
def _next_hop(folder: Path, listen: str) -> Iterator[None]:
    """A real SMTP server in a process of its own."""
    command = [sys.executable, "-m", "aiosmtpd", "--nosetuid", "--size", "0", "--listen", listen]
    server = subprocess.Popen([*command, "--class", "gateway.demo.NextHop", str(folder)])  # noqa: S603 - our own words
    try:
        _wait_for(listen)
        yield
    finally:
        server.terminate()
        server.wait()


def _wait_for(listen: str) -> None:
    host, _, port = listen.rpartition(":")
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1) as connection:
            connection.recv(100)
            return
        time.sleep(0.05)
    raise VanthuError(f"the demonstration's next mail server does not answer on {listen}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until_interrupted() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
