"""What the end of a file name says: asked only where the content says nothing.  Pure."""

from __future__ import annotations

import re

_DOCUMENT_SUFFIX = re.compile(
    r"\.(?:pdf|doc[xm]?|dot[xm]?|rtf|f?odt|pptx?|odp|eml|msg|p7m|html?|mht|txt|jpe?g|png|tiff?|hei[cf]|avif|bmp|webp|gif|"
    r"zip|rar|7z|gz|tgz|tar|bz2|xz|cab|edxml)\Z",
    re.IGNORECASE,
)


def suffix_says_document(name: str) -> bool:
    """The name ends as documents do: only asked where the content says nothing."""
    return _DOCUMENT_SUFFIX.search(name.strip()) is not None


_VOLUME = re.compile(r"\.(?:part\d{1,4}\.rar|[rz]\d\d|[a-z0-9]{1,5}\.\d{3})\Z", re.IGNORECASE)


def is_volume(name: str) -> bool:
    """The name is that of one of several pieces: "a.part2.rar", "a.r00", "a.z01", "a.7z.001", "a.pdf.002"."""
    return _VOLUME.search(name.strip()) is not None


_SIGNATURE = re.compile(r"\.(?:p7s|p7m|p7b|sig|sign)\Z", re.IGNORECASE)


def signed_name(name: str) -> str:
    """The name of the file that a signature beside it is over: "cv.pdf" for "cv.pdf.p7s"; "" for other names."""
    stem = _SIGNATURE.sub("", name.strip())
    return stem if stem != name.strip() else ""
