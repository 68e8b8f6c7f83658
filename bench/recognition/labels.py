"""The truth about a folder of documents: labels.jsonl, one JSON object a line; every field but kind and path may be missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.model import Value


class Label(Value):
    """What somebody saw with his own eyes.  An empty field is not there, or not legible."""

    id: str
    path: str
    kind: str  # "positive" (an issued document), "copy", "draft", "template", "negative"
    subkind: str = ""
    form: str = ""  # how standard its form is: "standard", "portal_text", …
    format: str = ""
    pages: int = 0
    number_symbol: str = ""
    symbol: str = ""
    type: str = ""
    date: str = ""  # ISO
    agency: str = ""
    subject: str = ""
    signer: str = ""
    text_layer: str = ""  # "text", "scan", "garbled", "mixed", "none"
    ambiguous: bool = False
    uncertain: tuple[str, ...] = ()
    notes: str = ""

    @property
    def is_positive(self) -> bool:
        """Whether it is an issued document."""
        return self.kind == "positive"

    @property
    def row(self) -> str:
        """Its row of the confusion matrix."""
        return f"{self.kind}, {self.form}" if self.form else self.kind

    def known(self, field: str) -> str:
        """The true value of a field; "" where it is unknown or not certain."""
        return "" if field in self.uncertain else str(getattr(self, field))


def load(folder: Path) -> Iterator[Label]:
    """All labels of a folder in their order.  ValueError says which line cannot be used."""
    for number, line in enumerate((folder / "labels.jsonl").read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield _label(json.loads(line))
        except (KeyError, TypeError, ValueError) as problem:
            raise ValueError(f"{folder / 'labels.jsonl'}:{number}: {problem!r}") from problem


_UNCERTAIN = {"so_ky_hieu": ("number_symbol",), "number": ("number_symbol",), "symbol": ("number_symbol",)}


def _label(raw: dict[str, Any]) -> Label:
    path = str(raw["path"])
    uncertain = [name for field in raw.get("uncertain_fields") or () for name in _UNCERTAIN.get(field, (field,))]
    number_symbol = str(raw.get("so_ky_hieu") or "")
    if not number_symbol and raw.get("number") and raw.get("symbol"):
        number_symbol = f"{raw['number']}/{raw['symbol']}"
    texts = {field: str(raw.get(field) or "") for field in _TEXTS}
    return Label(
        id=str(raw.get("id") or Path(path).stem),
        path=path,
        kind=str(raw["kind"]),
        pages=int(raw.get("pages") or 0),
        number_symbol=number_symbol,
        ambiguous=bool(raw.get("ambiguous")),
        uncertain=tuple(uncertain),
        **{**texts, "format": texts["format"] or Path(path).suffix.lstrip(".").lower()},
    )


_TEXTS = ("subkind", "form", "format", "symbol", "type", "date", "agency", "subject", "signer", "text_layer", "notes")
