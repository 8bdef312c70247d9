"""tshark reads every message of the golden run as AIN or ISUP, with nothing malformed and no expert item.

SendNotification's operation code stands in no public list, so tshark calls it unknown; that one item, and nothing else, is
excepted.
"""

import os
import shutil
import subprocess

import pytest

from tests.kit.serving import ROOT

TSHARK = shutil.which("tshark")
OPTIONS = ["-o", "mtp3.standard:ANSI", "-o", "tcap.ssn:250"]
SEND_NOTIFICATION = "26373"

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(TSHARK is None, reason="tshark is not installed: apt install tshark"),
]


def tshark(capture, *arguments):
    done = subprocess.run(
        [TSHARK, "-n", "-r", str(capture), *OPTIONS, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.fixture(scope="module", params=["pcap", "pcapng"])
def capture(request, ain, tmp_path_factory):
    """The golden run as a capture."""
    target = tmp_path_factory.mktemp("gate") / f"golden.{request.param}"
    done = ain("run", "examples/golden/scenario.toml", "--pcap", target)
    assert done.returncode == 0
    return target


def test_nothing_is_malformed_and_only_send_notification_is_unknown(capture):
    fields = ["-T", "fields", "-e", "_ws.expert.message"]
    found = tshark(capture, "-Y", '_ws.expert.severity >= "Warning" || _ws.malformed', *fields)
    told = {line.split(",")[-1] for line in found}  # a packet's own comment (pcapng) stands before it
    assert told == {f"Unknown invokeData {SEND_NOTIFICATION}"}
    assert all(line.count(",") <= capture.name.endswith("pcapng") for line in found), found


def test_every_frame_is_read_up_to_ain_or_isup(capture):
    protocols = tshark(capture, "-T", "fields", "-e", "frame.protocols")
    assert len(protocols) > 100
    assert all(line.endswith(("ain", "isup")) or ":ain" in line or ":isup" in line for line in protocols), (
        protocols
    )


def test_the_flag_of_the_worked_call_is_in_the_answer(capture):
    found = tshark(capture, "-Y", "ain.amaslpid", "-T", "fields", "-e", "ain.amaslpid")
    assert any(
        "7608330010" in line.replace(":", "") or "0678330010" in line.replace(":", "") for line in found
    ), found[:3]


def test_the_profile_shows_who_called_whom_and_its_filters_are_filters(capture, tmp_path):
    """The shipped profile of Wireshark: its columns are filled, every colour and button has a filter that tshark takes."""
    profile = ROOT / "examples" / "operate" / "wireshark" / "AIN"
    home = tmp_path / "home" / ".config"
    shutil.copytree(profile, home / "wireshark" / "profiles" / "AIN")
    environment = {**os.environ, "HOME": str(home.parent), "XDG_CONFIG_HOME": str(home)}

    def shown(*arguments):
        words = [TSHARK, "-C", "AIN", "-n", "-r", str(capture), *arguments]
        done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment)
        assert [line for line in done.stderr.splitlines() if "dangerous" not in line] == []
        return done.stdout.splitlines()

    rows = shown("-Y", "ain.amaslpid", "-c", "20")
    assert any("9258341234,9257893412,4159215678" in row and "7608330030" in row for row in rows), rows
    colors = [
        line.split("@")[2]
        for line in (profile / "colorfilters").read_text().splitlines()
        if line.startswith("@")
    ]
    buttons = [
        line.split('","')[2]
        for line in (profile / "dfilter_buttons").read_text().splitlines()
        if line.startswith('"')
    ]
    assert len(colors) + len(buttons) == 10
    assert shown("-Y", " || ".join(f"({one})" for one in (*colors, *buttons)))
