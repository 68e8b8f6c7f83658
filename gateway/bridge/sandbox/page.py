"""The sandbox's one page: the register, what the other side told us, and the fault dial.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from gateway.bridge.sandbox.faults import Dial, Fault
from gateway.bridge.sandbox.register import Entry

_STATES = {"stored": "đã đến", "registered": "đã vào sổ", "rejected": "đã từ chối"}
_FAULTS = {
    Fault.REFUSE: "từ chối gói tin",
    Fault.TIMEOUT: "nhận rồi im lặng",
    Fault.LOSE: "nhận rồi ngắt kết nối",
    Fault.DUPLICATE: "trả lời hai lần",
    Fault.SLOW: "trả lời chậm",
    Fault.SIGNATURE: "sai mã băm tệp",
    Fault.LOGIN: "báo sai khóa",
    Fault.ERROR: "lỗi 500",
    Fault.GARBAGE: "trả lời vô nghĩa",
}
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:75rem;padding:1rem;color:#1c2733}
h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #d5dce3;vertical-align:top}
th{font-size:.85rem;color:#4a5866}td[data-l="Số đến"]{font-variant-numeric:tabular-nums;font-weight:600}
form{display:inline-flex;gap:.4rem;flex-wrap:wrap;align-items:center}input{font:inherit;padding:.25rem .4rem;max-width:12rem}
button{font:inherit;padding:.25rem .8rem}.dial{display:grid;gap:.5rem;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr))}
.dial label{display:flex;justify-content:space-between;align-items:center;gap:.5rem}.note{color:#4a5866;margin:.2rem 0}
td[data-l="Trích yếu"]{min-width:14rem}
@media(max-width:45rem){table,tbody,tr,td{display:block}thead{display:none}tr{padding:.5rem 0;border-bottom:1px solid #d5dce3}
td{border:0;padding:.1rem 0;min-width:0;overflow-wrap:anywhere}td:empty{display:none}
td[data-l]:not([data-l=""])::before{content:attr(data-l) ": ";color:#4a5866;font-weight:400}}
"""


def page(entries: Sequence[Entry], statuses: Sequence[tuple[str, str, str]], dial: Dial) -> str:
    """The whole page."""
    return "".join(_parts(entries, statuses, dial))


def _parts(entries: Sequence[Entry], statuses: Sequence[tuple[str, str, str]], dial: Dial) -> Iterator[str]:
    yield '<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Hệ thống văn phòng tập dượt</title>'
    yield f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head><body>'
    yield "<h1>Hệ thống văn phòng tập dượt</h1>"
    yield '<p class="note">Chỉ để thử: không dùng cho văn bản thật. VXP, LGSP và thư mục đều vào chung một sổ.</p>'
    yield "<h2>Sổ văn bản đến</h2>"
    yield from _register(entries)
    yield "<h2>Trạng thái bên kia đã gửi</h2>"
    yield from _statuses(statuses)
    yield "<h2>Gửi một văn bản đến</h2>"
    yield '<form method="post" action="/offer" enctype="multipart/form-data">'
    yield '<input type="file" name="file" required aria-label="Tệp edXML"><button>Gửi</button></form>'
    yield "<h2>Gây lỗi</h2>"
    yield '<p class="note">Mỗi ô là xác suất từ 0 đến 1; trong ngoặc là số lần đã xảy ra.</p>'
    yield from _dial(dial)
    yield "</body></html>"


def _register(entries: Sequence[Entry]) -> Iterator[str]:
    if not entries:
        yield '<p class="note">Chưa có văn bản nào.</p>'
        return
    heads = ("Số đến", "Số, ký hiệu", "Trích yếu", "Cơ quan gửi", "Qua", "Lần gửi", "Trạng thái")
    yield (
        '<div class="scroll"><table><thead><tr>'
        + "".join(f"<th>{head}</th>" for head in heads)
        + "<th></th></tr></thead><tbody>"
    )
    for row in entries:
        state = _STATES[row.state] + (f": {row.reason}" if row.reason else "")
        number = str(row.number or "")
        cells = (number, row.code or "không số", row.subject, row.organ_name, row.channel, str(row.times), state)
        shown = (f'<td data-l="{head}">{escape(cell)}</td>' for head, cell in zip(heads, cells, strict=True))
        yield f"<tr>{''.join(shown)}<td>{_buttons(row)}</td></tr>"
    yield "</tbody></table></div>"


def _buttons(row: Entry) -> str:
    if row.state != "stored":
        return ""
    return (
        f'<form method="post" action="/documents/{row.id}/register"><button>Vào sổ</button></form> '
        f'<form method="post" action="/documents/{row.id}/reject"><input name="reason" placeholder="Lý do" required '
        f'aria-label="Lý do từ chối"><button>Từ chối</button></form>'
    )


def _statuses(statuses: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    if not statuses:
        yield '<p class="note">Chưa có.</p>'
        return
    yield '<div class="scroll"><table><tbody>'
    for document_id, code, words in statuses[-50:]:
        yield f"<tr><td>{escape(document_id)}</td><td>{escape(code)}</td><td>{escape(words)}</td></tr>"
    yield "</tbody></table></div>"


def _dial(dial: Dial) -> Iterator[str]:
    yield '<form method="post" action="/faults" class="dial">'
    for fault in Fault:
        chance, happened = dial.chances.get(fault, 0.0), dial.happened[fault]
        box = f'<input name="{fault}" value="{chance:g}" inputmode="decimal" size="5">'
        yield f"<label>{_FAULTS[fault]} ({happened}){box}</label>"
    yield "<button>Đặt</button></form>"
