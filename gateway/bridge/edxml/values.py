"""The nouns of an edXML document package, and its code lists.  Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from gateway.model import Urgency, Value

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
VIETNAM = timezone(timedelta(hours=7))  # times in a package have no zone and mean this one (Decision 28/2018, article 14.4)

# Priority: 0 thường, 1 khẩn, 2 thượng khẩn, 3 hỏa tốc, 4 hỏa tốc hẹn giờ.
PRIORITIES = {Urgency.NORMAL: 0, Urgency.URGENT: 1, Urgency.VERY_URGENT: 2, Urgency.FLASH: 3}

# DocumentType/Type: the list of Circular 01/2011/TT-BNV in its order.  Senders in the field disagree about the numbers: a
# reader should lean on TypeName.
TYPE_CODES = {
    name: number
    for number, name in enumerate(
        (
            "Nghị quyết", "Quyết định", "Chỉ thị", "Quy chế", "Quy định", "Thông cáo", "Thông báo", "Hướng dẫn",
            "Chương trình", "Kế hoạch", "Phương án", "Đề án", "Dự án", "Báo cáo", "Biên bản", "Tờ trình",
            "Hợp đồng", "Công văn", "Công điện", "Bản ghi nhớ", "Bản cam kết", "Bản thỏa thuận", "Giấy chứng nhận",
            "Giấy ủy quyền", "Giấy mời", "Giấy giới thiệu", "Giấy nghỉ phép", "Giấy đi đường", "Giấy biên nhận hồ sơ",
            "Phiếu gửi", "Phiếu chuyển", "Thư công",
        ),
        1,
    )
}  # fmt: skip

# BussinessDocType
NEW_DOCUMENT = "0"
RECALL = "1"
UPDATE = "2"
REPLACEMENT = "3"

# StatusCode, in words; 07-12 and 14 are not in use.
STATUSES = {
    "01": "Đã đến: phần mềm đã nhận, văn thư chưa xử lý",
    "02": "Từ chối tiếp nhận",
    "03": "Đã tiếp nhận, vào sổ văn bản đến",
    "04": "Đã phân công xử lý",
    "05": "Đang xử lý",
    "06": "Đã hoàn thành xử lý",
    "13": "Yêu cầu lấy lại văn bản",
    "15": "Đồng ý yêu cầu cập nhật, lấy lại",
    "16": "Từ chối yêu cầu cập nhật, lấy lại",
}


class Agency(Value):
    """Sender or receiver: From and To."""

    organ_id: str = ""  # code on the axis: "000.00.20.H13" (QCVN 102) or "H13.20" (Decision 20/2020)
    in_charge: str = ""  # OrganizationInCharge: the agency above
    name: str = ""
    address: str = ""
    email: str = ""
    telephone: str = ""
    fax: str = ""
    website: str = ""


class Answered(Value):
    """ResponseFor: the earlier document that this one answers."""

    organ_id: str = ""
    code: str = ""
    document_id: str = ""
    issued_on: date | None = None


class Staff(Value):
    """StaffInfo: who did the business."""

    department: str = ""
    name: str = ""
    email: str = ""
    mobile: str = ""


class Replaced(Value):
    """ReplacementInfo: one document that this one replaces, and where it is to be replaced."""

    document_id: str
    organ_ids: tuple[str, ...] = ()


class Business(Value):
    """Bussiness (so spelled in the standard): what the package is for."""

    kind: str = NEW_DOCUMENT
    reason: str = "Văn bản điện tử mới"
    document_id: str = ""  # the earlier document of a recall or update
    paper: bool = False  # paper copy to follow
    document_info: str = ""  # update: "1" when the facts of the document change
    document_receiver: str = ""  # update: "1" when its receivers change
    receivers: tuple[tuple[str, str], ...] = ()  # update: OrganId and ReceiverType (0 bỏ khỏi danh sách, 1 thêm)
    replaced: tuple[Replaced, ...] = ()  # replacement
    staff: Staff = Staff()


class Trace(Value):
    """TraceHeader: one station of the way."""

    organ_id: str = ""
    at: datetime | None = None


class Attachment(Value):
    """One file: its entry in the manifest and its bytes."""

    name: str
    data: bytes
    media: str = "application/octet-stream"
    description: str = ""
    content_id: str = ""  # "cid:…"; made when empty


class EdxmlPackage(Value):
    """A document package.  Empty fields are left out of the bytes."""

    document_id: str
    sender: Agency
    receivers: tuple[Agency, ...] = ()
    number: str = ""  # CodeNumber
    notation: str = ""  # CodeNotation: the symbol
    place: str = ""
    issued_on: date | None = None
    type_code: str = ""
    type_detail: str = ""
    type_name: str = ""
    subject: str = ""
    content: str = ""
    competence: str = ""  # TM., KT., TL., TUQ., Q.
    position: str = ""
    signer: str = ""
    due_on: date | None = None
    priority: int = 0
    sphere: str = ""
    typist: str = ""  # TyperNotation
    copies: int = 0  # PromulgationAmount; 0 is unknown
    pages: int = 0  # 0 is unknown
    appendixes: tuple[str, ...] = ()
    answers: tuple[Answered, ...] = ()
    steering: str = "1"  # SteeringType: 1 không phải chỉ đạo, 2 chỉ đạo, 3 báo cáo chỉ đạo
    to_places: tuple[str, ...] = ()
    traces: tuple[Trace, ...] = ()
    business: Business | None = None
    signature: bytes = b""  # the Signature element (xmldsig) exactly as it stood there
    attachments: tuple[Attachment, ...] = ()
    problems: tuple[str, ...] = ()  # what was odd when the package was read; never written


class StatusMessage(Value):
    """What became of a document: from whoever has it to whoever issued it."""

    code: str  # one of STATUSES
    sender: Agency
    about: Answered
    staff: Staff = Staff()
    description: str = ""
    at: datetime | None = None
    problems: tuple[str, ...] = ()  # what was odd when the message was read; never written
