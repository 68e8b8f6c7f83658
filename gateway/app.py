"""Puts the parts together; the only module that knows them all."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from msgspec.structs import replace

import gateway
from gateway import maillog
from gateway.accounts import Accounts
from gateway.alarms import Alarm, of_chain
from gateway.answers import Answers
from gateway.axis_door import AxisDoor
from gateway.bridge.again import package_again
from gateway.bridge.couriers import courier_of
from gateway.bridge.mailbox_answers import answers_in, delivery_meant
from gateway.bridge.pull import PullCourier, Pulling
from gateway.checking import Checks
from gateway.config import Config
from gateway.courier import RELAY, Courier, Fate, Parcel, Result
from gateway.courtesy import own_letter
from gateway.daily import Daily
from gateway.desk import Desk
from gateway.directory.files import contents as directory_contents
from gateway.directory.files import load as load_directory
from gateway.directory.files import version_of
from gateway.directory.snapshot import Directory
from gateway.errors import ConfigError, StoreUnavailable
from gateway.first_visit import FirstVisit
from gateway.followup import FollowUp
from gateway.hearing import Hearing
from gateway.imap.access import credentials_of, judge_of, server_of
from gateway.imap.alarming import of_mailboxes
from gateway.imap.append import AppendCourier
from gateway.imap.asking import is_right
from gateway.imap.envelope import likeness_of
from gateway.imap.nightly import run_nightly
from gateway.imap.poller import Poller
from gateway.inspection import Inspector
from gateway.intake import Intake
from gateway.model import Case, Identity
from gateway.notices import Notices, sender_of
from gateway.office_mail import OfficeMail
from gateway.policy.facts import local_day
from gateway.policy.issuer import issuers_of
from gateway.policy.rules import Policy
from gateway.policy.rules import load as load_policy
from gateway.reception import Reception
from gateway.review import Review
from gateway.sealing import Sealer
from gateway.secret import Links, kept_in
from gateway.settings.addresses import host_and_port, naming
from gateway.settings.listeners import FIRST
from gateway.settings.sign_in import Judge
from gateway.signing import signer_of
from gateway.smtp import dsn
from gateway.smtp.identity import TrustedNetworks
from gateway.smtp.policy_service import PolicyService
from gateway.smtp.recipients import Recipients
from gateway.smtp.relay import Relay
from gateway.smtp.sending import may_send_as
from gateway.smtp.server import SmtpServer
from gateway.smtp.srs import SenderRewriting
from gateway.store import Acceptance, Store
from gateway.sweeping import Sweeps, append_courier, routes_of
from gateway.traffic import Traffic
from gateway.watching import Watcher, ends_of, webhook_secret
from gateway.worker import Worker

logger = logging.getLogger(__name__)

_LOG_EVERY_S = 0.1
_KEEP_HOUSE_EVERY_S = 60.0
_GRACE_S = 30.0  # sessions may end by themselves for so long at a stop
# Threads hand the interpreter over after 2 ms instead of 5: the writer answers a commit sooner, and the loop is not cut short.
_SWITCH_INTERVAL_S = 0.002
_FILES = 65_536  # open at one time, if the system lets us
# So many new objects before the collector looks for cycles among them: mails on their way are young, many, and have none.
_YOUNG = 20_000


def now() -> datetime:
    """The clock of the whole gateway."""
    return datetime.now(UTC)


class Gateway:
    """All parts of one gateway, wired; nothing runs before start()."""

    version = gateway.__version__

    def __init__(self, settings: Config, *, clock: Callable[[], datetime] = now) -> None:
        self.settings = settings
        self.clock = clock
        self.hostname = settings.smtp.hostname or socket.gethostname()
        self._directory = _directory(settings)
        self._policy = load_policy(settings.path(settings.policy.path))
        self.store = Store(
            url=settings.store_url(),
            blobs=settings.path(settings.store.blobs),
            inline_bytes=settings.store.inline_bytes,
            node=settings.node,
            lease=timedelta(seconds=settings.worker.lease_s),
        )
        self.inspector = Inspector(settings.inspection)
        secret = kept_in(settings.path(settings.web.secret_file))
        self.srs = SenderRewriting(secret, settings.relay.bounce_domain, clock=clock, is_ours=self._has_domain)
        self.srs.check()
        self.links = links = Links(
            secret,
            settings.web.public_url,
            reply_address=settings.smtp.reply_address,
            sender=sender_of(self.hostname),
        )
        self.notices = Notices(
            hostname=self.hostname,
            help_phone=settings.smtp.help_phone,
            help_url=settings.smtp.help_url,
            web_url=settings.web.public_url,
            directory=self.directory,
            links=links,
            templates=settings.path(settings.notices.templates) if settings.notices.templates else None,
        )
        self.notices.check(clock())
        self.relay = _relay(settings, self.hostname)
        couriers: dict[str, Courier] = {RELAY: self.relay}
        by_name = {office.name: courier_of(office, settings, self.directory) for office in settings.office}
        couriers |= by_name
        couriers |= {
            append_courier(box.name): AppendCourier(
                append_courier(box.name), server_of(settings, box), credentials_of(settings, box)
            )
            for box in settings.mailbox
            if any(other.append_to == box.name for other in settings.mailbox)
        }
        offices = frozenset(office.name for office in settings.office)
        self.worker = Worker(self.store, couriers, settings.worker, report=self._report)
        self.answers = Answers(
            store=self.store,
            directory=self.directory,
            notices=self.notices,
            clock=clock,
            poke=self.worker.poke,
            door=AxisDoor(store=self.store, recogniser=self.inspector, directory=self.directory, clock=clock),
        )
        asked = {name: courier for name, courier in by_name.items() if not isinstance(courier, PullCourier)}
        self.follow_up = FollowUp(self.store, asked, settings.worker, worker=self.worker, answers=self.answers, clock=clock)
        self.review = Review(
            store=self.store,
            directory=self.directory,
            offices=offices,
            notices=self.notices,
            clock=clock,
            poke=self.worker.poke,
            rewritten=self.srs.rewritten,
            hold_back=timedelta(seconds=settings.web.hold_back_s),
        )
        self.pulling = Pulling(store=self.store, answers=self.answers, directory=self.directory, clock=clock)
        self.desk = Desk(store=self.store, directory=self.directory, notices=self.notices, clock=clock, poke=self.worker.poke)
        self.hearing = Hearing(
            store=self.store,
            directory=self.directory,
            notices=self.notices,
            links=links,
            words=self.inspector.own_words,
            clock=clock,
            poke=self.worker.poke,
        )
        self.checks = Checks(by_name, clock=clock, pause=self.worker.pause)
        self.traffic = Traffic(
            store=self.store, review=self.review, clock=clock, poke=self._poke_all, resume=self.worker.resume
        )
        self.reception = Reception(store=self.store, directory=self.directory, clock=clock, poke=self._poke_all)
        self.intake = Intake(
            store=self.store,
            recogniser=self.inspector,
            way_out=self.worker,
            notices=self.notices,
            policy=self.policy,
            directory=self.directory,
            clock=clock,
            hold_for=timedelta(hours=settings.worker.hold_alarm_after_h),
            offices=offices,
            to_appeal=links.to_appeal,
            ears=self.hearing,
            sweeps=Sweeps(routes_of(settings.mailbox), rewritten=self.srs.rewritten, likeness=likeness_of),
            returns=self.srs,
            office_mail=self._office_mail(settings),
        )
        self.sealer = Sealer(
            self.store,
            settings.audit,
            signer_of(settings.path(settings.audit.key_file)),
            head_file=settings.path(settings.audit.head_file) if settings.audit.head_file else None,
            node=settings.node,
            clock=clock,
        )
        self.daily = Daily(
            settings, self.store, directory=self.directory, hostname=self.hostname, clock=clock, poke=self.worker.poke
        )
        self.first_visit = FirstVisit(self.store, lambda: Accounts(self.store, self.directory, clock))
        self.watcher = Watcher(
            settings,
            self.store,
            directory=self.directory,
            hostname=self.hostname,
            clock=clock,
            poke=self.worker.poke,
            paused=lambda: self.worker.paused,
            secret=webhook_secret(settings),
            looks=(self._mailbox_alarms, lambda _: of_chain(self.sealer.trouble)),
            certificates=self._certificates,
        )
        self.poller: Poller | None = None
        recipients = Recipients(settings.smtp.recipients, self.relay.ask, time.monotonic)
        asks_imap = settings.smtp.auth.check is Judge.IMAP
        self.smtp = SmtpServer(
            settings.smtp,
            self.intake,
            recipients,
            base=settings.path("."),
            may_send_as=self._may_send_as,
            by_imap=partial(is_right, judge_of(settings)) if asks_imap else None,
        )
        self.policy_service = PolicyService(settings.policy_service, directory=self.directory, today=lambda: local_day(clock()))
        self._endings = contextlib.AsyncExitStack()

    def _office_mail(self, settings: Config) -> OfficeMail | None:
        senders = {office.sender: office.name for office in settings.office if office.courier == "mailbox"}
        if not senders:
            return None
        return OfficeMail(store=self.store, answers=self.answers, senders=senders, meant=delivery_meant, read=answers_in)

    def _poke_all(self) -> None:
        self.worker.poke()
        self.follow_up.poke()

    def smtp_door(self) -> tuple[str, int] | None:
        """Where mail comes in; None while nobody listens."""
        return next(((address, port) for address, port in self.smtp.addresses), None)

    def _mailbox_alarms(self, now: datetime) -> Iterator[Alarm]:
        return of_mailboxes(self.settings, self.store, self._directory.calendar, now)

    def _certificates(self) -> dict[str, datetime]:
        """The certificates that we show, by where they stand in the settings, and when each ends."""
        found = {f"[[office]] {each.name}": each.client_certificate for each in self.settings.office if each.client_certificate}
        ends = ends_of({where: self.settings.path(file) for where, file in found.items()})
        if self.smtp.certificates is not None:
            ends["[smtp.certificate]"] = self.smtp.certificates.leaf.not_valid_after_utc
        return ends

    def directory(self) -> Directory:
        """The directory as it was last read."""
        return self._directory

    def _has_domain(self, domain: str) -> bool:
        """Whether a domain is one of ours today."""
        return self._directory.domain(f"@{domain}", local_day(self.clock())) is not None

    def _may_send_as(self, user: str, sender: str) -> bool:
        """Whether somebody who signed in may write as this sender."""
        return may_send_as(self._directory, user, sender, local_day(self.clock()))

    def package_of(self, case: Case) -> bytes:
        """The package of a case that an office system got, made again; b"" when there is none."""
        return package_again(self.store, case, self.directory())

    def policy(self) -> Policy:
        """The policy as it was last read."""
        return self._policy

    def reload(self) -> None:
        """Read directory and policy again; what is wrong is logged, and the old ones stay in force.  Not for the loop."""
        if self.smtp.certificates is not None:
            self.smtp.certificates.refresh(even_unchanged=True)
        try:
            directory = _directory(self.settings)
            policy = load_policy(self.settings.path(self.settings.policy.path))
        except ConfigError as error:
            logger.error("reload: the old directory and policy stay in force: %s", error)
            return
        self._directory, self._policy = directory, policy
        logger.info("reload: directory and policy read again, policy version %s", policy.version)
        self._remember_rules()

    def _remember_rules(self) -> None:
        """Keep what is in force now, so that people can see later what was changed and when; mail does not wait for it."""
        now, files = self.clock(), directory_contents(self.settings.path(self.settings.directory.path))
        try:
            self.store.put_policy(self._policy.version, self._policy.text, now=now)
            self.store.put_directory(version_of(files), files, now=now)
        except StoreUnavailable as error:
            logger.warning("policy and directory are in force, but their versions were not kept: %s", error)

    def live(self) -> dict[str, object]:
        """What only the running process knows, for /health."""
        return {
            "sessions": self.smtp.sessions,
            "loop_lag_ms": round(self.smtp.lag_ms, 1),
            "loop_lag_max_ms": round(self.smtp.lag_max_ms, 1),
            "paused_couriers": dict(self.worker.paused),
            "routes": self.relay.live(),
            "bytes_in_flight": self.smtp.bytes_in_flight,
            "listeners": {way.name: {"kind": way.kind, "sessions": way.sessions} for way in self.smtp.entrances},
            "certificate": self.smtp.certificates.live(self.clock()) if self.smtp.certificates is not None else {},
            "imap": self.poller.live() if self.poller is not None else {},
        }

    async def start(self) -> None:
        """Start the children, open the store, start the way out: all but the SMTP listeners.  After a failure: stop()."""
        at_the_end = self._endings
        at_the_end.callback(maillog.flush)
        # The children first: they must not inherit the locks of the store.
        at_the_end.push_async_callback(asyncio.to_thread, self.inspector.close)
        await asyncio.to_thread(self.inspector.start)
        await asyncio.to_thread(self.store.open)
        at_the_end.push_async_callback(asyncio.to_thread, self.store.close)
        at_the_end.push_async_callback(asyncio.to_thread, self.sealer.finish)
        await asyncio.to_thread(self._remember_rules)
        self.store.attach()
        self.checks.attach(asyncio.get_running_loop())
        at_the_end.push_async_callback(self.store.detach)
        nightly = run_nightly(self.settings, self.store, self.clock)
        works = (
            self.worker.run(),
            self.follow_up.run(),
            _write_log(),
            self._keep_house(),
            nightly,
            self.sealer.run(),
            self.daily.run(),
            self.watcher.run(),
        )
        tasks = [asyncio.create_task(work) for work in works]
        at_the_end.push_async_callback(_cancelled, tasks)
        at_the_end.push_async_callback(self.worker.stop)
        at_the_end.callback(self.follow_up.stop)

    def sweep(self, announce: Callable[[str], None]) -> None:
        """Begin to read the mailboxes, if there are any; ``announce`` hears of each when it was looked into first."""
        if not any(mailbox.sweep for mailbox in self.settings.mailbox):
            return
        self.poller = Poller(
            self.settings.mailbox,
            self.settings.imap,
            self.store.mailboxes,
            self.intake,
            server_of=partial(server_of, self.settings),
            credentials_of=partial(credentials_of, self.settings),
            clock=self.clock,
            announce=announce,
        )
        self.poller.start(asyncio.get_running_loop())
        self._endings.push_async_callback(asyncio.to_thread, self.poller.stop)

    async def listen(self) -> None:
        """Let mail in.  Raises ConfigError when nobody can listen there."""
        self._endings.push_async_callback(self.smtp.stop, _GRACE_S)
        await self.smtp.start()
        self._endings.push_async_callback(self.policy_service.stop)
        with naming("[policy_service] listen", self.settings.policy_service.listen):
            await self.policy_service.start()

    async def stop(self) -> None:
        """Sessions end, what is on its way arrives or stays leased in the store, nothing is lost.

        What was started last ends first; what was not started need not end.
        """
        await self._endings.aclose()

    async def _keep_house(self) -> None:
        """Every minute: bytes of passed mails that need be kept no more."""
        keep = timedelta(days=self.settings.store.keep_passed_days)
        while True:
            await asyncio.sleep(_KEEP_HOUSE_EVERY_S)
            try:
                await asyncio.to_thread(
                    self.store.purge, self.clock(), keep_passed=keep, keep_captured=self.settings.store.keep_captured
                )
            except Exception:  # the top of this loop: in a minute it is tried again, whatever it was
                logger.exception("keeping house: nothing was purged")
            try:
                await asyncio.to_thread(self.store.mail_words.catch_up, self.clock())
            except Exception:  # as above
                logger.exception("keeping house: new mails are not found by their words yet")

    def _report(
        self, fate: Fate, parcel: Parcel, results: tuple[Result, ...], at: datetime, until: datetime | None
    ) -> tuple[Acceptance, ...]:
        """Delivery reports (RFC 3464), as mails of our own."""
        # What went on with a sender that we had rewritten is told to its own sender, without a way round.
        whose = [replace(d, sender=parcel.mail.sender) if self.srs.takes(d.sender) else d for d in parcel.deliveries]
        parcel = replace(parcel, deliveries=tuple(whose))
        reports = dsn.report(fate, parcel, results, hostname=self.hostname, now=at, until=until)
        return tuple(own_letter(report, about=parcel.mail.id, now=at) for report in reports)


class Console(Protocol):
    """A running console."""

    port: int

    def close(self) -> None:
        """Finish the requests under way, then stop."""
        ...


# The console stands above the gateway, so whoever starts both (the command line) brings it along.
StartConsole = Callable[[Gateway, str, int], Console]


async def serve(settings: Config, *, start_console: StartConsole, announce: Callable[[str], None]) -> None:
    """Run all roles until SIGTERM or SIGINT; ``announce`` gets one ready line for each listener."""
    house = Gateway(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # A province's lists take a second or two: mail does not wait for them.
    loop.add_signal_handler(signal.SIGHUP, lambda: loop.run_in_executor(None, house.reload))
    async with contextlib.AsyncExitStack() as at_the_end:
        at_the_end.push_async_callback(house.stop)
        await house.start()
        # Mail comes in last: a console that cannot start, or takes its time, costs no mail.
        host, port = host_and_port(settings.web.listen, where="[web] listen")
        with naming("[web] listen", settings.web.listen):
            console = await asyncio.to_thread(start_console, house, host, port)
        at_the_end.push_async_callback(asyncio.to_thread, console.close)
        # What was made so far lives as long as the process: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
        await house.listen()
        for entrance in house.smtp.entrances:
            called = "" if entrance.name == FIRST else f" {entrance.name} {entrance.kind}"
            for address, smtp_port in entrance.addresses:
                announce(f"ready smtp{called} {address}:{smtp_port}")
        for address, policy_port in house.policy_service.addresses:
            announce(f"ready policy-service {address}:{policy_port}")
        if code := await asyncio.to_thread(house.first_visit.open):
            announce(f"first visit: http://{host}:{console.port}/first?code={code}")
        announce(f"ready web http://{host}:{console.port}")
        house.sweep(lambda name: announce(f"ready imap {name}"))
        await stop.wait()


def run(settings: Config, *, start_console: StartConsole, announce: Callable[[str], None]) -> None:
    """serve() on the fastest loop that is here."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    _allow_files()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(serve(settings, start_console=start_console, announce=announce))


def _allow_files() -> None:
    """A connection is a file: with the 1,024 that systems allow at first, [smtp] max_connections would be an empty promise."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    if now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop where it can be had: 1.9 times as many mails a second as plain asyncio."""
    with contextlib.suppress(ImportError):
        import uvloop

        loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
        return loop
    return asyncio.new_event_loop()


def _directory(settings: Config) -> Directory:
    directory = load_directory(settings.path(settings.directory.path))
    issuers_of(directory)  # its index of names is made now, not when the first document is waited for
    return directory


def _relay(settings: Config, hostname: str) -> Relay:
    return Relay(
        settings.relay,
        hostname,
        name_servers=settings.smtp.name_servers,
        base=settings.path("."),
        keeps_digests=settings.log.format != "text",
    )


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _write_log() -> None:
    while True:
        await asyncio.sleep(_LOG_EVERY_S)
        maillog.flush()


def identity_of(settings: Config, peer: str) -> Identity:
    """The identity that the SMTP door would give a client at this address."""
    return TrustedNetworks(settings.smtp.trusted_networks).identity_of(peer)
