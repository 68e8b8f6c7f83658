"""Who may write as whom, in the made-up department."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.smtp.sending import may_send_as
from tests.policy import desk

ON = date(2026, 11, 23)
MINH, SHARED = "cv.minh@sgdhuonggiang.edu.vn", "baocao@sgdhuonggiang.edu.vn"


@pytest.mark.parametrize(
    ("user", "sender", "may"),
    [
        (MINH, MINH, True),
        (MINH, "CV.Minh@SGDHuongGiang.edu.vn", True),
        (MINH, "", True),  # a receipt
        (MINH, SHARED, True),
        (MINH, "vanthu@sgdhuonggiang.edu.vn", False),  # her clerk
        (MINH, "giamdoc@sgdhuonggiang.edu.vn", False),  # her leader
        (MINH, "cv.thao@sgdhuonggiang.edu.vn", False),  # a colleague
        (desk.TEACHER, SHARED, False),  # of another unit
        (desk.TEACHER, desk.CLERK, False),
        ("nobody@elsewhere.example", SHARED, False),
        (MINH, "nobody@elsewhere.example", False),
    ],
)
def test_everybody_writes_as_himself_and_for_the_shared_mailboxes_of_his_unit(user: str, sender: str, may: bool) -> None:
    assert may_send_as(desk.directory(), user, sender, ON) is may
