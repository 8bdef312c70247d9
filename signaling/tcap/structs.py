"""ANSI TCAP packages and components as immutable structs, with the standard's code tables.

Source: T1.114.2, T1.114.3 (ain-wire sections 1.1-1.3).
"""

from enum import IntEnum, unique

import msgspec

from ain_scp.signaling.errors import DecodeError


@unique
class PackageType(IntEnum):
    """Package type, by its identifier octet."""

    UNIDIRECTIONAL = 0xE1
    QUERY_WITH_PERMISSION = 0xE2
    QUERY_WITHOUT_PERMISSION = 0xE3
    RESPONSE = 0xE4
    CONVERSATION_WITH_PERMISSION = 0xE5
    CONVERSATION_WITHOUT_PERMISSION = 0xE6
    ABORT = 0xF6


@unique
class ComponentType(IntEnum):
    """Component type, by its identifier octet."""

    INVOKE_LAST = 0xE9
    RETURN_RESULT_LAST = 0xEA
    RETURN_ERROR = 0xEB
    REJECT = 0xEC
    INVOKE_NOT_LAST = 0xED
    RETURN_RESULT_NOT_LAST = 0xEE


@unique
class PAbortCause(IntEnum):
    """Why a transaction is aborted by the TCAP of the other side."""

    UNRECOGNIZED_PACKAGE_TYPE = 1
    INCORRECT_TRANSACTION_PORTION = 2
    BADLY_STRUCTURED_TRANSACTION_PORTION = 3
    UNASSIGNED_RESPONDING_TRANSACTION_ID = 4
    PERMISSION_TO_RELEASE_PROBLEM = 5
    RESOURCE_UNAVAILABLE = 6
    UNRECOGNIZED_DIALOGUE_PORTION_ID = 7
    BADLY_STRUCTURED_DIALOGUE_PORTION = 8
    MISSING_DIALOGUE_PORTION = 9
    INCONSISTENT_DIALOGUE_PORTION = 10


@unique
class RejectProblem(IntEnum):
    """Problem code of a Reject: type times 256 plus specifier."""

    GENERAL_UNRECOGNIZED_COMPONENT_TYPE = 0x0101
    GENERAL_INCORRECT_COMPONENT_PORTION = 0x0102
    GENERAL_BADLY_STRUCTURED_COMPONENT_PORTION = 0x0103
    GENERAL_INCORRECT_COMPONENT_CODING = 0x0104
    INVOKE_DUPLICATE_INVOCATION = 0x0201
    INVOKE_UNRECOGNIZED_OPERATION = 0x0202
    INVOKE_INCORRECT_PARAMETER = 0x0203
    INVOKE_UNRECOGNIZED_CORRELATION_ID = 0x0204
    RETURN_RESULT_UNRECOGNIZED_CORRELATION_ID = 0x0301
    RETURN_RESULT_UNEXPECTED_RETURN_RESULT = 0x0302
    RETURN_RESULT_INCORRECT_PARAMETER = 0x0303
    RETURN_ERROR_UNRECOGNIZED_CORRELATION_ID = 0x0401
    RETURN_ERROR_UNEXPECTED_RETURN_ERROR = 0x0402
    RETURN_ERROR_UNRECOGNIZED_ERROR = 0x0403
    RETURN_ERROR_UNEXPECTED_ERROR = 0x0404
    RETURN_ERROR_INCORRECT_PARAMETER = 0x0405
    TRANSACTION_UNRECOGNIZED_PACKAGE_TYPE = 0x0501
    TRANSACTION_INCORRECT_TRANSACTION_PORTION = 0x0502
    TRANSACTION_BADLY_STRUCTURED_TRANSACTION_PORTION = 0x0503
    TRANSACTION_UNASSIGNED_RESPONDING_TRANSACTION_ID = 0x0504
    TRANSACTION_PERMISSION_TO_RELEASE_PROBLEM = 0x0505
    TRANSACTION_RESOURCE_UNAVAILABLE = 0x0506


class Component(msgspec.Struct, frozen=True):
    """One component.

    `invoke_id` is what an Invoke calls itself; `correlation_id` is the invoke another component answers: an Invoke's
    second component ID, and the only one of a Return Result, Return Error or Reject. Both 0..255, None when absent.
    `code` is the operation code of an Invoke, the error code of a Return Error, the problem of a Reject, None in a Return
    Result. `private` says whether the code is private (as all of AIN's are) or national. `parameter` holds the contents
    octets of the parameter sequence or set, None when absent; its tag may be 30, F0 or F2 on the wire, and is written as
    30 (F0 in a Reject).
    Source: T1.114.3; ain-wire section 1.2.
    """

    kind: ComponentType
    invoke_id: int | None = None
    correlation_id: int | None = None
    code: int | None = None
    parameter: bytes | None = None
    private: bool = True

    @property
    def last(self) -> bool:
        """Whether no further component answers the same invoke."""
        return self.kind not in {ComponentType.INVOKE_NOT_LAST, ComponentType.RETURN_RESULT_NOT_LAST}

    @property
    def is_invoke(self) -> bool:
        """Whether this is an Invoke, last or not."""
        return self.kind in {ComponentType.INVOKE_LAST, ComponentType.INVOKE_NOT_LAST}


class Package(msgspec.Struct, frozen=True):
    """One TCAP message.

    `originating` is the sender's transaction ID, `responding` the receiver's; 32-bit, None where the package type has
    none (Query: originating; Response and Abort: responding; Conversation: both; Unidirectional: neither). `dialogue`
    holds the contents of the dialogue portion. Of an Abort, `p_abort_cause` is the protocol's cause, or else
    `user_information` holds the contents of the user abort information.
    Source: T1.114.3; ain-wire section 1.1.
    """

    kind: PackageType
    originating: int | None = None
    responding: int | None = None
    components: tuple[Component, ...] = ()
    dialogue: bytes = b""
    p_abort_cause: int | None = None
    user_information: bytes = b""


