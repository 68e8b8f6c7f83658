"""Who is proved by SPF and DKIM, who is not, and that a broken DNS costs a proof and never a mail."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.model import Identity, Proof
from gateway.settings.listeners import Kind, Listener
from gateway.smtp.authentication import NOT_ANSWERED, Authenticator
from gateway.smtp.names import Names
from gateway.smtp.proving import author_domain
from gateway.smtp.proving import proof as prove
from tests.smtp.door import Door
from tests.world.names import NameServer

SCHOOL, OFFICE, FOREIGN = "truong.example", "sgd.truong.example", "ke-gian.example"
PEER, STRANGER = "192.0.2.25", "198.51.100.9"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)
_PUBLIC = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
_KEY_RECORD = "v=DKIM1; k=rsa; p=" + base64.b64encode(_PUBLIC).decode()
KEY_TEXT = " ".join(f'"{_KEY_RECORD[at : at + 200]}"' for at in range(0, len(_KEY_RECORD), 200))

ZONE = {
    f"{SCHOOL} TXT": ('"something else"', f'"v=spf1 ip4:{PEER} include:_spf.{SCHOOL} -all"'),
    f"_spf.{SCHOOL} TXT": ('"v=spf1 a:mail.truong.example -all"',),
    "mail.truong.example A": ("192.0.2.26",),
    f"_dmarc.{SCHOOL} TXT": ('"v=DMARC1; p=reject"',),
    f"{FOREIGN} TXT": ('"v=spf1 +all"',),
    f"s1._domainkey.{SCHOOL} TXT": (KEY_TEXT,),
    f"s1._domainkey.{FOREIGN} TXT": (KEY_TEXT,),
}


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer(ZONE) as running:
        yield running


def letter(author: str = f"Van thu <vanthu@{SCHOOL}>") -> bytes:
    return f"From: {author}\r\nTo: a@b.example\r\nSubject: x\r\n\r\nKinh gui\r\n".encode()


def signed(raw: bytes, domain: str, **how: object) -> bytes:
    signature: bytes = dkim.sign(raw, b"s1", domain.encode(), PEM, include_headers=[b"from", b"subject"], **how)
    return signature + raw


def proof(server: NameServer, raw: bytes, *, sender: str = f"vanthu@{SCHOOL}", peer: str = STRANGER) -> Proof:
    authenticator = Authenticator(Names([server.address], timeout_s=1.0), hostname="gw.example")
    try:
        return asyncio.run(authenticator.proof(raw, sender=sender, peer=peer, helo="mail.example"))
    finally:
        authenticator.close()


@pytest.mark.parametrize("peer", [PEER, "192.0.2.26"])
def test_a_host_that_the_domain_names_proves_the_sender_by_spf(server: NameServer, peer: str) -> None:
    found = proof(server, letter(), peer=peer)
    assert (found.identity, str(found)) == (Identity.SPF, "spf=pass dkim=none dmarc=pass")


def test_a_signature_of_the_domain_proves_the_sender_wherever_it_comes_from(server: NameServer) -> None:
    found = proof(server, signed(letter(), SCHOOL))
    assert (found.identity, str(found), found.domain) == (Identity.DKIM, "spf=fail dkim=pass dmarc=pass", SCHOOL)


def test_a_signature_of_the_organisation_proves_a_sender_below_it(server: NameServer) -> None:
    found = proof(server, signed(letter(f"a@{OFFICE}"), SCHOOL), sender=f"a@{OFFICE}")
    assert found.identity is Identity.DKIM


def test_the_signature_of_somebody_else_proves_nothing(server: NameServer) -> None:
    found = proof(server, signed(letter(), FOREIGN))
    assert (found.identity, str(found)) == (Identity.CLAIMED, "spf=fail dkim=pass dmarc=fail")


def test_a_right_envelope_under_another_author_proves_nothing(server: NameServer) -> None:
    """Whoever reads the mail sees the author of the From field."""
    found = proof(server, letter(f"vanthu@{SCHOOL}"), sender=f"x@{FOREIGN}", peer=STRANGER)
    assert (found.identity, found.spf) == (Identity.CLAIMED, "pass")


def test_a_signed_author_under_another_envelope_proves_nothing(server: NameServer) -> None:
    found = proof(server, signed(letter(f"x@{FOREIGN}"), FOREIGN))
    assert found.identity is Identity.CLAIMED


@pytest.mark.parametrize("change", [(b"Kinh gui", b"Kinh bao"), (b"Subject: x", b"Subject: y"), (b"s=s1", b"s=s2")])
def test_a_changed_mail_is_not_proved_by_its_signature(server: NameServer, change: tuple[bytes, bytes]) -> None:
    raw = signed(letter(), SCHOOL).replace(*change)
    found = proof(server, raw)
    assert (found.identity, found.dkim) == (Identity.CLAIMED, "fail")


def test_a_signature_that_leaves_the_end_open_is_none(server: NameServer) -> None:
    raw = signed(letter(), SCHOOL, length=True) + b"something added\r\n"
    assert proof(server, raw).identity is Identity.CLAIMED


@pytest.mark.parametrize(
    "header",
    [
        b"DKIM-Signature: v=1",
        b"DKIM-Signature:",
        b"DKIM-Signature: \xff\xfe; d=;s=;b=;bh=;a=rsa-sha256;h=from",
        b"dkim-signature: " + b"a" * 9000,
    ],
)
def test_a_nonsensical_signature_costs_nothing(server: NameServer, header: bytes) -> None:
    assert proof(server, header + b"\r\n" + letter(), peer=PEER).identity is Identity.SPF


def test_the_address_of_a_server_in_front_proves_nobody_whose_client_it_does_not_tell(server: NameServer) -> None:
    """Our own server stands in our own SPF record: whoever writes as us through it from outside would be us."""
    server.zone[f"{SCHOOL} TXT"] = ('"v=spf1 ip4:127.0.0.1 -all"',)
    before_queue = Listener(name="before-queue", listen="127.0.0.1:0", kind=Kind.PROXY)
    with Door(listener=(before_queue,), authenticate=True, name_servers=(server.address,)) as door:
        client = door.client(1)
        client.envelope(sender=f"vanthu@{SCHOOL}")
        client.send(letter() + b".\r\n")
        assert client.reply().startswith("250")
        proof = door.mail.arrival.proof
    assert proof is not None
    assert (proof.identity, proof.spf) == (Identity.CLAIMED, "none")


@pytest.mark.parametrize(
    ("by", "forwarders", "identity"),
    [
        ("mx.truong.example", ("127.0.0.0/8",), Identity.DKIM),
        ("mx.ke-gian.example", ("127.0.0.0/8",), Identity.CLAIMED),
        ("mx.truong.example", ("192.0.2.0/24",), Identity.CLAIMED),  # it came by somebody else
    ],
)
def test_what_a_server_in_front_found_is_believed_when_it_brings_the_mail_itself(
    server: NameServer, by: str, forwarders: tuple[str, ...], identity: Identity
) -> None:
    results = f"Authentication-Results: {by}; dmarc=pass header.from={SCHOOL}\r\n".encode()
    believed = Listener(
        name="after-queue", listen="127.0.0.1:0", kind=Kind.LMTP, forwarders=forwarders, trusted_results=("mx.truong.example",)
    )
    with Door(listener=(believed,), authenticate=True, name_servers=(server.address,)) as door:
        client = door.connect(1)
        client.reply()
        client.say("LHLO mx.truong.example")
        client.envelope(sender=f"vanthu@{SCHOOL}")
        client.send(results + letter() + b".\r\n")
        assert client.reply().startswith("250")
        assert door.mail.arrival.identity is identity


@pytest.mark.parametrize("peer", ["", "unix", "127.0.0.1", "10.0.0.5", "192.168.1.1", "fd00::1"])
def test_a_client_that_nobody_knows_is_no_reason_to_say_that_the_sender_is_false(server: NameServer, peer: str) -> None:
    """A server or firewall in front that does not say who the client was; the signature holds all the same."""
    assert str(proof(server, letter(), peer=peer)) == "spf=none dkim=none dmarc=fail"
    assert proof(server, signed(letter(), SCHOOL), peer=peer).identity is Identity.DKIM


def key_of(modulus_bits: int, exponent_bits: int) -> str:
    """A key record of no use but to be slow."""
    number = rsa.RSAPublicNumbers((1 << exponent_bits) - 1, (1 << modulus_bits) - 1)
    data = number.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = "v=DKIM1; k=rsa; p=" + base64.b64encode(data).decode()
    return " ".join(f'"{record[at : at + 200]}"' for at in range(0, len(record), 200))


@pytest.mark.parametrize("bits", [(8192, 17), (4096, 4095)])
def test_a_key_that_would_keep_the_whole_gateway_waiting_is_not_tried(
    server: NameServer, bits: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power of 32,768 bits takes a minute, and lets no other thread run."""
    tried: list[object] = []
    monkeypatch.setattr(dkim.crypto, "rsa_encrypt", lambda *args: tried.append(args))
    server.zone[f"s1._domainkey.{FOREIGN} TXT"] = (key_of(*bits),)
    found = proof(server, signed(letter(f"x@{FOREIGN}"), FOREIGN), sender=f"x@{FOREIGN}")
    assert (found.dkim, tried) == ("fail", [])


