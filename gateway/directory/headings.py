"""What people call our columns, and what stands in them: headings of their lists, and a change in their words.  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.directory.changes import RowChange
from gateway.directory.columns import Column, FileTable

# By table and column; compared without marks, case and spaces.  A heading may stand for several columns in different tables.
_SAID: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "organisations.csv": {
        "code": ("mã đơn vị", "mã", "mã trường", "mã cơ quan"),
        "name": ("tên đơn vị", "đơn vị", "tên", "tên trường", "tên cơ quan"),
        "variants": ("tên khác", "cách viết khác"),
        "kind": ("loại", "loại đơn vị"),
        "superior": ("mã cấp trên", "cấp trên", "đơn vị cấp trên", "đơn vị chủ quản"),
        "symbols": ("ký hiệu", "ký hiệu văn bản"),
        "office": ("hệ thống", "hệ thống qlvb", "phần mềm qlvb"),
        "phase": ("giai đoạn", "mức áp dụng"),
        "codes": ("mã định danh", "mã liên thông"),
        "valid_from": ("từ ngày", "hiệu lực từ"),
        "valid_to": ("đến ngày", "hiệu lực đến"),
        "successor": ("đơn vị kế thừa", "mã kế thừa", "sáp nhập vào"),
    },
    "mailboxes.csv": {
        "address": ("địa chỉ", "email", "e-mail", "thư điện tử", "địa chỉ thư", "hộp thư"),
        "organisation": ("mã đơn vị", "đơn vị", "mã trường"),
        "role": ("vai trò", "loại hộp thư", "chức danh"),
        "person": ("họ tên", "họ và tên", "người dùng", "người sử dụng"),
        "valid_from": ("từ ngày", "hiệu lực từ"),
        "valid_to": ("đến ngày", "hiệu lực đến"),
    },
    "retired.csv": {
        "address": ("địa chỉ cũ", "email cũ"),
        "successor": ("địa chỉ mới", "email mới", "địa chỉ thay thế"),
        "retired_on": ("ngừng từ ngày", "ngày ngừng", "ngừng dùng từ"),
        "closes_on": ("đóng ngày", "ngày đóng"),
    },
    "accounts.csv": {
        "office": ("hệ thống", "phần mềm"),
        "account": ("tài khoản", "tên đăng nhập"),
        "organisation": ("mã đơn vị", "đơn vị"),
        "role": ("vai trò",),
        "locked": ("khóa", "đã khóa"),
    },
    "domains.csv": {
        "domain": ("tên miền",),
        "organisation": ("mã đơn vị", "đơn vị"),
        "valid_from": ("từ ngày", "hiệu lực từ"),
        "valid_to": ("đến ngày", "hiệu lực đến"),
    },
    "offices.csv": {
        "name": ("mã hệ thống",),
        "title": ("tên hệ thống",),
        "url": ("địa chỉ trang", "trang web"),
        "senders": ("địa chỉ thông báo",),
    },
    "patterns.csv": {
        "pattern": ("mẫu địa chỉ", "mẫu"),
        "successor": ("địa chỉ mới", "mẫu thay thế"),
        "retired_on": ("ngừng từ ngày", "ngày ngừng"),
        "closes_on": ("đóng ngày", "ngày đóng"),
    },
    "groups.csv": {
        "address": ("địa chỉ nhóm", "nhóm"),
        "members": ("thành viên",),
        "valid_from": ("từ ngày", "hiệu lực từ"),
        "valid_to": ("đến ngày", "hiệu lực đến"),
    },
    "holidays.csv": {"day": ("ngày", "ngày nghỉ"), "name": ("tên", "lý do"), "worked": ("làm bù",)},
    "campaigns.csv": {
        "guide": ("văn bản hướng dẫn", "số văn bản"),
        "title": ("nội dung", "tên đợt"),
        "mailbox": ("hộp thư nhận", "địa chỉ nhận"),
        "extensions": ("đuôi tệp",),
        "names": ("tên tệp", "mẫu tên tệp"),
        "kinds": ("loại văn bản",),
        "expected": ("đơn vị báo cáo",),
        "from": ("từ ngày",),
        "due": ("hạn", "hạn nộp"),
        "until": ("đến ngày",),
    },
}
# Words that stand in cells, as people say them.
_CELLS: Mapping[str, str] = {
    "department": "sở", "division": "phòng", "school": "trường", "other": "khác", "clerk": "văn thư", "staff": "chuyên viên",
    "leader": "lãnh đạo", "shared": "dùng chung", "personal": "cá nhân", "notification": "thông báo tự động",
    "observe": "theo dõi", "advise": "nhắc nhở", "enforce": "áp dụng", "yes": "có", "no": "không",
}  # fmt: skip
_WORDED = frozenset({"kind", "role", "phase", "locked", "worked"})  # columns whose cells are such words
_MARKS = str.maketrans(
    "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ",
    "aaaaaaaaaaaaaaaaaeeeeeeeeeeeiiiiiooooooooooooooooouuuuuuuuuuuyyyyyd",
)


def in_words(change: RowChange, file: str) -> str:
    """One line for a person: which row of that file, and what becomes of it."""
    key = " ".join(part for part in change.key if part)
    before, after = change.before or {}, change.after or {}
    if change.after is None:
        return f"{key}: bỏ"
    if change.before is None:
        said = {name: cell for name, cell in after.items() if cell.lower() not in change.key}
        return f"{key}: thêm mới" + "".join(f"; {_called(file, name)}: {_cell(name, cell)}" for name, cell in said.items())
    return f"{key}: " + "; ".join(
        f"{_called(file, name)}: {_cell(name, before.get(name, ''))} → {_cell(name, after.get(name, ''))}"
        for name in change.columns
    )


def _called(file: str, column: str) -> str:
    return _SAID.get(file, {}).get(column, (column,))[0]


def word_for(cell: str) -> str:
    """What people say for one of our words; others stay as they are."""
    return _CELLS.get(cell, cell)


def _cell(column: str, cell: str) -> str:
    if column in _WORDED:
        return word_for(cell)
    return cell or "(trống)"


def column_called(table: FileTable, heading: str) -> Column | None:
    """The column of a table that a heading means; None for one that we have no use for."""
    wanted = _plain(heading)
    if not wanted:
        return None
    said = _SAID.get(table.file, {})
    return next(
        (
            column
            for column in table.columns
            if wanted == _plain(column.name) or wanted in (_plain(name) for name in said.get(column.name, ()))
        ),
        None,
    )


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower().translate(_MARKS))
