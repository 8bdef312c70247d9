"""The sections of RESULTS.md: each measures something and gives its lines, and a Target for what the project asks of it.

A section is a generator, so that what it has measured is kept when its time runs out. Whatever a section needs and does not
find (a peer, a compiled installation) it says in one line.

Source: D-003, D-004, D-006, performance.md section 8.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks import suites
from benchmarks.suites import Suite, suite_lines

ROOT = Path(__file__).parent.parent


class Target(NamedTuple):
    """What is asked for, what is aimed at, and what was found; `found` None when it could not be measured."""

    what: str
    asked: float
    aim: float
    found: float | None
    why: str = ""
    most: bool = False
    """Whether less is better."""

    def verdict(self):
        """In words."""
        if self.found is None:
            return self.why or "not measured"
        ahead = (lambda bar: self.found <= bar) if self.most else (lambda bar: self.found >= bar)
        return "aim reached" if ahead(self.aim) else "met" if ahead(self.asked) else "**not met**"

    def told_apart(self, places):
        """Whether so many decimals say on which side of what is asked the figure is."""
        return self.found is None or self.found == self.asked or round(self.found, places) != self.asked

    def row(self):
        """One row of the table of targets."""
        sign = "<=" if self.most else ">="
        places = next((places for places in (2, 3, 4) if self.told_apart(places)), 5)
        found = "" if self.found is None else f"{self.found:,.{places}f}"
        return f"| {self.what} | {sign} {self.asked:,.2f} | {self.aim:,.2f} | {found} | {self.verdict()} |"


class Section(NamedTuple):
    """A title, a time limit in seconds, and what measures it."""

    title: str
    seconds: float
    make: object


def script(name, *words):
    """Run one of the scripts beside this file with --json; (what it found, what it said)."""
    with tempfile.TemporaryDirectory(prefix="ain-results-") as work:
        report = Path(work) / "found.json"
        command = [sys.executable, str(ROOT / "benchmarks" / name), *map(str, words), "--json", str(report)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        said = (done.stdout.strip() or done.stderr.strip()).splitlines()
        if done.returncode:
            raise SystemExit(f"{name}: {(done.stderr.strip().splitlines() or said or ['failed'])[-1]}")
        return json.loads(report.read_text()) if report.exists() else None, said


def compiled_words(options):
    """The word that hands a compiled installation on."""
    return ["--compiled", options.compiled] if options.compiled else []


class Way(NamedTuple):
    """One way of loading a server: in words, as options, and what is asked and aimed at, interpreted and compiled."""

    what: str
    words: tuple
    bars: tuple = ()


WAYS = (
    Way("whole calls, in runs (UDP segmentation)", ("--mix", "whole"), ((0.50, 0.65), (1.00, 1.50))),
    Way(
        "whole calls, one datagram at a time, 40 awaited",
        ("--mix", "whole", "--plain", "--window", "40"),
        ((0.40, 0.60), (0.80, 0.90)),
    ),
    Way("whole calls of 300 switches, in runs", ("--mix", "whole", "--switches", "300")),
    Way(
        "whole calls, one datagram at a time, one awaited",
        ("--mix", "whole", "--plain", "--window", "1"),
        ((0.42, 0.45), (0.50, 0.56)),
    ),
    Way("queries in runs (UDP segmentation)", (), ((0.40, 0.55), (0.90, 1.00))),
    Way("queries one datagram at a time", ("--plain",), ((0.40, 0.55), (0.90, 1.00))),
    Way("hosts' queries in runs", ("--mix", "HOST_QUERY")),
    Way("notifications in runs, with one query in eight messages", ("--mix", "NOTIFICATION")),
)
"""Whole calls first; the queries of callers alone, the best case, are rows among the others."""


def server(options):
    """Servers against the C echo: all that calls cause, and each kind of message alone."""
    words = ["--numbers", options.numbers, "--cycles", options.cycles, *compiled_words(options)]
    yield f"`python benchmarks/side_by_side.py {' '.join(map(str, words[:4]))} [--compiled PYTHON] [OPTIONS]`"
    yield ""
    yield f"Golden data set with a plan of {options.numbers:,} further numbers; outgoing call screening, blocking, routing, billing"
    yield "treatment and SMDR sampling are on; 20,000 calls with callers and called numbers drawn from the whole plan; 64 answers"
    yield "awaited where nothing else is said; one core each for server and generator. A whole call is its query, that of the host"
    yield "it is routed to, and the notification of its end, mixed as they come. Ratio = the echo's CPU time per message / the"
    yield "server's, median over undisturbed cycles. SMDR lines are made and handed over; storing them is not part of it."
    for way in WAYS:
        found, _ = script("side_by_side.py", *words, *way.words)
        yield ""
        yield f"{way.what[0].upper()}{way.what[1:]} (`{' '.join(way.words)}`); {found['cycles']} cycles, {found['unanswered']} unanswered:"
        yield ""
        yield "| server | CPU us/message | best | ratio | messages/s | best | cycles |"
        yield "|---|---|---|---|---|---|---|"
        for one in found["servers"]:
            yield _server_row(one)
        by_name = {one["name"]: one for one in found["servers"]}
        if "messages_a_call" in found:
            yield ""
            yield f"{found['messages_a_call']:.2f} messages a call: {_calls(found)}."
        for name, (asked, aim) in zip(("SCP, interpreted", "SCP, compiled"), way.bars, strict=False):
            one = by_name.get(name)
            why = (
                "no compiled installation given"
                if one is None
                else "inconclusive: too few undisturbed cycles"
            )
            ratio = None if one is None else one.get("ratio")
            yield Target(f"{name}, to the C echo, {way.what}", asked, aim, ratio, why)
    yield ""
    yield from _workers(options)


def _calls(found):
    """What a call costs each server, in words."""
    costs = [
        (one["name"], one["cpu_us"] * found["messages_a_call"]) for one in found["servers"] if "cpu_us" in one
    ]
    return ", ".join(f"{name} {cost:.1f} us" for name, cost in costs)


def _workers(options):
    words = ["--numbers", options.numbers, "--cycles", options.cycles, *compiled_words(options)]
    found, _ = script("workers.py", *words)
    yield "Two workers against one, each on a core of its own (`python benchmarks/workers.py`):"
    if found["servers"]:
        yield ""
        yield "| server | CPU us/message | messages/s | generator looked in vain |"
        yield "|---|---|---|---|"
    for one in found["servers"]:
        yield f"| {one['name']} | {one['cpu_us']:.2f} | {one['per_second']:,.0f} | {one['vain']:.0%} |"
    if not found["servers"]:
        yield f"{found['why']}, because two workers and a generator that keeps up with them need three of their own."
    yield Target("two workers to one, each on a core of its own", 1.8, 1.9, found["ratio"], found["why"])


def _server_row(one):
    if "ratio" not in one:
        return f"| {one['name']} | inconclusive: {one['quiet_cycles']} undisturbed cycles | | | | | |"
    return (
        f"| {one['name']} | {one['cpu_us']:.2f} | {one['cpu_us_best']:.2f} | **{one['ratio']:.2f}** "
        f"| {one['per_second']:,.0f} | {one['per_second_best']:,.0f} | {one['quiet_cycles']} |"
    )


def kamailio(options):
    """The SCP beside Kamailio on one table."""
    words = ["--numbers", options.numbers, "--cycles", options.cycles, *compiled_words(options)]
    found, said = script("kamailio.py", *words)
    yield f"`python benchmarks/kamailio.py {' '.join(map(str, words[:4]))} [--compiled PYTHON]`"
    yield ""
    yield "The same private dialing plan in both. Kamailio (one worker, stateless, its quick memory manager) parses a SIP INVITE,"
    yield "finds the routing number in mtree and answers 302; the SCP decides the whole call before it answers. A comparison of"
    yield "jobs, not of equal work."
    yield ""
    if found is None:
        yield said[-1]
        return
    yield "| server | CPU us/message | messages per CPU second, Kamailio = 1 | cycles |"
    yield "|---|---|---|---|"
    for one in found["servers"]:
        if "ratio" in one:
            yield f"| {one['name']} | {one['cpu_us']:.2f} | {one['ratio']:.2f} | {one['quiet_cycles']} |"
        else:
            yield f"| {one['name']} | inconclusive: too few undisturbed cycles | | {one['quiet_cycles']} |"
    yield ""
    yield (
        f"{found['numbers']:,} rows; Kamailio loads them in {found['kamailio_load_s']} s and holds "
        f"{found['kamailio_octets_per_entry']:,} octets for each; {found['wrong']} of the compared answers differ."
    )


def latency(options):
    """The p99 of the answers at half of what the server can, beside the echo's."""
    words = ["--numbers", options.numbers, "--slices", 12 if options.quick else 160, *compiled_words(options)]
    found, _ = script("latency.py", *words)
    yield f"`python benchmarks/latency.py {' '.join(map(str, words[:4]))} [--compiled PYTHON]`"
    yield ""
    yield "Open loop, Poisson arrivals, latency from the planned instant; every server is visited with the same arrivals in turn;"
    yield "p50 and p99 are medians over slices of 50 ms, the ratio is the median over slices of (the server's p99 / the echo's"
    yield "beside it). Lowest tenth: of the p99 of the server's slices and of the echo's. The rate is half of what that server"
    yield "answered in a closed loop."
    yield ""
    yield "| server | rate/s | p50 us | p99 us | echo p99 us | ratio | lowest tenth | slices | core used | generator late, p99 us |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for one in found["servers"]:
        ratio = "inconclusive" if one["ratio"] is None else f"**{one['ratio']:.2f}**"
        yield (
            f"| {one['name']} | {one['rate']:,.0f} | {one['p50_us']:.0f} | {one['p99_us']:.0f} | {one['echo_p99_us']:.0f} "
            f"| {ratio} | {one['tenth_us']:.0f}, {one['echo_tenth_us']:.0f} | {one['slices']} | {one['busy']:.0%} | {one['late_us']:.0f} |"
        )
        yield Target(
            f"{one['name']}: p99 at half of capacity, to the echo's",
            2.0,
            1.5,
            one["ratio"],
            one["why"],
            most=True,
        )


