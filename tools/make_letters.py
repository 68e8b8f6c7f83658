"""Writes the letters of `vanthu demo` and what must become of them: `make letters` -> gateway/sample/letters/.

The bytes are the same on every run but for digital signatures, whose keys are made anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gateway.model import Action, Value
from tests.world import letters

FOLDER = Path(__file__).resolve().parents[1] / "gateway" / "sample" / "letters"
LIST = FOLDER / "letters.toml"

_HEAD = """\
# The letters of `vanthu demo`, with their envelopes, and what must become of each recipient's copy: action, rule, and the place
# where it is afterwards ("next-hop", "successor address", "office:<name>", "case", "refused").  Made by `make letters`;
# everybody in them is made up.
"""


class Fate(Value):
    """What must become of one recipient's copy."""

    action: Action
    rule: str
    place: str


# Rules by their id in gateway/sample/policy.toml.
PASSES = Fate(action=Action.DELIVER, rule="11", place="next-hop")
COUNTED = Fate(action=Action.DELIVER, rule="3", place="next-hop")
TO_THE_DEPARTMENTS_OFFICE = Fate(action=Action.REDIRECT, rule="4", place="office:qlvb-tinh")
TO_THE_SECTORS_OFFICE = Fate(action=Action.REDIRECT, rule="4", place="office:ioffice-nganh")
REFUSED = Fate(action=Action.REJECT, rule="5", place="refused")
NO_CLERK_YET = Fate(action=Action.COPY, rule="6", place="next-hop")
INCOMING = Fate(action=Action.COPY, rule="7", place="next-hop")
HELD = Fate(action=Action.HOLD, rule="8", place="case")
SEALED = Fate(action=Action.QUARANTINE, rule="1", place="case")
MOVED = Fate(action=Action.FORWARD, rule="10", place="successor address")


class Letter(Value):
    """One letter of the demonstration."""

    name: str  # of its file, without number and ending
    title: str
    raw: bytes
    sender: str
    fates: Mapping[str, Fate]  # by recipient


