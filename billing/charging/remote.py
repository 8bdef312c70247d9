"""Remote calling: the way of a request through origin switch, NAP and home switch, by the printed step numbers.

The request itself is an ordinary authorization charged to the home line; what stands here is who is asked in which
order and where it ends. 6010, 6080, 6200 and 6210 are inferred.

Source: Figs. 6b to 6d, 6f to 6h; B1-070 to B1-080.
"""

from typing import Final, Literal

import msgspec

Refusal = Literal["NOT_COMPLIED", "NOT_CAPABLE", ""]
_DENIED_AT_ORIGIN: Final = ("6030", "6040")
_DENIED_FROM_AFAR: Final = ("6110", "6120")


class Request(msgspec.Struct, frozen=True):
    """Where a remote call begins and whose money it asks for."""

    origin_switch: str
    home_switch: str
    complied: bool = True
    application_cpu: bool = False

    @property
    def same_switch(self) -> bool:
        """6060: the origin switch is the home switch."""
        return self.origin_switch == self.home_switch


def approach(request: Request, *, capable: bool) -> tuple[Refusal, list[str]]:
    """The steps up to the home switch, 6150; or to the end of a request that does not come so far."""
    steps = ["6000", "6010", "6020"]
    if not request.complied:
        return "NOT_COMPLIED", [*steps, *_DENIED_AT_ORIGIN]
    steps += ["6050", "6055", "6060"] if request.application_cpu else ["6050", "6060"]
    if request.same_switch:
        steps.append("6075" if request.application_cpu else "6070")
        return ("", [*steps, "6150"]) if capable else ("NOT_CAPABLE", [*steps, *_DENIED_AT_ORIGIN])
    steps += ["6080", "6090"]
    if not capable:
        denied = "6105" if request.application_cpu else "6100"
        return "NOT_CAPABLE", [*steps, denied, *_DENIED_FROM_AFAR]
    return "", [*steps, "6130", "6140", "6150"]


def verdict(request: Request, *, pin_valid: bool, approved: bool) -> list[str]:
    """The steps after 6150: PIN, amount, and how a refusal goes back."""
    steps = ["6160"]
    if pin_valid:
        steps.append("6200")
        if approved:
            return [*steps, "6210"]
    steps.append("6170")
    if not request.same_switch:
        steps += ["6180", "6190"]
    return [*steps, *_DENIED_FROM_AFAR]
