"""Coverage-guided fuzzing of recognise_file, one format at a time: ``python -m bench.fuzz --seconds 60 --format docx``.

Whatever the bytes, there is an answer and never an exception: atheris (libFuzzer) looks for bytes that prove the contrary.
An exception is a bug of ours and ends the run with its traceback; so does a file that takes longer than --slowest.  An abort
of PDFium or Tesseract ends it too: that is what the guarded children are for, but worth knowing.  The file that did it is
kept as crash-… or timeout-… in --findings.  Seeds are made here, from the documents of tests/world.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.hostile import files as hostile
from tests.world import certificates, files, official, pdf

LETTER = official.school_letter()
WORDS = "Số: 87/THCSLL\nHương Giang, ngày 18 tháng 11 năm 2026\nV/v báo cáo\nKính gửi: Phòng\nHIỆU TRƯỞNG\nLê Thị Thử"


def _mails() -> Iterator[bytes]:
    head = b"Subject: =?utf-8?q?a?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    part = (
        b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: attachment; filename*=utf-8''a%20b.txt\r\n\r\n"
    )
    yield head + part + WORDS.encode() + b"\r\n--b--\r\n"
    yield b"Subject: a\r\nContent-Type: message/rfc822\r\n\r\n" + head + part + b"x\r\n--b--\r\n"


def _signed_pdf() -> bytes:
    return certificates.signed(pdf.pdf(LETTER), certificates.holder("Sở Thử", under=None), "A")


# Format -> what it is fuzzed from.
SEEDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "docx": lambda: iter((files.word(LETTER), hostile.docx_xxe())),
    "xlsx": lambda: iter((files.excel("a", [["b"]]), hostile.xlsx_sparse())),
    "odt": lambda: iter((hostile.odt_laughs(), hostile.odt(b"<a/>"))),
    "pdf": lambda: iter((pdf.pdf(LETTER), hostile.pdf_cyclic_objects(), hostile.pdf_page_tree_loop())),
    "signed": lambda: iter((_signed_pdf(), hostile.pdf_signed_loop())),
    "rtf": lambda: iter((b"{\\rtf1\\ansi\\ansicpg1258{\\fonttbl{\\f0 .VnTime;}}\\f0 S\\'e8: 1/A\\par \\u7889?}",)),
    "doc": lambda: iter((hostile.ole_loop(),)),
    "eml": _mails,
    "html": lambda: iter((f"<html><meta charset=utf-8><body><table><tr><td>{WORDS}</td></tr></table>".encode(),)),
    "txt": lambda: iter((WORDS.encode(), WORDS.encode("utf-16"))),
    "zip": lambda: iter((hostile.zipped({"a.txt": WORDS.encode(), "b/c.txt": b"x"}),)),
    "7z": lambda: iter((hostile.seven_zip_header(),)),
    "rar": lambda: iter((hostile.rar_header(),)),
    "tif": lambda: iter((hostile.tiff_loop(),)),
}
_SUFFIX = {"signed": "pdf"}


def main() -> None:
    """Start the fuzzer of each wanted format, one after the other; exit 1 when one found something."""
    parser = argparse.ArgumentParser(prog="bench.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each format")
    parser.add_argument("--format", choices=sorted(SEEDS), action="append", dest="formats", help="all without it")
    parser.add_argument("--slowest", type=int, default=20, help="seconds that one file may take")
    parser.add_argument("--findings", type=Path, default=Path("findings"))
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    wanted, rest = parser.parse_known_args()
    if wanted.inside:
        _fuzz(wanted.inside, rest)
        return
    wanted.findings.mkdir(parents=True, exist_ok=True)
    failed = [name for name in wanted.formats or sorted(SEEDS) if not _run(name, wanted)]
    print("found something in: " + ", ".join(failed) if failed else "nothing found")
    sys.exit(1 if failed else 0)


def _run(name: str, wanted: argparse.Namespace) -> bool:
    """libFuzzer ends its process with os._exit: so each format has a process of its own."""
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS[name]()):
            (Path(corpus) / f"seed-{number}").write_bytes(seed)
        limits = (f"-max_total_time={wanted.seconds}", f"-timeout={wanted.slowest}", "-rss_limit_mb=2048", "-max_len=200000")
        kept = f"-artifact_prefix={wanted.findings.resolve()}/{name}-"
        print(f"{name}: {wanted.seconds} s …", flush=True)
        command = [sys.executable, "-m", "bench.fuzz", "--inside", name, *limits, kept, "-print_final_stats=1", corpus]
        return subprocess.run(command, check=False).returncode == 0


def _fuzz(name: str, arguments: list[str]) -> None:
    import atheris

    logging.disable()
    with atheris.instrument_imports(include=["gateway.documents", "olefile", "tnefparse"]):
        from gateway.documents.recognise import recognise_file
        from gateway.model import FileReading

    suffix = _SUFFIX.get(name, name)

    def once(data: bytes) -> None:
        reading = recognise_file(f"a.{suffix}", data)
        assert isinstance(reading, FileReading)

    atheris.Setup([sys.argv[0], *arguments], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
