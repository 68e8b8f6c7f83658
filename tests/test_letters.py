"""The letters of the demonstration: they are honest mails, and what becomes of them is what their list says."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import getaddresses
from importlib import resources
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import sample
from gateway.directory.files import load as load_directory
from gateway.documents.recognise import recognise
from gateway.model import Action, Arrival, Door, Identity, Mail, Recipient, Value, digest_of, new_id
from gateway.policy.decide import decide
from gateway.policy.rules import load as load_policy
from tests.world.letters import letter
from tools.make_letters import all_letters

HOUSE = Path(str(resources.files(sample)))
FOLDER = HOUSE / "letters"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class Listed(Value):
    """One [[letter]] of letters.toml."""

    file: str
    title: str
    sender: str
    recipients: tuple[str, ...]
    actions: tuple[Action, ...]
    rules: tuple[str, ...]
    places: tuple[str, ...]


_TABLE = tomllib.loads((FOLDER / "letters.toml").read_text(encoding="utf-8"))
LETTERS = msgspec.convert(_TABLE["letter"], tuple[Listed, ...])


def _mail(listed: Listed) -> Mail:
    raw = (FOLDER / listed.file).read_bytes()
    return Mail(
        id=new_id(),
        sender=listed.sender,
        recipients=tuple(Recipient(address=address) for address in listed.recipients),
        raw=raw,
        digest=digest_of(raw),
        arrival=Arrival(door=Door.SMTP, at=NOW, peer="127.0.0.1", identity=Identity.TRUSTED_NETWORK),
    )


@pytest.mark.parametrize("listed", LETTERS, ids=lambda listed: listed.file)
def test_a_letter_meets_its_fate(listed: Listed) -> None:
    mail = _mail(listed)
    directory, policy = load_directory(HOUSE / "directory"), load_policy(HOUSE / "policy.toml")

    verdicts = decide(policy, directory, mail, recognise(mail.raw), NOW)

    assert [(v.recipient, v.action, v.rule) for v in verdicts] == list(
        zip(listed.recipients, listed.actions, listed.rules, strict=True)
    )


@pytest.mark.parametrize("listed", LETTERS, ids=lambda listed: listed.file)
def test_a_redirected_letter_goes_to_the_office_of_its_sender(listed: Listed) -> None:
    mail = _mail(listed)
    directory, policy = load_directory(HOUSE / "directory"), load_policy(HOUSE / "policy.toml")

    verdicts = decide(policy, directory, mail, recognise(mail.raw), NOW)

    redirected = [f"office:{v.office}" for v in verdicts if v.action is Action.REDIRECT]
    assert redirected == [place for place in listed.places if place.startswith("office:")]


def test_the_list_and_the_folder_agree() -> None:
    assert sorted(listed.file for listed in LETTERS) == sorted(path.name for path in FOLDER.glob("*.eml"))


def test_every_action_is_shown() -> None:
    assert {action for listed in LETTERS for action in listed.actions} == set(Action)


def test_the_letters_have_the_line_ends_of_mail() -> None:
    raws = [path.read_bytes() for path in FOLDER.glob("*.eml")]
    assert all(raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n") and raw.endswith(b"\r\n") for raw in raws)


def test_the_letters_are_small_enough_to_be_shipped() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_500_000


def _headers(raw: bytes) -> tuple[str, list[tuple[str, str]]]:
    """The subject, and names and addresses of sender and recipients, as a mail program shows them."""
    mail = message_from_bytes(raw)
    people = getaddresses([mail["From"], mail["To"]])
    return _decoded(mail["Subject"]), [(_decoded(name), address) for name, address in people]


def _decoded(text: str) -> str:
    return str(make_header(decode_header(text)))


_SYLLABLES = ["Hội", "đồng", "chấm", "thi", "học", "sinh", "giỏi", "Giáo", "dục", "thể", "chất", "kỳ", "Lê", "Lợi", "-", "9"]
_WORDS = st.lists(st.sampled_from(_SYLLABLES), min_size=1, max_size=30).map(" ".join)


@given(subject=_WORDS, sender=_WORDS, to=st.lists(_WORDS, min_size=1, max_size=4))
def test_subjects_and_names_decode_to_what_was_given(subject: str, sender: str, to: list[str]) -> None:
    people = [(name, f"{n}@sgdhuonggiang.edu.vn") for n, name in enumerate([sender, *to])]
    raw = letter(sender=people[0], to=people[1:], subject=subject, text="", at=NOW)

    assert _headers(raw) == (subject, people)


def test_the_shipped_letters_have_the_headers_that_are_made_now() -> None:
    made = [_headers(one.raw) for one in all_letters()]

    assert [_headers(path.read_bytes()) for path in sorted(FOLDER.glob("*.eml"))] == made
    assert "Quyết định thành lập Hội đồng chấm thi HSG lớp 9" in {subject for subject, _ in made}
