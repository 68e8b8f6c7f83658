"""A realistic mix of mail: 70 % without attachment, 15 % Word and Excel, 10 % PDFs with text, 5 % scans; all made up."""

from __future__ import annotations

import io
import itertools
import random
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from typing import NamedTuple

from docx import Document
from openpyxl import Workbook
from PIL import Image

from bench.client import RECIPIENT
from tests.world.papers import invent, portable, scan
from tests.world.papers.sheet import sheet_of

# From outside, so that whatever stands in them arrives: rule 7 delivers, and captures a copy.
SENDER = "phongnoivu@bacson.example"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PDF = "application/pdf"
# So many stand in 300 mails: the same document again and again would be compared with all that came before it.
_PAPERS, _SCANS = 30, 15
_TALK = (
    "Kính gửi anh chị, phòng gửi số liệu tuần này để tổng hợp, đề nghị các trường xem lại trước thứ sáu và gửi lại theo mẫu. "
    "Những chỗ chưa rõ xin gọi về bộ phận thống kê để được hướng dẫn thêm ạ. Trân trọng cảm ơn."
)


class Kind(NamedTuple):
    """Letters of one kind and the share of the mix that they have together, in percent."""

    name: str
    share: int
    letters: tuple[Letter, ...]

    @property
    def mails(self) -> tuple[bytes, ...]:
        """Each of them once."""
        return tuple(letter.mail(number) for number, letter in enumerate(self.letters))


class Letter(NamedTuple):
    """Some lines of text, and a file."""

    lines: int
    file: str = ""
    data: bytes = b""
    media: str = ""

    def mail(self, number: int) -> bytes:
        """As a mail whose file is like no other's: nobody who remembers files gets it for nothing."""
        return _mail(self.lines, (self.file, _alone(self.data, number), self.media) if self.file else None)


def kinds() -> tuple[Kind, ...]:
    """The mix; the same words each time."""
    chance = random.Random(7)
    papers = [sheet_of(invent.paper("mix", n)) for n in range(_PAPERS)]
    words = [("Báo cáo.docx", _report(chance, 20 * 2**n, n + 1), _WORD) for n in range(4)]
    sheets = [("Phụ lục.xlsx", _workbook(chance, rows), _EXCEL) for rows in (1200, 3500)]
    texts = [("Công văn.pdf", portable.pdf(paper), _PDF) for paper in papers]
    scans = [("scan.pdf", scan.scan(paper, how="office"), _PDF) for paper in papers[:_SCANS]]
    return (
        Kind("plain", 70, tuple(Letter(lines) for lines in (3, 6, 9, 12, 20, 40))),
        Kind("word", 9, tuple(Letter(6, *file) for file in words)),
        Kind("excel", 6, tuple(Letter(6, *file) for file in sheets)),
        Kind("pdf", 10, tuple(Letter(6, *file) for file in texts)),
        Kind("scan", 5, tuple(Letter(6, *file) for file in scans)),
    )


def in_turn(mix: tuple[Kind, ...], *, count: int, begin: int = 0, same_file: int = 1, same_mail: int = 1) -> Iterator[bytes]:
    """``count`` mails in the shares of the mix, in an order that is the same each time.

    Each file comes in ``same_file`` mails that are else of their own, or each mail goes out ``same_mail`` times; none comes
    in a row that began at another ``begin``, a multiple of 10,000.
    """
    order = [kind for kind in mix for _ in range(kind.share)]
    random.Random(11).shuffle(order)
    sent = dict.fromkeys((kind.name for kind in mix), 0)
    last = {kind.name: b"" for kind in mix}
    for at, kind in enumerate(itertools.islice(itertools.cycle(order), count)):
        number = sent[kind.name] // same_file
        if sent[kind.name] % same_mail == 0 or not last[kind.name]:
            last[kind.name] = kind.letters[number % len(kind.letters)].mail(begin + number)
        sent[kind.name] += 1
        yield b"Message-ID: <%d.%d@bacson.example>\r\n" % (begin, at) + last[kind.name]


def _alone(data: bytes, number: int) -> bytes:
    """The same file with other bytes at its end: a comment of the ZIP (APPNOTE 4.3.16), a remark of the PDF."""
    remark = b"%% %08d" % number
    if data.startswith(b"PK"):
        return data[:-2] + len(remark).to_bytes(2, "little") + remark
    return data + remark + b"\n"


def _mail(lines: int, file: tuple[str, bytes, str] | None = None) -> bytes:
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Subject"] = f"Phòng Nội vụ <{SENDER}>", RECIPIENT, "Gửi số liệu và tài liệu"
    letter["Date"] = "Mon, 02 Nov 2026 08:00:00 +0700"
    letter.set_content(f"{_TALK}\n" * lines, cte="base64" if lines % 2 else "quoted-printable")
    if file is not None:
        name, data, media = file
        letter.add_attachment(data, maintype="application", subtype=media.partition("/")[2], filename=name)
    return letter.as_bytes()


def _report(chance: random.Random, paragraphs: int, pictures: int) -> bytes:
    document = Document()
    document.add_heading("BÁO CÁO SỐ LIỆU TUẦN")
    for _ in range(paragraphs):
        document.add_paragraph(_TALK * chance.randint(1, 3))
    for _ in range(pictures):
        document.add_picture(_noise())
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _noise() -> io.BytesIO:
    out = io.BytesIO()
    Image.effect_noise((275, 200), 90).resize((1100, 800)).convert("RGB").save(out, "JPEG", quality=70)
    out.seek(0)
    return out


def _workbook(chance: random.Random, rows: int) -> bytes:
    workbook = Workbook()
    for _ in range(rows):
        workbook.active.append(["Trường THCS", *(chance.random() * 1e6 for _ in range(10))])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()
