"""The sandbox's own strict reader of edXML: what it refuses, a reader in the field may refuse as well.  Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from lxml import etree
from msgspec import Struct

_NS = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
_E = f"{{{_NS}}}"

# The order in which the axis's kit writes; * may be repeated, ? may be missing.
_DOCUMENT = (
    "From", "To*", "DocumentId", "Code", "PromulgationInfo", "DocumentType", "Subject", "Content", "SignerInfo", "DueDate?",
    "OtherInfo", "ResponseFor*", "SteeringType", "ToPlaces?",
)  # fmt: skip
_STATUS = ("From", "ResponseFor", "StaffInfo?", "StatusCode", "Description?", "Timestamp")
_BUSINESS = (
    "DocumentId?", "BussinessDocType", "BussinessDocReason", "Paper", "BussinessDocumentInfo?", "ReplacementInfoList?",
    "StaffInfo?",
)  # fmt: skip
_ATTACHMENT = ("ContentId", "AttachmentName", "Description?", "ContentType?", "ContentTransferEncoded")
_DAY = re.compile(r"\d{4}/(?:0[1-9]|1[0-2])/(?:0[1-9]|[12]\d|3[01])\Z")
_MOMENT = re.compile(_DAY.pattern.removesuffix(r"\Z") + r" (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\Z")
_LENGTHS = {"CodeNumber": 11, "CodeNotation": 30, "TypeName": 100, "Subject": 500, "Position": 100, "FullName": 50}
_CODES = {"01", "02", "03", "04", "05", "06", "13", "15", "16"}


class NotToStandard(Exception):
    """A package that is not as the standard wants it; says where."""


class Seen(Struct, frozen=True, kw_only=True):
    """What the sandbox remembers of a package."""

    kind: str  # "edoc" or "status"
    document_id: str
    organ_id: str
    organ_name: str
    receivers: tuple[str, ...]
    number: str
    notation: str
    issued_on: str
    type_name: str
    subject: str
    business: str
    files: tuple[tuple[str, int], ...]  # name and size
    status: str = ""
    description: str = ""


def seen(data: bytes) -> Seen:
    """Read a package or status message strictly.  Raises NotToStandard."""
    root = _root(data)
    headers = root.findall(f"{_E}edXMLEnvelope/{_E}edXMLHeader/{_E}MessageHeader")
    if root.tag != f"{_E}edXML" or len(headers) != 1:
        raise NotToStandard("edXML/edXMLEnvelope/edXMLHeader/MessageHeader: expected one")
    header = headers[0]
    return _status(header) if header.find(f"{_E}StatusCode") is not None else _document(root, header)


def _root(data: bytes) -> etree._Element:
    if b"<!DOCTYPE" in data:
        raise NotToStandard("a document type declaration")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise NotToStandard(str(error)) from error


def _status(header: etree._Element) -> Seen:
    _in_order(header, _STATUS)
    code, about = _text(header, "StatusCode"), header.find(f"{_E}ResponseFor")
    if code not in _CODES:
        raise NotToStandard(f"StatusCode: {code!r}")
    _matches(header, "Timestamp", _MOMENT)
    return Seen(
        kind="status",
        document_id=_text(about, "DocumentId"),
        organ_id=_text(header.find(f"{_E}From"), "OrganId"),
        organ_name=_text(header.find(f"{_E}From"), "OrganName"),
        receivers=(_text(about, "OrganId"),),
        number=_text(about, "Code"),
        notation="",
        issued_on=_text(about, "PromulgationDate"),
        type_name="",
        subject="",
        business="",
        files=(),
        status=code,
        description=_text(header, "Description"),
    )


def _document(root: etree._Element, header: etree._Element) -> Seen:
    _in_order(header, _DOCUMENT)
    sender, code = header.find(f"{_E}From"), header.find(f"{_E}Code")
    for parent, name in ((sender, "OrganId"), (header, "DocumentId")):
        if not _text(parent, name):
            raise NotToStandard(f"{name}: expected a value")
    _lengths(header)
    issued, other = header.find(f"{_E}PromulgationInfo"), header.find(f"{_E}OtherInfo")
    _matches(issued, "PromulgationDate", _DAY)
    _matches(header, "DueDate", _DAY)
    if _text(other, "Priority") not in ("0", "1", "2", "3", "4"):
        raise NotToStandard("OtherInfo/Priority: expected 0 to 4")
    return Seen(
        kind="edoc",
        document_id=_text(header, "DocumentId"),
        organ_id=_text(sender, "OrganId"),
        organ_name=_text(sender, "OrganName"),
        receivers=tuple(_text(to, "OrganId") for to in header.findall(f"{_E}To")),
        number=_text(code, "CodeNumber"),
        notation=_text(code, "CodeNotation"),
        issued_on=_text(issued, "PromulgationDate"),
        type_name=_text(header.find(f"{_E}DocumentType"), "TypeName"),
        subject=_text(header, "Subject"),
        business=_business(root),
        files=tuple(_files(root)),
    )


def _business(root: etree._Element) -> str:
    traces = root.find(f"{_E}edXMLEnvelope/{_E}edXMLHeader/{_E}TraceHeaderList")
    if traces is None:
        raise NotToStandard("TraceHeaderList: expected")
    for trace in traces.findall(f"{_E}TraceHeader"):
        _matches(trace, "Timestamp", _MOMENT)
    business = traces.find(f"{_E}Bussiness")
    if business is None:
        raise NotToStandard("TraceHeaderList/Bussiness: expected")
    _in_order(business, _BUSINESS)
    kind = _text(business, "BussinessDocType")
    if kind not in ("0", "1", "2", "3"):
        raise NotToStandard(f"BussinessDocType: {kind!r}")
    return kind


def _files(root: etree._Element) -> Iterator[tuple[str, int]]:
    manifest = root.findall(f"{_E}edXMLEnvelope/{_E}edXMLBody/{_E}edXMLManifest/{_E}Reference")
    attachments = root.findall(f"{_E}AttachmentEncoded/{_E}Attachment")
    if [_text(r, "ContentId") for r in manifest] != [_text(a, "ContentId") for a in attachments]:
        raise NotToStandard("edXMLManifest: its references are not the attachments")
    if not attachments:
        raise NotToStandard("AttachmentEncoded: expected at least one file")
    for attachment in attachments:
        _in_order(attachment, _ATTACHMENT)
        try:
            size = len(base64.b64decode(_text(attachment, "ContentTransferEncoded"), validate=True))
        except (binascii.Error, ValueError) as error:
            raise NotToStandard(f"{_text(attachment, 'AttachmentName')}: not base64") from error
        yield _text(attachment, "AttachmentName"), size


def _in_order(parent: etree._Element, wanted: tuple[str, ...]) -> None:
    there = [etree.QName(child).localname for child in parent.iterchildren(tag=etree.Element)]
    foreign = [child.tag for child in parent.iterchildren(tag=etree.Element) if etree.QName(child).namespace != _NS]
    pattern = "".join(f"(?:{name.rstrip('?*')},){_TIMES.get(name[-1], '')}" for name in wanted)
    if foreign or not re.fullmatch(pattern, "".join(f"{name}," for name in there)):
        raise NotToStandard(f"{etree.QName(parent).localname}: expected {', '.join(wanted)}; found {', '.join(there)}")


_TIMES = {"*": "*", "?": "?"}


def _lengths(header: etree._Element) -> None:
    for name, most in _LENGTHS.items():
        for element in header.iter(f"{_E}{name}"):
            if len(element.text or "") > most:
                raise NotToStandard(f"{name}: longer than {most}")


def _matches(parent: etree._Element | None, name: str, form: re.Pattern[str]) -> None:
    text = _text(parent, name)
    if text and not form.match(text):
        raise NotToStandard(f"{name}: {text[:40]!r}")


def _text(parent: etree._Element | None, name: str) -> str:
    found = parent.find(f"{_E}{name}") if parent is not None else None
    return (found.text or "").strip() if found is not None else ""
