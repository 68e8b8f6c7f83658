"""How each part of a gateway is made from the settings and from the parts below it; gateway.app says which parts there are."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from gateway.answers import Answers
from gateway.axis_door import AxisDoor
from gateway.bridge.couriers import courier_of
from gateway.bridge.pull import PullCourier
from gateway.chain_look import ChainLook
from gateway.config import Config
from gateway.courier import Courier, Fate, OfficeCourier, Parcel, Result
from gateway.courtesy import own_letter
from gateway.followup import FollowUp
from gateway.hearing import Hearing
from gateway.imap.access import credentials_of, judge_of, server_of
from gateway.imap.envelope import likeness_of
from gateway.inspection import Inspector
from gateway.intake import Intake
from gateway.notices import Notices, sender_of
from gateway.office_mail import OfficeMail
from gateway.policy.facts import local_day
from gateway.review import Review
from gateway.rulebook import Rulebook
from gateway.sealing import Sealer
from gateway.secret import Links, kept_in
from gateway.settings.listeners import Kind
from gateway.settings.sign_in import Judge
from gateway.signing import signer_of
from gateway.smtp import dsn
from gateway.smtp.recipients import Recipients
from gateway.smtp.relay import Relay
from gateway.smtp.sending import may_send_as
from gateway.smtp.server import SmtpServer
from gateway.smtp.srs import SenderRewriting
from gateway.store import Acceptance, Store
from gateway.sweeping import Sweeps, append_courier, routes_of
from gateway.telling import Report
from gateway.worker import Worker

if TYPE_CHECKING:
    from gateway.imap.poller import Poller


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What every part stands on."""

    settings: Config
    clock: Callable[[], datetime]
    hostname: str
    store: Store
    rules: Rulebook
    inspector: Inspector
    srs: SenderRewriting
    links: Links
    notices: Notices

    @property
    def offices(self) -> frozenset[str]:
        """The names of the office systems that have a courier."""
        return frozenset(office.name for office in self.settings.office)


def ground_of(settings: Config, inspector: Inspector, clock: Callable[[], datetime]) -> Ground:
    """Read the rules, make what all parts share; nothing runs.  Raises ConfigError."""
    hostname = settings.smtp.hostname or socket.gethostname()
    store = _store(settings)
    rules = Rulebook(settings, store, clock=clock)
    secret = kept_in(settings.path(settings.web.secret_file))
    srs = SenderRewriting(secret, settings.relay.bounce_domain, clock=clock, is_ours=rules.has_domain)
    srs.check()
    links = Links(secret, settings.web.public_url, reply_address=settings.smtp.reply_address, sender=sender_of(hostname))
    notices = _notices(settings, hostname, rules, links)
    notices.check(clock())
    return Ground(
        settings=settings,
        clock=clock,
        hostname=hostname,
        store=store,
        rules=rules,
        inspector=inspector,
        srs=srs,
        links=links,
        notices=notices,
    )


def _store(settings: Config) -> Store:
    return Store(
        url=settings.store_url(),
        blobs=settings.path(settings.store.blobs),
        journal=settings.path(settings.store.journal),
        inline_bytes=settings.store.inline_bytes,
        node=settings.node,
        lease=timedelta(seconds=settings.worker.lease_s),
    )


def _notices(settings: Config, hostname: str, rules: Rulebook, links: Links) -> Notices:
    return Notices(
        hostname=hostname,
        help_phone=settings.smtp.help_phone,
        help_url=settings.smtp.help_url,
        web_url=settings.web.public_url,
        directory=rules.directory,
        links=links,
        templates=settings.path(settings.notices.templates) if settings.notices.templates else None,
    )


# --- The way out ------------------------------------------------------------------------------------------------------


def relay_of(ground: Ground) -> Relay:
    """The courier to the next mail server."""
    settings = ground.settings
    # Where all come through a mail server in front, that one says how large a mail may be.
    is_first = any(listener.kind in (Kind.EDGE, Kind.SUBMISSION) for listener in settings.smtp.listeners)
    return Relay(
        settings.relay,
        ground.hostname,
        name_servers=settings.smtp.name_servers,
        base=settings.path("."),
        largest=settings.smtp.max_message_bytes if is_first else 0,
    )


def office_couriers(ground: Ground) -> dict[str, OfficeCourier]:
    """A courier for each office system, by its name."""
    return {office.name: courier_of(office, ground.settings, ground.rules.directory) for office in ground.settings.office}


def append_couriers(settings: Config) -> dict[str, Courier]:
    """A courier into each mailbox that another one's mails are appended to."""
    wanted = {box.append_to for box in settings.mailbox}
    boxes = {append_courier(box.name): box for box in settings.mailbox if box.name in wanted}
    if not boxes:
        return {}
    from gateway.imap.append import AppendCourier

    return {name: AppendCourier(name, server_of(settings, box), credentials_of(settings, box)) for name, box in boxes.items()}


def reports_of(ground: Ground) -> Report:
    """What writes delivery reports (RFC 3464), as mails of our own."""

    def report(
        fate: Fate, parcel: Parcel, results: tuple[Result, ...], at: datetime, until: datetime | None
    ) -> tuple[Acceptance, ...]:
        # What went on with a sender that we had rewritten is told to its own sender, without a way round.
        srs = ground.srs
        whose = [replace(d, sender=parcel.mail.sender) if srs.takes(d.sender) else d for d in parcel.deliveries]
        parcel = replace(parcel, deliveries=tuple(whose))
        is_ours = ground.rules.directory().is_ours(parcel.deliveries[0].sender, local_day(at))
        you = "Thầy/Cô" if is_ours else "Quý vị"
        reports = dsn.report(fate, parcel, results, hostname=ground.hostname, now=at, until=until, you=you)
        return tuple(own_letter(report, about=parcel.mail.id, now=at) for report in reports)

    return report


