"""What is packed beside the wheel: container file, unit, Debian files, lock files, bill of materials.

The builds themselves, in clean environments and roots, are `./dev dist`.
"""

import json
import os
import re
import shutil
import subprocess
import sysconfig
import threading
import tomllib
import zipfile
from pathlib import Path

import pytest

import container
import prebuilt
import proofs
import roots
import sbom

ROOT = Path(__file__).parent.parent
PLACE = ROOT / "distribution"
FILE = (PLACE / "Containerfile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = {name: (ROOT / name).read_text() for name in ("requirements-dev.lock", "distribution/run.lock")}


def test_the_container_file_is_as_it_should_be():
    assert container.lint(FILE) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("USER 999\n", "", "runs as root"),
        ("USER 999\n", "USER root\n", "runs as root"),
        ("debian:bookworm-slim\n", "debian\n", "no fixed version"),
        ("COPY distribution/run.lock /build/run.lock", "COPY . /build", "whole checkout"),
        (" --require-hashes", "", "without hashes"),
        (" && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \\\n", "", "lists of apt stay"),
        ("apt-get update \\\n && apt-get install", "apt-get install", "without an update"),
        ("-y --no-install-recommends", "-y", "--no-install-recommends"),
        ('ENTRYPOINT ["ain"]', "ENTRYPOINT ain", "a line for a shell"),
        ('ENTRYPOINT ["ain"]', "", "no ENTRYPOINT"),
        ("HEALTHCHECK --interval=10s", "LABEL --interval=10s", "no HEALTHCHECK"),
        ("WORKDIR /records", "ADD x /", "ADD is unknown"),
        ("WORKDIR /records", "RUN wget x", "fetches what has no digest"),
    ],
)
def test_each_rule_of_ours_sees_its_fault(old, new, said):
    assert old in FILE
    assert said in "; ".join(container.lint(FILE.replace(old, new)))


def test_one_stage_is_refused():
    assert container.lint(FILE.split("\nFROM")[0]) == ["one stage: what builds stays in the image"]


def test_the_health_check_asks_the_door_that_the_command_opens():
    last = {step.word: step.text for step in container.read(FILE)}
    assert "127.0.0.1:9464" in container.words_of(last["CMD"])
    assert "http://127.0.0.1:9464/health" in container.words_of(last["HEALTHCHECK"])[2]


@pytest.mark.interop
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_unit_is_understood_and_shut(tmp_path):
    """Told a program that is there, systemd-analyze has nothing to say; the exposure is low."""
    text = (PLACE / "ain.service").read_text().replace("/opt/ain-scp/bin/ain", "/bin/true")
    (tmp_path / "ain.service").write_text(text)
    words = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", tmp_path / "ain.service"]
    verified = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "ain.service" not in verified.stderr, verified.stderr
    words = ["systemd-analyze", "security", "--offline=true", "--no-pager", tmp_path / "ain.service"]
    rated = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert float(re.search(r"exposure level for ain.service: ([\d.]+)", rated)[1]) <= roots.MOST_EXPOSED


def test_the_options_of_the_unit_are_options_of_ain_serve(ain):
    options = re.search(r"^AIN_OPTIONS=(.*)$", (PLACE / "debian/ain-scp.default").read_text(), re.MULTILINE)[
        1
    ]
    known = ain("serve", "--help").stdout
    assert all(word in known for word in options.split() if word.startswith("--"))


def test_the_debian_version_is_that_of_the_project():
    first = (PLACE / "debian/changelog").read_text().split()[1]
    assert first.strip("()").rpartition("-")[0] == PROJECT["version"]


def test_locks_pin_each_package_with_its_hashes():
    for name, text in LOCKS.items():
        pins = sbom.pins(text)
        assert len(pins) > 20, name
        assert [pin[0] for pin in pins if not pin[3]] == [], name


def test_the_locks_have_what_the_project_asks_for():
    dev, run = ({pin[0] for pin in sbom.pins(text)} for text in LOCKS.values())
    extras = PROJECT["optional-dependencies"]

    def names(*chosen):
        rows = [row for extra in chosen for row in extras[extra] if not row.startswith("ain-scp")]
        return {re.match(r"[\w-]+", row)[0].lower() for row in rows}

    assert (
        names("dev", "dist", "mqtt", "tickets", "web", "serial", "pdf", "interop", "cluster", "postgres")
        <= dev
    )
    assert names("mqtt", "tickets", "web", "serial") | {"click", "librt", "msgspec", "numpy", "rich"} <= run
    assert not {"pytest", "mypy", "scapy"} & run


def test_the_bill_of_materials_names_each_pin_once_and_is_the_same_each_time():
    lock = LOCKS["distribution/run.lock"]
    bill = json.loads(sbom.text(lock, "0.1.0"))
    assert [(part["name"], part["version"]) for part in bill["components"]] == [
        pin[:2] for pin in sbom.pins(lock)
    ]
    assert bill["dependencies"][0]["dependsOn"] == [part["bom-ref"] for part in bill["components"]]
    assert sbom.text(lock, "0.1.0") == sbom.text(lock, "0.1.0") != sbom.text(lock, "0.1.1")


