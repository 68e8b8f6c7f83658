"""Writes the parts of docs/ that are made from the code: `make docs`.

docs/states.md comes from the tables of gateway/lifecycle.py, the lists in docs/glossary.md from the words of the console, and
the table of calls in docs/api.md from the operations by which the API checks them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from gateway.lifecycle import CASE_TRANSITIONS, DELIVERY_TRANSITIONS, CaseState, DeliveryState
from gateway.model import Action, Direction, Nature, Phase, Role, Sign
from web.api.openapi import shown_path
from web.api.operations import OPERATIONS
from web.format import WORDS
from web.language import in_english

DOCS = Path(__file__).resolve().parents[1] / "docs"

_LISTS: Mapping[type[StrEnum], str] = {
    Action: "Actions of a rule (`gateway.model.Action`): what happens to one recipient's copy",
    Nature: "Nature of a file (`gateway.model.Nature`)",
    Sign: "Signs (`gateway.model.Sign`; Decree 30/2020/NĐ-CP, article 8 and appendix I)",
    Direction: "Directions of a case (`gateway.model.Direction`; Decree 30/2020/NĐ-CP, articles 3.5 and 3.6)",
    Phase: "Phases of a unit (`gateway.model.Phase`)",
    DeliveryState: "States of a delivery (`gateway.lifecycle.DeliveryState`)",
    CaseState: "States of a case (`gateway.lifecycle.CaseState`)",
    Role: "Roles in the console (`gateway.model.Role`)",
}
_BEGIN, _END = "<!-- made by `make docs` from here -->\n", "<!-- to here -->\n"

_STATES = """\
# States

This page is made from the tables of `gateway/lifecycle.py` by `make docs`; `tests/test_docs.py` fails when it is out of date.
A step that is not in a table raises `IllegalTransition` and changes nothing. Every step of a case is a row of its story.
"""
_DELIVERIES = """
## Deliveries (lượt chuyển)

One mail, or one case, on its way to one place: a mailbox behind the next mail server, or an office system.
"""
_CASES = """
## Cases (hồ sơ văn bản)

One captured document, however many mails brought it. A case that is `sealed` stays so: what bears a secrecy stamp is neither
mailed nor handed over by this program. `archived` is what the import of old mail finds: it is there to be looked up, and
nothing is issued, delivered or told because of it.
"""


def states_page() -> str:
    """The whole of docs/states.md."""
    return _STATES + _DELIVERIES + _machine(DELIVERY_TRANSITIONS) + _CASES + _machine(CASE_TRANSITIONS)


def with_lists(glossary: str) -> str:
    """The glossary with its lists made anew between the two marks."""
    head, _, rest = glossary.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    lists = "".join(_list(kind, title) for kind, title in _LISTS.items())
    return f"{head}{_BEGIN}{lists}\n{_END}{tail}"


def with_calls(page: str) -> str:
    """The page of the API with the table of its calls made anew."""
    head, _, rest = page.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    rows = "".join(f"| `{op.method} {shown_path(op.path)}` | {op.scope} | {in_english(op.said)} |\n" for op in OPERATIONS)
    return f"{head}{_BEGIN}\n| call | scope | does |\n|---|---|---|\n{rows}\n{_END}{tail}"


def _machine(table: Mapping[Any, Mapping[Any, StrEnum]]) -> str:
    """A diagram and a table of one state machine."""
    steps = [(state, event, to) for state, row in table.items() for event, to in row.items()]
    diagram = [f"    {_identifier(state)} --> {_identifier(to)}: {event}" for state, event, to in steps]
    lines = [
        "",
        "```mermaid",
        "stateDiagram-v2",
        *diagram,
        "```",
        "",
        "| state | tiếng Việt | event → next state |",
        "|---|---|---|",
    ]
    for state, row in table.items():
        leads_to = " · ".join(f"{event} → `{to}`" for event, to in row.items()) or "(end)"
        lines.append(f"| `{state}` | {WORDS[type(state)][state]} | {leads_to} |")
    return "\n".join(lines) + "\n"


def _identifier(state: StrEnum) -> str:
    return state.replace("-", "_")


def _list(kind: type[StrEnum], title: str) -> str:
    rows = "".join(f"| `{value}` | {WORDS[kind][value]} |\n" for value in kind)
    return f"\n### {title}\n\n| code | tiếng Việt |\n|---|---|\n{rows}"


def main() -> None:
    """Write the pages."""
    (DOCS / "states.md").write_text(states_page(), encoding="utf-8")
    api = DOCS / "api.md"
    api.write_text(with_calls(api.read_text(encoding="utf-8")), encoding="utf-8")
    glossary = DOCS / "glossary.md"
    glossary.write_text(with_lists(glossary.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
