"""The courier to an office system that lets nothing in (VNPT iOffice …): a ZIP for the clerk who enters the document by hand.

``<folder>/in/<delivery id>.zip`` has the files as they came, the original mail, the edXML package, the facts in the fields of
Decree 30/2020, appendix VI (JSON, and CSV for spreadsheets), and a page to copy them from, field by field.
"""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import msgspec

from gateway.bridge.dropping import failure, found_out, looked_up, put
from gateway.bridge.edxml import VIETNAM, EdxmlPackage
from gateway.bridge.packing import OneLarge, Packed, for_all, packed, why_not
from gateway.courier import Answer, Capabilities, Finding, Outcome, Parcel, Result, Status
from gateway.directory.snapshot import Directory
from gateway.model import Case, Delivery, Direction, Mail

_SAID = {
    Outcome.DELIVERED: "đã đặt vào thư mục cho văn thư nhập tay",
    Outcome.ALREADY: "đã có sẵn từ lần trước",
    Outcome.REFUSED: "đã có tệp cùng tên nhưng khác nội dung",
}
_DAY = "%d/%m/%Y"


class BundleCourier:
    """Puts one ZIP for each case into a folder."""

    capabilities = Capabilities(look_up=True)

    def __init__(self, name: str, folder: Path, *, directory: Callable[[], Directory]) -> None:
        self.name = name
        self.lanes = 1
        self._folder = folder
        self._directory = directory
        self._one_large = OneLarge()

    async def deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        """Write the ZIP of each delivery.  Raises Misconfigured and TemporaryFailure as the courier to a folder does."""
        async with self._one_large.turn(parcel):
            return await asyncio.to_thread(self._deliver, parcel)

    async def close(self) -> None:
        """There is nothing to let go of."""

    async def look_up(self, delivery: Delivery, case: Case) -> Result:
        """ALREADY when the ZIP is there; when it is gone, the clerk took it or nobody wrote it: see looked_up."""
        try:
            return await asyncio.to_thread(looked_up, self._folder, f"{delivery.id}.zip", delivery.id)
        except OSError as error:
            raise failure(error) from error

    async def poll(self) -> tuple[Answer, ...]:
        """Nothing comes back: the clerk enters the number in the console."""
        return ()

    def postpone(self, answer: Answer) -> None:
        """There is nothing to postpone."""

    async def acknowledge(self, answer: Answer) -> None:
        """There is nothing to acknowledge."""

    async def answer(self, status: Status) -> Result:
        """There is nobody to tell."""
        return Result(delivery_id=status.id, outcome=Outcome.REFUSED, reply="hệ thống này không nhận trạng thái")

    async def check(self) -> tuple[Finding, ...]:
        """Whether the folder is there and can be written."""
        return (await asyncio.to_thread(found_out, self._folder),)

    def _deliver(self, parcel: Parcel) -> tuple[Result, ...]:
        why, case = why_not(parcel), parcel.case
        if why or case is None:
            return for_all(parcel, Outcome.REFUSED, why)
        package = packed(parcel, case, self._directory())
        return tuple(self._put(delivery, parcel.mail, case, package) for delivery in parcel.deliveries)

    def _put(self, delivery: Delivery, mail: Mail, case: Case, package: Packed) -> Result:
        try:
            outcome = put(
                self._folder,
                f"{delivery.id}.zip",
                lambda file: write_bundle(file, mail, case, package),
                is_ours=zipfile.is_zipfile,
            )
        except OSError as error:
            raise failure(error) from error
        return Result(delivery_id=delivery.id, outcome=outcome, reply=f"in/{delivery.id}.zip: {_SAID[outcome]}")


def write_bundle(file: BinaryIO, mail: Mail, case: Case, package: Packed) -> None:
    """Write the ZIP; the same case makes the same bytes.  What is written is seekable."""
    fields = dict(metadata(mail, case, package.value))
    with zipfile.ZipFile(file, "w") as archive:
        _add(archive, "chep-dan.html", iter((_page(fields, package.value).encode(),)))
        _add(archive, "metadata.json", iter((msgspec.json.format(msgspec.json.encode(fields), indent=2),)))
        _add(archive, "metadata.csv", iter((_csv(fields),)))
        for attachment in package.value.attachments:
            _add(archive, f"goc/{_safe(attachment.name)}", _blocks(attachment.data))
        _add(archive, "goi-tin.edxml", package.pieces())


