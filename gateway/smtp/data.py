"""The data of a mail on the wire: where it ends, what it says without dot-stuffing, what is wrong with its line ends.  Pure.

Three programs read these bytes one after the other: the client that sent them, we, and the next hop.  Whoever can make
two of them disagree about where a mail ends can smuggle a second mail in, with any sender he likes.  So only CRLF.CRLF ends
the data here (RFC 5321 section 4.1.1.4), and what another program might read as an end is found out (`LineEnds.LONE_DOT`).
"""

from __future__ import annotations

import io
import re
from enum import StrEnum

from gateway.model import Value, digest_of
from gateway.smtp.pieces import Pieces

_END = b"\r\n.\r\n"
# A dot alone between two line ends of any kind, or at the start.  A client that keeps to CRLF and stuffs its dots sends none:
# the first would be the end.  What we send on has a lone dot only where this finds one: a dot after CRLF leaves us doubled,
# whereas one after a bare CR or LF leaves us as it came.  NULs beside it count for nothing: some servers leave them out.
_LONE_DOT = re.compile(rb"(?:\A|[\r\n])\x00*\.\x00*[\r\n]")
_LARGE = 8 * 1024
_PIECE = 64 * 1024  # stays in the processor's cache
_BYTES_PER_DOT = 1024  # that make going from dot to dot as quick as a search for all five octets
_HEADER_BYTES = 1024 * 1024  # we look no further for trace headers: fifty of them fit in a fraction of this


class LineEnds(StrEnum):
    """What the line ends of a mail are like."""

    CLEAN = "clean"  # CRLF everywhere
    BARE = "bare"  # CR or LF by itself somewhere
    LONE_DOT = "lone-dot"  # as BARE, with a dot between that some server could take for the end


class Contents(Value):
    """A mail as it came over the wire."""

    raw: bytes  # without dot-stuffing
    digest: str
    line_ends: LineEnds
    hops: int  # how many servers have put a Received field in front


class DataReader:
    """Collects the data of one mail, in chunks of any size, until CRLF.CRLF."""

    size = 0  # octets on the wire so far
    # Nearly every mail comes in one chunk and needs none of these.
    _whole: bytes | None = None
    _kept: Pieces | None = None
    _keeps = True
    # What stands right before the next chunk, for an end that lies across.  The CRLF of the DATA command counts as the line
    # end before the first line: ".CRLF" right after it is an empty mail.
    _before = b"\r\n"

    def feed(self, chunk: bytes) -> bytes | None:
        """Take a chunk.  Returns what follows the end of the data, or None as long as the end has not come."""
        if not self.size and chunk.endswith(_END) and _end_in(chunk) == len(chunk) and not chunk.startswith(b".\r\n"):
            # All of a mail and nothing else, as nearly every small one comes: no need to copy it.
            self._whole, self.size = chunk[:-3], len(chunk)
            return b""
        before, across = self._before, len(_END) - 1
        seam = (before + chunk[:across]).find(_END)
        end = seam + len(_END) - len(before) if seam >= 0 else _end_in(chunk)
        if end < 0:
            self._before = (before + chunk[-across:])[-across:]
            self._keep(chunk)
            return None
        self._keep(chunk[:end])
        if self._kept is not None:
            self._kept.cut(len(_END) - 2)
        return chunk[end:]

    def _keep(self, data: bytes) -> None:
        self.size += len(data)
        if self._keeps:
            self._kept = self._kept or Pieces()
            self._kept.add(data)

    def drop(self) -> None:
        """Keep nothing from now on; the end is still found."""
        self._keeps = False
        self._whole = self._kept = None

    def wire(self) -> bytes:
        """The data as it came, dots stuffed, without the final dot.  Empties the reader; asked once, when the end has come."""
        whole, kept = self._whole, self._kept
        self._whole = self._kept = None
        return whole if whole is not None else kept.whole() if kept is not None else b""


