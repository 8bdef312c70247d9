"""The commands of the services beside the dialing plan's: ask, import, compare, switch, explain, demo."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ROOT / "examples" / "services"


@pytest.fixture
def dataset(tmp_path):
    root = tmp_path / "set"
    shutil.copytree(SERVICES, root, copy_function=shutil.copyfile)
    return root


@pytest.fixture
def server(dataset):
    """A server on the data set: its address and process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ain_scp.ain", "serve", str(dataset), "--udp", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    words = process.stdout.readline().split()
    assert words[:2] == ["ready", "udp"]
    yield f"udp://{words[2]}", process
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    process.stdout.close()


def test_a_number_is_asked_over_the_wire_and_a_changed_row_changes_the_answer(ain, server, dataset):
    target, process = server
    done = ain("lnp", "ask", "2135551234", "--from", "9258341277", "--target", target)
    assert done.returncode == 0, done.stderr
    assert "ported, routing number 3235550000" in done.stdout
    assert "calledPartyID" in done.stdout
    assert "answer 0100010" in done.stdout
    done = ain("lnp", "ask", "2135551299", "--target", target, "--json")
    answer = json.loads(done.stdout)
    assert (answer["routing_number"], answer["ported"]) == ("2135551299", False)
    table = dataset / "services" / "lnp" / "ported.csv"
    table.write_text(table.read_text().replace("2135551234,3235550000", "2135551234,6265550000"))
    process.send_signal(signal.SIGHUP)
    for _ in range(100):
        done = ain("lnp", "ask", "2135551234", "--target", target, "--json")
        if json.loads(done.stdout)["routing_number"] == "6265550000":
            break
    else:
        pytest.fail("the row is not in force")


def test_a_refusal_and_silence_have_their_own_exit_codes(ain, server):
    target, _process = server
    done = ain("lnp", "ask", "213555123", "--target", target)
    assert (done.returncode, "no routing" in done.stdout) == (1, True)
    done = ain("lnp", "ask", "2135551234", "--target", "udp://127.0.0.1:9", "--timeout-ms", "200")
    assert (done.returncode, "no answer within 200 ms" in done.stderr) == (2, True)
    assert ain("lnp", "ask", "213-55", "--target", target).returncode == 2
    assert ain("lnp", "ask", "2135551234", "--target", "127.0.0.1:1").returncode == 2


def test_a_download_becomes_tables_and_every_wrong_line_is_named(ain, tmp_path):
    good = tmp_path / "good.txt"
    good.write_text(
        "1|2135551777|6265550000|7891|20010117000000||x|\r\n2|2135553|3235550000|7890|20010117000000|\n"
    )
    out = tmp_path / "out"
    assert ain("lnp", "import", good, "--out", out).returncode == 0
    assert (out / "ported.csv").read_text() == "number,lrn,spid\n2135551777,6265550000,7891\n"
    assert (out / "blocks.csv").read_text() == "block,lrn,spid\n2135553,3235550000,7890\n"
    bad = tmp_path / "bad.txt"
    bad.write_text(
        "1|213555177|6265550000|7891|20010117000000\n2|2135551777|626|7891|20010117000000\nnothing\n"
    )
    done = ain("lnp", "import", bad, "--out", tmp_path / "none")
    assert done.returncode == 2
    assert [line.rpartition("bad.txt:")[2][:1] for line in done.stderr.splitlines()] == ["1", "2", "3"]
    assert not (tmp_path / "none").exists()


def test_the_difference_of_two_tables_is_a_delta_that_makes_one_of_the_other(ain, dataset, tmp_path):
    new = tmp_path / "new.csv"
    new.write_text(
        "number,lrn,spid\n2135551234,9258340000,\n2135551777,6265550000,7891\n4159212999,5105550000,9003\n"
        "9258349999,9257880000,9004\n2135552345,6265550000,7891\n2135552400,4159210000,9003\n9257884999,9258340000,\n"
    )
    done = ain("lnp", "diff", dataset, new)
    assert done.stderr == "7 numbers before, 7 now: 1 added, 1 changed, 1 removed\n"
    (dataset / "services" / "lnp" / "delta").mkdir()
    (dataset / "services" / "lnp" / "delta" / "1.csv").write_text(done.stdout)
    assert ain("check", dataset).returncode == 0
    for number, lrn in (
        ("2135551234", "9258340000"),
        ("2135551777", "6265550000"),
        ("2135551235", "2135551235"),
    ):
        answer = json.loads(ain("explain", dataset, "--service", "LNP", "--called", number, "--json").stdout)
        assert answer["decision"]["response"]["called_party_id"] == lrn