def all_letters() -> tuple[Letter, ...]:
    """The letters in the order in which they are sent."""
    specialist, division, school = letters.SPECIALIST[1], letters.DIVISION_CLERK[1], letters.SCHOOL_CLERK[1]
    department, teacher, nursery = letters.DEPARTMENT_CLERK[1], letters.TEACHER[1], letters.NURSERY[1]
    return (
        Letter(
            name="bao-cao-so-lieu",
            title="Báo cáo số liệu học sinh của một trường (Excel)",
            raw=letters.figures_of_a_school(),
            sender=teacher,
            fates={specialist: PASSES},
        ),
        Letter(
            name="tong-hop-cua-phong",
            title="Bảng tổng hợp của Phòng, có trích dẫn công văn của Sở (Excel)",
            raw=letters.summary_of_a_division(),
            sender=division,
            fates={specialist: PASSES},
        ),
        Letter(
            name="bao-cao-theo-huong-dan",
            title="Báo cáo có số, gửi hộp thư mà văn bản hướng dẫn của Sở đã mở (Word)",
            raw=letters.report_that_guidance_asked_for(),
            sender=school,
            fates={letters.REPORTS[1]: COUNTED},
        ),
        Letter(
            name="du-thao-xin-gop-y",
            title="Dự thảo kế hoạch xin ý kiến góp ý (Word)",
            raw=letters.draft_for_comments(),
            sender=specialist,
            fates={division: PASSES, teacher: PASSES},
        ),
        Letter(
            name="mau-bao-cao",
            title="Mẫu báo cáo để điền (Word)",
            raw=letters.form_to_fill_in(),
            sender=specialist,
            fates={school: PASSES},
        ),
        Letter(
            name="quyet-dinh-cua-so",
            title="Quyết định đã ký số, do văn thư Sở gửi (PDF)",
            raw=letters.decision_of_the_department(),
            sender=department,
            fates={division: TO_THE_DEPARTMENTS_OFFICE, "vanthu.thptnh@sgdhuonggiang.edu.vn": TO_THE_DEPARTMENTS_OFFICE},
        ),
        Letter(
            name="cong-van-do-van-thu-gui",
            title="Công văn của trường, do văn thư gửi (Word)",
            raw=letters.letter_of_a_school(),
            sender=school,
            fates={division: TO_THE_SECTORS_OFFICE},
        ),
        Letter(
            name="cong-van-do-giao-vien-gui",
            title="Công văn của trường, do giáo viên gửi (Word)",
            raw=letters.letter_of_a_school(sender=letters.TEACHER, number="88", day=17),
            sender=teacher,
            fates={division: REFUSED},
        ),
        Letter(
            name="giay-moi-khan",
            title="Giấy mời họp KHẨN của Phòng (PDF)",
            raw=letters.urgent_invitation(),
            sender=division,
            fates={school: TO_THE_SECTORS_OFFICE, nursery: TO_THE_SECTORS_OFFICE},
        ),
        Letter(
            name="van-ban-cua-so-chuyen-de-biet",
            title="Văn bản của Sở, trường chuyển cho giáo viên để biết (PDF)",
            raw=letters.guidance_passed_on_for_information(),
            sender=school,
            fates={teacher: PASSES},
        ),
        Letter(
            name="gui-dia-chi-da-ngung",
            title="Thư gửi địa chỉ moet.edu.vn đã ngừng dùng",
            raw=letters.letter_to_a_retired_address(),
            sender="lienhe@thuvien-huonggiang.example",
            fates={letters.RETIRED_SCHOOL[1]: MOVED},
        ),
        Letter(
            name="tai-lieu-mat",
            title="Văn bản có dấu MẬT gửi nhầm bằng thư (PDF)",
            raw=letters.secret_document(),
            sender=specialist,
            fates={department: SEALED},
        ),
        Letter(
            name="thu-trao-doi-co-trich-cong-van",
            title="Thư trao đổi, bên dưới trích nguyên một công văn",
            raw=letters.thread_with_a_quotation(),
            sender=teacher,
            fates={specialist: PASSES},
        ),
        Letter(
            name="cong-van-tinh-khac",
            title="Công văn của Sở tỉnh khác gửi đến (PDF)",
            raw=letters.letter_from_another_province(),
            sender=letters.OTHER_PROVINCE[1],
            fates={department: INCOMING},
        ),
        Letter(
            name="tep-nen-co-mat-khau",
            title="Tệp nén có mật khẩu, tên như công văn (ZIP)",
            raw=letters.locked_archive(),
            sender=teacher,
            fates={division: HELD},
        ),
        Letter(
            name="don-vi-chua-co-van-thu",
            title="Công văn của trường mầm non chưa có tài khoản văn thư (Word)",
            raw=letters.letter_of_a_nursery(),
            sender=nursery,
            fates={division: NO_CLERK_YET},
        ),
        Letter(
            name="thu-hoi-lich",
            title="Thư hỏi lịch tập huấn, không có tệp kèm theo",
            raw=letters.plain_question(),
            sender=teacher,
            fates={specialist: PASSES},
        ),
    )


def write(folder: Path) -> None:
    """Write all letters and their list into ``folder``; letters that are no longer made go."""
    for old in folder.glob("*.eml"):
        old.unlink()
    tables = [_HEAD]
    for number, letter in enumerate(all_letters(), 1):
        file = f"{number:02}-{letter.name}.eml"
        (folder / file).write_bytes(letter.raw)
        tables.append(_table(file, letter))
    (folder / LIST.name).write_text("\n".join(tables), encoding="utf-8")


def _table(file: str, letter: Letter) -> str:
    fates = letter.fates.values()
    return (
        "[[letter]]\n"
        f'file = "{file}"\n'
        f'title = "{letter.title}"\n'
        f'sender = "{letter.sender}"\n'
        f"recipients = {_strings(list(letter.fates))}\n"
        f"actions = {_strings([fate.action for fate in fates])}\n"
        f"rules = {_strings([fate.rule for fate in fates])}\n"
        f"places = {_strings([fate.place for fate in fates])}\n"
    )


def _strings(values: list[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


if __name__ == "__main__":
    write(FOLDER)
