"""Whether a sender is who he says he is, in words: what his domain said of the mail, and what that means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parseaddr

from gateway.layers import Layers
from gateway.model import Identity, Proof, Value
from gateway.store import MailRow
from web.language import gettext

# What proves the sender, in one line.
TITLES: Mapping[Identity, str] = {
    Identity.CLAIMED: "Không có gì chứng minh ai gửi thư này",
    Identity.SPF: "Tên miền của người gửi xác nhận máy gửi (SPF)",
    Identity.DKIM: "Tên miền của người gửi đã ký thư (DKIM)",
    Identity.TRUSTED_NETWORK: "Thư đến từ mạng tin cậy",
    Identity.AUTHENTICATED: "Người gửi đã đăng nhập",
}
_EXPLAINED: Mapping[Identity, str] = {
    Identity.CLAIMED: "Địa chỉ này chỉ là lời tự xưng, ai cũng ghi được.",
    Identity.SPF: "Người nào trong cơ quan đó viết thì tên miền không nói.",
    Identity.DKIM: "Người nào trong cơ quan đó viết thì tên miền không nói.",
    Identity.TRUSTED_NETWORK: "Máy gửi nằm trong mạng mà cán bộ quản trị đã khai là tin cậy; máy đó chịu trách nhiệm về "
    "người gửi. Cổng không hỏi SPF, DKIM và DMARC.",
    Identity.AUTHENTICATED: "Người gửi đăng nhập bằng tài khoản được phép dùng địa chỉ này. Cổng không hỏi SPF, DKIM và DMARC.",
}
_BY_PERSON = (
    "Vì vậy: quy tắc đòi người gửi được chứng minh có thể khớp, người gửi nhận được thư báo của cổng, "
    "và văn bản do chính văn thư gửi có thể vào thẳng hệ thống quản lý văn bản."
)
_BY_DOMAIN = (
    "Vì vậy: quy tắc đòi người gửi được chứng minh có thể khớp và người gửi nhận được thư báo của cổng; "
    "nhưng văn bản vẫn chờ văn thư duyệt, vì không rõ người nào đã gửi."
)
# What follows for rules (gateway.policy.facts), letters (gateway.notices.whom) and cases (gateway.intake).
MEANS: Mapping[Identity, str] = {
    Identity.CLAIMED: "Vì vậy: quy tắc đòi người gửi được chứng minh thì không khớp, cổng không tự viết thư báo cho địa chỉ "
    "này (thư có thể tới nhầm người), và văn bản phải chờ văn thư duyệt. Xin đừng chỉ dựa vào địa chỉ gửi để quyết định.",
    Identity.SPF: _BY_DOMAIN,
    Identity.DKIM: _BY_DOMAIN,
    Identity.TRUSTED_NETWORK: _BY_PERSON,
    Identity.AUTHENTICATED: _BY_PERSON,
}

# What each look found (RFC 8601, section 2.7): a sentence for each word that servers use.
_NO_ANSWER, _UNFIT = "temperror", "permerror"
SPF: Mapping[str, str] = {
    "pass": "Tên miền %(domain)s cho phép máy đã gửi thư này (SPF).",
    "fail": "Tên miền %(domain)s không cho phép máy đã gửi thư này (SPF).",
    "softfail": "Máy đã gửi thư này không có trong danh sách của tên miền %(domain)s, tuy tên miền chưa cấm hẳn (SPF).",
    "neutral": "Tên miền %(domain)s không nói máy đã gửi thư này có được phép hay không (SPF).",
    "none": "Tên miền %(domain)s không công bố máy nào được gửi thư (SPF).",
    _NO_ANSWER: "Chưa hỏi được tên miền %(domain)s về máy gửi, vì máy chủ tên miền không trả lời (SPF).",
    _UNFIT: "Danh sách máy gửi mà tên miền %(domain)s công bố có lỗi, không dùng được (SPF).",
}
DKIM: Mapping[str, str] = {
    "pass": "Chữ ký của tên miền trên thư còn đúng: thư không bị sửa trên đường (DKIM).",
    "other": "Thư có chữ ký đúng, nhưng của tên miền khác, nên không chứng minh được người gửi (DKIM).",
    "fail": "Chữ ký của tên miền trên thư không đúng: thư đã bị sửa trên đường, hoặc chữ ký là giả (DKIM).",
    "none": "Thư không có chữ ký của tên miền nào mà cổng kiểm tra được (DKIM).",
    _NO_ANSWER: "Chưa kiểm tra được chữ ký, vì máy chủ tên miền không trả lời (DKIM).",
    _UNFIT: "Chữ ký của tên miền trên thư không kiểm tra được (DKIM).",
}
DMARC: Mapping[str, str] = {
    "pass": "Địa chỉ ở mục From, là địa chỉ mà người nhận nhìn thấy, cùng cơ quan với bên xác nhận (DMARC).",
    "fail": "Tên miền ở mục From, là địa chỉ mà người nhận nhìn thấy, không thừa nhận thư này (DMARC).",
    "none": "Tên miền ở mục From chưa công bố cách nhận ra thư giả (DMARC).",
    _NO_ANSWER: "Chưa hỏi được tên miền ở mục From, vì máy chủ tên miền không trả lời (DMARC).",
    _UNFIT: "Không so sánh được với mục From: mục này thiếu, nêu nhiều người, hoặc tên miền công bố có lỗi (DMARC).",
}
_DKIM_DOMAIN = re.compile(r"\bd\s*=\s*([\w.-]{1,255})")
_GOOD = "pass"
_BAD = ("fail", "softfail")


class Look(Value):
    """One of the three looks at a sender."""

    said: str
    mark: str  # "good", "bad", or "open" when it says nothing for or against him


class Sender(Value):
    """What is known of the sender of a mail; ``odd`` are things that do not fit together."""

    title: str
    explained: str
    means: str
    looks: tuple[Look, ...] = ()
    not_asked: bool = False  # nobody proved him, and nobody asked
    by: str = ""  # the mail server whose word the looks are
    odd: tuple[str, ...] = ()


def sender_of(row: MailRow, proof: Proof | None, layers: Layers | None = None) -> Sender:
    """What is known of the sender, for a person; with ``layers`` also what does not fit together in the mail."""
    return Sender(
        title=gettext(TITLES[row.identity]),
        explained=gettext(_EXPLAINED[row.identity]),
        means=gettext(MEANS[row.identity]),
        looks=_looks(row, proof) if proof is not None and row.sender else (),
        not_asked=proof is None and row.identity is Identity.CLAIMED,
        by=proof.by if proof is not None else "",
        odd=tuple(_odd(row, layers)) if layers is not None else (),
    )


def _looks(row: MailRow, proof: Proof) -> tuple[Look, ...]:
    # A signature that holds for nobody of the sender's organisation proves somebody else.
    is_other = proof.dkim == _GOOD and row.identity is not Identity.DKIM
    found = ((SPF, proof.spf), (DKIM, "other" if is_other else proof.dkim), (DMARC, proof.dmarc))
    domain = row.sender.rpartition("@")[2]
    return tuple(
        Look(said=gettext(words.get(word, words[_UNFIT]), domain=domain), mark=_mark(word)) for words, word in found if word
    )


def _mark(word: str) -> str:
    return "good" if word == _GOOD else "bad" if word in _BAD else "open"


def _odd(row: MailRow, layers: Layers) -> list[str]:
    head = dict(reversed(layers.headers))  # the first of each name
    found = []
    author = parseaddr(head.get("from", ""))[1]
    if author and row.sender and author.lower() != row.sender.lower():
        found.append(gettext("Mục From ghi %(author)s, khác địa chỉ gửi trên phong bì.", author=author))
    reply = parseaddr(head.get("reply-to", ""))[1]
    if reply and author and reply.rpartition("@")[2].lower() != author.rpartition("@")[2].lower():
        found.append(gettext("Thư trả lời sẽ đi tới %(reply)s, ở tên miền khác.", reply=reply))
    signers = [name for key, value in layers.headers if key == "dkim-signature" for name in _DKIM_DOMAIN.findall(value)]
    if signers and row.identity is Identity.CLAIMED:
        domains = ", ".join(dict.fromkeys(signers))
        found.append(gettext("Thư mang chữ ký của %(domains)s, nhưng chữ ký không xác minh được người gửi.", domains=domains))
    return found
