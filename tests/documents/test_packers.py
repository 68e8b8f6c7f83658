"""Archives as a real packer makes them (7-Zip, from Debian): every method, locked, in volumes: read, or named."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.documents.recognise import recognise_file
from gateway.model import Nature
from tests.world import files, official, pdf

LETTER, DECISION = official.school_letter(), official.decision()
PAPERS = {
    "Báo cáo.docx": files.word(LETTER),
    "thư mục/qđ.pdf": pdf.pdf(DECISION),
    "phần mềm.exe": b"MZ" + bytes(range(256)) * 400,
}
NUMBERS = {f"{LETTER.number}/{LETTER.symbol}", f"{DECISION.number}/{DECISION.symbol}"}

READ = {
    "lzma.7z": ["-m0=lzma"],
    "lzma2.7z": ["-m0=lzma2", "-mx=9", "-md=64m"],
    "not-solid.7z": ["-ms=off"],
    "bcj.7z": ["-m0=BCJ", "-m1=LZMA"],
    "bcj2.7z": ["-m0=BCJ2", "-m1=LZMA", "-m2=LZMA", "-m3=LZMA", "-mb0:1", "-mb0s1:2", "-mb0s2:3"],
    "delta.7z": ["-m0=delta:4", "-m1=lzma"],
    "ppmd.7z": ["-m0=ppmd"],
    "bzip2.7z": ["-m0=bzip2"],
    "plain.7z": ["-m0=Copy", "-mhc=off"],
    "deflate.zip": ["-tzip"],
    "deflate64.zip": ["-tzip", "-mm=Deflate64"],
    "bzip2.zip": ["-tzip", "-mm=BZip2"],
    "lzma.zip": ["-tzip", "-mm=LZMA"],
    "ppmd.zip": ["-tzip", "-mm=PPMd"],
    "xz.zip": ["-tzip", "-mm=XZ"],
    "a.tar": ["-ttar"],
}
LOCKED = {
    "aes.7z": ["-psecret"],
    "aes-names.7z": ["-psecret", "-mhe=on"],
    "aes.zip": ["-tzip", "-psecret", "-mem=AES256"],
    "zipcrypto.zip": ["-tzip", "-psecret", "-mem=ZipCrypto"],
}


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files to pack."""
    folder = tmp_path_factory.mktemp("papers")
    for name, data in PAPERS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def packed(papers: Path, to: Path, options: list[str]) -> bytes:
    """What 7-Zip makes of the papers."""
    program = shutil.which("7zz") or shutil.which("7z")
    assert program, "7-Zip is missing: tools/install-debian.sh"
    subprocess.run([program, "a", "-bd", "-mmt=1", *options, str(to), *PAPERS], cwd=papers, check=True, capture_output=True)
    return to.read_bytes() if to.exists() else b""


@pytest.mark.parametrize("name", READ)
def test_what_a_packer_packs_is_read(papers: Path, tmp_path: Path, name: str) -> None:
    reading = recognise_file(name, packed(papers, tmp_path / name, READ[name]))
    assert {document.number_symbol for document in reading.documents} == NUMBERS
    assert {each.name.removeprefix(f"{name}/") for each in reading.inner} >= {"Báo cáo.docx", "thư mục/qđ.pdf"}


@pytest.mark.parametrize("name", LOCKED)
def test_what_a_packer_locks_wants_its_password(papers: Path, tmp_path: Path, name: str) -> None:
    reading = recognise_file(name, packed(papers, tmp_path / name, LOCKED[name]))
    assert (reading.nature, reading.reason) == (Nature.UNREADABLE, "password")


@pytest.mark.parametrize(("name", "options"), [("a.7z", []), ("a.zip", ["-tzip"])])
def test_each_volume_says_that_it_is_one(papers: Path, tmp_path: Path, name: str, options: list[str]) -> None:
    packed(papers, tmp_path / name, ["-v20k", *options])
    volumes = sorted(tmp_path.iterdir())
    assert len(volumes) > 2
    for volume in volumes:
        reading = recognise_file(volume.name, volume.read_bytes())
        assert (reading.nature, reading.reason) == (Nature.UNREADABLE, "fragment")


def test_an_unknown_method_is_a_format_that_nobody_reads(papers: Path, tmp_path: Path) -> None:
    reading = recognise_file("a.7z", packed(papers, tmp_path / "a.7z", ["-m0=deflate64"]))
    assert (reading.nature, reading.reason) == (Nature.UNREADABLE, "format")


@pytest.mark.parametrize("name", ["lzma2.7z", "deflate.zip", "deflate64.zip"])
def test_an_archive_cut_anywhere_is_named(papers: Path, tmp_path: Path, name: str) -> None:
    whole = packed(papers, tmp_path / name, READ[name])
    for share in (0.05, 0.3, 0.6, 0.9, 0.99):
        reading = recognise_file(name, whole[: int(len(whole) * share)])
        assert all(each.reason for each in reading.walk() if each.nature is Nature.UNREADABLE)
        assert reading.nature is Nature.ISSUED or reading.reason in ("damaged", "format")
