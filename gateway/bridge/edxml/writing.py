"""A document package as bytes, exactly as the axis's own kit writes them.  Pure; same value, same bytes."""

from __future__ import annotations

import binascii
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from html import escape
from pathlib import PurePosixPath
from typing import TypeAlias

from msgspec.structs import replace

from gateway.bridge.edxml.values import (
    NAMESPACE,
    VIETNAM,
    Agency,
    Answered,
    Attachment,
    Business,
    EdxmlPackage,
    Staff,
    StatusMessage,
)

# Lengths of Decree 30/2020, appendix VI, by element.  OrganId is not cut: the 13 characters there are older than the 35 of
# Decision 20/2020, and half an identity is none.
LIMITS = {
    "TypeName": 100,
    "CodeNumber": 11,
    "CodeNotation": 30,
    "OrganName": 200,
    "Subject": 500,
    "Position": 100,
    "FullName": 50,
    "Description": 500,
}

# What the reader of the package is told in front of the whole text when it had to be cut.
_CUT_LABELS = {
    "TypeName": "Loại văn bản",
    "CodeNumber": "Số",
    "CodeNotation": "Ký hiệu",
    "OrganName": "Tên cơ quan",
    "Subject": "Trích yếu",
    "Position": "Chức vụ người ký",
    "FullName": "Người ký",
    "Description": "Mô tả tệp",
}

Node: TypeAlias = "tuple[str, str | list[Node]]"


def document_id(*, organ_id: str, on: date, number_symbol: str) -> str:
    """Our DocumentId, in the form of the axis's samples: "organisation,yyyy/MM/dd,số/ký hiệu"."""
    return f"{organ_id},{_date_text(on)},{number_symbol}"


def package(value: EdxmlPackage, *, packed: bool = False) -> bytes:
    """Write a package; see pieces()."""
    return b"".join(pieces(value, packed=packed))


def pieces(value: EdxmlPackage, *, packed: bool = False) -> Iterator[bytes]:
    """Write a package piece by piece, so that large files are never in memory in their encoded form.

    Texts longer than Decree 30/2020, appendix VI allows are cut with "…", and stand whole in Content: nothing is lost.
    Characters that XML cannot carry become U+FFFD.  ``packed``: each file goes as an archive of one entry, called
    application/zip, as the axis's kit does for most; without it files go as they are, which the kit reads as well.
    """
    value, lost = _fitted(value)
    content = "\n".join([text for text in (value.content, *lost) if text])
    named = [
        replace(a, content_id=a.content_id or f"cid:{n}", media=_PACKED if packed and _is_to_pack(a) else a.media)
        for n, a in enumerate(value.attachments, 1)
    ]
    header = [("MessageHeader", _message_header(value, content)), ("TraceHeaderList", _trace_list(value))]
    yield _opening(header)
    if value.signature:
        yield b"      " + value.signature + b"\n"
    yield "\n".join(_manifest(named)).encode()
    if named:
        yield b"  <AttachmentEncoded>\n"
        for attachment in named:
            yield from _encoded(attachment, packed=packed and _is_to_pack(attachment))
        yield b"  </AttachmentEncoded>\n"
    yield b"</edXML>\n"


def status_message(value: StatusMessage) -> bytes:
    """Write a status message.  A description longer than Decree 30/2020, appendix VI allows is cut with "…"."""
    most = LIMITS["Description"]
    said = value.description if len(value.description) <= most else value.description[: most - 1] + "…"
    header: list[Node] = [
        ("From", _agency(value.sender)),
        ("ResponseFor", _answered(value.about)),
        ("StaffInfo", _staff(value.staff)),
        ("StatusCode", value.code),
        ("Description", said),
        ("Timestamp", _time_text(value.at)),
    ]
    end = b"    </edXML:edXMLHeader>\n  </edXML:edXMLEnvelope>\n</edXML>\n"
    return _opening([("MessageHeader", header)]) + end


def _opening(header: Sequence[Node]) -> bytes:
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<edXML xmlns="{NAMESPACE}">',
        f'  <edXML:edXMLEnvelope xmlns:edXML="{NAMESPACE}">',
        "    <edXML:edXMLHeader>",
        *_lines(header, indent=6),
    ]
    return "\n".join(lines).encode() + b"\n"


