"""A courier that a person paused stays so through a restart of the whole gateway, until a person resumes it."""

from __future__ import annotations

from pathlib import Path

from tests.imap.house import House
from tests.web.sample import OFFICER


def test_a_restart_agrees_with_the_pause_and_with_its_end(tmp_path: Path) -> None:
    folder = tmp_path / "house"
    house = House(folder)
    office, *_ = house.gateway.settings.office
    house.gateway.checks.pause(office.name, OFFICER, "bảo trì (minh)")
    house.stop()

    house = House(folder)
    assert house.gateway.live()["paused_couriers"] == {office.name: "bảo trì (minh)"}
    house.gateway.traffic.resume(office.name, OFFICER)
    house.gateway.checks.pause(office.name, OFFICER, "đổi khóa (minh)")
    house.stop()

    house = House(folder, office=())  # an office system that is no more has nothing to pause
    assert house.gateway.live()["paused_couriers"] == {}
    house.stop()

    house = House(folder, office=(office,))
    assert house.gateway.live()["paused_couriers"] == {office.name: "đổi khóa (minh)"}
    house.gateway.traffic.resume(office.name, OFFICER)
    house.stop()

    house = House(folder)
    assert house.gateway.live()["paused_couriers"] == {}
    house.stop()
