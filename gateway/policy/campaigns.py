"""Reporting channels that a guiding document opened: does this mail come through one?  Pure.

The notice lets reports go "theo nội dung của văn bản hướng dẫn": a guiding document may name a mailbox, a form and a
window, and what matches passes even if it is a numbered and sealed report.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from gateway.directory.snapshot import Campaign
from gateway.documents.vietnamese import fold
from gateway.model import Nature, Recognition


def matching(campaigns: Iterable[Campaign], recognition: Recognition) -> Campaign | None:
    """The first of the open campaigns of a mailbox that the mail fits; None when it fits none."""
    return next((campaign for campaign in campaigns if fits(campaign, recognition)), None)


def fits(campaign: Campaign, recognition: Recognition) -> bool:
    """Whether the mail has a file of the wanted form, and no official document of an unwanted kind."""
    has_form = not (campaign.extensions or campaign.names) or any(
        _is_form(campaign, file.name) for file in recognition.files if file.name
    )
    kinds = {d.kind.lower() for d in recognition.documents() if d.nature in (Nature.ISSUED, Nature.COPY)}
    return has_form and (not campaign.kinds or kinds <= {kind.lower() for kind in campaign.kinds})


def _is_form(campaign: Campaign, name: str) -> bool:
    """Whether a file is called as the guiding document wants it."""
    flat = fold(name)
    ends = not campaign.extensions or flat.endswith(tuple(f".{ending}" for ending in campaign.extensions))
    return ends and (not campaign.names or any(fnmatchcase(flat, fold(pattern)) for pattern in campaign.names))
