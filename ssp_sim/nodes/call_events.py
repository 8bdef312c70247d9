"""The members of `CallEvent` by names of a module: what happens to a half call.

In CPython 3.11 looking one up in the enumeration takes as long as a call; a name of a module costs nothing to speak of.

Source: ssp_sim/nodes/call_model.py.
"""

from typing import Final

from ain_scp.ssp_sim.nodes.call_model import CallEvent

ORIGINATE: Final = CallEvent.ORIGINATE
DENIED: Final = CallEvent.DENIED
AUTHORIZED: Final = CallEvent.AUTHORIZED
COLLECTED: Final = CallEvent.COLLECTED
ANALYZED: Final = CallEvent.ANALYZED
TREATED: Final = CallEvent.TREATED
ROUTED: Final = CallEvent.ROUTED
FACILITY_FOUND: Final = CallEvent.FACILITY_FOUND
NETWORK_BUSY: Final = CallEvent.NETWORK_BUSY
SENT: Final = CallEvent.SENT
SEIZED: Final = CallEvent.SEIZED
ANSWERED: Final = CallEvent.ANSWERED
BUSY: Final = CallEvent.BUSY
NO_ANSWER: Final = CallEvent.NO_ANSWER
CALLING_DISCONNECT: Final = CallEvent.CALLING_DISCONNECT
CALLED_DISCONNECT: Final = CallEvent.CALLED_DISCONNECT
TERMINATE: Final = CallEvent.TERMINATE
FORWARDED: Final = CallEvent.FORWARDED
