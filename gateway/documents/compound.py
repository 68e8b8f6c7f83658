"""Compound files ([MS-CFB]: DOC, XLS, PPT, MSG), never larger inside than outside.  Pure.

olefile goes on after most of what is wrong with a file, which is well for files that programs have written badly.  But a stream
that says it has two thousand million sectors, in a chain that bites its own tail, would be read until the memory is gone.
"""

from __future__ import annotations

import io

import olefile


class Compound(olefile.OleFileIO):  # type: ignore[misc]  # olefile has no types
    """Open one; a context manager.  Raises what olefile, struct and io raise."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))

    def _raise_defect(
        self, defect_level: int, message: str, exception_type: type[Exception] = olefile.olefile.OleFileError
    ) -> None:
        if "too large" in message:  # more sectors than the file has
            raise exception_type(message)
        super()._raise_defect(defect_level, message, exception_type)
