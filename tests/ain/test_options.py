"""Every option of the commands that give verdicts has a case in which it changes something; none is taken without effect.

A row names an option, the words without it and the words with it: exit code, output or files differ. What depends on the
clock, on chance or on other processes (`ain bench`, `ain serve`, brokers, clusters) is tested in files of its own.
"""

import shutil

import click
import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli

GOLDEN = "examples/golden"
FIG7 = "examples/figures/fig7.toml"
AT = ["--at", "2001-01-17T10:00:00"]
CALL = ["explain", GOLDEN, "--from", "9258341234", "--dial", "7 14159215678"]
INSIDE = ["explain", GOLDEN, "--from", "9258341234", "--dial", "7 9212000", *AT]
HOST = ["explain", GOLDEN, "--called", "9257893412", "--original-called", "6027770100", *AT]
QUERIES = ["explain", GOLDEN, "--queries", "{t}/q.jsonl"]
RUN = ["run", FIG7, "--transport", "memory"]
BATCH = ["batch", GOLDEN, "--calls", "{t}/calls.csv"]
REPLAY = ["replay", "{t}/run.trace", "{t}/other"]
REPORT = ["smdr", "report", "{t}/records"]
PBX = ["explain", GOLDEN, "--from", "9257884050", "--dial", "14157770100", *AT]