def growth(options):
    """Cost of a query, memory and load time from a small plan to a large one."""
    found, _ = script("growth.py", *(["--quick"] if options.quick else []))
    yield "`python benchmarks/growth.py`"
    yield ""
    yield "A plan of N rows is a third MDP, a third SDP, a third stations that trigger. The sizes take turns, slice by slice; CPU"
    yield "time; ratio = median over the rounds of (this size / the smallest). Dense: whole blocks, half assigned, as numbering"
    yield "plans are. Scattered: 5 % of each block, which no plan does. Query: octets to octets, every one different. Decision: the"
    yield "service logic alone. First answer: a new process maps the saved snapshot and answers one query."
    yield ""
    yield "| plan | rows | query us | ratio | decision us | ratio | octets/entry | compile s | first answer s |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for one in found["plans"]:
        first = "" if one["first_answer_s"] is None else f"{one['first_answer_s']:.2f}"
        yield (
            f"| {one['spread']} | {one['rows']:,} | {one['query_us']:.2f} | {one['query_ratio']:.2f} | {one['decision_us']:.2f} "
            f"| {one['decision_ratio']:.2f} | {one['octets']:.1f} | {one['compile_s']:.2f} | {first} |"
        )
    yield ""
    yield from found["notes"]
    for one in found["targets"]:
        yield Target(**one)


