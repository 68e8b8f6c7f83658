"""The proof of a case as one file (ZIP) that anybody checks offline: what came, what was decided, who did what, and the chain.

A manifest has the SHA-256 of every file and is signed; the lines are in links of the audit's chain, which lead to a signed head
(gateway.chain).  A sealed case gives no content: only that it exists and what was done about it.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from gateway.chain import FIRST, Entry, Head, Kind, Link, Skeleton, digest, skeleton, wrong_with
from gateway.errors import NotFound, StoreUnavailable, VanthuError
from gateway.model import Case, Value
from gateway.rights import is_sealed
from gateway.signing import Signer, fingerprint, is_genuine
from gateway.store import Store
from gateway.store.chain_looks import Report

_MANIFEST, _SIGNATURE, _CHAIN = "noi-dung.json", "noi-dung.ky", "chuoi.json"
_MOST_BYTES = 512 * 1024 * 1024  # unpacked, of a proof that somebody brings
_json = msgspec.json.Encoder()

NOTE = """\
HỒ SƠ CHỨNG CỨ: CÁCH KIỂM TRA

doc.html          bản đọc được của toàn bộ hồ sơ
thu/              từng thư như khi đến, nguyên văn từng byte
goi-edxml/        gói bàn giao cho hệ thống quản lý văn bản, nếu đã bàn giao (lập lại từ cùng hồ sơ)
xac-nhan/         trả lời của hệ thống quản lý văn bản, nguyên văn
ket-luan.json     kết luận cho từng người nhận và căn cứ
chuoi.json        các dòng diễn biến, các thư, và những mắt xích đã niêm phong chúng, tới đầu chuỗi có chữ ký
noi-dung.json     mã băm SHA-256 của từng tệp trên; noi-dung.ky là chữ ký (Ed25519) trên tệp đó

