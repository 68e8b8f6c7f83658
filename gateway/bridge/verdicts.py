"""What an answer of a VXP or LGSP service means.  Pure.

Only the service's own words decide: an answer that is not its JSON was written by something between us.  The numbers are those
of one provincial platform; others count differently, so that settings may add to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from gateway.bridge.http import Reply, failure_of
from gateway.courier import Outcome, Result
from gateway.errors import Misconfigured, TemporaryFailure, UncertainFailure

CODES: Mapping[str, Outcome] = {
    "0": Outcome.DELIVERED,
    "10": Outcome.REFUSED,  # invalid file
    "15": Outcome.MISCONFIGURED,  # system id or key
    "18": Outcome.REFUSED,  # receiver unknown: of this one document
    "19": Outcome.MISCONFIGURED,  # sender not registered
    "20": Outcome.UNCERTAIN,  # an error of theirs, who knows where
    "21": Outcome.UNCERTAIN,  # while handling the file
    "22": Outcome.REFUSED,  # edXML not to standard
    "23": Outcome.REFUSED,  # receiver locked
}
_IN_WORDS: Mapping[str, str] = {
    "10": "tệp không hợp lệ",
    "15": "sai mã hệ thống hoặc khóa",
    "18": "không có mã định danh của bên nhận: hãy kiểm tra danh bạ",
    "19": "mã định danh của bên gửi chưa đăng ký: hãy kiểm tra danh bạ",
    "20": "lỗi của hệ thống",
    "21": "lỗi khi xử lý tệp",
    "22": "gói tin không đúng chuẩn edXML",
    "23": "bên nhận đang bị khóa",
}
_DUPLICATE = ("trùng", "đã tồn tại", "đã nhận trước", "duplicate", "already")


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON that these services answer, as far as it is there."""

    ok: bool
    code: str
    said: str
    doc_id: str
    data: object

    @property
    def words(self) -> str:
        """For the story and for people."""
        known = _IN_WORDS.get(self.code, "")
        number = f"[{self.code}]" if self.code not in ("", "0") else ""
        return " ".join(part for part in (number, self.said, known and f"({known})") if part)

    @property
    def is_duplicate(self) -> bool:
        """Whether they have it already."""
        said = self.said.casefold()
        return any(word in said for word in _DUPLICATE)


def verdict_of(reply: Reply) -> Verdict | None:
    """The service's own words; None when this is not from it."""
    try:
        found = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not isinstance(found, dict):
        return None
    low = {str(key).casefold(): value for key, value in found.items()}
    status = str(low.get("status", "")).upper()
    code = str(low.get("errorcode", low.get("error_code", low.get("code", ""))))
    if not status and not code:
        return None
    return Verdict(
        ok=status in ("OK", "SUCCESS", "TRUE") or (not status and code == "0"),
        code=code,
        said=str(low.get("errordesc", low.get("message", "")) or ""),
        doc_id=str(low.get("docid", "") or ""),
        data=low.get("data"),
    )


def result_of(reply: Reply, delivery_id: str, codes: Mapping[str, Outcome]) -> Result:
    """What the answer to a sending means for its delivery.  Raises DeliveryError when the service itself did not speak."""
    verdict = verdict_of(reply)
    if verdict is None:
        raise failure_of(reply) or UncertainFailure(f"câu trả lời không đọc được: {reply.shown()}")
    outcome = _outcome(verdict, codes)
    if outcome is Outcome.MISCONFIGURED:
        raise Misconfigured(verdict.words)
    said = ": ".join(part for part in (f"DocId {verdict.doc_id}" if verdict.doc_id else "", verdict.words) if part)
    receipt = reply.body if outcome in (Outcome.DELIVERED, Outcome.ALREADY, Outcome.PENDING) else b""
    return Result(delivery_id=delivery_id, outcome=outcome, reply=said, receipt=receipt)


def _outcome(verdict: Verdict, codes: Mapping[str, Outcome]) -> Outcome:
    known = codes.get(verdict.code, Outcome.UNCERTAIN)
    if not verdict.ok and known in (Outcome.REFUSED, Outcome.MISCONFIGURED):
        return known  # "tên tệp bị trùng", "duplicate timestamp": words about something else than the document
    if verdict.is_duplicate:
        return Outcome.ALREADY
    if verdict.ok:
        return Outcome.DELIVERED
    # "Failed, error 0": nobody knows what that means.
    return Outcome.UNCERTAIN if known is Outcome.DELIVERED else known


def asked(reply: Reply, codes: Mapping[str, Outcome]) -> Verdict:
    """The answer to a question.  Raises Misconfigured for our credentials, TemporaryFailure for all else but success."""
    verdict = verdict_of(reply)
    if verdict is None:
        raise TemporaryFailure(f"câu trả lời không đọc được: {reply.shown()}")
    if verdict.ok:
        return verdict
    if codes.get(verdict.code) is Outcome.MISCONFIGURED:
        raise Misconfigured(verdict.words)
    raise TemporaryFailure(verdict.words)


def entries(verdict: Verdict) -> Iterator[dict[str, str]]:
    """The rows of a list, keys in lower case, all values as texts."""
    rows = verdict.data if isinstance(verdict.data, list) else []
    for row in rows:
        if isinstance(row, dict):
            yield {str(key).casefold(): str(value) for key, value in row.items() if value is not None}


def doc_id_of(entry: Mapping[str, str]) -> str:
    """Under which id a row is fetched and acknowledged."""
    return entry.get("docid", "") or entry.get("id", "")