def tables(options):
    """Number tables beside others."""
    yield "`AIN_BENCH_LARGE=1 pytest benchmarks/test_tables.py --benchmark-enable --benchmark-timer=time.process_time -s`"
    yield ""
    yield "Look-ups from Python, one by one and in columns, CPU time, best pass; octets of datrie and pytricia are what the process"
    yield "grew by. Mappable: several processes can share the table from a file. Times as fast as a dict: median of passes of both"
    yield "in turns, which is what can be compared; nanoseconds of rows apart are those of different minutes."
    yield ""
    yield "| table | entries | times as fast as a dict | ns per look-up | octets/entry | build s | mappable |"
    yield "|---|---|---|---|---|---|---|"
    for size in ("10k",) if options.quick else ("10k", "1M", "10M"):
        rows, fault = suites.run(sys.executable, "test_tables.py", words=["-k", size], quick=options.quick)
        for row in sorted(rows, key=lambda row: row["extra_info"]["name"]):
            one = row["extra_info"]
            ratio = f"{one['to_dict']:.2f}" if "to_dict" in one else ""
            if size == "1M" and one["name"] == "prefix ours":
                yield Target(
                    "longest prefix of a plan of 1,000,000, to a dict for each length",
                    1.0,
                    1.7,
                    one["to_dict"],
                )
            if size == "1M" and one["name"] == "exact ours":
                per_entry = one["octets_per_entry"]
                yield Target("octets for each ten-digit number of a dense plan", 45, 12, per_entry, most=True)
            octets = "" if one["octets_per_entry"] is None else f"{one['octets_per_entry']:,.1f}"
            yield (
                f"| {one['name']} | {one['entries']:,} | {ratio} | {one['ns_per_look_up']:,.0f} | {octets} | {one['build_s']:.2f} "
                f"| {'yes' if one['mappable'] else 'no'} |"
            )
        if fault:
            yield f"| {size}: {fault} | | | | | | |"
    yield ""
    from benchmarks.test_tables import UNFIT

    yield from (
        f"{name} of more than {most:,} entries: not measured, {why}." for name, (most, why) in UNFIT.items()
    )


