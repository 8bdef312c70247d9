"""A customer's routing logic as a decision graph: the nodes of Fig. 6, or the rows and rules of an ASF profile.

The graph is a chain of questions, each with one yes branch; shared outcomes are one box. `taken` marks what a call went
through; `laid_out` places it for a drawing.

Source: [0103], [0112]-[0115], Fig. 6, A-132, A-157.
"""

from typing import Literal, NamedTuple

from ain_scp.figures.decision import Box, Branch, Layout, lay_out
from ain_scp.provisioning.options import AsfProfile, HostLogic, Options
from ain_scp.terms.conditions import ALWAYS, first_match
from ain_scp.terms.questions import CallTypeIs, Facts
from ain_scp.terms.vocabulary import PSTN_DEFAULT

Kind = Literal["start", "question", "outcome", "refused"]


class Node(NamedTuple):
    """One box. `key` is unique; `where` is its row (file:line) or empty."""

    key: str
    kind: Kind
    text: str
    where: str
    taken: bool


class Edge(NamedTuple):
    """One branch, labelled yes, no or empty."""

    source: str
    target: str
    label: str
    taken: bool


class Graph(NamedTuple):
    """Nodes in the order they are asked, and the branches between them."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


class _Drawing:
    """Collects questions and outcomes; outcomes with the same key are one box."""

    def __init__(self, title: str, start: str) -> None:
        self.title = title
        self.nodes: dict[str, Node] = {"start": Node("start", "start", start, "", taken=True)}
        self.edges: list[Edge] = []
        self.last = ("start", "", True)

    def question(
        self, key: str, text: str, where: str, outcome: Node, *, reached: bool, chosen: bool
    ) -> None:
        """A question that was reached or not, with the outcome of its yes branch."""
        self.nodes[key] = Node(key, "question", text, where, reached)
        self._enter(key, reached)
        self._box(outcome, chosen)
        self.edges.append(Edge(key, outcome.key, "yes", chosen))
        self.last = (key, "no", reached and not chosen)

    def end(self, outcome: Node) -> None:
        """The outcome when every question was answered with no, or of a question that asks nothing."""
        taken = self.last[2]
        self._box(outcome, taken)
        self._enter(outcome.key, taken)

    def _enter(self, key: str, reached: bool) -> None:
        source, label, taken = self.last
        self.edges.append(Edge(source, key, label, taken and reached))

    def _box(self, outcome: Node, taken: bool) -> None:
        known = self.nodes.get(outcome.key)
        self.nodes[outcome.key] = outcome._replace(taken=taken or (known is not None and known.taken))

    def graph(self) -> Graph:
        return Graph(self.title, tuple(self.nodes.values()), tuple(self.edges))


def host_graph(options: Options, logic: HostLogic, facts: Facts | None) -> Graph:
    """The routing logic of an ASF-RTL number; `facts` of a call mark its way, None marks nothing."""
    drawing = _Drawing(f"Routing logic of {logic.number}", "s2120")
    chosen = first_match(logic.conditions, facts) if facts is not None else len(logic.conditions)
    for index, node in enumerate(logic.rtl.logic):
        outcome = _host_outcome(options, logic.number, node.outcome)
        reached = facts is not None and index <= chosen if chosen >= 0 else facts is not None
        if node.condition == ALWAYS:
            drawing.end(outcome)
            return drawing.graph()
        text = node.condition.text()
        drawing.question(
            f"node{index}",
            text,
            str(node.where),
            outcome,
            reached=reached,
            chosen=reached and index == chosen,
        )
    drawing.end(Node("none", "refused", "no outcome named: blocked", "", taken=False))
    return drawing.graph()


def _host_outcome(options: Options, number: str, outcome: str | None) -> Node:
    if outcome is None:
        return Node("none", "refused", "no outcome named: blocked", "", taken=False)
    if outcome == PSTN_DEFAULT:
        return Node(outcome, "outcome", "s2350 PSTN default", "", taken=False)
    row = options.asf_rtl.get((number, outcome))
    if row is None:
        return Node(outcome, "refused", f"{outcome}: no row", "", taken=False)
    empty = not row.facilities.trunk_groups and not row.facilities.carriers
    text = f"{outcome}: {row.facilities}"
    return Node(outcome, "refused" if empty else "outcome", text, str(row.where), taken=False)


def profile_graph(profile: AsfProfile, row: int, facts: Facts | None) -> Graph:
    """The ASF-RTL rows and CRS/CCS rules of a profile in the order they are tried (A-128, A-132); `row` = the call's."""
    drawing = _Drawing(f"ASF profile {profile.name}", "s200")
    order = sorted(range(len(profile.rtl_rows)), key=lambda place: _rank(profile, place))
    for place in order:
        entry = profile.rtl_rows[place]
        what = (
            f"called {entry.number}"
            if entry.number
            else f"called {entry.prefix}..."
            if entry.prefix
            else CallTypeIs(entry.ctc or ()).text()
        )
        outcome = Node(entry.rtl, "outcome", f"s208 ASF-RTL {entry.rtl}", "", taken=False)
        reached = facts is not None and (row < 0 or order.index(place) <= order.index(row))
        drawing.question(
            f"rtl{place}", what, str(entry.where), outcome, reached=reached, chosen=reached and place == row
        )
    chosen = first_match(profile.conditions, facts) if facts is not None and row < 0 else -1
    for index, rule in enumerate(profile.rules):
        text = str(rule.facilities)
        outcome = Node(text, "outcome", f"s202 {text}", "", taken=False)
        reached = facts is not None and row < 0 and (chosen < 0 or index <= chosen)
        if rule.condition == ALWAYS:
            drawing.end(outcome)
            return drawing.graph()
        what = rule.condition.text()
        drawing.question(
            f"rule{index}", what, rule.where, outcome, reached=reached, chosen=reached and index == chosen
        )
    drawing.end(Node("PSTN", "outcome", "s202 PSTN", "", taken=False))
    return drawing.graph()


def _rank(profile: AsfProfile, place: int) -> tuple[int, int, int]:
    """Exact numbers first, then prefixes longest first, then call types in file order."""
    row = profile.rtl_rows[place]
    if row.number is not None:
        return 0, 0, place
    return (1, -len(row.prefix), place) if row.prefix is not None else (2, 0, place)


def laid_out(graph: Graph) -> Layout:
    """Where everything of the graph stands."""
    boxes = [
        Box(node.key, node.kind, node.text, node.where, node.taken, node.kind in ("start", "question"))
        for node in graph.nodes
    ]
    return lay_out(graph.title, boxes, [Branch(*edge) for edge in graph.edges])
