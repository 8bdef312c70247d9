"""Plans beyond the standard two are registered without touching the common logic."""

import importlib.util
import json
from pathlib import Path

import pytest

from ain_scp.dialplan.plans import SpecialPlan, standard_plans
from ain_scp.dialplan.registry import registered_plans
from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.scp.service_logic.program import Program
from ain_scp.terms.foreign import PluginFault, register
from ain_scp.terms.query import Query
from ain_scp.terms.trace import Trace

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugins" / "dialing_plan"


@pytest.fixture
def plugin(monkeypatch, tmp_path):
    """The example package as pip would install it: its module and its entry point."""
    site = tmp_path / "site"
    metadata = site / "ain_plan_xyz-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: ain-plan-xyz\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[ain.dialing_plans]\nxyz = xyz_plan:FixedNumberPlan\n")
    (site / "xyz_plan.py").write_text((EXAMPLE / "xyz_plan.py").read_text())
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()


def with_code_6(provisioning, tmp_path):
    from ain_scp.provisioning.compile import compile_dataset
    from ain_scp.provisioning.loader import load_or_raise
    from kit.json_data_set import dataset_from_json

    changed = json.loads(json.dumps(provisioning))
    changed["customers"]["GOLDEN"]["access_codes"]["6"] = "XYZ"
    return compile_dataset(load_or_raise(dataset_from_json(changed, tmp_path / "set"))[0])


@pytest.mark.usefixtures("plugin")
def test_a_plug_in_plan_is_found_and_runs_the_common_logic_after_it(provisioning, tmp_path):
    program = Program(with_code_6(provisioning, tmp_path), registered_plans())
    trace = Trace()
    query = Query("INFO_ANALYZED", "CDP_AC", "9258341234", 0, access_code="6", dialed="anything")
    decision = program.decide(query, trace)
    assert (decision.plan, decision.called_number, decision.ctc) == ("XYZ", "9258341240", 111)
    assert trace.path()[:3] == ["s100", "s110", "s120"]
    assert decision.ama_slp_id == "760833001"


def test_an_access_code_for_a_plan_nobody_registered_is_refused_at_load(provisioning, tmp_path):
    snapshot = with_code_6(provisioning, tmp_path)
    with pytest.raises(
        ProvisioningError, match=r"access code 6: no plan XYZ; known plans: MDP, SDP \(A-023\)"
    ):
        Program(snapshot, standard_plans())


def test_a_plug_in_may_not_replace_a_plan_nor_carry_an_odd_name():
    plans = standard_plans()
    with pytest.raises(PluginFault, match="already registered"):
        register(plans, SpecialPlan(), "plan", "evil:Plan")
    odd = SpecialPlan()
    odd.name = "lower case"
    with pytest.raises(PluginFault, match="not an upper-case word"):
        register(plans, odd, "plan", "odd:Plan")
