"""What `ain explain` adds to a decision's page: the drawing in a file, and the command of the host's query.

Source: D-010, interfaces.md section 1.
"""

import shlex
from pathlib import Path

import click

from ain_scp.ain.outputs import write_file
from ain_scp.api.drawing import dot, svg, text
from ain_scp.asf_rtl.graph import Graph
from ain_scp.scp.service_logic.onward import routing_graph
from ain_scp.scp.service_logic.program import Program
from ain_scp.terms.localtime import text as time_text
from ain_scp.terms.query import Query
from ain_scp.terms.safe_text import printable_lines


def write_graph(graph: Graph, target: Path | str) -> None:
    """Write the graph; `.svg`, `.dot` (or `.gv`), anything else is text; `-` is standard output."""
    if not isinstance(target, Path):
        click.echo("\n" + text(graph))
        return
    if target.suffix == ".svg":
        written = svg(graph)
    elif target.suffix in {".dot", ".gv"}:
        written = dot(graph)
    else:
        written = printable_lines(text(graph)) + "\n"
    write_file(target, written)


def draw(program: Program, query: Query, target: Path | str) -> None:
    """Draw the routing logic that this call went through; OSError when it cannot be written."""
    graph = routing_graph(program, query)
    if graph is not None:
        write_graph(graph, target)


def host_command(dataset: Path, query: Query) -> str:
    """The command that decides a host's query."""
    words = ["ain", "explain", str(dataset), "--called", query.called_party or ""]
    words += ["--original-called", query.original_called_party or ""]
    words += ["--original-non", str(query.original_called_non)]
    words += ["--from", query.calling_party or "", "--bearer", query.bearer, "--at", time_text(query.time)]
    return shlex.join(words)
