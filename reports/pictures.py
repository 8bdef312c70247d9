"""Drawings as files of their own, light and dark: decision graphs, the ladder of a call, a network with its loads.

Programs that draw SVG files know no variables, so the colours of the style sheet are written out. Every foreign text goes
through `in_page`. The pages draw the same layouts themselves, with what can be pressed.

Source: console.md sections 7 and 10.
"""

import string
from collections.abc import Mapping, Sequence
from math import log10
from typing import Any, Final

from ain_scp.figures.decision import BOX_H, BOX_W, MARGIN, Line, Placed
from ain_scp.figures.decision import Layout as Graph
from ain_scp.reports.page import palettes
from ain_scp.terms.safe_text import in_page

_FORM: Final = (
    "text{font:12px system-ui,sans-serif}.where{font-size:10px}.title{font-size:15px;font-weight:600}.mid{text-anchor:middle}"
    ".end{text-anchor:end}.b{font-weight:600}.box,.edge{stroke-width:1.2}.edge,.wire{fill:none}.taken{stroke-width:3}.rung{stroke-width:1.6}"
)
_COLORS: Final = string.Template(
    "svg{background:$surface}text{fill:$ink}.where{fill:$ink3}.box{fill:$surface;stroke:$line2}.edge,.life{stroke:$line2}"
    ".question{fill:$sunk}.refused{fill:$badbg}.outcome{fill:$okbg}.taken{stroke:$accent}.sig,.AIN{stroke:$accent}.trunk,.ISUP{stroke:$ok}"
    ".MF{stroke:$warn}.rung{stroke:$ink2}.rung.AIN{stroke:$accent}.rung.ISUP{stroke:$ok}.rung.MF{stroke:$warn}.rung.lost,.wire.lost{stroke:$bad}"
)
_ROW: Final = 30
_LEFT: Final = 112
_GAP: Final = 148
_TOP: Final = 66
_LETTER: Final = 6.2


def _style() -> str:
    light, dark = map(_COLORS.substitute, palettes())
    return f"<style>{_FORM}{light}@media(prefers-color-scheme:dark){{{dark}}}</style>"


def _file(width: float, height: float, title: str, parts: Sequence[str], *, inner: str = "") -> str:
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {inner}role="img" aria-label="{in_page(title)}">'
    style = "" if inner else _style()
    heading = f"<text class='title' x='{MARGIN}' y='28'>{in_page(title)}</text>"
    return "\n".join([head, style + heading, *parts, "</svg>\n"])


def graphs(laid: Sequence[Graph]) -> str:
    """Decision graphs, one below the other: questions on the left, the way taken bold."""
    if len(laid) == 1:
        return _graph(laid[0])
    parts, y = [], 40
    for one in laid:
        parts.append(_graph(one, inner=f'y="{y}" '))
        y += one.height
    return _file(max(one.width for one in laid), y, f"{len(laid)} routing logics", parts)


def _graph(laid: Graph, *, inner: str = "") -> str:
    parts = [*map(_graph_line, laid.lines), *map(_graph_box, laid.boxes)]
    return _file(laid.width, laid.height, laid.title, parts, inner=inner)


def _graph_line(line: Line) -> str:
    mark = "edge taken" if line.taken else "edge"
    label = f"<text class='where' x='{line.x}' y='{line.y}'>{line.label}</text>"
    return f"<path class='{mark}' d='{line.path}'/>{label}"


def _graph_box(box: Placed) -> str:
    mark = f"box {box.kind}" + (" taken" if box.taken else "")
    rows = "".join(
        f"<text x='{box.x + 10}' y='{box.y + 18 + 14 * number}'>{in_page(line)}</text>"
        for number, line in enumerate(box.lines)
    )
    where = (
        f"<text class='where' x='{box.x + 10}' y='{box.y + BOX_H - 7}'>{in_page(box.where)}</text>"
        if box.where
        else ""
    )
    frame = f"<rect class='{mark}' x='{box.x}' y='{box.y}' width='{BOX_W}' height='{BOX_H}' rx='6'/>"
    return f"<g>{frame}{rows}{where}</g>"