def _manifest(attachments: Sequence[Attachment]) -> Iterator[str]:
    yield "    </edXML:edXMLHeader>"
    yield "    <edXML:edXMLBody>"
    yield '      <edXML:edXMLManifest version="1.0">'
    yield from _lines([("Reference", _reference(a)) for a in attachments], indent=8)
    yield "      </edXML:edXMLManifest>"
    yield "    </edXML:edXMLBody>"
    yield "  </edXML:edXMLEnvelope>\n"


def _encoded(attachment: Attachment, *, packed: bool) -> Iterator[bytes]:
    """One Attachment: a sibling of the envelope, without prefix, only its content with one; that is how the kit writes it."""
    facts: list[Node] = [
        ("ContentId", attachment.content_id),
        ("AttachmentName", attachment.name),
        ("Description", attachment.description),
        ("ContentType", attachment.media),
    ]
    lines = ["    <Attachment>", *_lines(facts, indent=6, prefix="")]
    yield "\n".join(lines).encode() + f'\n      <edXML:ContentTransferEncoded xmlns:edXML="{NAMESPACE}">'.encode()
    data = memoryview(_archive(attachment) if packed else attachment.data)
    for at in range(0, len(data), _BLOCK):
        yield binascii.b2a_base64(data[at : at + _BLOCK], newline=False)
    yield b"</edXML:ContentTransferEncoded>\n    </Attachment>\n"


_BLOCK = 3 * 16 * 1024  # whole groups of base64
_PACKED = "application/zip"


def _is_to_pack(attachment: Attachment) -> bool:
    """The kit unpacks application/zip, unless the name ends in .zip: such a file would stay packed for ever."""
    return not attachment.name.lower().endswith(".zip")


