"""What a child tells of the parts of a mail before it opens one: the order, and what the reading of each hangs on.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gateway.documents import media
from gateway.documents.mime import Part
from gateway.inspection_job import Parts
from gateway.model import digest_of


def parts_of(parts: Sequence[Part], digests: Sequence[str], *, max_file_bytes: int, after_death: bool = False) -> Parts:
    """``digests`` are those of their data.

    Texts that no library but Python's own reads come first: whatever they are, the child is still ours after them.  Then files,
    so that the first of them may be remembered, and last the texts that a library takes apart; but when a child died over a
    file, ``after_death``, those come before files.
    """
    ranks = [_rank(part) for part in parts]
    keys = tuple(
        _key(part, digest) if rank == _FILE and not part.limit and len(part.data) <= max_file_bytes else ""
        for part, digest, rank in zip(parts, digests, ranks, strict=True)
    )
    places = (_WORDS, _TAGS, _FILE) if after_death else (_WORDS, _FILE, _TAGS)
    order = tuple(sorted(range(len(parts)), key=lambda index: places.index(ranks[index])))
    return Parts(digests=tuple(digests), keys=keys, order=order, harmless=ranks.count(_WORDS))


def in_turn(parts: Sequence[Part], order: Sequence[int], needless: Collection[int]) -> list[int]:
    """Which parts are read, one after the other: texts no later than behind the first file.

    A mail has only so much time, and many files may use up all of it: what its sender wrote himself is read in any case.
    """
    wanted = [index for index in order if index not in needless]
    first = next((place for place, index in enumerate(wanted, 1) if _rank(parts[index]) == _FILE), len(wanted))
    return [*wanted[:first], *sorted(wanted[first:], key=lambda index: _rank(parts[index]) == _FILE)]


_WORDS, _FILE, _TAGS = 0, 1, 2
_WITH_TAGS = (media.HTML, media.RTF)


def _rank(part: Part) -> int:
    if not part.is_body or part.limit:
        return _FILE
    return _TAGS if part.declared in _WITH_TAGS else _WORDS


def _key(part: Part, digest: str) -> str:
    """All that gateway.documents.recognise.read_part looks at.  A signature that lies beside a file is over another one."""
    over = digest_of(part.signed) if part.signed else ""
    told = (digest, len(part.data), part.name, part.declared, part.charset, part.inline, part.forwarded, over)
    return digest_of(ascii(told).encode())  # a declared type may hold bytes that are no text
