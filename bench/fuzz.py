"""Coverage-guided fuzzing of the readers, one target at a time: ``python -m bench.fuzz --seconds 60 --target docx``.

Whatever the bytes, there is an answer and never an exception: atheris (libFuzzer) looks for bytes that prove the contrary.
An exception is a bug of ours and ends the run with its traceback; so does a file that takes longer than --slowest.  An abort
of PDFium or Tesseract ends it too: that is what the guarded children are for, but worth knowing.  The file that did it is
kept as TARGET-crash-… or TARGET-timeout-… in --findings, unwrapped.  The targets are in bench.fuzz_targets.
"""

from __future__ import annotations

import argparse
import logging
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.fuzz_targets import TARGETS


def main() -> None:
    """Start the fuzzer of each wanted target, one after the other; exit 1 when one found something."""
    parser = argparse.ArgumentParser(prog="bench.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--target", choices=sorted(TARGETS), action="append", dest="targets", help="all without it")
    parser.add_argument("--slowest", type=int, default=20, help="seconds that one file may take")
    parser.add_argument("--findings", type=Path, default=Path("findings"))
    parser.add_argument("--corpus", type=Path, help="folder that keeps what was learned for the next run")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    wanted, rest = parser.parse_known_args()
    if wanted.inside:
        _fuzz(wanted.inside, rest)
        return
    wanted.findings.mkdir(parents=True, exist_ok=True)
    failed = [name for name in wanted.targets or TARGETS if not _run(name, wanted)]
    print("found something in: " + ", ".join(failed) if failed else "nothing found")
    sys.exit(1 if failed else 0)


def _run(name: str, wanted: argparse.Namespace) -> bool:
    """libFuzzer ends its process with os._exit: so each target has a process of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        corpus = wanted.corpus / name if wanted.corpus else Path(temporary)
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(TARGETS[name].seeds()):
            (corpus / f"seed-{number}").write_bytes(seed)
        limits = (f"-max_total_time={wanted.seconds}", f"-timeout={wanted.slowest}", "-rss_limit_mb=2048", "-max_len=200000")
        kept = f"-artifact_prefix={wanted.findings.resolve()}/{name}-"
        command = [sys.executable, "-m", "bench.fuzz", "--inside", name, *limits, kept, "-print_final_stats=1", str(corpus)]
        with (wanted.findings / f"{name}.log").open("ab") as log:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            status = subprocess.run(command, check=False, stdout=log, stderr=log).returncode
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    tries = _tries(wanted.findings / f"{name}.log")
    print(f"{name}: {spent / 60:.1f} CPU min, {tries} tries, {'FOUND' if status else 'fine'}", flush=True)
    return status == 0


def _tries(log: Path) -> str:
    found = re.findall(rb"stat::number_of_executed_units: (\d+)", log.read_bytes())
    return found[-1].decode() if found else "?"


def _fuzz(name: str, arguments: list[str]) -> None:
    import atheris

    logging.disable()
    with atheris.instrument_imports(include=["gateway.documents", "olefile"]):
        readers = _readers()
    once = readers[TARGETS[name].reads]
    atheris.Setup([sys.argv[0], *arguments], lambda data: once(name, TARGETS[name].wrap(data)))
    atheris.Fuzz()


def _readers() -> dict[str, Callable[[str, bytes], None]]:
    """Each asserts what must hold for whatever bytes."""
    from gateway.documents.ocr import engine
    from gateway.documents.picture_size import image_size
    from gateway.documents.pictures.decode import page_images
    from gateway.documents.quick_look import may_carry_document
    from gateway.documents.recognise import recognise, recognise_file
    from gateway.documents.text import Unreadable
    from gateway.model import FileReading, Nature

    engine.load("/nowhere")  # a page costs a second, and Tesseract is not what is looked at

    def of_file(name: str, data: bytes) -> None:
        assert isinstance(recognise_file(TARGETS[name].name, data), FileReading)

    def of_mail(name: str, data: bytes) -> None:
        """What the quick look passes by holds no document."""
        found = {reading.nature for reading in recognise(data).files}
        assert may_carry_document(data) or not found & {Nature.ISSUED, Nature.SECRET, Nature.COPY}

    def of_picture(name: str, data: bytes) -> None:
        image_size(data)
        try:
            list(page_images(data))
        except Unreadable:
            return

    return {"file": of_file, "mail": of_mail, "picture": of_picture}


if __name__ == "__main__":
    main()
