"""The interface of the console as OpenAPI 3.1, made from its table of addresses and the forms of what they read.

Source: console.md section 8; OpenAPI 3.1.
"""

import re
from typing import Any, Final

import msgspec

from ain_scp.console.routes import ACTIONS, PAGES

VERSION: Final = "1.0"
"""Grows in its first part when a field goes or changes its meaning, in its second when one is added."""
_NAME: Final = re.compile(r"{(\w+)}")
_PROBLEM: Final = {
    "description": "Refused, as RFC 9457 has it.",
    "content": {"application/problem+json": {"schema": {"type": "object"}}},
}


def description() -> bytes:
    """The whole as JSON."""
    forms = [page.form for page in PAGES if page.form is not None]
    schemas, components = msgspec.json.schema_components(forms, ref_template="#/components/schemas/{name}")
    known = dict(zip([page.path for page in PAGES if page.form is not None], schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for page in PAGES:
        schema = known.get(page.path, {"type": ["object", "array"]})
        paths[f"/api{page.path}"] = {"get": _operation(page.path, page.read.__doc__, page.roles, schema)}
    for action in ACTIONS:
        operation = _operation(action.path, action.do.__doc__, action.roles, {"type": "object"})
        kind = "application/octet-stream" if action.raw else "application/json"
        operation["requestBody"] = {
            "content": {kind: {"schema": {"type": "string" if action.raw else "object"}}}
        }
        paths.setdefault(action.path, {})[action.method.lower()] = operation
    info = {
        "title": "ain console",
        "version": VERSION,
        "description": "Errors are application/problem+json. A session is a cookie of /api/login.",
    }
    return msgspec.json.encode(
        {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": components}}
    )


def _operation(
    path: str, words: str | None, roles: tuple[str, ...], schema: dict[str, Any]
) -> dict[str, Any]:
    names = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _NAME.findall(path)
    ]
    answer = {"description": "What was asked for.", "content": {"application/json": {"schema": schema}}}
    return {
        "summary": (words or "").strip(),
        "x-roles": list(roles),
        "parameters": names,
        "responses": {"200": answer, "default": _PROBLEM},
    }