def metadata(mail: Mail, case: Case, package: EdxmlPackage) -> Iterator[tuple[str, str]]:
    """The facts under the names of Decree 30/2020, appendix VI; empty where the document does not say them."""
    yield "FileCode", ""
    yield "DocumentId", package.document_id
    yield "TypeName", package.type_name[:100]
    yield "CodeNumber", package.number[:11]
    yield "CodeNotation", package.notation[:30]
    yield "IssuedDate", package.issued_on.strftime(_DAY) if package.issued_on else ""
    yield "OrganName", package.sender.name[:200]
    yield "Subject", package.subject[:500]
    yield "Language", "Tiếng Việt"
    yield "PageAmount", str(package.pages or "")
    yield "Description", ""
    yield "SignerInfo.Competence", package.competence
    yield "SignerInfo.Position", package.position[:100]
    yield "SignerInfo.FullName", package.signer[:50]
    yield "To.OrganId", "; ".join(to.organ_id for to in package.receivers)
    yield "To.OrganName", "; ".join(to.name for to in package.receivers)
    yield "Priority", str(package.priority)
    yield "IssuedAmount", str(package.copies or "")
    yield "DueDate", package.due_on.strftime(_DAY) if package.due_on else ""
    yield "ToPlaces", "; ".join(package.to_places)[:1000]
    if case.direction is Direction.INCOMING:
        yield "ArrivalDate", mail.arrival.at.astimezone(VIETNAM).strftime(_DAY)
        yield "ArrivalNumber", ""  # whoever registers it gives the number


_LABELS = {
    "TypeName": "Loại văn bản",
    "CodeNumber": "Số",
    "CodeNotation": "Ký hiệu",
    "IssuedDate": "Ngày ban hành",
    "OrganName": "Cơ quan ban hành",
    "Subject": "Trích yếu",
    "SignerInfo.Competence": "Quyền hạn người ký",
    "SignerInfo.Position": "Chức vụ người ký",
    "SignerInfo.FullName": "Người ký",
    "To.OrganName": "Nơi nhận (đơn vị)",
    "ToPlaces": "Nơi nhận (như trên văn bản)",
    "Priority": "Độ khẩn",
    "PageAmount": "Số trang",
    "IssuedAmount": "Số bản",
    "DueDate": "Hạn xử lý",
    "ArrivalDate": "Ngày đến",
}
_PRIORITIES = {"0": "Thường", "1": "Khẩn", "2": "Thượng khẩn", "3": "Hỏa tốc", "4": "Hỏa tốc hẹn giờ"}
_STYLE = (
    "body{font:17px/1.5 system-ui,sans-serif;max-width:46rem;margin:1rem auto;padding:0 1rem;color:#1c2733}"
    "label{display:block;margin:.9rem 0 .2rem;font-weight:600}"
    "input,textarea{font:inherit;width:100%;box-sizing:border-box;padding:.4rem .6rem;border:1px solid #8a99a8}"
    "h1{font-size:1.3rem}h2{font-size:1.1rem}ul{padding-left:1.2rem;overflow-wrap:anywhere}.note{color:#4a5866}"
)


def _page(fields: dict[str, str], package: EdxmlPackage) -> str:
    """The page to copy from: a click on a field marks it, Ctrl+C takes it along."""
    shown = fields | {"Priority": _PRIORITIES.get(fields["Priority"], fields["Priority"])}
    rows = "".join(_row(label, shown[name]) for name, label in _LABELS.items() if shown.get(name))
    files = "".join(f"<li>goc/{escape(_safe(a.name))}</li>" for a in package.attachments)
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Chép vào hệ thống</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head><body>'
        f"<h1>Nhập văn bản vào hệ thống quản lý văn bản</h1>"
        f'<p class="note">Bấm vào một ô, nhấn Ctrl+C, rồi dán vào ô cùng tên trong hệ thống. '
        f"Ô nào không có ở đây thì văn bản không ghi: hãy xem tệp gốc. Số và ngày đến do hệ thống cấp.</p>{rows}"
        f"<h2>Tệp đính kèm</h2><p>Tải lên nguyên các tệp sau, không mở ra lưu lại (sẽ hỏng chữ ký số):</p><ul>{files}</ul>"
        f"</body></html>\n"
    )


def _row(label: str, value: str) -> str:
    name = escape(label)
    if len(value) > 70:
        area = f'<textarea readonly rows="3" onfocus="this.select()" aria-label="{name}">{escape(value)}</textarea>'
        return f"<label>{name}</label>{area}"
    return f'<label>{name}</label><input readonly onfocus="this.select()" aria-label="{name}" value="{escape(value)}">'


def _csv(fields: dict[str, str]) -> bytes:
    """One head, one row; with the mark by which spreadsheet programs know UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(fields)
    # A cell that begins with one of these is a formula to a spreadsheet program.
    writer.writerow([f"'{value}" if value.startswith(("=", "+", "-", "@", "\t")) else value for value in fields.values()])
    return out.getvalue().encode("utf-8-sig")


def _safe(name: str) -> str:
    """A name that stays in its folder when it is unpacked."""
    plain = PurePosixPath(name.replace("\\", "/")).name.lstrip(".")
    return "".join("_" if ch in '<>:"|?*' or ord(ch) < 32 else ch for ch in plain)[-200:] or "tep"


def _blocks(data: bytes) -> Iterator[bytes]:
    view = memoryview(data)
    for at in range(0, len(view), 1 << 16):
        yield bytes(view[at : at + (1 << 16)])


def _add(archive: zipfile.ZipFile, name: str, blocks: Iterator[bytes]) -> None:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o640 << 16
    with archive.open(entry, "w", force_zip64=True) as member:
        for block in blocks:
            member.write(block)
