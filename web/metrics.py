"""The figures of /health and the counts of the mail log, for Prometheus (text format 0.0.4).  No name or subject in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway import maillog
from gateway.alarms import Kind
from gateway.errors import StoreUnavailable
from gateway.store.values import Health
from web.auth import anybody
from web.context import WebGateway, gateway
from web.format import utc_now

blueprint = Blueprint("metrics", __name__)

_STATES = ("queued", "deferred", "uncertain", "refused", "dead")
# Of Gateway.live(): name -> (unit of the metric, factor, what it is)
_LIVE = {
    "sessions": ("smtp_sessions", 1.0, "SMTP sessions that are open"),
    "bytes_in_flight": ("smtp_bytes_in_flight", 1.0, "bytes of mails that are being read or accepted"),
    "store_behind": ("store_behind", 1.0, "mails and outcomes that are in the journal and not yet in the database"),
    "loop_lag_ms": ("loop_lag_seconds", 0.001, "how late the event loop was at the last look"),
    "loop_lag_max_ms": ("loop_lag_max_seconds", 0.001, "how late it was at worst since the start"),
}


@blueprint.get("/metrics")
@anybody
def metrics() -> Response:
    """All figures; those of the store are left out, and vanthu_store_up is 0, when it cannot be read."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(gateway()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    def __init__(self, here: WebGateway) -> None:
        self._here = here

    def collect(self) -> Iterator[Metric]:
        """One family after the other."""
        yield InfoMetricFamily("vanthu", "the program", value={"version": self._here.version})
        yield from _of_process(self._here.live())
        yield _counted()
        try:
            health: Health | None = self._here.store.views.health()
            alarms = self._here.store.alarms.counts()
        except StoreUnavailable:
            health, alarms = None, {}
        yield GaugeMetricFamily("vanthu_store_up", "whether the store can be read", value=health is not None)
        if health is not None:
            yield from _of_store(health)
            calls = GaugeMetricFamily("vanthu_alarms_standing", "what calls for somebody now", labels=["kind"])
            for kind in Kind:
                calls.add_metric([kind.value], alarms.get(kind.value, 0))
            yield calls


def _of_process(live: dict[str, object]) -> Iterator[Metric]:
    for key, (name, factor, said) in _LIVE.items():
        value = live.get(key)
        if isinstance(value, int | float):
            yield GaugeMetricFamily(f"vanthu_{name}", said, value=value * factor)
    yield from _of_readings(live.get("readings"))
    listeners = live.get("listeners")
    sessions = GaugeMetricFamily("vanthu_listener_sessions", "sessions by listener", labels=["listener", "kind"])
    for name, listener in listeners.items() if isinstance(listeners, dict) else ():
        sessions.add_metric([name, listener["kind"]], listener["sessions"])
    yield sessions
    certificate = live.get("certificate")
    if isinstance(certificate, dict) and certificate:
        said = "days until the certificate of the SMTP door ends"
        yield GaugeMetricFamily("vanthu_certificate_days_left", said, value=certificate["days_left"])
    paused = GaugeMetricFamily("vanthu_courier_paused", "couriers that wait for the officer", labels=["courier"])
    couriers = live.get("paused_couriers")
    for courier in couriers if isinstance(couriers, dict) else ():
        paused.add_metric([courier], 1)
    yield paused
    yield from _of_routes(live.get("routes"))


def _of_readings(readings: object) -> Iterator[Metric]:
    if isinstance(readings, dict):
        yield CounterMetricFamily("vanthu_readings_used", "files that had been read in an earlier mail", value=readings["used"])
        yield GaugeMetricFamily("vanthu_readings_kept", "files whose reading is remembered", value=readings["kept"])
        yield GaugeMetricFamily("vanthu_readings_bytes", "memory of those readings", value=readings["size"])


# Of each route: what it is.
_ROUTE = {
    "connections": "open connections to next mail servers",
    "allowed": "connections that are allowed at one time, as learnt",
    "waiting": "mails in memory that wait for a connection",
    "destinations": "destinations in use",
    "in_trouble": "destinations of which no host could be used at the last try",
}


def _of_routes(routes: object) -> Iterator[Metric]:
    for key, said in _ROUTE.items():
        family = GaugeMetricFamily(f"vanthu_route_{key}", said, labels=["route"])
        for name, figures in routes.items() if isinstance(routes, dict) else ():
            family.add_metric([name or "next hop"], figures[key])
        yield family


def _counted() -> Metric:
    events = CounterMetricFamily("vanthu_events", "events of the mail log since the start", labels=["event", "about"])
    for (event, about), number in sorted(maillog.counts().items()):
        events.add_metric([event, about], number)
    return events


def _of_store(health: Health) -> Iterator[Metric]:
    states = GaugeMetricFamily("vanthu_deliveries", "deliveries that are not finished", labels=["state"])
    for state in _STATES:
        states.add_metric([state], getattr(health, state))
    yield states
    yield GaugeMetricFamily(
        "vanthu_oldest_queued_seconds", "age of the oldest delivery that waits", value=_age(health.oldest_queued_at)
    )
    yield GaugeMetricFamily(
        "vanthu_oldest_deferred_seconds",
        "age of the oldest delivery that is tried again",
        value=_age(health.oldest_deferred_at),
    )
    yield GaugeMetricFamily("vanthu_cases_waiting", "cases that wait for a clerk", value=health.cases_waiting)
    yield GaugeMetricFamily("vanthu_alarms", "cases with an alarm that nobody has looked at", value=health.alarms)
    yield GaugeMetricFamily(
        "vanthu_secrets_let_through", "mails of 7 days with a secret that passed", value=health.secrets_let_through
    )


def _age(since: datetime | None) -> float:
    return max(0.0, (utc_now() - since).total_seconds()) if since is not None else 0.0
