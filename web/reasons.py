"""The reason that a person gives for a decision: one of the ready ones, and what was typed beside it."""

from __future__ import annotations

from flask import request

from gateway.reasons import LONGEST_REASON


def typed_reason() -> str:
    """The chosen reason and what was typed beside it, as one text."""
    chosen, note = request.form.get("reason", "").strip(), " ".join(request.form.get("note", "").split())
    return "; ".join(part for part in (chosen, note) if part)[:LONGEST_REASON]
