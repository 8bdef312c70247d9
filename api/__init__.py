"""AIN as a library: load and check data sets, decide and explain calls, play scenarios, decode, replay, rate.

    from ain_scp import api

    data = api.load("examples/golden")
    print(api.explain(data, "9258341234", "7 9212000", at="2001-01-17T10:00:00"))

What stands in `__all__` is promised: within a major version names stay, parameters keep their names, order and defaults, fields
keep their names and meaning; new ones may be added, parameters by name only. A name to go is deprecated for one minor version
at least, and says so by DeprecationWarning. Everything else below `ain_scp` may change at any time.

Input that cannot be used raises InputError. Results show themselves as HTML in notebooks, foreign text escaped.
"""

import importlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ain_scp.api.answers import Answer, Picture, explain
    from ain_scp.api.columns import Columns, batch
    from ain_scp.api.comparing import Comparison, Difference, compare
    from ain_scp.api.data import Check, DataSet, check, load
    from ain_scp.api.decoding import Captured, Message, decode, decode_file
    from ain_scp.api.faults import InputError
    from ain_scp.api.playing import Ladder, Run, play
    from ain_scp.api.pricing import rate
    from ain_scp.api.replaying import Replay, replay
    from ain_scp.billing.rating.forms import Granted, Priced, Refused
    from ain_scp.provisioning.problems import Problem

__all__ = [
    "Answer",
    "Captured",
    "Check",
    "Columns",
    "Comparison",
    "DataSet",
    "Difference",
    "Granted",
    "InputError",
    "Ladder",
    "Message",
    "Picture",
    "Priced",
    "Problem",
    "Refused",
    "Replay",
    "Run",
    "batch",
    "check",
    "compare",
    "decode",
    "decode_file",
    "explain",
    "load",
    "play",
    "rate",
    "replay",
]

_PLACES: Final = {
    "ain_scp.api.answers": (
        "Answer",
        "Picture",
        "explain",
    ),
    "ain_scp.api.columns": (
        "Columns",
        "batch",
    ),
    "ain_scp.api.comparing": (
        "Comparison",
        "Difference",
        "compare",
    ),
    "ain_scp.api.data": (
        "Check",
        "DataSet",
        "check",
        "load",
    ),
    "ain_scp.api.decoding": (
        "Captured",
        "Message",
        "decode",
        "decode_file",
    ),
    "ain_scp.api.faults": ("InputError",),
    "ain_scp.api.playing": (
        "Ladder",
        "Run",
        "play",
    ),
    "ain_scp.api.pricing": ("rate",),
    "ain_scp.api.replaying": (
        "Replay",
        "replay",
    ),
    "ain_scp.billing.rating.forms": (
        "Granted",
        "Priced",
        "Refused",
    ),
    "ain_scp.provisioning.problems": ("Problem",),
}
"""Where each name stands: what a program does not use it does not load."""


def __getattr__(name: str) -> object:
    """Load a name when it is first asked for."""
    for module, names in _PLACES.items():
        if name in names:
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What is promised."""
    return list(__all__)
