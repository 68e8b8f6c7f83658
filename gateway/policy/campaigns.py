"""Reporting channels that a guiding document opened: does this mail come through one?  Pure.

The notice lets reports go "theo nội dung của văn bản hướng dẫn": a guiding document may name a mailbox, a form and a
window, and what matches passes even if it is a numbered and sealed report.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.directory.snapshot import Campaign
from gateway.model import Nature, Recognition


def matching(campaigns: Iterable[Campaign], recognition: Recognition) -> Campaign | None:
    """The first of the open campaigns of a mailbox that the mail fits; None when it fits none."""
    return next((campaign for campaign in campaigns if fits(campaign, recognition)), None)


def fits(campaign: Campaign, recognition: Recognition) -> bool:
    """Whether the mail has a file of the wanted form, and no official document of an unwanted kind."""
    names = [file.name.lower() for file in recognition.files if file.name]
    has_form = not campaign.extensions or any(name.endswith(tuple(f".{e}" for e in campaign.extensions)) for name in names)
    kinds = {d.kind.lower() for d in recognition.documents() if d.nature in (Nature.ISSUED, Nature.COPY)}
    return has_form and (not campaign.kinds or kinds <= {kind.lower() for kind in campaign.kinds})
