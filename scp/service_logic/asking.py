"""One query in the JSON form, asked of the service that answers it: a service beside the dialing plan's, else the dialing plan's.

Source: services design sections 4.2 and 4.3.
"""

from ain_scp.scp.service_logic.decision_json import (
    AnswerLine,
    QueryForm,
    answer_line,
    query_of,
    service_query_of,
)
from ain_scp.scp.service_logic.program import Program
from ain_scp.scp.service_logic.service_json import ServiceAnswerLine, service_line
from ain_scp.terms.trace import Trace

Line = AnswerLine | ServiceAnswerLine


def answer_of(
    program: Program, identity: str | int | None, form: QueryForm, draw: int = 0, trace: Trace | None = None
) -> Line:
    """The answer line of a query; QueryFault when the form cannot be asked. `draw` is used where the form has none."""
    query = query_of(form, draw)
    services = program.services
    if services is not None:
        asked = service_query_of(form, query)
        service = services.select(asked, trace)
        if service is not None:
            return service_line(identity, service.decide(asked, trace), trace)
    return answer_line(identity, program.decide(query, trace), trace)
