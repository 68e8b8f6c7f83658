"""``vanthu queue``: what waits on its way out, for which place and why; and another try now."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.commands.opened import store_of
from gateway.commands.say import say
from gateway.config import load
from gateway.lifecycle import DeliveryState
from gateway.policy.facts import VIETNAM

_CONFIG = click.option(
    "--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML)."
)
_TO = click.option("--to", "destination", default="", metavar="DOMAIN", help="Only what goes to this domain, or unit.")
_MAIL = click.option("--mail", "mail_id", default="", metavar="ID", help="Only this mail.")
_COURIER = click.option("--courier", default="", metavar="NAME", help='Only by this courier: "relay", or an office system.')
_STATES = {
    DeliveryState.QUEUED: "chờ chuyển",
    DeliveryState.SENDING: "đang chuyển",
    DeliveryState.DEFERRED: "sẽ thử lại",
    DeliveryState.DEAD: "đã thôi gửi",
}


@click.group()
def queue() -> None:
    """What waits on its way out."""


@queue.command("list")
@_CONFIG
@_TO
@_MAIL
@_COURIER
@click.option("--limit", default=200, show_default=True, help="So many deliveries at most.")
def list_queue(config_file: Path, destination: str, mail_id: str, courier: str, limit: int) -> None:
    """Show what waits: by destination, or (with --to, --mail or --courier) each delivery."""
    from gateway.store.queue import GIVEN_UP, WAITING, Wanted

    with store_of(load(config_file)) as store:
        if not (destination or mail_id or courier):
            waiting = store.queue.summary((*WAITING, *GIVEN_UP))
            for each in waiting:
                when = f"lâu nhất từ {_moment(each.oldest)}" + (f", thử lại {_moment(each.next_at)}" if each.next_at else "")
                say(f"{each.courier}\t{each.destination}\t{each.number} {_STATES[each.state]}\t{when}\t{each.reply}")
            say(f"Tổng cộng: {sum(each.number for each in waiting)} lượt chuyển")
            return
        wanted = Wanted(states=(*WAITING, *GIVEN_UP), destination=destination, mail_id=mail_id, courier=courier)
        for row in store.queue.deliveries(wanted, limit=limit):
            next_at = f"thử lại {_moment(row.next_at)}" if row.next_at else ""
            say(f"{row.id}\t{row.courier}\t{row.target}\t{_STATES[row.state]}\tlần thử {row.attempts}\t{next_at}\t{row.reply}")


@queue.command("retry")
@_CONFIG
@_TO
@_MAIL
@_COURIER
@click.option("--all", "everything", is_flag=True, help="All that waits for its time.")
@click.option("--failed", is_flag=True, help="Also mails that were given up (their senders were told).")
def retry(config_file: Path, destination: str, mail_id: str, courier: str, *, everything: bool, failed: bool) -> None:
    """Have it tried again now, with the whole schedule once more: one mail, one destination, one courier, or --all."""
    from gateway.store.queue import GIVEN_UP, TRIED, Wanted

    if not (destination or mail_id or courier or everything):
        raise click.UsageError("expected --to, --mail or --courier, or --all for all that waits")
    states = (*TRIED, *GIVEN_UP) if failed else TRIED
    wanted = Wanted(states=states, destination=destination, mail_id=mail_id, courier=courier)
    with store_of(load(config_file)) as store:
        done = store.queue.retry_now(wanted, by="", now=datetime.now(UTC))
    say(f"Đã cho thử lại ngay {done} lượt chuyển; cổng đang chạy sẽ chuyển trong vài giây.")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
