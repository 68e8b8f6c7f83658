"""The page without its red ink: letters under a seal or a red stamp can be read then.  Pure."""

from __future__ import annotations

import numpy as np

from gateway.documents.pictures.page import PageImage

_HEAD = 0.42  # share of the page in which a letterhead stands
_MUCH = 0.0012  # share of red dots in it: a seal has more, a name stamped in red about as many
_REDDER = 60  # than the other two colours


def has_red_ink(page: PageImage) -> bool:
    """Whether seals or stamps in red lie in the upper part of a page."""
    if page.pixels.ndim == 2:
        return False
    head = page.pixels[: int(page.height * _HEAD) : 3, ::3].astype(np.int16)
    red = head[..., 0] - np.maximum(head[..., 1], head[..., 2]) > _REDDER
    return bool(red.mean() > _MUCH)


def without_red_ink(page: PageImage) -> PageImage:
    """The page in grey as red light shows it: red ink is as bright as paper, black and blue stay dark."""
    if page.pixels.ndim == 2:
        return page
    return PageImage(pixels=np.ascontiguousarray(page.pixels[..., 0]), dpi=page.dpi, number=page.number)
