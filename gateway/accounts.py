"""What is done about accounts of the console, by the officer or by oneself; each act with its line in the story.

The text of NotAllowed is for the person who asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import datetime

from msgspec.structs import replace

from gateway import passwords
from gateway.directory.snapshot import Directory
from gateway.errors import NotAllowed, NotFound
from gateway.model import Account, Event, Role, Story
from gateway.roles import NEEDS_UNIT, Verb, allows
from gateway.store import Store

_NAME = re.compile(r"[a-z0-9._-]{1,100}")
_LONGEST = 200  # characters of a person's name, or of who he is at the sign-in service


class Accounts:
    """The acts.  Synchronous.  ``directory`` knows the units."""

    def __init__(self, store: Store, directory: Callable[[], Directory], clock: Callable[[], datetime]) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock

    def account(self, name: str) -> Account:
        """An account; NotFound."""
        account = self._store.account(name)
        if account is None:
            raise NotFound(f"no account {name}")
        return account

    def make(self, account: Account, by: Account, *, password: str = "") -> str:
        """Make an account; gives its first password, which the first sign-in changes.  NotAllowed."""
        self._check_manages(by)
        if not _NAME.fullmatch(account.name):
            raise NotAllowed("Tên đăng nhập gồm 1 đến 100 ký tự: chữ thường không dấu, số, dấu chấm, gạch nối, gạch dưới.")
        self._check(account)
        first = password or passwords.made_up()
        new = replace(account, password_hash=passwords.kept(first), must_change=True, active=True)
        if not self._put(new, by, "made", self._said(new), is_new=True):
            raise NotAllowed("Đã có tài khoản %(name)s; xin chọn tên khác.", name=account.name)
        return first

    def link(self, account: Account, by: Account) -> None:
        """Make an account for somebody of the sign-in service, without a password.  NotAllowed."""
        self._check_manages(by)
        self._check(account)
        self._put(account, by, "made", self._said(account), is_new=True)

    def change(
        self, name: str, by: Account, *, full_name: str, role: Role, units: tuple[str, ...], active: bool, subject: str
    ) -> Account:
        """Change who somebody is and what he may do, or close the account.  NotFound, NotAllowed."""
        self._check_manages(by)
        before = self.account(name)
        after = replace(
            before, full_name=full_name.strip(), role=role, units=units, active=active, subject=subject.strip()[:_LONGEST]
        )
        self._check(after, keeps=before.units)
        if name == by.name and not (active and allows(after, Verb.MANAGE_ACCOUNTS)):
            raise NotAllowed("Không tự đóng hoặc tự bỏ quyền quản trị của mình; xin nhờ một quản trị khác.")
        other = self._store.people.by_subject(after.subject) if after.subject else None
        if other is not None and other.name != name:
            raise NotAllowed("Người đó ở dịch vụ đăng nhập đã được nối với tài khoản %(name)s.", name=other.name)
        if after != before:
            self._put(after, by, _what_changed(before, after), self._said(after))
            if not active or role is not before.role:
                self._store.people.end(name)
        return after

    def reset_password(self, name: str, by: Account, *, password: str = "") -> str:
        """A new first password, for whoever forgot his; all sessions end.  NotFound, NotAllowed."""
        self._check_manages(by)
        first = password or passwords.made_up()
        changed = replace(self.account(name), password_hash=passwords.kept(first), must_change=True)
        self._put(changed, by, "password-reset", {})
        self._store.people.end(name)
        return first

    def drop_factor(self, name: str, by: Account) -> None:
        """Take the second factor away, for whoever lost his telephone and his codes.  NotFound, NotAllowed."""
        if by.name != name:
            self._check_manages(by)
        self._put(replace(self.account(name), totp="", recovery=()), by, "factor-dropped", {})

    def end_sessions(self, name: str, by: Account) -> int:
        """Sign somebody out everywhere.  NotFound, NotAllowed."""
        self._check_manages(by)
        self.account(name)
        self._tell(by, name, "sessions-ended", {})
        return self._store.people.end(name)

    # --- of oneself ---------------------------------------------------------------------------------------------------

    def change_password(self, by: Account, new: str) -> Account:
        """Change one's own password.  NotAllowed: the new one will not do."""
        if problem := passwords.wrong_with(new, name=by.name):
            raise NotAllowed(problem.template, **problem.values)
        changed = replace(self.account(by.name), password_hash=passwords.kept(new), must_change=False)
        self._put(changed, by, "password-changed", {})
        return changed

    def take_factor(self, by: Account, secret: str, code: str) -> tuple[str, ...]:
        """Take up a second factor whose code is right; gives the recovery codes, which are shown once.  NotAllowed."""
        step = passwords.step_of(secret, code, self._clock())
        if step is None:
            raise NotAllowed("Mã chưa đúng. Xin xem lại giờ trên điện thoại, đợi mã mới rồi nhập lại.")
        codes = passwords.new_recovery()
        kept = tuple(map(passwords.recovery_digest, codes))
        self._put(replace(self.account(by.name), totp=secret, recovery=kept), by, "factor-taken", {})
        self._store.people.use_step(by.name, step)
        return codes

    # --- helpers ------------------------------------------------------------------------------------------------------

    def _check_manages(self, by: Account) -> None:
        if not allows(by, Verb.MANAGE_ACCOUNTS):
            raise NotAllowed("Chỉ cán bộ quản trị được lập và sửa tài khoản.")

    def _check(self, account: Account, *, keeps: Collection[str] = ()) -> None:
        """``keeps``: units that the account has already; the directory may have forgotten them."""
        if not account.full_name.strip() or len(account.full_name) > _LONGEST:
            raise NotAllowed("Xin ghi họ và tên, không quá %(longest)s ký tự.", longest=_LONGEST)
        unknown = [unit for unit in account.units if unit not in keeps and self._directory().organisation(unit) is None]
        if unknown:
            raise NotAllowed("Không có đơn vị %(units)s trong danh bạ.", units=", ".join(unknown))
        if account.role in NEEDS_UNIT and not account.units:
            raise NotAllowed("Văn thư và lãnh đạo cần ít nhất một đơn vị.")

    def _said(self, account: Account) -> dict[str, str]:
        return {"role": account.role.value, "units": ", ".join(account.units), "active": "yes" if account.active else "no"}

    def _put(self, account: Account, by: Account, act: str, detail: dict[str, str], *, is_new: bool = False) -> bool:
        return self._store.people.put(account, self._story(by, account.name, act, detail), is_new=is_new)

    def _tell(self, by: Account, name: str, act: str, detail: dict[str, str]) -> None:
        self._store.tell(self._story(by, name, act, detail))

    def _story(self, by: Account, name: str, act: str, detail: dict[str, str]) -> Story:
        said: dict[str, str | int | float | bool | list[str]] = {"account": name, "act": act}
        said |= {key: value for key, value in detail.items() if value}
        return Story(at=self._clock(), event=Event.ACCOUNT_CHANGED, actor=by.name, detail=said)


def _what_changed(before: Account, after: Account) -> str:
    if before.active != after.active:
        return "reopened" if after.active else "closed"
    return "changed"