def answers_of(ground: Ground, worker: Worker) -> Answers:
    """What takes the answers of office systems."""
    store, directory, clock = ground.store, ground.rules.directory, ground.clock
    door = AxisDoor(store=store, recogniser=ground.inspector, directory=directory, clock=clock)
    return Answers(store=store, directory=directory, notices=ground.notices, clock=clock, poke=worker.poke, door=door)


def follow_up_of(ground: Ground, offices: Mapping[str, OfficeCourier], worker: Worker, answers: Answers) -> FollowUp:
    """What asks the office systems; those that fetch by themselves are not asked."""
    asked = {name: courier for name, courier in offices.items() if not isinstance(courier, PullCourier)}
    return FollowUp(ground.store, asked, ground.settings.worker, worker=worker, answers=answers, clock=ground.clock)


# --- People -----------------------------------------------------------------------------------------------------------


def review_of(ground: Ground, worker: Worker) -> Review:
    """What a person may do about cases and deliveries."""
    return Review(
        store=ground.store,
        directory=ground.rules.directory,
        offices=ground.offices,
        notices=ground.notices,
        clock=ground.clock,
        poke=worker.poke,
        rewritten=ground.srs.rewritten,
        hold_back=timedelta(seconds=ground.settings.web.hold_back_s),
    )


def hearing_of(ground: Ground, worker: Worker) -> Hearing:
    """Who hears whoever was stopped."""
    return Hearing(
        store=ground.store,
        directory=ground.rules.directory,
        notices=ground.notices,
        links=ground.links,
        words=ground.inspector.own_words,
        clock=ground.clock,
        poke=worker.poke,
    )


# --- The way in -------------------------------------------------------------------------------------------------------


def intake_of(ground: Ground, worker: Worker, hearing: Hearing, answers: Answers) -> Intake:
    """The one way in."""
    settings = ground.settings
    return Intake(
        store=ground.store,
        recogniser=ground.inspector,
        way_out=worker,
        notices=ground.notices,
        policy=ground.rules.policy,
        directory=ground.rules.directory,
        clock=ground.clock,
        hold_for=timedelta(hours=settings.worker.hold_alarm_after_h),
        offices=ground.offices,
        to_appeal=ground.links.to_appeal,
        to_status=ground.links.to_status,
        ears=hearing,
        sweeps=Sweeps(routes_of(settings.mailbox), rewritten=ground.srs.rewritten, likeness=likeness_of),
        returns=ground.srs,
        office_mail=_office_mail(ground, answers),
    )


def _office_mail(ground: Ground, answers: Answers) -> OfficeMail | None:
    senders = {office.sender: office.name for office in ground.settings.office if office.courier == "mailbox"}
    if not senders:
        return None
    from gateway.bridge.mailbox_answers import answers_in, delivery_meant

    return OfficeMail(store=ground.store, answers=answers, senders=senders, meant=delivery_meant, read=answers_in)


def smtp_of(ground: Ground, intake: Intake, relay: Relay) -> SmtpServer:
    """The SMTP door, with whom it asks about recipients and passwords."""
    settings, rules = ground.settings, ground.rules
    return SmtpServer(
        settings.smtp,
        intake,
        Recipients(settings.smtp.recipients, relay.ask, time.monotonic),
        base=settings.path("."),
        may_send_as=lambda user, sender: may_send_as(rules.directory(), user, sender, local_day(ground.clock())),
        by_imap=_by_imap(settings) if settings.smtp.auth.check is Judge.IMAP else None,
    )


def _by_imap(settings: Config) -> Callable[[str, str, str], bool]:
    from gateway.imap.asking import is_right

    return partial(is_right, judge_of(settings))


def poller_of(ground: Ground, intake: Intake, announce: Callable[[str], None]) -> Poller:
    """The IMAP door; ``announce`` hears of each mailbox when it was looked into first."""
    from gateway.imap.poller import Poller

    settings = ground.settings
    return Poller(
        settings.mailbox,
        settings.imap,
        ground.store.mailboxes,
        intake,
        server_of=partial(server_of, settings),
        credentials_of=partial(credentials_of, settings),
        clock=ground.clock,
        announce=announce,
    )


def nightly_of(ground: Ground) -> tuple[Coroutine[object, object, None], ...]:
    """What compares mailboxes with what we know of them, every night; () where no mailbox is read."""
    if not ground.settings.mailbox:
        return ()
    from gateway.imap.nightly import run_nightly

    return (run_nightly(ground.settings, ground.store, ground.clock),)


# --- Who watches ------------------------------------------------------------------------------------------------------


def sealer_of(ground: Ground) -> Sealer:
    """What signs the head of the audit trail."""
    settings = ground.settings
    return Sealer(
        ground.store,
        settings.audit,
        signer_of(settings.path(settings.audit.key_file)),
        head_file=settings.path(settings.audit.head_file) if settings.audit.head_file else None,
        node=settings.node,
        clock=ground.clock,
    )


def chain_look_of(ground: Ground) -> ChainLook:
    """What looks whether the audit trail is as it was sealed."""
    settings = ground.settings
    return ChainLook(
        ground.store,
        settings.audit,
        signer_of(settings.path(settings.audit.key_file)).public,
        head_file=settings.path(settings.audit.head_file) if settings.audit.head_file else None,
        clock=ground.clock,
    )
