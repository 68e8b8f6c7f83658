"""What a reader said of a made-up file, marked against what was meant."""

from __future__ import annotations

from bench.recognition import compare
from gateway.model import FileReading, Nature, Regime
from tests.world.papers import legacy
from tests.world.papers.paper import Paper
from tests.world.papers.table import Case


def wrong_in(case: Case, reading: FileReading) -> list[str]:
    """What was read differently from what was meant: "subject: said …, true …"."""
    if reading.nature not in case.natures and not _is_a_companys(reading):
        return [f"called {reading.nature} ({reading.reason})"]
    return _facts(case, reading) if case.paper else []


def _is_a_companys(reading: FileReading) -> bool:
    """A contract may be called issued, where it is said that no authority issued it."""
    return bool(reading.documents) and all(document.regime is Regime.COMPANY for document in reading.documents)


def _facts(case: Case, reading: FileReading) -> list[str]:
    paper = case.paper
    assert paper is not None
    if paper.nature is Nature.SECRET:
        document = reading.documents[0]
        return [] if (document.secrecy, document.number_symbol) == (paper.secrecy, "") else [f"secrecy {document.secrecy}"]
    if len(reading.documents) != 1:
        return [f"{len(reading.documents)} documents"]
    document = reading.documents[0]
    said = {name: getattr(document, name) for name in _true(paper)} | {
        "issued_on": document.issued_on.isoformat() if document.issued_on else ""
    }
    true = _true(paper)
    left_out = {"number": {"number_symbol"}, "date": {"issued_on"}}
    skip = {name for unread in case.unread for name in left_out[unread]}
    return [
        f"{name}: said {said[name]!r}, true {true[name]!r}"
        for name in true
        if name not in skip and not _same(name, str(said[name]), str(true[name]), bare=case.bare)
    ]


def _true(paper: Paper) -> dict[str, str]:
    found = {
        "number_symbol": paper.number_symbol,
        "kind": paper.kind,
        "issuer": paper.agency,
        "superior": paper.superior,
        "place": paper.place,
        "issued_on": paper.on.isoformat() if paper.on else "",
        "subject": paper.subject,
        "signer": paper.signer,
        "urgency": paper.urgency.value,
        "regime": paper.regime.value,
        "relation": paper.relation.value,
        "concerns": paper.concerns,
    }
    if paper.copied is not None:
        found |= {"copy_form": paper.copied.form, "copy_number": paper.copied.number, "copied_by": paper.copied.agency}
    return found


def _same(name: str, said: str, true: str, *, bare: bool) -> bool:
    if bare:
        said, true = legacy.bare(said), legacy.bare(true)
    rule = {"subject": compare.subject, "number_symbol": compare.number_symbol}.get(name, compare.kind)
    return rule(said, true) if true else not said
