"""`ain replay`: equal answers are equal whatever their form; every difference is told with its row."""

import html
import json
import random
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "examples" / "golden"
SCENARIO = str(GOLDEN / "scenario.toml")
SCENARIOS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("golden", "figures", "features")
    for path in (ROOT / "examples" / folder).glob("*.toml")
    if path.name != "dataset.toml"
)


@pytest.fixture(scope="module")
def run_ain():
    """A function: arguments -> exit code, stdout, stderr; in this process."""

    def run(*arguments, stdin=None):
        done = CliRunner().invoke(cli, list(map(str, arguments)), input=stdin)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr

    return run


@pytest.fixture(scope="module")
def golden(run_ain, tmp_path_factory):
    """The golden run as capture and as trace."""
    directory = tmp_path_factory.mktemp("run")
    for option, name in (("--pcap", "golden.pcapng"), ("--trace", "golden.trace")):
        code, out, err = run_ain("run", SCENARIO, "--transport", "memory", option, directory / name)
        assert code == 0, out + err
    return directory


def changed(tmp_path, file, old, new):
    """A copy of the golden data set with one place changed."""
    directory = tmp_path / "changed"
    shutil.copytree(GOLDEN, directory)
    path = directory / file
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    return directory


@pytest.mark.parametrize("name", ["golden.pcapng", "golden.trace"])
def test_a_recorded_run_replays_without_a_difference(run_ain, golden, name):
    code, out, err = run_ain("replay", golden / name, GOLDEN)
    assert (code, err) == (0, "")
    assert "40 queries: 40 equal, 0 different, 0 missing" in out


def shuffled(capture, seed):
    """The octets of a classic capture with its records in any order."""
    octets, records, at = capture.read_bytes(), [], 24
    while at < len(octets):
        end = at + 16 + int.from_bytes(octets[at + 8 : at + 12], "little")
        records.append(octets[at:end])
        at = end
    random.Random(seed).shuffle(records)
    return octets[:24] + b"".join(records)


@pytest.mark.parametrize("framing", ["sctp", "udp"])
def test_the_order_of_the_file_is_not_that_of_time(run_ain, tmp_path, framing):
    """Source: D-006; a capture merged from several interfaces."""
    capture = tmp_path / "run.pcap"
    code, _, err = run_ain(
        "run", SCENARIO, "--transport", "memory", "--pcap", capture, "--pcap-framing", framing
    )
    assert code == 0, err
    commands = (
        ["decode", capture, "--stats"],
        ["decode", capture, "--ladder"],
        ["replay", capture, GOLDEN],
        ["batch", GOLDEN, "--calls", capture, "--json"],
    )
    before = [run_ain(*words) for words in commands]
    assert "40 queries: 40 equal" in before[2][1]
    for seed in range(2):
        capture.write_bytes(shuffled(capture, seed))
        assert [run_ain(*words) for words in commands] == before


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_capture_of_every_shipped_scenario_replays_without_a_difference(run_ain, tmp_path, scenario):
    import tomllib

    path = ROOT / scenario
    plan = tomllib.loads(path.read_text())
    if run_ain("run", path, "--transport", "memory", "--pcap", tmp_path / "run.pcap")[0] != 0:
        pytest.skip("the scenario does not run here")
    dataset = path.parent / plan["dataset"]
    if plan.get("overrides"):
        report = _replayed_under_overrides(path, tmp_path / "run.pcap")
        assert (report.different, report.missing) == (0, 0)
        assert report.equal
        return
    code, out, err = run_ain("replay", tmp_path / "run.pcap", dataset, "--seed", plan.get("seed", 1))
    assert code == (2 if out.startswith("0 queries") else 0), out + err


def _replayed_under_overrides(path, capture):
    """Replay into the data set the scenario really decided from, which no directory holds."""
    from ain_scp.api.replay_target import InProcess
    from ain_scp.provisioning.loader import load_or_raise
    from ain_scp.provisioning.overrides import override
    from ain_scp.ssp_sim.capture.dialogues import Dialogues
    from ain_scp.ssp_sim.lab import default_program
    from ain_scp.ssp_sim.replay.opening import open_messages
    from ain_scp.ssp_sim.replay.player import Player
    from ain_scp.ssp_sim.scenario import load

    plan = load(path)
    dataset, _ = load_or_raise(Path(plan.dataset))
    program = default_program(override(dataset, dict(plan.overrides), plan.file))
    player = Player(InProcess(program, plan.seed))
    with capture.open("rb") as stream:
        for _ in player.play(Dialogues().pair(open_messages(stream).messages)):
            pass
    return player.report


