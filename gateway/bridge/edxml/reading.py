"""Packages and status messages from bytes: hardened, by name, tolerant of what is met in the field.  Pure.

What is odd but readable is named in ``problems``; what is not readable raises, and the caller keeps the bytes.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime

from msgspec.structs import replace

from gateway.bridge.edxml.tree import Node, Tree
from gateway.bridge.edxml.values import (
    VIETNAM,
    Agency,
    Answered,
    Attachment,
    Business,
    EdxmlPackage,
    Replaced,
    Staff,
    StatusMessage,
    Trace,
)
from gateway.errors import UnreadablePackage

MAX_ATTACHMENTS = 1000
MAX_UNPACKED_BYTES = 200 * 1024 * 1024

# The kit writes yyyy/MM/dd; at least one maker writes dd/MM/yyyy.
_DATE_FORMS = ("%Y/%m/%d", "%d/%m/%Y", "%Y-%m-%d")
_TIME_FORMS = ("%Y/%m/%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d")

_MANGLED = b"\xef\xbf\xbd" * 2  # binary that once went through a text decoder: its bytes are lost for good


def read(data: bytes) -> EdxmlPackage | StatusMessage:
    """Read whichever it is.

    Raises UnreadablePackage when it is no well-formed XML in UTF-8, carries a document type declaration, is too large, or is
    neither a document package nor a status message; the text says where and why.
    """
    tree = Tree(data)
    header = next(tree.root.all("MessageHeader"), None)
    if header is None:
        raise UnreadablePackage(f"no MessageHeader in <{tree.root.name}>")
    reader = _Reader(tree, header)
    return reader.package() if header.child("StatusCode") is None else reader.status()


def parse(data: bytes) -> EdxmlPackage:
    """Read a document package; raises UnreadablePackage as read() does, and for a status message."""
    found = read(data)
    if isinstance(found, StatusMessage):
        raise UnreadablePackage("a status message, not a document")
    return found


def parse_status(data: bytes) -> StatusMessage:
    """Read a status message; raises UnreadablePackage as read() does, and for a document."""
    found = read(data)
    if isinstance(found, EdxmlPackage):
        raise UnreadablePackage("a document, not a status message")
    return found


class _Reader:
    """Reads one package; gathers what was odd."""

    def __init__(self, tree: Tree, header: Node) -> None:
        self._root = tree.root
        self._signature = tree.signature
        self._header = header
        self._problems: list[str] = []

    def status(self) -> StatusMessage:
        """The status message."""
        header = self._header
        answered = header.child("ResponseFor")
        sender = header.child("From")
        value = StatusMessage(
            code=_text(header, "StatusCode").zfill(2),
            sender=_agency(sender) if sender is not None else Agency(),
            about=self._answered(answered) if answered is not None else Answered(),
            staff=_staff(header.child("StaffInfo")),
            description=_text(header, "Description"),
            at=self._time(header, "Timestamp"),
        )
        if value.about == Answered():
            self._problems.append("ResponseFor: missing: about which document?")
        return replace(value, problems=tuple(self._problems))

    def package(self) -> EdxmlPackage:
        """The document package."""
        header = self._header
        code, issued, kind = (_child(header, name) for name in ("Code", "PromulgationInfo", "DocumentType"))
        signer, other = _child(header, "SignerInfo"), _child(header, "OtherInfo")
        sender = _child(header, "From")
        value = EdxmlPackage(
            document_id=_text(header, "DocumentId"),
            sender=_agency(sender) if sender is not None else Agency(),
            receivers=tuple(_agency(to) for to in _children(header, "To")),
            number=_text(code, "CodeNumber"),
            notation=_text(code, "CodeNotation"),
            place=_text(issued, "Place"),
            issued_on=self._date(issued, "PromulgationDate"),
            type_code=_text(kind, "Type"),
            type_detail=_text(kind, "TypeDetail"),
            type_name=_text(kind, "TypeName"),
            subject=_text(header, "Subject"),
            content=_text(header, "Content"),
            competence=_text(signer, "Competence"),
            position=_text(signer, "Position"),
            signer=_text(signer, "FullName"),
            due_on=self._date(header, "DueDate"),
            priority=self._number(other, "Priority"),
            sphere=_text(other, "SphereOfPromulgation"),
            typist=_text(other, "TyperNotation"),
            copies=self._number(other, "PromulgationAmount"),
            pages=self._number(other, "PageAmount"),
            appendixes=tuple(a.whole() for a in _children(_child(other, "Appendixes"), "Appendix")),
            answers=tuple(answer for e in _children(header, "ResponseFor") if (answer := self._answered(e)) != Answered()),
            steering=_text(header, "SteeringType"),
            to_places=tuple(place.whole() for place in _children(_child(header, "ToPlaces"), "Place")),
            traces=self._traces(),
            business=self._business(),
            signature=self._signature,
            attachments=self._attachments(),
        )
        if not value.document_id:
            self._problems.append("DocumentId: missing")
        return replace(value, problems=tuple(self._problems))

    def _answered(self, element: Node) -> Answered:
        return Answered(
            organ_id=_text(element, "OrganId"),
            code=_text(element, "Code"),
            document_id=_text(element, "DocumentId"),
            issued_on=self._date(element, "PromulgationDate"),
        )

    def _traces(self) -> tuple[Trace, ...]:
        stations = _children(next(_all(self._root, "TraceHeaderList"), None), "TraceHeader")
        return tuple(Trace(organ_id=_text(e, "OrganId"), at=self._time(e, "Timestamp")) for e in stations)

    def _business(self) -> Business | None:
        element = _child(next(_all(self._root, "TraceHeaderList"), None), "Bussiness")
        if element is None:
            return None
        info = _child(element, "BussinessDocumentInfo")
        return Business(
            kind=_text(element, "BussinessDocType"),
            reason=_text(element, "BussinessDocReason"),
            document_id=_text(element, "DocumentId"),
            paper=_text(element, "Paper") == "1",
            document_info=_text(info, "DocumentInfo"),
            document_receiver=_text(info, "DocumentReceiver"),
            receivers=tuple(
                (_text(receiver, "OrganId"), _text(receiver, "ReceiverType"))
                for receiver in _children(_child(info, "ReceiverList"), "Receiver")
            ),
            replaced=tuple(_replaced(each) for each in _children(_child(element, "ReplacementInfoList"), "ReplacementInfo")),
            staff=_staff(_child(element, "StaffInfo")),
        )

    def _attachments(self) -> tuple[Attachment, ...]:
        elements = list(_children(next(_all(self._root, "AttachmentEncoded"), None), "Attachment"))
        if len(elements) > MAX_ATTACHMENTS:
            self._problems.append(f"attachments: {len(elements)}, read {MAX_ATTACHMENTS}")
        return tuple(self._attachment(n, e) for n, e in enumerate(elements[:MAX_ATTACHMENTS], 1))

    def _attachment(self, n: int, element: Node) -> Attachment:
        name = _text(element, "AttachmentName")
        content = _child(element, "ContentTransferEncoded")
        decoder = content.content if content is not None else None
        if decoder is not None and decoder.is_bad:
            self._problems.append(f"attachment {n} ({name}): not base64")
        data = decoder.taken() if decoder is not None else b""
        data = _unpacked(name, data)
        if data.count(_MANGLED) > 1:
            self._problems.append(f"attachment {n} ({name}): damaged before it was sent: went through a text decoder")
        return Attachment(
            name=name,
            data=data,
            media=_text(element, "ContentType"),
            description=_text(element, "Description"),
            content_id=_text(element, "ContentId"),
        )

    def _date(self, parent: Node | None, name: str) -> date | None:
        text = _text(parent, name)
        at = _parsed(text.split(" ")[0], _DATE_FORMS)
        if text and at is None:
            self._problems.append(f"{name}: not a date: {text[:40]!r}")
        return at.date() if at is not None else None

    def _time(self, parent: Node | None, name: str) -> datetime | None:
        text = _text(parent, name)
        at = _parsed(text, _TIME_FORMS)
        if text and at is None:
            self._problems.append(f"{name}: not a time: {text[:40]!r}")
        return at.replace(tzinfo=VIETNAM).astimezone(UTC) if at is not None else None

    def _number(self, parent: Node | None, name: str) -> int:
        text = _text(parent, name)
        if text and not (text.isdecimal() and text.isascii() and len(text) <= 9):
            self._problems.append(f"{name}: not a number: {text[:40]!r}")
            return 0
        return int(text or 0)


def _agency(element: Node) -> Agency:
    return Agency(
        organ_id=_text(element, "OrganId"),
        in_charge=_text(element, "OrganizationInCharge"),
        name=_text(element, "OrganName"),
        address=_text(element, "OrganAdd"),
        email=_text(element, "Email"),
        telephone=_text(element, "Telephone"),
        fax=_text(element, "Fax"),
        website=_text(element, "Website"),
    )


def _staff(element: Node | None) -> Staff:
    return Staff(
        department=_text(element, "Department"),
        name=_text(element, "Staff"),
        email=_text(element, "Email"),
        mobile=_text(element, "Mobile"),
    )


def _replaced(element: Node) -> Replaced:
    organs = _children(_child(element, "OrganIdList"), "OrganId")
    return Replaced(document_id=_text(element, "DocumentId"), organ_ids=tuple(organ.whole() for organ in organs))


def _unpacked(name: str, data: bytes) -> bytes:
    """The file itself, where the sender's kit zipped it: one entry, in an archive that is not called .zip.

    What the ContentType says is not asked: it is wrong both ways in the field.  DOCX, XLSX and ODT files are archives too and
    stay whole: unpacking "whatever is a ZIP" has destroyed many.
    """
    if not data.startswith(b"PK\x03\x04") or name.lower().endswith(".zip"):
        return data
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) != 1 or entries[0].filename in ("mimetype", "[Content_Types].xml"):
                return data
            with archive.open(entries[0]) as member:
                inner = member.read(MAX_UNPACKED_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        return data  # damaged, encrypted or of an unknown method: the bytes as they came
    return inner if len(inner) <= MAX_UNPACKED_BYTES else data


def _parsed(text: str, forms: tuple[str, ...]) -> datetime | None:
    for form in forms:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the caller knows the zone
        except ValueError:
            continue
    return None


def _all(element: Node, name: str) -> Iterator[Node]:
    return element.all(name)


def _children(element: Node | None, name: str) -> Iterator[Node]:
    return iter(()) if element is None else element.children_named(name)


def _child(element: Node | None, name: str) -> Node | None:
    return None if element is None else element.child(name)


def _text(element: Node | None, name: str) -> str:
    child = _child(element, name)
    return "" if child is None else child.whole()
