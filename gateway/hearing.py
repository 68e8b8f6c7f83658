"""Hears whoever was stopped: by the signed link, or by an answer to our letter that comes in as a mail like any other.

His words lie before the clerk beside the reason of the rule.  Nobody who is heard by mail gets more than one letter about it,
machines get none, and what cannot be taken is refused in the session: an answer of ours can never go in a circle.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from gateway import appeals, maillog
from gateway.courtesy import queued
from gateway.directory.snapshot import Directory
from gateway.documents.fields import cut_head, parse_fields, subject_of
from gateway.errors import CaseChanged, NotAllowed, NotFound
from gateway.lifecycle import CaseState
from gateway.model import Action, Case, Door, Event, Mail, Recipient, Story, Verdict
from gateway.notices import Notices, may_be_told
from gateway.secret import Links
from gateway.store import Acceptance, Appeal, MailRow, Opening, Store

WITHIN = timedelta(days=30)  # after that nobody need be ready for it: the bytes may be gone, the exemption would be moot
MOST = 5  # appeals about one mail
SHORTEST = 10  # characters
_TRIES = 5  # while others are heard about the same mail, or the clerk decides

_HEARD = "Thư trả lời thư của cổng: ý kiến đã được đặt trước văn thư."
_HEARD_BEFORE = "Thư trả lời thư của cổng: ý kiến này đã được nhận trước đó."
_AUTOMATIC = "Thư trả lời tự động thư của cổng, không phải ý kiến của người gửi."


class Hearing:
    """Takes what people have to say about mails that were stopped.  Synchronous, but for ``take``.

    ``words`` gives what somebody wrote himself in a mail, without what he quotes; ``poke`` tells the worker that something
    became due.
    """

    def __init__(
        self,
        *,
        store: Store,
        directory: Callable[[], Directory],
        notices: Notices,
        links: Links,
        words: Callable[[bytes], str],
        clock: Callable[[], datetime],
        poke: Callable[[], None],
    ) -> None:
        self._store = store
        self._directory = directory
        self._notices = notices
        self._links = links
        self._words = words
        self._clock = clock
        self._poke = poke

    # --- mails that come as answers ---

    def is_for_answers(self, address: str) -> bool:
        """Whether answers to our letters come to this address."""
        return self._links.takes(address)

    def knows(self, address: str) -> bool:
        """Whether one of our letters gave this address away."""
        return bool(self._links.answered(address))

    def answers(self, mail: Mail) -> tuple[Recipient, ...]:
        """The recipients of a mail that are ourselves, because it answers one of our letters; nearly always ()."""
        links = self._links
        ours = tuple(r for r in mail.recipients if links.takes(r.address) or links.is_sender(r.address))
        if ours and not any(links.takes(r.address) for r in ours) and not _referred(links, mail):
            return ()  # somebody writes to the postmaster
        return ours

    async def take(self, mail: Mail) -> Verdict | None:
        """Hear an answer; its recipients are ourselves.  Durable on return.  The verdict when it was not taken."""
        return await asyncio.to_thread(self.take_now, mail)

    def take_now(self, mail: Mail) -> Verdict | None:
        """The same for threads."""
        if not may_be_told(mail):
            self._put_aside(mail, _AUTOMATIC)
            return None
        links = self._links
        about = next(filter(None, (links.answered(r.address) for r in mail.recipients)), "") or _referred(links, mail)
        try:
            heard = self.hear(about, self._words(mail.raw), by=mail.sender, answer=mail)
        except (NotAllowed, NotFound) as refusal:
            return self._turned_away(mail, refusal)
        if not heard:
            self._put_aside(mail, _HEARD_BEFORE)
        return None

    def _put_aside(self, mail: Mail, why: str) -> None:
        self._store.accept_now((_kept(mail, why, self._clock()),))
        maillog.decided(mail.id, recipient=mail.recipients[0].address, action=Action.DELIVER, rule=appeals.RULE)

    def _turned_away(self, mail: Mail, refusal: Exception) -> Verdict | None:
        """Said in the session, where there is one; elsewhere the mail is kept with the reason."""
        said = str(refusal) if isinstance(refusal, NotAllowed) else "Không còn tìm thấy thư mà thư này trả lời."
        if mail.arrival.door is not Door.SMTP:
            self._put_aside(mail, said)
            return None
        return Verdict(recipient=mail.recipients[0].address, action=Action.REJECT, rule=appeals.RULE, clause="", reason=said)

    # --- what people say ---

    def hear(self, mail_id: str, words: str, *, by: str = "", answer: Mail | None = None) -> bool:
        """Lay it before the clerk: True when that was done, False when the same was said before.

        A mail that waits gets the words and an alarm; else a held item is opened, with what was recognised.  ``by`` wrote it,
        by an ``answer``; else whoever has the link did.  NotFound; NotAllowed, in words for whoever wrote it.
        """
        said = "\n".join(" ".join(line.split()) for line in words.strip().splitlines())
        if len(said) < SHORTEST:
            raise NotAllowed("Xin viết vài lời: tệp này là gì, vì sao không phải văn bản phát hành.")
        for _ in range(_TRIES):
            try:
                return self._hear(mail_id, said[: appeals.LONGEST], by, answer)
            except CaseChanged:
                continue
        raise NotAllowed("Hồ sơ của thư này đang được xử lý; xin gửi lại ý kiến sau ít phút.")

    def _hear(self, mail_id: str, said: str, by: str, answer: Mail | None) -> bool:
        views, now = self._store.views, self._clock()
        row = views.mail(mail_id)
        verdict = next(filter(appeals.is_open_to_appeal, views.verdicts(mail_id)), None)
        if verdict is None:
            raise NotAllowed("Thư này không bị chặn hay giữ lại, nên không cần gửi ý kiến.")
        if now - row.at > WITHIN:
            raise NotAllowed(
                "Thư này đã quá %(days)s ngày, cổng không nhận ý kiến nữa; xin liên hệ văn thư đơn vị.", days=WITHIN.days
            )
        before = [story for story in views.story(mail_id=mail_id) if story.event is Event.APPEALED]
        if any(story.detail.get("words") == said for story in before):
            return False
        if len({story.at for story in before}) >= MOST:
            raise NotAllowed("Đã có %(most)s ý kiến về thư này; xin đợi văn thư trả lời, hoặc gọi văn thư đơn vị.", most=MOST)
        waiting, opening = self._laid_before(row, verdict, now)
        stories = tuple(_story(case, row, said, by, answer, now) for case in waiting)
        letters = self._thanks(row, verdict, answer, now) if answer is not None and not before else ()
        self._store.lay_appeal(
            Appeal(
                mail_id=mail_id,
                stories=stories,
                opening=opening,
                answer=_kept(answer, _HEARD, now) if answer is not None else None,
                letters=letters,
                expected=len(before),
            )
        )
        for case in waiting:
            maillog.case_moved(case.id, event=Event.APPEALED, by=by or row.sender)
        if letters:
            self._poke()
        return True

    def _laid_before(self, row: MailRow, verdict: Verdict, now: datetime) -> tuple[Sequence[Case], Opening | None]:
        """The cases that get the words: those that wait, else a new one.  NotAllowed where a clerk has decided."""
        cases = self._store.views.cases_of_mail(row.id)
        waiting = [case for case in cases if case.state is CaseState.WAITING]
        if waiting:
            return waiting, None
        for case in cases:
            if case.state in _DECIDED:
                raise NotAllowed(_DECIDED[case.state])
        case = appeals.case_of(
            self._store.views.mail_of(row),
            verdict,
            self._store.views.recognition(row.id),
            recipients=row.recipients,
            subject=row.subject,
            due=self._directory().calendar.same_day(now),
            now=now,
        )
        return (case,), Opening(case=case)

    def _thanks(self, row: MailRow, verdict: Verdict, answer: Mail, now: datetime) -> tuple[Acceptance, ...]:
        """To whoever was heard by mail for the first time: his words have arrived."""
        letter = self._notices.write(
            "appeal-received",
            to=answer.sender,
            now=now,
            mail=answer,
            subject=row.subject,
            unit=self._directory().organisation(verdict.unit),
        )
        return (queued(letter),)


_DECIDED = {
    CaseState.RELEASED: "Văn thư đã cho thư này qua, nên không cần gửi ý kiến.",
    CaseState.RETURNED: "Văn thư đã xem thư này và trả lại, kèm lý do; còn ý kiến thì xin gọi văn thư đơn vị.",
    CaseState.WITHDRAWN: "Văn bản này đã được thu hồi; còn ý kiến thì xin gọi văn thư đơn vị.",
    CaseState.SEALED: "Thư này đã được niêm phong; xin liên hệ văn thư đơn vị.",
}


def _referred(links: Links, mail: Mail) -> str:
    fields = parse_fields(cut_head(mail.raw)[0])
    return links.referred((*fields.all("in-reply-to"), *fields.all("references")))


def _story(case: Case, row: MailRow, said: str, by: str, answer: Mail | None, now: datetime) -> Story:
    detail: dict[str, str | int | float | bool | list[str]] = {"words": said, "way": "link"}
    if answer is not None:
        detail |= {"way": "mail", "answer": answer.id, "identity": answer.arrival.identity}
    return Story(at=now, event=Event.APPEALED, mail_id=row.id, case_id=case.id, actor=by or row.sender, detail=detail)


def _kept(mail: Mail, why: str, now: datetime) -> Acceptance:
    """An answer, with its bytes: it goes nowhere."""
    verdicts = tuple(
        Verdict(recipient=recipient.address, action=Action.DELIVER, rule=appeals.RULE, clause="", reason=why)
        for recipient in mail.recipients
    )
    stories = tuple(_arrived(mail, verdicts, now))
    return Acceptance(mail=mail, subject=subject_of(mail.raw), verdicts=verdicts, stories=stories)


def _arrived(mail: Mail, verdicts: Sequence[Verdict], now: datetime) -> Iterator[Story]:
    arrival = mail.arrival
    facts: dict[str, str | int | float | bool | list[str]] = {
        "door": arrival.door, "peer": arrival.peer, "identity": arrival.identity, "size": len(mail.raw), "sha256": mail.digest,
    }  # fmt: skip
    yield Story(at=arrival.at, event=Event.ACCEPTED, mail_id=mail.id, detail=facts)
    yield Story(at=now, event=Event.DECIDED, mail_id=mail.id, detail={"note": verdicts[0].reason})
