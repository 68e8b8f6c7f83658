"""The report of an import, as the head of an office reads it: XLSX for people, CSV for other programs."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from gateway.backlog.source import shown
from gateway.errors import ConfigError
from gateway.model import Direction
from gateway.phrases import phrase
from gateway.policy.facts import VIETNAM
from gateway.store import DocumentCount, MailCount, Outcome, Trouble

OUTCOMES = {
    Outcome.ARCHIVED: phrase("có văn bản, đã lưu trữ"),
    Outcome.NOTHING: phrase("không có văn bản"),
    Outcome.SAME: phrase("trùng thư cổng đã có"),
    Outcome.SECRET: phrase("có dấu chỉ độ mật, không lưu"),
    Outcome.UNREADABLE: phrase("có tệp không đọc được"),
    Outcome.FAILED: phrase("lỗi, sẽ thử lại lần sau"),
}
_DIRECTIONS = {Direction.OUTGOING: "văn bản đi", Direction.INCOMING: "văn bản đến"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_CELL = 32_000  # a workbook takes 32767 letters

_Cell = str | int | float


class Counts(Protocol):
    """Where the numbers come from: a run that has just ended, or the store."""

    def document_counts(self) -> Iterator[DocumentCount]:
        """Documents by source, unit, direction, kind and year."""
        ...

    def mail_counts(self) -> Iterator[MailCount]:
        """Mails by source, folder and outcome."""
        ...

    def troubles(self) -> Iterator[Trouble]:
        """Mails that a person may want to look at where they lie."""
        ...


class _Sheet(NamedTuple):
    title: str
    file: str
    headings: tuple[str, ...]
    rows: Callable[[], Iterable[Sequence[_Cell]]]


def write_workbook(counts: Counts, file: Path, *, name_of: Callable[[str], str]) -> None:
    """Write the report as XLSX, row by row.  ``name_of`` names a unit.  ConfigError when it cannot be written."""
    import openpyxl

    try:
        with file.open("wb") as opened:
            book = openpyxl.Workbook(write_only=True)
            for sheet in _sheets(counts, name_of):
                page = book.create_sheet(sheet.title)
                page.freeze_panes = "A2"
                page.append(sheet.headings)
                for row in sheet.rows():
                    page.append([_harmless(cell) for cell in row])
            book.save(opened)
    except OSError as error:
        raise ConfigError(f"{shown(str(file))}: cannot be written: {error.strerror}") from error


def write_csv(counts: Counts, folder: Path, *, name_of: Callable[[str], str]) -> tuple[Path, ...]:
    """Write the sheets as CSV files into a folder; gives their names.  ConfigError when they cannot be written."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for sheet in _sheets(counts, name_of):
            path = folder / sheet.file
            with path.open("w", encoding="utf-8-sig", newline="") as opened:
                writer = csv.writer(opened)
                writer.writerow(sheet.headings)
                writer.writerows([_harmless(cell) for cell in row] for row in sheet.rows())
            written.append(path)
    except OSError as error:
        raise ConfigError(f"{shown(str(folder))}: cannot be written: {error.strerror}") from error
    return tuple(written)


def _sheets(counts: Counts, name_of: Callable[[str], str]) -> tuple[_Sheet, ...]:
    documents = ("Văn bản", "Trong đó tệp trùng từng byte", "Có thể trùng số, ký hiệu")
    return (
        _Sheet(
            "Tổng hợp đơn vị",
            "tong-hop-don-vi.csv",
            ("Đơn vị", "Mã", "Văn bản đi", "Văn bản đến", *documents[1:]),
            lambda: _by_unit(counts, name_of),
        ),
        _Sheet(
            "Loại và năm",
            "loai-va-nam.csv",
            ("Đơn vị", "Mã", "Chiều", "Loại văn bản", "Năm", *documents),
            lambda: _by_kind(counts, name_of),
        ),
        _Sheet(
            "Hộp thư",
            "hop-thu.csv",
            ("Nguồn", "Thư mục", "Thư", *(OUTCOMES[outcome].capitalize() for outcome in Outcome), "Dung lượng (MB)"),
            lambda: _by_folder(counts),
        ),
        _Sheet(
            "Cần xem",
            "can-xem.csv",
            ("Nguồn", "Thư mục", "Thư", "Ngày", "Người gửi", "Kết quả", "Vì sao"),
            lambda: _to_look_at(counts),
        ),
    )


def _by_unit(counts: Counts, name_of: Callable[[str], str]) -> Iterator[Sequence[_Cell]]:
    units: dict[str, list[int]] = {}
    for each in counts.document_counts():
        numbers = units.setdefault(each.unit, [0, 0, 0, 0])
        numbers[0 if each.direction is Direction.OUTGOING else 1] += each.documents
        numbers[2] += each.joined
        numbers[3] += each.twins
    for unit, numbers in sorted(units.items(), key=lambda item: name_of(item[0])):
        yield (_unit(unit, name_of), unit, *numbers)
    if units:
        yield ("Cộng", "", *(sum(column) for column in zip(*units.values(), strict=True)))


def _by_kind(counts: Counts, name_of: Callable[[str], str]) -> Iterator[Sequence[_Cell]]:
    groups: dict[tuple[str, Direction, str, int], list[int]] = {}
    for each in counts.document_counts():
        numbers = groups.setdefault((each.unit, each.direction, each.kind, each.year), [0, 0, 0])
        for n, number in enumerate((each.documents, each.joined, each.twins)):
            numbers[n] += number
    for (unit, direction, kind, year), numbers in sorted(groups.items()):
        yield (_unit(unit, name_of), unit, _DIRECTIONS[direction], kind or "không rõ loại", year or "không rõ", *numbers)


def _by_folder(counts: Counts) -> Iterator[Sequence[_Cell]]:
    folders: dict[tuple[str, str], dict[Outcome, MailCount]] = {}
    for each in counts.mail_counts():
        folders.setdefault((each.source, each.folder), {})[each.outcome] = each
    for (source, folder), found in sorted(folders.items()):
        numbers = [found[outcome].mails if outcome in found else 0 for outcome in Outcome]
        megabytes = round(sum(each.size for each in found.values()) / 1048576, 1)
        yield (source, folder, sum(numbers), *numbers, megabytes)


def _to_look_at(counts: Counts) -> Iterator[Sequence[_Cell]]:
    for each in counts.troubles():
        day = f"{each.at.astimezone(VIETNAM):%d/%m/%Y}" if each.at is not None else ""
        yield (each.source, each.folder, each.key, day, each.sender, OUTCOMES[each.outcome], each.note)


def _unit(code: str, name_of: Callable[[str], str]) -> str:
    return name_of(code) if code else "chưa rõ đơn vị"


def _harmless(cell: _Cell) -> _Cell:
    """A stranger's words must not become a formula, and control characters cannot stand in a workbook."""
    if not isinstance(cell, str):
        return cell
    text = "".join(letter if letter >= " " else " " for letter in cell)[:_LONGEST_CELL]
    return f"'{text}" if text.startswith(_FORMULA) else text
