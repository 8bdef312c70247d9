"""`ain ticket bench`: everything arrives, and every stage is measured."""

import json
import shutil

import pytest

pytest.importorskip(
    "cryptography", reason="the extra tickets is not installed: pip install 'ain-scp[tickets]'"
)


@pytest.mark.slow
def test_a_short_run_of_the_bench_loses_nothing_and_measures_each_stage(ain):
    done = ain("ticket", "bench", "--tickets", 300, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["tickets"], found["calls"]) == (300, 300)
    assert [one["name"] for one in found["stages"]] == [
        "generate",
        "collect",
        "receive",
        "profile",
    ]
    assert all(one["cpu_s"] > 0 and one["memory_mib"] > 5 for one in found["stages"])
    collect, receive, profile = (one["cpu_s"] for one in found["stages"][1:])
    assert found["collector"] == round(300 / collect)
    assert found["provider"] == round(300 / (receive + profile))
    sizes = [one["octets"] for one in found["openssl"]]
    assert sizes == ([65_536, 1_048_576, 8_388_608] if shutil.which("openssl") else [])
    assert all(one["seal"] > 0 and one["open"] > 0 for one in found["openssl"])
