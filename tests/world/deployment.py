"""A gateway as the pages of docs/deployment set it up: their listeners, on ports of this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.world.gateway import Gateway

_PAGES = Path(__file__).resolve().parents[2] / "docs" / "deployment"


def listeners_of(*pages: str) -> str:
    """The [[smtp.listener]] tables of these pages, as they stand there but for the ports."""
    tables = [
        table
        for page in pages
        for block in re.findall(r"```toml\n(.*?)```", (_PAGES / f"{page}.md").read_text(encoding="utf-8"), re.DOTALL)
        for table in re.findall(r"^\[\[smtp\.listener\]\]\n(?:[^\[\n].*\n)+", block, re.MULTILINE)
    ]
    assert len(tables) >= len(pages)
    return re.sub(r'(?m)^listen = "127\.0\.0\.1:\d+"', 'listen = "127.0.0.1:0"', "\n".join(tables))


def gateway_of(folder: Path, *pages: str, next_hop: str, settings: Mapping[str, str] | None = None) -> Gateway:
    """The gateway of these pages, started."""
    return Gateway(folder, next_hop=next_hop, settings=settings, more=listeners_of(*pages)).start()


def with_ports(lines: str, ports: Mapping[str, int]) -> str:
    """Lines of a page with the ports of this machine in place of those that stand there."""
    for written, port in ports.items():
        lines = re.sub(rf"\b{written}\b", str(port), lines)
    return lines
