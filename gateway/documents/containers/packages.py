"""A document package of the national axis (edXML, QCVN 102:2016/BTTTT) that came by mail: its attachments.  Pure."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from lxml import etree

from gateway.documents.containers.names import shown_path
from gateway.documents.containers.room import MAX_FILE_BYTES, Meter, Packed, Room
from gateway.documents.transfer import from_base64


def unpack(data: bytes, room: Room) -> Iterator[Packed]:
    """The attachments of a package; nothing for a status message.

    Packages in the field begin with junk and forget to declare prefixes: the parser goes on where it can.
    """
    meter = Meter(room, len(data))
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=True, recover=True)
    root = etree.fromstring(data[max(data.find(b"<"), 0) :], parser)
    if root is None:
        yield Packed(name="…", limit="damaged")
        return
    for element in root.iter():
        if _called(element, "Attachment"):
            yield _attachment(element, meter)


def _attachment(element: etree._Element, meter: Meter) -> Packed:
    name = shown_path(_text(element, "AttachmentName"))
    data = from_base64(_text(element, "ContentTransferEncoded").encode("ascii", "ignore"))
    meter.take(len(data))
    return Packed(name=name or "…", data=_without_zip(name, data, meter))


def _without_zip(name: str, data: bytes, meter: Meter) -> bytes:
    """The file itself, where the sender's kit zipped it: one entry, in an archive that is not called .zip.

    Office files are archives too and stay whole.
    """
    if not data.startswith(b"PK\x03\x04") or name.lower().endswith(".zip"):
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) != 1 or entries[0].filename in ("mimetype", "[Content_Types].xml"):
                return data
            with archive.open(entries[0]) as member:
                inner = member.read(MAX_FILE_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        return data  # damaged, locked or of an unknown method: the reader of archives says which
    meter.take(len(inner))
    return inner if len(inner) <= MAX_FILE_BYTES else data


def _called(element: etree._Element, name: str) -> bool:
    """By local name: prefixes are misspelt and undeclared in the field.  Comments have a function as their tag."""
    return isinstance(element.tag, str) and element.tag.rpartition("}")[2].rpartition(":")[2] == name


def _text(parent: etree._Element, name: str) -> str:
    child = next((each for each in parent if _called(each, name)), None)
    return "" if child is None else "".join(str(text) for text in child.itertext()).strip()
