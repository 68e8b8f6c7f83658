"""One mail, layer by layer: what is shown, what is safe, who may see it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from gateway.lifecycle import DeliveryEvent
from gateway.model import Account, Case, Identity, Proof, digest_of
from gateway.store import Acceptance
from tests.documents.test_outline import _EVIL, html_mail
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, LEADER, OFFICER, SCHOOL_CLERK, House
from web.layers import LAYERS
from web.sender import DKIM, DMARC, MEANS, SPF, TITLES

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]


def passed(house: House, raw: bytes = b"", *, identity: Identity = Identity.CLAIMED, proof: Proof | None = None) -> Acceptance:
    """A mail that went through, from outside."""
    made = sample.passed(raw or html_mail(_EVIL), sender="a@x.example", to="sgd@y.example", at=datetime.now(UTC))
    arrival = replace(made.mail.arrival, identity=identity, proof=proof)
    house.store.accept_now([made := replace(made, mail=replace(made.mail, arrival=arrival), subject="<b>Tiêu đề</b>")])
    return made


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_is_one_press_away_and_escapes_what_it_shows(house: House, as_person: AsPerson, layer: str) -> None:
    mail = passed(house).mail
    page = as_person(OFFICER).get(f"/mail/{mail.id}?layer={layer}").text
    assert all(f"/mail/{mail.id}?layer={each}#content" in page for each in LAYERS)
    assert "<script>alert" not in page
    assert "onerror=alert(1)>" not in page or layer == "raw"
    assert "&lt;b&gt;Tiêu đề&lt;/b&gt;" in page


def test_html_stands_behind_glass(house: House, as_person: AsPerson) -> None:
    mail, officer = passed(house).mail, as_person(OFFICER)
    page = officer.get(f"/mail/{mail.id}?layer=html")
    assert f'<iframe class="glass" sandbox src="/mail/{mail.id}/html"' in page.text
    assert page.headers["Content-Security-Policy"].endswith("frame-src 'self'")
    glass = officer.get(f"/mail/{mail.id}/html")
    policy = glass.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert policy.endswith("; sandbox")
    assert "img-src" not in policy
    assert glass.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "alert" not in glass.text


def test_the_tree_says_what_was_decided_about_each_part(remember: Remember, as_person: AsPerson) -> None:
    case = remember(sample.decision_case)
    page = as_person(OFFICER).get(f"/mail/{case.mail_id}?layer=parts").text
    assert "518-QĐ-SGDĐT.signed.pdf" in page
    assert "văn bản hoàn chỉnh, 518/QĐ-SGDĐT" in page


def test_parts_and_the_original_are_saved_and_never_shown(house: House, remember: Remember, as_person: AsPerson) -> None:
    case, officer = remember(sample.decision_case), as_person(OFFICER)
    raw = house.store.views.raw(case.mail_id)
    answer = officer.get(f"/mail/{case.mail_id}/raw")
    assert (answer.data, answer.mimetype) == (raw, "application/octet-stream")
    part = officer.get(f"/mail/{case.mail_id}/part/{case.files[0].digest}")
    assert digest_of(part.data) == case.files[0].digest
    for each in (answer, part):
        assert each.headers["Content-Disposition"].startswith("attachment")
        assert each.headers["X-Content-Type-Options"] == "nosniff"
    assert officer.get(f"/mail/{case.mail_id}/part/{'0' * 64}").status_code == 404


def test_a_clerk_sees_the_layers_of_mails_of_her_cases_alone(house: House, remember: Remember, as_person: AsPerson) -> None:
    case, other = remember(sample.decision_case), passed(house).mail
    clerk, school = as_person(CLERK), as_person(SCHOOL_CLERK)
    ways = ("", "/html", "/raw", f"/part/{case.files[0].digest}")
    for way in ways:
        assert clerk.get(f"/case/{case.id}/mail/{case.mail_id}{way}").status_code == 200
        assert clerk.get(f"/case/{case.id}/mail/{other.id}{way}").status_code == 404
        assert clerk.get(f"/mail/{case.mail_id}{way}").status_code == 403
        assert school.get(f"/case/{case.id}/mail/{case.mail_id}{way}").status_code == 404


def test_of_a_sealed_mail_no_layer_is_shown_to_anybody(remember: Remember, as_person: AsPerson) -> None:
    case = remember(sample.sealed_case)
    for account in (OFFICER, AUDITOR):
        person = as_person(account)
        page = person.get(f"/mail/{case.mail_id}?layer=raw").text
        assert 'id="content"' not in page
        for way in ("html", "raw", f"part/{'0' * 64}"):
            assert person.get(f"/mail/{case.mail_id}/{way}").status_code == 404
    assert as_person(LEADER).get(f"/case/{case.id}/mail/{case.mail_id}").status_code == 404


@pytest.mark.parametrize("identity", Identity)
def test_the_proof_of_the_sender_is_said_in_words(house: House, as_person: AsPerson, identity: Identity) -> None:
    mail = passed(house, identity=identity).mail
    page = as_person(OFFICER).get(f"/mail/{mail.id}").text
    assert TITLES[identity] in page
    assert MEANS[identity] in page
    assert ("cổng không hỏi tên miền của người gửi" in page) is (identity is Identity.CLAIMED)


def test_what_each_look_at_the_sender_found_is_said_in_words(house: House, as_person: AsPerson) -> None:
    officer, domain = as_person(OFFICER), {"domain": "x.example"}
    signed = passed(house, identity=Identity.DKIM, proof=Proof(identity=Identity.DKIM, spf="fail", dkim="pass", dmarc="pass"))
    page = officer.get(f"/mail/{signed.mail.id}").text
    for said in (SPF["fail"] % domain, DKIM["pass"], DMARC["pass"]):
        assert said in page
    assert "Theo kết quả mà máy chủ thư" not in page
    by_other = Proof(spf="softfail", dkim="pass", dmarc="bestguesspass", by="mx.moet.example")
    page = officer.get(f"/mail/{passed(house, proof=by_other).mail.id}").text
    for said in (SPF["softfail"] % domain, DKIM["other"], DMARC["permerror"], "máy chủ thư mx.moet.example đã ghi"):
        assert said in page


def test_the_case_says_what_proved_its_sender(house: House, as_person: AsPerson) -> None:
    made = sample.decision_case(datetime.now(UTC))
    arrival = replace(made.mail.arrival, proof=Proof(spf="none", dkim="none", dmarc="none"))
    house.store.accept_now([replace(made, mail=replace(made.mail, arrival=arrival))])
    page = as_person(CLERK).get(f"/case/{sample.case_of(made).id}").text
    assert TITLES[Identity.CLAIMED] in page
    assert DKIM["none"] in page


def test_what_does_not_fit_together_about_the_sender_is_said(house: House, as_person: AsPerson) -> None:
    raw = b"From: Giam doc <gd@so.example>\r\nReply-To: x@gmail.example\r\nDKIM-Signature: v=1; d=so.example; b=x\r\n\r\nx"
    page = as_person(OFFICER).get(f"/mail/{passed(house, raw).mail.id}").text
    assert "Mục From ghi gd@so.example" in page
    assert "Thư trả lời sẽ đi tới x@gmail.example" in page
    assert "chữ ký của so.example" in page


def test_a_mail_whose_bytes_are_gone_says_so(house: House, as_person: AsPerson) -> None:
    made = passed(house)
    sample.settle(house.store, made.mail.id, DeliveryEvent.DELIVERED, "250 ok")
    house.store.purge(datetime.now(UTC) + timedelta(days=1), keep_passed=timedelta(0))
    page = as_person(OFFICER).get(f"/mail/{made.mail.id}").text
    assert "không còn được lưu" in page
    assert as_person(OFFICER).get(f"/mail/{made.mail.id}/raw").status_code == 404
