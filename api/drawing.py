"""Drawing a decision graph: SVG, Graphviz DOT, or plain text.

Source: D-010.
"""

from ain_scp.asf_rtl.graph import Graph, Node, laid_out
from ain_scp.reports.pictures import graphs
from ain_scp.terms.safe_text import printable


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
    return graphs([laid_out(graph)])
