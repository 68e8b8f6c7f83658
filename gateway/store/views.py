"""Lists for the console: queue, story, search, statistics.  Synchronous reads on connections of their own.

Pages are keyset pages: ``after`` of one page, given to the next call, goes on behind its last row however many came in at
the front.  Search looks for every word, folded (lower case, without marks).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from gateway.errors import NotFound, StoreUnavailable
from gateway.lifecycle import CaseState, DeliveryState
from gateway.model import (
    NOTHING_RECOGNISED,
    Account,
    Action,
    Arrival,
    Case,
    Delivery,
    Event,
    Mail,
    Proof,
    Recipient,
    Recognition,
    Story,
    Verdict,
    digest_of,
    first_id_of,
)
from gateway.store import case_queue, told
from gateway.store.blobs import Blobs, checked
from gateway.store.case_queue import EVERYTHING, Attention, Narrow, Order
from gateway.store.database import Database
from gateway.store.from_rows import (
    AnyRow,
    account_of,
    case_of,
    delivery_of,
    mail_row_of,
    recipients_of,
    recognition_of,
    story_of,
    verdict_of,
)
from gateway.store.proofs import proof_of, sender_proofs
from gateway.store.reading import Reading, last_id
from gateway.store.search import saying
from gateway.store.search_tables import mail_search
from gateway.store.tables import (
    LET_THROUGH,
    NOT_DELIVERED,
    OF_CASE,
    OF_MAIL,
    UNFINISHED,
    accounts,
    case_mails,
    cases,
    deliveries,
    mails,
    passed_over,
    recognitions,
    stories,
    verdicts,
)
from gateway.store.tables import told as told_before
from gateway.store.values import CasePage, DeliveryPage, Health, MailPage, MailRow, Statistics

_LOOK_BACK = timedelta(days=7)
_FINISHED = {DeliveryState.DELIVERED, DeliveryState.CANCELLED}


class Views(Reading):
    """What people look at.  NotFound for an unknown id; StoreUnavailable when the database is."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        super().__init__(database)
        self._blobs = blobs

    # --- cases --------------------------------------------------------------------------------------------------------

    def cases(
        self,
        *,
        units: Sequence[str] | None,
        states: Sequence[CaseState],
        text: str = "",
        narrow: Narrow = EVERYTHING,
        order: Order = Order.NEWEST,
        after: str = "",
        limit: int = 50,
    ) -> CasePage:
        """Cases of these units (None: all) in these states (none given: all); ``text``: words of the document, issuer, number
        or sender, with or without marks, numbers in any spelling.
        """
        with self.database.reading() as connection:
            return case_queue.page(
                connection, units=units, states=states, text=text, narrow=narrow, order=order, after=after, limit=limit
            )

    def case_beside(
        self,
        this: Case,
        *,
        units: Sequence[str] | None,
        text: str = "",
        narrow: Narrow = EVERYTHING,
        order: Order = Order.NEWEST,
    ) -> str:
        """The waiting case after this one in that list, else the first of it; "" when no other waits."""
        with self.database.reading() as connection:
            return case_queue.beside(connection, this, units=units, text=text, narrow=narrow, order=order)

    def case_counts(self, units: Sequence[str] | None) -> dict[CaseState, int]:
        """How many cases of these units (None: all) are in which state; states without any are left out."""
        with self.database.reading() as connection:
            return case_queue.counts(connection, units)

    def attention(self, units: Sequence[str] | None, *, account: str, now: datetime) -> Attention:
        """How many waiting cases are urgent, late, given to this account, given to nobody."""
        with self.database.reading() as connection:
            return case_queue.attention(connection, units, account=account, now=now)

    def case_choices(self, units: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The kinds and the rules that waiting cases have."""
        with self.database.reading() as connection:
            return case_queue.choices(connection, units)

    def case(self, case_id: str) -> Case:
        """One case; NotFound."""
        return case_of(self.one(select(cases).where(cases.c.id == case_id), f"no case {case_id}"))

    def mails_of_case(self, case_id: str) -> tuple[MailRow, ...]:
        """The mails that brought a case, in order."""
        query = mail_lines().join(case_mails, case_mails.c.mail_id == mails.c.id).where(case_mails.c.case_id == case_id)
        return tuple(map(mail_row_of, self.rows(query.order_by(mails.c.at, mails.c.id))))

    # --- mails --------------------------------------------------------------------------------------------------------

    def mails(self, *, text: str = "", action: Action | None = None, after: str = "", limit: int = 50) -> MailPage:
        """Mails, newest first; ``text``: words of subject, sender or recipients; ``action``: of one of its verdicts."""
        query = mail_lines().where(*saying(mails.c.id, mail_search, text, is_sqlite=self.database.is_sqlite))
        if action is not None:
            query = query.where(_with_action(action))
        if after:
            query = query.where(mails.c.id < after)
        rows = self.rows(query.order_by(mails.c.id.desc()).limit(limit + 1))
        return MailPage(rows=tuple(map(mail_row_of, rows[:limit])), after=last_id(rows, limit))

    def mail(self, mail_id: str) -> MailRow:
        """One mail; NotFound."""
        return mail_row_of(self.one(mail_lines().where(mails.c.id == mail_id), f"no mail {mail_id}"))

    def mail_of(self, row: MailRow) -> Mail:
        """The mail of a row; without its bytes when they are no longer kept."""
        try:
            raw = self.raw(row.id)
        except NotFound:
            raw = b""
        return Mail(
            id=row.id,
            sender=row.sender,
            recipients=tuple(Recipient(address=address) for address in row.recipients),
            raw=raw,
            digest=digest_of(raw),
            arrival=Arrival(door=row.door, at=row.at, peer=row.peer, identity=row.identity),
        )

    def proof(self, mail_id: str) -> Proof | None:
        """What the domain of the sender said when a mail came; None when it was not asked."""
        rows = self.rows(select(sender_proofs).where(sender_proofs.c.mail_id == mail_id))
        return proof_of(rows[0]) if rows else None

    def recipients(self, mail_id: str) -> tuple[Recipient, ...]:
        """The envelope recipients of a mail with their options, in order; NotFound."""
        return recipients_of(self.one(select(mails.c.recipients).where(mails.c.id == mail_id), f"no mail {mail_id}"))

    def verdicts(self, mail_id: str) -> tuple[Verdict, ...]:
        """The verdicts of a mail, in the order of its recipients."""
        query = (
            select(verdicts, passed_over.c.rules)
            .join_from(verdicts, passed_over, passed_over.c.key == verdicts.c.passed_over, isouter=True)
            .where(verdicts.c.mail_id == mail_id)
            .order_by(verdicts.c.n)
        )
        return tuple(map(verdict_of, self.rows(query)))

    def raw(self, mail_id: str) -> bytes:
        """The bytes of a mail; NotFound when they are no longer kept, or sealed; StoreUnavailable when damaged."""
        row = self.one(select(mails).where(mails.c.id == mail_id), f"no mail {mail_id}")
        if row.sealed:
            raise NotFound(f"mail {mail_id} is sealed")
        if not row.kept:
            raise NotFound(f"the bytes of mail {mail_id} are no longer kept")
        return self.bytes_of(row)

    def bytes_of(self, row: AnyRow) -> bytes:
        """The bytes of a row of mails, compared with their digest.  StoreUnavailable, which names the mail."""
        raw = row.raw
        if row.segment is not None:
            try:
                raw = self._blobs.read(row.segment, row.position, row.size)
            except OSError as error:
                raise StoreUnavailable(f"mail {row.id}: its bytes cannot be read: {error}") from error
        if raw is None:
            raise StoreUnavailable(f"mail {row.id}: its bytes are no longer kept")
        return checked(row.id, row.digest, raw)

    def cases_of_mail(self, mail_id: str) -> tuple[Case, ...]:
        """The cases that a mail brought or joined."""
        query = select(cases).join(case_mails, case_mails.c.case_id == cases.c.id).where(case_mails.c.mail_id == mail_id)
        return tuple(map(case_of, self.rows(query.order_by(cases.c.opened_at, cases.c.id))))

    def recognition(self, mail_id: str) -> Recognition:
        """What was recognised in a mail, without its words."""
        rows = self.rows(select(recognitions.c.found).where(recognitions.c.mail_id == mail_id))
        return recognition_of(rows[0]) if rows else NOTHING_RECOGNISED

    # --- deliveries and stories ---------------------------------------------------------------------------------------

    def deliveries_of(self, *, mail_id: str = "", case_id: str = "") -> tuple[Delivery, ...]:
        """The deliveries of a mail or of a case."""
        query = select(deliveries).where(*_about(deliveries.c, mail_id, case_id)).order_by(deliveries.c.at, deliveries.c.id)
        return tuple(map(delivery_of, self.rows(query)))

    def deliveries_by_id(self, ids: Sequence[str]) -> tuple[Delivery, ...]:
        """These deliveries, those that exist."""
        return tuple(map(delivery_of, self.rows(select(deliveries).where(deliveries.c.id.in_(ids)))))

    def deliveries(
        self, *, states: Sequence[DeliveryState], courier: str = "", after: str = "", limit: int = 50
    ) -> DeliveryPage:
        """Deliveries in these states (none given: all) by this courier ("": any), newest first."""
        query = select(deliveries).where(*([deliveries.c.courier == courier] if courier else ()))
        if states:
            wanted = deliveries.c.state.in_([state.value for state in states])
            if not _FINISHED.intersection(states):
                # Few among very many: by the index of what is unfinished, and not in the order of ids until some turn up.
                wanted = deliveries.c.id.in_(select(deliveries.c.id).where(wanted, UNFINISHED))
            query = query.where(wanted)
        if after:
            query = query.where(deliveries.c.id < after)
        rows = self.rows(query.order_by(deliveries.c.id.desc()).limit(limit + 1))
        return DeliveryPage(rows=tuple(map(delivery_of, rows[:limit])), after=last_id(rows, limit))

    def story(self, *, mail_id: str = "", case_id: str = "") -> tuple[Story, ...]:
        """All that happened to one mail or case, in order."""
        query = select(stories).where(*_about(stories.c, mail_id, case_id)).order_by(stories.c.id)
        arrived = select(deliveries).where(*_about(deliveries.c, mail_id, case_id), deliveries.c.delivered_at.is_not(None))
        return told.in_order(
            self._beginning(mail_id) if mail_id and not case_id else (),
            tuple(map(story_of, self.rows(query))),
            tuple(map(told.delivered, self.rows(arrived.order_by(deliveries.c.delivered_at, deliveries.c.id)))),
        )

    def _beginning(self, mail_id: str) -> tuple[Story, ...]:
        c = mails.c
        columns = (c.id, c.door, c.peer, c.helo, c.identity, c.size, c.digest, c.at, c.decided_at)
        rows = self.rows(select(*columns).where(c.id == mail_id, c.decided_at.is_not(None)))
        if not rows:
            return ()
        v = verdicts.c
        found = self.rows(select(v.recipient, v.action, v.rule).where(v.mail_id == mail_id).order_by(v.n))
        return told.accepted(rows[0]), told.decided(mail_id, rows[0].decided_at, found)

    # --- numbers ------------------------------------------------------------------------------------------------------

    def statistics(self, since: datetime) -> Statistics:
        """Counts of what arrived since then."""
        # Ids sort by time: they find the rows without a look at all the older ones.
        first = first_id_of(since - timedelta(days=1))
        with self.database.reading() as connection:
            count = connection.execute(select(func.count()).where(mails.c.id >= first, mails.c.at >= since)).scalar_one()
            found = {
                column: connection.execute(
                    select(verdicts.c[column], func.count())
                    .join(mails, mails.c.id == verdicts.c.mail_id)
                    .where(verdicts.c.mail_id >= first, mails.c.at >= since, verdicts.c[column] != "")
                    .group_by(verdicts.c[column])
                ).all()
                for column in ("action", "rule", "unit")
            }
        by = {column: {name: number for name, number in rows} for column, rows in found.items()}
        return Statistics(mails=count, by_action=by["action"], by_rule=by["rule"], by_unit=by["unit"])

    def health(self, now: datetime | None = None) -> Health:
        """What waits, and what a person must look at; ``now`` (else the clock's) ends the days that are looked back."""
        first = first_id_of((now or datetime.now(UTC)) - _LOOK_BACK)
        secrets = select(func.count(verdicts.c.mail_id.distinct())).where(LET_THROUGH, verdicts.c.mail_id >= first)
        states = select(deliveries.c.state, func.count(), func.min(deliveries.c.at)).where(UNFINISHED)
        waiting = select(func.count()).select_from(cases).where(cases.c.state == CaseState.WAITING.value)
        seen = select(stories.c.id).where(OF_CASE, stories.c.case_id == cases.c.id, stories.c.event == Event.SEEN.value)
        unseen = and_(cases.c.state == CaseState.SEALED.value, ~seen.exists())
        alarms = select(func.count()).where(cases.c.alarm, or_(cases.c.state == CaseState.WAITING.value, unseen))
        with self.database.reading() as connection:
            found = {row[0]: row for row in connection.execute(states.group_by(deliveries.c.state))}
            cases_waiting = connection.execute(waiting).scalar_one()
            alarm_count = connection.execute(alarms).scalar_one()
            secret_count = connection.execute(secrets).scalar_one()

        def count(state: DeliveryState) -> int:
            return int(found[state][1]) if state in found else 0

        return Health(
            queued=count(DeliveryState.QUEUED),
            deferred=count(DeliveryState.DEFERRED),
            uncertain=count(DeliveryState.UNCERTAIN),
            refused=count(DeliveryState.REFUSED),
            dead=count(DeliveryState.DEAD),
            cases_waiting=cases_waiting,
            alarms=alarm_count,
            secrets_let_through=secret_count,
            oldest_queued_at=found[DeliveryState.QUEUED][2] if DeliveryState.QUEUED in found else None,
            oldest_deferred_at=found[DeliveryState.DEFERRED][2] if DeliveryState.DEFERRED in found else None,
        )

    # --- people -------------------------------------------------------------------------------------------------------

    def was_told(self, topic: str, address: str, *, since: datetime) -> bool:
        """Whether somebody was told about this topic since then."""
        c = told_before.c
        return bool(self.rows(select(c.at).where(c.topic == topic, c.address == address.lower(), c.at >= since)))

    def times_told(self, topic: str) -> int:
        """How many were told about this topic."""
        return int(self.rows(select(func.count()).where(told_before.c.topic == topic))[0][0])

    def account(self, name: str) -> Account | None:
        """An account of the console; None when there is none of that name."""
        rows = self.rows(select(accounts).where(accounts.c.name == name))
        return account_of(rows[0]) if rows else None

    def accounts(self) -> tuple[Account, ...]:
        """All accounts, by name."""
        return tuple(map(account_of, self.rows(select(accounts).order_by(accounts.c.name))))


def mail_lines() -> Select[Any]:
    """What a list of mails needs: not the bytes."""
    c = mails.c
    return select(
        c.id, c.sender, c.recipients, c.subject, c.at, c.size, c.door, c.peer, c.identity, c.actions, c.digest, c.kept
    )


def _with_action(action: Action) -> ColumnElement[bool]:
    if action is Action.DELIVER:
        return or_(mails.c.actions == "deliver", mails.c.actions.like("deliver %"), mails.c.actions.like("% deliver"))
    # Repeats the condition of the index on what was not simply delivered.
    return mails.c.id.in_(select(verdicts.c.mail_id).where(verdicts.c.action == action.value, NOT_DELIVERED))


def _about(columns: Any, mail_id: str, case_id: str) -> list[ColumnElement[bool]]:
    """Rows of this mail or this case; the conditions of the partial indexes come along."""
    if case_id:
        return [columns.case_id == case_id, OF_CASE]
    return [columns.mail_id == mail_id, OF_MAIL]
