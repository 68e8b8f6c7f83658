"""A verdict in Vietnamese sentences, for people: what happens, why, what was passed over, what would change it.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from gateway.directory.snapshot import Directory
from gateway.model import Action, Direction, Evidence, Phase, Sign, Verdict
from gateway.phrases import phrase
from gateway.policy.issuance import SIGN_NAMES

ACTIONS = {
    Action.DELIVER: phrase("chuyển nguyên vẹn đến người nhận"),
    Action.COPY: phrase("chuyển đến người nhận, đồng thời văn thư nhận một bản"),
    Action.REDIRECT: phrase("không chuyển qua thư điện tử mà đưa vào hồ sơ chờ văn thư"),
    Action.REJECT: phrase("từ chối ngay khi gửi"),
    Action.HOLD: phrase("giữ lại chờ người xem"),
    Action.QUARANTINE: phrase("niêm phong, không ai đọc"),
    Action.FORWARD: phrase("chuyển tiếp tới địa chỉ mới"),
}
PHASES = {Phase.OBSERVE: "theo dõi", Phase.ADVISE: "nhắc nhở", Phase.ENFORCE: "áp dụng"}

_ONLY_EXCHANGE = phrase(
    "Nếu chỉ trao đổi số liệu, báo cáo hay dự thảo chưa có số, ngày, chữ ký thì thư được chuyển bình thường."
)


def sentences(verdict: Verdict, directory: Directory) -> str:
    """All that a person should know about one verdict, as lines of text; ``directory`` gives the names."""
    return "\n".join(_lines(verdict, directory))


def explained(verdict: Verdict, directory: Directory) -> dict[str, object]:
    """The same as data: the fields of the verdict, with ``said`` (the sentences) and ``would_change``."""
    data: dict[str, object] = msgspec.to_builtins(verdict)
    return {
        **data,
        "said": sentences(verdict, directory),
        "would_change": [str(each) for each in what_would_change_it(verdict)],
    }


def what_would_change_it(verdict: Verdict) -> tuple[str, ...]:
    """What a sender may do differently, one sentence each; () where nothing needs to change."""
    action = verdict.would_have or verdict.action
    if action in (Action.DELIVER, Action.COPY):
        return ()
    if action in (Action.FORWARD, Action.REJECT) and verdict.target:
        return (phrase("Nếu gửi thẳng tới %(target)s thì thư đến nơi ngay.", target=verdict.target),)
    if action is Action.HOLD and [evidence.sign for evidence in verdict.evidence] == [Sign.SIGNATURE]:
        return _HELD_WITHOUT_NUMBER
    if action is Action.HOLD and all(evidence.sign is not Sign.UNREADABLE for evidence in verdict.evidence):
        return _HELD_FOR_CLERK
    return _CHANGES[action]


_CHANGES: dict[Action, tuple[str, ...]] = {
    Action.REJECT: (
        phrase("Nếu gửi bằng tài khoản văn thư của đơn vị thì văn bản vào hàng chờ phát hành trên hệ thống QLVB&ĐH."),
        _ONLY_EXCHANGE,
    ),
    Action.REDIRECT: (phrase("Nếu phát hành thẳng trên hệ thống QLVB&ĐH thì không cần gửi thư điện tử."), _ONLY_EXCHANGE),
    Action.HOLD: (
        phrase("Nếu gửi tệp không đặt mật khẩu, có lớp chữ đọc được, thì thư được xét ngay."),
        phrase("Văn thư có thể cho thư qua khi thấy không phải văn bản phát hành."),
    ),
    Action.QUARANTINE: (phrase("Tài liệu mật chỉ được gửi theo quy định về bảo vệ bí mật nhà nước, không qua mạng này."),),
}
# A held text that was read is held for its recipients, not for what cannot be read.
_HELD_FOR_CLERK = (phrase("Văn thư quyết định gửi cho người nhận này bằng cách nào; thư được giữ đến khi đó."),)
_HELD_WITHOUT_NUMBER = (
    phrase("Nếu văn bản còn trình ký thì chỉ gửi trong nội bộ đơn vị."),
    phrase("Nếu là phụ lục thì gửi cùng văn bản chính trên hệ thống QLVB&ĐH."),
)


def _lines(verdict: Verdict, directory: Directory) -> Iterator[str]:
    yield f"{verdict.recipient}: {ACTIONS[verdict.action]}{_where(verdict, directory)}."
    yield f"  Lý do: {verdict.reason}"
    yield f"  Căn cứ: quy tắc {verdict.rule}, {verdict.clause}"
    if verdict.would_have is not None:
        yield (
            f"  Đơn vị đang ở giai đoạn {PHASES[verdict.phase]}; "
            f"khi {PHASES[Phase.ENFORCE]}, thư này sẽ được xử lý: {ACTIONS[verdict.would_have]}."
        )
    for evidence in verdict.evidence:
        yield f"  Dấu hiệu: {_shown(evidence)}"
    for change in what_would_change_it(verdict):
        yield f"  {change}"
    for passed in verdict.passed_over:
        yield f"  Bỏ qua quy tắc {passed.rule}: {passed.because}"


def _where(verdict: Verdict, directory: Directory) -> str:
    if verdict.action is Action.FORWARD:
        return f" {verdict.target}"
    if not verdict.unit or verdict.action in (Action.DELIVER, Action.REJECT):
        return ""
    known, system = directory.organisation(verdict.unit), directory.office(verdict.office)
    name = known.name if known is not None else verdict.unit
    if verdict.action in (Action.HOLD, Action.QUARANTINE):
        return f" (văn thư {name})"
    way = "văn bản đến" if verdict.direction is Direction.INCOMING else "chờ phát hành"
    office = f", trên {system.title if system is not None else verdict.office}" if verdict.office else ""
    return f" ({name}: {way}{office})"


def _shown(evidence: Evidence) -> str:
    place = ", ".join(
        part
        for part in (
            f"tệp {evidence.file}" if evidence.file else "",
            f"trang {evidence.page}" if evidence.page else "",
            f"dòng {evidence.line}" if evidence.line else "",
        )
        if part
    )
    return f"{SIGN_NAMES[evidence.sign]}: “{evidence.words}”{f' ({place})' if place else ''}"
