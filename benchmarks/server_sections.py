"""The sections of RESULTS.md that measure a server: beside echoes and Kamailio, at rates, and just after its start.

Source: D-003, D-004, performance.md section 8.
"""

from typing import NamedTuple

from benchmarks.sctp import PYTHON_ECHO
from benchmarks.side_by_side import ECHOES, NODE_ALONE
from benchmarks.target import Target, compiled_words, script


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
    Way("the golden scenario's messages again and again, in runs", ("--mix", "golden")),
    Way(
        "queries one by one, each awaited (ratio: 1 / times the echo's cost)",
        ("--plain", "--window", "1"),
        ((1 / 2.4, 1 / 2.2), (1 / 2.0, 1 / 1.8)),
    ),
    Way("whole calls, in runs, with records beside without", ("--mix", "whole", "--records")),
    Way("queries in runs (UDP segmentation)", (), ((0.40, 0.55), (0.90, 1.00))),
    Way("queries one datagram at a time", ("--plain",), ((0.40, 0.55), (0.90, 1.00))),
    Way("hosts' queries in runs", ("--mix", "HOST_QUERY")),
    Way("notifications in runs, with one query in eight messages", ("--mix", "NOTIFICATION")),
)
"""Whole calls first; the queries of callers alone, the best case, are rows among the others."""


ALONE = (
    "queries in runs (UDP segmentation)",
    "hosts' queries in runs",
    "notifications in runs, with one query in eight messages",
)
"""The ways whose costs make a whole call."""


def server(options):
    """Servers against the C echo: all that calls cause, and each kind of message alone."""
    costs = {}
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
        costs[way.what] = {name: one["cpu_us"] for name, one in by_name.items() if "cpu_us" in one}
        shares = found.get("shares", {}) or costs.get("shares", {})
        costs["shares"] = shares
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
            what = f"{name}, to the C echo, {way.what}"
            floor = max((by_name[echo].get("ratio", 0.0) for echo in ECHOES), default=0.0) or None
            bare = by_name.get(name + NODE_ALONE, {}).get("ratio")
            yield Target(what, asked, aim, ratio, why, floor=floor, bare=bare)
        for one in found["servers"]:
            if one["name"].endswith(", records"):
                name = one["name"].removesuffix(", records")
                yield Target(
                    f"{name}, records on, times its cost without, {way.what}",
                    1.5,
                    1.3,
                    one.get("to_plain"),
                    "inconclusive: too few undisturbed cycles",
                    most=True,
                )
    yield ""
    yield from _sums(costs)
    yield from _workers(options)


def _sums(costs):
    """A whole call as the sum of its kinds, each measured alone."""
    shares = costs["shares"]
    yield (
        f"A whole call as the sum of its kinds alone: {shares['queries']:.2f} queries, {shares['hosts']:.2f} of hosts, "
        f"{shares['notifications']:.2f} notifications."
    )
    yield ""
    for name, bars in (("SCP, interpreted", (15, 12)), ("SCP, compiled", (6, 5))):
        query, host, mixed = (costs.get(what, {}).get(name) for what in ALONE)
        total = None
        if None not in (query, host, mixed):
            notification = (8 * mixed - query) / 7
            total = (
                shares["queries"] * query + shares["hosts"] * host + shares["notifications"] * notification
            )
        yield Target(
            f"{name}: a whole call as the sum of its kinds alone, us",
            *bars,
            total,
            "not all kinds were measured",
            most=True,
        )


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


SLICES_A_CYCLE = 6
"""Slices of the open loop for each cycle asked of servers side by side: a slice is shorter than a cycle."""


def latency(options):
    """The p99 of the answers at half of what the server can, beside the echo's."""
    slices = 12 if options.quick else min(160, SLICES_A_CYCLE * options.cycles)
    words = ["--numbers", options.numbers, "--slices", slices, *compiled_words(options)]
    found, _ = script("latency.py", *words, "--rates", "500,2000,10000")
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

    yield ""
    yield "What a query costs, open loop, in CPU time (`--rates 500,2000,10000`):"
    yield ""
    yield "| server | rate/s | CPU us a query | echo | times the echo's | slices |"
    yield "|---|---|---|---|---|---|"
    for one in found["rates"]:
        ratio = "inconclusive" if one["ratio"] is None else f"**{one['ratio']:.2f}**"
        yield f"| {one['name']} | {one['rate']:,} | {one['cpu_us']:.1f} | {one['echo_us']:.1f} | {ratio} | {one['slices']} |"


