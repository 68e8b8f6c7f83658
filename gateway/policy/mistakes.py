"""What can be wrong in a policy file, and where: in English for the command line, in Vietnamese for the console.  Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from gateway.errors import ConfigError


class Said(NamedTuple):
    """One text in both languages."""

    english: str
    vietnamese: str

    def fill(self, **values: object) -> Said:
        """The texts with their words in braces filled in; a value may itself be in both languages."""
        english = {name: value.english if isinstance(value, Said) else value for name, value in values.items()}
        vietnamese = {name: value.vietnamese if isinstance(value, Said) else value for name, value in values.items()}
        return Said(self.english.format(**english), self.vietnamese.format(**vietnamese))


class UnfitValue(ValueError):
    """A value that a rule cannot take; ``expected`` says what it could be."""

    def __init__(self, english: str, vietnamese: str) -> None:
        super().__init__(english)
        self.expected = Said(english, vietnamese)


class PolicyMistake(ConfigError):
    """A mistake in a policy file: ``str()`` says it in English, ``vietnamese`` for the officer at the console."""

    def __init__(self, where: str, line: int, said: Said) -> None:
        """``line`` counts from 1; 0 when it is in the text already, or unknown."""
        super().__init__(f"{where}: line {line}: {said.english}" if line else f"{where}: {said.english}")
        self.vietnamese = f"{where}, dòng {line}: {said.vietnamese}" if line else f"{where}: {said.vietnamese}"


# --- the mistakes that we look for ------------------------------------------------------------------------------------

NO_CONDITION = Said(
    "rule {id}: when: no condition {name!r}; expected one of {wanted}",
    "quy tắc {id}: when không có điều kiện “{name}”; xin chọn một trong: {wanted}",
)
UNFIT = Said(
    "rule {id}: when: {name}: expected {expected}, got {value!r}",
    "quy tắc {id}: điều kiện {name} cần {expected}; trong tệp đang ghi {value!r}",
)
ENDS_BEFORE = Said(
    "rule {id}: valid_to: expected a day not before {day}",
    "quy tắc {id}: ngày hết hiệu lực (valid_to) không được trước ngày có hiệu lực (valid_from) {day:%d/%m/%Y}",
)
REASON = Said("rule {id}: reason: expected {expected}", "quy tắc {id}: lý do (reason) cần {expected}")
NOTICE = Said(
    "rule {id}: notice: expected one of {wanted}, got {value!r}",
    "quy tắc {id}: không có mẫu thư (notice) “{value}”; xin chọn một trong: {wanted}",
)
TARGET = Said(
    "rule {id}: target: expected one of {wanted}: {action} may open a case",
    'quy tắc {id}: action = "{action}" có thể mở hồ sơ, nên cần target là một trong: {wanted}',
)
FORWARD = Said(
    'rule {id}: action: "forward" expects the condition "retired"',
    'quy tắc {id}: action = "forward" chỉ dùng được khi when có điều kiện "retired"',
)
SAME_ID = Said(
    "rule {id}: id: an earlier rule in force at the same time has it too",
    "quy tắc {id}: mã (id) này trùng với một quy tắc đứng trước có hiệu lực cùng lúc; xin đặt mã khác",
)
UNREACHABLE = Said(
    "rule {id}: unreachable: rule {earlier} matches first whenever it would",
    "quy tắc {id} không bao giờ được dùng: quy tắc {earlier} đứng trước luôn khớp trước; xin đổi thứ tự hoặc thêm điều kiện",
)
NO_LAST = Said(
    "expected a last rule that matches everything: no when, no dates",
    "quy tắc cuối cùng phải khớp mọi thư: không có when, không có ngày hiệu lực",
)

# --- what the libraries say -------------------------------------------------------------------------------------------

_UNKNOWN_KEY = Said("no such key; expected one of {wanted}", "không có khóa này; xin chọn một trong: {wanted}")
_ENUM = Said("expected one of {wanted}; got {got}", "xin chọn một trong: {wanted}; trong tệp đang ghi {got}")
_DAY = Said(
    "expected a day like 2019-11-05, without quotation marks ({said})",
    "cần một ngày viết như 2019-11-05, không có dấu ngoặc kép",
)
_MISSING = Said("{said}", "thiếu khóa {key}")
_TYPE = Said("{said}", "cần {expected}; trong tệp đang ghi {got}")
_OTHER = Said("{said}", "giá trị này không dùng được")
_IN_RULE = Said("[[rule]] {key}: {said}", "[[rule]] {key}: {said}")
_AT = Said("{place}: {said}", "{place}: {said}")
_SYNTAX = Said(
    "not valid TOML: {said}",
    "không đúng cú pháp TOML{column}; xin xem dấu ngoặc kép, dấu ngoặc vuông, dấu bằng và ngày tháng ở chỗ này",
)
_ENCODING = Said("not valid TOML: {said}", "tệp không viết bằng bảng mã UTF-8; xin lưu lại tệp bằng UTF-8")
_TYPES = {
    "int": "số nguyên",
    "float": "số",
    "str": "chữ trong dấu ngoặc kép",
    "bool": "true hoặc false",
    "array": "danh sách trong dấu ngoặc vuông",
    "object": "bảng các khóa",
    "date": "ngày",
    "datetime": "ngày giờ",
}


def not_toml(where: str, error: UnicodeDecodeError | tomllib.TOMLDecodeError) -> PolicyMistake:
    """The mistake of a file that cannot be read at all."""
    if isinstance(error, UnicodeDecodeError):
        return PolicyMistake(where, 0, _ENCODING.fill(said=error))
    at = re.search(r"at line (\d+), column (\d+)", str(error))
    column = f" (dòng {at[1]}, cột {at[2]})" if at else " (ở cuối tệp)"
    return PolicyMistake(where, 0, _SYNTAX.fill(said=error, column=column))


class Lines:
    """Finds the line of a table or key again, for errors: tomllib does not keep them."""

    def __init__(self, where: str, text: str) -> None:
        self._where = where
        self._lines = text.split("\n")
        heads = [n for n, line in enumerate(self._lines) if re.match(r"\s*\[\[\s*rule\s*\]\]", line)]
        ends = [*heads[1:], len(self._lines)]
        self._rules = [range(start, end) for start, end in zip(heads, ends, strict=False)]  # no head: one end too many

    def error(self, number: int, key: str, said: Said) -> PolicyMistake:
        """An error in the rule with that number (counted from 0), at ``key`` if it can be found."""
        block = self._rules[number] if number < len(self._rules) else range(1)
        return self._at(self._line_of(block, key), said)

    def error_of(
        self, error: msgspec.ValidationError, *, enums: Mapping[str, type[StrEnum]], keys: Mapping[str, Sequence[str]]
    ) -> PolicyMistake:
        """msgspec's words with the line of the place they name: "Expected … - at `$.rule[3].action`".

        ``enums``: the words that a key can take; ``keys``: the keys of a table ("" is the file itself).
        """
        text, _, place = str(error).partition(" - at `$.")
        place = place.rstrip("`")
        unknown = re.search(r"unknown field `(.+?)`|required field `(\w+)`", text)
        words = re.findall(r"[a-z_]+", place)
        key = (unknown.group(1) or unknown.group(2)) if unknown else words[-1] if words else ""
        said = _of_library(text, key, enums)
        if unknown and unknown.group(1):
            table = words[0] if words else ""
            said = _UNKNOWN_KEY.fill(wanted=", ".join(keys[table]))
            place = f"[{place}] {key}" if table == "issuance" else place or key
        found = re.match(r"rule\[(\d+)\]", place)
        if found:
            return self.error(int(found.group(1)), key, _IN_RULE.fill(key=key, said=said))
        line = self._line_of(range(len(self._lines)), key)
        return self._at(line, _AT.fill(place=place, said=said) if place else said)

    def _line_of(self, block: range, key: str) -> int:
        pattern = re.compile(rf"""(^|[\s{{,."'])({re.escape(key)})["']?\s*=""")
        return next((n for n in block if key and pattern.search(self._lines[n].partition("#")[0])), block.start)

    def _at(self, line: int, said: Said) -> PolicyMistake:
        return PolicyMistake(self._where, line + 1, said)


def _of_library(text: str, key: str, enums: Mapping[str, type[StrEnum]]) -> Said:
    """What msgspec says about a value, in both languages."""
    if text.startswith("Invalid enum value") and key in enums:
        return _ENUM.fill(wanted=", ".join(filter(None, enums[key])), got=text.removeprefix("Invalid enum value "))
    if "required field" in text:
        return _MISSING.fill(said=text, key=key)
    if key.endswith("_date") or key.startswith("valid_"):
        return _DAY.fill(said=text)
    if wrong := re.fullmatch(r"Expected `(.+?)`, got `(.+?)`", text):
        expected, got = (_TYPES.get(name.partition(" ")[0], name) for name in wrong.groups())
        return _TYPE.fill(said=text, expected=expected, got=got)
    return _OTHER.fill(said=text)
