"""Header fields of mails and parts: read without the email package, capped, never raising.  Pure.

RFC 5322 (folding), 2045 (Content-Type), 2183 (Content-Disposition).  A field that is there twice is kept twice, and a head
whose end readers see in different places has several cuts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.documents.parameters import boundaries_of, media_types_of, parameters_of
from gateway.documents.suffixes import suffix_says_document
from gateway.documents.words import MAX_FIELD, decoded_bytes, decoded_words
from gateway.model import Value

__all__ = [
    "Fields", "cut_head", "cuts_of", "decoded_bytes", "decoded_words", "parse_fields", "subject_of",
]  # fmt: skip

_MAX_HEAD = 256 * 1024
_MOST_FIELDS = 1000
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n|\r\r")
_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r)[ \t]+(?:\r\n|\n|\r)")
_FIELD = re.compile(rb"^([!-9;-~]{1,76})[ \t]*:[ \t]*((?:[^\r\n]|(?:\r\n|\n|\r)(?=[ \t]))*)", re.MULTILINE)
_LONE_CR = re.compile(rb"\r(?!\n)")
_FIELDS_ONLY = re.compile(rb"(?:[!-9;-~]{1,76}[ \t]*:[^\r\n]*(?:(?:\r\n|\n|\r)[ \t][^\r\n]*)*(?:\r\n|\n|\r))+")


_COMMENT = re.compile(r"\([^)]*\)")


class Fields(Value):
    """The fields of one head: lower-case names and undecoded values, in order."""

    pairs: tuple[tuple[str, str], ...] = ()

    def first(self, name: str) -> str:
        """The first value of a field, "" when there is none."""
        return next((value for key, value in self.pairs if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every value of a field, in order."""
        return [value for key, value in self.pairs if key == name]

    def types(self) -> list[str]:
        """The media types that readers may see, lower case.  Without one it is text/plain (RFC 2045 section 5.2)."""
        found = [kind for value in self.all("content-type") for kind in media_types_of(value)]
        return list(dict.fromkeys(found)) or ["text/plain"]

    def boundaries(self) -> list[bytes]:
        """Every boundary that a Content-Type field may mean, likely ones first."""
        found = [boundary for value in self.all("content-type") for boundary in boundaries_of(value)]
        return [boundary.encode("utf-8", "surrogateescape") for boundary in dict.fromkeys(found)]

    def charsets(self) -> list[str]:
        """The character sets that are named, each once."""
        found = [each for value in self.all("content-type") for each in parameters_of(value).get("charset", ())]
        return list(dict.fromkeys(each.strip(" '\"").lower() for each in found if each)) or [""]

    def encodings(self) -> list[str]:
        """The transfer encodings that are named, each once."""
        return list(dict.fromkeys(value.lower() for value in self.all("content-transfer-encoding") if value))

    def dispositions(self) -> set[str]:
        """ "attachment", "inline" …, lower case: every one that is named."""
        found = {_COMMENT.sub("", value).partition(";")[0].strip(" \t\"'").lower() for value in self.all("content-disposition")}
        return found - {""}

    def file_name(self) -> str:
        """The file name, decoded, without folders; "" when there is none.

        It may be given four times and differently (filename, filename*, name, name*): a name that says document counts.
        """
        names = list(dict.fromkeys(filter(None, map(_without_folders, self._names()))))
        return next((name for name in names if suffix_says_document(name)), names[0] if names else "")

    def _names(self) -> Iterator[str]:
        for field, parameter in (("content-disposition", "filename"), ("content-type", "name")):
            for value in self.all(field):
                found = parameters_of(value)
                yield from (*found.get(parameter, ()), *found.get("name" if parameter == "filename" else "filename", ()))

    def typed(self, kind: str) -> Fields:
        """The same with another Content-Type."""
        return Fields(pairs=(("content-type", kind), *(pair for pair in self.pairs if pair[0] != "content-type")))

    def as_text(self) -> Fields:
        """The head of a multipart whose boundary never comes: what is left is a text."""
        return Fields(
            pairs=tuple(p for p in self.typed("text/plain").pairs if p[0] in ("content-type", "content-transfer-encoding"))
        )


