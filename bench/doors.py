"""What goes in through each door comes out byte for byte behind the trace lines, DKIM signatures intact: by a real Postfix.

Through the gateway as the edge, in front of Postfix's queue (with and without speed_adjust) and behind it (LMTP).  The same
mails go through that Postfix alone, so that what Postfix itself changes is seen for what it is.  Each mail is signed before,
with the strictest canonicalization, and its signature is verified where it arrives.  The mails are those of a public corpus
(../shared/corpus/mail, or CORPUS=folder) when it is there, and those that bench.fidelity makes up.
"""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bench import fidelity
from bench.client import Conversation, dot_stuffed
from bench.processes import free_port
from bench.report import Line, Part
from bench.servers import Gateway, why_no_postfix
from bench.sink import ID_FIELD, listen

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "mail"
EDGE, CONTROL = "edge", "Postfix alone"
_QUIET_S = 6.0  # without news: what has not come then does not come
# Outside people write to outside people: the rules have no reason to stop anything.
_SENDER, _RECIPIENT = "an@gui.example", "binh@nhan.example"
_TO_A_SINK = "\nvirtual_mailbox_domains =\nvirtual_mailbox_maps =\nrelayhost = [127.0.0.1]:{port}\n"


class Sent(NamedTuple):
    """A mail, and what became of it at one door."""

    name: str
    raw: bytes
    reply: str
    arrived: tuple[bytes, ...]  # all copies, from its first field on


class Key:
    """A DKIM key of our own, and the DNS that has its other half."""

    def __init__(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        form, nothing = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        self._private = key.private_bytes(serialization.Encoding.PEM, form, nothing)
        public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self._record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)

    def signed(self, raw: bytes) -> bytes:
        """The mail with a signature in front; as it is where it is too odd to be signed."""
        try:
            field: bytes = dkim.sign(raw, b"bench", b"gui.example", self._private, canonicalize=(b"simple", b"simple"))
        except Exception:  # noqa: BLE001 - the library raises whatever it stumbles over; such a mail is compared all the same
            return raw
        return field + raw

    def verifies(self, raw: bytes) -> bool:
        """Whether the first signature is that of the mail."""
        try:
            return bool(dkim.verify(raw, dnsfunc=lambda name, timeout=5: self._record))
        except Exception:  # noqa: BLE001 - as above
            return False


def run(folder: Path) -> Part:
    """Send all mails through all doors."""
    corpus, key = Path(os.environ.get("CORPUS") or CORPUS), Key()
    mails = [(name, ID_FIELD + b"%d\r\n" % n + key.signed(raw)) for n, (name, raw) in enumerate(_mails(corpus))]
    sent = asyncio.run(_through_all(folder, mails))
    control = {each.name: each for each in sent.get(CONTROL, ())}
    lines = [line for door, these in sent.items() for line in _lines(door, these, control, key)]
    where = f"{sum(1 for _ in _files(corpus))} files of a public corpus" if corpus.is_dir() else "no corpus here"
    notes = [f"{len(mails)} mails: {where}, the others made up. Behind the first field of the mail all bytes are compared."]
    if why := why_no_postfix():
        notes.append(f"The edge alone: {why}.")
    return Part("Byte for byte through every door", tuple(notes), tuple(lines))


def _files(corpus: Path) -> Iterator[Path]:
    return (path for path in sorted(corpus.rglob("*")) if path.suffix in (".eml", ".txt") and path.is_file())


def _mails(corpus: Path) -> Iterator[tuple[str, bytes]]:
    """Files end their lines with LF alone where a mail has CRLF; all else stays as it is."""
    for path in _files(corpus):
        raw = path.read_bytes()
        if b"\r\n" not in raw:
            raw = raw.replace(b"\n", b"\r\n")
        raw = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
        if not fidelity.could_smuggle(raw):  # those are refused, as bench.fidelity shows
            yield str(path.relative_to(corpus)), raw
    yield from (mail for mail in fidelity.corpus() if not fidelity.could_smuggle(mail[1]))


