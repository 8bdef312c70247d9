"""The load tool: what it plans, how it counts, how it judges, and one short run against our server."""

import json
import re
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from ain_scp.ain.bench import calls as bench_calls
from ain_scp.ain.bench import forms as bench_forms
from ain_scp.ain.bench import load as bench_load
from ain_scp.ain.bench import page as bench_page
from ain_scp.ain.bench import plan as bench_plan
from ain_scp.ain.bench import services as bench_services
from ain_scp.ain.bench import target as bench_target
from ain_scp.ain.bench.forms import StepResult
from ain_scp.ain.bench.judge import Judge, Judgement, Verdict, overall
from ain_scp.ain.dataset import open_program
from ain_scp.provisioning.loader import load
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.node import FastNode
from ain_scp.ssp_sim.histogram import Histogram

MS = 1_000_000


def step(latencies_ms, sent=None, lag_ms=0.0, echo_ms=0.1, drops=0, refused=0):
    """A step whose answered queries took these milliseconds."""
    latency = Histogram()
    for one in latencies_ms:
        latency.record(round(one * MS))
    made = StepResult(
        rate=1000.0, sent=sent or len(latencies_ms), silent=0, answered=len(latencies_ms), refused=refused, repeated=0, foreign=0, unsent=0,
        generator_drops=drops, seconds=1.0, answered_per_second=1.0, lag_p99_ns=round(lag_ms * MS), generator_cpu_ns=0,
        latency=latency, kinds=(bench_forms.KindResult("PSTN", sent or len(latencies_ms), latency),),
    )  # fmt: skip
    made.echo_ns = round(echo_ms * MS)
    return made


VERDICTS = [
    ("all in time", step([1.0] * 100), Verdict.WITHIN_BUDGET),
    ("one in a hundred late is p99", step([1.0] * 99 + [50.0]), Verdict.WITHIN_BUDGET),
    ("two in a hundred are not", step([1.0] * 98 + [50.0] * 2), Verdict.OVER_BUDGET),
    ("an unanswered query is late", step([1.0] * 98, sent=100), Verdict.OVER_BUDGET),
    ("one unanswered is within p99", step([1.0] * 99, sent=100), Verdict.WITHIN_BUDGET),
    ("nothing answered", step([], sent=10), Verdict.OVER_BUDGET),
    ("the generator was late", step([1.0] * 100, lag_ms=1.1), Verdict.VOID),
    ("the generator lost answers", step([1.0] * 100, drops=1), Verdict.VOID),
    ("the host is noisy", step([1.0] * 100, echo_ms=3.1), Verdict.INCONCLUSIVE),
    (
        "the host is noisy, and half went unanswered",
        step([1.0] * 49, sent=100, echo_ms=3.1),
        Verdict.OVER_BUDGET,
    ),
    (
        "nothing answered, the host noisy, the generator late",
        step([], sent=9, echo_ms=3.1, lag_ms=9),
        Verdict.OVER_BUDGET,
    ),
    ("all refused", step([1.0] * 100, refused=100), Verdict.OVER_BUDGET),
    ("one refused", step([1.0] * 100, refused=1), Verdict.OVER_BUDGET),
    (
        "one refused, the host noisy, the generator late",
        step([1.0] * 100, refused=1, echo_ms=4, lag_ms=9),
        Verdict.OVER_BUDGET,
    ),
    ("the host is noisy and all is late", step([90.0] * 100, echo_ms=3.1, lag_ms=9), Verdict.INCONCLUSIVE),
]


@pytest.mark.parametrize(("what", "found", "verdict"), VERDICTS, ids=[row[0] for row in VERDICTS])
def test_verdicts(what, found, verdict):
    """Reliability noise gate: a noisy host is never a pass; a late generator voids (D-004)."""
    assert Judge(5 * MS).judge(found).verdict is verdict


