"""Metrics as Prometheus reads them, and the health endpoint against those who ask wrongly."""

import asyncio
import itertools
import re

import pytest

from ain_scp.scp.counters import OUTCOMES
from ain_scp.scp.edges.metrics import (
    Latency,
    counter_lines,
    decision_lines,
    figure,
    gauge_lines,
    node_lines,
    process_lines,
    with_help,
)
from ain_scp.transport.link import parse_endpoint
from ain_scp.transport.status import MAX_CONNECTIONS, MAX_REQUEST_OCTETS, HealthEndpoint

LINE = re.compile(
    r'[a-z_]+(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? -?[0-9.e+-]+|# TYPE [a-z_]+ (counter|gauge|histogram)'
)


def test_every_line_of_a_node_is_well_formed_and_every_outcome_is_there():
    lines = node_lines({"received": 3, "answered": 2, "dropped_tcap": 1}, 0, 1)
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert 'ain_scp_outcome_total{outcome="dropped",cause="dropped_tcap"} 1' in lines
    assert "ain_scp_discrepancies 0" in lines
    told = {re.search(r'cause="([^"]*)"', line)[1] for line in lines if "cause=" in line}
    assert {name for name in OUTCOMES if not name.startswith(("returned_sccp", "dropped_sccp"))} <= told


def test_a_sum_that_does_not_come_out_is_told():
    assert "ain_scp_discrepancies 1" in node_lines({"received": 3, "answered": 2}, 0, 0)


def test_decisions_are_told_by_customer_and_outcome():
    lines = decision_lines({('GO"LD', "PSTN"): 3, ("A", "SCREENED"): 1})
    assert lines == [
        "# TYPE ain_scp_decisions_total counter",
        'ain_scp_decisions_total{customer="A",outcome="SCREENED"} 1',
        'ain_scp_decisions_total{customer="GO\\"LD",outcome="PSTN"} 3',
    ]
    assert decision_lines({}) == []


def test_latency_is_cumulative_with_sum_and_count():
    latency = Latency()
    for microseconds in (20, 21, 999_999):
        latency.record(microseconds * 1000)
    lines = latency.lines("x_seconds")
    assert lines[1:3] == ['x_seconds_bucket{le="2e-05"} 1', 'x_seconds_bucket{le="5e-05"} 2']
    assert lines[-3:] == ['x_seconds_bucket{le="+Inf"} 3', "x_seconds_sum 1.000040000", "x_seconds_count 3"]
    counts = [int(line.rpartition(" ")[2]) for line in lines[1:-2]]
    assert counts == sorted(counts)


def test_labels_are_escaped():
    lines = counter_lines("n_total", "who", {'a"b\\c\n': {"seen": 1}})
    assert lines[1] == 'n_total{who="a\\"b\\\\c\\n",event="seen"} 1'
    assert gauge_lines("g", {"": 1.5, 'a="b"': 2})[1:] == ["g 1.5", 'g{a="b"} 2']


class Endpoint:
    """The endpoint under test, on a port of its own."""

    def __init__(self, *, serving=True, patience_s=5.0, body="metric 1\n"):
        self.http = HealthEndpoint(lambda: body, lambda: (serving, {"status": "x"}), patience_s=patience_s)

    async def __aenter__(self):
        self.port = await self.http.start(parse_endpoint("127.0.0.1:0"))
        return self

    async def __aexit__(self, *_):
        await self.http.close()

    async def ask(self, octets):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(octets)
            return await asyncio.wait_for(reader.read(), 10)
        except ConnectionError:
            return b"reset"
        finally:
            writer.close()