def test_one_changed_row_gives_exactly_the_calls_it_decides(run_ain, golden, tmp_path):
    other = changed(tmp_path, "customers/GOLDEN/mdp.csv", "9212000,4159212000,3", "9212000,4159213000,3")
    code, out, _ = run_ain("replay", golden / "golden.pcapng", other, "--json")
    assert code == 1
    lines = [json.loads(line) for line in out.splitlines()]
    different = [line for line in lines[:-1] if line["judgement"] == "different"]
    reached = [line for line in lines[:-1] if "calledPartyID=4159212000 " in line["expected"]]
    assert [line["packet"] for line in different] == [line["packet"] for line in reached]
    assert different
    assert lines[-1]["report"]["different"] == len(different)
    first = next(one for one in different[0]["differences"] if one["parameter"] == "calledPartyID")
    assert first["row"] == "s110 customers/GOLDEN/mdp.csv:6"
    assert first["got"].startswith("4159213000")


def test_only_queries_about_the_numbers_named_are_asked(run_ain, golden):
    whole = json.loads(run_ain("replay", golden / "golden.pcapng", GOLDEN, "--json")[1].splitlines()[-1])[
        "report"
    ]
    code, out, _ = run_ain("replay", golden / "golden.pcapng", GOLDEN, "--called", "415-921-5678", "--json")
    *answers, last = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert 0 < last["report"]["queries"] == len(answers) < whole["queries"]
    assert last["report"]["queries"] + last["report"]["others"] == whole["queries"]
    out = run_ain("replay", golden / "golden.pcapng", GOLDEN, "--called", "415-921-5678")[1]
    assert f"{last['report']['others']} queries left out, about other numbers" in out
    code, out, err = run_ain("replay", golden / "golden.pcapng", GOLDEN, "--called", "2015550000")
    assert code == 2
    assert "is about --called 2015550000" in err


def test_what_is_ignored_does_not_count(run_ain, golden, tmp_path):
    other = changed(tmp_path, "customers/GOLDEN/customer.toml", 'ubs = "ON"', 'ubs = "OFF"')
    assert run_ain("replay", golden / "golden.pcapng", other)[0] == 1
    code, out, _ = run_ain(
        "replay", golden / "golden.pcapng", other, "--ignore", "aMAslpID,redirectionInformation"
    )
    assert code == 0, out


def test_the_page_is_one_file_with_every_difference_escaped(run_ain, golden, tmp_path):
    other = changed(tmp_path, "customers/GOLDEN/customer.toml", 'ubs = "ON"', 'ubs = "OFF"')
    page = tmp_path / "replay.html"
    run_ain("replay", golden / "golden.trace", other, "--html", page)
    text = page.read_text()
    assert "aMAslpID" in text
    assert "760833001" in text
    assert "http" not in text.replace("http-equiv", "")
    assert "2001-01-17T10:00:00 to 2001-01-17T12:35:00, by the capture's clock" in html.unescape(text)


def test_a_recording_without_signaling_proves_nothing(run_ain):
    """The file header alone, as of a capture that was stopped at once."""
    code, out, err = run_ain(
        "replay", "-", GOLDEN, stdin=bytes.fromhex("d4c3b2a1020004000000000000000000ffff0000e4000000")
    )
    assert code == 2
    assert out.startswith("0 queries")
    assert err == "-: holds no signaling message\n"


def test_a_recording_of_calls_that_ask_no_scp_compares_nothing_and_does_not_pass(run_ain, tmp_path):
    scenario = ROOT / "examples" / "features" / "not-triggered.toml"
    assert run_ain("run", scenario, "--transport", "memory", "--pcap", tmp_path / "run.pcap")[0] == 0
    code, out, err = run_ain("replay", tmp_path / "run.pcap", GOLDEN)
    assert (code, out) == (2, "0 queries: 0 equal, 0 different, 0 missing\n")
    assert err.endswith("holds no query to an SCP\n")


def test_a_capture_of_queries_alone_compares_nothing_and_does_not_pass(run_ain, golden, tmp_path):
    """Every answer is taken out of a trace: what is left can be asked, but not compared."""
    lines = (golden / "golden.trace").read_bytes().splitlines(keepends=True)
    answers = (b'"AnalyzeRoute', b'"SendToResource', b'"ForwardCall')
    asked = [line for line in lines if not any(b'"m":' + name in line for name in answers)]
    assert len(asked) < len(lines)
    (tmp_path / "asked.trace").write_bytes(b"".join(asked))
    code, _, err = run_ain("replay", tmp_path / "asked.trace", GOLDEN)
    assert (code, "0 of 40 queries compared: no answer in it" in err) == (2, True)


