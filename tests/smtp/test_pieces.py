"""The bytes of a mail are put together once, and take no more room than they must."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.pieces import Pieces

SIZES = st.lists(st.sampled_from([0, 1, 2, 300, 16 * 1024, 70_000]), max_size=12)
MB = 1024 * 1024


@given(sizes=SIZES, cut=st.integers(min_value=0, max_value=5))
def test_they_come_out_as_they_came_in_without_the_last_ones(sizes: list[int], cut: int) -> None:
    came = [bytes([n % 256]) * size for n, size in enumerate(sizes)]
    whole, pieces = b"".join(came), Pieces()
    for each in came:
        pieces.add(each)
    cut = min(cut, len(whole))
    pieces.cut(cut)
    assert pieces.whole() == whole[: len(whole) - cut]
    assert pieces.whole() == b""


def test_a_very_large_mail_is_in_memory_once() -> None:
    pieces = Pieces()
    tracemalloc.start()
    for n in range(24):
        pieces.add(bytes([n]) * MB)
    pieces.cut(3)
    whole = pieces.whole()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert whole == b"".join([bytes([n]) * MB for n in range(24)])[:-3]
    assert most < 1.4 * len(whole)


def test_a_client_that_sends_octet_by_octet_takes_no_more_room_than_others() -> None:
    pieces = Pieces()
    tracemalloc.start()
    for _ in range(100_000):
        pieces.add(bytes(bytearray(b"ab")))
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 2 * 200_000