@pytest.mark.parametrize(("names", "fields"), [(3000, 10), (10, 1500)])
def test_a_signature_over_endless_fields_is_not_tried(
    server: NameServer, names: int, fields: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2,000 names in a header of 20,000 fields take three seconds, and ten times as many of both five minutes."""
    tried: list[object] = []
    raw = signed(letter(), SCHOOL).replace(b"h=from", b"h=from" + b" : x" * names, 1)
    monkeypatch.setattr(dkim, "select_headers", lambda *args: tried.append(args))
    found = proof(server, raw.replace(b"To: ", b"X: y\r\n" * fields + b"To: "))
    assert (found.dkim, tried) == ("fail", [])


@pytest.mark.parametrize(
    "value", [b" " * 200_000 + b"x", b"a" * 200_000, b"(" * 4000, b" \r\n " * 40_000 + b"x", b'"\\' * 90_000, b"a@b," * 50_000]
)
def test_an_author_who_takes_minutes_to_read_is_none(value: bytes) -> None:
    """Two hundred thousand blanks kept the whole gateway waiting: for each of them all that follow were looked at."""
    assert author_domain(b"From: " + value + b"\r\n\r\nx") == ""


@pytest.mark.parametrize("terms", ["include:" + "%{d9r}" * 1500, "exists:" + "%{i}." * 60 + "x", "ip4:192.0.2.25 " * 300])
def test_an_spf_record_that_would_take_too_long_is_none(server: NameServer, terms: str) -> None:
    record = f"v=spf1 {terms} -all"
    server.zone[f"{FOREIGN} TXT"] = (" ".join(f'"{record[at : at + 200]}"' for at in range(0, len(record), 200)),)
    found = proof(server, letter(f"x@{FOREIGN}"), sender=f"x@{FOREIGN}", peer=PEER)
    assert (found.identity, found.spf) == (Identity.CLAIMED, "permerror")


def test_a_mail_whose_time_is_over_asks_nobody_any_more(server: NameServer) -> None:
    """Else a thread goes on with it for a minute, through ten includes, five signatures and eight labels."""
    said = (f"vanthu@{SCHOOL}", PEER, "mail.example")
    names = Names([server.address], timeout_s=1.0)
    found = prove(signed(letter(), SCHOOL), said, hostname="gw.example", names=names, patience_s=0.0)
    assert (str(found), server.asked) == ("spf=temperror dkim=temperror dmarc=temperror", [])


def test_a_stranger_whose_dns_is_silent_takes_nobody_elses_proof(server: NameServer) -> None:
    server.silent_about = "ke-gian.example"
    authenticator = Authenticator(Names([server.address], timeout_s=0.3), hostname="gw.example")

    async def one_after_the_other() -> Proof:
        for n in range(3):
            await authenticator.proof(letter(f"a@d{n}.{FOREIGN}"), sender=f"a@d{n}.{FOREIGN}", peer=PEER, helo="x")
        return await authenticator.proof(letter(), sender=f"vanthu@{SCHOOL}", peer=PEER, helo="x")

    found = asyncio.run(one_after_the_other())
    authenticator.close()
    assert found.identity is Identity.SPF


@pytest.mark.parametrize(
    "sender", ["", "postmaster", "a@b\x00.example", f"a@{'x' * 300}.example", "a@[192.0.2.1]", "ấ@trường.example"]
)
def test_a_sender_without_a_domain_of_the_dns_is_unproved(server: NameServer, sender: str) -> None:
    assert proof(server, letter(), sender=sender, peer=PEER).identity is Identity.CLAIMED


def test_a_silent_dns_costs_the_proof_and_soon_no_time_at_all(server: NameServer) -> None:
    server.silent = True
    authenticator = Authenticator(Names([server.address], timeout_s=0.2), hostname="gw.example")

    async def many() -> list[Proof]:
        return [await authenticator.proof(letter(), sender=f"a@d{n}.example", peer=PEER, helo="x") for n in range(20)]

    proofs = asyncio.run(many())
    authenticator.close()

    assert {found.identity for found in proofs} == {Identity.CLAIMED}
    assert proofs[-1] == NOT_ANSWERED
    assert len(server.asked) < 15


def test_names_are_asked_once(server: NameServer) -> None:
    names = Names([server.address])
    authenticator = Authenticator(names, hostname="gw.example")

    async def twice() -> None:
        for _ in range(2):
            await authenticator.proof(letter(), sender=f"vanthu@{SCHOOL}", peer=PEER, helo="x")

    asyncio.run(twice())
    authenticator.close()
    assert len(server.asked) == len(set(server.asked))


@pytest.mark.parametrize(
    ("head", "domain"),
    [
        (b"From: a@B.example\r\n", "b.example"),
        (b'From: "Nguyen, Van A"\r\n <a@b.example>\r\n', "b.example"),
        (b"from:a@b.example\n", "b.example"),
        (b"From: a@b.example, c@d.example\r\n", ""),
        (b"From: a@b.example\r\nFrom: c@d.example\r\n", ""),
        (b"Subject: x\r\n", ""),
        (b"From: nobody\r\n", ""),
        (b"From: \xff\xfe\r\n", ""),
    ],
)
def test_the_author_is_read_from_the_only_from_field(head: bytes, domain: str) -> None:
    assert author_domain(head + b"\r\nFrom: x@y.example\r\n") == domain


def test_the_door_asks_about_mail_from_outside_and_not_about_its_own_network(server: NameServer) -> None:
    zone = {f"{SCHOOL} TXT": ('"v=spf1 ip4:127.0.0.1 -all"',)}
    server.zone.update(zone)
    for networks, identity in ((["192.0.2.0/24"], Identity.SPF), (["127.0.0.0/8"], Identity.TRUSTED_NETWORK)):
        with Door(trusted_networks=networks, authenticate=True, name_servers=(server.address,)) as door:
            client = door.client()
            client.envelope(sender=f"vanthu@{SCHOOL}")
            client.send(letter() + b".\r\n")
            assert client.reply().startswith("250")
            arrival = door.mail.arrival
            assert arrival.identity is identity
            assert (arrival.proof is not None and arrival.proof.spf == "pass") is (identity is Identity.SPF)
