"""Whatever the rules, every recipient's copy has a verdict, and every verdict leads somewhere: no mail ever vanishes."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some

from gateway.acceptance import accepted
from gateway.directory.calendar import Calendar
from gateway.errors import ConfigError
from gateway.model import Action, Door, Identity, Mail, Recognition
from gateway.policy import rules
from gateway.policy.conditions import CONDITIONS
from gateway.policy.decide import decide
from tests.policy import desk

_VALUES = (
    "true",
    "false",
    '"own"',
    '["governed", "unlisted"]',
    '"outside"',
    '"open"',
    '"closed"',
    '"khẩn"',
    '"clerk"',
    "5",
    '"imap"',
)
_RECIPIENTS = (desk.DIVISION, desk.REPORTS, desk.TEACHER, desk.RETIRED, desk.CLOSED, desk.OUTSIDE, desk.UNLISTED, desk.PRESS)
_CARRIED = (
    Recognition(skipped=True),
    desk.with_file("bao-cao.xlsx"),
    desk.carrying(desk.issued("THCSLL")),
    desk.carrying(desk.issued("SGDHG"), desk.issued("ELSEWHERE")),
    desk.unreadable("CV 45.pdf", reason="password"),
)

conditions = some.dictionaries(some.sampled_from(sorted(CONDITIONS)), some.sampled_from(_VALUES), max_size=3)
lines = some.tuples(
    some.sampled_from([action.value for action in Action]),
    some.sampled_from(["", "sender", "recipient", "superior", "sender-or-recipient"]),
    some.sampled_from(["of-unit", "every"]),
    some.sampled_from(["approval", "at-once"]),
    some.sampled_from(["", "observe", "advise", "enforce"]),
    conditions,
)
letters = some.builds(
    lambda sender, to, identity, door: desk.mail(sender, *to, identity=identity, door=door),
    some.sampled_from([desk.TEACHER, desk.CLERK, desk.SPECIALIST, desk.OUTSIDE, desk.NOTIFIER, desk.OBSERVED_TEACHER, ""]),
    some.lists(some.sampled_from(_RECIPIENTS), min_size=1, max_size=4, unique=True),
    some.sampled_from(Identity),
    some.sampled_from([Door.SMTP, Door.IMAP]),
)


def _rule(n: int, line: tuple[str, str, str, str, str, dict[str, str]]) -> str:
    action, target, phases, hand_over, phase, when = line
    return f"""
[[rule]]
id = "r{n}"
title = "Thử"
clause = "x"
clause_date = 2019-11-05
action = "{action}"
target = "{target}"
phases = "{phases}"
hand_over = "{hand_over}"
{f'phase = "{phase}"' if phase else ""}
when = {{ {", ".join(f"{name} = {value}" for name, value in when.items())} }}
reason = "Quy tắc thử."
"""


_LAST = """
[[rule]]
id = "last"
title = "Còn lại"
clause = "x"
clause_date = 2019-11-05
action = "deliver"
reason = "Thư thường."
"""


@given(some.lists(lines, max_size=5), letters, some.sampled_from(_CARRIED))
def test_every_copy_is_delivered_captured_or_refused_with_the_whole_mail(
    made_up: list[tuple[str, str, str, str, str, dict[str, str]]], letter: Mail, carried: Recognition
) -> None:
    text = "".join(_rule(n, line) for n, line in enumerate(made_up)) + _LAST
    try:
        policy = rules.parse(text.encode(), where="p.toml")
    except ConfigError:
        return  # what is said to be wrong decides nothing

    verdicts = decide(policy, desk.directory(), letter, carried, letter.arrival.at)

    assert [verdict.recipient for verdict in verdicts] == [recipient.address for recipient in letter.recipients]
    refused = [verdict.action is Action.REJECT for verdict in verdicts]
    if any(refused):  # the sender keeps it: only as a whole, and only while he is there to hear it
        assert all(refused)
        assert letter.arrival.door is Door.SMTP
        return
    kept = accepted(
        letter, verdicts, carried, letter.arrival.at,
        calendar=Calendar(), hold_for=timedelta(hours=4), offices={"qlvb-tinh", "ioffice-nganh"}, leased=False,
        issuer_of=lambda document: "",
    )  # fmt: skip
    sent = {delivery.id.rpartition("-")[2] for delivery in kept.deliveries}
    captured = {recipient for opening in kept.openings for recipient in opening.case.recipients}
    for n, verdict in enumerate(verdicts, 1):
        assert str(n) in sent or verdict.recipient in captured, verdict
    assert all(delivery.target for delivery in kept.deliveries)
