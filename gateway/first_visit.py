"""The first visit to the console: while there is no officer, a code that `vanthu serve` prints makes his account, once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hmac import compare_digest

from msgspec.structs import replace

from gateway import passwords
from gateway.accounts import Accounts
from gateway.errors import NotAllowed
from gateway.model import Account, Role
from gateway.store import Store

_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that look alike
_AT_THE_MACHINE = Account(name="vanthu serve", full_name="", role=Role.OFFICER)


class FirstVisit:
    """``accounts`` makes the account.  The code lives in this process alone; a restart prints another one."""

    def __init__(self, store: Store, accounts: Callable[[], Accounts]) -> None:
        self._store = store
        self._accounts = accounts
        self._code = ""

    def open(self) -> str:
        """The code; "" when somebody runs the gateway already."""
        self._code = "" if self._has_officer() else "-".join(_letters(4) for _ in range(3))
        return self._code

    @property
    def is_open(self) -> bool:
        """Whether a first officer can be made now."""
        return bool(self._code) and not self._has_officer()

    def make_officer(self, code: str, *, name: str, full_name: str, password: str) -> Account:
        """Make the account; the code is used up.  NotAllowed, with what is wrong."""
        if not self.is_open:
            raise NotAllowed("Cổng này đã có quản trị; xin đăng nhập.")
        if not compare_digest(code.strip().lower().encode(), self._code.encode()):
            raise NotAllowed("Mã lần đầu chưa đúng: mã ở dòng “first visit” mà lệnh vanthu serve in ra.")
        if (wrong := passwords.wrong_with(password, name=name)) is not None:
            raise NotAllowed(wrong)
        if not full_name.strip():
            raise NotAllowed("Xin ghi họ và tên.")
        made = Account(name=name, full_name=full_name.strip(), role=Role.OFFICER)
        self._accounts().make(made, _AT_THE_MACHINE, password=password)
        self._code = ""
        account = replace(self._accounts().account(name), must_change=False)  # it is his own choice
        self._store.put_account(account)
        return account

    def _has_officer(self) -> bool:
        return any(account.active and account.role is Role.OFFICER for account in self._store.accounts())


def _letters(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))