@pytest.fixture
def steps(monkeypatch, tmp_path):
    """A function: what each step does by name -> exit code; the steps write down when they begin."""
    begun, lock = [], threading.Lock()

    def play(asked=(), **acts):
        def step(name, act):
            def one(work):
                assert list(work.iterdir()) == []
                (work / "left").touch()
                with lock:
                    begun.append(name)
                act()

            one.__name__ = name
            return one

        monkeypatch.setattr(proofs, "OUT", tmp_path)
        monkeypatch.setattr(proofs, "STEPS", {name: step(name, act) for name, act in acts.items()})
        return proofs.main(list(asked)), begun

    return play


def failing():
    raise RuntimeError("a mirror did not answer")


def absent():
    raise roots.Absent("apt install mmdebstrap")


def nothing():
    """A step that is content."""


def test_a_step_begins_when_those_that_it_needs_have_ended(steps, capsys):
    """And beside one that it does not need: the compiled build waits here until the bounds have begun."""
    bounds_begun = threading.Event()
    code, begun = steps(
        pure=nothing, compiled=lambda: bounds_begun.wait(60), bounds=bounds_begun.set, debian=nothing
    )
    assert (code, begun[-2:], set(begun[:2])) == (0, ["bounds", "debian"], {"pure", "compiled"})
    assert bounds_begun.is_set()
    assert "dist: 4 ok, 0 skipped, 0 failed; " in capsys.readouterr().out


def test_a_step_that_fails_is_done_once_more_in_an_empty_folder_and_one_that_is_skipped_is_not(steps, capsys):
    code, begun = steps(pure=failing, debian=absent, container=nothing)
    assert (code, sorted(begun)) == (1, ["container", "debian", "pure", "pure"])
    said = capsys.readouterr().out
    assert "again pure, which failed: a mirror did not answer\n" in said
    assert "skipped debian, 0 s: apt install mmdebstrap\n" in said
    assert "dist: 1 ok, 1 skipped, 1 failed; " in said


def test_only_the_steps_that_are_asked_for_are_done(steps, capsys):
    assert steps(["bounds"], pure=failing, bounds=nothing) == (0, ["bounds"])
    assert steps(["bound"], pure=failing, bounds=nothing)[0] == 2
    assert "no such step: bound; there are pure, bounds" in capsys.readouterr().out


SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")


@pytest.fixture
def built(tmp_path):
    """A checkout of two files and dist/ with the wheel that was built of it."""
    (checkout := tmp_path / "checkout").joinpath("src/ain_scp/scp").mkdir(parents=True)
    (checkout / "setup.py").touch()
    out = tmp_path / "dist"
    out.mkdir()
    with zipfile.ZipFile(out / "ain_scp-0.1.0-cp311.whl", "w") as wheel:
        for name in ("ain_scp/__init__.py", "ain_scp/scp/node.py"):
            (checkout / "src" / name).write_text(name)
            wheel.writestr(name, name)
        wheel.writestr("ain_scp/examples/call.py", "stands elsewhere in a checkout")
        wheel.writestr(f"ain_scp/scp/node{SUFFIX}", b"compiled")
        wheel.writestr(f"part__mypyc{SUFFIX}", b"compiled, too")
    return checkout, out


def modules_in(checkout):
    return {str(path.relative_to(checkout)) for path in checkout.rglob(f"*{SUFFIX}")}


def test_a_wheel_of_the_same_sources_gives_its_modules(built):
    checkout, out = built
    assert prebuilt.main(checkout, out) == 0
    assert modules_in(checkout) == {f"src/ain_scp/scp/node{SUFFIX}", f"src/part__mypyc{SUFFIX}"}


@pytest.mark.parametrize("what", ["changed", "gone", "newer setup", "another Python", "pure", "none"])
def test_any_other_wheel_gives_none(what, built):
    checkout, out = built
    node, (wheel,) = checkout / "src/ain_scp/scp/node.py", out.iterdir()
    if what == "changed":
        node.write_text("ain_scp/scp/node.py\n")
    elif what == "gone":
        node.unlink()
    elif what == "newer setup":
        os.utime(checkout / "setup.py", (2e9, 2e9))
    elif what == "none":
        wheel.unlink()
    else:
        with zipfile.ZipFile(wheel) as old:
            kept = {name: old.read(name) for name in old.namelist()}
        with zipfile.ZipFile(wheel, "w") as new:
            for name, octets in kept.items():
                if not name.endswith(SUFFIX):
                    new.writestr(name, octets)
                elif what == "another Python":
                    new.writestr(name.replace(SUFFIX, ".cpython-39-x86_64-linux-gnu.so"), octets)
    assert prebuilt.main(checkout, out) == 1
    assert modules_in(checkout) == set()
