"""What other programs may do: the verbs of the console as JSON under /api/v1, with tokens, described by OpenAPI 3.1.

Whoever adds an operation writes a function with @operation in one of the modules here: address, scope, types of query, body
and answer are said once, and checks, document and page follow from them.
"""

from __future__ import annotations

from web.api import bulk, cases, desk, openapi, pull, traffic
from web.api.operations import blueprint

__all__ = ["blueprint", "bulk", "cases", "desk", "openapi", "pull", "traffic"]
