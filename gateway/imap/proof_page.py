"""The proof of a migration as a page that an officer keeps: plain text, in Vietnamese, with all that is needed to check it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from gateway.imap.proof import DIFFERENCES, FolderProof
from gateway.policy.facts import VIETNAM


def page(proofs: Sequence[FolderProof], *, old: str, new: str, at: datetime) -> str:
    """The whole page; ``old`` and ``new`` name the mailboxes."""
    return "\n".join(_lines(proofs, old, new, at)) + "\n"


def _lines(proofs: Sequence[FolderProof], old: str, new: str, at: datetime) -> Iterator[str]:
    whole = all(proof.is_whole for proof in proofs)
    differences = [each for proof in proofs for each in proof.differences]
    yield "BIÊN BẢN ĐỐI CHIẾU HỘP THƯ"
    yield ""
    yield f"Hộp thư cũ:   {old}"
    yield f"Hộp thư mới:  {new}"
    yield f"Lập lúc:      {at.astimezone(VIETNAM):%H:%M:%S %d/%m/%Y}"
    yield f"Kết luận:     {'ĐỦ: mọi thư đã có trên máy chủ mới, đúng từng byte' if whole else 'CHƯA ĐỦ: xem phần khác biệt'}"
    yield ""
    total, new_total = sum(proof.messages for proof in proofs), sum(proof.new_messages for proof in proofs)
    yield f"Tổng cộng: {len(proofs)} thư mục, {total} thư cũ, {new_total} thư mới, {len(differences)} khác biệt"
    yield ""
    yield "Mã băm của thư mục: SHA-256 của dãy mã SHA-256 (64 chữ số thập lục phân, mỗi mã một dòng, xếp tăng dần) của các thư."
    for proof in proofs:
        yield ""
        yield f"[{'đủ' if proof.is_whole else 'CHƯA ĐỦ'}] {proof.folder} -> {proof.new_folder}"
        yield f"  cũ:  {proof.messages} thư, {proof.sha256}"
        yield f"  mới: {proof.new_messages} thư, {proof.new_sha256}"
        yield from _differences(proof)


def _differences(proof: FolderProof) -> Iterable[str]:
    for each in proof.differences:
        where = ", ".join(
            part
            for part in (f"UID cũ {each.uid}" if each.uid else "", f"UID mới {each.new_uid}" if each.new_uid else "")
            if part
        )
        said = f" ({each.said})" if each.said else ""
        digest = f" {each.digest}" if each.digest else ""
        yield f"  - {DIFFERENCES[each.what]}{said}{': ' + where if where else ''}{digest}"