class TcapFault(DecodeError):
    """A package that cannot be taken as it is, and what the standard answers to it.

    Exactly one of `p_abort_cause` (abort the transaction) and `reject_problem` (reject one component) is set.
    `originating` is the peer's transaction ID, so the answer can be addressed; None when it could not be read or the
    package has none, and then nothing is answered. `responding` is our own transaction ID, if the package named it.
    `invoke_id` is the ID the Reject correlates with, None when unknown.

    ==============================================================  ==================================================
    fault                                                           answer
    ==============================================================  ==================================================
    package tag not in `PackageType`                                abort 1, unrecognized package type
    transaction ID absent or of the wrong size; element of unknown
    kind in the package                                             abort 2, incorrect transaction portion
    length, nesting or element count, up to the component sequence  abort 3, badly structured transaction portion
    element in the dialogue portion not known                       abort 7, unrecognized dialogue portion ID
    dialogue portion broken                                         abort 8, badly structured dialogue portion
    dialogue protocol version names no known issue (unconfirmed)    abort 10, inconsistent dialogue portion
    component tag not in `ComponentType`                            reject 0101, unrecognised component type
    component sequence empty; element missing, out of place or
    unknown in a component                                          reject 0102, incorrect component portion
    length, nesting or element count within the component sequence  reject 0103, badly structured component portion
    component ID, code or problem of an impossible size             reject 0104, incorrect component coding
    ==============================================================  ==================================================

    Source: T1.114.4 error handling (the assignment of single faults is unconfirmed); ain-wire section 1.3.
    """

    def __init__(
        self,
        offset: int,
        reason: str,
        p_abort_cause: PAbortCause | None,
        reject_problem: RejectProblem | None,
        originating: int | None = None,
        responding: int | None = None,
        invoke_id: int | None = None,
    ) -> None:
        super().__init__(offset, "tcap", reason)
        self.p_abort_cause = p_abort_cause
        self.reject_problem = reject_problem
        self.originating = originating
        self.responding = responding
        self.invoke_id = invoke_id


def query(
    originating: int, *components: Component, permission: bool = True, dialogue: bytes = b""
) -> Package:
    """Build a Query; `permission` says whether the receiver may end the transaction."""
    kind = PackageType.QUERY_WITH_PERMISSION if permission else PackageType.QUERY_WITHOUT_PERMISSION
    return Package(kind, originating, None, components, dialogue)


def response(responding: int, *components: Component, dialogue: bytes = b"") -> Package:
    """Build a Response to the transaction the receiver calls `responding`; it ends the transaction."""
    return Package(PackageType.RESPONSE, None, responding, components, dialogue)


def conversation(
    originating: int, responding: int, *components: Component, permission: bool = True, dialogue: bytes = b""
) -> Package:
    """Build a Conversation: the sender's ID first, then the receiver's."""
    if permission:
        kind = PackageType.CONVERSATION_WITH_PERMISSION
    else:
        kind = PackageType.CONVERSATION_WITHOUT_PERMISSION
    return Package(kind, originating, responding, components, dialogue)


def unidirectional(*components: Component, dialogue: bytes = b"") -> Package:
    """Build a Unidirectional package: no transaction, no answer."""
    return Package(PackageType.UNIDIRECTIONAL, None, None, components, dialogue)


def p_abort(responding: int, cause: int) -> Package:
    """Build a protocol Abort of the transaction the receiver calls `responding`."""
    return Package(PackageType.ABORT, None, responding, (), b"", cause)


def answer_to(fault: TcapFault) -> Package | None:
    """Build the Abort or Reject a faulty package draws; None when no answer is possible or allowed.

    A Reject goes in a Response and ends the transaction. Nothing answers a Unidirectional, Response or Abort.
    """
    if fault.originating is None:
        return None
    if fault.reject_problem is not None:
        return response(fault.originating, reject(fault.invoke_id, fault.reject_problem))
    return p_abort(fault.originating, fault.p_abort_cause or PAbortCause.BADLY_STRUCTURED_TRANSACTION_PORTION)


def user_abort(responding: int, information: bytes) -> Package:
    """Build a user Abort; `information` is the contents of the user abort information."""
    return Package(PackageType.ABORT, None, responding, (), b"", None, information)


def invoke(
    code: int,
    parameter: bytes | None = b"",
    invoke_id: int | None = None,
    correlation_id: int | None = None,
    *,
    last: bool = True,
    private: bool = True,
) -> Component:
    """Build an Invoke; a correlation ID needs an invoke ID before it."""
    kind = ComponentType.INVOKE_LAST if last else ComponentType.INVOKE_NOT_LAST
    return Component(kind, invoke_id, correlation_id, code, parameter, private)


def return_result(correlation_id: int, parameter: bytes | None = None, *, last: bool = True) -> Component:
    """Build a Return Result; without parameter unless one is due (tshark 4.0 faults on any)."""
    kind = ComponentType.RETURN_RESULT_LAST if last else ComponentType.RETURN_RESULT_NOT_LAST
    return Component(kind, None, correlation_id, None, parameter)


def return_error(
    correlation_id: int, code: int, parameter: bytes | None = None, *, private: bool = True
) -> Component:
    """Build a Return Error."""
    return Component(ComponentType.RETURN_ERROR, None, correlation_id, code, parameter, private)


def reject(correlation_id: int | None, problem: int, parameter: bytes | None = b"") -> Component:
    """Build a Reject; `correlation_id` None when the rejected component's ID could not be read."""
    return Component(ComponentType.REJECT, None, correlation_id, problem, parameter)