def _archive(attachment: Attachment) -> bytes:
    """An archive of one entry whose name says nothing, as the kit makes them; the same file makes the same bytes."""
    out = io.BytesIO()
    digest = hashlib.sha256(attachment.data).hexdigest()[:32]
    entry = zipfile.ZipInfo(digest + PurePosixPath(attachment.name).suffix, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(entry, attachment.data)
    return out.getvalue()


def _message_header(value: EdxmlPackage, content: str) -> list[Node]:
    """MessageHeader, in the order of the kit."""
    return [
        ("From", _agency(value.sender)),
        *(("To", _agency(receiver)) for receiver in value.receivers),
        ("DocumentId", value.document_id),
        ("Code", [("CodeNumber", value.number), ("CodeNotation", value.notation)]),
        ("PromulgationInfo", [("Place", value.place), ("PromulgationDate", _date_text(value.issued_on))]),
        (
            "DocumentType",
            [("Type", value.type_code), ("TypeDetail", value.type_detail), ("TypeName", value.type_name)],
        ),
        ("Subject", value.subject),
        ("Content", content),
        ("SignerInfo", [("Competence", value.competence), ("Position", value.position), ("FullName", value.signer)]),
        ("DueDate", _date_text(value.due_on)),
        ("OtherInfo", _other_info(value)),
        *(("ResponseFor", _answered(earlier)) for earlier in value.answers),
        ("SteeringType", value.steering),
        ("ToPlaces", [("Place", place) for place in value.to_places]),
    ]


def _agency(agency: Agency) -> list[Node]:
    return [
        ("OrganId", agency.organ_id),
        ("OrganizationInCharge", agency.in_charge),
        ("OrganName", agency.name),
        ("OrganAdd", agency.address),
        ("Email", agency.email),
        ("Telephone", agency.telephone),
        ("Fax", agency.fax),
        ("Website", agency.website),
    ]


def _other_info(value: EdxmlPackage) -> list[Node]:
    return [
        ("Priority", str(value.priority)),
        ("SphereOfPromulgation", value.sphere),
        ("TyperNotation", value.typist),
        ("PromulgationAmount", str(value.copies or "")),
        ("PageAmount", str(value.pages or "")),
        ("Direction", "false"),
        ("Appendixes", [("Appendix", name) for name in value.appendixes]),
    ]


def _answered(earlier: Answered) -> list[Node]:
    return [
        ("OrganId", earlier.organ_id),
        ("Code", earlier.code),
        ("DocumentId", earlier.document_id),
        ("PromulgationDate", _date_text(earlier.issued_on)),
    ]


def _trace_list(value: EdxmlPackage) -> list[Node]:
    traces: list[Node] = [
        ("TraceHeader", [("OrganId", trace.organ_id), ("Timestamp", _time_text(trace.at))]) for trace in value.traces
    ]
    if value.business is None:
        return traces
    return [*traces, ("Bussiness", _business(value.business))]


def _business(business: Business) -> list[Node]:
    return [
        ("DocumentId", business.document_id),
        ("BussinessDocType", business.kind),
        ("BussinessDocReason", business.reason),
        ("Paper", "1" if business.paper else "0"),
        (
            "BussinessDocumentInfo",
            [
                ("DocumentInfo", business.document_info),
                ("DocumentReceiver", business.document_receiver),
                (
                    "ReceiverList",
                    [("Receiver", [("OrganId", organ), ("ReceiverType", kind)]) for organ, kind in business.receivers],
                ),
            ],
        ),
        (
            "ReplacementInfoList",
            [
                (
                    "ReplacementInfo",
                    [("DocumentId", each.document_id), ("OrganIdList", [("OrganId", organ) for organ in each.organ_ids])],
                )
                for each in business.replaced
            ],
        ),
        ("StaffInfo", _staff(business.staff)),
    ]


def _staff(staff: Staff) -> list[Node]:
    return [("Department", staff.department), ("Staff", staff.name), ("Email", staff.email), ("Mobile", staff.mobile)]


def _reference(attachment: Attachment) -> list[Node]:
    return [
        ("ContentId", attachment.content_id),
        ("ContentType", attachment.media),
        ("Description", attachment.description),
        ("AttachmentName", attachment.name),
    ]


def _lines(nodes: Sequence[Node], *, indent: int, prefix: str = "edXML:") -> Iterator[str]:
    """Nodes as lines of XML; what is empty is left out, as the kit does, but for what every document has."""
    for name, content in nodes:
        pad, tag = " " * indent, f"{prefix}{name}"
        if isinstance(content, str):
            if content or name in _ALWAYS:
                yield f"{pad}<{tag}>{_escaped(content)}</{tag}>"
            continue
        inner = list(_lines(content, indent=indent + 2, prefix=prefix))
        if inner:
            yield from (f"{pad}<{tag}>", *inner, f"{pad}</{tag}>")


# Mandatory metadata (Decision 28/2018, article 10.2): readers in the field look there without asking whether it is there.
_ALWAYS = frozenset({"CodeNumber", "CodeNotation", "Place", "TypeName", "Subject", "Content", "FullName"})

# XML 1.0 section 2.2: everything but these may stand in a document.
# (Said the other way round, by what may stand there, it takes 7 ms to compile, at each start.)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _escaped(text: str) -> str:
    # A bare CR would come back as LF (XML 1.0 section 2.11).
    return escape(_NOT_XML.sub("\ufffd", text), quote=False).replace("\r", "&#13;")


def _fitted(value: EdxmlPackage) -> tuple[EdxmlPackage, list[str]]:
    """The package with texts cut to their limits, and a line for each cut with the whole text."""
    lost: list[str] = []

    def fit(element: str, text: str) -> str:
        if len(text) <= LIMITS[element]:
            return text
        if text not in value.content:
            lost.append(f"{_CUT_LABELS[element]}: {text}")
        return text[: LIMITS[element] - 1] + "…"

    def fit_agency(agency: Agency) -> Agency:
        return replace(agency, name=fit("OrganName", agency.name))

    fitted = replace(
        value,
        sender=fit_agency(value.sender),
        receivers=tuple(fit_agency(receiver) for receiver in value.receivers),
        number=fit("CodeNumber", value.number),
        notation=fit("CodeNotation", value.notation),
        type_name=fit("TypeName", value.type_name),
        subject=fit("Subject", value.subject),
        position=fit("Position", value.position),
        signer=fit("FullName", value.signer),
        attachments=tuple(replace(a, description=fit("Description", a.description)) for a in value.attachments),
    )
    return fitted, lost


def _date_text(day: date | None) -> str:
    return day.isoformat().replace("-", "/") if day is not None else ""


def _time_text(at: datetime | None) -> str:
    return f"{at.astimezone(VIETNAM):%Y/%m/%d %H:%M:%S}" if at is not None else ""