def test_a_toll_free_number_is_switched_by_one_row(ain, dataset):
    file = dataset / "services" / "tollfree" / "records.csv"
    before = file.read_text().splitlines()
    assert ain("tollfree", "switch", dataset, "800-555-1000", "--template", "T-LATA").returncode == 0
    after = file.read_text().splitlines()
    assert [line for line in after if line not in before] == ["8005551000,WORKING,LEC,0222,,T-LATA"]
    assert ain("check", dataset).returncode == 0
    done = ain("tollfree", "switch", dataset, "8005551000", "--template", "T-LATTA")
    assert (done.returncode, "did you mean T-LATA?" in done.stderr) == (2, True)
    assert ain("tollfree", "switch", dataset, "8005550000", "--template", "T-LATA").returncode == 2


def test_explain_hides_names_unless_they_are_asked_for(ain):
    words = [
        "explain",
        SERVICES,
        "--service",
        "TERMINATING",
        "--called",
        "9257884060",
        "--from",
        "4155550101",
    ]
    hidden, shown = ain(*words).stdout, ain(*words, "--show-names").stdout
    assert "SMITH" not in hidden
    assert "SMITH JOHN" in shown


def test_explain_draws_a_template_and_refuses_what_has_no_effect(ain, tmp_path):
    picture = tmp_path / "template.txt"
    words = ["explain", SERVICES, "--service", "TOLLFREE", "--called", "8005551002", "--graph", picture]
    assert ain(*words).returncode == 0
    assert "if from LATA 730 -> 2135550100 0333" in picture.read_text()
    assert ain("explain", SERVICES, "--service", "LNP").returncode == 2
    assert ain("explain", SERVICES, "--service", "LNP", "--called", "-").returncode == 2
    assert (
        ain("explain", SERVICES, "--service", "LNP", "--called", "2135551234", "--dial", "1").returncode == 2
    )
    assert ain("explain", SERVICES, "--service", "LPN", "--called", "2135551234").returncode == 2
    assert (
        ain("explain", ROOT / "examples" / "golden", "--service", "LNP", "--called", "2135551234").returncode
        == 2
    )


