"""Rows of blocks.csv that break one rule are judged by the others, as those of ported.csv are."""

import shutil
from pathlib import Path

from ain_scp.provisioning.loader import load

SERVICES = Path(__file__).parents[2] / "examples" / "services"


def test_a_wrong_or_repeated_block_is_still_judged_by_its_routing_number(tmp_path):
    root = shutil.copytree(SERVICES, tmp_path / "set")
    (root / "services/lnp/blocks.csv").write_text(
        "block,lrn,spid\n213555,9995550000,\n2135552,3235550000,\n2135552,9995550000,\n9995552,3235550000,\n"
    )
    found = [(one.rule, one.line) for one in load(root).problems if one.file == "services/lnp/blocks.csv"]
    assert sorted(found) == [("LNP-03", 4), ("LNP-05", 2), ("LNP-05", 4), ("LNP-06", 5), ("LNP-07", 2)]
