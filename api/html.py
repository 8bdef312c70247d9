"""Small pieces of HTML for notebooks. Every text is foreign until it is escaped here; nothing is loaded from anywhere.

Source: attacks section 1; the `_repr_html_` protocol of IPython.
"""

import base64
from collections.abc import Iterable, Sequence

from ain_scp.terms.safe_text import in_page


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a head; an absent value is an empty cell."""
    heads = "".join(f"<th>{in_page(one)}</th>" for one in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{'' if one is None else in_page(str(one))}</td>" for one in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def titled(title: str, *parts: str) -> str:
    """A title over parts that are HTML already."""
    return f"<div><strong>{in_page(title)}</strong>{''.join(parts)}</div>"


def pre(text: str) -> str:
    """Text whose columns stand below each other."""
    return f'<pre style="line-height:1.2">{in_page(text)}</pre>'


def items(texts: Iterable[str]) -> str:
    """A list; empty for no texts."""
    inner = "".join(f"<li>{in_page(one)}</li>" for one in texts)
    return f"<ul>{inner}</ul>" if inner else ""


def image(svg: str, says: str) -> str:
    """An SVG as an image of its own, so that neither its styles nor anything in it reaches the page."""
    octets = base64.b64encode(svg.encode()).decode()
    return f'<img alt="{in_page(says)}" src="data:image/svg+xml;base64,{octets}">'