OPTIONS = [
    ("check --json", ["check", GOLDEN], ["--json"]),
    ("check --rule", ["check"], ["--rule", "A-098"]),
    ("check --github", ["check", GOLDEN], ["--github"]),
    ("check --digest", ["check", GOLDEN], ["--digest"]),
    ("explain --from", ["explain", GOLDEN, "--dial", "7 9212000", *AT], ["--from", "9258341234"]),
    ("explain --dial", ["explain", GOLDEN, "--from", "9258341234", *AT], ["--dial", "7 9212000"]),
    ("explain --bearer", INSIDE, ["--bearer", "UDI_64"]),
    ("explain --at", [*INSIDE[:-2], "--at", "2001-01-17T11:00:00"], ["--at", "2001-01-17T12:00:00"]),
    ("explain --trunk-group", PBX, ["--trunk-group", "OHD-CONCORD"]),
    ("explain --access-code", ["explain", GOLDEN, "--from", "9258341234", "--dial", "9212000", *AT], ["--access-code", "7"]),
    ("explain --message", INSIDE, ["--message", "NETWORK_BUSY"]),
    ("explain --called", ["explain", GOLDEN, "--message", "TERMINATION_ATTEMPT", *AT], ["--called", "9257893412"]),
    ("explain --original-called", [*HOST[:4], *AT], ["--original-called", "2127770100"]),
    ("explain --original-non", HOST, ["--original-non", "4"]),
    ("explain --follow", [*CALL, *AT], ["--follow"]),
    ("explain --queries", ["explain", GOLDEN], ["--queries", "{t}/q.jsonl"]),
    ("explain --against", QUERIES, ["--against", "{t}/other"]),
    ("explain --service", ["explain", "examples/services", "--called", "2135551234"], ["--service", "LNP"]),
    ("explain --tree", INSIDE, ["--tree"]),
    ("explain --graph", [*CALL, *AT], ["--graph", "{t}/out/g.svg"]),
    ("explain --seed", ["explain", "{t}/shares", "--queries", "{t}/shares.jsonl"], ["--seed", "5"]),
    ("explain --query-json", INSIDE, ["--query-json"]),
    ("explain --json", INSIDE, ["--json"]),
    ("run --transport", ["run", FIG7], ["--transport", "memory"]),
    ("run --pcap", RUN, ["--pcap", "{t}/out/r.pcap"]),
    ("run --pcap-framing", [*RUN, "--pcap", "{t}/out/f.pcap"], ["--pcap-framing", "udp"]),
    ("run --trace", RUN, ["--trace", "{t}/out/r.trace"]),
    ("run --report", RUN, ["--report", "{t}/out/r.html"]),
    ("run --latency", [*RUN, "--report", "{t}/out/l.html"], ["--latency"]),
    ("run --ladder", RUN, ["--ladder"]),
    ("run --mermaid", RUN, ["--mermaid"]),
    ("run --times", [*RUN, "--ladder"], ["--times", "delta"]),
    ("run --width", [*RUN, "--ladder"], ["--width", "60"]),
    ("run --call", ["run", "{t}/two.toml", "--transport", "memory", "--ladder"], ["--call", "B"]),
    ("run --fields", [*RUN, "--ladder"], ["--fields", "all"]),
    ("run --all-hops", [*RUN, "--ladder"], ["--all-hops"]),
    ("run --list", ["run", "{t}/many.toml", "--transport", "memory"], ["--list"]),
    ("run --github", ["run", "{t}/unmet.toml", "--transport", "memory"], ["--github"]),
    ("run --junit", RUN, ["--junit", "{t}/out/r.xml"]),
    ("run --queries-out", RUN, ["--queries-out", "{t}/out/r.jsonl"]),
    ("run --otel", RUN, ["--otel", "{t}/out/o.jsonl"]),
    ("run --json", RUN, ["--json"]),
    ("run --seed", [*RUN, "--json"], ["--seed", "77"]),
    ("run --records", RUN, ["--records", "{t}/out/kept"]),
    ("run --scp-kind", RUN, ["--scp-kind", "lscp", "--records", "{t}/out/lscp"]),
    ("batch --against", BATCH, ["--against", "{t}/other"]),
    ("batch --examples", [*BATCH, "--against", "{t}/other"], ["--examples", "0"]),
    ("batch --checkpoint", BATCH, ["--checkpoint", "{t}/out/kept.checkpoint"]),
    ("batch --seed", ["batch", GOLDEN, "--calls", "{t}/shares.csv", "--against", "{t}/shares"], ["--seed", "5"]),
    ("batch --local-times", ["batch", "{t}/zones", "--calls", "{t}/hours.trace", "--json"], ["--local-times"]),
    ("batch --strict", ["batch", GOLDEN, "--calls", "{t}/odd.csv"], ["--strict"]),
    ("batch --json", BATCH, ["--json"]),
    ("batch --service", ["batch", "examples/services", "--calls", "{t}/calls.csv"], ["--service", "LNP"]),
    ("replay --ignore", REPLAY, ["--ignore", "aMAslpID"]),
    ("replay --called", REPLAY, ["--called", "2015550000"]),
    ("replay --seed", ["replay", "{t}/shares.trace", "{t}/shares"], ["--seed", "5"]),
    ("replay --utc-offset", ["replay", "{t}/hours.trace", GOLDEN], ["--utc-offset", "12"]),
    ("replay --local-times", ["replay", "{t}/hours.trace", "{t}/zones"], ["--local-times"]),
    ("replay --strict", ["replay", "{t}/asked.trace", GOLDEN], ["--strict"]),
    ("replay --html", REPLAY, ["--html", "{t}/out/replay.html"]),
    ("replay --json", REPLAY, ["--json"]),
    ("smdr report --customer", REPORT, ["--customer", "SILVER"]),
    ("smdr report --field", REPORT, ["--field", "status"]),
    ("smdr report --since", REPORT, ["--since", "2001-01-17T11:00:00"]),
    ("smdr report --until", REPORT, ["--until", "2001-01-17T11:00:00"]),
    ("smdr report --calling", REPORT, ["--calling", "650"]),
    ("smdr report --called", REPORT, ["--called", "415"]),
    ("smdr report --destination", REPORT, ["--destination", "415"]),
    ("smdr report --status", REPORT, ["--status", "BLOCKED"]),
    ("smdr report --group-by", REPORT, ["--group-by", "day"]),
    ("smdr report --most", REPORT, ["--most", "3"]),
    ("smdr report --form", REPORT, ["--form", "csv"]),
    ("smdr report --json", REPORT, ["--json"]),
    ("smdr report --output", REPORT, ["--output", "{t}/out/report.txt"]),
    ("schema --json", ["schema"], ["--json"]),
    ("init --json", ["init", "{t}/out/acme"], ["--json"]),
]  # fmt: skip
ELSEWHERE = {
    "check": {"--approved": "test_check.py", "--github": "test_github.py", "--watch": "test_watch.py"},
    "explain": {"--show-names": "test_services.py", "--watch": "test_watch.py"},
    "run": {
        "--charging": "../ssp_sim/test_charged.py", "--live": "../console", "--top": "test_watch.py",
        "--speed": "test_ends.py", "--mqtt": "test_mqtt.py", "--mqtt-credentials": "test_mqtt.py", "--mqtt-ca": "test_mqtt.py",
        "--mqtt-certificate": "test_mqtt.py", "--mqtt-key": "test_mqtt.py",
    },
    "batch": {
        "--calls": "required", "--rate": "test_batch_rate.py", "--out": "test_batch_rate.py", "--jobs": "test_batch.py: equal totals", "--cluster": "test_batch_cluster.py",
    },
    "replay": {"--target": "test_replay.py", "--speed": "test_replay.py", "--timeout-ms": "test_replay.py"},
}  # fmt: skip
"""Options whose effect is on a clock, a peer or other processes, and where it is tested."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """What the commands read: queries, calls, traces, records, and data sets with other options or shares."""
    directory = tmp_path_factory.mktemp("options")
    (directory / "out").mkdir()
    other = shutil.copytree(GOLDEN, directory / "other") / "customers" / "GOLDEN" / "customer.toml"
    other.write_text(
        other.read_text().replace('rbr = "ON"', 'rbr = "OFF"').replace('ubs = "ON"', 'ubs = "OFF"')
    )
    asf = shutil.copytree(GOLDEN, directory / "shares") / "customers" / "GOLDEN" / "asf.toml"
    head, _, tail = asf.read_text().partition("[profiles.CONCORD]\nrules = [\n")
    asf.write_text(
        head
        + '[profiles.CONCORD]\nrules = [\n  { if = { percent = 50 }, trunk_groups = ["0000-0771"] },\n'
        + tail
    )
    lata = shutil.copytree(GOLDEN, directory / "zones") / "network" / "lata.csv"
    lata.write_text("prefix,time_zone\n925,Asia/Tokyo\n415,Asia/Tokyo\n212,Asia/Tokyo\n213,Asia/Tokyo\n")
    rows = [f"9257884101,9,1213555{line:04d},2001-01-17T20:00:00\n" for line in range(40)]
    header = "calling_party,access_code,dialed,time\n"
    (directory / "shares.csv").write_text(header + "".join(rows))
    (directory / "calls.csv").write_text(header + "9258341234,7,9212000,2001-01-17T10:00:00\n")
    (directory / "odd.csv").write_text(
        header + "9258341234,7,9212000,2001-01-17T10:00:00\n9258341234,7,1,noon\n"
    )
    call = '[[call]]\nid = "{0}"\nat = 2001-01-17T10:{1:02d}:00\nfrom = "9258341234"\ndial = "7 9212000"\n'
    top = f'dataset = "{directory / "other"}"\nstart = 2001-01-17T10:00:00\n'
    (directory / "two.toml").write_text(top + call.format("A", 0) + call.format("B", 5))
    (directory / "many.toml").write_text(top + "".join(call.format(f"N{at}", at) for at in range(55)))
    (directory / "unmet.toml").write_text(top + call.format("U", 0) + "expect = { ctc = 999 }\n")
    shares = top.replace("/other", "/shares") + "".join(
        f'[[call]]\nid = "S{at}"\nat = 2001-01-17T20:{at:02d}:00\nfrom = "9257884101"\ndial = "9 1213555{at:04d}"\n'
        for at in range(40)
    )
    (directory / "shares.toml").write_text(shares)
    for words in (
        ["run", FIG7, "--transport", "memory", "--trace", directory / "run.trace", "--queries-out", directory / "q.jsonl"],
        ["run", directory / "shares.toml", "--transport", "memory", "--trace", directory / "shares.trace", "--queries-out", directory / "shares.jsonl"],
        ["run", "examples/golden/scenario.toml", "--transport", "memory", "--records", directory / "records", "--trace", directory / "hours.trace"],
        ["smdr", "transfer", directory / "records"],
        ["smdr", "import", directory / "records"],
    ):  # fmt: skip
        code, text = run(words)
        assert code == 0, text
    answers = (b'"AnalyzeRoute', b'"SendToResource', b'"ForwardCall')
    lines = (directory / "run.trace").read_bytes().splitlines(keepends=True)
    (directory / "asked.trace").write_bytes(
        b"".join(line for line in lines if not any(b'"m":' + one in line for one in answers))
    )
    return directory


def run(words):
    result = CliRunner(env={"NO_COLOR": "1"}).invoke(cli, list(map(str, words)), prog_name="ain")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result.exit_code, result.output


def outcome(words, place):
    """Exit code, output, and what stands in the files that a command wrote; they are taken away again."""
    code, text = run([word.replace("{t}", str(place)) for word in words])
    files = {}
    for path in sorted((place / "out").rglob("*")):
        if path.is_file():
            files[str(path)] = path.read_bytes()
    shutil.rmtree(place / "out")
    (place / "out").mkdir()
    return code, text, files


@pytest.mark.parametrize(("option", "without", "with_it"), OPTIONS, ids=[row[0] for row in OPTIONS])
def test_an_option_changes_something(place, option, without, with_it):
    assert option.rpartition(" ")[2] in with_it
    assert outcome(without, place) != outcome([*without, *with_it], place)


COMMANDS = ("check", "explain", "run", "batch", "replay", "smdr report", "schema", "init")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_a_row(name):
    command = cli
    for word in name.split():
        command = command.get_command(click.Context(command), word)
    own = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    options = {max(one.opts, key=len) for one in own}
    rows = {row[0].rpartition(" ")[2] for row in OPTIONS if row[0].rpartition(" ")[0] == name}
    assert options == rows | set(ELSEWHERE.get(name, {}))
