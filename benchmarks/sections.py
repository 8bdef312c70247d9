"""The sections of RESULTS.md: each measures something and gives its lines, and a Target for what the project asks of it.

A section is a generator, so that what it has measured is kept when its time runs out. Whatever a section needs and does not
find (a peer, a compiled installation) it says in one line.

Source: D-003, D-004, D-006, performance.md section 8.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks import suites
from benchmarks.server_sections import cold, former, kamailio, latency, sctp, server
from benchmarks.suites import Suite, suite_lines
from benchmarks.target import Target, compiled_words, script

ROOT = Path(__file__).parent.parent


class Section(NamedTuple):
    """A title, a time limit in seconds, and what measures it."""

    title: str
    seconds: float
    make: object


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
    for file, what, bars in (
        ("day", "a run's mixed traffic", ((8.0, 12.0), (25.0, 40.0))),
        ("pair", "two forms", ((8.0, 15.0), (30.0, 80.0))),
    ):
        tshark = found.get(("interpreted", f"tshark_fields[{file}]"))
        for way, (asked, aim) in zip(("interpreted", "compiled"), bars, strict=True):
            own = found.get((way, f"ain_fields[{file}]"))
            ratio = tshark / own if tshark and own else None
            why = "a side is missing"
            yield Target(
                f"decode of {frames:,} frames of {what}, {way}, to tshark -T fields", asked, aim, ratio, why
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
    yield "Three servers at once, visited in turn, open loop at 2,000 queries a second; medians of the slices' p50 and p99. One sync: a"
    yield "record appended to a file of the same disk and synced, at the same rate and with nothing else."
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
    names = ("no records", "records", "held answers", "one sync")
    found = [
        line.lstrip(".")
        for line in done.stdout.splitlines()
        if line.lstrip(".").startswith((*(f"{name} " for name in names), "SKIPPED", "E  "))
    ]
    noisy = any(line.startswith("SKIPPED") for line in found)
    why = "inconclusive: too noisy" if noisy else "not measured" if done.returncode == 0 else "the run failed"
    for name in names[1:3]:
        line = next((line for line in found if line.startswith(f"{name} ") and " x " in line), None)
        measured = line is not None and not noisy and done.returncode == 0
        ratio = float(line.rpartition(" x ")[2]) if measured else None
        less = " less the p99 of one sync of the same disk" if name == "held answers" else ""
        yield Target(f"p99 at 2,000 queries a second, {name}{less}, to none", 1.5, 1.2, ratio, why, most=True)
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


def services(options):
    """Queries to the services beside the dialing plan's, ported numbers, and a delta in service."""
    quick = ["--quick"] if options.quick else []
    yield "`python benchmarks/services.py [--what rates,table,delta]`"
    yield ""
    yield "Queries: a plan of 350,000 numbers, 1,000,000 ported ones and 200,000 toll free records on 1,000 templates; octets to octets,"
    yield "no query twice, slices in turn in one process, CPU time; ratio = median over the rounds of (the plan's time / this)."
    yield ""
    yield "| queries to | way | us | times the plan's rate |"
    yield "|---|---|---|---|"
    for way, python in suites.ways(options):
        found, _ = script("services.py", "--what", "rates", *quick, python=python)
        for one in found["rates"]["rates"]:
            yield f"| {one['name']} | {way} | {one['us']:.2f} | {one['ratio']:.2f} |"
            if one["ratio"] != 1:
                yield Target(
                    f"queries to {one['name']}, {way}, to the dialing plan's rate", 0.9, 1.0, one["ratio"]
                )
    table = script("services.py", "--what", "table", *quick)[0]["table"]
    yield ""
    yield f"Ported numbers: {table['numbers']:,} over 60,000 exchanges. Resident {table['octets']:.2f} octets each; number table built in"
    yield f"{table['build_s']:.1f} s, whole load with all checks in {table['load_s']:.1f} s, the process's peak {table['peak'] / 2**30:.2f} GiB. By column"
    yield f"{table['columns'] / 1e6:.1f} million look-ups a second; `ain batch --service LNP` {table['batch'] / 1e6:.1f} million queries a second of one core."
    yield ""
    yield Target("octets of a ported number", 10, 8.4, table["octets"], most=True)
    yield Target("number table of 10,000,000 built, s", 10, 5.2, table["build_s"], most=True)
    yield Target("10,000,000 ported numbers loaded with all checks, s", 20, 15, table["load_s"], most=True)
    yield Target("the same, peak GiB", 2, 1.5, table["peak"] / 2**30, most=True)
    yield Target("look-ups of ported numbers by column, millions/s", 7.0, 8.4, table["columns"] / 1e6)
    yield Target("ain batch --service LNP, millions/s", 3.0, 5.0, table["batch"] / 1e6)
    yield "| a delta, at 1,000 queries a second | way | in force after | slowest answer, ms | of a process that only echoes | while nothing comes in | old after new |"
    yield "|---|---|---|---|---|---|---|"
    for way, python in suites.ways(options):
        delta = script("services.py", "--what", "delta", *quick, python=python)[0]["delta"]
        runs = delta["runs"]
        new, slowest, bare, idle, idle_bare, mixed = (
            max(one[name] for one in runs)
            for name in ("in_force_s", "slowest_ms", "bare_ms", "idle_ms", "idle_bare_ms", "mixed")
        )
        yield f"| {delta['rows']:,} rows, {len(runs)} times | {way} | {new:.2f} s | {slowest:.1f} | {bare:.1f} | {idle:.1f}, {idle_bare:.1f} | {mixed} |"
        yield Target(f"a delta of 100,000 in force, {way}, s after the signal", 1.0, 0.5, new, most=True)
        yield Target(f"slowest answer while a delta comes in, {way}, ms", 5.0, 2.0, slowest, most=True)
    yield ""


