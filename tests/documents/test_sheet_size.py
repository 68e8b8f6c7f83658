"""How large a table would become is known before a library makes room for it, whatever way its cells are written."""

from __future__ import annotations

import pytest

from gateway.documents.reading.office_sheet_size import _check_xml
from gateway.documents.text import Unreadable
from gateway.documents.vietnamese import fold

FAR = {
    "plain": b'<c r="A1"><v>1</v></c><c r="XFD1048576" t="s"><v>0</v></c>',
    "prefixed, other quotes, spaces": b"<x:c r = 'A1'><x:v>1</x:v></x:c><x:c\n t='s' r= 'xfd1048576' ><x:v>0</x:v></x:c>",
    "hidden behind entities": b'<c r="A1"><v>1</v></c><c r="&#65;1"><v>1</v></c>',
    "UTF-16": '<c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c>'.encode("utf-16"),
    "several places in one cell": b'<c x:r="b" r="A1"><v>1</v></c><c s="r = 1" r="XFD1048576"><v>1</v></c>',
}


@pytest.mark.parametrize("how", FAR)
def test_a_cell_very_far_from_the_others_is_found(how: str) -> None:
    with pytest.raises(Unreadable, match="too large"):
        _check_xml(FAR[how])


def test_cells_without_a_place_take_none_from_their_neighbours() -> None:
    assert _check_xml(b'<c t="n"><v>1</v></c><c r="B2"><v>2</v></c><c><v>3</v></c><c r="C3"/><col r="XFD1048576">') == 1


def test_the_row_of_a_table_is_folded_as_its_cells_are() -> None:
    cells = ["Trường Đ", "12–3", "ABC", "", "1.5", "ĐÃ KÝ", "А1"]  # the last with a Cyrillic letter
    assert fold("\t".join(cells)) == "\t".join(map(fold, cells)) == "truong d\t12-3\tabc\t\t1.5\tda ky\ta1"
