"""`ain run --otel`: each call is a trace whose spans lie within each other, whole by OpenTelemetry's own schema, the same each time."""

import base64
import json

import pytest


@pytest.fixture(scope="module")
def traces(tmp_path_factory):
    """The lines of a golden run in memory."""
    from click.testing import CliRunner

    from ain_scp.ain.__main__ import cli
    from tests.kit.serving import ROOT

    found = []
    for number in range(2):
        target = tmp_path_factory.mktemp("otel") / f"{number}.jsonl"
        words = [
            "run",
            str(ROOT / "examples/golden/scenario.toml"),
            "--transport",
            "memory",
            "--otel",
            str(target),
        ]
        assert CliRunner().invoke(cli, words).exit_code == 0
        found.append(target.read_text())
    assert found[0] == found[1]
    return [json.loads(line) for line in found[0].splitlines()]


def spans_of(trace):
    return [
        (dict(pair(one) for one in part["resource"]["attributes"])["service.name"], span)
        for part in trace["resourceSpans"]
        for scope in part["scopeSpans"]
        for span in scope["spans"]
    ]


def pair(one):
    return one["key"], next(iter(one["value"].values()))


def test_a_call_through_a_host_has_two_queries_and_two_decisions(traces):
    found = spans_of(traces[0])
    assert [(node, span["name"], span["kind"]) for node, span in found] == [
        ("SSP2004", "call C01", 1),
        ("SSP2004", "InfoAnalyzed", 3),
        ("SCP", "decide", 2),
        ("SCP", "decide", 2),
        ("SSP2014", "TerminationAttempt", 3),
    ]
    decided = dict(pair(one) for one in found[2][1]["attributes"])
    assert decided["ain.route.kind"] == "ASF_RTL"
    assert decided["ain.call_type_code"] == "101"
    steps = [dict(pair(one) for one in event["attributes"]) for event in found[2][1]["events"]]
    assert steps[1]["row"] == "customers/GOLDEN/mdp.csv:4"


def test_every_span_lies_within_the_one_around_it(traces):
    assert len(traces) == 32
    assert len({spans_of(trace)[0][1]["traceId"] for trace in traces}) == 32
    for trace in traces:
        spans = {span["spanId"]: span for _, span in spans_of(trace)}
        roots = [span for span in spans.values() if not span["parentSpanId"]]
        assert len(roots) == 1
        for span in spans.values():
            assert (len(span["traceId"]), len(span["spanId"])) == (32, 16)
            assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
            above = spans.get(span["parentSpanId"])
            if above is not None:
                assert int(above["startTimeUnixNano"]) <= int(span["startTimeUnixNano"])
                assert int(span["endTimeUnixNano"]) <= int(above["endTimeUnixNano"])


CALL = """
[[call]]
id = "C05"
at = 2001-01-17T10:00:00
from = "9258341234"
dial = "7 9212000"
duration_s = 180
expect = { ctc = 999 }
"""


def test_a_call_that_is_not_as_expected_is_an_error(tmp_path, ain):
    from tests.kit.serving import ROOT

    (tmp_path / "s.toml").write_text(f'dataset = "{ROOT}/examples/golden"\n{CALL}')
    target = tmp_path / "t.jsonl"
    assert ain("run", tmp_path / "s.toml", "--otel", target, "--transport", "memory").returncode == 1
    _, root = spans_of(json.loads(target.read_text()))[0]
    assert root["status"]["code"] == 2
    assert "999" in root["status"]["message"]


@pytest.mark.interop
def test_opentelemetrys_schema_takes_every_line(traces):
    """Strictly: an unknown field or a wrong type is an error. OTLP/JSON spells ids in hex where plain Protobuf JSON has base64."""
    service = pytest.importorskip(
        "opentelemetry.proto.collector.trace.v1.trace_service_pb2", reason="extra interop"
    )
    from google.protobuf import json_format

    for trace in traces:
        for _, span in spans_of(trace):
            for key in ("traceId", "spanId", "parentSpanId"):
                span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
        known = json_format.ParseDict(trace, service.ExportTraceServiceRequest())
        assert known.resource_spans[0].scope_spans[0].spans[0].end_time_unix_nano > 0
