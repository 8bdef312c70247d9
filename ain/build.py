"""Whether the hot modules run interpreted or compiled, and whether a compiled one is older than its source.

`HOT_MODULES` is the one list: setup.py compiles it, `ain --version` and the tests look at it.

Source: interfaces.md section 1 (`ain --version`), libraries.md section 14.
"""

import importlib.util
import sys
from pathlib import Path

HOT_MODULES: tuple[str, ...] = (
    "ain_scp.asf_rtl.host",
    "ain_scp.asf_rtl.looking",
    "ain_scp.asf_rtl.select",
    "ain_scp.asf_rtl.ways",
    "ain_scp.billing.treat",
    "ain_scp.dialplan.call_type",
    "ain_scp.dialplan.on_net",
    "ain_scp.dialplan.plans",
    "ain_scp.dialplan.public",
    "ain_scp.provisioning.tables.digits",
    "ain_scp.provisioning.tables.lookup",
    "ain_scp.provisioning.tables.prefix",
    "ain_scp.scp.classes.called",
    "ain_scp.scp.classes.ledger",
    "ain_scp.scp.fast.backs",
    "ain_scp.scp.fast.calls",
    "ain_scp.scp.fast.core",
    "ain_scp.scp.fast.core_answer",
    "ain_scp.scp.fast.core_known",
    "ain_scp.scp.fast.core_ported",
    "ain_scp.scp.fast.core_services",
    "ain_scp.scp.fast.core_shapes",
    "ain_scp.scp.fast.core_tables",
    "ain_scp.scp.fast.core_tollfree",
    "ain_scp.scp.fast.draws",
    "ain_scp.scp.fast.exact",
    "ain_scp.scp.fast.forms",
    "ain_scp.scp.fast.int_map",
    "ain_scp.scp.fast.kinds",
    "ain_scp.scp.fast.native_recent",
    "ain_scp.scp.fast.notes",
    "ain_scp.scp.fast.path",
    "ain_scp.scp.fast.ported",
    "ain_scp.scp.fast.recent",
    "ain_scp.scp.fast.services",
    "ain_scp.scp.fast.shapes",
    "ain_scp.scp.fast.tally",
    "ain_scp.scp.fast.template",
    "ain_scp.scp.fast.terminating",
    "ain_scp.scp.fast.tollfree",
    "ain_scp.scp.service_logic.judge",
    "ain_scp.scp.service_logic.program",
    "ain_scp.screening.blocking",
    "ain_scp.screening.looking",
    "ain_scp.screening.ocs",
    "ain_scp.signaling.ber",
    "ain_scp.signaling.flat.rows",
    "ain_scp.signaling.flat.walk",
    "ain_scp.signaling.shapes.holes",
    "ain_scp.signaling.shapes.known",
    "ain_scp.ssp_sim.capture.walk",
    "ain_scp.ssp_sim.fields.scan",
    "ain_scp.ssp_sim.kernel",
    "ain_scp.ssp_sim.nodes.call",
    "ain_scp.ssp_sim.nodes.call_control",
    "ain_scp.ssp_sim.nodes.call_ending",
    "ain_scp.ssp_sim.nodes.call_events",
    "ain_scp.ssp_sim.nodes.conversation_timer",
    "ain_scp.ssp_sim.nodes.detection_points",
    "ain_scp.ssp_sim.nodes.isup_templates",
    "ain_scp.ssp_sim.nodes.known_answers",
    "ain_scp.ssp_sim.nodes.legs",
    "ain_scp.ssp_sim.nodes.number_services",
    "ain_scp.ssp_sim.nodes.origination",
    "ain_scp.ssp_sim.nodes.patchboard",
    "ain_scp.ssp_sim.nodes.points_in_call",
    "ain_scp.ssp_sim.nodes.queries",
    "ain_scp.ssp_sim.nodes.query_templates",
    "ain_scp.ssp_sim.nodes.routing",
    "ain_scp.ssp_sim.nodes.service_switching",
    "ain_scp.ssp_sim.nodes.stp",
    "ain_scp.ssp_sim.nodes.switch",
    "ain_scp.ssp_sim.nodes.telephones",
    "ain_scp.ssp_sim.nodes.templates",
    "ain_scp.ssp_sim.nodes.trunk_side",
    "ain_scp.ssp_sim.prices",
    "ain_scp.ssp_sim.stations",
    "ain_scp.ssp_sim.world",
    "ain_scp.terms.conditions",
    "ain_scp.terms.cost_days",
    "ain_scp.terms.decision",
    "ain_scp.terms.dialed",
    "ain_scp.terms.digits",
    "ain_scp.terms.ordered",
    "ain_scp.terms.origin_questions",
    "ain_scp.terms.query",
    "ain_scp.terms.questions",
    "ain_scp.transport.runs",
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
    if not (Path(__file__).resolve().parent.parent / "pyproject.toml").exists():
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
