"""Writes the letters: facts into words, words into templates, both languages into one mail."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.directory.snapshot import Directory, Organisation
from gateway.documents.fields import Fields, cut_head, decoded_words, parse_fields
from gateway.errors import ConfigError
from gateway.model import Action, Arrival, Document, Door, Mail, Recipient, Sign, Verdict, digest_of, new_id
from gateway.notices import english, vietnamese
from gateway.notices.basis import in_force
from gateway.notices.basis import load as load_basis
from gateway.notices.facts import Facts
from gateway.notices.lines import VIETNAM, moment, one_line, sentence
from gateway.notices.post import Letter, posted
from gateway.policy.issuance import issuer_in_words
from gateway.policy.issuer import issuers_of
from gateway.secret import Links

if TYPE_CHECKING:  # loaded with the first letter, or with the console: mail does not wait for it
    import jinja2

_TEMPLATES = Path(__file__).parents[1] / "templates" / "notices"
_BASIS = "basis.toml"
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_APPEALABLE = frozenset({"redirected", "held", "advised"})  # letters about what was, or would be, stopped
# What the law of a letter is about.
_BASIS_OF = {
    **dict.fromkeys(("redirected", "advised", "held", "returned", "appeal-declined"), "issuance"),
    "sealed": "secrecy",
}


class Notices:
    """Writes the letters.

    ``directory`` tells names, and who is one of us; ``web_url`` is where people reach the console; what is in the folder
    ``templates`` stands in for ours of the same name.
    """

    def __init__(
        self,
        *,
        hostname: str,
        help_phone: str = "",
        help_url: str = "",
        web_url: str = "",
        postmaster: str = "",
        directory: Callable[[], Directory] | None = None,
        links: Links | None = None,
        templates: Path | None = None,
    ) -> None:
        self._hostname = hostname
        self._help = {"help_phone": help_phone, "help_url": help_url, "web_url": web_url, "hostname": hostname}
        self._from = postmaster or sender_of(hostname)
        self._directory = directory
        self._links = links
        self._folder = templates
        self._folders = [folder for folder in (templates, _TEMPLATES) if folder is not None]
        self._basis = load_basis(next(folder / _BASIS for folder in self._folders if (folder / _BASIS).exists()))

    @cached_property
    def _templates(self) -> jinja2.Environment:
        """They write plain text, which becomes HTML later.  An officer's own may name facts, and do nothing."""
        import jinja2
        from jinja2.sandbox import SandboxedEnvironment

        made = SandboxedEnvironment(
            loader=jinja2.FileSystemLoader(self._folders),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.filters["sentence"] = sentence
        return made

    def check(self, now: datetime) -> None:
        """Try the officer's own templates before a letter depends on them.  ConfigError names file and line."""
        if self._folder is None:
            return
        if not self._folder.is_dir():
            raise ConfigError(f"[notices] templates: no folder {self._folder}")
        known = set(self._templates.list_templates())
        for path in sorted(self._folder.rglob("*.txt")):
            name = str(path.relative_to(self._folder))
            if not (_TEMPLATES / name).exists():
                ours = ", ".join(sorted(each for each in known if (_TEMPLATES / each).exists() and each.endswith(".txt")))
                raise ConfigError(f"{path}: no letter has this name; expected one of {ours}")
            self._try(path, name, now)

    def _try(self, path: Path, name: str, now: datetime) -> None:
        import jinja2

        try:
            self._templates.get_template(name)
            if not path.name.startswith("_"):
                self.write(path.stem, to="thu@cong.invalid", now=now)
        except (jinja2.TemplateError, jinja2.exceptions.SecurityError, TypeError, ValueError, UnicodeDecodeError) as error:
            line = f", line {error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
            raise ConfigError(f"{path}{line}: {error}") from error

    def about_verdict(
        self, mail: Mail, verdict: Verdict, *, unit: Organisation | None, now: datetime, deadline: datetime | None = None
    ) -> Mail:
        """The letter that a verdict asks for; about a sealed mail one that says nothing of its content."""
        name = "sealed" if verdict.action is Action.QUARANTINE else verdict.notice
        closes_on = None
        if self._directory is not None and verdict.action is Action.FORWARD:
            retired = self._directory().retired(verdict.recipient, now.astimezone(VIETNAM).date())
            closes_on = retired.closes_on if retired is not None else None
        return self.write(
            name,
            to=mail.sender,
            now=now,
            mail=mail,
            verdict=verdict,
            unit=unit,
            reason=verdict.reason,
            deadline=deadline,
            old_address=verdict.recipient,
            new_address=verdict.target,
            closes_on=closes_on,
        )

    def write(self, name: str, *, to: str, now: datetime, **facts: object) -> Mail:
        """A letter by name (redirected, held, returned … as in templates/notices), as a mail of our own.

        ``facts`` are the fields of Facts; a name that is not there raises TypeError.
        """
        known = Facts(**facts)  # type: ignore[arg-type]  # the fields say the types, and whoever writes reads them there
        mail_id = new_id()
        about = _open_to_appeal(name, known)
        told = {**self._common(name, known, mail_id, now, about), "status": self._status(to, known)}
        subject, text = self._rendered(f"{name}.txt", {**told, **self._in_vietnamese(known, told, self._you(to, known, now))})
        title, translation = self._rendered(f"en/{name}.txt", {**told, **self._in_english(known, told)})
        original = _MESSAGE_ID.search(_fields(known.mail).first("message-id")) if known.mail is not None else None
        links = self._links if about else None
        raw = posted(
            Letter(
                id=mail_id,
                to=to,
                sender=self._from,
                subject=subject,
                vietnamese=text,
                title=title,
                english=translation,
                message_id=f"{links.reference(mail_id, about) if links is not None else mail_id}@{self._hostname}",
                about=str(told["id"]),
                at=now,
                original=original[0] if original is not None else "",
                reply_to=links.to_reply(about) if links is not None else "",
            )
        )
        return Mail(
            id=mail_id,
            sender="",
            recipients=(Recipient(address=to, options=("NOTIFY=NEVER",)),),
            raw=raw,
            digest=digest_of(raw),
            arrival=Arrival(door=Door.OWN, at=now),
        )

    def _rendered(self, template: str, words: dict[str, object]) -> tuple[str, str]:
        """The subject in the first line, and what follows."""
        text = unicodedata.normalize("NFC", self._templates.get_template(template).render(words)).strip()
        first, _, body = text.partition("\n")
        return one_line(first.removeprefix("Subject:")), body.strip("\n")

    def _status(self, to: str, facts: Facts) -> str:
        """Where the reader sees what became of the mail, when it is his own; "" for letters to others."""
        mail = facts.mail
        is_own = mail is not None and bool(to) and mail.sender.lower() == to.lower()
        return self._links.to_status(mail.id) if mail is not None and is_own and self._links is not None else ""

    def _you(self, to: str, facts: Facts, now: datetime) -> str:
        """How to address the reader: teachers and clerks by their calling, whoever else it may be without."""
        is_forward = facts.verdict is not None and facts.verdict.action is Action.FORWARD  # anybody may have written
        is_ours = self._directory is None or self._directory().is_ours(to, now.astimezone(VIETNAM).date())
        return "Thầy/Cô" if is_ours and not is_forward else "Quý vị"

    def _common(self, name: str, facts: Facts, mail_id: str, now: datetime, about: str) -> dict[str, object]:
        """What the templates of both languages know."""
        verdict, mail = facts.verdict, facts.mail
        evidence = verdict.evidence if verdict is not None else ()
        is_secret = verdict is not None and Action.QUARANTINE in (verdict.action, verdict.would_have)
        on = (mail.arrival.at if mail is not None else now).astimezone(VIETNAM).date()
        return {
            **self._help,
            "id": mail.id if mail is not None else facts.case_id or mail_id,
            "subject": "" if is_secret else one_line(facts.subject or (_subject(mail) if mail is not None else "")),
            "basis": in_force(self._basis, _basis_of(name, facts, is_secret=is_secret), on),
            "document": self._described(facts.document),
            "number": vietnamese.number(facts.document, evidence),
            "by_clerk": verdict is not None and verdict.hand_over_at_once,
            "is_secret": is_secret,
            "is_unreadable": any(e.sign is Sign.UNREADABLE for e in evidence),
            "old_address": facts.old_address,
            "new_address": facts.new_address,
            "delivered": facts.delivered,
            "incoming": facts.incoming,
            "closes_on": _day(facts.closes_on),
            **vietnamese.of_campaign(facts.campaign),
            "by": facts.by,
            "appeal": self._links.to_appeal(about) if about and self._links is not None else "",
            "may_reply": bool(about and self._links is not None and self._links.to_reply(about)),
            "register_number": one_line(facts.register_number),
            "registered_on": _day(facts.registered_on),
        }

    def _in_vietnamese(self, facts: Facts, told: dict[str, object], you: str) -> dict[str, object]:
        verdict, mail, subject = facts.verdict, facts.mail, str(told["subject"])
        system, system_at = self._system(facts, vietnamese.SYSTEM)
        signs = bool(told["is_secret"]), bool(told["is_unreadable"])
        return {
            "at": moment(mail.arrival.at) if mail is not None else "",
            "you": you,
            "the_mail": vietnamese.the_mail(mail, subject, you),
            "about": f" (thư “{subject}”)" if subject else "",
            "carried": vietnamese.carried(is_secret=signs[0], is_unreadable=signs[1]),
            "to_whom": vietnamese.to_whom(facts),
            "number": told["number"] or f"{you} gửi",
            "evidence": vietnamese.in_words(verdict.evidence) if verdict is not None else (),
            "reason": facts.reason,
            "clause": verdict.clause if verdict is not None else "",
            "unit": facts.unit.name if facts.unit is not None else "của đơn vị",
            "of_unit": f"của {facts.unit.name}" if facts.unit is not None else "của đơn vị",
            "the_unit": facts.unit.name if facts.unit is not None else "đơn vị nhận",
            "system": system,
            "system_at": system_at,
            "menu": vietnamese.MENU,
            "would_have": vietnamese.WOULD_HAVE.get(
                verdict.would_have if verdict is not None else None, "được chuyển cho văn thư xem"
            ),
            "deadline": moment(facts.deadline) if facts.deadline is not None else "",
        }

    def _in_english(self, facts: Facts, told: dict[str, object]) -> dict[str, object]:
        verdict, mail, subject = facts.verdict, facts.mail, str(told["subject"])
        system, system_at = self._system(facts, english.SYSTEM)
        signs = bool(told["is_secret"]), bool(told["is_unreadable"])
        return {
            "at": english.moment(mail.arrival.at) if mail is not None else "",
            "the_mail": english.the_mail(mail, subject),
            "about": f" (mail “{subject}”)" if subject else "",
            "carried": english.carried(is_secret=signs[0], is_unreadable=signs[1]),
            "to_whom": english.to_whom(facts),
            "number": told["number"] or "that you sent",
            # A person's words stand there as he wrote them.
            "reason": facts.reason if verdict is None else "",
            "unit": facts.unit.name if facts.unit is not None else "your unit",
            "system": system,
            "system_at": system_at,
            "menu": english.MENU,
            "would_have": english.WOULD_HAVE.get(
                verdict.would_have if verdict is not None else None, "go to the registry clerk first"
            ),
            "deadline": english.moment(facts.deadline) if facts.deadline is not None else "",
        }

    def _described(self, document: Document | None) -> tuple[str, ...]:
        return vietnamese.description(document, self._issuer(document)) if document is not None else ()

    def _issuer(self, document: Document) -> str:
        directory = self._directory() if self._directory is not None else None
        known = directory.organisation(issuers_of(directory).unit_of(document)) if directory is not None else None
        return issuer_in_words(document, known)

    def _system(self, facts: Facts, otherwise: str) -> tuple[str, str]:
        """The office system by its title, and with its address."""
        name = facts.verdict.office if facts.verdict is not None else ""
        if not name and facts.unit is not None:
            name = facts.unit.office
        office = self._directory().office(name) if self._directory is not None and name else None
        if office is None:
            return otherwise, otherwise
        return office.title, f"{office.title} ({office.url})" if office.url else office.title


def sender_of(hostname: str) -> str:
    """The address that our letters come from."""
    return f"postmaster@{hostname}"


def _open_to_appeal(name: str, facts: Facts) -> str:
    """The mail about which whoever gets the letter may say that it is no issuance; "" for other letters."""
    return facts.mail.id if facts.mail is not None and name in _APPEALABLE else ""


def _basis_of(name: str, facts: Facts, *, is_secret: bool) -> str:
    if is_secret:
        return "secrecy"
    return "refusal" if name == "returned" and facts.incoming else _BASIS_OF.get(name, "")


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day is not None else ""


def _fields(mail: Mail) -> Fields:
    return parse_fields(cut_head(mail.raw)[0])


def _subject(mail: Mail) -> str:
    return decoded_words(_fields(mail).first("subject"))
