"""Measures and writes benchmarks/RESULTS.md: machine, targets met or not, one section for each kind of measurement.

Run: python benchmarks/results.py --compile          everything, with a compiled installation made in a temporary folder
     python benchmarks/results.py --compiled PYTHON   the same with an installation that is there
     python benchmarks/results.py --only NAME ...     these sections again; the others keep their figures, commit and date
     python benchmarks/results.py --short --compile   the sections that say what a call costs, in less than twenty minutes
     python benchmarks/results.py --quick --output F  everything in its shortest form, to see that it works
     python benchmarks/results.py --list              the sections and their time limits

Every section is measured by a process of its own with a time limit; the file is written after each, so what was measured is
kept whatever happens later. A section that fails or runs out of time keeps its former figures and says so. Nothing in the
file is typed: what cannot be measured here (a missing peer, a machine too busy) is said in its place, and so is every target
that is not met.

Source: D-004, performance.md section 8.
"""

import argparse
import functools
import json
import os
import platform
import re
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from benchmarks.compiled import compiled_installation, mode_of  # noqa: E402 - runs from a checkout
from benchmarks.sections import SECTIONS, Target  # noqa: E402

LEAST_S = 10.0
SHORT = ("server", "sctp", "former", "latency", "cold", "services", "replay", "hour", "overload", "records")
"""What a call costs, in every condition; the other sections measure parts, and change with them alone."""
FLOORS = (
    "Floor: what a bare Python loop reaches in the same run that receives and sends, and does nothing else. Bare node: such a loop "
    "around the node alone. What is asked beyond the floor, no server in Python reaches on this machine; beyond the bare node, no edge does."
)
SHORT_CYCLES, SHORT_MINUTES = 10, 17.0
MARK = re.compile(r"^<!-- section (\w+) (\{.*\}) -->$", re.MULTILINE)


@functools.cache
def machine():
    """What this machine and this Python are, in words; how the package runs in it (interpreted, if nothing is amiss)."""
    model = "unknown"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"^model name\s*:\s*(.*)$", cpuinfo.read_text(), re.MULTILINE)
        model = found.group(1) if found else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    optimised = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    return {
        "processor": f"{model}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GiB",
        "kernel": platform.release(),
        "Python": f"{platform.python_version()}, built {'with' if optimised else 'without'} --enable-optimizations",
        "package": mode_of(sys.executable) or "not installed",
    }


def commit():
    """The commit measured, `+` when the checkout differs from it in what it runs."""
    words = ["git", "rev-parse", "--short", "HEAD"]
    name = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False).stdout.strip()
    changed = ["git", "status", "--porcelain", "--untracked-files=no", "--", "*.py", "*.c"]
    dirty = subprocess.run(changed, capture_output=True, text=True, cwd=ROOT, check=False).stdout.strip()
    return (name or "unknown") + ("+" if dirty else "")


class Section:
    """One section of the file: what it says, what it says about targets, and where it comes from."""

    def __init__(self, name, facts, lines):
        self.name = name
        self.facts = facts
        self.lines = lines

    def targets(self):
        """The targets it judges."""
        return [Target(**one) for one in self.facts.get("targets", [])]

    def text(self):
        """The section as it stands in the file."""
        title, facts = SECTIONS[self.name].title, self.facts
        origin = f"Commit {facts['commit']}, {facts['when']}, load {facts['load']}, {facts['seconds']} s."
        if facts["machine"] != machine():
            origin += " Another machine: " + "; ".join(facts["machine"].values()) + "."
        if facts["quick"]:
            origin += " **Short form, to see that it works: these figures say nothing.**"
        note = [f"**Not measured again at {facts['failed']}**", ""] if facts.get("failed") else []
        mark = f"<!-- section {self.name} {json.dumps(facts, sort_keys=True)} -->"
        return "\n".join([mark, f"## {title}", "", origin, "", *note, *self.lines]).rstrip() + "\n"


def kept(path):
    """The sections of a file written before, by name."""
    if not path.exists():
        return {}
    pieces = MARK.split(path.read_text())
    found = {}
    for name, facts, body in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        if name not in SECTIONS:
            continue
        lines = body.strip().splitlines()[4:]
        known = json.loads(facts)
        if known.pop("failed", None):
            lines = lines[2:]
        found[name] = Section(name, known, lines)
    return found


