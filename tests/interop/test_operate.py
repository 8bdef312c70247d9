"""Dashboards and alerts against the figures of running servers: each query returns series, each alert fires and is silent once.

Two servers are asked and read twice; what they tell is put into promtool's unit tests, as it is or with one figure changed.
"""

import json
import re
import shutil
import subprocess
import urllib.request

import pytest

from tests.kit.query import query_octets
from tests.kit.serving import ROOT, Process, Serving

PROMTOOL = shutil.which("promtool")
PLACE = ROOT / "examples" / "operate"
RULES = PLACE / "prometheus" / "alerts.yml"
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
NODE = """
name = "SCP-A"
point_code = "245-1-2"
[[stp]]
name = "STP"
transport = "udp"
remote = "127.0.0.1:9"
routing_contexts = [100]
[metrics]
address = "127.0.0.1:0"
"""
STEPS = 60
"""Readings, ten seconds apart."""
STEADY = f"+0x{STEPS}"
CHANGES = {
    "AinScpDown": {r'up\{job="ain-scp",instance="a"\}': f"0{STEADY}"},
    "AinScpRestartsOften": {r"ain_scp_start_time_seconds": f"1+60x{STEPS}"},
    "AinScpReloadFailed": {r"ain_scp_reload_success": f"0{STEADY}"},
    "AinScpDataSetsDiffer": {},
    "AinScpRefusesBillableCalls": {r'ain_scp_records\{what="stopped"': f"1{STEADY}"},
    "AinScpRecordsDamaged": {r'ain_scp_records\{what="damaged"': f"2{STEADY}"},
    "AinScpRecordsLost": {r'ain_scp_records_total\{what="lost"': f"0+1x{STEPS}"},
    "AinScpBrokerAway": {},
    "AinScpSlow": {r'ain_scp_service_seconds_bucket\{le="(0.01|0.02|0.05|0.1|0.5|\+Inf)"': f"0+500x{STEPS}"},
    "AinScpOverload": {r"ain_scp_overload_level": f"2{STEADY}"},
    "AinScpSheds": {r'.*cause="shed_busy"': f"0+9x{STEPS}"},
    "AinScpKernelDrops": {r'.*port="udp",event="dropped_by_kernel"': f"0+9x{STEPS}"},
    "AinScpRefusesPeers": {r'.*cause="dropped_destination"': f"0+99x{STEPS}"},
    "AinScpAssociationDown": {r"ain_scp_association_active": f"0{STEADY}"},
    "AinScpCountersDisagree": {r"ain_scp_discrepancies": f"1{STEADY}"},
    "AinScpFaults": {r"ain_scp_faults_total": f"0+1x{STEPS}"},
    "AinScpFewDescriptors": {r"process_open_fds": f"19999{STEADY}"},
}
"""For each alert which figures are others than those of a healthy server, as regular expressions of a series' beginning."""
ADDED = {
    "AinScpDataSetsDiffer": [
        ('ain_scp_dataset_info{name="golden",digest="other",job="ain-scp",instance="c"}', f"1{STEADY}")
    ],
    "AinScpBrokerAway": [('ain_scp_broker{what="connected",job="ain-scp",instance="a"}', f"0{STEADY}")],
}

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed: apt install prometheus"),
]


def read(server):
    host, port = server.endpoint("http")
    with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=30) as page:
        return page.read().decode()


def series_of(first, second, instance):
    """Series of promtool from two readings: a counter goes on as it went, a gauge stays."""
    before = dict(found for line in first.splitlines() if (found := sample(line)))
    rows = {}
    for line in second.splitlines():
        found = sample(line)
        if found is None:
            continue
        (name, labels), value = found
        counts = name.endswith(("_total", "_bucket", "_count", "_sum"))
        step = max(value - before.get((name, labels), value), 0) if counts else 0
        text = (
            f'{labels},job="ain-scp",instance="{instance}"'
            if labels
            else f'job="ain-scp",instance="{instance}"'
        )
        rows[f"{name}{{{text}}}"] = f"{value:.17g}+{step:.17g}x{STEPS}"
    return rows


