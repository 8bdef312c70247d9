"""What is packed beside the wheel: container file, unit, Debian files, lock files, bill of materials.

The builds themselves, in clean environments and roots, are `./dev dist`.
"""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

import container
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
