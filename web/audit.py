"""Nhật ký kiểm tra: who did and looked at what, the whole life of anything that one has in hand, and the proof of a case."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import MAXYEAR, date, datetime, time, timedelta
from pathlib import Path

from flask import Blueprint, Response, render_template, render_template_string, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from gateway.model import Case, Event, Story, Value
from gateway.proof import write_proof
from gateway.rights import is_sealed
from gateway.roles import Verb, allows
from gateway.signing import signer_of
from gateway.store.audit_views import Line
from web import evidence, stories
from web.auth import may, me, tell_seen, visible_case
from web.context import gateway, store
from web.format import VIETNAM, utc_now
from web.language import DEFAULT
from web.lists import LINE_CURSOR, ROWS, searched, starts_after
from web.names import name_of
from web.stories import Told

blueprint = Blueprint("audit", __name__)

_PAPER = Path(__file__).parent / "papers" / "proof.html"  # no page of the console: it speaks Vietnamese to everybody
_FOUND = 20  # mails and cases that a search by words shows
_IN_MEMORY = 16 * 1024 * 1024  # of a proof that is being made; a larger one lies in a file


class Shown(Value):
    """One line ready to be shown, with what it is about."""

    id: int
    told: Told
    mail_id: str
    case_id: str
    is_sealed: bool  # it is in the chain


@blueprint.get("/audit")
@may(Verb.SEE_AUDIT)
def listed() -> ResponseReturnValue:
    """All lines, newest first, by person, act and day; or, with words in the search box, what they belong to."""
    text = searched()
    if text:
        return _search(text)
    args, after = request.args, start()
    rows, then = asked_lines(after, ROWS)
    return render_template(
        "audit.html",
        rows=rows,
        after=then,
        events=[(each.value, stories.SAID[each]) for each in Event if each not in stories.TOLD_BY_ROWS],
        actors=store().audit.actors(),
        chosen={name: args.get(name, "") for name in ("actor", "event", "since", "until")},
        head=store().chain.head(),
        later=bool(after),
    )


def start() -> str:
    """Where the page begins; "" for the first one."""
    return starts_after(LINE_CURSOR)


def asked_lines(after: str, limit: int) -> tuple[Sequence[Shown], str]:
    """The lines that the filters ask for, newest first, a page of them, and where the next one starts."""
    args = request.args
    event = next((each for each in Event if each.value == args.get("event")), None)
    first, last = _day(args.get("since", "")), _day(args.get("until", ""))
    rows = store().audit.lines(
        actor=args.get("actor", "")[:100],
        event=event,
        since=_midnight(first) if first else None,
        until=_midnight(last) + timedelta(days=1) if last else None,
        after=after,
        limit=limit + 1,
    )
    return _shown(rows[:limit]), rows[limit - 1].place if len(rows) > limit else ""


def _search(text: str) -> ResponseReturnValue:
    """By id, number, sender, subject or file hash."""
    mail_ids, case_ids = store().audit.known_by(text)
    views = store().views
    if mail_ids or case_ids:
        mails, cases = [views.mail(each) for each in mail_ids], [views.case(each) for each in case_ids]
    else:
        mails = list(views.mails(text=text, limit=_FOUND).rows)
        cases = [views.case(row.id) for row in views.cases(units=None, states=(), text=text, limit=_FOUND).rows]
    titles = {case.id: _title(case) for case in cases}
    return render_template("audit_found.html", text=text, mails=mails, cases=cases, titles=titles, most=_FOUND)


@blueprint.get("/audit/case/<id:case_id>")
@may(Verb.SEE_AUDIT)
def of_case(case_id: str) -> ResponseReturnValue:
    """The whole life of a case and its mails; this address stays."""
    case = store().views.case(case_id)
    mail_ids = store().audit.mails_of(case.id)
    tell_seen(me(), case_id=case.id, what="audit")
    return _life(mail_ids, (case.id,), heading=_title(case), case=case)


@blueprint.get("/audit/mail/<id:mail_id>")
@may(Verb.SEE_AUDIT)
def of_mail(mail_id: str) -> ResponseReturnValue:
    """The whole life of a mail and of the cases that it brought; this address stays."""
    row = store().views.mail(mail_id)
    case_ids = tuple(case.id for case in store().views.cases_of_mail(mail_id))
    tell_seen(me(), mail_id=mail_id, what="audit")
    return _life((mail_id,), case_ids, heading=row.subject or row.id, case=None)


def _life(mail_ids: tuple[str, ...], case_ids: tuple[str, ...], *, heading: str, case: Case | None) -> ResponseReturnValue:
    lines, views = store().audit.life(mail_ids=mail_ids, case_ids=case_ids), store().views
    written = [line.story for line in lines]
    # What nearly every mail has in common is told by its rows, without a line of its own (gateway.store.told).
    whole = [*(views.story(mail_id=each) for each in mail_ids), *(views.story(case_id=each) for each in case_ids)]
    untold = [story for one in whole for story in one if story not in written]
    told = [
        Shown(id=0, told=each, mail_id=each.mail_id, case_id="", is_sealed=False)
        for each in stories.tell(untold, name_of=name_of)
    ]
    shown = sorted((*told, *_shown(lines)), key=lambda each: (each.told.at, each.id))
    return render_template(
        "audit_life.html",
        rows=shown,
        heading=heading,
        case=case,
        mail_ids=mail_ids,
        case_ids=case_ids,
        may_prove=case is not None and allows(me(), Verb.PROVE),
    )


@blueprint.post("/case/<id:case_id>/proof")
@may(Verb.PROVE)
def proof(case_id: str) -> ResponseReturnValue:
    """The proof of a case as one file, which anybody can check offline; that somebody took it is told."""
    case, now = visible_case(case_id), utc_now()
    settings = gateway().settings
    tell = Story(at=now, event=Event.PROOF_TAKEN, case_id=case.id, actor=me().name)
    store().tell(tell)
    out = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the server closes it when all is sent
    write_proof(
        out,
        store(),
        case,
        signer_of(settings.path(settings.audit.key_file)),
        readable=_readable(case, now).encode(),
        package=b"" if is_sealed(case) else gateway().package_of(case),
        by=me().name,
        now=now,
    )
    out.seek(0)
    response: Response = send_file(out, mimetype="application/zip", as_attachment=True, download_name=f"chung-cu-{case.id}.zip")
    return response


def _readable(case: Case, now: datetime) -> str:
    """A page that stands by itself, in Vietnamese: what the proof shows."""
    sealed, views = is_sealed(case), store().views
    mails = () if sealed else views.mails_of_case(case.id)
    with force_locale(DEFAULT):  # whatever the reader's language is: it goes to people who decide in Vietnamese
        return render_template_string(
            _PAPER.read_text(encoding="utf-8"),
            case=case,
            heading=_title(case),
            sealed=sealed,
            now=now,
            by=me(),
            facts=() if sealed else evidence.facts(case),
            mails=mails,
            verdicts={mail.id: views.verdicts(mail.id) for mail in mails},
            receipts=() if sealed else store().receipts.of_case(case.id),
            story=stories.of_case(views, case, name_of=name_of),
        )


def _shown(lines: tuple[Line, ...]) -> list[Shown]:
    head = store().chain.head()
    sealed_to = head.stories_to if head is not None else 0
    return [
        Shown(
            id=line.id,
            told=stories.tell((line.story,), name_of=name_of)[0],
            mail_id=line.story.mail_id,
            case_id=line.story.case_id,
            is_sealed=line.id <= sealed_to,
        )
        for line in lines
    ]


def _title(case: Case) -> str:
    return case.id if is_sealed(case) else evidence.title(case)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year < MAXYEAR else None  # no day comes after the last one


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), VIETNAM)
