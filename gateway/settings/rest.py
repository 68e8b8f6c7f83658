"""[office.rest] and [office.rest.answers]: how a REST interface of its own kind is spoken to (courier "rest")."""

from __future__ import annotations

from typing import Literal

import msgspec

from gateway.model import Value


class RestAnswers(Value, forbid_unknown_fields=True):
    """[office.rest.answers]: where answers are fetched, and what the members of a row mean; inner members with dots."""

    list: str = ""  # path, by GET, of what was not acknowledged yet; "{since}" is a day 30 days ago; "" fetches nothing
    rows: str = ""  # member with the rows; "" when the answer is the list itself
    id: str = "id"  # names the event for ever
    delivery: str = ""  # has our delivery id; "": whichever member has one
    document_id: str = ""
    number_symbol: str = ""
    status: str = ""  # what became of it, in their words …
    statuses: dict[str, str] = msgspec.field(default_factory=dict)  # … and what these mean: "01" … "06", "13", "15", "16"
    register_number: str = ""
    registered_on: str = ""
    reason: str = ""
    actor: str = ""
    package: str = ""  # path, by GET, of the edXML of a row: "/events/{id}/file"; then that says what became of it
    acknowledge: str = ""  # path, by POST, after which a row is not given again: "/events/{id}/done"


class Rest(Value, forbid_unknown_fields=True):
    """[office.rest]."""

    send: str = ""  # path that takes a document, by POST
    form: Literal["multipart", "json"] = "multipart"
    file_field: str = "file"  # multipart: the part; json: the member with the package in base64
    # Further fields: "{number_symbol}", "{subject}", "{delivery_id}" … are filled in.
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    headers: dict[str, str] = msgspec.field(default_factory=dict)  # of every request: "Bearer {secret}"
    # Members of the JSON answer and what they say when the document was taken (none: any 2xx), when they have it already, and
    # when it is their own verdict that they do not want it.
    ok: dict[str, str] = msgspec.field(default_factory=dict)
    duplicate: dict[str, str] = msgspec.field(default_factory=dict)
    refused: dict[str, str] = msgspec.field(default_factory=dict)
    receipt_field: str = ""  # member of the JSON answer with their number
    look_up: str = ""  # path that answers 200 for a delivery they have and 404 for another: "/documents/{delivery_id}"
    ping: str = ""  # path for `vanthu office check`
    answers: RestAnswers = RestAnswers()


CODES = ("01", "02", "03", "04", "05", "06", "13", "15", "16")  # StatusCode of QCVN 102:2016


def wrong_with(rest: Rest) -> str:
    """What keeps the courier from working, with the key; "" for nothing."""
    answers = rest.answers
    if not rest.send:
        return "[office.rest] send: expected the path that takes a document"
    if not answers.list:
        return ""
    if not answers.id:
        return "[office.rest.answers] id: expected the member that names an answer"
    if not (answers.package or answers.status):
        return "[office.rest.answers] status: expected the member that says what became of a document, or a path in package"
    if answers.status and not answers.statuses:
        return '[office.rest.answers] statuses: expected what their words mean, as { "DA_VAO_SO" = "03" }'
    if unknown := sorted(set(answers.statuses.values()) - set(CODES)):
        return f"[office.rest.answers] statuses: expected one of {', '.join(CODES)}, got {', '.join(unknown)}"
    return ""