def _without_folders(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].strip()


# --- Where does the head end? -----------------------------------------------------------------------------------------


def cut_head(raw: bytes, *, part: bool = False) -> tuple[bytes, bytes]:
    """Head and body as most readers cut them.  A part may have no head at all: it then begins with an empty line."""
    return cuts_of(raw, part=part)[0]


def cuts_of(raw: bytes, *, part: bool = False) -> list[tuple[bytes, bytes]]:
    """Every head and body that readers may see, the usual one first: a line of spaces ends the head for some of them, and so
    does, without an empty line, the first line that is no field."""
    if part and raw[:1] in (b"\n", b"\r"):
        return [(b"", raw.lstrip(b"\r\n"))]
    cuts = []
    if end := _END_OF_HEAD.search(raw, 0, _MAX_HEAD):
        cuts.append((raw[: end.start()], raw[end.end() :]))
    elif fields := _FIELDS_ONLY.match(raw, 0, _MAX_HEAD):
        cuts.append((raw[: fields.end()], raw[fields.end() :]))
    elif _FIELD.match(raw):
        cuts.append((raw[:_MAX_HEAD], raw[_MAX_HEAD:]))
    else:
        return [(b"", raw)]
    if blank := _BLANK_LINE.search(raw, 0, len(cuts[0][0])):
        cuts.append((raw[: blank.start()], raw[blank.end() :]))
    return cuts


_FOLDED = re.compile(r"[\r\n]+[ \t]+")


def parse_fields(head: bytes) -> Fields:
    """All fields of a head; lines that are none are passed over, and so are NULs, as C programs do."""
    pairs: list[tuple[str, str]] = []
    if b"\0" in head or b"\r" in head.replace(b"\r\n", b""):
        head = _LONE_CR.sub(b"\n", head.replace(b"\0", b""))
    for found in _FIELD.finditer(head, 0, _MAX_HEAD):
        name = found[1].decode("ascii").lower()
        if len(pairs) >= _MOST_FIELDS and not name.startswith("content-"):
            continue
        value = found[2][:MAX_FIELD].decode("utf-8", "surrogateescape")
        pairs.append((name, _FOLDED.sub(" ", value).strip()))
        if len(pairs) >= 2 * _MOST_FIELDS:
            break
    return Fields(pairs=tuple(pairs))


_SUBJECT = re.compile(rb"(?:^|[\r\n])subject[ \t]*:[ \t]*((?:[^\r\n]|(?:\r\n|\n|\r)(?=[ \t]))*)", re.IGNORECASE)


def _end_of_head(raw: bytes) -> int:
    """Where _END_OF_HEAD begins.  Plain searches, because every mail is asked, and the expression takes ten times as long."""
    end = min(len(raw), _MAX_HEAD)
    for blank in (b"\n\r\n", b"\n\n", b"\r\r"):
        found = raw.find(blank, 0, min(end + 2, _MAX_HEAD))
        if found > 0 and blank[0] == _LF and raw[found - 1] == _CR:
            found -= 1
        if found >= 0:
            end = min(end, found)
    return end


_CR, _LF = b"\r\n"


def subject_of(raw: bytes) -> str:
    """The Subject field of a mail, decoded, NFC, without looking at anything else; "" when there is none."""
    end = _end_of_head(raw)
    head = raw[:end].lower()
    at = head.find(b"subject")
    while at > 0 and head[at - 1] not in b"\r\n":
        at = head.find(b"subject", at + 1)
    found = _SUBJECT.search(raw, max(at - 1, 0), end) if at >= 0 else None
    if found is None:
        return ""
    return decoded_words(found[1][:MAX_FIELD].decode("utf-8", "surrogateescape"))