SENTENCES = [
    (Judge(5 * MS), step([], sent=100), "over the budget: 0 of 100 queries answered by udp://127.0.0.1:9"),
    (Judge(5 * MS), step([1.0] * 9, refused=9), "over the budget: 9 of 9 answers were refusals, none allowed"),
    (Judge(5 * MS, refused_share=0.1), step([1.0] * 10, refused=2), "over the budget: 2 of 10 answers were refusals, 10 % allowed"),
    (Judge(5 * MS, refused_share=0.1), step([1.0] * 10, refused=1), "within the budget: p99 1.000 ms, budget 5.000 ms"),
    (Judge(5 * MS), step([1.0] * 97, sent=100), "over the budget: 3 queries of 100 unanswered"),
    (Judge(5 * MS), step([7.0]), "over the budget: p99 7.000 ms, budget 5.000 ms"),
    (Judge(5 * MS), step([1.0], echo_ms=13.4), "inconclusive: a bare echo on this host has p99 13.400 ms, limit 3.000 ms;"),
    (Judge(400 * MS), step([1.0], echo_ms=3.3), "within the budget: p99 1.000 ms, budget 400.000 ms"),
    (Judge(400 * MS, 90), step([1.0], echo_ms=201), "inconclusive: a bare echo on this host has p90 201.000 ms, limit 200.000 ms;"),
    (Judge(MS), step([0.5], echo_ms=1.1), "inconclusive: a bare echo on this host has p99 1.100 ms, limit 1.000 ms;"),
    (Judge(5 * MS), step([1.0], lag_ms=1.5), "void: this machine was too busy to send on time: p99 1.500 ms late, limit 1.000 ms"),
    (Judge(5 * MS), step([1.0], drops=1), "void: this machine was too busy to receive: 1 answer lost"),
]  # fmt: skip


@pytest.mark.parametrize(("judge", "found", "sentence"), SENTENCES, ids=[row[2][:40] for row in SENTENCES])
def test_a_verdict_gives_its_figure_and_its_limit(judge, found, sentence):
    assert str(judge.judge(found, "udp://127.0.0.1:9")).startswith(sentence)


def test_what_is_certain_outweighs_what_could_not_be_measured():
    steps = [Judgement(one, "") for one in (Verdict.WITHIN_BUDGET, Verdict.OVER_BUDGET, Verdict.VOID)]
    assert overall(steps, ramp=False).verdict is Verdict.OVER_BUDGET
    assert overall(steps[::2], ramp=False).verdict is Verdict.VOID
    assert overall(steps, ramp=True).verdict is Verdict.WITHIN_BUDGET


