"""A courier is asked how it is: its findings, its silence and its failure all become findings."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from gateway import checking
from gateway.checking import Checked, Checks
from gateway.courier import Finding, FindingLevel
from gateway.errors import NotAllowed, NotFound
from tests.web.sample import AUDITOR, OFFICER, Well

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Broken:
    """Fails when it is asked."""

    async def check(self) -> tuple[Finding, ...]:
        """No answer."""
        raise OSError("không có mạng")


class Silent:
    """Never answers."""

    async def check(self) -> tuple[Finding, ...]:
        """Nothing."""
        await asyncio.sleep(60)
        return ()


async def asked(name: str) -> tuple[Finding, ...]:
    """What a look at a courier brings, from another thread than the loop's."""
    couriers: dict[str, Checked] = {"well": Well(), "broken": Broken(), "silent": Silent()}
    checks = Checks(couriers, clock=lambda: NOW, pause=lambda *_: None)
    checks.attach(asyncio.get_running_loop())
    report = await asyncio.to_thread(checks.check, name, OFFICER)
    assert checks.reports() == {name: report}
    return report.findings


def test_what_a_courier_finds_is_kept_with_the_moment() -> None:
    assert [each.about for each in asyncio.run(asked("well"))] == ["login", "certificate"]


@pytest.mark.parametrize(("name", "said"), [("broken", "không có mạng"), ("silent", "không trả lời")])
def test_a_failure_and_a_silence_are_findings(monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    monkeypatch.setattr(checking, "_PATIENCE_S", 0.2)
    (finding,) = asyncio.run(asked(name))
    assert finding.level is FindingLevel.BAD
    assert said in finding.text


def test_only_an_officer_asks_and_only_couriers_to_office_systems() -> None:
    checks = Checks({"well": Well()}, clock=lambda: NOW, pause=lambda *_: None)
    with pytest.raises(NotAllowed):
        checks.check("well", AUDITOR)
    with pytest.raises(NotFound):
        checks.check("relay", OFFICER)
