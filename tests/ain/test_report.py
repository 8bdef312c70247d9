"""`ain report`: the page of a run that is over is the page that the run would have written."""

import json

import pytest

FIG7 = "examples/figures/fig7.toml"
RUN = ["run", FIG7, "--transport", "memory"]


@pytest.mark.parametrize(
    "scenario", [FIG7, "examples/charging/scenario_scp.toml", "examples/services/scenario.toml"]
)
def test_it_is_the_page_of_the_run(ain, tmp_path, scenario):
    done = ain("run", scenario, "--transport", "memory", "--json", "--report", tmp_path / "run.html")
    (tmp_path / "result.json").write_text(done.stdout)
    later = ain("report", tmp_path / "result.json")
    assert (later.returncode, later.stderr) == (0, "")
    assert later.stdout.startswith(f"{tmp_path / 'result.html'}: ")
    assert (tmp_path / "result.html").read_bytes() == (tmp_path / "run.html").read_bytes()


@pytest.fixture
def result(ain):
    """A result as text."""
    return ain(*RUN, "--json").stdout


def test_it_is_read_from_standard_input_and_says_so_in_json(ain, tmp_path, result):
    done = ain("report", "-", "--out", tmp_path / "page.html", "--json", stdin=result)
    calls = len(json.loads(result)["calls"])
    assert json.loads(done.stdout) == {"version": 1, "page": str(tmp_path / "page.html"), "calls": calls}
    assert "<html" in (tmp_path / "page.html").read_text()
    refused = ain("report", "-", stdin=result)
    assert (refused.returncode, "needs --out" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda _one: "{", "no result of ain run --json"),
        (lambda _one: "[" * 100_000, "no result of ain run --json"),
        (lambda one: one.replace('"placed":"2001', '"placed":"never', 1), "not as ain run --json printed it"),
        (lambda one: one.replace('"calling"', '"caller"', 1), "missing required field `calling`"),
        (lambda one: f'{{"version":1,"runs":[{one},{one}]}}', "the result of 2 scenarios"),
        (lambda one: one.replace('"octets":"01', '"octets":"zz', 1), "not as ain run --json printed it"),
    ],
)
def test_what_is_no_result_is_one_line(ain, tmp_path, result, change, told):
    (tmp_path / "r.json").write_text(change(result))
    done = ain("report", tmp_path / "r.json")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert told in done.stderr
    assert not (tmp_path / "r.html").exists()


def test_the_page_does_not_take_the_place_of_the_result(ain, tmp_path, result):
    (tmp_path / "r.html").write_text(result)
    done = ain("report", tmp_path / "r.html")
    assert (done.returncode, "is read by this command" in done.stderr) == (2, True)
    assert (tmp_path / "r.html").read_text() == result


@pytest.mark.parametrize("name", [".", "/", ".."])
def test_a_directory_is_no_result(ain, name):
    done = ain("report", name)
    assert (done.returncode, done.stderr) == (2, f"{name}: Is a directory\n")
