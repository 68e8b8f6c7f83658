"""``vanthu mailbox``: sign in to mailboxes by token, see how the tokens do, look whether a mailbox can be reached."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.commands.say import say
from gateway.config import load
from gateway.errors import ConfigError, MailboxUnreachable, SignInRefused
from gateway.policy.facts import VIETNAM

if TYPE_CHECKING:
    from gateway.config import Config, Mailbox
    from gateway.imap.oauth.age import TokenAge

_CONFIG = click.option(
    "--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML)."
)
_WAYS = ("device", "browser", "paste")


@click.group()
def mailbox() -> None:
    """Mailboxes that are read by IMAP: sign in, look whether they can be reached."""


@mailbox.command("sign-in")
@click.argument("name")
@_CONFIG
@click.option("--by", "way", type=click.Choice(_WAYS), help="How: a code for any device, a browser here, or one elsewhere.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of this machine, for the browser to come back to.")
@click.option("--check/--no-check", default=True, help="Sign in to the mailbox with the new token before it is kept.")
def sign_in(name: str, config_file: Path, way: str | None, port: int, check: bool) -> None:
    """Give the gateway the right to read the mailbox NAME, in the name of whoever signs in now."""
    from gateway.imap.access import client_of, mailbox_of, token_file_of
    from gateway.imap.oauth import flows
    from gateway.imap.oauth.token import token_of

    settings = load(config_file)
    chosen = mailbox_of(settings, name)
    client, file = client_of(settings, chosen), token_file_of(settings, chosen)
    way = way or _usual_way(settings, chosen)
    try:
        if way == "device":
            answer = flows.by_device(client, chosen.user, say=say)
        elif way == "browser":
            answer = flows.by_browser(client, chosen.user, say=say, port=port)
        else:
            answer = flows.by_paste(client, chosen.user, say=say, ask=click.prompt, port=port or 8400)
        token = token_of(answer, now=datetime.now(UTC))
        if check:
            _try(settings, chosen, token.access)
        with file.alone():
            file.write(token)
    except (SignInRefused, MailboxUnreachable) as error:
        raise click.ClickException(f"chưa đăng nhập được: {error}") from error
    say(f"Đã đăng nhập hộp thư {name} ({chosen.user}). Cổng tự gia hạn quyền này, không cần làm lại.")
    say("Xem tình trạng: vanthu mailbox tokens")


@mailbox.command("tokens")
@_CONFIG
def tokens(config_file: Path) -> None:
    """How the tokens of all mailboxes do.  Exit 1 when a person must sign in, soon or now."""
    from gateway.imap.access import token_ages
    from gateway.imap.oauth.age import Condition

    now = datetime.now(UTC)
    ages = token_ages(load(config_file), now)
    if not ages:
        say("Không có hộp thư nào đăng nhập bằng [[provider]].")
    for name, age in ages.items():
        say(f"{name}: {said(age, now)}")
    sys.exit(0 if all(age.condition is Condition.WELL for age in ages.values()) else 1)


@mailbox.command("check")
@click.argument("name")
@_CONFIG
def check_mailbox(name: str, config_file: Path) -> None:
    """Sign in to the mailbox NAME and list its folders.  Exit 1 when that fails."""
    from gateway.imap.access import mailbox_of, open_session

    settings = load(config_file)
    chosen = mailbox_of(settings, name)
    try:
        session = open_session(settings, chosen)
    except (SignInRefused, MailboxUnreachable) as error:
        raise click.ClickException(f"{name}: {error}") from error
    try:
        for folder in session.folders():
            say(f"{folder.name}\t{session.select(folder.name).exists} thư" if folder.selectable else f"{folder.name}\t-")
    finally:
        session.close()


@mailbox.command("reconcile")
@click.argument("name")
@_CONFIG
def reconcile(name: str, config_file: Path) -> None:
    """Compare the mailbox NAME with what we know of it: on server = stored = decided = delivered or captured.

    Exit 1 when a person has to do something.
    """
    from gateway.commands.opened import store_of
    from gateway.imap.access import mailbox_of
    from gateway.imap.nightly import reconcile_now
    from gateway.imap.reconciling import TO_DO

    settings = load(config_file)
    chosen = mailbox_of(settings, name)
    try:
        with store_of(settings) as store:
            result = reconcile_now(settings, store, chosen, lambda: datetime.now(UTC))
    except (SignInRefused, MailboxUnreachable) as error:
        raise click.ClickException(f"{name}: {error}") from error
    say(f"trên máy chủ {result.on_server} = đã lưu {result.stored} = đã có kết luận {result.decided} = đã xong {result.done}")
    if result.old:
        say(f"thư cũ chưa nhập: {result.old} (vanthu import mailbox {name})")
    for line in result.gaps:
        where = f" UID {line.uid}" if line.uid else ""
        said = f" ({line.said})" if line.said else ""
        say(f"{line.gap}\t{line.folder}{where}{' thư ' + line.mail_id if line.mail_id else ''}{said}\t{TO_DO[line.gap]}")
    if result.more:
        say(f"và {result.more} khác biệt nữa")
    sys.exit(0 if result.is_even else 1)


@mailbox.command("forget")
@click.argument("name")
@_CONFIG
def forget(name: str, config_file: Path) -> None:
    """Throw the token of the mailbox NAME away.  The right itself is taken back at the provider."""
    from gateway.imap.access import mailbox_of, token_file_of

    settings = load(config_file)
    file = token_file_of(settings, mailbox_of(settings, name))
    with file.alone():
        file.forget()
    say(f"Đã xóa quyền đọc hộp thư {name} trên cổng. Xin thu hồi cả trong trang bảo mật của tài khoản.")


def said(age: TokenAge, now: datetime) -> str:
    """How a token does, in one Vietnamese line."""
    from gateway.imap.oauth.age import Condition

    if age.condition is Condition.MISSING or age.signed_in_at is None or age.refreshed_at is None:
        return "chưa đăng nhập"
    since = f"đăng nhập {_day(age.signed_in_at)}, gia hạn lần cuối {age.refreshed_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
    if age.ends_at is None:
        return f"tốt; {since}"
    left = age.days_left(now)
    return {
        Condition.WELL: f"tốt, còn {left} ngày nếu không dùng; {since}",
        Condition.AGEING: f"SẮP HẾT HẠN, còn {left} ngày (đến {_day(age.ends_at)}); {since}",
        Condition.DEAD: f"ĐÃ HẾT HẠN ngày {_day(age.ends_at)}: cần đăng nhập lại; {since}",
    }[age.condition]


def _day(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%d/%m/%Y}"


def _usual_way(settings: Config, chosen: Mailbox) -> str:
    """By device where the provider has it: servers seldom have a browser."""
    from gateway.imap.oauth.provider import endpoints_of, provider_of

    endpoints = endpoints_of(provider_of(settings, chosen))
    if endpoints.device:
        return "device"
    if endpoints.authorize:
        return "paste"
    raise ConfigError(f"[[provider]] {chosen.provider}: expected an authorize_url or a device_url")


def _try(settings: Config, chosen: Mailbox, access: str) -> None:
    """Sign in with what was just given out: it may be of another account, or IMAP may be switched off for it."""
    from gateway.imap.access import server_of
    from gateway.imap.oauth.bearer import Shown
    from gateway.imap.session import Session

    say("Đang thử đăng nhập hộp thư …")
    try:
        Session.open(server_of(settings, chosen), Shown(chosen.user, access)).close()
    except SignInRefused as error:
        raise SignInRefused(
            f"máy chủ thư không nhận quyền vừa cấp: {error}. Có phải anh/chị đã đăng nhập bằng tài khoản khác {chosen.user}, "
            "hoặc tài khoản chưa bật IMAP? Quyền này chưa được lưu"
        ) from error
