"""What ``vanthu init`` writes: a configuration, the default policy, and the directory of a made-up department.

The files lie in this package as they are written; nobody and nothing in them exists.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from gateway.errors import ConfigError

_FILES = ("vanthu.toml", "policy.toml", "policy.tests.toml")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # without it spreadsheet programs read Vietnamese as Latin-1


def write(folder: Path) -> tuple[Path, ...]:
    """Write configuration, policy and directory into a folder, made if need be, and make the folders of the office systems.

    Returns the files that were written.

    Raises ConfigError, and writes nothing, when one of the files exists.
    """
    package = resources.files(__name__)
    files = {folder / name: package.joinpath(name).read_bytes() for name in _FILES}
    files |= {folder / "directory" / table.name: _for_spreadsheets(table) for table in _tables(package)}
    for path in files:
        if path.exists():
            raise ConfigError(f"{path}: exists already; expected a folder without it")
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    for office in tomllib.loads(files[folder / "vanthu.toml"].decode())["office"]:
        # A courier never makes this folder itself: a missing one may be a share that is not mounted.
        if "folder" in office:
            (folder / office["folder"]).mkdir(parents=True, exist_ok=True)
    return tuple(files)


def _tables(package: Traversable) -> list[Traversable]:
    tables = (table for table in package.joinpath("directory").iterdir() if table.name.endswith(".csv"))
    return sorted(tables, key=lambda table: table.name)


def _for_spreadsheets(table: Traversable) -> bytes:
    return _BYTE_ORDER_MARK + table.read_bytes()