Không cần mạng, không cần cổng:  vanthu verify-audit TỆP-NÀY.zip --key KHÓA-CÔNG-KHAI
KHÓA-CÔNG-KHAI là khóa mà đơn vị đã ghi lại khi cài cổng. Không có --key thì chỉ kiểm tra được rằng các phần khớp với nhau.
"""


class SealedMail(Value):
    """A mail as it was sealed: the values of its row, of its verdicts and of its first arrivals."""

    id: str
    values: list[Any]


class Run(Value):
    """A piece of the chain: from the link before the first one that matters to a signed head."""

    after: int
    previous: str
    skeletons: tuple[Skeleton, ...]
    links: tuple[Link, ...]  # those of them that matter, with their entries
    head: Head


class Chained(Value):
    """chuoi.json."""

    public: str
    stories: tuple[list[Any], ...]
    mails: tuple[SealedMail, ...]
    runs: tuple[Run, ...]
    unsealed: tuple[str, ...]  # what was too new to be sealed


class Manifest(Value):
    """noi-dung.json."""

    case_id: str
    made_at: datetime
    made_by: str
    public: str
    files: dict[str, str]  # name: SHA-256


def write_proof(
    out: IO[bytes],
    store: Store,
    case: Case,
    signer: Signer,
    *,
    readable: bytes,
    package: bytes,
    by: str,
    now: datetime,
) -> None:
    """Write the proof of a case.  ``readable`` is the page for people, ``package`` what an office system got, or b"".

    StoreUnavailable when the database is; a mail whose bytes are no longer kept is left out, its digest is there.
    """
    sums: dict[str, str] = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:

        def put(name: str, data: bytes) -> None:
            sums[name] = hashlib.sha256(data).hexdigest()
            archive.writestr(name, data)

        put("doc.html", readable)
        put("KIEM-TRA.txt", NOTE.encode())
        if not is_sealed(case):
            for name, data in _content(store, case, package):
                put(name, data)
        put(_CHAIN, _json.encode(_chained(store, case, signer, now)))
        manifest = Manifest(case_id=case.id, made_at=now, made_by=by, public=signer.public, files=sums)
        data = _json.encode(manifest)
        archive.writestr(_MANIFEST, data)
        archive.writestr(_SIGNATURE, _json.encode(signer.sign(0, hashlib.sha256(data).hexdigest(), at=now)))


def _content(store: Store, case: Case, package: bytes) -> Iterator[tuple[str, bytes]]:
    views = store.views
    for mail in views.mails_of_case(case.id):
        try:
            yield f"thu/{mail.id}.eml", views.raw(mail.id)
        except (NotFound, StoreUnavailable):  # dropped by schedule, or damaged: its story says so
            continue
    if package:
        yield "goi-edxml/goi.edxml", package
    for receipt in store.receipts.of_case(case.id):
        name = hashlib.sha256(f"{receipt.courier}\n{receipt.event_id}".encode()).hexdigest()[:16]
        yield f"xac-nhan/{name}.bin", store.receipts.raw(receipt.courier, receipt.event_id)
    yield "xac-nhan/danh-sach.json", _json.encode(store.receipts.of_case(case.id))
    yield "ket-luan.json", _json.encode({mail.id: views.verdicts(mail.id) for mail in views.mails_of_case(case.id)})
    yield "ho-so.json", _json.encode(case)


# --- the chain ------------------------------------------------------------------------------------------------------------


def _chained(store: Store, case: Case, signer: Signer, now: datetime) -> Chained:
    mail_ids = () if is_sealed(case) else store.audit.mails_of(case.id)  # who wrote to whom is content, too
    lines = store.audit.life(mail_ids=mail_ids, case_ids=(case.id,))
    stories = store.chain.values_of([line.id for line in lines])
    mails = tuple(SealedMail(id=mail_id, values=store.chain.mail_values(mail_id)) for mail_id in mail_ids)
    wanted = [(Kind.STORY, str(values[0])) for values in stories] + [(Kind.MAIL, mail.id) for mail in mails]
    links: dict[int, Link] = {}
    unsealed = []
    for kind, ref in wanted:
        if any(_has(link, kind, ref) for link in links.values()):
            continue
        link = store.chain.link_of(kind, ref)
        if link is None:
            unsealed.append(f"{kind}:{ref}")
        else:
            links[link.n] = link
    if links:
        _sign_head(store, signer, max(links), now)
    return Chained(
        public=signer.public, stories=tuple(stories), mails=mails, runs=tuple(_runs(store, links)), unsealed=tuple(unsealed)
    )


def _sign_head(store: Store, signer: Signer, least: int, now: datetime) -> None:
    """See that some head at or behind a link is signed: the last one may be a minute old."""
    head = store.chain.head()
    if head is not None and not store.chain.heads(after=least - 1, limit=1):
        store.chain.put_head(signer.sign(head.n, head.hash, at=now))


def _runs(store: Store, links: Mapping[int, Link]) -> Iterator[Run]:
    left = sorted(links)
    while left:
        first = left[0]
        (head,) = store.chain.heads(after=first - 1, limit=1)
        before = store.chain.skeletons(after=first - 2, limit=1)[0].hash if first > 1 else FIRST
        way = store.chain.skeletons(after=first - 1, limit=head.n - first + 1)
        among = tuple(links[n] for n in left if n <= head.n)
        yield Run(after=first - 1, previous=before, skeletons=way, links=among, head=head)
        left = [n for n in left if n > head.n]


def _has(link: Link, kind: Kind, ref: str) -> bool:
    return any(entry.kind is kind and entry.ref == ref for entry in link.entries)


# --- checking -------------------------------------------------------------------------------------------------------------


def verify_proof(file: Path, *, public: str = "") -> Report:
    """Whether a proof is as it was made; ``public``: the key to believe, else the one in the file.  VanthuError."""
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(each.file_size for each in archive.infolist()) > _MOST_BYTES:
                raise VanthuError(f"{file}: quá lớn so với một hồ sơ chứng cứ")
            files = {name: archive.read(name) for name in archive.namelist()}
            manifest = msgspec.json.decode(files[_MANIFEST], type=Manifest)
            signature = msgspec.json.decode(files[_SIGNATURE], type=Head)
            chained = msgspec.json.decode(files[_CHAIN], type=Chained)
    except (zipfile.BadZipFile, KeyError, msgspec.DecodeError, NotImplementedError, EOFError, OSError) as error:
        raise VanthuError(f"{file}: không phải hồ sơ chứng cứ của cổng: {error}") from error
    believed = public or manifest.public
    broken = (
        _wrong_files(files, manifest)
        or _wrong_signature(files[_MANIFEST], signature, believed)
        or next(filter(None, (_wrong_run(run, believed) for run in chained.runs)), "")
        or _wrong_rows(chained)
        or _wrong_mails(files, chained)
    )
    notes = [] if public else [f"tin theo khóa ghi trong tệp, {fingerprint(believed)}: xin so với khóa đơn vị đã ghi lại"]
    if chained.unsealed:
        notes.append(f"{len(chained.unsealed)} dòng hoặc thư lúc lập hồ sơ còn quá mới, chưa được niêm phong vào chuỗi")
    links = [link for run in chained.runs for link in run.links]
    return Report(
        links=len(links),
        stories=len(chained.stories),
        mails=len(chained.mails),
        heads=len(chained.runs),
        broken=broken,
        notes=tuple(notes),
    )


def _wrong_files(files: Mapping[str, bytes], manifest: Manifest) -> str:
    for name in sorted(files.keys() | manifest.files.keys()):
        if name in (_MANIFEST, _SIGNATURE):
            continue
        if name not in files:
            return f"tệp {name} đã bị bỏ đi"
        if manifest.files.get(name) != hashlib.sha256(files[name]).hexdigest():
            return f"tệp {name} đã bị sửa hoặc thêm vào"
    return ""


def _wrong_signature(manifest: bytes, signature: Head, public: str) -> str:
    if signature.hash != hashlib.sha256(manifest).hexdigest() or not is_genuine(signature, public):
        return "chữ ký trên noi-dung.json không hợp lệ, hoặc không phải của khóa này"
    return ""


def _wrong_run(run: Run, public: str) -> str:
    full = {link.n: link for link in run.links}
    after, previous = run.after, run.previous
    for step in run.skeletons:
        link = full.pop(step.n, step)
        if wrong := wrong_with(link, after=after, previous=previous):
            return wrong
        if skeleton(link) != skeleton(step):
            return f"mắt xích {step.n} có hai bản khác nhau"
        after, previous = step.n, step.hash
    if full or run.head.n != after or run.head.hash != previous or not is_genuine(run.head, public):
        return f"đoạn chuỗi từ mắt xích {run.after + 1} không dẫn tới đầu chuỗi có chữ ký hợp lệ"
    return ""


def _wrong_rows(chained: Chained) -> str:
    sealed: dict[tuple[str, str], Entry] = {
        (entry.kind, entry.ref): entry for run in chained.runs for link in run.links for entry in link.entries
    }
    rows: list[tuple[Kind, str, Sequence[object]]] = [(Kind.STORY, str(values[0]), values) for values in chained.stories]
    rows += [(Kind.MAIL, mail.id, mail.values) for mail in chained.mails]
    for kind, ref, values in rows:
        entry = sealed.get((kind, ref))
        if entry is None and f"{kind}:{ref}" not in chained.unsealed:
            return f"dòng {ref} không có trong mắt xích nào"
        if entry is not None and entry.digest != digest(values):
            return f"dòng {ref} không còn như lúc niêm phong"
    return ""


def _wrong_mails(files: Mapping[str, bytes], chained: Chained) -> str:
    """The bytes of each mail against the digest that was sealed."""
    for mail in chained.mails:
        raw = files.get(f"thu/{mail.id}.eml")
        if raw is not None and hashlib.sha256(raw).hexdigest() not in mail.values:
            return f"thư {mail.id} không phải thư đã đến"
    return ""
