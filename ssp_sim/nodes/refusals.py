"""What a switch sends about answers of the service control point that it cannot use.

Source: A-262; ain-wire.md sections 4.1-4.3.
"""

from collections import Counter

from ain_scp.signaling.ain import Registry, encode_parameters
from ain_scp.signaling.ain.structures import ApplicationErrorString, FailedMessage
from ain_scp.signaling.ain.values import ErrorCause
from ain_scp.signaling.sccp import Address
from ain_scp.signaling.tcap import (
    PAbortCause,
    Package,
    PackageType,
    RejectProblem,
    TcapFault,
    encode_package,
    invoke,
    p_abort,
    reject,
    response,
    unidirectional,
)
from ain_scp.ssp_sim.nodes.signalling_link import ScpAddress, SignallingLink


class Refusals:
    """The refusals and error reports of one switch, counted in its `counters`."""

    def __init__(
        self, link: SignallingLink, registry: Registry, scp: ScpAddress, counters: Counter[str]
    ) -> None:
        self._link = link
        self._registry = registry
        self._scp = scp
        self._counters = counters

    def alone(self, called: Address, name: str, argument: bytes) -> None:
        """Send one operation in a Unidirectional."""
        package = unidirectional(invoke(self._registry.named(name).code, argument, 1))
        self._link.send(called, encode_package(package))

    def report(self, cause: ErrorCause, opcode: int, called: Address | None = None) -> None:
        """Report an error of an operation, to the SCP of queries unless an answer came from another."""
        failed = FailedMessage(opcode) if opcode else None
        self._counters["report_error"] += 1
        operation = self._registry.named("reportError")
        argument = encode_parameters(
            operation, {"applicationErrorString": ApplicationErrorString(cause, failed)}
        )
        self.alone(called or self._scp.called(""), "reportError", argument)

    def not_open(self, package: Package, calling: Address, why: str, *, last: bool) -> None:
        """Discard an answer that is not awaited, and say so (A-262)."""
        self._counters[f"discarded_{why}"] += 1
        if last:
            late = why == "late"
            cause = ErrorCause.RESPONSE_MESSAGE_TIMER_EXPIRED if late else ErrorCause.UNEXPECTED_MESSAGE
            codes = (component.code or 0 for component in package.components if component.is_invoke)
            self.report(cause, next(codes, 0), calling)
        elif package.originating is not None:
            self._abort(package.originating, PAbortCause.UNASSIGNED_RESPONDING_TRANSACTION_ID, calling)

    def unreadable(self, fault: TcapFault, calling: Address) -> None:
        """Abort the transaction of a package that cannot be read, where it names one."""
        self._counters["unreadable"] += 1
        if fault.p_abort_cause is not None and fault.originating is not None:
            self._abort(fault.originating, fault.p_abort_cause, calling)

    def unasked(self, package: Package, calling: Address) -> None:
        """Refuse a query of the SCP: this switch's lines are not administered over the wire."""
        self._counters["unasked"] += 1
        if package.originating is None or package.kind is PackageType.QUERY_WITHOUT_PERMISSION:
            return
        first = next((component.invoke_id for component in package.components if component.is_invoke), None)
        refusal = reject(first, RejectProblem.INVOKE_UNRECOGNIZED_OPERATION)
        self._link.send(calling, encode_package(response(package.originating, refusal)))

    def _abort(self, transaction: int, cause: PAbortCause, calling: Address) -> None:
        self._link.send(calling, encode_package(p_abort(transaction, cause)))
