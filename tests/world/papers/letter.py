"""A sheet as the HTML of a mail: a table without borders, or paragraph after paragraph as a web mail pastes it."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

from tests.world.papers.sheet import Row, Sheet, plain

LAYOUTS = ("table", "paragraphs", "lines")


def html(sheet: Sheet, *, layout: str = "table") -> bytes:
    """One page, in UTF-8."""
    inner = "\n".join(_blocks(sheet, layout))
    return f'<html><head><meta charset="utf-8"><title>thư</title></head><body>{inner}</body></html>'.encode()


def mail(
    *attachments: tuple[str, bytes],
    text: str = "Kính gửi anh chị, xin xem tệp kèm theo.\n",
    page: bytes = b"",
    subject: str = "Gửi văn bản",
) -> bytes:
    """A mail with files, as any program writes it."""
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Subject"] = "nguoi.gui@vi-du.example", "nguoi.nhan@vi-du.example", subject
    letter.set_content(text)
    if page:
        letter.add_alternative(page.decode(), subtype="html")
    for name, data in attachments:
        letter.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return letter.as_bytes()


def _blocks(sheet: Sheet, layout: str) -> Iterator[str]:
    for block in sheet.blocks:
        if isinstance(block, Row):
            yield _paragraph(block, layout)
        elif layout == "table":
            cells = ("".join(_paragraph(row, layout) for row in rows) for rows in (block.left, block.right))
            yield (
                "<table border=0 width='100%'><tr>" + "".join(f"<td valign=top>{cell}</td>" for cell in cells) + "</tr></table>"
            )
        else:
            yield from (_paragraph(row, layout) for row in (*block.left, *block.right) if row.text)


def _paragraph(row: Row, layout: str) -> str:
    words = escape(plain(row.text)).replace("  ", "&nbsp; ")
    if row.bold:
        words = f"<b>{words}</b>"
    if row.italic:
        words = f"<i>{words}</i>"
    return (
        f"{words}<br>"
        if layout == "lines"
        else f'<p style="text-align:{"center" if row.align == "centre" else row.align}">{words}</p>'
    )
