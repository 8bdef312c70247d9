"""Whether the hot modules run interpreted or compiled, and whether a compiled one is older than its source.

`HOT_MODULES` is the one list: setup.py compiles it, `ain --version` and the tests look at it.

Source: interfaces.md section 1 (`ain --version`), libraries.md section 14.
"""

import importlib.util
import sys
from pathlib import Path

HOT_MODULES: tuple[str, ...] = (
    "ain.decode_scan",
    "asf_rtl.conditions",
    "asf_rtl.host",
    "asf_rtl.select",
    "billing.treat",
    "dialplan.call_type",
    "dialplan.on_net",
    "dialplan.plans",
    "dialplan.public",
    "provisioning.tables.digits",
    "provisioning.tables.lookup",
    "provisioning.tables.prefix",
    "scp.fast.core",
    "scp.fast.core_answer",
    "scp.fast.core_tables",
    "scp.fast.draws",
    "scp.fast.exact",
    "scp.fast.int_map",
    "scp.fast.kinds",
    "scp.fast.native_recent",
    "scp.fast.path",
    "scp.fast.recent",
    "scp.fast.shapes",
    "scp.fast.template",
    "scp.service_logic.program",
    "screening.blocking",
    "screening.ocs",
    "signaling.ber",
    "ssp_sim.capture.walk",
    "ssp_sim.kernel",
    "ssp_sim.nodes.call",
    "ssp_sim.nodes.call_control",
    "ssp_sim.nodes.call_ending",
    "ssp_sim.nodes.isup_templates",
    "ssp_sim.nodes.known_answers",
    "ssp_sim.nodes.legs",
    "ssp_sim.nodes.origination",
    "ssp_sim.nodes.query_templates",
    "ssp_sim.nodes.service_switching",
    "ssp_sim.nodes.stp",
    "ssp_sim.nodes.templates",
    "ssp_sim.nodes.trunk_side",
    "ssp_sim.stations",
    "ssp_sim.world",
    "terms.decision",
    "terms.digits",
    "terms.query",
    "transport.runs",
)
"""Modules without I/O and without msgspec records, which a compiler would make unhashable."""


def mode() -> str:
    """`compiled` when every hot module is an extension, `interpreted` when none is, else `partly compiled`."""
    kinds = {_origin(name).suffix != ".py" for name in HOT_MODULES}
    if kinds == {True}:
        return "compiled"
    return "interpreted" if True not in kinds else "partly compiled"


def stale_modules() -> list[str]:
    """Compiled hot modules whose source beside them is newer: what runs is not what is read.

    Only a checkout has sources that people edit; an installer gives files the times it likes.
    """
    if not (Path(__file__).parent.parent / "pyproject.toml").exists():
        return []
    return [name for name in HOT_MODULES if is_stale(_origin(name))]


def is_stale(origin: Path) -> bool:
    """Whether an extension is older than the source of its name beside it."""
    if origin.suffix == ".py":
        return False
    source = origin.with_name(origin.name.partition(".")[0] + ".py")
    return source.exists() and source.stat().st_mtime > origin.stat().st_mtime


def warning() -> str:
    """One line for people when something compiled is stale; empty otherwise."""
    stale = stale_modules()
    if not stale:
        return ""
    return f"stale: {', '.join(stale)} compiled from older source; compile again (./dev fast) or remove the .so files"


def _origin(name: str) -> Path:
    module = sys.modules.get(name)
    spec = module.__spec__ if module is not None else importlib.util.find_spec(name)
    return Path(spec.origin) if spec is not None and spec.origin is not None else Path("none.py")