def test_what_could_not_be_read_of_a_recording_is_told(run_ain, golden):
    whole = (golden / "golden.pcapng").read_bytes()
    code, out, err = run_ain("replay", "-", GOLDEN, stdin=whole[: len(whole) // 2 + 1])
    assert code == 0
    assert "0 different" in out
    assert "the file ends within its last record" in err


def test_broken_recordings_end_with_one_line(run_ain, golden):
    chance = random.Random(9)
    for name in ("golden.pcapng", "golden.trace"):
        whole = (golden / name).read_bytes()[:5000]
        for _ in range(12):
            octets = bytearray(whole[: chance.randrange(40, len(whole))])
            for _ in range(chance.randrange(8)):
                octets[chance.randrange(len(octets))] = chance.randrange(256)
            code, _, err = run_ain("replay", "-", GOLDEN, stdin=bytes(octets))
            assert code in (0, 1, 2)
            assert code != 2 or "octet" in err or "holds no" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["/nowhere.pcap", GOLDEN],
        [SCENARIO, GOLDEN],
        [SCENARIO, "/nowhere"],
        [SCENARIO, GOLDEN, "--target", "tcp://1.2.3.4:5"],
        [SCENARIO, GOLDEN, "--speed", "fast"],
        [SCENARIO, GOLDEN, "--target", "udp://no.such.host.invalid:2905"],
        [SCENARIO, GOLDEN, "--utc-offset", "nan"],
        [SCENARIO, GOLDEN, "--utc-offset", "1e300"],
        [SCENARIO, GOLDEN, "--ignore", "aMAslpID,aMAslpid"],
        [SCENARIO, GOLDEN, "--called", "94x"],
        [SCENARIO, GOLDEN, "--called", ","],
    ],
)
def test_wrong_usage_exits_2(run_ain, arguments):
    code, out, err = run_ain("replay", *arguments)
    assert (code, out) == (2, "")
    assert err.strip()


def test_a_target_that_never_answers_is_given_up(run_ain, golden):
    from ain_scp.transport.udp import UdpPort

    port = UdpPort("127.0.0.1", 0)
    try:
        address = f"udp://localhost:{port.endpoint[1]}"
        code, out, err = run_ain(
            "replay", golden / "golden.trace", GOLDEN, "--target", address, "--timeout-ms", "5"
        )
    finally:
        port.close()
    assert code == 2
    assert "the first 5 queries have no answer" in err
    assert out.count("missing") == 4


@pytest.mark.parametrize("hours", ["-1000000", "1000000", "-3.5"])
def test_any_offset_of_the_clock_decides(run_ain, golden, hours):
    """Far off the years a calendar has, too: answers or one line, never a traceback."""
    code, out, err = run_ain("replay", golden / "golden.trace", GOLDEN, "--utc-offset", hours)
    assert code in (0, 1), err
    assert "40 queries" in out


def test_a_replay_over_udp_asks_the_server_at_the_target(run_ain, golden):
    """A node behind a real socket answers as the one in this process."""
    import threading

    from ain_scp.ain.dataset import open_program
    from ain_scp.scp.config import NodeConfig
    from ain_scp.scp.node import ScpNode
    from ain_scp.transport.udp import UdpPort

    node = ScpNode(open_program(GOLDEN), NodeConfig(), lambda: 0)
    port = UdpPort("127.0.0.1", 0)
    stop = threading.Event()

    def serve():
        import select

        while not stop.is_set():
            if select.select([port], [], [], 0.05)[0]:
                for peer, datagrams in port.receive():
                    for octets in datagrams:
                        node.receive(bytes(octets), "UDP", 979_725_600_000_000_000)
                    port.send(peer, [octets for _, octets in node.octets_to_send()])

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        code, out, err = run_ain(
            "replay", golden / "golden.trace", GOLDEN, "--target", f"udp://127.0.0.1:{port.endpoint[1]}"
        )
    finally:
        stop.set()
        thread.join()
        port.close()
    assert err == ""
    assert "40 queries" in out
    assert "0 missing" in out
    assert code in (0, 1)  # the server's clock stands still: time of day may decide otherwise
