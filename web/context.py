"""What the console needs of the gateway, and how its views reach it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, cast

from flask import current_app

from gateway.accounts import Accounts
from gateway.store.store import utc_now

if TYPE_CHECKING:
    from gateway.answers import Answers
    from gateway.bridge.pull import Pulling
    from gateway.channels import Channels
    from gateway.checking import Checks
    from gateway.config import Config
    from gateway.desk import Desk
    from gateway.directory.snapshot import Directory
    from gateway.first_visit import FirstVisit
    from gateway.hearing import Hearing
    from gateway.layers import Layers
    from gateway.model import Case
    from gateway.policy.rules import Policy
    from gateway.reception import Reception
    from gateway.review import Review
    from gateway.secret import Links
    from gateway.store import Store
    from gateway.traffic import Traffic

_EXTENSION = "vanthu"


class PageDrawer(Protocol):
    """What the console needs of gateway.inspection."""

    def page_image(self, data: bytes, page: int, width_px: int) -> bytes:
        """One page of a PDF as PNG, drawn in a guarded child; NotFound when there is no such page."""
        ...

    def file_in(self, raw: bytes, way: Sequence[str]) -> bytes:
        """One file out of a mail, by the digests that lead to it; NotFound when it is not there, else VanthuError."""
        ...

    def rows_of(self, data: bytes, sheet: str = "") -> list[list[str]]:
        """The rows of a list that somebody sends in; VanthuError when it cannot be read."""
        ...

    def layers_of(self, raw: bytes) -> Layers:
        """A mail as people look at it; VanthuError when it cannot be taken apart within the limits."""
        ...

    def words_of(self, data: bytes, media: str) -> str:
        """The words of a file; VanthuError when there are none to be had."""
        ...


class WebGateway(Protocol):
    """The parts of a gateway that the console shows and moves."""

    @property
    def store(self) -> Store:
        """Where everything is remembered."""
        ...

    @property
    def review(self) -> Review:
        """What a person may do."""
        ...

    @property
    def desk(self) -> Desk:
        """What clerks do with cases beside deciding on the document."""
        ...

    @property
    def hearing(self) -> Hearing:
        """Who hears whoever was stopped."""
        ...

    @property
    def traffic(self) -> Traffic:
        """What the officer does about deliveries."""
        ...

    @property
    def channels(self) -> Channels:
        """Reporting channels and reminders."""
        ...

    @property
    def checks(self) -> Checks:
        """How the couriers to office systems are."""
        ...

    @property
    def answers(self) -> Answers:
        """What takes the answers of office systems."""
        ...

    @property
    def reception(self) -> Reception:
        """What the clerk does with documents of the axis."""
        ...

    @property
    def first_visit(self) -> FirstVisit:
        """The way in while there is no officer."""
        ...

    def smtp_door(self) -> tuple[str, int] | None:
        """Where mail comes in; None while nobody listens."""
        ...

    @property
    def pulling(self) -> Pulling:
        """What programs of office systems fetch."""
        ...

    @property
    def inspector(self) -> PageDrawer:
        """The guarded children that also draw pages."""
        ...

    @property
    def settings(self) -> Config:
        """The whole configuration."""
        ...

    @property
    def version(self) -> str:
        """The version of the program."""
        ...

    def directory(self) -> Directory:
        """The directory as it was last read."""
        ...

    @property
    def links(self) -> Links:
        """Signed links for people who do not sign in."""
        ...

    def package_of(self, case: Case) -> bytes:
        """The package of a case that an office system got, made again; b"" when there is none."""
        ...

    def policy(self) -> Policy:
        """The policy as it was last read."""
        ...

    def reload(self) -> None:
        """Read directory and policy again."""
        ...

    def live(self) -> dict[str, object]:
        """What only the running process knows: sessions, lag of the loop, paused couriers."""
        ...


def gateway() -> WebGateway:
    """The gateway that the current app shows."""
    return cast(WebGateway, current_app.extensions[_EXTENSION])


def accounts() -> Accounts:
    """What is done about accounts."""
    return Accounts(store(), gateway().directory, utc_now)


def store() -> Store:
    """The store of the current app's gateway."""
    return gateway().store