REQUESTS = {
    "metrics": (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
    "metrics with a port in Host": (b"GET /metrics HTTP/1.1\r\nhost: 127.0.0.1:9464\r\n\r\n", 200),
    "health": (b"GET /health HTTP/1.0\r\nHost: LOCALHOST\r\n\r\n", 200),
    "another path": (b"GET /metrics/../etc HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    "the root": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    "POST": (b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 405),
    "DELETE": (b"DELETE /health HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    "another host": (b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
    "a name that only begins like this machine": (
        b"GET /metrics HTTP/1.1\r\nHost: localhost.evil.example:80\r\n\r\n",
        403,
    ),
    "no host": (b"GET /metrics HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
    "no HTTP": (b"\x16\x03\x01\x00\xff\r\n\r\n", 400),
    "a head that is too long": (b"GET / HTTP/1.1\r\nX: " + b"a" * MAX_REQUEST_OCTETS * 2 + b"\r\n\r\n", 431),
}


@pytest.mark.parametrize(("request_octets", "status"), REQUESTS.values(), ids=REQUESTS)
def test_requests_get_the_status_they_deserve(request_octets, status):
    async def main():
        async with Endpoint() as endpoint:
            answer = await endpoint.ask(request_octets)
            assert answer == b"reset" or answer.startswith(f"HTTP/1.1 {status} ".encode())
            assert endpoint.http.counters[f"status_{status}"] == 1
            assert (b"metric 1" in answer) == (status == 200 and b"/metrics" in request_octets)

    asyncio.run(main())


def test_a_head_request_gets_the_length_and_no_body():
    async def main():
        async with Endpoint() as endpoint:
            answer = await endpoint.ask(b"HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"Content-Length: 9\r\n" in answer
            assert answer.endswith(b"\r\n\r\n")

    asyncio.run(main())


def test_a_node_that_does_not_serve_is_unwell():
    async def main():
        async with Endpoint(serving=False) as endpoint:
            answer = await endpoint.ask(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 503 ")

    asyncio.run(main())


def test_a_slow_client_is_cut():
    async def main():
        async with Endpoint(patience_s=0.05) as endpoint:
            assert await endpoint.ask(b"GET /metrics HTTP/1.1\r\n") == b""
            assert endpoint.http.counters["cut_slow"] == 1

    asyncio.run(main())


def test_a_client_that_does_not_read_is_cut():
    async def main():
        async with Endpoint(patience_s=0.1, body="x" * 30_000_000) as endpoint:
            _, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
            writer.transport.pause_reading()
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            async with asyncio.timeout(5):
                while not endpoint.http.counters["cut_slow"]:  # noqa: ASYNC110 - nothing tells when it is cut
                    await asyncio.sleep(0.01)
            writer.transport.abort()

    asyncio.run(main())


@pytest.mark.parametrize("clients", [MAX_CONNECTIONS, 300])
def test_slow_clients_do_not_keep_others_out(clients):
    """The oldest unfinished connection gives way to a new one; each whole request is answered at once, again and again."""

    async def main():
        async with Endpoint() as endpoint:
            held = []
            for _ in range(clients):
                held.append(await asyncio.open_connection("127.0.0.1", endpoint.port))
                held[-1][1].write(b"GET /hea")
            for _ in range(3):
                answer = await endpoint.ask(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert answer.startswith(b"HTTP/1.1 200 ")
            assert endpoint.http.counters["refused_too_many"] >= clients - MAX_CONNECTIONS
            for _, writer in held:
                writer.close()

    asyncio.run(main())


@pytest.mark.parametrize("value", [0, 1, -3, 1234567, 1_795_937_123.25, 0.1, 10**15 + 1, True])
def test_a_figure_keeps_all_its_digits(value):
    assert float(figure(value)) == value
    assert gauge_lines("g", {"": value})[1] == f"g {figure(value)}"
    assert "e+" not in figure(value)


def test_every_metric_has_a_help_text_before_its_type():
    lines = with_help("\n".join([*node_lines({}, 0, 0), *process_lines()])).splitlines()
    for line, after in itertools.pairwise(lines):
        assert after.startswith("# TYPE") == line.startswith("# HELP")
    assert not [line for line in lines if line.endswith("Not described.")]


def test_it_is_told_on_this_machine_only():
    async def main():
        with pytest.raises(ValueError, match="this machine only"):
            await Endpoint().http.start(parse_endpoint("0.0.0.0:0"))

    asyncio.run(main())