def cold(options):
    """The first messages after a start."""
    words = ["--numbers", min(options.numbers, 20_000), "--cycles", 1 if options.quick else 3]
    found, _ = script("cold.py", *words, *compiled_words(options))
    yield f"`python benchmarks/cold.py {' '.join(map(str, words))} [--compiled PYTHON]`"
    yield ""
    yield "A server started anew, whole calls, one message awaited at a time: CPU time a message of the first 200, and after 24,000."
    yield ""
    yield "| server | first 200, us | later, us | ratio |"
    yield "|---|---|---|---|"
    for one in found["servers"]:
        yield f"| {one['name']} | {one['cold_us']:.1f} | {one['warm_us']:.1f} | **{one['ratio']:.2f}** |"
        yield Target(
            f"{one['name']}: first 200 messages, times later ones", 2.0, 1.5, one["ratio"], most=True
        )


def sctp(options):
    """Servers over SCTP beside a bare echo."""
    words = ["--numbers", min(options.numbers, 20_000), "--cycles", options.cycles, *compiled_words(options)]
    found, _ = script("sctp.py", *words)
    yield f"`python benchmarks/sctp.py {' '.join(map(str, words[:4]))} [--compiled PYTHON]`"
    yield ""
    if found["why"]:
        yield f"Not measured: {found['why']}."
    yield "libusrsctp over UDP (RFC 6951) on both sides, 32 in flight on one association; CPU time of all threads of a server; the C"
    yield "echo is that library with threads of its own. Times = median over the cycles of (the server's cost / the echo's)."
    yield ""
    yield "| mix | server | CPU us/message | times the echo's | undisturbed cycles | unanswered |"
    yield "|---|---|---|---|---|---|"
    for mix, rows in found["mixes"].items():
        for one in rows:
            yield (
                f"| {mix} | {one['name']} | {one['cpu_us']:.1f} | **{one['ratio']:.2f}** | {one['quiet']} | {one['unanswered']} |"
            )
    for name, bars in (("SCP, interpreted", (2.2, 1.6)), ("SCP, compiled", (1.9, 1.3))):
        for mix, rows in found["mixes"].items():
            ratios = {one["name"]: one["ratio"] for one in rows}
            yield Target(
                f"{name}, SCTP, {mix}, times its C echo's cost",
                *bars,
                ratios.get(name),
                "no compiled installation given",
                most=True,
                floor=ratios.get(PYTHON_ECHO),
            )
        if not found["mixes"]:
            yield Target(f"{name}, SCTP, times its C echo's cost", *bars, None, found["why"], most=True)


def former(options):
    """What the short way does not know, beside the general node of a former commit."""
    words = ["--cycles", min(options.cycles, 15), *compiled_words(options)]
    found, _ = script("former.py", *words)
    yield f"`python benchmarks/former.py --cycles {words[1]} [--compiled PYTHON]`"
    yield ""
    yield "The general node of commit 619b820, the last before messages were read in one walk; this commit's general way, with nothing"
    yield "known of the message, and what it then teaches the short way included; and the short way, in batches of 32. No network."
    yield ""
    if found["why"]:
        yield f"Not measured: {found['why']}."
        yield Target(
            "what the short way does not know, times as quick as the general node before",
            3,
            4,
            None,
            found["why"],
        )
        return
    names = list(found["kinds"][0]["us"])
    yield "| kind | messages | " + " | ".join(f"{name}, us | times as quick" for name in names) + " |"
    yield "|---" * (2 + 2 * len(names)) + "|"
    for one in found["kinds"]:
        cells = (f"{one['us'][name]:.1f} | {one['ratio'][name]:.1f}" for name in names)
        yield f"| {one['kind']} | {one['messages']:,} | {' | '.join(cells)} |"
    yield ""
    yield f"Kinds of which the ways gave different numbers of answers: {sum(bool(one['wrong']) for one in found['kinds'])}."
    for way in [name for name in names if name.startswith("general")]:
        for told, bars in ((False, (3, 4)), (True, (2.4, 3))):
            kinds = [one for one in found["kinds"] if (one["kind"] == "NOTIFICATION") == told]
            slowest = min(kinds, key=lambda one: one["ratio"][way], default=None)
            what = "notifications" if told else f"the slowest kind of query ({slowest['kind']})"
            yield Target(
                f"{way} way, {what}, times as quick as the general node before",
                *bars,
                slowest and slowest["ratio"][way],
            )