def ladder(title: str, messages: Sequence[Mapping[str, Any]], journeys: Sequence[Sequence[int]]) -> str:
    """The messages of a call, hops through STPs joined: `at` in nanoseconds since the call was placed."""
    rungs = []
    for group in journeys:
        first, last = messages[group[0]], messages[group[-1]]
        step = next((messages[at]["step"] for at in group if messages[at].get("step")), "")
        rungs.append({**first, "destination": last["destination"], "lost": last.get("lost"), "step": step})
    nodes = list(dict.fromkeys(one[end] for one in rungs for end in ("source", "destination") if one[end]))
    place = {node: _LEFT + 40 + at * _GAP for at, node in enumerate(nodes)}
    width, height = _LEFT + max(len(nodes) - 1, 0) * _GAP + 280, _TOP + len(rungs) * _ROW + 12
    parts = [
        f'<text class="mid b" x="{x}" y="{_TOP - 12}">{in_page(node[:17])}</text>'
        f'<line class="life" x1="{x}" x2="{x}" y1="{_TOP - 4}" y2="{height}"/>'
        for node, x in place.items()
    ]
    parts += [_rung(one, place, _TOP + at * _ROW + 20, width) for at, one in enumerate(rungs)]
    return _file(width, height, title, parts)


def _rung(one: Mapping[str, Any], place: Mapping[str, int], y: int, width: int) -> str:
    a, b = place[one["source"]], place.get(one["destination"], place[one["source"]])
    lost = bool(one.get("lost"))
    mark = f"rung {one['protocol'] if str(one['protocol']).isalpha() else ''}{' lost' if lost else ''}"
    name = str(one["name"]) + (" (lost)" if lost else "")
    told = " · ".join(f"{key} {value}" for key, value in one.get("fields") or () if value)
    time = f'<text class="where end" x="66" y="{y + 4}">{one["at"] / 1e6:.1f} ms</text>'
    time += f'<text class="where" x="76" y="{y + 4}">{in_page(str(one.get("step") or ""))}</text>'
    if a == b:
        start, arrow = a + 28, f'<path class="edge {mark}" d="M{a},{y - 4} h20 v9 h-14"/>'
        label = f'<text class="b" x="{start}" y="{y + 4}">{in_page(name)}</text>'
        after = start + len(name) * 7.4 + 10
    else:
        low, high, tip = min(a, b), max(a, b), 8 if b < a else -8
        fits = len(name) * 7.2 < high - low - 16
        end = f"l{tip},-4 m{-tip},4 l{tip},4" if not lost else "m-5,-5 l10,10 m0,-10 l-10,10"
        arrow = f'<path class="edge {mark}" d="M{a},{y + 4} L{b},{y + 4} {end}"/>'
        at = f'class="b mid" x="{(a + b) / 2:g}"' if fits else f'class="b" x="{low + 8}"'
        label = f'<text {at} y="{y - 3}">{in_page(name)}</text>'
        after = high + 10 if fits else max(high, low + 8 + len(name) * 7.4) + 10
    room = int((width - after - 6) / _LETTER)
    shown = told if len(told) <= room else told[: max(room - 1, 0)] + "…"
    return f'<g>{time}{arrow}{label}<text class="where" x="{after:g}" y="{y + 6}">{in_page(shown) if room > 10 else ""}</text></g>'


def network(
    title: str,
    size: tuple[int, int],
    box: tuple[int, int],
    spots: Sequence[tuple[str, str, int, int]],
    ways: Sequence[tuple[str, str, str, str, float, float]],
    loads: Mapping[tuple[str, str], tuple[int, int]],
) -> str:
    """A network laid out: `spots` name, kind and middle, `ways` ends, `sig` or `trunk`, path and place of the label.

    `loads`: messages and lost ones in the last second, by ends.
    """
    parts = []
    for one, other, sort, path, x, y in ways:
        count, lost = loads.get((one, other), (0, 0))
        label = f"{count or ''}{f' ({lost} lost)' if lost else ''}"
        mark, wide = "wire " + (sort if not lost else "lost"), 1.2 + log10(1 + count) * 1.1
        parts.append(
            f'<path class="{mark}" stroke-width="{wide:.2f}" d="{path}" transform="translate(0 40)"/>'
            f'<text class="where mid" x="{x:g}" y="{y + 44:g}">{label}</text>'
        )
    width, height = box
    for name, kind, x, y in spots:
        parts.append(
            f'<g><rect class="box" x="{x - width / 2:g}" y="{y - height / 2 + 40:g}" width="{width}" height="{height}" rx="7"/>'
            f'<text class="mid b" x="{x}" y="{y + 36}">{in_page(name[:15])}</text>'
            f'<text class="mid where" x="{x}" y="{y + 50}">{in_page("" if kind == name else kind)}</text></g>'
        )
    return _file(size[0], size[1] + 40, title, parts)
