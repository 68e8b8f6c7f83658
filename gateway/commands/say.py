"""How commands speak: one line at a time, and paths that can be printed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click


def say(line: str) -> None:
    """Write a line to standard output, now."""
    click.echo(line)
    sys.stdout.flush()


def shown(path: str | bytes | Path) -> str:
    """A path that can be printed, though file names need not be UTF-8."""
    return os.fsencode(path).decode("utf-8", "replace")
