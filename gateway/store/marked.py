"""Cases that share marks (gateway.policy.sameness) with one that opens, within its unit and direction.

The queries are put together once: SQLAlchemy takes longer for that than SQLite for what they ask.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, func, select

from gateway.lifecycle import CaseState
from gateway.model import Case
from gateway.policy.sameness import Mark, MarkKind
from gateway.store.from_rows import AnyRow
from gateway.store.office_tables import case_marks
from gateway.store.tables import cases
from gateway.store.texts import clean

_MOST_MARKED = 200
_MOST_WORDED = 20
# Of twelve marks: of two texts with half of their words in common one in a hundred pairs shares fewer, with two thirds one in
# two thousand.  The head of a letter and its courtesies make two or three.
_FEWEST_SUMS = 4
_NEVER_PROPOSED = (CaseState.SEALED.value, CaseState.ARCHIVED.value)

_MARKS_OF_CASES = case_marks.join(cases, cases.c.id == case_marks.c.case_id)
_OTHERS = (
    cases.c.unit == bindparam("unit"),
    cases.c.direction == bindparam("direction"),
    cases.c.id != bindparam("own"),
)
_MARKED = (
    select(case_marks.c.case_id, case_marks.c.kind, case_marks.c.value)
    .select_from(_MARKS_OF_CASES)
    .where(
        case_marks.c.kind.in_(bindparam("kinds", expanding=True)),
        case_marks.c.value.in_(bindparam("values", expanding=True)),
        *_OTHERS,
    )
    .order_by(cases.c.opened_at.desc(), cases.c.id.desc())
    .limit(_MOST_MARKED)
)
_WORDED = (
    select(case_marks.c.case_id)
    .select_from(_MARKS_OF_CASES)
    .where(
        case_marks.c.kind == MarkKind.TEXT.value,
        case_marks.c.value.in_(bindparam("sums", expanding=True)),
        cases.c.state.not_in(_NEVER_PROPOSED),
        *_OTHERS,
    )
    .group_by(case_marks.c.case_id)
    .having(func.count() >= _FEWEST_SUMS)
    .order_by(func.count().desc(), case_marks.c.case_id.desc())
    .limit(_MOST_WORDED)
)
_COMPARED = select(*[cases.c[name] for name in ("id", "mail_id", "state", "merged_into", "document", "files")]).where(
    cases.c.id.in_(bindparam("ids", expanding=True))
)


def with_marks(connection: Connection, case: Case, marks: Sequence[Mark]) -> list[AnyRow]:
    """``case_id``, ``kind`` and ``value`` of the others that have one of these marks, the newest case first."""
    if not marks:
        return []
    wanted = {(mark.kind.value, clean(mark.value)) for mark in marks}
    values = {"kinds": list({kind for kind, _ in wanted}), "values": list({value for _, value in wanted})}
    rows: list[AnyRow] = list(connection.execute(_MARKED, {**values, **_apart_from(case)}))
    return [row for row in rows if (row.kind, row.value) in wanted]


def with_common_words(connection: Connection, case: Case, sums: Sequence[str]) -> list[str]:
    """The others that may have half of their words in common with this one, those that share most marks of them first.

    What every letter of an agency says is a mark of all its letters: the number of marks tells those apart from its twins.
    """
    if not sums:
        return []
    return list(connection.execute(_WORDED, {"sums": list(sums), **_apart_from(case)}).scalars())


def compared(connection: Connection, case_ids: Collection[str]) -> list[AnyRow]:
    """Of each case what is compared: id, mail_id, state, merged_into, document and files, as their columns have them."""
    return list(connection.execute(_COMPARED, {"ids": list(case_ids)})) if case_ids else []


def is_never_proposed(row: AnyRow) -> bool:
    """Nobody decides about the past, and a sealed case is compared with none."""
    return row.state in _NEVER_PROPOSED


def _apart_from(case: Case) -> dict[str, str]:
    return {"unit": case.unit, "direction": case.direction.value, "own": case.id}
