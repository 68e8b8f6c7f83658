"""Stories as sentences."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.model import Event, Story
from web.stories import SAID, tell

NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


def test_every_event_has_its_sentence() -> None:
    assert set(SAID) == set(Event)


def test_a_story_is_told_in_the_order_of_time_and_each_row_once() -> None:
    late = Story(at=NOW, event=Event.DELIVERED)
    early = Story(at=NOW - timedelta(seconds=1), event=Event.ACCEPTED)
    assert [line.said for line in tell([late, early, late])] == ["Cổng đã nhận thư", "Đã chuyển đến nơi"]


def test_a_step_of_a_case_is_said_in_its_own_words() -> None:
    detail: dict[str, str | int | float | bool | list[str]] = {
        "from": "waiting", "to": "returned", "event": "return", "reason": "thiếu phụ lục",
    }  # fmt: skip
    (line,) = tell([Story(at=NOW, event=Event.CASE_MOVED, case_id="c", actor="lien", detail=detail)])
    assert (line.said, line.actor) == ("Đã trả lại người gửi", "lien")
    assert line.details == (("Lý do", "thiếu phụ lục"),)


def test_verdicts_are_said_in_words() -> None:
    (line,) = tell([Story(at=NOW, event=Event.DECIDED, detail={"verdicts": ["a@b.vn: redirect (r4)", "sao cũng được"]})])
    assert line.details == (("Kết luận", "a@b.vn: đưa vào hàng chờ văn thư (quy tắc r4); sao cũng được"),)


def test_sizes_and_flags_are_said_as_people_write_them() -> None:
    (line,) = tell(
        [Story(at=NOW, event=Event.ACCEPTED, detail={"size": 2048, "attempts": 1200, "urgent_mail": True, "helo": ""})]
    )
    assert line.technical == (("Dung lượng", "2 KB"), ("Lần thử", "1.200"), ("Urgent mail", "có"))


def test_codes_and_times_are_said_as_names_and_vietnamese_time() -> None:
    detail: dict[str, str | int | float | bool | list[str]] = {
        "target": "THCSLL", "reply": "450 later", "next_at": "2026-11-23T02:00:00+00:00", "delivery": "x-1",
    }  # fmt: skip
    names = {"THCSLL": "Trường THCS Lê Lợi"}
    (line,) = tell([Story(at=NOW, event=Event.DEFERRED, detail=detail)], name_of=lambda code: names[code])
    assert line.details == (
        ("Đến", "Trường THCS Lê Lợi"),
        ("Nơi nhận trả lời", "450 later"),
        ("Thử lại lúc", "09:00 23/11/2026"),
    )
    assert line.technical == (("Lượt chuyển", "x-1"),)
