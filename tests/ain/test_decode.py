"""`ain decode`: messages and captures down to each parameter, and nothing but one line for what is neither."""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.signaling import isup

ROOT = Path(__file__).parents[2]
GOLDEN = str(ROOT / "examples" / "golden" / "scenario.toml")
VECTORS = {
    line.split()[0]: line.split()[2]
    for line in (ROOT / "tests" / "signaling" / "vectors_ain.txt").read_text().splitlines()
    if line and line[0] != "#"
}


@pytest.fixture
def decode():
    """A function: arguments, standard input -> exit code, stdout, stderr; in this process, to be quick."""

    def run(*arguments, stdin=None):
        done = CliRunner().invoke(cli, ["decode", *map(str, arguments)], input=stdin)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done.exit_code, done.stdout, done.stderr

    return run


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """The golden run as pcap, pcapng and trace."""
    directory = tmp_path_factory.mktemp("run")
    paths = {kind: directory / f"golden.{kind}" for kind in ("pcap", "pcapng", "trace")}
    for kind, path in paths.items():
        option = "--trace" if kind == "trace" else "--pcap"
        done = CliRunner().invoke(cli, ["run", GOLDEN, "--transport", "memory", option, str(path)])
        assert done.exit_code == 0, done.output
    return paths


@pytest.mark.parametrize("name", ["InfoAnalyzed", "AnalyzeRoute"])
def test_a_package_in_hex_is_a_tree_with_every_parameter(decode, name):
    code, out, _ = decode(VECTORS[name])
    assert code == 0
    assert "callingPartyID: " in out
    assert "transaction ID: 0A000001" in out


def test_hex_may_have_separators_and_come_from_a_file_or_standard_input(decode, tmp_path):
    spaced = ":".join(
        VECTORS["InfoAnalyzed"][at : at + 2] for at in range(0, len(VECTORS["InfoAnalyzed"]), 2)
    )
    (tmp_path / "query.hex").write_text(spaced + "\n")
    plain = decode(VECTORS["InfoAnalyzed"])
    assert decode(spaced) == decode(tmp_path / "query.hex") == decode("-", stdin=spaced.encode()) == plain


def test_json_is_the_same_tree(decode):
    _, out, _ = decode(VECTORS["InfoAnalyzed"], "--json")
    tree = json.loads(out)
    parameters = tree["inside"][1]["inside"][-1]["inside"]
    assert {"callingPartyID", "bearerCapability"} <= {one["name"] for one in parameters}


def test_every_layer_is_found_by_its_form(decode, recordings):
    _, out, _ = decode(recordings["pcapng"], "--json", "--operation", "infoAnalyzed")
    assert json.loads(out.splitlines()[0])["message"]["name"] == "query with permission"
    answer = isup.encode(isup.Answer(5))
    code, out, _ = decode(answer.hex())
    assert (code, out.split("\n")[0]) == (0, "ISUP: ANM")


def test_an_unknown_parameter_is_kept_with_its_octets(decode):
    package = bytes.fromhex(VECTORS["InfoAnalyzed"])
    at = package.index(b"\x30", package.index(bytes.fromhex("d1026403")))
    grown = bytearray(package + bytes.fromhex("9f7e03abcdef"))
    for place in (1, at - 4 - 4 - 3 + 3, at + 1):
        assert grown[place] < 0x7A
    lengths = [place for place in range(len(package) - 1) if place + 2 + package[place + 1] == len(package)]
    for place in lengths:
        if package[place] in (0xE2, 0xE8, 0xE9, 0x30):
            grown[place + 1] += 6
    code, out, err = decode(bytes(grown).hex())
    assert code == 0, err
    assert "ABCDEF" in out.upper()
    assert "not a parameter of infoAnalyzed" in out


@pytest.mark.parametrize("kind", ["pcap", "pcapng", "trace"])
def test_a_recording_is_read_message_by_message_isup_too(decode, recordings, kind):
    code, out, err = decode(recordings[kind])
    assert (code, err) == (0, "")
    for word in (
        "infoAnalyzed",
        "analyzeRoute",
        "terminationNotification",
        "ISUP: IAM",
        "calledPartyID",
    ):
        assert word in out
    assert "unreadable" not in out


def test_filters_leave_only_what_was_asked_for(decode, recordings):
    def packets(*options):
        return {
            json.loads(line)["packet"]
            for line in decode(recordings["pcap"], "--json", *options)[1].splitlines()
        }

    everything = packets()
    asked, answered = packets("--operation", "infoAnalyzed"), packets("--operation", "ANALYZEROUTE")
    assert asked
    assert answered
    assert not asked & answered
    assert asked | answered < everything
    one = json.loads(decode(recordings["pcap"], "--json", "--operation", "infoAnalyzed")[1].splitlines()[0])
    identity = one["message"]["inside"][0]["meaning"]
    assert one["packet"] in packets("--transaction", identity)
    assert packets("--from", one["opc"]) >= {one["packet"]}
    assert packets("--from", one["source"]) >= {one["packet"]}
    assert packets("--from", "9258341234", "--operation", "infoAnalyzed") < asked
    assert packets("--from", "0000000000") == set()


def test_statistics_and_ladders_are_per_dialogue(decode, recordings):
    summary = json.loads(decode(recordings["trace"], "--stats", "--json")[1])
    assert summary["operations"]["infoAnalyzed"] == 32
    assert summary["unanswered"] == 0
    assert "p99.9" in decode(recordings["pcap"], "--stats")[1]
    out = decode(recordings["pcap"], "--ladder", "--from", "9258341234")[1]
    assert "infoAnalyzed" in out
    assert "▶" in out or ">" in out