def test_the_demo_plays(ain):
    done = ain("demo", "services")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall("[0-9]+ passed, 0 failed", done.stdout) == [
        "10 passed, 0 failed",
        "2 passed, 0 failed",
        "3 passed, 0 failed",
    ]


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed: apt install tshark")
def test_a_run_of_the_services_is_clean_for_tshark(ain, tmp_path):
    for name in ("scenario.toml", "scenario-hours.toml", "scenario-failures.toml"):
        capture = tmp_path / f"{name}.pcap"
        assert ain("run", SERVICES / name, "--pcap", capture).returncode == 0
        options = ["-o", "mtp3.standard:ANSI", "-o", "tcap.ssn:250"]
        gate = '_ws.expert.severity >= "Warning" || _ws.malformed'
        environment = os.environ | {"HOME": str(tmp_path)}
        found = subprocess.run(
            ["tshark", "-n", "-r", capture, *options, "-Y", gate],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
        assert found.stdout == ""
        fields = subprocess.run(
            ["tshark", "-n", "-r", capture, *options, "-Y", "ain", "-T", "fields", "-e", "ansi_tcap.private"],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
        )
        assert "25603" in fields.stdout


PAGE = ROOT / "docs" / "services.md"


def test_the_page_can_be_taken_step_by_step_from_itself_alone(tmp_path):
    """Every command of its sh blocks, in order, in an empty directory with `examples`."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    binary = tmp_path / "bin" / "ain"
    binary.parent.mkdir()
    binary.write_text(f'#!/bin/sh\nexec {sys.executable} -m ain_scp.ain "$@"\n')
    binary.chmod(0o755)
    environment = {**os.environ, "PATH": f"{binary.parent}:{os.environ['PATH']}", "NO_COLOR": "1"}
    commands = [
        line
        for block in re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]
    assert len(commands) == 24
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        port = str(one.getsockname()[1])  # the page's own may be taken here
    ended = False
    try:
        for command in commands:
            done = subprocess.run(
                ["/bin/sh", "-c", command.replace("29051", port)],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        ended = True
    finally:
        if not ended and (tmp_path / "pid").exists():  # the last command ends it
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def test_what_is_unconfirmed_says_so_at_the_place_that_the_page_names():
    table = PAGE.read_text().partition("## Unconfirmed")[2]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 12
    for row in rows:
        file, name = re.search(r"`([a-z_/]+\.py)`, `(\w+)` \|$", row).groups()
        _, found, place = re.split(
            rf"^ *((?:def |class )?{name}\b)", (ROOT / file).read_text(), maxsplit=1, flags=re.MULTILINE
        )
        assert found, row
        assert "unconfirmed" in place[:700], row


def test_a_delta_alone_is_taken_without_loading_the_rest_and_wholly_or_not_at_all(ain, dataset, tmp_path):
    for path in dataset.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    log = tmp_path / "log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "ain_scp.ain", "serve", str(dataset), "--udp", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        target = f"udp://{process.stdout.readline().split()[2]}"

        def routing(number):
            done = ain("lnp", "ask", number, "--target", target, "--json")
            return json.loads(done.stdout)["routing_number"]

        def reload():
            before = log.read_text().count("reloaded")
            process.send_signal(signal.SIGHUP)
            for _ in range(200):
                if log.read_text().count("reloaded") > before:
                    return
                time.sleep(0.05)
            pytest.fail("no reload")

        folder = dataset / "services" / "lnp" / "delta"
        folder.mkdir()
        (folder / "1.csv").write_text(
            "action,number,lrn,spid\nADD,2135551777,6265550000,\nDEL,2135551235,,\n"
        )
        reload()
        assert (routing("2135551777"), routing("2135551235")) == ("6265550000", "2135551235")
        (folder / "2.csv").write_text("action,number,lrn,spid\nMOD,2135551777,9258340000,\nADD,213555,1,\n")
        reload()
        assert "LNP-01" in log.read_text()
        assert (routing("2135551777"), routing("2135551234")) == ("6265550000", "3235550000")
        (folder / "2.csv").write_text("action,number,lrn,spid\nMOD,2135551777,9258340000,\n")
        reload()
        assert routing("2135551777") == "9258340000"
        assert "LNP-12" not in log.read_text()
        (folder / "3.csv").write_text(
            "action,number,lrn,spid\nADD,2135551777,6265550000,\nDEL,2135551778,,\n"
        )
        reload()
        told = [line for line in log.read_text().splitlines() if "LNP-12" in line]
        assert len(told) == 1
        assert told[0].startswith("services/lnp/delta/3.csv:2: 5: warning: ADD 2135551777: there already")
        assert routing("2135551777") == "6265550000"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        process.stdout.close()


def test_answers_of_number_portability_are_counted_by_what_they_lead_to_and_who_asked(ain, dataset):
    import urllib.request

    words = [
        "serve",
        str(dataset),
        "--udp",
        "127.0.0.1:0",
        "--metrics",
        "127.0.0.1:0",
        "--lnp-measurements",
        "--json",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "ain_scp.ain", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        ready = json.loads(process.stdout.readline())
        for number in ("2135551234", "2135551299", "2135552999"):
            ain("lnp", "ask", number, "--target", f"udp://{ready['udp']}")
        with urllib.request.urlopen(f"http://{ready['http']}/metrics", timeout=20) as answer:
            text = answer.read().decode()
        counts = dict(
            line.removeprefix("ain_scp_lnp_answers_total").rsplit(" ", 1)
            for line in text.splitlines()
            if line.startswith("ain_scp_lnp_answers_total{")
        )
        assert counts['{kind="lrn",name="3235550000"}'] == "2"
        assert counts['{kind="npanxx",name="213555"}'] == "3"
        assert [count for name, count in counts.items() if 'kind="switch"' in name] == ["3"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        process.stdout.close()
    done = ain("serve", dataset, "--workers", "2", "--lnp-measurements")
    assert (done.returncode, "one process" in done.stderr) == (2, True)