@pytest.mark.slow
@pytest.mark.parametrize("bound", [False, True])
def test_a_dead_target_is_over_the_budget_in_words(ain, bound):
    """Nobody listens, or somebody who never answers: however busy the host (F5)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        address = f"udp://127.0.0.1:{line.getsockname()[1]}"
        if not bound:
            line.close()
        done = ain(
            "bench",
            "examples/golden",
            "--target",
            address,
            "--rate",
            "50",
            "--duration",
            "0.4",
            "--warm-up",
            "0",
        )
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"over the budget: 0 of 20 queries answered by {address}" in done.stdout


@pytest.mark.slow
def test_a_target_that_refuses_everything_is_over_the_budget_in_words(ain):
    """What comes back is no instruction (here: the query itself, with another component): F4."""
    peer = Answering(lambda _: 1, lambda octets: octets.replace(b"\xe9", b"\xeb"))
    try:
        address = f"udp://127.0.0.1:{peer.port.getsockname()[1]}"
        done = ain(
            "bench", "examples/golden", "--target", address, "--rate", "50", "--duration", "0.4", "--warm-up", "0",
            "--budget-ms", "10000",
        )  # fmt: skip
    finally:
        peer.end()
    assert done.returncode == 1, done.stdout + done.stderr
    found = re.search(r"over the budget: (\d+) of (\d+) answers were refusals, none allowed", done.stdout)
    assert found is not None, done.stdout
    assert found[1] == found[2]


def test_fixed_arrivals_are_even_and_poisson_ones_have_the_rate():
    fixed = bench_load.planned(1000, 2, "fixed", 1)
    assert (len(fixed), set(np.diff(fixed).tolist())) == (2000, {1_000_000})
    poisson = bench_load.planned(1000, 20, "poisson", 1)
    gaps = np.diff(poisson)
    assert abs(gaps.mean() - MS) < 0.03 * MS
    assert abs(gaps.std() - MS) < 0.05 * MS
    assert (poisson == bench_load.planned(1000, 20, "poisson", 1)).all()
    with pytest.raises(ValueError, match="are possible"):
        bench_load.planned(1e6, 100, "fixed", 1)


class Answering:
    """A peer that answers as told: how late, which queries not at all, which twice."""

    def __init__(self, act, answer=lambda octets: octets):
        self.answer = answer
        self.port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port.bind(("127.0.0.1", 0))
        self.port.settimeout(0.05)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(act,))
        self.thread.start()

    def run(self, act):
        number = 0
        while not self.ended.is_set():
            try:
                octets, peer = self.port.recvfrom(4096)
            except TimeoutError:
                continue
            for _ in range(act(number)):
                self.port.sendto(self.answer(octets), peer)
            number += 1

    def end(self):
        self.ended.set()
        self.thread.join()
        self.port.close()


def test_what_is_lost_repeated_or_foreign_is_counted_and_lateness_counts_from_the_plan():
    pool = [bench_calls.prepared(bench_calls.octets_of("9258341234", "7", "9212000"), "PSTN")]
    peer = Answering(lambda number: (0, 2, 1, 1)[number % 4])
    due = bench_load.planned(400, 0.5, "fixed", 1)
    try:
        found = bench_load.run_step(peer.port.getsockname(), pool, due, rate=400, first=0xFFFFFFF0)
    finally:
        peer.end()
    assert (found.sent, found.answered, found.repeated, found.foreign) == (200, 150, 50, 0)
    assert found.percentile(75) is not None
    assert found.percentile(76) is None
    assert found.latency.minimum > 0
    assert (found.kinds[0].name, found.kinds[0].sent, found.kinds[0].latency.count) == ("PSTN", 200, 150)


def test_a_server_that_stalls_cannot_hide_its_queue():
    """No coordinated omission: queries due during a stall of 0.2 s are as late as the stall makes them."""
    pool = [bench_calls.prepared(bench_calls.octets_of("9258341234", "7", "9212000"), "PSTN")]

    def stalling(number):
        if number == 20:
            time.sleep(0.2)
        return 1

    peer = Answering(stalling)
    due = bench_load.planned(500, 0.4, "fixed", 1)
    try:
        found = bench_load.run_step(peer.port.getsockname(), pool, due, rate=500, first=1)
    finally:
        peer.end()
    assert found.answered == 200
    assert found.latency.maximum > 180 * MS
    late = sum(times for low, _, times in found.latency.bars() if low > 20 * MS)
    assert late > 70


def test_queries_are_drawn_of_every_kind_and_get_the_decision_they_are_named_after(ain):
    program = open_program(bench_calls_golden())
    pool = bench_calls.draw_queries(program, 3_000, 7)
    kinds = {one.kind for one in pool}
    assert {"PSTN", "ASF_RTL", "SCREENED"} <= kinds
    assert pool == bench_calls.draw_queries(program, 3_000, 7)
    node = FastNode(program, NodeConfig(), lambda: 0)
    asked = [one.before + number.to_bytes(4, "big") + one.after for number, one in enumerate(pool)]
    answers = node.answer_all(asked, "link", 0)
    assert len(answers) == len(pool)
    assert node.counters["answered"] == len(pool)


def test_whole_calls_bring_hosts_queries_and_notifications_from_any_number_of_switches():
    program = open_program(bench_calls_golden())
    pool = bench_calls.draw_calls(program, 2_000, 7, switches=30)
    assert pool == bench_calls.draw_calls(program, 2_000, 7, switches=30)
    node = FastNode(program, NodeConfig(), lambda: 0)
    asked = [one.before + number.to_bytes(4, "big") + one.after for number, one in enumerate(pool)]
    answers = node.answer_all(asked, "link", 0)
    due = sum(one.answered for one in pool)
    assert len(answers) == node.counters["answered"] == due
    assert node.counters["notifications"] == len(pool) - due > 500
    assert sum(one.kind == bench_calls.HOST for one in pool) > 100
    assert len({octets[20:24] for octets in asked}) == 30


def bench_calls_golden():
    from pathlib import Path

    return Path(__file__).parent.parent.parent / "examples" / "golden"


def test_a_grown_plan_is_a_good_data_set(tmp_path):
    target = tmp_path / "grown"
    bench_plan.grow(bench_calls_golden(), target, 15_000)
    loaded = load(target)
    assert [problem for problem in loaded.problems if problem.severity == "error"] == []
    assert len(loaded.dataset.triggers.numbers) >= 20_000
    with pytest.raises(ValueError, match="numbers"):
        bench_plan.grow(bench_calls_golden(), tmp_path / "none", 0)


def test_a_run_prints_figures_and_a_verdict_with_its_exit_code(ain, tmp_path):
    """Short, and on any machine: what the verdict is depends on the host, that it agrees with the exit code does not."""
    page = tmp_path / "load.html"
    result = ain(
        "bench", "examples/golden", "--steps", "200,400", "--duration", "0.5", "--warm-up", "0.2", "--budget-ms", "500",
        "--json", "--html", page,
    )  # fmt: skip
    report = json.loads(result.stdout)
    assert result.returncode == Verdict[report["verdict"]].value, result.stderr
    assert [one["rate"] for one in report["steps"]] == [200, 400]
    for one in report["steps"]:
        assert one["sent"] == one["answered"] + one["unanswered"]
        assert sum(kind["sent"] for kind in one["kinds"]) == one["sent"]
        assert one["answered"] > 0
        assert one["cpu_us_per_query"] > 0
    text = page.read_text()
    assert "<svg" in text
    assert "http" not in text.replace('"en"', "")


@pytest.mark.parametrize(
    ("service", "kinds"),
    [
        ("LNP", {"PORTED", "POOLED", "NOT_PORTED"}),
        ("TOLLFREE", {"INTRALATA", "INTERLATA", "TURNAROUND", "VACANT", "DISCONNECTED", "ANNOUNCED"}),
    ],
)
def test_queries_to_a_service_are_answered_as_they_are_named(service, kinds):
    """A node gives every drawn query the outcome that it is counted under."""
    program = open_program(Path(__file__).parents[2] / "examples" / "services")
    pool = bench_services.draw_services(program, service, 2000, 1)
    assert {one.kind for one in pool} >= kinds
    assert len({one.after for one in pool}) > 1900
    node = FastNode(program, NodeConfig(), lambda: 0)
    for number, one in enumerate(pool):
        before = node.service_answers[service, one.kind]
        node.answer_all([one.before + number.to_bytes(4, "big") + one.after], "link", 979_732_800_000_000_000)
        assert node.service_answers[service, one.kind] == before + 1
    assert node.short > 1500


def test_a_data_set_without_the_service_is_refused(ain):
    done = ain("bench", "examples/golden", "--service", "LNP")
    assert done.returncode == 2
    assert "no row of network/services.csv without a translation type leads to LNP" in done.stderr


def test_a_whole_mix_counts_only_what_is_answered(ain):
    result = ain(
        "bench", "examples/golden", "--mix", "whole", "--rate", "400", "--duration", "1", "--warm-up", "0.2",
        "--budget-ms", "500", "--json",
    )  # fmt: skip
    (step,) = json.loads(result.stdout)["steps"]
    assert step["unanswered"] == 0, result.stderr
    kinds = {kind["kind"]: kind["sent"] for kind in step["kinds"]}
    assert kinds["HOST_QUERY"] > 0
    assert sum(kinds.values()) == step["sent"] < 400


def test_a_scenario_is_asked_as_it_stands(ain):
    result = ain(
        "bench", "--scenario", "examples/golden/scenario.toml", "--rate", "200", "--duration", "0.3", "--warm-up", "0",
        "--budget-ms", "1000",
    )  # fmt: skip
    assert result.returncode in (0, 1, 3, 4), result.stderr
    assert "ASF_RTL" in result.stdout


WRONG = [
    ("--target", "tcp://127.0.0.1:1"),
    ("--target", "udp://192.0.2.1:2905"),
    ("--steps", "10,x"),
    ("--rate", "0"),
    ("--percentile", "101"),
    ("--budget-ms", "0"),
    ("--steps", "50,100", "--rate", "4"),
    ("--ramp", "--steps", "1,2"),
    ("--target", "udp://127.0.0.1:9", "--workers", "2"),
    ("--target", "udp://localhost:9"),
    ("--allow-public",),
]


@pytest.mark.parametrize("options", WRONG, ids=[" ".join(one) for one in WRONG])
def test_wrong_usage(options, ain):
    result = ain("bench", "examples/golden", *options)
    assert (result.returncode, "Traceback" in result.stderr) == (2, False)


def test_a_target_that_does_not_start_is_told(monkeypatch):
    with pytest.raises(bench_target.TargetFault, match="did not start"):
        bench_target.Target(["/bin/echo", "no"])


def test_the_page_draws_even_what_was_never_answered():
    found = step([], sent=10)
    form = bench_forms.form_of(found, "OVER_BUDGET", "0 of 10 queries answered")
    text = bench_page.page_of([form], "OVER_BUDGET", "over", "p99 within 5 ms")
    assert "nothing was answered" in text
    figures, by_decision = text.split("<h2>By decision</h2>")
    assert "PSTN" not in figures
    assert re.search(r"<td>PSTN</td><td[^>]*>1,000</td><td[^>]*>10</td>", by_decision)
    assert bench_forms.text_of(form)[0].count(" - ") == 5