def _end_in(chunk: bytes) -> int:
    """How many octets of a chunk there are up to and with the first CRLF.CRLF in it; -1: it has none.

    From dot to dot as long as they are few: files in base64 have hardly any, and are through in a thirtieth of the time.
    """
    at = 0
    if len(chunk) >= _LARGE:
        at = chunk.find(b".")
        for _ in range(len(chunk) // _BYTES_PER_DOT):
            if at < 0:
                return -1
            if chunk[max(at - 2, 0) : at + 3] == _END:
                return at + 3
            at = chunk.find(b".", at + 1)
    end = chunk.find(_END, max(at - 2, 0)) if at >= 0 else -1
    return end + len(_END) if end >= 0 else -1


def unpack(wire: bytes, *, chunked: bool = False) -> Contents:
    """Undo the dot-stuffing (RFC 5321 section 4.5.2) and look at line ends and trace headers.  Some ms for each 10 MB.

    ``chunked``: it came by BDAT, where no dots are stuffed; it is judged as if it had come by DATA, which is how it leaves.
    """
    raw = wire if chunked else _unstuffed(wire)
    line_ends = _line_ends(_as_data(raw) if chunked else wire)
    return Contents(raw=raw, digest=digest_of(raw), line_ends=line_ends, hops=_hops(raw))


def could_end_early(raw: bytes) -> bool:
    """Whether some server could take a part of a mail for its end, when it gets it from us."""
    return _LONE_DOT.search(_as_data(raw)) is not None


def _as_data(raw: bytes) -> bytes:
    """With the line end that a mail without one gets in front of the final dot: it could make an end of a dot before it."""
    return stuffed(raw) if raw.endswith(b"\r\n") else stuffed(raw) + b"\r\n"


def _unstuffed(wire: bytes) -> bytes:
    raw = wire.replace(b"\r\n.", b"\r\n") if _may_have_dots(wire) else wire
    return raw[1:] if raw.startswith(b".") else raw


def stuffed(raw: bytes) -> bytes:
    """Double the dots at the beginning of lines (RFC 5321 section 4.5.2)."""
    wire = raw.replace(b"\r\n.", b"\r\n..") if _may_have_dots(raw) else raw
    return b"." + wire if wire.startswith(b".") else wire


def _may_have_dots(data: bytes) -> bool:
    """Whether a line may begin with a dot: looked for as in _end_in(), and only where that is worth it."""
    if len(data) < _LARGE:
        return True
    at = data.find(b".")
    for _ in range(len(data) // _BYTES_PER_DOT):
        if at < 0:
            return False
        if data[max(at - 2, 0) : at] == b"\r\n":
            return True
        at = data.find(b".", at + 1)
    return True


def _line_ends(wire: bytes) -> LineEnds:
    if _has_only_crlf(wire):
        return LineEnds.LONE_DOT if b"\x00" in wire and _LONE_DOT.search(wire) else LineEnds.CLEAN
    return LineEnds.LONE_DOT if _LONE_DOT.search(wire) else LineEnds.BARE


def _has_only_crlf(wire: bytes) -> bool:
    """Whether no CR and no LF stands by itself.

    The reader of text files knows which line ends it has met, and needs a third of the time of three searches.
    """
    reader = io.IncrementalNewlineDecoder(None, translate=False)
    view = memoryview(wire)
    for at in range(0, len(wire), _PIECE):
        reader.decode(str(view[at : at + _PIECE], "latin-1"))
    reader.decode("", final=True)  # a CR at the very end
    return reader.newlines in (None, "\r\n")


def passes(raw: bytes, hostname: str) -> int:
    """How often a mail has passed us already, by our name in its Received fields."""
    return _header(raw).count(f"by {hostname} (vanthu)".lower().encode())


def _header(raw: bytes) -> bytes:
    """The header in small letters, as far as we look."""
    end = raw.find(b"\r\n\r\n")
    header = raw[: min(end, _HEADER_BYTES) if end >= 0 else _HEADER_BYTES].lower()
    bare = header.find(b"\n\n")  # a mail with bare line ends, from a trusted network
    return header[:bare] if bare >= 0 else header


def _hops(raw: bytes) -> int:
    """The number of Received fields (RFC 5321 section 6.3: a simple count finds loops)."""
    header = _header(raw)
    return header.count(b"\nreceived:") + header.startswith(b"received:")
