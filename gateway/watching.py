"""The one watcher: looks at everything that can call for somebody, remembers it, and tells it by mail and webhook.

It looks once a minute.  An alarm is told once, and again after a day while it stands and nobody looks after it.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from gateway import webhook
from gateway.alarms import (
    KINDS,
    Alarm,
    Kind,
    is_ours,
    of_cases,
    of_certificates,
    of_couriers,
    of_disk,
    of_silences,
    of_uncollected,
)
from gateway.config import Config
from gateway.courtesy import queued
from gateway.credentials import read_secret
from gateway.directory.calendar import VIETNAM
from gateway.directory.snapshot import Directory
from gateway.errors import ConfigError
from gateway.model import Arrival, Door, Mail, Recipient, digest_of, new_id
from gateway.notices import sender_of
from gateway.phrases import kept
from gateway.policy.facts import local_day
from gateway.store import Store
from gateway.store.alarms import Standing
from gateway.worker import wait_after

logger = logging.getLogger(__name__)

_EVERY_S = 60.0
_AGAIN = timedelta(days=1)
_LEASE = timedelta(minutes=2)

_STANDING = "Cổng Vanthu thấy những việc sau cần người xem:"
_OVER = "Những việc sau đã hết, cổng Vanthu không còn thấy nữa:"

Look = Callable[[datetime], Iterable[Alarm]]


class Watcher:
    """``looks`` are further places to look at (mailboxes, the audit's chain): each gives what is wrong there now."""

    def __init__(
        self,
        settings: Config,
        store: Store,
        *,
        directory: Callable[[], Directory],
        hostname: str,
        clock: Callable[[], datetime],
        poke: Callable[[], None],
        paused: Callable[[], Mapping[str, str]],
        secret: str = "",
        looks: Sequence[Look] = (),
        certificates: Callable[[], Mapping[str, datetime]] = dict,
    ) -> None:
        self._settings = settings
        self._store = store
        self._directory = directory
        self._hostname = hostname
        self._clock = clock
        self._poke = poke
        self._paused = paused
        self._secret = secret
        self._looks = looks
        self._certificates = certificates

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.look)
                await self.call()
            except Exception:  # the top of this loop: alarms must go on in a minute, whatever it was
                logger.exception("nobody looked for alarms this minute")
            await asyncio.sleep(_EVERY_S)

    def look(self) -> int:
        """Find what is wrong, remember it, tell it by mail; says how many are new.  Not for the loop."""
        now = self._clock()
        for case_id in self._store.raise_alarms(now):
            logger.warning("case %s: nobody has looked at it in time", case_id)
        found, whole = self._found(now)
        new = self._store.alarms.settle(
            {(alarm.kind.value, alarm.about): (alarm.unit, kept(alarm.said)) for alarm in found},
            # What could not be looked at may still be so: then nothing is over.
            is_ours=lambda kind, about: whole and is_ours(Kind(kind), about, self._settings.node),
            now=now,
        )
        self._tell(now)
        self._tell_over(now)
        return new

    async def call(self) -> int:
        """Send to the webhook what it has not got; says how many it took."""
        if not self._settings.alarms.webhook:
            return 0
        taken = 0
        for alarm in await asyncio.to_thread(self._store.alarms.to_send, self._clock(), lease=_LEASE):
            arrived = await webhook.send(self._settings.alarms.webhook, self._secret, alarm, self._clock())
            wait = wait_after(alarm.tries + 1, self._settings.worker.retry_after_s) if arrived is None else None
            if arrived is not True:
                logger.warning("the webhook did not take alarm %s: %s", alarm.id, "tried again" if wait else "given up")
            now = self._clock()
            next_at = now + wait if wait is not None else None
            await asyncio.to_thread(self._store.alarms.sent, alarm, now=now, next_at=next_at, arrived=arrived is True)
            taken += arrived is True
        return taken

    # --- looking ------------------------------------------------------------------------------------------------------

    def _found(self, now: datetime) -> tuple[list[Alarm], bool]:
        """What is wrong now, and whether all could be looked at."""
        found: list[Alarm] = []
        whole = True
        for look in (self._cases, self._silent, self._machine, *self._looks):
            try:
                found += look(now)
            except Exception:  # one place that cannot be looked at must not hide the others
                logger.exception("a look for alarms failed")
                whole = False
        return found, whole

    def _cases(self, now: datetime) -> Iterator[Alarm]:
        return of_cases(self._store.alarms.cases(now), now)

    def _machine(self, now: datetime) -> Iterator[Alarm]:
        settings, node = self._settings.alarms, self._settings.node
        yield from of_couriers(self._paused(), node)
        yield from of_certificates(self._certificates(), now, settings.certificate_days, node)
        if settings.disk_free_percent:
            disk = shutil.disk_usage(self._settings.path(self._settings.store.blobs))
            yield from of_disk(disk.free, disk.total, settings.disk_free_percent, node)

    def _silent(self, now: datetime) -> Iterator[Alarm]:
        directory, before = self._directory(), self._directory().calendar.answered_since(now)
        offices = [each.name for each in self._settings.office if each.is_to_acknowledge]
        cases = [self._store.views.case(case_id) for case_id in self._store.silences.of(offices, before=before)]
        titles = {case.id: system.title if (system := directory.office(case.office)) else case.office for case in cases}
        yield from of_silences({case.id: case.unit for case in cases}, titles)
        pulling = [each.name for each in self._settings.office if each.courier == "pull"]
        yield from of_uncollected(self._store.alarms.uncollected(pulling, before))

    # --- telling ------------------------------------------------------------------------------------------------------

    def _tell(self, now: datetime) -> None:
        before = now - _AGAIN
        due = [each for each in self._store.alarms.standing() if _is_to_be_told(each, before)]
        readers: dict[str, list[Standing]] = {}
        for alarm in due:
            for address in self._readers(alarm, now):
                readers.setdefault(address, []).append(alarm)
        if not readers:
            return
        told = {alarm.id for alarms in readers.values() for alarm in alarms}
        letters = [queued(self._letter(address, alarms, now)) for address, alarms in readers.items()]
        if self._store.alarms.tell(sorted(told), letters, before=before, now=now):
            self._poke()

    def _tell_over(self, now: datetime) -> None:
        """The officer reads what is over; a clerk who decided a case knows it."""
        officers = self._settings.alarms.mail
        over = self._store.alarms.over_untold([kind.value for kind, meaning in KINDS.items() if not meaning.for_clerks])
        if not officers or not over:
            return
        letters = [queued(self._letter(address, over, now)) for address in officers]
        if self._store.alarms.tell_over([alarm.id for alarm in over], letters, now=now):
            self._poke()

    def _readers(self, alarm: Standing, now: datetime) -> tuple[str, ...]:
        officers = self._settings.alarms.mail
        if not officers or not KINDS[Kind(alarm.kind)].for_clerks:
            return officers
        clerks = self._directory().clerks(alarm.unit, local_day(now))
        return tuple(clerk.address for clerk in clerks) or officers

    def _letter(self, to: str, alarms: Sequence[Standing], now: datetime) -> Mail:
        first, more = KINDS[Kind(alarms[0].kind)].title, len(alarms) - 1
        letter = EmailMessage(policy=SMTP)
        letter["From"] = f"Vanthu <{sender_of(self._hostname)}>"
        letter["To"] = to
        is_over = alarms[0].over_at is not None
        what = "Hết cảnh báo" if is_over else "Cảnh báo"
        letter["Subject"] = f"[{what}] {first}" + (f" và {more} cảnh báo khác" if more else "")
        letter["Date"] = format_datetime(now.astimezone(VIETNAM))
        letter["Message-ID"] = f"<{new_id()}@{self._hostname}>"
        letter["Auto-Submitted"] = "auto-generated"
        lines = [f"- {KINDS[Kind(each.kind)].title}: {each.said}{_lasted(each)}" for each in alarms]
        url = self._settings.web.public_url.rstrip("/")
        where = f"Xem tất cả: {url}/alarms" if url else "Xem tất cả trên trang Cảnh báo của cổng Vanthu."
        letter.set_content("\n".join([_OVER if is_over else _STANDING, "", *lines, "", where, ""]), cte="base64")
        raw = letter.as_bytes()
        return Mail(
            id=new_id(),
            sender="",
            recipients=(Recipient(address=to, options=("NOTIFY=NEVER",)),),
            raw=raw,
            digest=digest_of(raw),
            arrival=Arrival(door=Door.OWN, at=now),
        )


