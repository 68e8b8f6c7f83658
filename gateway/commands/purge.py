"""``vanthu purge``: shows which bytes are due to be dropped, and drops them when told so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from gateway.commands.opened import store_of
from gateway.commands.say import say
from gateway.config import load
from gateway.policy.facts import VIETNAM


@click.command()
@click.option("--config", "config_file", type=click.Path(path_type=Path), required=True, help="The configuration file (TOML).")
@click.option("--apply", "is_applied", is_flag=True, help="Drop them; without, only what would be dropped is shown.")
def purge(config_file: Path, is_applied: bool) -> None:
    """Drop the bytes of mails that are kept no longer ([store] keep_passed_days, keep_captured_days).

    A running gateway does so by itself every minute.  Who sent what to whom, when and why it was decided stays for ever.
    """
    settings = load(config_file)
    now, store_settings = datetime.now(UTC), settings.store
    keep_passed = timedelta(days=store_settings.keep_passed_days)
    names = ("thư đã chuyển, không mở hồ sơ", "thư của hồ sơ đã xong")
    with store_of(settings) as store:
        found = store.archive.purgeable(now, keep_passed=keep_passed, keep_captured=store_settings.keep_captured)
        for name, each in zip(names, found, strict=False):
            since = f", cũ nhất từ {each.oldest.astimezone(VIETNAM):%d/%m/%Y}" if each.oldest else ""
            say(f"{name}: {each.mails} thư, {each.size / 1024 / 1024:.1f} MB{since}")
        if store_settings.keep_captured is None:
            say(f"{names[1]}: giữ mãi (keep_captured_days = 0)")
        if not is_applied:
            say("Đây là bản xem trước; thêm --apply để xóa nội dung các thư này. Diễn biến và kết luận vẫn được giữ.")
            return
        dropped = store.purge(now, keep_passed=keep_passed, keep_captured=store_settings.keep_captured)
    say(f"Đã xóa nội dung của {dropped} thư.")
