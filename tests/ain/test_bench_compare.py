"""Two load tests compared, and one as the text that HdrHistogram's plotters read."""

import json
import math
import random
import re

import msgspec
import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.ain.bench import compare, forms, setting
from ain_scp.ain.bench.forms import BenchForm, StepForm
from ain_scp.ain.bench.setting import Setting
from ain_scp.ssp_sim.histogram import Histogram
from ain_scp.ssp_sim.percentiles import percentiles_of

SETTING = Setting(
    "a server started for it", "d" * 64, "originating", "poisson", 5.0, 1, 1, "machine A", "ain 0.1.0, code 1"
)
CHANGED = {"target": "udp://127.0.0.1:1", "dataset": "e" * 64, "calls": "whole", "arrivals": "fixed", "seconds": 6.0, "seed": 2,
           "workers": 2, "machine": "machine B", "build": "ain 0.1.0, code 2"}  # fmt: skip


def times(*milliseconds):
    found = Histogram()
    for one in milliseconds:
        found.record(round(one * 1e6))
    return found


def step(rate=1000.0, p99=2.0, **more):
    curve = percentiles_of(times(*(p99 * at / 99 for at in range(1, 101))), 100)
    values = {"sent": 100, "answered": 100, "refused": 0, "unanswered": 0, "repeated": 0, "answered_per_second": rate, "p50_ms": p99 / 2,
              "p90_ms": p99, "p99_ms": p99, "p999_ms": None, "max_ms": p99, "cpu_us_per_query": 50.0, "server_drops": 0,
              "generator_lag_p99_ms": 0.0, "echo_ms": 0.1, "verdict": "WITHIN_BUDGET", "why": "", "kinds": []}  # fmt: skip
    return StepForm(rate, **values | {"latency": curve, "echo": percentiles_of(times(0.1, 0.2), 2)} | more)


def bench(*steps, verdict="WITHIN_BUDGET", budget=5.0, about=SETTING, mode="interpreted"):
    return BenchForm(verdict, "p99", budget, 99.0, 3.0, None, mode, list(steps or [step()]), about)


def told(one, other):
    return compare.compare(("one", one), ("other", other))


def test_figures_stand_beside_each_other_with_their_ratio():
    found = told(bench(step(p99=2.0)), bench(step(p99=3.0)))
    rows = {row.figure: (row.rate, row.one, row.other, row.ratio) for row in found.rows}
    assert rows["p99 ms"] == ("1,000/s", 2.0, 3.0, 1.5)
    assert rows["p99.9 ms"] == ("1,000/s", None, None, None)
    assert rows["unanswered"] == ("1,000/s", 0, 0, None)  # no ratio to nothing
    assert found.unlike == []
    assert [curve.name for curve in found.curves] == [
        "one 1,000/s",
        "one bare echo",
        "other 1,000/s",
        "other bare echo",
    ]
    assert (found.budget, found.budget_ms) == ("p99 within 5 ms", 5.0)


@pytest.mark.parametrize("key", sorted(CHANGED))
def test_each_thing_that_was_otherwise_is_said(key):
    other = bench(about=msgspec.structs.replace(SETTING, **{key: CHANGED[key]}))
    assert set(CHANGED) == set(Setting.__struct_fields__)
    words = {"dataset": "data set", "calls": "mix"}.get(key, key)
    [said] = told(bench(), other).unlike
    assert said.startswith("another ")
    assert words in said
    assert str(CHANGED[key]) in said


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (bench(), bench(step(rate=500.0)), "another offered rate: 1,000/s and 500/s"),
        (bench(), bench(budget=6.0), "another budget: p99 within 5 ms and p99 within 6 ms"),
        (bench(verdict="INCONCLUSIVE"), bench(), "one has no verdict (inconclusive: p99): its figures are the machine's, too"),
        (bench(), bench(verdict="VOID"), "other has no verdict (void: p99): its figures are the machine's, too"),
        (bench(), bench(about=None), "of other is not kept with what it was measured: an older version measured it"),
        (bench(about=None, mode="compiled"), bench(), "another build: compiled and interpreted"),
    ],
)  # fmt: skip
def test_what_is_unlike_besides_is_a_sentence(one, other, said):
    assert said in told(one, other).unlike


def test_steps_of_one_rate_stand_beside_each_other_wherever_they_came():
    found = told(
        bench(step(rate=1.0, p99=1.0), step(rate=2.0, p99=2.0)),
        bench(step(rate=2.0, p99=4.0), step(rate=3.0)),
    )
    assert {row.rate for row in found.rows} == {"2/s"}
    assert next(row.ratio for row in found.rows if row.figure == "p99 ms") == 2.0
    found = told(bench(step(rate=1.0)), bench(step(rate=2.0)))
    assert {row.rate for row in found.rows} == {"1/s and 2/s"}


