"""What is wrong with a Diameter message: the result code it is answered with, and the pair at fault.

Source: RFC 6733 section 7.1, RFC 8506 section 9.
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ain_scp.signaling.diameter.avp import Avp

SUCCESS: Final = 2001
LIMITED_SUCCESS: Final = 2002
COMMAND_UNSUPPORTED: Final = 3001
TOO_BUSY: Final = 3004
APPLICATION_UNSUPPORTED: Final = 3007
INVALID_HEADER_BITS: Final = 3008
UNKNOWN_PEER: Final = 3010
END_USER_SERVICE_DENIED: Final = 4010
CREDIT_LIMIT_REACHED: Final = 4012
AVP_UNSUPPORTED: Final = 5001
UNKNOWN_SESSION: Final = 5002
INVALID_AVP_VALUE: Final = 5004
MISSING_AVP: Final = 5005
OCCURS_TOO_OFTEN: Final = 5009
NO_COMMON_APPLICATION: Final = 5010
UNSUPPORTED_VERSION: Final = 5011
UNABLE_TO_COMPLY: Final = 5012
AVP_LENGTH: Final = 5014
MESSAGE_LENGTH: Final = 5015
USER_UNKNOWN: Final = 5030
RATING_FAILED: Final = 5031


class DiameterFault(Exception):
    """A message that cannot be served: `result` is its code, `avp` the pair at fault, if it is one."""

    def __init__(self, result: int, text: str, avp: "Avp | None" = None) -> None:
        super().__init__(f"{result}: {text}")
        self.result = result
        self.text = text
        self.avp = avp
