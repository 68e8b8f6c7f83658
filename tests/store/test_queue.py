"""The queue of mails on their way out: what waits for which place, and another try now."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner

from gateway import sample
from gateway.cli import main
from gateway.commands.opened import store_of
from gateway.config import load
from gateway.courier import Fate
from gateway.lifecycle import DeliveryEvent, DeliveryState
from gateway.model import Mail
from gateway.store import Settlement, Store
from gateway.store.queue import GIVEN_UP, TRIED, Wanted
from tests.store.conftest import Open
from tests.store.letters import CLERK, LEASE, MINH, NOON, mail, passing

FAR = "ai.do@Noi-Khac.example"


def tried(store: Store, *to: str, event: DeliveryEvent = DeliveryEvent.RETRY) -> Mail:
    """A mail that was tried and could not be delivered."""
    letter = mail(to=to)
    store.accept_now([passing(letter, state=DeliveryState.QUEUED)])
    (parcel,) = store.claim(couriers=("relay",), limit=50, now=NOON + timedelta(seconds=1), lease=LEASE)
    later = NOON + timedelta(hours=4) if event is DeliveryEvent.RETRY else None
    store.settle(
        [
            Settlement(delivery_id=d.id, event=event, attempts=3, reply="451 4.3.0 later", next_at=later)
            for d in parcel.deliveries
        ]
    )
    store.flush()
    return letter


def states(store: Store, of: Mail) -> list[DeliveryState]:
    return [d.state for d in store.views.deliveries_of(mail_id=of.id)]


def test_it_says_what_waits_for_which_place_and_why(store: Store) -> None:
    tried(store, MINH, FAR)
    tried(store, CLERK)
    first, second = store.queue.summary()
    assert (first.destination, first.number, first.state) == (MINH.partition("@")[2], 2, DeliveryState.DEFERRED)
    assert (second.destination, second.courier, second.reply) == ("noi-khac.example", "relay", "451 4.3.0 later")
    assert second.next_at == NOON + timedelta(hours=4)


def test_what_waits_for_a_place_is_tried_again_now_and_the_rest_waits_on(store: Store) -> None:
    both = tried(store, MINH, FAR)
    assert store.queue.retry_now(Wanted(destination="noi-khac.example"), by="quantri", now=NOON) == 1
    assert states(store, both) == [DeliveryState.DEFERRED, DeliveryState.QUEUED]
    (parcel,) = store.claim(couriers=("relay",), limit=50, now=NOON, lease=LEASE)
    assert [(d.target, d.attempts) for d in parcel.deliveries] == [(FAR, 0)]
    story = store.views.story(mail_id=both.id)[-1]
    assert (story.actor, story.detail["event"], story.detail["to"]) == ("quantri", "retry-now", "queued")


def test_a_place_that_is_no_domain_is_met_whole(store: Store) -> None:
    tried(store, MINH, FAR)
    for other in ("example", "khac.example", "%", "_", "noi-khac"):
        assert store.queue.deliveries(Wanted(destination=other)) == ()
    assert [each.target for each in store.queue.deliveries(Wanted(destination=FAR.upper()))] == [FAR]


def test_one_mail_or_all_mails_are_tried_again_now(store: Store) -> None:
    one, other = tried(store, MINH), tried(store, CLERK)
    assert store.queue.retry_now(Wanted(mail_id=one.id), by="", now=NOON) == 1
    assert states(store, other) == [DeliveryState.DEFERRED]
    assert store.queue.retry_now(Wanted(), by="", now=NOON) == 1


def test_what_was_given_up_is_tried_again_only_when_that_is_wanted(store: Store) -> None:
    dead = tried(store, MINH, event=DeliveryEvent.GIVE_UP)
    assert store.queue.retry_now(Wanted(), by="", now=NOON) == 0
    assert store.queue.retry_now(Wanted(states=(*TRIED, *GIVEN_UP)), by="", now=NOON) == 1
    assert states(store, dead) == [DeliveryState.QUEUED]


def test_what_was_reported_is_known_for_a_while_and_then_forgotten(store: Store) -> None:
    letter = mail(to=(MINH,))
    store.accept_now([passing(letter, state=DeliveryState.QUEUED)])
    ids = [f"{letter.id}-0"]
    store.reported.accept(Fate.DELAYED, ids, (), now=NOON)
    assert store.reported.already(Fate.DELAYED, [*ids, "other-1"]) == frozenset(ids)
    assert store.reported.already(Fate.FAILED, ids) == frozenset()
    store.purge(NOON + timedelta(days=61), keep_passed=timedelta(days=7))
    assert store.reported.already(Fate.DELAYED, ids) == frozenset()


def test_the_command_shows_the_queue_and_has_it_tried_again(tmp_path: Path) -> None:
    sample.write(tmp_path / "house")
    config = tmp_path / "house" / "vanthu.toml"
    with store_of(load(config)) as store:
        letter = tried(store, FAR)

    def vanthu(*arguments: str) -> str:
        done = CliRunner().invoke(main, ["queue", *arguments, "--config", str(config)])
        return f"{done.exit_code} {done.output}"

    assert "relay\tnoi-khac.example\t1 sẽ thử lại\tlâu nhất từ" in vanthu("list")
    assert f"{letter.id}-0\trelay\t{FAR}\tsẽ thử lại\tlần thử 3" in vanthu("list", "--to", "noi-khac.example")
    assert vanthu("retry").startswith("2 ")
    assert "thử lại ngay 1 lượt" in vanthu("retry", "--to", "noi-khac.example")
    assert "1 chờ chuyển" in vanthu("list")


def test_what_a_person_paused_on_a_node_is_known_after_its_restart(open_store: Open) -> None:
    store = open_store(node="one")
    store.pauses.hold("qlvb-tinh", "bảo trì", now=NOON)
    store.pauses.hold("qlvb-tinh", "bảo trì đến 15 giờ", now=NOON)
    store.pauses.hold("ioffice-nganh", "đổi khóa", now=NOON)
    store.pauses.lift("ioffice-nganh")
    store.pauses.lift("khong-co")
    store.close()
    assert open_store(node="one").pauses.held() == {"qlvb-tinh": "bảo trì đến 15 giờ"}
    assert open_store(node="two").pauses.held() == {}
