"""What Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from gateway import maillog
from gateway.model import Case
from tests.web import sample
from tests.web.conftest import Visitor


def figures(visitor: Visitor) -> dict[tuple[str, ...], float]:
    """(name, values of labels by their names) -> value, read by the library's own parser."""
    families = text_string_to_metric_families(visitor.get("/metrics").text)
    return {(s.name, *(s.labels[key] for key in sorted(s.labels))): s.value for family in families for s in family.samples}


def test_what_waits_is_a_figure_without_sign_in(visitor: Visitor, remember: Callable[..., Case]) -> None:
    remember(sample.urgent_case)
    found = figures(visitor)
    assert found["vanthu_info", "0.1.test"] == 1
    assert (found["vanthu_store_up",], found["vanthu_cases_waiting",], found["vanthu_alarms",]) == (1, 1, 1)
    assert found["vanthu_deliveries", "queued"] == 0
    assert found["vanthu_courier_paused", "qlvb-tinh"] == 1
    assert found["vanthu_smtp_sessions",] == 2
    assert found["vanthu_store_behind",] == 3
    assert (found["vanthu_readings_used_total",], found["vanthu_readings_kept",], found["vanthu_readings_bytes",]) == (
        5,
        2,
        900,
    )
    assert (found["vanthu_route_connections", "next hop"], found["vanthu_route_in_trouble", "next hop"]) == (3, 1)
    assert found["vanthu_oldest_deferred_seconds",] == 0
    assert found["vanthu_loop_lag_seconds",] == 0.0004


def test_events_of_the_mail_log_are_counted_also_when_it_is_not_written(visitor: Visitor) -> None:
    before = figures(visitor).get(("vanthu_events_total", "5", "refused"), 0)
    maillog.enable(False)
    try:
        maillog.refused("x", sender="a@b.example", peer="192.0.2.1", rule="5")
    finally:
        maillog.enable(True)
    assert figures(visitor)["vanthu_events_total", "5", "refused"] == before + 1


def test_nobody_is_named(visitor: Visitor, remember: Callable[..., Case]) -> None:
    remember(sample.decision_case)
    assert "518" not in visitor.get("/metrics").text
    assert "@" not in visitor.get("/metrics").text


def test_without_a_store_the_rest_is_still_said(tmp_path: Path, visitor: Visitor) -> None:
    sample.lose_table(tmp_path, "deliveries")
    found = figures(visitor)
    assert found["vanthu_store_up",] == 0
    assert ("vanthu_cases_waiting",) not in found
    assert found["vanthu_smtp_sessions",] == 2
