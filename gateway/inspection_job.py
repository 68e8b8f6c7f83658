"""What the gateway and its fork servers say to each other.  Loads no reader: the gateway's own process parses nothing.

The socket carries one job at a time: a message ``Job`` with two descriptors (the input, a socket for frames),
then "K" to kill the child; back comes ``Exit`` when the child is gone.  Frames: 4 bytes length, 1 byte what, body.  To PARTS
the gateway answers, over the same descriptor: 4 bytes length, and which of the parts it does not need.
"""

from __future__ import annotations

from gateway.model import Value

MESSAGE, PARTS, BEGIN, READING, MADE, FAILED, END = b"M", b"P", b"B", b"R", b"O", b"F", b"E"
NOT_THERE = "not there"
READY = b"ready"
KILL = b"K"


class Job(Value):
    """What a child shall do."""

    task: str  # one of TASKS
    name: str = ""  # words: the media type; rows: the sheet
    page: int = 0  # page: counted from 1
    width: int = 0  # page: in pixels
    way: tuple[str, ...] = ()  # take: digests that lead to the file
    after_death: bool = False  # mail: of a child that read it before
    time_limit_s: float = 20.0
    memory_limit_mb: int = 1024
    max_file_bytes: int = 40 * 1024 * 1024


class Parts(Value):
    """The parts of a mail, by their number in it; said before any of them is opened."""

    digests: tuple[str, ...]  # SHA-256 of their bytes
    keys: tuple[str, ...]  # what the reading of each hangs on; "" when it must not be remembered
    order: tuple[int, ...]  # in which they are read
    harmless: int  # so many of them at first are words that only Python itself reads


class Exit(Value):
    """How a child ended: exit code, or minus the signal; and how much memory it used at most."""

    status: int
    max_rss_mb: int


class Models(Value):
    """What to load, from [inspection] of the configuration."""

    ocr: bool = True
    tessdata: str = ""  # folder of vie.traineddata; "" looks where Debian keeps it
    trust_anchors: str = ""  # folder of certificates; "" trusts nobody