def of_suite(suite):
    """A section that is one file of benchmarks, interpreted and compiled side by side."""

    def make(options):
        yield from suite_lines(suite, options)

    return make


def replay(options):
    """Decode of a capture, and how many times as fast as tshark."""
    frames = 4_000 if options.quick else 200_000
    found = {}
    suite = Suite(
        "test_replay.py", {"REPLAY_FRAMES": str(frames)}, compiled_words=("-k", "not tshark and not general")
    )
    yield from suite_lines(suite, options, found)
    tshark = found.get(("interpreted", "tshark_fields"))
    for way, asked, aim in (("interpreted", 8.0, 15.0), ("compiled", 30.0, 80.0)):
        own = found.get((way, "ain_fields"))
        ratio = tshark / own if tshark and own else None
        yield Target(
            f"decode of {frames:,} frames, {way}, to tshark -T fields", asked, aim, ratio, "a side is missing"
        )


def capture(options):
    """The steps of reading a capture."""
    frames = {"CAPTURE_FRAMES": "2000"} if options.quick else {}
    yield from suite_lines(Suite("test_capture.py", frames), options)


def batch(options):
    """Decisions in columns."""
    found = {}
    plan = {"BATCH_PLAN": "20000", "BATCH_CALLS": "65536"} if options.quick else {}
    yield from suite_lines(Suite("test_batch.py", plan), options, found)
    own = found.get(("interpreted", "decide_columns"))
    yield Target(
        "batch decisions, million calls a second and core", 2.0, 5.0, own and 1e-6 / own, "the row is missing"
    )


def rating(options):
    """Rating call by call; the machine's own time is asked for, so the rows are measured in processor time."""
    found = {}
    yield from suite_lines(Suite("test_rating.py"), options, found)
    for row, asked in (("amount", 6.0), ("charge_with_lines", 12.0)):
        own = found.get(("interpreted", row))
        yield Target(
            f"rating, {row.replace('_', ' ')}, us a call",
            asked,
            asked / 2,
            own and own * 1e6,
            "no row",
            most=True,
        )


