"""The kinds of values that settings have, with the bounds beyond which nothing would work."""

from __future__ import annotations

from typing import Annotated

import msgspec

# Numbers with which nothing would work do not load.  (More than a year is no time limit but a slip.)
Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=366 * 24 * 3600)]
Hours = Annotated[float, msgspec.Meta(gt=0, le=366 * 24)]
Delay = Annotated[int, msgspec.Meta(ge=1, le=366 * 24 * 3600)]
Domain = Annotated[str, msgspec.Meta(pattern=r"^([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)?$", max_length=200)]
