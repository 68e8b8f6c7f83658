"""Says whether the audit is as it was sealed, or where it first is not: in the database, or in a file that was taken out of it.

Texts are for whoever checks, in Vietnamese.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from gateway.chain import Entry, Head, Kind, Link, digest, wrong_with
from gateway.errors import VanthuError
from gateway.model import Value
from gateway.phrases import phrase
from gateway.signing import fingerprint, is_genuine
from gateway.store import Store
from gateway.store.chain import Row
from gateway.store.chain_looks import Place, Report

_PAGE = 50  # links in memory at a time: each has up to 1200 entries
_ENDS = 1_000_000_000


class Step(NamedTuple):
    """A link with the rows that it sealed, as they are now; None where there are none to compare."""

    link: Link
    stories: Sequence[Row] | None
    mails: Sequence[Row] | None


def verify(steps: Iterable[Step], heads: Mapping[int, Sequence[Head]], keys: Mapping[str, str]) -> Report:
    """Walk along the chain.  ``heads``: those that were written down, by number; ``keys``: public keys by fingerprint."""
    place = walk(Place(), steps, heads, keys)
    return place.report if place.report.broken else ended(place, max(heads, default=0))


def walk(place: Place, steps: Iterable[Step], heads: Mapping[int, Sequence[Head]], keys: Mapping[str, str]) -> Place:
    """Go on from a place along these links, as far as they go or to the first thing that is wrong."""
    for step in steps:
        link = step.link
        broken = wrong_with(link, after=place.link, previous=place.hash) or _wrong_rows(step)
        agreeing = heads.get(link.n, ())
        broken = broken or next(filter(None, (_wrong_head(head, link.hash, keys) for head in agreeing)), "")
        report = _counted(place.report, link, len(agreeing), broken)
        if broken:
            return msgspec.structs.replace(place, report=report)
        place = Place(report=report, link=link.n, hash=link.hash, stories_to=link.stories_to, mails_to=link.mails_to)
    return place


def ended(place: Place, signed: int) -> Report:
    """The report at the end of the chain, when the highest head that was ever signed has this number."""
    if signed <= place.link:
        return place.report
    cut = phrase(
        "chuỗi kết thúc ở mắt xích %(last)s, nhưng đầu chuỗi đã ký có mắt xích %(signed)s: phần cuối đã bị cắt",
        last=place.link,
        signed=signed,
    )
    return msgspec.structs.replace(place.report, broken=cut)


def _counted(report: Report, link: Link, heads: int, broken: str) -> Report:
    stories = sum(entry.kind is Kind.STORY for entry in link.entries)
    return msgspec.structs.replace(
        report,
        links=report.links + 1,
        stories=report.stories + stories,
        mails=report.mails + link.count - stories,
        heads=report.heads + heads,
        broken=broken,
    )


def _wrong_head(head: Head, hash_: str, keys: Mapping[str, str]) -> str:
    if head.hash != hash_:
        return phrase(
            "mắt xích %(n)s không giống đầu chuỗi đã ký lúc %(at)s: chuỗi đã được làm lại từ đầu",
            n=head.n,
            at=head.at.isoformat(),
        )
    public = keys.get(head.key, "")
    if public and not is_genuine(head, public):
        return phrase("chữ ký của đầu chuỗi %(n)s không hợp lệ", n=head.n)
    return ""


# --- rows against entries -------------------------------------------------------------------------------------------------

_WHAT = {Kind.STORY: phrase("dòng diễn biến"), Kind.MAIL: phrase("thư")}


def _wrong_rows(step: Step) -> str:
    for kind, rows in ((Kind.STORY, step.stories), (Kind.MAIL, step.mails)):
        if rows is not None and (wrong := compare([each for each in step.link.entries if each.kind is kind], rows)):
            return phrase("mắt xích %(n)s: %(kind)s %(wrong)s", n=step.link.n, kind=_WHAT[kind], wrong=wrong)
    return ""


def compare(entries: Sequence[Entry], rows: Sequence[Row]) -> str:
    """The first row that is not as it was sealed, in the order of the entries; "" when all are."""
    now, sealed = {row.ref: row for row in rows}, {entry.ref for entry in entries}
    for entry in entries:
        row = now.get(entry.ref)
        if row is None:
            return phrase("%(ref)s đã bị xóa", ref=entry.ref)
        if row.digest != entry.digest:
            return phrase("%(ref)s đã bị sửa", ref=entry.ref)
    added = [row.ref for row in rows if row.ref not in sealed and not row.is_late]
    return phrase("%(ref)s được thêm vào sau khi niêm phong", ref=added[0]) if added else ""


# --- the database ---------------------------------------------------------------------------------------------------------


def verify_store(store: Store, written: Iterable[Head], public: str) -> Report:
    """The chain of a store with all its rows, against the heads that were signed there and those ``written`` down elsewhere."""
    heads: dict[int, list[Head]] = {}
    for head in (*_all_heads(store), *written):
        heads.setdefault(head.n, []).append(head)
    keys = {fingerprint(public): public}
    report = verify(steps_of(store, links_of(store), Place()), heads, keys)
    strange = sorted({head.key for each in heads.values() for head in each} - keys.keys())
    notes = [f"đầu chuỗi ký bằng khóa {key}: không có khóa đó ở đây để kiểm tra chữ ký" for key in strange]
    sealed = store.chain.head()
    waiting = len(store.chain.story_rows(after=sealed.stories_to if sealed is not None else 0, until=1 << 62, limit=1000))
    if waiting:
        notes.append(f"{waiting if waiting < 1000 else 'hơn 1000'} dòng diễn biến mới chưa được niêm phong")
    return msgspec.structs.replace(report, notes=tuple(notes))


def _all_heads(store: Store) -> Iterator[Head]:
    after = 0
    while found := store.chain.heads(after=after):
        yield from found
        after = found[-1].n


def links_of(store: Store) -> Iterator[Link]:
    """All links of a store, in order."""
    after = 0
    while found := store.chain.links(after=after, limit=_PAGE):
        yield from found
        after = found[-1].n


def steps_of(store: Store, links: Iterable[Link], behind: Place) -> Iterator[Step]:
    """Links of a store that follow that place, each with its rows as they are now."""
    stories_to, mails_to = behind.stories_to, behind.mails_to
    for link in links:
        limit = link.count + 10  # what was put in shows itself among the first
        stories = store.chain.story_rows(after=stories_to, until=link.stories_to, limit=limit)
        mails = store.chain.mail_rows(after=mails_to, until=link.mails_to, limit=limit) if link.mails_to > mails_to else []
        yield Step(link, [row for row, _ in stories], mails)
        stories_to, mails_to = link.stories_to, link.mails_to


# --- a file ---------------------------------------------------------------------------------------------------------------


class Line(Value, omit_defaults=True):
    """One line of an exported chain (JSON): what it is a copy of."""

    link: Link | None = None
    story: list[Any] | None = None  # the values that were sealed, behind the line of their link
    head: Head | None = None
    public: str = ""  # the first line: the key that signs


def export(store: Store, public: str, write: Callable[[bytes], object]) -> int:
    """Write the whole chain with all lines of stories (no mail: only its digests); gives the number of links."""
    lines = msgspec.json.Encoder()

    def put(line: Line) -> None:
        write(lines.encode(line) + b"\n")

    put(Line(public=public))
    before, n = 0, 0
    for link in links_of(store):
        put(Line(link=link))
        for _, values in store.chain.story_rows(after=before, until=link.stories_to, limit=_ENDS):
            put(Line(story=values))
        before, n = link.stories_to, link.n
    for head in _all_heads(store):
        put(Line(head=head))
    return n


def verify_export(file: Path, *, public: str = "") -> Report:
    """An exported chain by itself; ``public``: the key to believe, else the one that the file names.  VanthuError."""
    heads: dict[int, list[Head]] = {}
    for line in _lines(file):
        if line.head is not None:
            heads.setdefault(line.head.n, []).append(line.head)
        public = public or line.public
    return verify(_steps_in(file), heads, {fingerprint(public): public} if public else {})


def _lines(file: Path) -> Iterator[Line]:
    decoder = msgspec.json.Decoder(Line)
    with file.open("rb") as stream:
        for n, line in enumerate(stream, 1):
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise VanthuError(f"{file}: dòng {n} không phải của một chuỗi kiểm tra: {error}") from error


def _steps_in(file: Path) -> Iterator[Step]:
    link: Link | None = None
    rows: list[Row] = []
    for line in _lines(file):
        if line.link is not None:
            if link is not None:
                yield Step(link, rows, None)
            link, rows = line.link, []
        elif line.story is not None:
            rows.append(Row(str(line.story[0]), digest(line.story)))
    if link is not None:
        yield Step(link, rows, None)
