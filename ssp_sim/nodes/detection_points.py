"""The members of `DetectionPoint` by names of a module: where a call may stop.

In CPython 3.11 looking one up in the enumeration takes as long as a call; a name of a module costs nothing to speak of.

Source: ssp_sim/nodes/call_model.py.
"""

from typing import Final

from ain_scp.ssp_sim.nodes.call_model import DetectionPoint

ORIGINATION_ATTEMPT: Final = DetectionPoint.ORIGINATION_ATTEMPT
INFO_COLLECTED: Final = DetectionPoint.INFO_COLLECTED
INFO_ANALYZED: Final = DetectionPoint.INFO_ANALYZED
NETWORK_BUSY: Final = DetectionPoint.NETWORK_BUSY
O_TERM_SEIZED: Final = DetectionPoint.O_TERM_SEIZED
O_ANSWER: Final = DetectionPoint.O_ANSWER
O_CALLED_PARTY_BUSY: Final = DetectionPoint.O_CALLED_PARTY_BUSY
O_NO_ANSWER: Final = DetectionPoint.O_NO_ANSWER
O_DISCONNECT: Final = DetectionPoint.O_DISCONNECT
O_ABANDON: Final = DetectionPoint.O_ABANDON
TIMEOUT: Final = DetectionPoint.TIMEOUT
TERMINATION_ATTEMPT: Final = DetectionPoint.TERMINATION_ATTEMPT
T_BUSY: Final = DetectionPoint.T_BUSY
T_NO_ANSWER: Final = DetectionPoint.T_NO_ANSWER
T_TERM_SEIZED: Final = DetectionPoint.T_TERM_SEIZED
T_ANSWER: Final = DetectionPoint.T_ANSWER
T_DISCONNECT: Final = DetectionPoint.T_DISCONNECT
