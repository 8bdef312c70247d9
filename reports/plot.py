"""A plot of curves as a figure with its legend; any drawing as a file of its own with the legend in it.

Source: console.md section 10 (charts).
"""

from collections.abc import Iterable
from typing import Final

from ain_scp.figures.curves import LEFT, Plot, lay_out
from ain_scp.figures.drawing import Drawing, Part, line, text
from ain_scp.terms.safe_text import in_page

_ROW: Final = 18
"""The height of a line of the legend within a drawing."""


def figure(plot: Plot) -> str:
    """The plot as HTML; one sentence when there is nothing to draw."""
    laid = lay_out(plot)
    if laid is None:
        return f"<p>{in_page(plot.title)}: nothing was answered.</p>\n"
    legend = "".join(
        f'<li><svg aria-hidden="true" viewBox="0 0 28 8" width="28" height="8">{_written([line(f"line {color}", 0, 28, 4, 4, dash)])}</svg>'
        f"{in_page(name)}</li>"
        for name, color, dash in laid.key
    )
    return (
        f'<figure><figcaption>{in_page(laid.title)}</figcaption><ul class="key">{legend}</ul>'
        f"{_svg(laid, laid.parts, 0)}</figure>\n"
    )


def with_legend(laid: Drawing) -> str:
    """A drawing as SVG with its title and the names of its curves above it."""
    above = (len(laid.key) + 1) * _ROW
    parts = [text(LEFT, 12 - above, laid.title, "start")]
    for at, (name, color, dash) in enumerate(laid.key, 1):
        y = at * _ROW - above + 12
        parts += [
            line(f"line {color}", LEFT, LEFT + 28, y - 4, y - 4, dash),
            text(LEFT + 36, y, name, "start"),
        ]
    return _svg(laid, [*parts, *laid.parts], above)


def _svg(laid: Drawing, parts: Iterable[Part], above: int) -> str:
    box = f"0 {-above} {laid.width} {laid.height + above}"
    return f'<svg class="plot" role="img" aria-label="{in_page(laid.said)}" viewBox="{box}">{_written(parts)}</svg>'


def _written(parts: Iterable[Part]) -> str:
    """Elements as markup."""
    written = []
    for tag, attributes, word in parts:
        said = " ".join(f'{name}="{value}"' for name, value in attributes.items())
        written.append(f"<{tag} {said}>{in_page(word)}</{tag}>")
    return "".join(written)