def measured(name, options, seconds):
    """Run one section in a process of its own; (its lines, its targets, why it is not complete)."""
    words = [sys.executable, str(Path(__file__)), "--section", name, "--numbers", str(options.numbers)]
    words += ["--cycles", str(options.cycles), *(["--quick"] if options.quick else [])]
    words += ["--compiled", options.compiled] if options.compiled else []
    with (
        tempfile.TemporaryFile("w+") as said,
        tempfile.TemporaryFile("w+") as wrong,
        tempfile.TemporaryDirectory(prefix="ain-results-", ignore_cleanup_errors=True) as scratch,
    ):
        around = os.environ | {"TMPDIR": scratch}  # so that a process that is ended leaves no files
        child = subprocess.Popen(
            words, stdout=said, stderr=wrong, cwd=ROOT, env=around, start_new_session=True
        )
        fault = ""
        try:
            if child.wait(seconds) != 0:
                wrong.seek(0)
                fault = ((wrong.read().strip().splitlines() or ["no reason given"])[-1])[:300]
        except subprocess.TimeoutExpired:
            fault = f"not finished within {seconds:.0f} s"
        finally:
            _end_all(child)
        said.seek(0)
        pieces = [json.loads(line) for line in said.read().splitlines() if line.endswith("}")]
    lines = [one["line"] for one in pieces if "line" in one]
    return lines, [one["target"] for one in pieces if "target" in one], fault


def _end_all(child):
    """End the process and all that it started."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, sign)
        except ProcessLookupError:
            break
        time.sleep(0.5)
    child.wait()


def refreshed(name, options, seconds, former):
    """A section measured now; the former one with a note when that fails."""
    load = " ".join(f"{one:.2f}" for one in os.getloadavg())
    when, began = time.strftime("%Y-%m-%d %H:%M:%S %z"), time.monotonic()
    lines, targets, fault = measured(name, options, seconds)
    if fault and former is not None:
        former.facts["failed"] = f"{when} (commit {commit()}): {fault}"
        return former, fault
    if fault:
        lines = [*lines, "", f"**Not complete: {fault}**"]
    facts = {
        "commit": commit(),
        "when": when,
        "load": load,
        "seconds": round(time.monotonic() - began),
        "machine": machine(),
        "quick": options.quick,
        "targets": targets,
    }
    return Section(name, facts, lines), fault


def write(path, sections):
    """Write the file: the head, the targets of all sections, the sections in their order."""
    lines = [
        "# Results",
        "",
        "Written by `python benchmarks/results.py`. Ratios within one run count; absolute times belong to one machine.",
        "",
    ]
    lines += ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in machine().items()), ""]
    lines += ["## Targets", "", FLOORS, ""]
    lines += ["| what | asked | aim | floor | bare node | found | |", "|---|---|---|---|---|---|---|"]
    ordered = [sections[name] for name in SECTIONS if name in sections]
    lines += [one.row() for section in ordered for one in section.targets()]
    text = "\n".join(lines) + "\n\n" + "\n".join(section.text() for section in ordered)
    scratch = path.with_name(path.name + ".new")
    scratch.write_text(text)
    scratch.replace(path)


def arguments():
    """What the command takes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--compiled", help="PYTHON of an environment with the compiled package")
    parser.add_argument(
        "--compile", action="store_true", help="make such an environment in a temporary folder"
    )
    parser.add_argument("--numbers", type=int, default=1_000_000, help="size of the servers' plan")
    parser.add_argument(
        "--cycles", type=int, default=25, help="undisturbed cycles of the servers side by side"
    )
    parser.add_argument(
        "--only", nargs="+", choices=list(SECTIONS), metavar="SECTION", help="measure only these"
    )
    parser.add_argument("--quick", action="store_true", help="the shortest form of everything")
    parser.add_argument(
        "--short",
        action="store_true",
        help=f"{', '.join(SHORT)} with fewer cycles, in {SHORT_MINUTES:g} minutes",
    )
    parser.add_argument("--minutes", type=float, default=23.0, help="time for all sections together")
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks" / "RESULTS.md")
    parser.add_argument("--list", action="store_true", help="name the sections")
    parser.add_argument("--section", choices=list(SECTIONS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.numbers, options.cycles = min(options.numbers, 20_000), min(options.cycles, 8)
    if options.short:
        options.only = options.only or SHORT
        options.cycles = min(options.cycles, SHORT_CYCLES)
        options.minutes = min(options.minutes, SHORT_MINUTES)
    return options


def say(options):
    """Measure one section here and print its lines and targets, a JSON object each, as they come."""
    for one in SECTIONS[options.section].make(options):
        print(json.dumps({"target": one._asdict()} if isinstance(one, Target) else {"line": one}), flush=True)


def main():
    """Measure and write; exit status 1 when a section is not complete."""
    options = arguments()
    if options.section:
        say(options)
        return
    if options.list:
        for name, section in SECTIONS.items():
            print(f"{name:10} {section.seconds:4.0f} s  {section.title}")
        return
    with compiled_installation(ROOT, wanted=options.compile) as python:
        options.compiled = python or options.compiled
        sections, until, faults = kept(options.output), time.monotonic() + 60 * options.minutes, 0
        for name in options.only or SECTIONS:
            seconds = min(SECTIONS[name].seconds, until - time.monotonic())
            if seconds < LEAST_S:
                print(f"{name}: no time left")
                faults += 1
                continue
            sections[name], fault = refreshed(name, options, seconds, sections.get(name))
            faults += bool(fault)
            print(f"{name}: {fault or str(sections[name].facts['seconds']) + ' s'}", flush=True)
            write(options.output, sections)
    print(options.output)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
