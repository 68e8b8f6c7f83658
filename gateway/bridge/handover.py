"""A case and its mail as an edXML package: what an office system gets when a document is handed over.  Pure.

The same mail, case and directory make the same bytes on every attempt.  Files go as they came, byte for byte: to save a
document anew would break its signatures.  The original mail is the last attachment, so that nothing that we did not understand
is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import PurePosixPath

from msgspec.structs import replace

from gateway.bridge.edxml import (
    PRIORITIES,
    RECALL,
    REPLACEMENT,
    TYPE_CODES,
    UPDATE,
    VIETNAM,
    Agency,
    Answered,
    Attachment,
    Business,
    EdxmlPackage,
    Replaced,
    Staff,
    Trace,
    document_id,
)
from gateway.directory.snapshot import Directory
from gateway.documents.media import DOCX, HTML, PDF, PLAIN, UNKNOWN, XLSX, ZIP, media_of
from gateway.documents.mime import Part, split
from gateway.documents.picture_size import image_size, page_like
from gateway.model import Case, Direction, Document, Mail, Nature, Relation, digest_of

_NOTHING = Document(nature=Nature.UNREADABLE, confidence=0.0)
_SUFFIXES = {PDF: ".pdf", DOCX: ".docx", XLSX: ".xlsx", ZIP: ".zip", HTML: ".html", PLAIN: ".txt"}


def edxml_of(mail: Mail, case: Case, directory: Directory, earlier: Case | None = None) -> EdxmlPackage:
    """The package of a case.  What the document does not say stays empty: nobody numbers or dates it here.

    ``earlier`` is the case of the document that this one recalls, corrects or replaces: then the package is a recall, an update
    or a replacement of that one's package.  Organisations go under their codes on the axis, as the directory has them.
    """
    document = case.document or _NOTHING
    on = _day(case)
    unit = _agency(directory, case.unit, on)
    known, others = _addressees(directory, case, on)
    outgoing = case.direction is Direction.OUTGOING
    sender = unit if outgoing else _package_sender(_issuer(directory, case, document, on), unit)
    receivers = known if outgoing else (unit,)
    number, symbol = _number_and_symbol(document)
    subject = document.subject or case.subject
    code = TYPE_CODES.get(document.kind)
    attachments = tuple(_attachments(mail, case))
    return EdxmlPackage(
        document_id=document_id_of(case, directory),
        sender=sender,
        receivers=receivers,
        number=number,
        notation=symbol,
        place=document.place,
        issued_on=document.issued_on,
        type_code=str(code or ""),
        type_detail="0" if code else "",
        type_name=document.kind,
        subject=subject,
        content=subject,
        competence=document.capacity,
        position=document.signer_title,
        signer=document.signer,
        priority=PRIORITIES[document.urgency],
        appendixes=tuple(attachment.name for attachment in attachments[1:]),
        answers=(Answered(code=document.concerns),) if document.concerns else (),
        to_places=(*document.addressees, *(others if outgoing else ())),
        traces=(Trace(organ_id=unit.organ_id, at=mail.arrival.at.replace(microsecond=0)),),
        business=_business(document, earlier, receivers, _clerk(directory, case.unit, on), directory),
        attachments=(*attachments, _original(mail)),
    )


def document_id_of(case: Case, directory: Directory) -> str:
    """The DocumentId that the package of a case bears: organisation, day, number and symbol.

    Where the document does not say both, the case stands for it; and where its issuer has no code: two companies may well use
    the same number on the same day.
    """
    document, on = case.document or _NOTHING, _day(case)
    unit = _agency(directory, case.unit, on).organ_id
    organ_id = unit if case.direction is Direction.OUTGOING else _issuer(directory, case, document, on).organ_id
    if organ_id and document.number_symbol and document.issued_on is not None:
        return document_id(organ_id=organ_id, on=document.issued_on, number_symbol=document.number_symbol)
    return document_id(organ_id=organ_id or unit, on=document.issued_on or on, number_symbol=case.id)


def _day(case: Case) -> date:
    return case.opened_at.astimezone(VIETNAM).date()


def _number_and_symbol(document: Document) -> tuple[str, str]:
    if document.number and document.symbol:
        return document.number, document.symbol
    number, _, symbol = document.number_symbol.partition("/")
    return document.number or number, document.symbol or symbol


def _business(
    document: Document, earlier: Case | None, receivers: tuple[Agency, ...], staff: Staff, directory: Directory
) -> Business:
    if earlier is None or document.relation is Relation.NONE:
        return Business(staff=staff)
    before = document_id_of(earlier, directory)
    match document.relation:
        case Relation.RECALL:
            return Business(kind=RECALL, reason="Thu hồi văn bản điện tử", document_id=before, staff=staff)
        case Relation.REPLACEMENT:
            replaced = Replaced(document_id=before, organ_ids=tuple(to.organ_id for to in receivers if to.organ_id))
            return Business(kind=REPLACEMENT, reason="Văn bản thay thế", replaced=(replaced,), staff=staff)
        case _:
            return Business(kind=UPDATE, reason="Cập nhật văn bản điện tử", document_id=before, document_info="1", staff=staff)


# --- Organisations ----------------------------------------------------------------------------------------------------


def _agency(directory: Directory, code: str, on: date) -> Agency:
    organisation = directory.unit(code, on)
    if organisation is None:
        return Agency(organ_id=code)
    superior = directory.unit(organisation.superior, on) if organisation.superior else None
    return Agency(
        organ_id=next(iter(organisation.codes), organisation.code),
        in_charge=superior.name if superior is not None else "",
        name=organisation.name,
        email=next((clerk.address for clerk in directory.clerks(organisation.code, on)), ""),
    )


def _issuer(directory: Directory, case: Case, document: Document, on: date) -> Agency:
    """Who issued a document that came in: the sender's unit if we know it, as the letterhead names it."""
    mailbox = directory.mailbox(case.sender, on)
    known = _agency(directory, mailbox.organisation, on) if mailbox is not None else Agency()
    return replace(
        known,
        name=document.issuer or known.name,
        in_charge=document.superior or known.in_charge,
        email=case.sender or known.email,
    )