BAD = [
    ("zz", "neither a file nor hexadecimal"),
    ("", "neither a file"),
    ("e2", "octet"),
    ("e248c7", "octet"),
    ("e24", "octet 1"),
    ("0100010100000008", "octet"),
    ("0900", "octet"),
    ("00", "octet"),
    ("/nowhere/x.pcap", "no such file"),
    ("nosuch.pcap", "no such file"),
]


@pytest.mark.parametrize(("what", "told"), BAD)
def test_what_is_no_message_is_one_line_with_the_offset_and_exit_2(decode, what, told):
    code, out, err = decode(what)
    assert (code, out) == (2, "")
    assert told in err


def test_broken_captures_end_with_one_line_never_a_traceback(decode, recordings):
    chance = random.Random(4)
    for kind in ("pcap", "pcapng", "trace"):
        whole = recordings[kind].read_bytes()[:6000]
        for _ in range(60):
            octets = bytearray(whole[: chance.randrange(4, len(whole))])
            for _ in range(chance.randrange(6)):
                octets[chance.randrange(len(octets))] = chance.randrange(256)
            code, out, err = decode(
                "-", *chance.choice(([], ["--stats"], ["--ladder"], ["--json"])), stdin=bytes(octets)
            )
            assert code in (0, 2)
            if code == 2:
                assert "octet" in (err or out) or "neither" in err  # with --json the fault is JSON on stdout


@pytest.mark.interop
def test_a_capture_made_by_text2pcap_decodes(decode, tmp_path):
    if shutil.which("text2pcap") is None:
        pytest.skip("text2pcap is not installed")
    from ain_scp.signaling import m3ua, sccp

    unit = sccp.UnitData(
        sccp.Address(250, 0xF50102), sccp.Address(250, 0xF60304), bytes.fromhex(VECTORS["InfoAnalyzed"])
    )
    octets = m3ua.data(0xF60304, 0xF50102, 3, 2, 0, 5, sccp.encode(unit), 100)
    dump = "\n".join(
        f"{at:06x} " + " ".join(f"{one:02x}" for one in octets[at : at + 16])
        for at in range(0, len(octets), 16)
    )
    (tmp_path / "dump.txt").write_text(dump + "\n")
    subprocess.run(
        ["text2pcap", "-q", "-S", "2905,2905,3", str(tmp_path / "dump.txt"), str(tmp_path / "made.pcap")],
        check=True,
        capture_output=True,
    )
    code, out, err = decode(tmp_path / "made.pcap")
    assert code == 0, err
    assert "callingPartyID: " in out


@pytest.mark.parametrize("kind", ["pcap", "pcapng", "trace"])
def test_lines_of_fields_can_be_chosen_and_are_then_the_same_lines(decode, recordings, kind):
    code, every, _ = decode(recordings[kind], "--fields")
    assert code == 0
    code, some, _ = decode(recordings[kind], "--fields", "--operation", "analyzeRoute")
    assert code == 0
    wanted = [line for line in every.splitlines() if "\tanalyzeRoute" in line]
    assert some.splitlines() == wanted
    assert 0 < len(wanted) < len(every.splitlines())


def test_lines_of_fields_as_json_tell_the_same(decode, recordings):
    lines = decode(recordings["pcap"], "--fields")[1].splitlines()
    objects = [json.loads(line) for line in decode(recordings["pcap"], "--fields", "--json")[1].splitlines()]
    told = [
        "\t".join(
            (one["transaction"], one["operations"], *(f"{name}={text}" for name, text in one["parameters"]))
        )
        for one in objects
    ]
    assert told == [line.split("\t", 2)[2] for line in lines]


def test_what_gives_no_line_is_told_with_lines_of_fields_as_well(decode, recordings):
    cut = recordings["pcap"].read_bytes()[:-3]
    code, _, errors = decode("-", "--fields", stdin=cut)
    assert code == 0
    assert "left out: 1 record cut by the end of the file" in errors


def test_two_views_at_once_are_refused(decode, recordings):
    code, _, errors = decode(recordings["pcap"], "--fields", "--stats")
    assert code == 2
    assert "three views" in errors


def test_a_filter_that_nothing_passes_is_told(decode, recordings):
    for view in ((), ("--fields",), ("--stats",), ("--ladder",)):
        code, _, errors = decode(recordings["pcap"], "--operation", "nosuch", *view)
        assert (code, errors) == (0, "no message matches\n")


@pytest.mark.parametrize("option", ["--ladder", "--stats", "--fields", "--operation=analyzeRoute"])
def test_one_message_in_hex_takes_no_view_and_no_filter(decode, option):
    code, out, errors = decode(VECTORS["AnalyzeRoute"], option)
    assert (code, out) == (2, "")
    assert "neither a capture nor a trace" in errors


def test_a_capture_takes_no_form(decode, recordings):
    assert decode(recordings["pcap"], "--form", "tcap")[0] == 2


def test_a_pipe_is_followed_line_by_line(recordings):
    """What `tcpdump -U -w - | ain decode - --fields` needs: a line is there before the capture ends."""
    octets = recordings["pcap"].read_bytes()
    words = [sys.executable, "-m", "ain_scp.ain", "decode", "-", "--fields"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        process.stdin.write(octets[: len(octets) // 2])
        process.stdin.flush()
        assert b"infoAnalyzed" in process.stdout.readline()
        assert process.poll() is None
        process.stdin.close()
        process.stdout.read()
