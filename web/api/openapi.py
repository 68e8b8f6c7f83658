"""The document of the API (OpenAPI 3.1), made from the types that the operations are checked by; and a page for people."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec
from flask import Response, render_template
from flask.typing import ResponseReturnValue

from gateway import __version__
from gateway.roles import Verb
from web.api import repeated
from web.api.operations import OPERATIONS, PREFIX, Nothing, Operation, blueprint
from web.api.problems import MEDIA, Problem, titles
from web.auth import anybody, may
from web.language import gettext, in_english, language

_REF = "#/components/schemas/{name}"
_PATTERNS = {"id": "^[0-9A-HJKMNP-TV-Z]{26}$", "delivery": r"^[0-9A-HJKMNP-TV-Z]{26}-[0-9]{1,9}$"}
_ARGUMENT = re.compile(r"<(\w+):(\w+)>")
# What may go wrong with any of them; the rest depends on what is asked.
_ALWAYS = (400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 503)


@blueprint.get("/openapi.json")
@anybody
def document() -> Response:
    """The document."""
    return Response(msgspec.json.encode(described(language())), mimetype="application/json")


@blueprint.get("/")
@may(Verb.OWN_ACCOUNT)
def page() -> ResponseReturnValue:
    """The same for people."""
    return render_template("api.html", operations=OPERATIONS, prefix=PREFIX, path_of=shown_path, problems=titles())


@lru_cache
def described(tongue: str) -> dict[str, Any]:
    """The document, with its sentences in one language."""
    paths: dict[str, dict[str, Any]] = {}
    for op in OPERATIONS:
        paths.setdefault(shown_path(op.path), {})[op.method.lower()] = _operation(op)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vanthu", "version": __version__, "description": gettext("Cổng chuyển văn bản từ thư điện tử")},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def shown_path(path: str) -> str:
    """A path as OpenAPI writes it."""
    return _ARGUMENT.sub(r"{\2}", path)


def _operation(op: Operation) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": op.name,
        "summary": gettext(op.said),
        "description": in_english(op.said),
        "tags": [op.scope.value],
        "parameters": [*_path_parameters(op), *_query_parameters(op), *_key_parameters(op)],
        "responses": {
            "200": {"description": gettext("Được"), "content": {media: {"schema": _answer(op)} for media in op.media}},
            **{str(status): _problem(status) for status in _ALWAYS},
        },
    }
    if op.body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(op.body)}}}
    return made


def _problem(status: int) -> dict[str, Any]:
    return {"description": titles()[status], "content": {MEDIA: {"schema": _ref(Problem)}}}


def _answer(op: Operation) -> dict[str, Any]:
    return {} if op.answer is bytes else _ref(op.answer)


def _ref(kind: type[Any]) -> dict[str, Any]:
    return {"$ref": _REF.format(name=kind.__name__)}


def _path_parameters(op: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": _PATTERNS[kind]}}
        for kind, name in _ARGUMENT.findall(op.path)
    ]


def _query_parameters(op: Operation) -> list[dict[str, Any]]:
    if op.query is Nothing:
        return []
    _, components = msgspec.json.schema_components([op.query], ref_template=_REF)
    schema = components[op.query.__name__]
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(each)}
        for name, each in schema["properties"].items()
    ]


def _key_parameters(op: Operation) -> list[dict[str, Any]]:
    schema = {"type": "string", "pattern": repeated.PATTERN}
    return [{"name": repeated.HEADER, "in": "header", "required": False, "schema": schema}] if op.method == "POST" else []


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter that is not given is left out; nothing in an address means null."""
    kept = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return kept[0] if len(kept) == 1 else schema


def _schemas() -> dict[str, Any]:
    kinds: list[type[Any]] = [Problem]
    for op in OPERATIONS:
        kinds += [kind for kind in (op.query, op.body, op.answer) if kind not in (None, Nothing, bytes)]
    _, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    return components