def _package_sender(issuer: Agency, unit: Agency) -> Agency:
    """From: the issuer by name; by the code of the unit that takes it in when he has none (docs/decisions/0015).

    OrganId must not be empty, and a made-up code could be somebody else's.
    """
    return issuer if issuer.organ_id else replace(issuer, organ_id=unit.organ_id)


def _addressees(directory: Directory, case: Case, on: date) -> tuple[tuple[Agency, ...], tuple[str, ...]]:
    """The units that the mail was addressed to, each once, and the addresses of nobody we know."""
    codes: dict[str, None] = {}
    others: list[str] = []
    for address in case.recipients:
        current = directory.successor(address, on) or address
        row = directory.mailbox(current, on) or directory.domain(current, on)
        if row is not None and row.organisation:
            codes[row.organisation] = None
        else:
            others.append(address)
    return tuple(_agency(directory, code, on) for code in codes), tuple(others)


def _clerk(directory: Directory, code: str, on: date) -> Staff:
    clerk = next(iter(directory.clerks(code, on)), None)
    return Staff(department="Văn thư", name=clerk.person if clerk else "", email=clerk.address if clerk else "")


# --- Files ------------------------------------------------------------------------------------------------------------


def _attachments(mail: Mail, case: Case) -> Iterator[Attachment]:
    """The files of the mail, the main document first, the same bytes once."""
    parts = split(mail.raw).parts
    files = [part for part in parts if _is_file(part)]
    if not files:  # the document was typed into the mail itself
        files = [part for part in parts if part.is_body and part.data.strip()]
    by_digest: dict[str, Part] = {}
    for part in files:
        by_digest.setdefault(digest_of(part.data), part)
    ordered = sorted(by_digest, key=lambda digest: digest != case.key)
    taken: set[str] = set()
    for n, part in enumerate((by_digest[digest] for digest in ordered), 1):
        media = media_of(part.data)
        name = _free_name(part.name or f"{'Nội dung thư' if part.is_body else f'Tệp {n}'}{_SUFFIXES.get(media, '')}", taken)
        yield Attachment(name=name, data=part.data, media=_declared(media, name))


def _is_file(part: Part) -> bool:
    if part.is_body or part.limit or not part.data:
        return False
    # A picture within the text is a logo, unless it is as large as a page: then somebody pasted a scan.
    is_picture = part.inline and part.declared.startswith("image/")
    return not is_picture or page_like(*image_size(part.data))


def _declared(media: str, name: str) -> str:
    """The ContentType.  The axis's kit unpacks what is called application/zip, unless its name ends in .zip."""
    return UNKNOWN if media == ZIP and not name.lower().endswith(".zip") else media


def _free_name(name: str, taken: set[str]) -> str:
    path = PurePosixPath(name)
    free, n = name, 1
    while free in taken:
        n += 1
        free = f"{path.stem} ({n}){path.suffix}"
    taken.add(free)
    return free


def _original(mail: Mail) -> Attachment:
    arrived = mail.arrival.at.astimezone(VIETNAM)
    return Attachment(
        name=f"{mail.id}.eml",
        data=mail.raw,
        media="message/rfc822",
        description=f"Thư gốc, người gửi {mail.sender or '(không có)'}, đến cổng lúc {arrived:%H:%M %d/%m/%Y}",
    )
