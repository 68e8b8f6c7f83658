"""On server = stored = decided = delivered or captured; and what a person is told when it is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from gateway import sample
from gateway.cli import main
from gateway.commands.opened import store_of
from gateway.config import After, Mailbox, load
from gateway.imap.access import token_file_of
from gateway.imap.history import Link
from gateway.imap.nightly import reconcile_due, warn_of_tokens
from gateway.imap.oauth.token import token_of
from gateway.imap.reconciling import TO_DO, reconcile
from gateway.lifecycle import CaseState
from gateway.policy.facts import VIETNAM
from gateway.store import FolderKnown, Gap, KnownMessage, Reconciliation
from tests.imap import mailboxes
from tests.imap.mailboxes import letter, new_user, put
from tests.world.dovecot import Dovecot

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=3)
LETTERS = Path(sample.__file__).parent / "letters"


class Ledger:
    """Knows what a test says."""

    def __init__(
        self,
        *messages: KnownMessage,
        short: Mapping[str, tuple[Gap, str]] | None = None,
        since: datetime | None = None,
    ) -> None:
        self.folder = FolderKnown(messages=messages, since=since)
        self.short = dict(short or {})

    def known(self, mailbox: str, folder: str, uidvalidity: int) -> FolderKnown:
        return self.folder

    def shortcomings(self, mail_ids: Sequence[str]) -> dict[str, tuple[Gap, str]]:
        return {mail_id: self.short[mail_id] for mail_id in mail_ids if mail_id in self.short}


def looked(dovecot: Dovecot, user: str, ledger: Ledger, *, now: datetime = NOW, **more: object) -> Reconciliation:
    box = replace(Mailbox(name="c3", host="localhost", user=user), **more)
    link = Link(lambda: mailboxes.signed_in(dovecot, user), sleep=lambda seconds: None)
    try:
        return reconcile(link, ledger, box, now=lambda: now)
    finally:
        link.close()


def test_an_even_mailbox_is_even(dovecot: Dovecot) -> None:
    user = new_user()
    put(dovecot, user, letter("1"), letter("2"), received_at=OLD)
    found = looked(dovecot, user, Ledger(KnownMessage(uid=1, mail_id="M1"), KnownMessage(uid=2, mail_id="")))
    assert (found.on_server, found.stored, found.decided, found.done, found.gaps) == (2, 2, 2, 2, ())
    assert found.is_even


def test_each_difference_is_told_with_its_uid_and_what_to_do(dovecot: Dovecot) -> None:
    user = new_user()
    put(dovecot, user, *[letter(str(n)) for n in range(1, 7)], received_at=OLD)
    put(dovecot, user, letter("just now"), received_at=NOW)
    ledger = Ledger(
        KnownMessage(uid=1, mail_id="M1"),
        KnownMessage(uid=3, mail_id="", gap=Gap.HELD),
        KnownMessage(uid=4, mail_id="", gap=Gap.FAILED),
        KnownMessage(uid=5, mail_id="M5"),
        KnownMessage(uid=6, mail_id="M6"),
        KnownMessage(uid=99, mail_id="M9"),
        short={"M5": (Gap.UNDELIVERED, "a@x.example: dead 550 no"), "M6": (Gap.UNDECIDED, "")},
    )
    found = looked(dovecot, user, ledger)
    assert (found.on_server, found.stored, found.decided, found.done) == (7, 3, 2, 1)
    assert sorted((line.gap, line.uid) for line in found.gaps) == [
        (Gap.FAILED, 4), (Gap.GONE, 99), (Gap.HELD, 3), (Gap.UNDECIDED, 6), (Gap.UNDELIVERED, 5), (Gap.UNREAD, 2),
    ]  # fmt: skip
    assert not found.is_even
    assert set(TO_DO) == set(Gap)


def test_what_was_there_before_the_sweep_and_what_was_moved_on_purpose_is_no_difference(dovecot: Dovecot) -> None:
    user = new_user()
    put(dovecot, user, letter("1"), received_at=OLD)
    found = looked(dovecot, user, Ledger(KnownMessage(uid=9, mail_id="M9"), since=NOW - timedelta(days=1)), after=After.MOVE)
    assert (found.old, found.gaps) == (1, ())


def test_a_folder_that_is_not_there_is_told(dovecot: Dovecot) -> None:
    found = looked(dovecot, new_user(), Ledger(), folders=("INBOX", "Không có"))
    assert [(line.gap, line.folder) for line in found.gaps] == [(Gap.FOLDER, "Không có")]


def test_thousands_of_differences_are_counted_and_some_are_kept(dovecot: Dovecot) -> None:
    found = looked(dovecot, new_user(), Ledger(*[KnownMessage(uid=n, mail_id=f"M{n}") for n in range(1, 2001)]))
    assert (len(found.gaps), found.more) == (500, 1500)


# --- The commands, on a real mailbox and a real store -----------------------------------------------------------------


@pytest.fixture
def house(dovecot: Dovecot, tmp_path: Path) -> tuple[Path, str]:
    """A gateway with a mailbox in which old letters lie."""
    user = new_user()
    put(dovecot, user, (LETTERS / "07-cong-van-do-van-thu-gui.eml").read_bytes(), letter("chào"), received_at=OLD)
    put(dovecot, user, (LETTERS / "12-tai-lieu-mat.eml").read_bytes(), folder="Lưu trữ", received_at=OLD)
    sample.write(tmp_path / "house")
    config = tmp_path / "house" / "vanthu.toml"
    table = (
        f'\n[[mailbox]]\nname = "c3"\nhost = "localhost"\nport = {dovecot.tls_port}\nca_file = "{dovecot.ca_file}"\n'
        f'user = "{user}"\nsecret = "env:VANTHU_TEST_SECRET"\nfolders = ["INBOX", "Lưu trữ"]\n'
    )
    config.write_text(config.read_text() + table)
    return config, user


def vanthu(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_a_mailbox_is_imported_and_then_even(house: tuple[Path, str], dovecot: Dovecot) -> None:
    config, user = house
    before = vanthu("mailbox", "reconcile", "c3", "--config", config)
    assert before.exit_code == 1
    assert "trên máy chủ 3 = đã lưu 0" in before.stdout
    assert before.stdout.count("Cổng đọc thư này ở lượt tới") == 3

    imported = vanthu("import", "mailbox", "c3", "--config", config, "--jobs", "2")
    assert imported.exit_code == 0, imported.output
    assert "có văn bản, đã lưu trữ: 1 thư" in imported.stdout
    again = vanthu("import", "mailbox", "c3", "--config", config)
    assert "thư đã nhập từ lần trước: 3" in again.stdout

    after = vanthu("mailbox", "reconcile", "c3", "--config", config)
    assert after.exit_code == 0, after.output
    assert "trên máy chủ 3 = đã lưu 3 = đã có kết luận 3 = đã xong 3" in after.stdout

    dovecot.adm("expunge", "-u", user, "mailbox", "INBOX", "all")
    gone = vanthu("mailbox", "reconcile", "c3", "--config", config)
    assert gone.exit_code == 0
    assert "gone\tINBOX UID 1" in gone.stdout
    with store_of(load(config)) as store:
        assert len(store.views.cases(units=None, states=[CaseState.ARCHIVED]).rows) == 1
        history = store.reconciling.history("c3")
        assert [result.stored for result in history] == [1, 3, 0]
        assert store.reconciling.latest() == {"c3": history[0]}


def test_every_night_each_mailbox_is_compared_once(house: tuple[Path, str]) -> None:
    settings = load(house[0])
    night = datetime(2026, 11, 28, 2, 10, tzinfo=VIETNAM)
    with store_of(settings) as store:
        assert reconcile_due(settings, store, lambda: night - timedelta(hours=1)) == ()
        (result,) = reconcile_due(settings, store, lambda: night)
        assert reconcile_due(settings, store, lambda: night + timedelta(minutes=5)) == ()
        assert store.reconciling.latest()["c3"] == result


def test_a_mailbox_that_cannot_be_reached_does_not_end_the_night(
    house: tuple[Path, str], caplog: pytest.LogCaptureFixture
) -> None:
    settings = load(house[0])
    nobody = replace(settings.mailbox[0], name="x", secret="env:NOTHING")  # noqa: S106 - where it would be
    broken = replace(settings, mailbox=(nobody, *settings.mailbox))
    with store_of(settings) as store:
        results = reconcile_due(broken, store, lambda: datetime(2026, 11, 28, 2, 10, tzinfo=VIETNAM))
    assert [result.mailbox for result in results] == ["c3"]
    assert "mailbox x: not reconciled" in caplog.text


def test_a_token_that_ends_soon_is_warned_of_once_a_day(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sample.write(tmp_path / "house")
    config = tmp_path / "house" / "vanthu.toml"
    tables = (
        '\n[[mailbox]]\nname = "c3"\nhost = "localhost"\nuser = "c3@moet.example"\nprovider = "m"\n'
        '[[provider]]\nname = "m"\nkind = "microsoft"\nclient_id = "x"\n'
    )
    config.write_text(config.read_text() + tables)
    settings = load(config)
    file = token_file_of(settings, settings.mailbox[0])
    with store_of(settings) as store:
        assert warn_of_tokens(settings, store, NOW) == ("c3",)  # nobody has signed in
        file.write(token_of({"access_token": "a", "refresh_token": "r"}, now=NOW))
        assert warn_of_tokens(settings, store, NOW + timedelta(days=70)) == ()
        assert warn_of_tokens(settings, store, NOW + timedelta(days=77)) == ("c3",)
        assert warn_of_tokens(settings, store, NOW + timedelta(days=77, hours=1)) == ()
    assert "mailbox c3: token ageing, it ends on" in caplog.text
