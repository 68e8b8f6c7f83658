"""What a province costs: importing its lists from workbooks with a preview, and deciding with a directory of that size."""

from __future__ import annotations

import time
from pathlib import Path

from bench.report import Line, Part
from gateway.directory import files, importing, writing
from gateway.directory.snapshot import Directory
from gateway.policy.decide import decide
from gateway.policy.rules import Policy
from tests.policy import desk

ORGANISATIONS = 2_000
MAILBOXES = 50_000


def run(folder: Path) -> Part:
    """Import both lists, then decide."""
    from gateway import sample

    sample.write(folder / "house")
    target = folder / "house" / "directory"
    lists = (
        _workbook(folder / "don-vi.xlsx", ("Mã đơn vị", "Tên đơn vị", "Loại", "Cấp trên", "Ký hiệu", "Giai đoạn"), _units()),
        _workbook(folder / "hop-thu.xlsx", ("Địa chỉ", "Mã đơn vị", "Vai trò", "Họ và tên"), _people()),
    )
    begun = time.perf_counter()
    for list_file in lists:
        plan = importing.preview(list_file, target)
        assert plan.is_good, plan.errors[:3]
        writing.apply(plan, target)
    directory = files.load(target)
    took = time.perf_counter() - begun
    assert len(directory.mailboxes) > MAILBOXES
    each = _decide_ms(desk.policy(), directory)
    return Part(
        title="A directory of a province",
        notes=(),
        lines=(
            Line(
                f"{ORGANISATIONS} organisations and {MAILBOXES} mailboxes from workbooks: preview, apply, load",
                f"{took:.1f} s",
                "< 20 s",
                took < 20,
                facts={"seconds": took},
            ),
            Line("one decision by it, with a document", f"{each:.3f} ms", "<= 0.3 ms", each <= 0.3, facts={"ms": each}),
        ),
    )


def _units() -> list[tuple[str, ...]]:
    return [(f"TR{n:04}", f"Trường Tiểu học Mẫu số {n}", "trường", "PGDCS", f"THM{n}", "áp dụng") for n in range(ORGANISATIONS)]


def _people() -> list[tuple[str, ...]]:
    roles = ["văn thư"] * ORGANISATIONS + ["giáo viên"] * (MAILBOXES - ORGANISATIONS)
    return [
        (f"nguoi{n:05}@sgdhuonggiang.edu.vn", f"TR{n % ORGANISATIONS:04}", role, f"Người {n}") for n, role in enumerate(roles)
    ]


def _workbook(path: Path, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> Path:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Danh sách")
    for row in (headings, *rows):
        sheet.append(row)
    book.save(path)
    return path


def _decide_ms(policy: Policy, directory: Directory) -> float:
    mail = desk.mail("nguoi04321@sgdhuonggiang.edu.vn", desk.DIVISION)
    recognition = desk.carrying(desk.issued("THCSLL", issuer="TRƯỜNG TIỂU HỌC MẪU SỐ 321", symbol="THM321"))
    decide(policy, directory, mail, recognition, mail.arrival.at)  # the index of names is made once
    rounds = 2000
    begun = time.perf_counter()
    for _ in range(rounds):
        decide(policy, directory, mail, recognition, mail.arrival.at)
    return (time.perf_counter() - begun) * 1000 / rounds