def overload(options):
    """Goodput late in a long overload of switches that obey."""
    found, _ = script("overload.py", "--seconds", 20 if options.quick else 60)
    yield "`python benchmarks/overload.py --seconds 60 [--trace]`"
    yield ""
    yield "Virtual time: a modelled server around the real node, twenty switches that obey its controls. Of what it can serve at most,"
    yield "in the second half of the run:"
    yield ""
    yield "| asked for, times capacity | served | offered | p99, ms | changes of level |"
    yield "|---|---|---|---|---|"
    for one in found:
        yield (
            f"| {one['factor']:g} | **{one['goodput']:.2f}** | {one['offered']:.2f} | {one['p99_ms']:.0f} | {one['level_changes']} |"
        )
        yield Target(
            f"goodput of obeying switches late in an overload of {one['factor']:g} times capacity",
            0.9,
            0.95,
            one["goodput"],
        )


def hour(options):
    """The simulated network in virtual time."""
    calls = 400 if options.quick else 4000
    words = ["--cycles", 1 if options.quick else 3, "--calls", calls, *compiled_words(options)]
    found, _ = script("hour.py", *words)
    yield f"`python benchmarks/hour.py --cycles {words[1]} --calls {calls} [--compiled PYTHON]`"
    yield ""
    yield f"An hour of 100 calls a second, reckoned from its first {calls:,} calls; CPU time of one core; the ways in turns."
    yield ""
    yield "| way | calls/s | the hour, s | times as quick as commit 619b820 |"
    yield "|---|---|---|---|"
    rows = {one["name"]: one for one in found["rows"]}
    for one in found["rows"]:
        ratio = found["why"] if one["ratio"] is None else f"{one['ratio']:.2f}"
        yield f"| {one['name']} | {one['calls_per_s']:,.0f} | {one['hour_s']:.1f} | {ratio} |"
    for name, asked, aim, times in (("interpreted", 30, 25, 2.6), ("compiled", 15, 12, 5.0)):
        one = rows.get(name, {})
        why = "no compiled installation given"
        yield Target(
            f"an hour of 100 calls/s in virtual time, {name}, s",
            asked,
            aim,
            one.get("hour_s"),
            why,
            most=True,
        )
        yield Target(
            f"the same, times as quick as commit 619b820, {name}",
            times,
            1.2 * times,
            one.get("ratio"),
            found["why"] or why,
        )


SECTIONS = {
    "server": Section("Server: octets to octets over UDP, against a C echo in the same run", 480, server),
    "latency": Section("Latency at half of capacity, beside the echo's", 260, latency),
    "sctp": Section("Server: over SCTP, against a bare SCTP echo in the same run", 170, sctp),
    "former": Section("What the short way does not know, beside the general node before", 80, former),
    "cold": Section("The first messages after a start", 50, cold),
    "kamailio": Section("Server: beside Kamailio with mtree, on the same table", 130, kamailio),
    "services": Section("Number portability and toll free, beside the dialing plan", 240, services),
    "growth": Section("Growth: from a thousand to ten million rows", 170, growth),
    "tables": Section("Number tables beside others", 260, tables),
    "codec": Section(
        "Codec and the whole way, beside pycrate and asn1tools", 60, of_suite(Suite("test_codec.py"))
    ),
    "modules": Section("Every hot module", 60, of_suite(Suite("test_modules.py", across=True))),
    "decision": Section("The decision alone", 40, of_suite(Suite("test_decision.py", across=True))),
    "replay": Section("Decode of a capture to the service's parameters, beside tshark", 210, replay),
    "capture": Section("Captures: read, dissect, pair, beside tshark", 60, capture),
    "batch": Section("Batch decisions", 90, batch),
    "rating": Section("Rating call by call, beside SQL", 30, rating),
    "network": Section("The simulated network", 90, of_suite(Suite("test_network.py"))),
    "hour": Section("An hour of calls in virtual time", 80, hour),
    "overload": Section("Overload in virtual time", 60, overload),
    "records": Section("What keeping records costs the answers", 60, records),
    "ledger": Section("Durable debits, beside SQLite", 40, ledger),
    "journal": Section("Usage samples and the journal", 40, of_suite(Suite("test_journal.py"))),
}
