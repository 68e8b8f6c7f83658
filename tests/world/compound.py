"""Compound files ([MS-CFB], version 3), the old form of Office files and of Outlook's mails, from a tree of bytes."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from itertools import pairwise
from typing import Union

Tree = Mapping[str, Union[bytes, "Tree"]]

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096


def compound(tree: Tree) -> bytes:
    """The bytes of a file with these storages (mappings) and streams."""
    return _Writer(tree).written()


class _Writer:
    def __init__(self, tree: Tree) -> None:
        self.sectors: list[bytes] = []
        self.fat: list[int] = []
        self.mini = b""
        self.mini_fat: list[int] = []
        self.entries: list[list[object]] = []  # name, kind, child, next sibling, start, size
        self._add("Root Entry", 5)
        self.entries[0][2] = self._children(tree)

    def _add(self, name: str, kind: int, start: int = _END, size: int = 0) -> int:
        self.entries.append([name, kind, _FREE, _FREE, start, size])
        return len(self.entries) - 1

    def _children(self, tree: Tree) -> int:
        """Siblings hang in a line, each to the right of the one before; readers do not ask for a balanced tree."""
        numbers = []
        for name in sorted(tree, key=lambda each: (len(each), each.upper())):
            content = tree[name]
            if isinstance(content, bytes):
                numbers.append(self._add(name, 2, self._stream(content), len(content)))
            else:
                numbers.append(self._add(name, 1))
                self.entries[numbers[-1]][2] = self._children(content)
        for here, following in pairwise(numbers):
            self.entries[here][3] = following
        return numbers[0] if numbers else _FREE

    def _stream(self, content: bytes) -> int:
        if not content:
            return _END
        if len(content) >= _CUTOFF:
            return self._chain(content)
        start, count = len(self.mini_fat), -(-len(content) // _MINI)
        self.mini += content.ljust(count * _MINI, b"\0")
        self.mini_fat += [*range(start + 1, start + count), _END]
        return start

    def _chain(self, content: bytes) -> int:
        start, count = len(self.sectors), -(-len(content) // _SECTOR)
        content = content.ljust(count * _SECTOR, b"\0")
        self.sectors += [content[at : at + _SECTOR] for at in range(0, len(content), _SECTOR)]
        self.fat += [*range(start + 1, start + count), _END]
        return start

    def written(self) -> bytes:
        """All sectors, then those of the FAT itself (109 at most, named in the header)."""
        if self.mini:
            self.entries[0][4:6] = self._chain(self.mini), len(self.mini)
        mini_fat = self._chain(_numbers(self.mini_fat)) if self.mini_fat else _END
        directory = self._chain(b"".join(map(_entry, self.entries)))
        count = 1
        while count * 128 < len(self.fat) + count:
            count += 1
        first = len(self.sectors)
        fat = _numbers([*self.fat, *[_FAT] * count]).ljust(count * _SECTOR, b"\xff")
        start = struct.pack("<8s16xHHHHH6x", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6)
        mini_count = -(-len(self.mini_fat) // 128)
        header = start + _numbers([0, count, directory, 0, _CUTOFF, mini_fat, mini_count, _END, 0])
        header += _numbers([*range(first, first + count)]).ljust(436, b"\xff")
        return header + b"".join(self.sectors) + fat


def _numbers(values: list[int]) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def _entry(fields: list[object]) -> bytes:
    name, kind, child, following, start, size = fields
    wide = str(name).encode("utf-16-le")
    return struct.pack("<64sHBBIII16xI16xIQ", wide, len(wide) + 2, kind, 1, _FREE, following, child, 0, start, size)
