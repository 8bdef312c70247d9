"""AIN operations, their parameters, and the codec.

Source: ain-wire sections 2, 3; GR-1299-CORE, TR-NWT-001285.
"""

from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.messages import Direction, Message, Operation, Parameters, Unknown
from ain_scp.signaling.ain.operation_rows import SEND_NOTIFICATION_OPCODE
from ain_scp.signaling.ain.operations import (
    APPLICATION_ERROR,
    ERRORS,
    FAILURE_REPORT,
    OPERATIONS,
    REGISTRY,
    Registry,
    operation,
    operation_named,
)
from ain_scp.signaling.ain.structures import AinFault

__all__ = [
    "APPLICATION_ERROR",
    "ERRORS",
    "FAILURE_REPORT",
    "OPERATIONS",
    "REGISTRY",
    "SEND_NOTIFICATION_OPCODE",
    "AinFault",
    "Direction",
    "Message",
    "Operation",
    "Parameters",
    "Registry",
    "Unknown",
    "decode_parameters",
    "encode_parameters",
    "operation",
    "operation_named",
]
