"""The audit's page, and the proof of a case: what it holds, that it is checked offline, and that a change of it is found."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.chain import Kind
from gateway.errors import VanthuError
from gateway.model import Account, Case, Event
from gateway.proof import verify_proof
from gateway.sealing import Sealer
from gateway.signing import signer_of
from gateway.verifying import verify_store
from tests.web import sample
from tests.web.conftest import Visitor
from tests.web.sample import AUDITOR, CLERK, HEAD_CLERK, LEADER, OFFICER, House

AsPerson = Callable[[Account], Visitor]
Remember = Callable[..., Case]


@pytest.fixture
def seal(house: House) -> Callable[..., None]:
    """Seal what is there, as at that time."""
    signer = signer_of(house.settings.path(house.settings.audit.key_file))

    def now(*, later: timedelta = timedelta(0)) -> None:
        Sealer(
            house.store,
            house.settings.audit,
            signer,
            head_file=house.settings.path("heads.log"),
            node="test",
            clock=lambda: datetime.now(UTC) + later,
        )._finish()

    return now


def _approved(as_person: AsPerson, remember: Remember) -> Case:
    case = remember(sample.decision_case)
    clerk = as_person(CLERK)
    clerk.get(f"/case/{case.id}")
    clerk.press(f"/case/{case.id}/approve")
    return case


def _proof(person: Visitor, case: Case, folder: Path) -> Path:
    person.get("/me")
    response = person.press(f"/case/{case.id}/proof")
    assert response.status_code == 200, response.text
    file = folder / "proof.zip"
    file.write_bytes(response.data)
    response.close()
    return file


# --- The page -------------------------------------------------------------------------------------------------------------


def test_every_look_and_act_is_found_by_person_act_and_day(as_person: AsPerson, remember: Remember) -> None:
    case = _approved(as_person, remember)
    auditor = as_person(AUDITOR)
    mine = auditor.get(f"/audit?actor={CLERK.name}&event=case-moved").text
    assert "Đã duyệt" in mine
    assert f"/audit/case/{case.id}" in mine
    assert "Không có dòng nào" in auditor.get(f"/audit?actor={CLERK.name}&event=appealed").text
    assert "Không có dòng nào" in auditor.get("/audit?until=2020-01-01").text
    assert "Đã duyệt" in auditor.get(f"/audit?since={datetime.now(UTC).date() - timedelta(days=1)}").text


def test_whatever_somebody_has_in_hand_leads_to_the_whole_life(as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    mail = sample.decision_case(datetime.now(UTC)).mail
    words = {
        "case": case.id,
        "mail": case.mail_id,
        "digest": mail.digest,
        "file": case.files[-1].digest,
        "number": "518/QĐ-SGDĐT",
        "sender": case.sender,
    }
    auditor = as_person(AUDITOR)
    for kind, word in words.items():
        page = auditor.get(f"/audit?q={word}").text
        assert f"/audit/case/{case.id}" in page or f"/audit/mail/{case.mail_id}" in page, kind


def test_the_life_of_a_case_begins_with_its_mail_and_has_lasting_links(
    as_person: AsPerson, remember: Remember, seal: Callable[..., None]
) -> None:
    case = _approved(as_person, remember)
    seal()
    page = as_person(AUDITOR).get(f"/audit/case/{case.id}").text
    assert page.index("Cổng đã nhận thư") < page.index("Đã duyệt")
    assert 'id="line-' in page
    assert "đã niêm phong" in page


def test_looking_into_the_audit_is_in_the_audit(house: House, as_person: AsPerson, remember: Remember) -> None:
    case = remember(sample.decision_case)
    as_person(AUDITOR).get(f"/audit/case/{case.id}")
    told = house.store.views.story(case_id=case.id)
    assert (Event.SEEN, AUDITOR.name, "audit") in [(line.event, line.actor, line.detail.get("what")) for line in told]


# --- The proof ------------------------------------------------------------------------------------------------------------


def test_the_proof_of_a_case_is_whole_and_checked_without_the_gateway(
    house: House, as_person: AsPerson, remember: Remember, seal: Callable[..., None], tmp_path: Path
) -> None:
    case = _approved(as_person, remember)
    seal(later=timedelta(hours=2))
    file = _proof(as_person(HEAD_CLERK), case, tmp_path)
    with zipfile.ZipFile(file) as archive:
        assert archive.read(f"thu/{case.mail_id}.eml") == house.store.views.raw(case.mail_id)
        assert "Đã duyệt" in archive.read("doc.html").decode()
        assert {"KIEM-TRA.txt", "ket-luan.json", "ho-so.json", "chuoi.json", "noi-dung.json", "noi-dung.ky"} <= set(
            archive.namelist()
        )
    public = signer_of(house.settings.path(house.settings.audit.key_file)).public
    report = verify_proof(file, public=public)
    assert report.broken == ""
    assert report.mails == 1
    assert report.stories >= 3
    # The line that says that somebody took it was too new to be sealed: that is said, not hidden.
    assert report.notes == ("1 dòng hoặc thư lúc lập hồ sơ còn quá mới, chưa được niêm phong vào chuỗi",)


def _changed(file: Path, name: str, old: bytes, new: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(out, "w") as after:
        for each in before.namelist():
            data = before.read(each)
            after.writestr(each, data.replace(old, new, 1) if each == name else data)
    file.write_bytes(out.getvalue())


_CHANGES = (
    ("doc.html", b"518", b"519", "doc.html đã bị sửa"),
    ("chuoi.json", CLERK.name.encode(), b"ai-do", "chuoi.json đã bị sửa"),
    ("noi-dung.json", b'"made_by":"', b'"made_by":"x', "chữ ký"),
)


def test_a_proof_that_was_changed_is_found(
    as_person: AsPerson, remember: Remember, seal: Callable[..., None], tmp_path: Path
) -> None:
    case = _approved(as_person, remember)
    seal()
    file = _proof(as_person(OFFICER), case, tmp_path)
    whole = file.read_bytes()
    for name, old, new, said in _CHANGES:
        file.write_bytes(whole)
        _changed(file, name, old, new)
        assert said in verify_proof(file).broken


def test_a_proof_that_somebody_else_signed_is_not_believed(
    as_person: AsPerson, remember: Remember, seal: Callable[..., None], tmp_path: Path
) -> None:
    case = _approved(as_person, remember)
    seal()
    file = _proof(as_person(OFFICER), case, tmp_path)
    another = signer_of(tmp_path / "another.key").public
    assert "khóa này" in verify_proof(file, public=another).broken


def test_no_proof_is_made_of_what_is_no_proof(tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", "b")
    with pytest.raises(VanthuError, match="không phải hồ sơ chứng cứ"):
        verify_proof(file)


def test_the_proof_of_a_sealed_case_has_no_content(
    house: House, as_person: AsPerson, remember: Remember, tmp_path: Path
) -> None:
    case = remember(sample.sealed_case)
    file = _proof(as_person(AUDITOR), case, tmp_path)
    with zipfile.ZipFile(file) as archive:
        assert set(archive.namelist()) == {"doc.html", "KIEM-TRA.txt", "chuoi.json", "noi-dung.json", "noi-dung.ky"}
        assert "không có nội dung nào ở đây" in archive.read("doc.html").decode()
        told = b"".join(archive.read(name) for name in archive.namelist())
    (mail,) = house.store.views.mails_of_case(case.id)
    assert not [address for address in (mail.sender, *mail.recipients) if address.encode() in told]
    assert verify_proof(file).broken == ""


def test_taking_a_proof_is_told(house: House, as_person: AsPerson, remember: Remember, tmp_path: Path) -> None:
    case = remember(sample.decision_case)
    _proof(as_person(OFFICER), case, tmp_path)
    told = house.store.views.story(case_id=case.id)
    assert any(line.event is Event.PROOF_TAKEN and line.actor == OFFICER.name for line in told)


@pytest.mark.parametrize("account", [CLERK, LEADER])
def test_not_everybody_takes_a_proof_away(as_person: AsPerson, remember: Remember, account: Account) -> None:
    case, person = remember(sample.decision_case), as_person(account)
    person.get("/me")
    assert person.press(f"/case/{case.id}/proof").status_code == 403


def test_what_a_purge_dropped_leaves_the_chain_and_the_proof_whole(
    house: House, as_person: AsPerson, remember: Remember, seal: Callable[..., None], tmp_path: Path
) -> None:
    case = remember(sample.decision_case)
    clerk = as_person(CLERK)
    clerk.get(f"/case/{case.id}")
    clerk.press(f"/case/{case.id}/withdraw", reason="Đã có văn bản thay thế")
    seal(later=timedelta(hours=2))
    house.store.purge(datetime.now(UTC) + timedelta(days=99), keep_passed=timedelta(1), keep_captured=timedelta(1))
    file = _proof(as_person(OFFICER), case, tmp_path)
    with zipfile.ZipFile(file) as archive:
        assert not any(name.startswith("thu/") for name in archive.namelist())
    assert verify_proof(file).broken == ""
    public = signer_of(house.settings.path(house.settings.audit.key_file)).public
    assert verify_store(house.store, (), public).broken == ""
    assert house.store.chain.link_of(Kind.MAIL, case.mail_id) is not None
