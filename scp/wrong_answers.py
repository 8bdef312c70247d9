"""What is wrong with a Return Result or Return Error that answers one of our invokes: the problem of its Reject.

A switch that answers wrongly has still answered: the dialogue continues as its table says, the Reject only informs the switch.

Source: T1.114.3 (reject problems 0301-0303, 0401-0405), ain-wire sections 1.3 and 2.2 (which operation has results, errors).
"""

from typing import Final

from ain_scp.signaling.ain.codec import decode_parameters
from ain_scp.signaling.ain.messages import Message, Operation
from ain_scp.signaling.ain.operations import ERRORS
from ain_scp.signaling.ain.structures import AinFault
from ain_scp.signaling.tcap import Component, ComponentType, RejectProblem

_RESULTS: Final = frozenset((ComponentType.RETURN_RESULT_LAST, ComponentType.RETURN_RESULT_NOT_LAST))


def problem_of(component: Component, answered: Operation | None) -> RejectProblem | None:
    """Return the problem of a result or error, None for what is well; `answered` None: of no invoke of ours.

    A Reject is never rejected. A parameter that is left out is no problem: most switches send none.
    """
    if component.kind in _RESULTS:
        return _problem_of_result(component, answered)
    if component.kind is ComponentType.RETURN_ERROR:
        return _problem_of_error(component, answered)
    return None


def _problem_of_result(component: Component, answered: Operation | None) -> RejectProblem | None:
    if answered is None:
        return RejectProblem.RETURN_RESULT_UNRECOGNIZED_CORRELATION_ID
    if answered.result is None:
        return RejectProblem.RETURN_RESULT_UNEXPECTED_RETURN_RESULT
    readable = _readable(answered.result, component.parameter)
    return None if readable else RejectProblem.RETURN_RESULT_INCORRECT_PARAMETER


def _problem_of_error(component: Component, answered: Operation | None) -> RejectProblem | None:
    if answered is None:
        return RejectProblem.RETURN_ERROR_UNRECOGNIZED_CORRELATION_ID
    if not answered.errors:
        return RejectProblem.RETURN_ERROR_UNEXPECTED_RETURN_ERROR
    error = ERRORS.get(component.code or 0) if component.private else None
    if error is None:
        return RejectProblem.RETURN_ERROR_UNRECOGNIZED_ERROR
    if error.name not in answered.errors:
        return RejectProblem.RETURN_ERROR_UNEXPECTED_ERROR
    readable = _readable(error, component.parameter)
    return None if readable else RejectProblem.RETURN_ERROR_INCORRECT_PARAMETER


def _readable(message: Message, parameter: bytes | None) -> bool:
    if not parameter:
        return True
    try:
        decode_parameters(message, parameter)
    except AinFault:
        return False
    return True
