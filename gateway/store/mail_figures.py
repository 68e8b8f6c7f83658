"""Mails that carried an official document for others, as numbers and as a list: who still issues by mail.

Found by the indexes of what was not simply delivered, so the mass of mail costs nothing.  A mail whose case a clerk let
through is none of them: the gateway was wrong about it, and no unit shall stand in a table for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Select, and_, case, func, literal_column, select, type_coerce, union_all

from gateway.lifecycle import CaseState
from gateway.model import Action, Door, first_id_of
from gateway.store.from_rows import mail_row_of
from gateway.store.reading import Reading, last_id
from gateway.store.report_values import Issued
from gateway.store.tables import NOT_DELIVERED, WOULD_HAVE, case_mails, cases, mails, micros, verdicts
from gateway.store.values import MailPage
from gateway.store.views import mail_lines

_WEEK = 7 * 24 * 3600 * 1_000_000  # microseconds
_DAY = timedelta(days=1)
_MOST = 50_000  # groups

# What became of a mail is what became of its copy that went least far.
_REFUSED, _REDIRECTED, _COPIED, _LET_THROUGH, _HELD = 5, 4, 3, 2, 1
_RANKS = {Action.REJECT: _REFUSED, Action.REDIRECT: _REDIRECTED, Action.COPY: _COPIED, Action.HOLD: _HELD}
# What can be asked of mails: each with the ranks that it means.
OUTCOMES: Mapping[str, tuple[int, ...]] = {
    "issued": (_REFUSED, _REDIRECTED, _COPIED, _LET_THROUGH),
    "refused": (_REFUSED,),
    "redirected": (_REDIRECTED,),
    "copied": (_COPIED,),
    "let-through": (_LET_THROUGH,),
    "held": (_HELD,),
}
_NAMES = {"refused": _REFUSED, "redirected": _REDIRECTED, "copied": _COPIED, "let_through": _LET_THROUGH, "held": _HELD}
_CARRIED = (Action.REJECT, Action.REDIRECT, Action.COPY)

v = verdicts.c


class MailFigures(Reading):
    """Counts by sender and week, and the mails behind them."""

    def issued(self, since: datetime, until: datetime) -> tuple[Issued, ...]:
        """Who sent how many in which week of the period, outside senders included."""
        found = _found(since, until)
        week = (type_coerce(mails.c.at, BigInteger) - micros(since)) // _WEEK
        sums = [func.sum(case((found.c.rank == rank, 1), else_=0)).label(name) for name, rank in _NAMES.items()]
        query: Select[Any] = select(mails.c.sender, week.label("week"), *sums).join(found, found.c.mail_id == mails.c.id)
        rows = self.rows(query.where(*_in_time(since, until)).group_by(mails.c.sender, "week").limit(_MOST))
        return tuple(
            Issued(sender=row.sender, week=int(row.week), **{name: int(getattr(row, name)) for name in _NAMES}) for row in rows
        )

    def mails(
        self,
        what: str,
        since: datetime,
        until: datetime,
        senders: Sequence[str],
        *,
        after: str = "",
        limit: int = 50,
    ) -> MailPage:
        """Those of these senders, newest first.  KeyError for a question that is not in OUTCOMES."""
        found = _found(since, until)
        wanted = found.c.rank.in_(OUTCOMES[what])
        c = mails.c
        query = mail_lines().join(found, found.c.mail_id == c.id).where(wanted, c.sender.in_(senders))
        query = query.where(*_in_time(since, until))
        if after:
            query = query.where(c.id < after)
        rows = self.rows(query.order_by(c.id.desc()).limit(limit + 1))
        return MailPage(rows=tuple(map(mail_row_of, rows[:limit])), after=last_id(rows, limit))


def _found(since: datetime, until: datetime) -> Any:
    """Mail by mail, what became of it.  Ids sort by time: they find the rows by the indexes."""
    of_period = and_(v.mail_id >= first_id_of(since - _DAY), v.mail_id < first_id_of(until + _DAY))
    rank = case(*((v.action == action.value, number) for action, number in _RANKS.items()), else_=0)
    stopped = select(v.mail_id, rank.label("rank")).where(
        NOT_DELIVERED, v.action.in_([action.value for action in _RANKS]), of_period
    )
    passed: Select[Any] = select(v.mail_id, literal_column(str(_LET_THROUGH)).label("rank")).where(
        WOULD_HAVE, v.would_have.in_([action.value for action in _CARRIED]), of_period
    )
    both = union_all(stopped, passed).subquery()
    was_wrong = (
        select(case_mails.c.mail_id)
        .join(cases, cases.c.id == case_mails.c.case_id)
        .where(case_mails.c.mail_id == both.c.mail_id, cases.c.state == CaseState.RELEASED.value)
    )
    query = select(both.c.mail_id, func.max(both.c.rank).label("rank")).where(~was_wrong.exists())
    return query.group_by(both.c.mail_id).subquery()


def _in_time(since: datetime, until: datetime) -> list[Any]:
    return [mails.c.at >= since, mails.c.at < until, mails.c.door != Door.ARCHIVE.value]
