"""The members of `PointInCall` by names of a module: where a half call is.

In CPython 3.11 looking one up in the enumeration takes as long as a call; a name of a module costs nothing to speak of.

Source: ssp_sim/nodes/call_model.py.
"""

from typing import Final

from ain_scp.ssp_sim.nodes.call_model import PointInCall

O_NULL: Final = PointInCall.O_NULL
AUTHORIZE_ORIG_ATTEMPT: Final = PointInCall.AUTHORIZE_ORIG_ATTEMPT
COLLECT_INFORMATION: Final = PointInCall.COLLECT_INFORMATION
ANALYZE_INFORMATION: Final = PointInCall.ANALYZE_INFORMATION
SELECT_ROUTE: Final = PointInCall.SELECT_ROUTE
AUTHORIZE_CALL_SETUP: Final = PointInCall.AUTHORIZE_CALL_SETUP
SEND_CALL: Final = PointInCall.SEND_CALL
O_ALERTING: Final = PointInCall.O_ALERTING
O_ACTIVE: Final = PointInCall.O_ACTIVE
T_NULL: Final = PointInCall.T_NULL
AUTHORIZE_TERMINATION: Final = PointInCall.AUTHORIZE_TERMINATION
SELECT_FACILITY: Final = PointInCall.SELECT_FACILITY
PRESENT_CALL: Final = PointInCall.PRESENT_CALL
T_ALERTING: Final = PointInCall.T_ALERTING
T_ACTIVE: Final = PointInCall.T_ACTIVE
