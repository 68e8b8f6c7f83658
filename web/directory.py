"""The directory (danh bạ): what is wrong in it, who is where, lists taken in with a preview, and what was changed before."""

from __future__ import annotations

import io
import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.directory import export, importing, writing
from gateway.directory.changes import Preview, RowChange
from gateway.directory.check import Finding, appearing, check
from gateway.directory.columns import TABLES
from gateway.directory.files import contents, version_of
from gateway.directory.headings import in_words
from gateway.directory.history import TableChange, changes
from gateway.directory.snapshot import Directory, Mailbox, OfficeAccount, Organisation, is_valid
from gateway.errors import ConfigError, VanthuError
from gateway.model import Value
from gateway.policy.facts import local_day
from gateway.roles import Verb, allows
from gateway.store import Version
from gateway.store.texts import fold
from web.auth import may, me
from web.context import gateway, store
from web.format import utc_now
from web.language import DEFAULT, gettext, language, said
from web.lists import searched

blueprint = Blueprint("directory", __name__)

# As people call our tables.
TITLES = {
    "organisations.csv": "Đơn vị",
    "domains.csv": "Tên miền",
    "mailboxes.csv": "Hộp thư",
    "offices.csv": "Hệ thống QLVB&ĐH",
    "accounts.csv": "Tài khoản trên hệ thống",
    "retired.csv": "Địa chỉ cũ",
    "patterns.csv": "Mẫu địa chỉ cũ",
    "groups.csv": "Nhóm thư",
    "campaigns.csv": "Đợt báo cáo",
    "holidays.csv": "Ngày nghỉ, ngày làm bù",
}
LONGEST_LIST = 8 * 1024 * 1024  # bytes; 50,000 mailboxes are 2.5 MB as a workbook
_SHOWN = 100  # rows of a kind on one page; the command and the export have all
_VERSIONS = 15
_OF_VERSION = 20  # changes of one state that are shown
_KEPT = timedelta(hours=1)
_MOST_KEPT = 4  # previews in memory


class Seat(Value):
    """A unit as it stands today: who issues there, and where."""

    unit: Organisation
    clerks: tuple[Mailbox, ...]
    accounts: tuple[OfficeAccount, ...]


class Change(Value):
    """One state of the directory with what was changed when it came."""

    version: Version
    changes: tuple[TableChange, ...]
    more: int