def sample(line):
    match = None if line.startswith("#") else SAMPLE.fullmatch(line)
    return None if match is None else ((match[1], match[2] or ""), float(match[3]))


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    """The series of two servers as they are: one over UDP with records and tap, one with an association."""
    place = tmp_path_factory.mktemp("operate")
    (place / "node.toml").write_text(NODE)
    golden = ROOT / "examples" / "golden"
    node = Process(golden, "--config", place / "node.toml")
    plain = Serving(
        golden,
        "--metrics",
        "127.0.0.1:0",
        "--records",
        place / "records",
        "--tap",
        place / "tap",
        patience_s=60,
    )
    try:
        texts = []
        for number in range(2):
            for transaction in range(20):
                plain.ask(query_octets(100 * number + transaction))
            texts.append((read(plain), read(node)))
        rows = series_of(texts[0][0], texts[1][0], "a") | series_of(texts[0][1], texts[1][1], "b")
    finally:
        plain.close()
        node.close()
    rows |= {f'up{{job="ain-scp",instance="{one}"}}': f"1{STEADY}" for one in "ab"}
    return {
        name: f"1{STEADY}" if name.startswith("ain_scp_association_active") else values
        for name, values in rows.items()
    }


def judged(tmp_path, tests):
    """What promtool says of unit tests; empty when they hold."""
    path = tmp_path / "tests.yml"
    path.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "10s", "tests": tests}))
    done = subprocess.run([PROMTOOL, "test", "rules", str(path)], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def of(series, *expressions):
    """One unit test: at the end each expression has the value 1."""
    return {
        "interval": "10s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {"expr": one, "eval_time": f"{STEPS * 10}s", "exp_samples": [{"labels": "{}", "value": 1}]}
            for one in expressions
        ],
    }


def queries():
    board = json.loads((PLACE / "grafana" / "ain-scp.json").read_text())
    found = [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel["targets"]]
    return [
        *found,
        *((one["name"], one["expr"].removesuffix(" > 0")) for one in board["annotations"]["list"]),
    ]


def test_every_query_of_the_dashboard_returns_series(healthy, tmp_path):
    asked = [text.replace("$__rate_interval", "1m").replace("$instance", ".*") for _, text in queries()]
    assert len(asked) > 20
    assert not [text for text in asked if "$" in text]
    assert judged(tmp_path, [of(healthy, *(f"count({text}) > bool 0" for text in asked))]) == ""


def test_a_query_that_returns_nothing_would_be_noticed(healthy, tmp_path):
    assert "FAILED" in judged(tmp_path, [of(healthy, "count(ain_scp_no_such_figure) > bool 0")])


def test_every_alert_fires_once_and_is_silent_once(healthy, tmp_path):
    names = re.findall(r"- alert: (\w+)", RULES.read_text())
    assert sorted(names) == sorted(CHANGES)
    fast = {
        name: (f"0{STEADY}" if re.search(r'_bucket\{le="(2|5)e-05"', name) else f"0+500x{STEPS}")
        for name in healthy
        if name.startswith("ain_scp_service_seconds_bucket")
    }
    calm = healthy | fast
    tests = [of(calm, 'absent(sum(ALERTS{alertstate="firing"}))')]
    for name in names:
        changed = {
            series: next(
                (values for pattern, values in CHANGES[name].items() if re.match(pattern, series)), known
            )
            for series, known in calm.items()
        }
        if name == "AinScpSlow":
            changed |= {
                series: f"0{STEADY}"
                for series in fast
                if not any(re.match(one, series) for one in CHANGES[name])
            }
        changed |= dict(ADDED.get(name, ()))
        assert changed != calm, name
        tests.append(of(changed, f'count(ALERTS{{alertname="{name}",alertstate="firing"}}) > bool 0'))
    assert judged(tmp_path, tests) == ""


def test_promtool_accepts_the_files(tmp_path):
    shutil.copytree(PLACE / "prometheus", tmp_path / "prometheus")
    done = subprocess.run(
        [PROMTOOL, "check", "config", str(tmp_path / "prometheus" / "prometheus.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
