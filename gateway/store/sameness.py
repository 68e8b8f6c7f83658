"""Cases that may be one document, and documents about earlier ones: found when a case opens, decided by a person.

All of it runs inside the writer's transaction.  What is compared are marks (gateway.policy.sameness), within one unit and
direction: the same document with two units is two cases, for two clerks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from gateway.documents.sketch import likeness
from gateway.errors import NotAllowed, NotFound
from gateway.lifecycle import CaseEvent, CaseState
from gateway.model import Action, Case, Event, Story
from gateway.policy.sameness import ALIKE, LAYERS, Layer, Mark, MarkKind, main_sketch
from gateway.store.from_rows import AnyRow, case_of, document_in, files_in
from gateway.store.inserts import insert_new, insert_those_new
from gateway.store.marked import compared, is_never_proposed, with_common_words, with_marks
from gateway.store.office_tables import case_links, case_marks, proposals
from gateway.store.rows import story_row
from gateway.store.steps import step_case
from gateway.store.tables import case_mails, cases, stories
from gateway.store.texts import clean, to_json
from gateway.store.transaction import Transaction

SAME, DIFFERENT = "same", "different"
GOES_ON = frozenset({CaseState.WAITING, CaseState.APPROVED, CaseState.HANDED_OVER, CaseState.REGISTERED, CaseState.DONE})
_MOST = 20  # proposals for one case
_LAYERS = dict(LAYERS)
_ORDER = tuple(_LAYERS)
_SURER = frozenset(_ORDER) - {MarkKind.TEXT}
_LONGEST_CHAIN = 50  # of cases merged into merged ones
_strings = msgspec.json.Decoder(tuple[str, ...])


def note(transaction: Transaction, case: Case, marks: Sequence[Mark]) -> None:
    """Remember the marks of a case that was opened, propose the cases that may be the same document, and tie related ones."""
    if not marks:
        return
    add_marks(transaction.connection, case.id, marks)
    if case.state is not CaseState.ARCHIVED:  # nobody decides about the past
        _propose(transaction, case, marks)
    _relate(transaction, case, marks)


def add_marks(connection: Connection, case_id: str, marks: Iterable[Mark]) -> None:
    """Marks of a case, each once."""
    rows = [{"case_id": case_id, "kind": mark.kind.value, "value": clean(mark.value)} for mark in marks]
    insert_those_new(connection, case_marks, rows, unless=("case_id", "kind", "value"))


def goes_on_as(connection: Connection, case_id: str, *, locked: bool = False) -> AnyRow:
    """The row of a case, or of what it was merged into in the end."""
    for _ in range(_LONGEST_CHAIN):
        query = select(cases).where(cases.c.id == case_id)
        row = connection.execute(query.with_for_update() if locked else query).one()
        if row.state != CaseState.MERGED.value:
            return row
        case_id = row.merged_into
    raise NotFound(f"case {case_id}: merged in a circle")


# --- Found ------------------------------------------------------------------------------------------------------------


def _propose(transaction: Transaction, case: Case, marks: Sequence[Mark]) -> None:
    own = main_sketch(case.files, case.document)
    proposed: dict[str, tuple[int, Layer, int]] = {}
    for other, kind in _as_they_go_on(transaction.connection, _alike(transaction.connection, case, marks)):
        if other.id == case.id or other.mail_id == case.mail_id or is_never_proposed(other):
            continue
        percent = round(likeness(own, main_sketch(files_in(other.files), document_in(other.document))) * 100)
        if kind is not MarkKind.TEXT or percent >= ALIKE * 100:
            found = (_ORDER.index(kind), _LAYERS[kind], percent)
            proposed[other.id] = min(proposed.get(other.id, found), found)
    for other_id, (_, layer, percent) in sorted(proposed.items(), key=lambda each: (each[1][0], -each[1][2]))[:_MOST]:
        propose(transaction, case, other_id, layer, percent=percent, at=case.opened_at)


def _alike(connection: Connection, case: Case, marks: Sequence[Mark]) -> dict[str, MarkKind]:
    """The cases that share what proposes them, each with the surest of it."""
    texts = [mark.value for mark in marks if mark.kind is MarkKind.TEXT]
    found = dict.fromkeys(with_common_words(connection, case, texts), MarkKind.TEXT)
    for row in with_marks(connection, case, [mark for mark in marks if mark.kind in _SURER]):
        kind = MarkKind(row.kind)
        found[row.case_id] = min(found.get(row.case_id, kind), kind, key=_ORDER.index)
    return found


def _as_they_go_on(connection: Connection, found: Mapping[str, MarkKind]) -> Iterator[tuple[AnyRow, MarkKind]]:
    """What is compared of each case, or of what it was merged into, with its value."""
    for row in compared(connection, found):
        is_merged = row.state == CaseState.MERGED.value
        yield goes_on_as(connection, row.merged_into) if is_merged else row, found[row.id]


def propose(transaction: Transaction, case: Case, other_id: str, layer: Layer, *, percent: int, at: datetime) -> None:
    """Lay before the clerk that these may be one document."""
    values = {"case_id": case.id, "other_id": other_id, "layer": layer.value, "percent": percent, "at": at}
    undecided = {"decision": "", "actor": "", "decided_at": None, "merged": "", "moved": "[]"}
    if insert_new(transaction.connection, proposals, {**values, **undecided}, unless=("case_id", "other_id")):
        detail = {"layer": layer.value, "other": other_id}
        _tell(transaction, Event.PROPOSED, case.id, at=at, detail=detail)


def _relate(transaction: Transaction, case: Case, marks: Sequence[Mark]) -> None:
    """Tie a document to the one that it recalls, corrects or replaces, whichever of the two came first."""
    connection = transaction.connection
    meant = [Mark(kind=MarkKind.NAME, value=mark.value) for mark in marks if mark.kind is MarkKind.CONCERNS]
    earlier = with_marks(connection, case, meant)
    if earlier:
        _link(transaction, case, case_of(goes_on_as(connection, earlier[0].case_id)), at=case.opened_at)
    named = [Mark(kind=MarkKind.CONCERNS, value=mark.value) for mark in marks if mark.kind is MarkKind.NAME]
    for row in with_marks(connection, case, named):
        _link(transaction, case_of(_locked(connection, row.case_id)), case, at=case.opened_at)


def _link(transaction: Transaction, later: Case, earlier: Case, *, at: datetime) -> None:
    """A recall of what still waits must not be overlooked: both cases call for the clerk."""
    if later.id == earlier.id or later.document is None:
        return
    connection, relation = transaction.connection, later.document.relation.value
    values = {"case_id": later.id, "other_id": earlier.id, "relation": relation, "at": at}
    if not insert_new(connection, case_links, values, unless=("case_id", "other_id")):
        return
    both = cases.c.id.in_((later.id, earlier.id)) & (cases.c.state == CaseState.WAITING.value)
    connection.execute(update(cases).where(both).values(alarm=True))
    _tell(transaction, Event.RELATED, later.id, at=at, detail={"relation": relation, "other": earlier.id})
    _tell(transaction, Event.RELATED, earlier.id, at=at, detail={"relation": f"{relation}-by", "other": later.id})


# --- Decided ----------------------------------------------------------------------------------------------------------


def decide(transaction: Transaction, case_id: str, other_id: str, decision: str, *, by: str, now: datetime) -> None:
    """A person says SAME or DIFFERENT.  The same: what waits joins the other one, with its mails.

    When both wait, the later one joins.  When neither waits, or the other one was returned, released or withdrawn, or a mail is
    held in one of them, only the decision is kept.  NotFound; NotAllowed when it was decided already.
    """
    connection = transaction.connection
    proposal = _proposal(connection, case_id, other_id)
    if proposal.decision:
        raise NotAllowed("Đã có người quyết định hai hồ sơ này có là một văn bản hay không; xin tải lại trang.")
    later, earlier = case_of(_locked(connection, case_id)), case_of(_locked(connection, other_id))
    merged, moved = "", list[str]()
    if decision == SAME:
        for one, into in ((later, earlier), (earlier, later)):
            if one.state is CaseState.WAITING and into.state in GOES_ON and not _holds_a_mail(one, into):
                moved = _merge(transaction, one, into, by=by, now=now)
                merged = one.id
                break
    values = {"decision": decision, "actor": by, "decided_at": now, "merged": merged, "moved": to_json(moved)}
    connection.execute(update(proposals).where(_these(case_id, other_id)).values(values))
    for told, other in ((case_id, other_id), (other_id, case_id)):
        _tell(transaction, Event.JUDGED, told, at=now, actor=by, detail={"decision": decision, "other": other})


def _holds_a_mail(one: Case, into: Case) -> bool:
    """A held mail waits for a word of its own, to its sender and its recipients: it must not vanish in another case.

    Nor must a document in one that will be released.
    """
    return one.action is Action.HOLD or (into.action is Action.HOLD and into.state is CaseState.WAITING)


def _merge(transaction: Transaction, one: Case, into: Case, *, by: str, now: datetime) -> list[str]:
    """``one`` goes on as ``into``; gives the mails that came along."""
    connection = transaction.connection
    step_case(transaction, one, CaseEvent.MERGE, by=by, detail={"other": into.id}, now=now, merged_into=into.id)
    ids = connection.execute(select(case_mails.c.mail_id).where(case_mails.c.case_id == one.id)).scalars().all()
    moved = [
        mail_id
        for mail_id in ids
        if insert_new(connection, case_mails, {"case_id": into.id, "mail_id": mail_id}, unless=("case_id", "mail_id"))
    ]
    if one.alarm and not into.alarm and into.state is CaseState.WAITING:
        connection.execute(update(cases).where(cases.c.id == into.id).values(alarm=True))
    return moved


def take_back(transaction: Transaction, case_id: str, other_id: str, *, by: str, now: datetime) -> None:
    """A person takes a decision back: the proposal is open again, and a merged case waits again with its mails.

    NotFound; NotAllowed when nothing was decided, or when the mails were dealt with meanwhile.
    """
    connection = transaction.connection
    proposal = _proposal(connection, case_id, other_id)
    if not proposal.decision:
        raise NotAllowed("Chưa có quyết định nào để hoàn tác.")
    if proposal.merged:
        one = case_of(_locked(connection, proposal.merged))
        into = case_of(_locked(connection, other_id if proposal.merged == case_id else case_id))
        if one.state is not CaseState.MERGED or one.merged_into != into.id or into.state not in GOES_ON:
            raise NotAllowed("Hồ sơ chung đã được trả lại, cho qua hoặc thu hồi nên không tách ra được nữa.")
        step_case(transaction, one, CaseEvent.UNMERGE, by=by, detail={"other": into.id}, now=now, merged_into="")
        came_along = case_mails.c.mail_id.in_(_strings.decode(proposal.moved))
        connection.execute(delete(case_mails).where(case_mails.c.case_id == into.id, came_along))
    undecided = {"decision": "", "actor": "", "decided_at": None, "merged": "", "moved": "[]"}
    connection.execute(update(proposals).where(_these(case_id, other_id)).values(undecided))
    for one_id, other in ((case_id, other_id), (other_id, case_id)):
        _tell(transaction, Event.JUDGED, one_id, at=now, actor=by, detail={"decision": "taken-back", "other": other})


# --- Helpers ----------------------------------------------------------------------------------------------------------


def _these(case_id: str, other_id: str) -> ColumnElement[bool]:
    return and_(proposals.c.case_id == case_id, proposals.c.other_id == other_id)


def _proposal(connection: Connection, case_id: str, other_id: str) -> AnyRow:
    row = connection.execute(select(proposals).where(_these(case_id, other_id)).with_for_update()).first()
    if row is None:
        raise NotFound(f"nobody proposed that {case_id} is {other_id}")
    return row


def _locked(connection: Connection, case_id: str) -> AnyRow:
    row = connection.execute(select(cases).where(cases.c.id == case_id).with_for_update()).first()
    if row is None:
        raise NotFound(f"no case {case_id}")
    return row


def _tell(
    transaction: Transaction, event: Event, case_id: str, *, at: datetime, detail: Mapping[str, str], actor: str = ""
) -> None:
    story = Story(at=at, event=event, case_id=case_id, actor=actor, detail=dict(detail))
    transaction.insert(stories, [story_row(story)])