class _Plans:
    """Previews that wait for a yes: whose, and until when.  In memory: after a restart one chooses the list again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: OrderedDict[str, tuple[str, datetime, Preview]] = OrderedDict()

    def keep(self, account: str, plan: Preview) -> str:
        """Keep a preview; gives the word by which its own account finds it."""
        word = secrets.token_urlsafe(16)
        with self._lock:
            self._plans[word] = (account, utc_now() + _KEPT, plan)
            while len(self._plans) > _MOST_KEPT:
                self._plans.popitem(last=False)
        return word

    def take(self, account: str, word: str) -> Preview | None:
        """A preview of this account, once."""
        with self._lock:
            owner, until, plan = self._plans.get(word, ("", datetime.min.replace(tzinfo=UTC), None))
            if owner != account or until < utc_now():
                return None
            del self._plans[word]
            return plan


_plans = _Plans()


@blueprint.get("/directory")
@may(Verb.SEE_RULES)
def directory() -> ResponseReturnValue:
    """What is wrong, who is where, and what was changed."""
    known, today, text = gateway().directory(), local_day(utc_now()), searched()
    findings = _findings(known, today)
    seats = _seats(known, today, text)
    files = contents(_folder())
    return render_template(
        "directory.html",
        counts=[(said(TITLES[table.file]), max(files.get(table.file, "\n").rstrip().count("\n"), 0)) for table in TABLES],
        findings=findings[:_SHOWN],
        all_findings=len(findings),
        errors=sum(finding.is_error for finding in findings),
        seats=seats[:_SHOWN],
        all_seats=len(seats),
        text=text,
        history=_history(),
        tables=[(table.file, said(TITLES[table.file])) for table in TABLES],
        titles={file: said(title) for file, title in TITLES.items()},
        may_change=allows(me(), Verb.CHANGE_RULES),
        offices=known.offices,
    )


@blueprint.get("/directory.xlsx")
@may(Verb.SEE_RULES)
def as_workbook() -> ResponseReturnValue:
    """All of it as one workbook, a sheet for each table."""
    out = io.BytesIO()
    export.write(contents(_folder()), out)
    response = Response(out.getvalue(), mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    response.headers["Content-Disposition"] = f'attachment; filename="danh-ba-{local_day(utc_now()):%Y-%m-%d}.xlsx"'
    return response


@blueprint.post("/directory/import")
@may(Verb.CHANGE_RULES)
def preview() -> ResponseReturnValue:
    """Show what a list would change, with what is wrong by cell; nothing is written."""
    upload = request.files.get("file")
    data = upload.read(LONGEST_LIST + 1) if upload is not None else b""
    if upload is None or not upload.filename or not data or len(data) > LONGEST_LIST:
        flash(
            gettext("Xin chọn một danh sách (.xlsx, .xls, .ods, .csv), không quá %(most)s MB.", most=LONGEST_LIST >> 20),
            "problem",
        )
        return redirect(url_for(".directory"))
    table, sheet = request.form.get("table", ""), request.form.get("sheet", "").strip()
    try:
        rows = gateway().inspector.rows_of(data, sheet)  # a stranger's workbook is opened in a guarded child
        plan = importing.preview_rows(
            Path(upload.filename), rows, _folder(), table=table, replace=request.form.get("replace") == "yes"
        )
        found = _new_findings(plan)
    except VanthuError as error:
        flash(_wrong(error), "problem")
        return redirect(url_for(".directory"))
    word = _plans.keep(me().name, plan) if plan.is_good and plan.changes else ""
    page = render_template(
        "directory_import.html",
        plan=plan, word=word, name=upload.filename, title=said(TITLES[plan.file]), shown=_SHOWN, findings=found[:_SHOWN],
        all_findings=len(found),
        titles={file: said(title) for file, title in TITLES.items()},
    )  # fmt: skip
    return page, 200 if plan.is_good else 422


@blueprint.post("/directory/apply")
@may(Verb.CHANGE_RULES)
def apply() -> ResponseReturnValue:
    """Write what the preview showed; the gateway decides by it at once."""
    plan = _plans.take(me().name, request.form.get("word", ""))
    if plan is None:
        flash(gettext("Bản xem trước này không còn; xin chọn lại danh sách."), "problem")
        return redirect(url_for(".directory"))
    try:
        write(plan)
    except ConfigError as error:
        flash(_wrong(error), "problem")
        return redirect(url_for(".directory"))
    flash(
        gettext(
            "Đã ghi %(count)s thay đổi vào bảng %(titles)s; cổng dùng danh bạ mới từ bây giờ.",
            count=len(plan.changes),
            titles=said(TITLES[plan.file]),
        ),
        "good",
    )
    return redirect(url_for(".directory"))


def write(plan: Preview) -> None:
    """Write a preview for good, remember who did it, and let the gateway read it.  ConfigError."""
    folder = _folder()
    writing.apply(plan, folder)
    files = contents(folder)
    store().put_directory(version_of(files), files, actor=me().name, now=utc_now())
    gateway().reload()


# --- Helpers ----------------------------------------------------------------------------------------------------------


def _wrong(error: VanthuError) -> str:
    """What is wrong with a list, in the language of the page: the command line says it in English."""
    return importing.in_vietnamese(str(error)) if language() == DEFAULT else str(error)


def change_in_words(change: RowChange, file: str) -> str:
    """One line about a row that changed; in other languages than Vietnamese by the columns' own names."""
    if language() == DEFAULT:
        return in_words(change, file)
    key, before, after = " ".join(filter(None, change.key)), change.before or {}, change.after or {}
    if change.after is None:
        return gettext("%(key)s: bỏ", key=key)
    if change.before is None:
        cells = "; ".join(f"{name}: {cell}" for name, cell in after.items() if cell.lower() not in change.key)
        return gettext("%(key)s: thêm mới; %(cells)s", key=key, cells=cells)
    moved = (f"{name}: {before.get(name) or '–'} → {after.get(name) or '–'}" for name in change.columns)
    return f"{key}: {'; '.join(moved)}"


def _folder() -> Path:
    settings = gateway().settings
    return settings.path(settings.directory.path)


def _findings(known: Directory, today: date) -> tuple[Finding, ...]:
    return check(known, on=today, couriers={office.name for office in gateway().settings.office})


def _new_findings(plan: Preview) -> Sequence[Finding]:
    """What would be wrong after it that is not wrong now."""
    if not plan.is_good or not plan.changes:
        return ()
    couriers = {office.name for office in gateway().settings.office}
    after = writing.after(plan, _folder())
    return appearing(gateway().directory(), after, on=local_day(utc_now()), couriers=couriers)


def seats() -> list[Seat]:
    """The units of today that have the words that were searched for."""
    return _seats(gateway().directory(), local_day(utc_now()), searched())


def _seats(known: Directory, today: date, text: str) -> list[Seat]:
    """The units of today whose name, code, symbol or clerk has all these words, in the order of the file."""
    accounts: dict[str, list[OfficeAccount]] = {}
    for account in known.accounts:
        unit = known.unit(account.organisation, today)
        accounts.setdefault(unit.code if unit is not None else account.organisation, []).append(account)
    words = fold(text).split()
    found = []
    for unit in known.organisation_rows:
        if not is_valid(unit, today):
            continue
        clerks = known.clerks(unit.code, today)
        said = fold(" ".join((unit.code, unit.name, *unit.variants, *unit.symbols, *(clerk.address for clerk in clerks))))
        if all(word in said for word in words):
            found.append(Seat(unit=unit, clerks=clerks, accounts=tuple(accounts.get(unit.code, ()))))
    return found


def _history() -> list[Change]:
    versions = store().archive.directories()[: _VERSIONS + 1]
    files = [store().archive.directory(version.version) for version in versions]
    told = []
    for n, version in enumerate(versions[:_VERSIONS]):
        found = tuple(changes(files[n + 1], files[n])) if n + 1 < len(versions) else ()
        told.append(Change(version=version, changes=found[:_OF_VERSION], more=max(0, len(found) - _OF_VERSION)))
    return told
