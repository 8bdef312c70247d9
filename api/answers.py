"""One query decided and explained: the answer, its steps with the rows that decided, and the routing logic as a picture.

Source: interfaces.md section 4, D-010.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import final

import msgspec

from ain_scp.api.data import DataSet, loaded
from ain_scp.api.drawing import dot, svg, text
from ain_scp.api.faults import InputError
from ain_scp.api.html import image, items, pre, table, titled
from ain_scp.asf_rtl.graph import Graph
from ain_scp.scp.service_logic.asking import answer_of
from ain_scp.scp.service_logic.decision_json import DecisionForm, QueryFault, QueryForm, query_line, query_of
from ain_scp.scp.service_logic.onward import host_query, routing_graph
from ain_scp.scp.service_logic.service_json import ServiceDecisionForm
from ain_scp.terms.localtime import text as time_text
from ain_scp.terms.safe_text import printable_lines
from ain_scp.terms.trace import Trace

HOST = "TERMINATION_ATTEMPT"


@final
class Picture:
    """Routing logic with the way that a call took; `svg`, `dot` and `text` draw it."""

    __slots__ = ("_graph",)

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    @property
    def title(self) -> str:
        """What is drawn."""
        return self._graph.title

    def svg(self) -> str:
        """One SVG document."""
        return svg(self._graph)

    def dot(self) -> str:
        """The graph for Graphviz."""
        return dot(self._graph)

    def text(self) -> str:
        """An indented list; `*` marks the way taken."""
        return printable_lines(text(self._graph))

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return image(self.svg(), self.text())


@final
class Answer:
    """What came of one query: `decision`, or `error`, why there is none."""

    __slots__ = ("_data", "_form", "decision", "error")

    def __init__(
        self,
        data: DataSet,
        form: QueryForm,
        decision: DecisionForm | ServiceDecisionForm | None,
        error: str | None,
    ) -> None:
        self._data = data
        self._form = form
        self.decision = decision
        self.error = error

    @property
    def query(self) -> dict[str, object]:
        """The query as the `query` object of a query line."""
        made = query_line(self._form)["query"]
        return made if isinstance(made, dict) else {}

    def as_json(self) -> dict[str, object]:
        """The decision in the JSON form, or `{"error": ...}`."""
        if self.decision is None:
            return {"error": self.error}
        made: dict[str, object] = msgspec.to_builtins(self.decision)
        return made

    def picture(self) -> Picture | None:
        """The routing logic that the call went through; None for a query without decision, and for the other services'."""
        if not isinstance(self.decision, DecisionForm):
            return None
        graph = routing_graph(self._data.program, query_of(self._form))
        return None if graph is None else Picture(graph)

    def host(self) -> "Answer | None":
        """What the ASF-RTL host decides when the call reaches it; None when it goes to none."""
        if not isinstance(self.decision, DecisionForm):
            return None
        asked = host_query(query_of(self._form), self.decision)
        if asked is None:
            return None
        form = QueryForm(
            message=asked.message,
            trigger=asked.trigger,
            calling_party=asked.calling_party,
            time=time_text(asked.time),
            bearer=asked.bearer,
            called_party=asked.called_party,
            original_called_party=asked.original_called_party,
            original_called_non=asked.original_called_non,
            draw=asked.draw,
        )
        return answered(self._data, form)

    def would_change(self) -> tuple[str, ...]:
        """What would change this decision, a sentence each."""
        if not isinstance(self.decision, DecisionForm):
            return ()
        from ain_scp.scp.service_logic.otherwise import changes

        return tuple(change.text for change in changes(self._data.program, query_of(self._form)))

    def __str__(self) -> str:
        if isinstance(self.decision, DecisionForm):
            from ain_scp.api.page import page
            from ain_scp.scp.service_logic.decision_json import AnswerLine

            made = page(self._data.program, query_of(self._form), AnswerLine(None, self.decision))
            return printable_lines(made)
        if self.decision is None:
            return printable_lines(f"no decision: {self.error}")
        return printable_lines(f"{self.decision.service}: {self.decision.outcome}")

    def __repr__(self) -> str:
        return f"<Answer {self._title()}>"

    def _title(self) -> str:
        if self.decision is None:
            return f"no decision: {self.error}"
        if isinstance(self.decision, DecisionForm):
            return f"{self.decision.response.type}, call type {self.decision.ctc}, route {self.decision.route.kind}"
        return f"{self.decision.service}: {self.decision.outcome}"

    def _repr_html_(self) -> str:
        if self.decision is None:
            return titled("No decision", pre(self.error or ""))
        response = msgspec.to_builtins(self.decision.response)
        given = [(name, value) for name, value in response.items() if value not in (None, (), [])]
        steps = [(one.step, one.found, one.row) for one in self.decision.steps if one.found]
        picture = self.picture()
        return titled(
            self._title(),
            table(("response", ""), given),
            table(("step", "found", "row"), steps),
            items(self.would_change()),
            "" if picture is None else picture._repr_html_(),
        )


def explain(
    data: DataSet | Path | str,
    calling: str | None = None,
    dial: str = "",
    *,
    at: str = "",
    bearer: str = "SPEECH",
    trunk_group: str | None = None,
    access_code: str | None = None,
    called: str | None = None,
    original_called: str | None = None,
    original_non: int | None = None,
    draw: int = 0,
    query: Mapping[str, object] | None = None,
) -> Answer:
    """Decide one call: `calling` dials `dial` at local time `at` (ISO 8601); or a host's query by `called`; or a `query` object.

    `query` has the keys of a query line's `query` and stands instead of all others. `draw`, 0 to 9999, is the call's share of
    percentages. InputError names a field that is wrong; a query that the service cannot decide is an Answer with `error`.
    """
    opened = loaded(data)
    if query is not None:
        if calling is not None or called is not None or dial:
            raise InputError("query stands instead of calling, dial and called")
        return answered(opened, query_form(query))
    if called is None and (calling is None or not dial):
        raise InputError("give calling and dial, or called, or query")
    if called is not None and (dial or access_code or trunk_group):
        raise InputError("dial, access_code and trunk_group have no effect with called: a host's query")
    try:
        code, digits = opened.program.dialed(calling or "", dial, access_code, trunk_group)
    except ValueError as fault:
        raise InputError(f"dial: {fault}") from None
    return answered(
        opened,
        QueryForm(
            message="INFO_ANALYZED" if called is None else HOST,
            trigger="CDP_AC" if called is None else "TAT",
            calling_party=calling,
            time=at,
            trunk_group=trunk_group,
            access_code=code,
            dialed=digits,
            bearer=bearer,
            called_party=called,
            original_called_party=original_called,
            original_called_non=original_non,
            draw=draw,
        ),
    )


def query_form(query: Mapping[str, object]) -> QueryForm:
    """Read a `query` object; InputError names what is wrong."""
    try:
        return msgspec.convert(dict(query), QueryForm)
    except (msgspec.ValidationError, RecursionError) as fault:
        raise InputError(f"query: {fault}") from None


def answered(data: DataSet, form: QueryForm) -> Answer:
    """Ask one query with a trace; InputError names a field that is wrong."""
    if form.draw is not None and not 0 <= form.draw <= 9999:
        raise InputError(f"draw: {form.draw} is not 0 to 9999")
    try:
        line = answer_of(data.program, None, form, 0, Trace())
    except QueryFault as fault:
        raise InputError(str(fault)) from None
    return Answer(data, form, line.decision, line.error)
