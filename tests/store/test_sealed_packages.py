"""What earlier versions kept of sealed documents of the axis is erased when the store is opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine

from gateway.courier import Answer, Level
from gateway.lifecycle import CaseState
from gateway.model import Action, Case, Mail
from gateway.store import Store
from gateway.store.migrations.versions import v0014_sealed_packages as migration
from gateway.store.receipt_values import Effect, Fit, Origin
from tests.store.letters import NOON, captured, case, mail
from tests.store.test_database import driver

SECRET, OPEN = b"<edXML>the package of a sealed document</edXML>", b"<edXML>the package of an open one</edXML>"


def brought(store: Store, opened: Case, letter: Mail, event_id: str, raw: bytes, *, fit: Fit) -> None:
    """A document of the axis, kept as earlier versions did: with its package."""
    origin = Origin(
        mail_id=letter.id, unit=opened.unit, receiver="H59", sender="H60", sender_name="Sở Lam Hà", document_id=event_id,
        number_symbol="1/QĐ", issued_on=NOON.date(), business="0", reason="", problems=(),
    )  # fmt: skip
    answer = Answer(event_id=event_id, level=Level.DOCUMENT, raw=raw)
    acceptance = captured(letter, opened)
    store.receipts.keep("truc", answer, fit, Effect(), acceptances=(acceptance,), origins=(origin,), now=NOON)


def upgraded(url: str) -> None:
    """As when the store of an earlier version is opened."""
    engine = create_engine(driver(url))
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        migration.upgrade()
    engine.dispose()


@pytest.mark.parametrize("fits", [True, False], ids=["by its case", "by its mail"])
def test_the_package_of_a_sealed_document_is_erased_and_that_of_an_open_one_stays(
    store: Store, url: str, tmp_path: Path, fits: bool
) -> None:
    for n, (action, raw) in enumerate(((Action.QUARANTINE, SECRET), (Action.COPY, OPEN))):
        letter = mail(f"letter {n}".encode())
        state = CaseState.SEALED if action is Action.QUARANTINE else CaseState.WAITING
        opened = case(letter, action=action, state=state, key=f"{n}")
        fit = Fit(case_id=opened.id, is_current=False) if fits else Fit()
        brought(store, opened, letter, f"edoc:{'_' if n else 'x'}", raw, fit=fit)
    assert store.receipts.raw("truc", "edoc:x") == SECRET
    upgraded(url)
    assert (store.receipts.raw("truc", "edoc:x"), store.receipts.raw("truc", "edoc:_")) == (b"", OPEN)
    store.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("vanthu.sqlite3*"))
    assert SECRET not in kept
