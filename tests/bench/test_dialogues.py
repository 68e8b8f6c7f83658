"""Random conversations with the SMTP door: some in the suite, an hour of them in `make bench ONLY=protocol`."""

from __future__ import annotations

from bench import dialogues


def test_no_conversation_breaks_a_promise() -> None:
    count, broken = dialogues.have(seconds=120, most=60)
    assert (count, broken) == (60, "")


def test_a_door_that_fails_is_found_out() -> None:
    with dialogues.stage() as on:
        made = on.made
        made.intake.failure = RuntimeError("broken")
        made.intake.admission_failure = RuntimeError("broken")
        broken = None
        for number in range(50):
            try:
                dialogues.converse(on, number)
            except dialogues.Promise as error:
                broken = error
                break
        assert broken is not None
        made.intake.failure = made.intake.admission_failure = None
