"""The files of a case and those that lie in them: images of their pages, their words, and the original to download.

A file is named by its place in the readings of the case, depth first: an archive, then each file in it.  Nothing that a
stranger sent is parsed here: guarded children cut files out of mails and archives, draw pages and find words.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from typing import cast
from urllib.parse import quote

import msgspec
from flask import Blueprint, Flask, Response, abort, current_app, request, url_for
from flask.typing import ResponseReturnValue

from gateway.errors import NotFound, VanthuError
from gateway.model import Case, Evidence, FileReading, Nature, Value
from gateway.policy.reasons import why_unreadable
from gateway.rights import is_sealed
from gateway.roles import Verb
from web.auth import may, me, tell_seen, visible_case
from web.context import gateway, store
from web.language import gettext, said

blueprint = Blueprint("files", __name__)

PAGE_WIDTH = 1240  # pixels: A4 at 150 dots per inch, sharp enough for stamps
_CACHE_BYTES = 64 * 1024 * 1024
_PDF = "application/pdf"
_PICTURES = frozenset(f"image/{kind}" for kind in ("jpeg", "png", "tiff", "heic", "bmp", "webp", "gif"))
_NO_PAGE = b""  # remembered like an image: the file ends before this page
_NO_BYTES = ("", hashlib.sha256().hexdigest())  # digests of what could not be unpacked, or is empty
_BODIES = ("text/plain", "text/html")


class Place(Value):
    """A file of a case, and where it lies."""

    number: int  # in the readings of the case, depth first
    depth: int  # 0 is a part of the mail
    reading: FileReading
    way: tuple[str, ...]  # digests that lead to its bytes; () when there are none
    holder: str = ""  # the path of what it lies in

    @property
    def title(self) -> str:
        """The last step of its path; "" for the words of a mail, which are called as the mail itself."""
        if not self.depth:
            return self.reading.name
        return "" if self.reading.name == self.holder else self.reading.name.rpartition("/")[2]


class Preview(Value):
    """What the page side of a case shows of one file."""

    file: int  # its number in the readings of the case
    name: str
    kind: str  # "image", "text", "files" or "none"
    page: int = 1
    more: bool = False  # whether a next page may exist
    text: str = ""
    problem: str = ""  # why there is nothing to see, in Vietnamese
    lines: tuple[Evidence, ...] = ()  # what was read of a file that has no pages
    marks: tuple[Evidence, ...] = ()  # what was read on the page that is shown, with its place
    has_bytes: bool = False
    inner: tuple[Place, ...] = ()  # what lies in it


class FileCache:
    """Page images by (digest, page), and files themselves as page 0; the longest unused is forgotten first.

    An empty image stands for a page that is not there.
    """

    def __init__(self, room: int = _CACHE_BYTES) -> None:
        self._size = self._room = room
        self._images: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: str, page: int) -> bytes | None:
        """The image or file, when it is still here."""
        with self._lock:
            image = self._images.get((digest, page))
            if image is not None:
                self._images.move_to_end((digest, page))
            return image

    def put(self, digest: str, page: int, image: bytes) -> None:
        """Remember an image or file, and forget old ones when room is short; one that takes a quarter of it is left out."""
        if len(image) > self._size // 4:
            return
        with self._lock:
            replaced = self._images.pop((digest, page), b"")
            self._images[digest, page] = image
            self._room += len(replaced) - len(image)
            while self._room < 0 and self._images:
                _, oldest = self._images.popitem(last=False)
                self._room += len(oldest)


def install(app: Flask) -> None:
    """Give the app its cache of files and page images."""
    app.extensions["vanthu.files"] = FileCache()
    app.register_blueprint(blueprint)


@blueprint.get("/case/<id:case_id>/file/<int:file>/page/<int:page>.png")
@may(Verb.SEE_CASES)
def page(case_id: str, file: int, page: int) -> ResponseReturnValue:
    """One page of a PDF or picture as PNG, drawn in a guarded child."""
    case = _open_case(case_id)
    place = _place(case, file)
    if not _has_pages(place.reading) or page < 1:
        abort(404)
    try:
        image = page_image(case, place, page)
    except VanthuError:  # no such page, or the file could not be drawn within the limits
        abort(404)
    response = Response(image, mimetype="image/png")
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@blueprint.get("/case/<id:case_id>/file/<int:file>")
@may(Verb.SEE_CASES)
def download(case_id: str, file: int) -> ResponseReturnValue:
    """The original, byte for byte; the browser saves it and never shows it."""
    case = _open_case(case_id)
    place = _place(case, file)
    data = bytes_of(case, place)
    tell_seen(me(), case_id=case.id, mail_id=case.mail_id, what="download", file=place.reading.name)
    response = Response(data, mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = attachment(_file_name(place))
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def places(case: Case) -> tuple[Place, ...]:
    """All files of the case, each archive before what lies in it."""
    found: list[Place] = []
    for reading in case.files:
        _walk(reading, None, found)
    return tuple(found)


def _walk(reading: FileReading, holder: Place | None, found: list[Place]) -> None:
    """Readings nest six deep at most (gateway.documents.containers.room)."""
    depth, way, name = (holder.depth + 1, holder.way, holder.reading.name) if holder else (0, (), "")
    own = () if reading.digest in _NO_BYTES else (*way, reading.digest)
    place = Place(number=len(found), depth=depth, reading=reading, way=own, holder=name)
    found.append(place)
    for inner in reading.inner:
        _walk(inner, place, found)


def main_file(case: Case) -> int:
    """Which file the case opens with: the one its document was read from, else the first that is an official document.

    An archive tells the documents of its files as well: the innermost one is where they were read.
    """
    found = places(case)
    document = case.document
    holders = [place for place in found if document is not None and document in place.reading.documents and place.way]
    if holders:
        return max(holders, key=lambda place: place.depth).number
    order = (Nature.ISSUED, Nature.COPY, Nature.UNREADABLE)
    ranked = [(order.index(place.reading.nature), place.number) for place in found if place.reading.nature in order]
    return min(ranked)[1] if ranked else 0


def preview(case: Case, *, file: int, page: int) -> Preview:
    """What to show of a file: an image of the page, the words, what lies in it, or why there is nothing."""
    if not case.files:
        return Preview(file=0, name="", kind="none", problem=gettext("Thư này không có tệp nào được lưu trong hồ sơ."))
    everything = places(case)
    if file >= len(everything):
        abort(404)
    place = everything[file]
    reading = place.reading
    seen = Preview(file=file, name=reading.name, kind="none", lines=_lines(reading), inner=_inner(everything, place))
    try:
        data = bytes_of(case, place)
    except NotFound:
        return msgspec.structs.replace(seen, problem=_why_no_bytes(place))
    except VanthuError:
        return msgspec.structs.replace(seen, problem=gettext("Tệp này không lấy ra được trong giới hạn an toàn của cổng."))
    seen = msgspec.structs.replace(seen, has_bytes=True)
    if _has_pages(reading):
        return _image_preview(case, place, seen, page)
    return _words_preview(reading, seen, data)


def _inner(everything: tuple[Place, ...], place: Place) -> tuple[Place, ...]:
    """What lies directly in a file."""
    count = sum(1 for _ in place.reading.walk()) - 1
    return tuple(each for each in everything[place.number + 1 : place.number + 1 + count] if each.depth == place.depth + 1)


def _words_preview(reading: FileReading, seen: Preview, data: bytes) -> Preview:
    """A file without pages: its words; for an archive the list of its files."""
    try:
        if words := gateway().inspector.words_of(data, reading.media or _BODIES[0]):
            return msgspec.structs.replace(seen, kind="text", text=words)
    except VanthuError:  # it holds no words, or nobody can read them: then its files, or why
        pass
    if seen.inner:
        return msgspec.structs.replace(seen, kind="files")
    if reading.nature is Nature.UNREADABLE:
        return msgspec.structs.replace(
            seen, problem=gettext("Cổng chưa đọc được tệp này: %(reason)s.", reason=said(why_unreadable(reading.reason)))
        )
    return seen


def _why_no_bytes(place: Place) -> str:
    if place.reading.reason:
        return gettext("Tệp này không mở ra được: %(reason)s.", reason=said(why_unreadable(place.reading.reason)))
    if place.depth and not place.way:
        return gettext("Tệp này không phải văn bản nên cổng không lấy ra. Xin tải tệp chứa nó để xem.")
    return gettext("Bản gốc không còn được lưu trên cổng.")


def page_image(case: Case, place: Place, page: int) -> bytes:
    """A page as PNG; NotFound when the file has no such page, VanthuError when it cannot be drawn."""
    images, digest = cache(), place.reading.digest
    image = images.get(digest, page)
    if image is None:
        try:
            image = gateway().inspector.page_image(bytes_of(case, place), page, PAGE_WIDTH)
        except NotFound:
            image = _NO_PAGE
        images.put(digest, page, image)
    if image == _NO_PAGE:
        raise NotFound(f"case {case.id}: {place.reading.name!r} has no page {page}")
    return image


def bytes_of(case: Case, place: Place) -> bytes:
    """The bytes of a file of the case, out of the mail as it came; NotFound when they are no longer kept, or never were."""
    if not place.way:
        raise NotFound(f"case {case.id}: {place.reading.name!r} has no bytes")
    data = cache().get(place.reading.digest, 0)
    if data is None:
        data = gateway().inspector.file_in(store().views.raw(case.mail_id), place.way)
        cache().put(place.reading.digest, 0, data)
    return data


def cache() -> FileCache:
    """Files and pages that were looked at lately."""
    return cast(FileCache, current_app.extensions["vanthu.files"])


def _open_case(case_id: str) -> Case:
    case = visible_case(case_id)
    if is_sealed(case):
        abort(404)
    return case


def _place(case: Case, file: int) -> Place:
    found = places(case)
    if file >= len(found):
        abort(404)
    return found[file]


def _image_preview(case: Case, place: Place, seen: Preview, page: int) -> Preview:
    """Page 1 is there; for the others the page is drawn now, so that one behind the last leads back to the last."""
    if page > 1:
        try:
            page_image(case, place, page)
        except NotFound:
            last = url_for("cases.one", case_id=case.id, file=seen.file, page=page - 1, end=1)
            abort(Response(status=303, headers={"Location": last}))
        except VanthuError:
            return msgspec.structs.replace(
                seen, problem=gettext("Trang %(page)s không vẽ được. Xin tải tệp gốc để xem.", page=page)
            )
    shown = max(page, 1)
    marks = tuple(line for line in seen.lines if line.box is not None and line.page == shown)
    return msgspec.structs.replace(seen, kind="image", page=shown, more="end" not in request.args, marks=marks)


def _has_pages(reading: FileReading) -> bool:
    """A file that can be drawn: a scan that could not be read is looked at all the same."""
    broken = reading.reason in ("password", "encrypted", "damaged")
    return (reading.media == _PDF or reading.media in _PICTURES) and not broken


def _lines(reading: FileReading) -> tuple[Evidence, ...]:
    found = {(e.page, e.line, e.words): e for document in reading.documents for e in document.evidence}
    return tuple(found[key] for key in sorted(found))


def _file_name(place: Place) -> str:
    """Under which name it is saved: the words of a mail have none of their own."""
    reading = place.reading
    if not place.title:
        return "noi-dung-thu.html" if reading.media == _BODIES[1] else "noi-dung-thu.txt"
    return place.title


def attachment(name: str) -> str:
    """RFC 6266: a plain name for old readers, the real one in UTF-8; nothing that could end the header or name a folder."""
    safe = re.sub(r'[\x00-\x1f\x7f"\\/:*?<>|]', "_", name)[:200]
    plain = safe.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"
