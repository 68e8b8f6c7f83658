"""Which official documents does this mail, or this file, carry?  Pure; never raises, whatever comes in.

Bytes -> parts (mime, containers) -> lines (reading) -> signs -> FileReading.  In production each file is read in a guarded
child process (gateway.inspection), because the libraries below may loop or abort on hostile files.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.documents import mime
from gateway.documents.containers import Packed, Room
from gateway.documents.containers.mails import packed_of
from gateway.documents.gathering import STRENGTH, assembled
from gateway.documents.mime import Message, Part
from gateway.documents.opening import Opener
from gateway.documents.vietnamese import tidy
from gateway.model import FileReading, Nature, Recognition

__all__ = ["STRENGTH", "read_part", "read_parts", "recognise", "recognise_file"]


def recognise(raw: bytes) -> Recognition:
    """All that can be said about one mail.  Never raises."""
    message = mime.split(raw)
    return assembled(message.subject, tuple(read_parts(message)))


def read_parts(message: Message) -> Iterator[FileReading]:
    """The reading of each part, in order; ends after a secret one."""
    room = Room()
    for part in message.parts:
        reading = read_part(part, room)
        yield reading
        if reading.nature is Nature.SECRET:
            return


def read_part(part: Part, room: Room | None = None, *, digest: str = "") -> FileReading:
    """One part of a mail: a body text, or an attachment.  ``room`` is what the mail has left for what lies in its files.

    ``digest`` is that of its data, where it is known.
    """
    room = room or Room()
    room.restart()
    return Opener(room).open(packed_of(part), digest=digest)


def recognise_file(name: str, data: bytes) -> FileReading:
    """One file by itself: documents, pictures, archives, .txt and .html as a body, .eml and .msg as a mail.  Never raises.

    For UNREADABLE the confidence is how likely an issued document is inside, judged by name, media and signatures.
    """
    return Opener(Room()).open(Packed(name=tidy(name), data=data))
