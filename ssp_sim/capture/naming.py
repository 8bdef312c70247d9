"""The names of what a TCAP package carries, for counting and for ladders.

Source: D-006; T1.114.3, ain-wire 1.3, 2.1.
"""

from typing import Final

from ain_scp.signaling.ain import ERRORS
from ain_scp.signaling.ain.operations import REGISTRY, Registry
from ain_scp.signaling.errors import DecodeError
from ain_scp.signaling.tcap import Component, ComponentType, Package, decode_package

MALFORMED: Final = "malformed"


def component_names(package: Package, registry: Registry = REGISTRY) -> tuple[str, ...]:
    """Name each component: an operation or error by its standard's name, or by its number; abort for an abort."""
    if package.components:
        return tuple([_name(component, registry) for component in package.components])
    return ("abort",)


def payload_names(payload: bytes, registry: Registry = REGISTRY) -> tuple[str, ...]:
    """Name the components of a package's octets; ("malformed",) for what is none."""
    try:
        return component_names(decode_package(payload), registry)
    except DecodeError:
        return (MALFORMED,)


def _name(component: Component, registry: Registry) -> str:
    code = component.code
    if code is None:
        return "returnResult"
    if component.kind is ComponentType.REJECT:
        return f"reject {code:04X}"
    if component.kind is ComponentType.RETURN_ERROR:
        error = ERRORS.get(code) if component.private else None
        return error.name if error is not None else f"error {code}"
    operation = registry.operation(code) if component.private else None
    return operation.name if operation is not None else f"operation {code}"
