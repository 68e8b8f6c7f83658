"""Whatever comes in, every recipient gets a verdict, and nothing is stopped without a place to go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.directory.snapshot import Directory
from gateway.model import NOTHING_RECOGNISED, Action, Document, Door, FileReading, Nature, Recognition, Secrecy, Sign, Urgency
from gateway.policy.decide import decide
from tests.policy import desk

_ADDRESSES = st.sampled_from([getattr(desk, name) for name in dir(desk) if "@" in str(getattr(desk, name))]) | st.text(
    max_size=30
)
_HEADS = st.sampled_from(["SGDHG", "PGDCS", "THCSLL", "MNHS", "MINISTRY", "ELSEWHERE"])
_DOCUMENTS = st.builds(
    desk.issued,
    _HEADS,
    kind=st.sampled_from(["", "Công văn", "Báo cáo", "Biên bản"]),
    number=st.sampled_from(["", "87"]),
    nature=st.sampled_from(Nature),
    signs=st.lists(st.sampled_from(Sign), max_size=6).map(tuple),
    urgency=st.sampled_from(Urgency),
    secrecy=st.sampled_from(Secrecy),
    issuer=st.text(max_size=30),
)


def _file(name: str, nature: Nature, documents: list[Document], reason: str) -> FileReading:
    return FileReading(name=name, digest="", size=1, nature=nature, documents=tuple(documents), reason=reason)


_FILES = st.builds(
    _file,
    st.text(max_size=20) | st.just("CV 12.pdf"),
    st.sampled_from(Nature),
    st.lists(_DOCUMENTS, max_size=2),
    st.text(max_size=9),
)
_RECOGNITIONS = st.just(NOTHING_RECOGNISED) | st.builds(
    lambda files, subject: Recognition(files=tuple(files), subject=subject), st.lists(_FILES, max_size=3), st.text(max_size=30)
)


@given(sender=_ADDRESSES, to=st.lists(_ADDRESSES, min_size=1, max_size=5), carried=_RECOGNITIONS, door=st.sampled_from(Door))
def test_every_recipient_gets_a_verdict_and_every_case_a_unit(
    sender: str, to: list[str], carried: Recognition, door: Door
) -> None:
    found = desk.decided(desk.mail(sender, *to, door=door), carried)

    assert [verdict.recipient for verdict in found] == to
    refused = [verdict.action is Action.REJECT for verdict in found]
    assert all(refused) or not any(refused)
    for verdict in found:
        assert verdict.reason.isprintable()
        assert verdict.clause
        if verdict.action in (Action.COPY, Action.REDIRECT, Action.HOLD, Action.QUARANTINE):
            assert verdict.unit
        if verdict.action is Action.FORWARD:
            assert verdict.target


def test_with_an_empty_directory_everything_is_delivered() -> None:
    carried = desk.carrying(desk.issued("MINISTRY"), desk.issued("THCSLL", secrecy=Secrecy.SECRET))

    (found,) = decide(desk.policy(), Directory(), desk.mail("a@x.example", "b@y.example"), carried, desk.NOW)

    assert (found.action, found.would_have) == (Action.DELIVER, Action.QUARANTINE)
