"""What a server plays through before it serves: calls drawn from its data set, so that none waits for what is made once.

Source: A-060, reliability section 6.1.
"""

from itertools import islice
from typing import Final

from ain_scp.ain.bench.calls import Asked, draw_calls
from ain_scp.scp.classes.callers import Callers
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.service_logic.program import Program

CALLS: Final = 2_000
"""Two tenths of a second, interpreted; after so many calls of the golden data set one message in fifty is still of a new kind, after 600 one in fifteen."""
NOTIFICATIONS: Final = 20
"""They are all of a few kinds."""


def rehearsal(program: Program, callers: Callers, config: NodeConfig) -> list[tuple[bytes, bytes]]:
    """The messages of some calls, before and after their numbers; none where no line has a trigger."""
    scp = Asked(config.point_code, config.ssn, config.routing_context)
    try:
        drawn = draw_calls(program, CALLS, 0, scp=scp, known=callers)
    except ValueError:
        return []
    asked = [(one.before, one.after) for one in drawn if one.answered]
    told = ((one.before, one.after) for one in drawn if not one.answered)
    return [*asked, *islice(told, NOTIFICATIONS)]