def records(options):
    """What keeping records costs the answers' p99."""
    yield "`pytest benchmarks/test_records.py -s`"
    yield ""
    yield "Three servers at once, visited in turn, open loop at 2,000 queries a second; medians of the slices' p50 and p99."
    yield ""
    slices = {"RECORDS_SLICES": "4"} if options.quick else {}
    words = [
        sys.executable,
        "-P",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-s",
        "-rs",
        "benchmarks/test_records.py",
    ]
    done = subprocess.run(
        words, capture_output=True, text=True, cwd=ROOT, env=os.environ | slices, check=False
    )
    found = [line for line in done.stdout.splitlines() if " p99 " in line or line.startswith("SKIPPED")]
    yield from ["```", *(found or done.stdout.splitlines()[-1:] or ["not measured"]), "```"]


def ledger(options):
    """Durable debits beside SQLite."""
    words = ["--cycles", 3 if options.quick else 5, "--debits", 640 if options.quick else 3200]
    found, _ = script("ledger.py", *words)
    yield f"`python benchmarks/ledger.py {' '.join(map(str, words))}`"
    yield ""
    yield "A debit is two requests with keys: money reserved, then committed (at the port: a call authorized and released, with"
    yield "rating and detail record). 64 clients: one group of 64 requests is made durable at a time. SQLite keeps the same tables"
    yield "and checks (WAL, synchronous=FULL); runs are interleaved, the ratio is the median of the cycles."
    yield ""
    yield "| what | clients | us wall | us CPU | debits/s | debits per CPU second | SQLite's time / this |"
    yield "|---|---|---|---|---|---|---|"
    for one in found:
        yield (
            f"| {one['name']} | {one['clients']} | {one['wall_us']:,.1f} | {one['cpu_us']:,.1f} | {one['per_second']:,.0f} "
            f"| {one['per_core']:,.0f} | {one['ratio']:.2f} |"
        )
    rows = {(one["name"], one["clients"]): one for one in found}
    yield Target(
        "debits a CPU second at the ledger, 64 clients", 25_000, 40_000, rows["ledger", 64]["per_core"]
    )
    yield Target("debits a CPU second at the port, 64 clients", 25_000, 40_000, rows["port", 64]["per_core"])
    yield Target("group of one, to SQLite WAL FULL", 1.5, 2.0, rows["ledger", 1]["ratio"])


SECTIONS = {
    "server": Section("Server: octets to octets over UDP, against a C echo in the same run", 480, server),
    "latency": Section("Latency at half of capacity, beside the echo's", 200, latency),
    "kamailio": Section("Server: beside Kamailio with mtree, on the same table", 150, kamailio),
    "growth": Section("Growth: from a thousand to ten million rows", 300, growth),
    "tables": Section("Number tables beside others", 260, tables),
    "codec": Section(
        "Codec and the whole way, beside pycrate and asn1tools", 60, of_suite(Suite("test_codec.py"))
    ),
    "modules": Section("Every hot module", 60, of_suite(Suite("test_modules.py", across=True))),
    "decision": Section("The decision alone", 40, of_suite(Suite("test_decision.py", across=True))),
    "replay": Section("Decode of a capture to the service's parameters, beside tshark", 150, replay),
    "capture": Section("Captures: read, dissect, pair, beside tshark", 60, capture),
    "batch": Section("Batch decisions", 90, batch),
    "rating": Section("Rating call by call, beside SQL", 30, rating),
    "network": Section("The simulated network", 90, of_suite(Suite("test_network.py"))),
    "records": Section("What keeping records costs the answers", 60, records),
    "ledger": Section("Durable debits, beside SQLite", 40, ledger),
    "journal": Section("Usage samples and the journal", 40, of_suite(Suite("test_journal.py"))),
}
