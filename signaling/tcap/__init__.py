"""ANSI TCAP: packages, components, their faults and the codec.

Source: T1.114; ain-wire section 1.
"""

from ain_scp.signaling.tcap.codec import decode_package, encode_package
from ain_scp.signaling.tcap.structs import (
    Component,
    ComponentType,
    PAbortCause,
    Package,
    PackageType,
    RejectProblem,
    TcapFault,
    answer_to,
    conversation,
    invoke,
    p_abort,
    query,
    reject,
    response,
    return_error,
    return_result,
    unidirectional,
    user_abort,
)

__all__ = [
    "Component",
    "ComponentType",
    "PAbortCause",
    "Package",
    "PackageType",
    "RejectProblem",
    "TcapFault",
    "answer_to",
    "conversation",
    "decode_package",
    "encode_package",
    "invoke",
    "p_abort",
    "query",
    "reject",
    "response",
    "return_error",
    "return_result",
    "unidirectional",
    "user_abort",
]