async def _through_all(folder: Path, mails: list[tuple[str, bytes]]) -> dict[str, list[Sent]]:
    arrived: list[bytes] = []
    hop = free_port()
    server = await listen(hop, arrived.append)
    gateway = Gateway(folder / "edge", hop=hop)
    group = await asyncio.to_thread(gateway.start)
    try:
        found = {EDGE: await _through(gateway.port, mails, arrived)}
    finally:
        await asyncio.to_thread(group.stop)
    if not why_no_postfix():
        from tests.world.around import house

        both = await asyncio.to_thread(house, folder / "house", main=_TO_A_SINK.format(port=hop))
        try:
            for door, port in {CONTROL: both.postfix.port, **both.ports}.items():
                found[door] = await _through(port, mails, arrived)
        finally:
            await asyncio.to_thread(both.stop)
    server.close()
    return found


async def _through(port: int, mails: list[tuple[str, bytes]], arrived: list[bytes]) -> list[Sent]:
    arrived.clear()
    replies = await asyncio.to_thread(_replies, port, mails)
    passed = sum(reply.startswith("250") for reply in replies)
    last, since = len(arrived), time.monotonic()
    while len(arrived) < passed and time.monotonic() < since + _QUIET_S:
        await asyncio.sleep(0.1)
        if len(arrived) != last:
            last, since = len(arrived), time.monotonic()
    await asyncio.sleep(0.3)
    copies: dict[bytes, list[bytes]] = {}
    for content in arrived:
        start = max(0, content.find(ID_FIELD))
        copies.setdefault(content[start : content.find(b"\r\n", start)], []).append(content[start:])
    return [
        Sent(name, raw, reply, tuple(copies.get(raw[: raw.find(b"\r\n")], ())))
        for (name, raw), reply in zip(mails, replies, strict=True)
    ]


def _replies(port: int, mails: list[tuple[str, bytes]]) -> list[str]:
    replies = []
    for _, raw in mails:
        conversation = Conversation(port)  # one each: after a refusal Postfix keeps a client waiting
        try:
            replies.append(conversation.send(dot_stuffed(raw), sender=_SENDER, recipient=_RECIPIENT))
        except OSError as error:
            replies.append(f"hung up: {error}")
        conversation.close()
    return replies


def _lines(door: str, sent: list[Sent], control: dict[str, Sent], key: Key) -> list[Line]:
    taken = [each for each in sent if each.reply.startswith("250")]
    altered = [each for each in taken if each.arrived and each.arrived != (each.raw,)]
    by_postfix = [each for each in altered if each.name in control and each.arrived == control[each.name].arrived]
    missing = [each for each in taken if not each.arrived]
    ours = [each.name for each in altered if door != CONTROL and each not in by_postfix]
    signed = [each for each in taken if key.verifies(_mail_of(each.raw))]
    broken = [each.name for each in signed if each.arrived and not all(key.verifies(_mail_of(raw)) for raw in each.arrived)]
    refused = {each.name: each.reply[:90] for each in sent if not each.reply.startswith("250")}
    facts: dict[str, object] = {
        "refused": refused, "altered": [each.name for each in altered], "missing": [each.name for each in missing],
        "signatures": len(signed), "broken": broken,
    }  # fmt: skip
    same = len(taken) - len(altered) - len(missing)
    lost = [each.name for each in missing if each.name not in control or control[each.name].arrived]
    lines = [Line(f"{door}: the same bytes, of those taken", f"{same} of {len(taken)}", facts=facts)]
    if by_postfix and door != CONTROL:
        lines.append(Line(f"{door}: changed as Postfix alone changes them", _said([each.name for each in by_postfix])))
    if door != CONTROL:
        lines.append(Line(f"{door}: altered by the gateway", _said(ours), "0", not ours, True))
        lines.append(Line(f"{door}: taken, and did not arrive", _said(lost), "0", not lost, True))
    elif altered:
        lines.append(Line(f"{door}: changed", _said(facts["altered"])))
    lines.append(Line(f"{door}: DKIM signatures (simple/simple) intact", f"{len(signed) - len(broken)} of {len(signed)}"))
    if refused:
        lines.append(Line(f"{door}: refused in the session", _said(list(refused))))
    return lines


def _mail_of(raw: bytes) -> bytes:
    """Behind the field by which it is known here."""
    return raw[raw.find(b"\r\n") + 2 :] if raw.startswith(ID_FIELD) else raw


def _said(names: object) -> str:
    assert isinstance(names, list)
    return str(len(names)) + (f" ({', '.join(map(str, names[:3]))}{' …' if len(names) > 3 else ''})" if names else "")
