"""Writes the page: template, the style sheet and parts of every page, its own script and the run's data in one HTML text.

The data stands in a JSON script element, which the browser does not run; every `<`, `>` and `&` in it is written as an
escape, so nothing in a call can end the element. The script puts texts on the page as text, never as markup, and a
content security policy allows nothing but this style and this script, named by their hashes.

Source: D-007; Content Security Policy Level 3.
"""

import base64
import hashlib
import re
from importlib.resources import files
from typing import Final

import msgspec

from ain_scp.ssp_sim.report.run import Run
from ain_scp.ssp_sim.report.view import view
from ain_scp.terms.safe_text import in_page, printable_json

_MODULE: Final = re.compile("^(import .*\n|export )", re.MULTILINE)
"""What makes a script a module: on this page all scripts are one."""

_ESCAPES = (
    ("&", "\\u0026"),
    ("<", "\\u003c"),
    (">", "\\u003e"),
)


def render(run: Run) -> str:
    """Write the report of `run` as one HTML page; needs no network and no other file."""
    room = files("ain_scp.ssp_sim.report")
    shared = files("ain_scp.reports").joinpath("static")
    style = shared.joinpath("console.css").read_text("utf-8") + room.joinpath("page.css").read_text("utf-8")
    modules = [shared.joinpath(name).read_text("utf-8") for name in ("parts.js", "ladder.js")]
    own = [room.joinpath(name).read_text("utf-8") for name in ("parts.js", "latency.js", "page.js")]
    script = '"use strict";\n' + _MODULE.sub("", "".join(modules)) + "".join(own)
    data = printable_json(msgspec.json.encode(view(run)).decode())
    for letter, escape in _ESCAPES:
        data = data.replace(letter, escape)
    parts = {
        "title": in_page(run.title),
        "policy": f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'",
        "style": style,
        "script": script,
        "data": data,
    }
    page = room.joinpath("page.html").read_text("utf-8")
    pieces = page.split("@@")
    return "".join(parts[piece] if number % 2 else piece for number, piece in enumerate(pieces))


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
