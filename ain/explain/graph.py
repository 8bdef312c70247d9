"""Drawing a decision graph: SVG, Graphviz DOT, or plain text, by the ending of the file.

Source: D-010.
"""

import textwrap
from pathlib import Path

from ain_scp.asf_rtl.graph import Graph, Node
from ain_scp.terms.safe_text import in_page, printable, printable_lines

_BOX_W, _BOX_H, _GAP_Y, _GAP_X, _MARGIN = 250, 70, 28, 90, 24
_STEP, _LANE = _BOX_H + _GAP_Y, 30
_ASKED = ("start", "question")
_STYLE = """
text{font:12px system-ui,sans-serif;fill:#1b1f24}
.where{font-size:10px;fill:#57606a}
.title{font-size:15px;font-weight:600}
.box{fill:#fff;stroke:#8c959f;stroke-width:1.2}
.question{fill:#f6f8fa}.refused{fill:#ffebe9}.outcome{fill:#dafbe1}
.edge{fill:none;stroke:#8c959f;stroke-width:1.2}
.taken{stroke:#0969da;stroke-width:3}
@media(prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}.where{fill:#9198a1}.box{fill:#161b22}
.question{fill:#21262d}.refused{fill:#5d1214}.outcome{fill:#12361f}}
"""


def write_graph(graph: Graph, target: Path) -> None:
    """Write the graph; `.svg`, `.dot` (or `.gv`), anything else is text."""
    if target.suffix == ".svg":
        target.write_text(svg(graph), encoding="utf-8")
    elif target.suffix in {".dot", ".gv"}:
        target.write_text(dot(graph), encoding="utf-8")
    else:
        target.write_text(printable_lines(text(graph)) + "\n", encoding="utf-8")


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
    """The graph as one SVG: questions on the left, each outcome beside the first question that leads to it, the way taken bold.

    What the last "no" leads to stands below all questions, unless a "yes" leads there, too.
    """
    left = [node for node in graph.nodes if node.kind in _ASKED]
    rows = _rows(graph, left)
    place = {
        node.key: (_MARGIN + (node.kind not in _ASKED) * (_BOX_W + _GAP_X), 48 + rows[node.key] * _STEP)
        for node in graph.nodes
    }
    width = 2 * _MARGIN + 2 * _BOX_W + _GAP_X + _LANE
    height = 48 + (max(rows.values()) + 1) * _STEP + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
    ]
    parts.append(
        f"<style>{_STYLE}</style><text class='title' x='{_MARGIN}' y='28'>{in_page(graph.title)}</text>"
    )
    parts += [
        _svg_edge(place[edge.source], place[edge.target], edge.label, edge.taken) for edge in graph.edges
    ]
    parts += [_svg_box(node, *place[node.key]) for node in graph.nodes]
    return "\n".join([*parts, "</svg>\n"])


def _rows(graph: Graph, asked: list[Node]) -> dict[str, int]:
    """The row of each box: questions as they are asked, an outcome in the row of its first question, the others below."""
    rows = {node.key: row for row, node in enumerate(asked)}
    for edge in graph.edges:
        if edge.label == "yes" and edge.target not in rows:
            rows[edge.target] = rows[edge.source]
    for edge in graph.edges:
        rows.setdefault(edge.target, len(asked))
    return rows


def _svg_edge(source: tuple[int, int], target: tuple[int, int], label: str, taken: bool) -> str:
    """A line that crosses no box: "yes" goes right, "no" goes down, and round the right side to an outcome further up."""
    mark = "edge taken" if taken else "edge"
    (x1, y1), (x2, y2) = source, target
    middle, below, end = x1 + _BOX_W // 2, y1 + _BOX_H, y2 + _BOX_H // 2
    at = (middle + 6, below + 19)
    if x1 == x2:
        path = f"M{middle} {below} V{y2}"
    elif label == "yes":
        bend, start = x1 + _BOX_W + _GAP_X // 2, y1 + _BOX_H // 2
        path = f"M{x1 + _BOX_W} {start} C{bend} {start} {bend} {end} {x2} {end}"
        at = (x1 + _BOX_W + 6, start - 5)
    elif y2 > y1:
        path = f"M{middle} {below} V{end} H{x2}"
    else:
        lane = x2 + _BOX_W + _LANE // 2
        path = f"M{middle} {below} V{below + _GAP_Y // 2} H{lane} V{end} H{x2 + _BOX_W}"
    return f"<path class='{mark}' d='{path}'/><text class='where' x='{at[0]}' y='{at[1]}'>{label}</text>"


def _svg_box(node: Node, x: int, y: int) -> str:
    mark = f"box {node.kind}" + (" taken" if node.taken else "")
    lines = textwrap.wrap(node.text, 38)[:3] or [""]
    rows = "".join(
        f"<text x='{x + 10}' y='{y + 18 + 14 * number}'>{in_page(line)}</text>"
        for number, line in enumerate(lines)
    )
    where = (
        f"<text class='where' x='{x + 10}' y='{y + _BOX_H - 7}'>{in_page(node.where)}</text>"
        if node.where
        else ""
    )
    return f"<g><rect class='{mark}' x='{x}' y='{y}' width='{_BOX_W}' height='{_BOX_H}' rx='6'/>{rows}{where}</g>"
