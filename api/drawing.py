"""Drawing a decision graph: SVG, Graphviz DOT, or plain text.

Source: D-010.
"""

import string

from ain_scp.asf_rtl.graph import Graph, Node, laid_out
from ain_scp.figures.decision import BOX_H, BOX_W, MARGIN, Line, Placed
from ain_scp.reports.page import palettes
from ain_scp.terms.safe_text import in_page, printable

_FORM = "text{font:12px system-ui,sans-serif}.where{font-size:10px}.title{font-size:15px;font-weight:600}.box,.edge{stroke-width:1.2}.edge{fill:none}.taken{stroke-width:3}"
_COLORS = string.Template(
    "svg{background:$surface}text{fill:$ink}.where{fill:$ink3}.box{fill:$surface;stroke:$line2}.edge{stroke:$line2}"
    ".question{fill:$sunk}.refused{fill:$badbg}.outcome{fill:$okbg}.taken{stroke:$accent}"
)


def _style() -> str:
    """The colours of every page, written out: programs that draw SVG files know no variables."""
    light, dark = map(_COLORS.substitute, palettes())
    return f"{_FORM}{light}@media(prefers-color-scheme:dark){{{dark}}}"


def text(graph: Graph) -> str:
    """The graph as an indented list; `*` marks the way taken."""
    nodes = {node.key: node for node in graph.nodes}
    lines = [graph.title]
    for node in graph.nodes:
        if node.kind not in {"start", "question"}:
            continue
        for edge in graph.edges:
            if edge.source == node.key and edge.label != "no":
                lines.append(_text_line(node, nodes[edge.target], edge.taken))
            elif edge.source == node.key and nodes[edge.target].kind != "question":
                lines.append(f"{'*' if edge.taken else ' '} otherwise -> {nodes[edge.target].text}")
    return "\n".join(lines)


def _text_line(node: Node, target: Node, taken: bool) -> str:
    mark = "*" if taken else " "
    if node.kind == "start":
        return f"{mark} {node.text}"
    where = f"  [{node.where}]" if node.where else ""
    return f"{mark} if {node.text} -> {target.text}{where}"


def dot(graph: Graph) -> str:
    """The graph for Graphviz."""
    shapes = {"start": "oval", "question": "diamond", "outcome": "box", "refused": "octagon"}
    lines = ["digraph routing {", f'  label="{_quoted(graph.title)}"; node [fontname="sans-serif"];']
    for node in graph.nodes:
        label = _quoted(node.text) + (f"\\n{_quoted(node.where)}" if node.where else "")
        pen = ", penwidth=3" if node.taken else ""
        lines.append(f'  "{_quoted(node.key)}" [shape={shapes[node.kind]}, label="{label}"{pen}];')
    for edge in graph.edges:
        pen = ", penwidth=3" if edge.taken else ""
        lines.append(f'  "{_quoted(edge.source)}" -> "{_quoted(edge.target)}" [label="{edge.label}"{pen}];')
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(value: str) -> str:
    return printable(value).replace("\\", "\\\\").replace('"', '\\"')


def svg(graph: Graph) -> str:
    """The graph as one SVG: questions on the left, each outcome beside the first question that leads to it, the way taken bold."""
    laid = laid_out(graph)
    size, name = (
        f'width="{laid.width}" height="{laid.height}"',
        f'role="img" aria-label="{in_page(laid.title)}"',
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {laid.width} {laid.height}" {size} {name}>',
        f"<style>{_style()}</style><text class='title' x='{MARGIN}' y='28'>{in_page(laid.title)}</text>",
        *map(_svg_line, laid.lines),
        *map(_svg_box, laid.boxes),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _svg_line(line: Line) -> str:
    mark = "edge taken" if line.taken else "edge"
    label = f"<text class='where' x='{line.x}' y='{line.y}'>{line.label}</text>"
    return f"<path class='{mark}' d='{line.path}'/>{label}"


def _svg_box(box: Placed) -> str:
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
