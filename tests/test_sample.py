"""What ``vanthu init`` writes: ready to run, easy to change, and all made up."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from gateway import sample
from gateway.config import load
from gateway.directory import columns, files
from gateway.directory.snapshot import OrganisationKind
from gateway.errors import ConfigError
from gateway.model import Phase
from gateway.policy import rules

TODAY = date(2026, 11, 23)


def test_it_writes_configuration_policy_and_directory_and_says_which(tmp_path: Path) -> None:
    written = sample.write(tmp_path / "new" / "house")

    assert [path.name for path in written[:3]] == ["vanthu.toml", "policy.toml", "policy.tests.toml"]
    assert {path.name for path in written[3:]} == {table.file for table in columns.TABLES}
    assert all(path.is_file() for path in written)


def test_it_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("mine")

    with pytest.raises(ConfigError, match=r"policy\.toml: exists already"):
        sample.write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["policy.toml"]
    assert (tmp_path / "policy.toml").read_text() == "mine"


def test_all_of_it_loads_and_fits_together(tmp_path: Path) -> None:
    sample.write(tmp_path)
    config = load(tmp_path / "vanthu.toml")
    directory = files.load(config.path(config.directory.path))

    assert rules.load(config.path(config.policy.path)).rules
    assert {office.name for office in config.office} == set(directory.offices)
    assert all(not Path(office.folder).is_absolute() for office in config.office)


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("[smtp]", 'listen = "127.0.0.1:2525"'),
        ("[smtp]", 'trusted_networks = ["127.0.0.0/8"]'),
        ("[relay]", 'next_hop = "127.0.0.1:2526"'),
        ("[store]", 'url = "sqlite:///data/vanthu.sqlite3"'),
        ("[store]", 'blobs = "data/blobs"'),
        ("[web]", 'listen = "127.0.0.1:8025"'),
        ("[directory]", 'path = "directory"'),
        ("[policy]", 'path = "policy.toml"'),
        ("[[office]]", 'name = "qlvb-tinh"'),
        ("[[office]]", 'courier = "folder"'),
        ("[[office]]", 'folder = "office/qlvb-tinh"'),
    ],
)
def test_what_other_programs_replace_stands_on_a_line_of_its_own(tmp_path: Path, table: str, line: str) -> None:
    sample.write(tmp_path)
    lines = (tmp_path / "vanthu.toml").read_text(encoding="utf-8").splitlines()

    inside = lines[lines.index(table) + 1 :]
    end = next((n for n, each in enumerate(inside) if each.startswith("[")), len(inside))
    assert line in inside[:end]


def test_spreadsheet_programs_read_its_vietnamese(tmp_path: Path) -> None:
    for path in sample.write(tmp_path):
        if path.suffix == ".csv":
            assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_the_department_has_two_divisions_a_dozen_schools_and_every_kind_of_unit(tmp_path: Path) -> None:
    sample.write(tmp_path)
    directory = files.load(tmp_path / "directory")
    today = [row for row in directory.organisation_rows if directory.organisation(row.code, TODAY)]

    kinds = [row.kind for row in today]
    assert kinds.count(OrganisationKind.DEPARTMENT) == 1
    assert kinds.count(OrganisationKind.DIVISION) == 2
    assert kinds.count(OrganisationKind.SCHOOL) >= 12
    assert {row.phase for row in today if row.is_governed} == set(Phase)
    assert [row.code for row in today if row.is_governed and not directory.clerks(row.code, TODAY)] == ["MNHS"]
    assert {row.is_closed(TODAY) for row in directory.retired_addresses} == {True, False}
    assert len(directory.campaigns) == 1


def test_nobody_and_nothing_in_it_exists(tmp_path: Path) -> None:
    text = "".join(path.read_text(encoding="utf-8-sig") for path in sample.write(tmp_path))

    domains = set(re.findall(r"@([\w.-]+\.\w+)", text))
    assert {domain for domain in domains if not domain.endswith(".example")} == {"sgdhuonggiang.edu.vn", "moet.edu.vn"}
    assert set(re.findall(r"\b0\d{3} \d{3} \d{3}\b", text)) == {"0200 000 000"}
