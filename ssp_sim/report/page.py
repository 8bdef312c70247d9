"""Writes the page: template, style, script and the run's data in one HTML text.

The data stands in a JSON script element, which the browser does not run; every `<`, `>` and `&` in it is written as an
escape, so nothing in a call can end the element. The script puts texts on the page as text, never as markup, and a
content security policy allows nothing but this style and this script, named by their hashes.

Source: D-007; Content Security Policy Level 3.
"""

import base64
import hashlib
from importlib.resources import files

import msgspec

from ain_scp.ssp_sim.report.run import Run
from ain_scp.ssp_sim.report.view import view
from ain_scp.terms.safe_text import in_page, printable_json

_ESCAPES = (
    ("&", "\\u0026"),
    ("<", "\\u003c"),
    (">", "\\u003e"),
)


def render(run: Run) -> str:
    """Write the report of `run` as one HTML page; needs no network and no other file."""
    room = files("ain_scp.ssp_sim.report")
    style = room.joinpath("page.css").read_text("utf-8")
    script = "".join(room.joinpath(name).read_text("utf-8") for name in ("parts.js", "ladder.js", "page.js"))
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
