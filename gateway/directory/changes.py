"""What changes in the directory: rows before and after, and the cells of a list that cannot be taken.  Pure."""

from __future__ import annotations

from gateway.model import Value

Cells = dict[str, str]  # of one row, by the name of their column; empty ones are left out


class CellError(Value):
    """A cell that cannot be taken, or a row (column "")."""

    row: int  # as the spreadsheet counts it, from 1
    column: str  # as it is headed there
    said: str

    def __str__(self) -> str:
        where = f"dòng {self.row}" + (f", cột “{self.column}”" if self.column else "")
        return f"{where}: {self.said}"


class RowChange(Value):
    """What the list changes in one row."""

    key: tuple[str, ...]
    before: Cells | None = None  # None: the row is new
    after: Cells | None = None  # None: the row is taken out

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that differ."""
        before, after = self.before or {}, self.after or {}
        return tuple(name for name in {**before, **after} if before.get(name, "") != after.get(name, ""))


class Preview(Value):
    """What a list would do to a table."""

    file: str  # "mailboxes.csv"
    rows: int
    errors: tuple[CellError, ...] = ()
    added: tuple[RowChange, ...] = ()
    changed: tuple[RowChange, ...] = ()
    removed: tuple[RowChange, ...] = ()
    unchanged: int = 0
    ignored: tuple[str, ...] = ()  # headings that no column is known by

    @property
    def changes(self) -> tuple[RowChange, ...]:
        """All that it would change."""
        return (*self.added, *self.changed, *self.removed)

    @property
    def is_good(self) -> bool:
        """Whether it can be applied."""
        return not self.errors
