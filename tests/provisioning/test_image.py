"""A snapshot saved and mapped decides as the one compiled; a damaged image is refused, never half right."""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from ain_scp.dialplan.plans import standard_plans
from ain_scp.provisioning.image import ImageFault, map_image, save_image
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.scp.service_logic.decision_json import QueryForm, answer_line, query_of
from ain_scp.scp.service_logic.program import Program
from ain_scp.terms.trace import Trace

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests" / "acceptance" / "cases.json").read_text())["cases"]
QUERIES = [case["query"] for case in CASES if not case.get("overrides")]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    target = tmp_path_factory.mktemp("image") / "golden.image"
    save_image(load_or_raise(ROOT / "examples" / "golden")[0], target)
    return target


def answers(snapshot):
    program = Program(snapshot, standard_plans())
    found = []
    for query in QUERIES:
        trace = Trace()
        asked = query_of(msgspec.convert(query, QueryForm))
        found.append(msgspec.to_builtins(answer_line(None, program.decide(asked, trace), trace)))
    return found


def test_a_mapped_snapshot_decides_and_explains_as_the_compiled_one(image):
    from ain_scp.provisioning.compile import compile_dataset

    compiled = answers(compile_dataset(load_or_raise(ROOT / "examples" / "golden")[0]))
    assert answers(map_image(image)) == compiled
    assert answers(map_image(image, verify=False)) == compiled


def test_another_process_maps_the_same_file(image):
    code = (
        "import sys; from pathlib import Path; from ain_scp.provisioning.image import map_image;"
        "s = map_image(Path(sys.argv[1])); print(s.triggers.find('9258341234') >= 0, s.customers[0].name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(image)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == ["True", "GOLDEN"]


def test_an_image_cut_at_any_place_is_refused(image, tmp_path):
    whole = image.read_bytes()
    broken = tmp_path / "cut.image"
    for length in [*range(0, len(whole) - 64, max(1, len(whole) // 150))]:
        broken.write_bytes(whole[:length])
        with pytest.raises(ImageFault):
            map_image(broken)


def test_a_flipped_bit_is_refused_or_stands_in_the_padding(image, tmp_path):
    whole = image.read_bytes()
    expected = answers(map_image(image))
    broken = tmp_path / "flipped.image"
    refused = 0
    places = range(0, len(whole), max(1, len(whole) // 200))
    for place in places:
        octets = bytearray(whole)
        octets[place] ^= 0x10
        broken.write_bytes(octets)
        try:
            snapshot = map_image(broken)
        except ImageFault:
            refused += 1
        else:
            assert answers(snapshot) == expected
    assert refused > len(places) // 2


@pytest.mark.parametrize("octets", [b"", b"AINIMAGE", b"x" * 5000, b"AINIMAGE" + bytes(5000)])
def test_what_is_no_image_is_refused(octets, tmp_path):
    target = tmp_path / "no.image"
    target.write_bytes(octets)
    with pytest.raises(ImageFault):
        map_image(target)


def test_charging_tables_survive_an_image(tmp_path):
    """Rows are equal, and a zone is found in the mapped table."""
    dataset = load_or_raise(ROOT / "examples" / "charging")[0]
    save_image(dataset, tmp_path / "charging.image")
    mapped = map_image(tmp_path / "charging.image")
    assert mapped.dataset.charging == dataset.charging
    assert mapped.customers[0].rows.contract_rows == dataset.customers[0].contract_rows
    zones = mapped.charging.zones
    assert [zones.row_of(number).zone for number in ("2135551000", "2135621000", "+4420")] == [
        "LOCAL",
        "LA",
        "UK",
    ]
