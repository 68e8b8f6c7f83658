"""Which mails fit a reporting channel."""

from __future__ import annotations

import pytest

from gateway.directory.snapshot import Campaign
from gateway.model import FileReading, Recognition
from gateway.policy.campaigns import fits


def with_files(*names: str) -> Recognition:
    return Recognition(files=tuple(FileReading(name=name, digest="", size=1) for name in names))


@pytest.mark.parametrize(
    ("form", "names", "fit"),
    [
        ({}, (), True),
        ({"extensions": ("xlsx",)}, ("a.XLSX",), True),
        ({"extensions": ("xlsx",)}, ("a.pdf",), False),
        ({"names": ("bc-thcs*",)}, ("BC-THCS Lê Lợi.xlsx",), True),
        ({"names": ("báo cáo*",)}, ("Bao cao thang 11.docx",), True),
        ({"names": ("bc-*", "bieu mau*")}, ("Biểu mẫu 2.xlsx",), True),
        ({"names": ("bc-*",)}, ("khac.xlsx",), False),
        ({"names": ("bc-*",)}, (), False),
        # The same file must have both: a report beside any sheet is not the form that was asked for.
        ({"extensions": ("xlsx",), "names": ("bc-*",)}, ("bc-1.pdf", "khac.xlsx"), False),
        ({"names": ("[bc",)}, ("x.xlsx",), False),
    ],
)
def test_a_file_is_called_as_the_guiding_document_wants_it(
    form: dict[str, tuple[str, ...]], names: tuple[str, ...], fit: bool
) -> None:
    campaign = Campaign(guide="1109/SGDĐT", mailbox="baocao@sgd.example", **form)  # type: ignore[arg-type]
    assert fits(campaign, with_files(*names)) is fit