@pytest.fixture
def two(tmp_path):
    """Two files, the second as a console keeps it, and with a name and a target that would be markup."""
    one, other = tmp_path / "one.json", tmp_path / "<b>other.json"
    one.write_bytes(msgspec.json.encode(bench()))
    changed = bench(
        step(p99=4.0), about=msgspec.structs.replace(SETTING, target="<script>alert(1)</script>\x1b[1m")
    )
    other.write_bytes(msgspec.json.encode({"id": "x", "result": changed}))
    return one, other


def invoke(*words):
    return CliRunner(env={"NO_COLOR": "1"}).invoke(cli, ["bench", *map(str, words)], prog_name="ain")


def test_files_are_compared_in_text_json_and_as_a_page(two, tmp_path):
    page = tmp_path / "page.html"
    done = invoke("--compare", *two, "--html", page)
    assert done.exit_code == 3, done.output  # another target
    assert re.search(r"1,000/s +p99 ms +2 +4 +2\n", done.output)
    assert "not comparable: another target" in done.output
    assert "\x1b" not in done.output
    text = page.read_text()
    assert "<script" not in text
    assert "<b>other" not in text
    assert text.count("<polyline") == 4
    assert 'class="budget"' in text
    said = json.loads(invoke("--compare", *two, "--json").stdout)
    assert (said["version"], said["one"], said["other"]) == (1, "one", "<b>other")
    two[1].write_bytes(two[0].read_bytes())
    assert invoke("--compare", *two).exit_code == 0


WRONG = {
    "there is none": None, "empty": b"", "no JSON": b"x", "a list": b"[]", "another object": b'{"a":1}', "no steps": msgspec.json.encode(bench())
    .replace(msgspec.json.encode([step()]), b"[]"), "not measured": b'{"result":null}', "deep": b'{"steps":' + b"[" * 100_000,
    "no budget": msgspec.json.encode(bench(budget=0.0)), "nothing sent": msgspec.json.encode(bench()).replace(b'"latency":{"sent":100', b'"latency":{"sent":0'),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(WRONG))
def test_what_is_no_measurement_is_one_line_with_its_name(two, what):
    if WRONG[what] is None:
        two[1].unlink()
    else:
        two[1].write_bytes(WRONG[what])
    done = invoke("--compare", *two)
    assert done.exit_code == 2, done.output
    assert done.output.count("\n") == 1
    assert two[1].name in done.output


def test_one_and_itself_are_refused_and_so_is_what_would_measure(two):
    done = invoke("--compare", two[0], two[0])
    assert (done.exit_code, "the same file twice" in done.output) == (2, True)
    for more, word in (("examples/golden", "DATASET"), ("--rate=5", "--rate"), ("--hgrm=x.hgrm", "--hgrm")):
        done = invoke("--compare", *two, more)
        assert (done.exit_code, f"--compare and {word}" in done.output) == (2, True), done.output
    assert invoke("--hgrm", "x.hgrm", "--ramp").exit_code == 2


def test_the_percentile_text_is_that_of_hdrhistogram():
    """Its columns and ends are those of HistogramLogProcessor; every value counts, the last line has no 1/(1-Percentile)."""
    chance = random.Random(7)
    values = [chance.lognormvariate(0, 1) for _ in range(5000)]
    found = percentiles_of(times(*values), 6000)
    lines = found.hgrm().splitlines()
    assert lines[0].split() == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"]
    assert lines[1] == ""
    rows = [[float(word) for word in line.split()] for line in lines[2:] if not line.startswith("#")]
    assert [len(row) for row in rows] == [4] * (len(rows) - 1) + [3]
    for value, share, count, *rest in rows:
        assert count / 5000 >= share - 1e-9
        assert sum(one <= value * 1.01 for one in values) >= share * 5000 - 1
        assert not rest or math.isclose(rest[0], 1 / (1 - share), rel_tol=1e-2)
    assert rows[-1][1:] == [1.0, 5000.0]
    assert rows[-1][0] == pytest.approx(max(values), abs=1e-3)
    mean, deviation = (float(word) for word in re.findall(r"= +([\d.]+)", lines[-2]))
    middle = sum(values) / 5000
    assert mean == pytest.approx(middle, abs=1e-3)
    assert deviation == pytest.approx(math.sqrt(sum((one - middle) ** 2 for one in values) / 5000), rel=0.01)
    assert re.search(r"Max +=.*Total count +=  +5000\]$", lines[-1])
    assert found.of_sent()[-1][0] == pytest.approx(
        100 * 5000 / 6000
    )  # who was not answered is later than all


def test_what_was_measured_with_is_kept():
    assert re.fullmatch(r"ain \S+ \([a-z ]+\), code [0-9a-f]{12}", setting.build())
    assert setting.build() == setting.build()
    assert "cores" in setting.machine()
    form = forms.BenchForm("VOID", "", 5.0, 99.0, 3.0, None, "interpreted", [], SETTING)
    assert msgspec.json.decode(msgspec.json.encode(form), type=forms.BenchForm).setting == SETTING
