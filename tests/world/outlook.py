"""What Outlook makes: .msg files, winmail.dat, compressed RTF."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from tests.world.compound import Tree, compound


def msg(
    text: str = "", *, html: bytes = b"", rtf: bytes = b"", files: Sequence[tuple[str, bytes]] = (), mails: Sequence[Tree] = ()
) -> bytes:
    """A mail as a file; ``mails`` are trees of mails within it."""
    return compound(mail_tree(text, html=html, rtf=rtf, files=files, mails=mails))


def mail_tree(
    text: str = "", *, html: bytes = b"", rtf: bytes = b"", files: Sequence[tuple[str, bytes]] = (), mails: Sequence[Tree] = ()
) -> Tree:
    """The storages and streams of a mail ([MS-OXMSG])."""
    tree: dict[str, bytes | Tree] = {"__properties_version1.0": bytes(32), "__substg1.0_0037001F": _wide("Gửi văn bản")}
    if text:
        tree["__substg1.0_1000001F"] = _wide(text)
    if html:
        tree["__substg1.0_10130102"] = html
    if rtf:
        tree["__substg1.0_10090102"] = rtf
    for number, (name, data) in enumerate(files):
        attachment: Tree = {
            "__substg1.0_3707001F": _wide(name),
            "__substg1.0_37010102": data,
            "__properties_version1.0": bytes(8),
        }
        tree[f"__attach_version1.0_#{number:08X}"] = attachment
    for number, mail in enumerate(mails, len(files)):
        tree[f"__attach_version1.0_#{number:08X}"] = {
            "__substg1.0_3001001F": _wide("thư kèm"),
            "__substg1.0_3701000D": mail,
            "__properties_version1.0": bytes(8),
        }
    return tree


def _wide(text: str) -> bytes:
    return text.encode("utf-16-le")


# --- winmail.dat ----------------------------------------------------------------------------------------------------------


def tnef(text: str = "", *, rtf: bytes = b"", files: Sequence[tuple[str, bytes]] = (), mails: Sequence[bytes] = ()) -> bytes:
    """A message as TNEF; the bytes of files lie in attributes, those of messages within it in properties."""
    out = struct.pack("<IH", 0x223E9F78, 1) + _attribute(1, 0x9006, 8, b"\0\0\1\0")
    if text:
        out += _attribute(1, 0x800C, 2, text.encode("cp1258", "replace") + b"\0")
    if rtf:
        out += _attribute(1, 0x9003, 6, _properties((0x102, 0x1009, rtf)))
    for name, data in files:
        out += _attribute(2, 0x9002, 6, bytes(14)) + _attribute(2, 0x8010, 1, b"KHAC.PDF\0") + _attribute(2, 0x800F, 6, data)
        out += _attribute(2, 0x9005, 6, _properties((0x1F, 0x3707, _wide(name + "\0"))))
    for mail in mails:
        inner = bytes.fromhex("0703020000000000c000000000000046") + mail
        out += _attribute(2, 0x9002, 6, bytes(14)) + _attribute(2, 0x8010, 1, b"thu kem\0")
        out += _attribute(2, 0x9005, 6, _properties((0x0D, 0x3701, inner)))
    return out


def _attribute(level: int, name: int, kind: int, value: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, kind, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def _properties(*properties: tuple[int, int, bytes]) -> bytes:
    named = struct.pack("<HH16sIIHxx", 0x0B, 0x8001, bytes(16), 0, 34, 1)
    return struct.pack("<I", len(properties) + 1) + named + b"".join(_property(*each) for each in properties)


def _property(kind: int, number: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, number, 1, len(value)) + value.ljust(-(-len(value) // 4) * 4, b"\0")


def stored_rtf(text: bytes) -> bytes:
    """Compressed RTF that is not compressed ([MS-OXRTFCP] section 2.1.3.1)."""
    return struct.pack("<II4sI", len(text) + 12, len(text), b"MELA", 0) + text