def webhook_secret(settings: Config) -> str:
    """The secret that signs what the webhook gets; "" without a webhook.  Raises ConfigError when it cannot be had."""
    if not settings.alarms.webhook:
        return ""
    try:
        return read_secret(settings.alarms.secret, "webhook", base=Path(settings.base))
    except ConfigError as error:
        raise ConfigError(f"[alarms] secret: {error}") from error


def ends_of(files: Mapping[str, Path]) -> dict[str, datetime]:
    """When each certificate ends (PEM); one that cannot be read is left out and logged."""
    if not files:
        return {}
    from cryptography import x509

    ends = {}
    for name, path in files.items():
        try:
            ends[name] = x509.load_pem_x509_certificates(path.read_bytes())[0].not_valid_after_utc
        except (OSError, ValueError) as error:
            logger.warning("%s: the certificate cannot be read: %s", name, error)
    return ends


def _lasted(alarm: Standing) -> str:
    """How long it stood, when it is over."""
    if alarm.over_at is None:
        return ""
    minutes = max(1, round((alarm.over_at - alarm.raised_at).total_seconds() / 60))
    hours, left = divmod(minutes, 60)
    return f" (kéo dài {hours} giờ {left} phút)" if hours else f" (kéo dài {left} phút)"


def _is_to_be_told(alarm: Standing, before: datetime) -> bool:
    """Not yet told; or told a day ago, and nobody looks after it."""
    return alarm.told_at is None or (alarm.told_at < before and not alarm.seen_by)
