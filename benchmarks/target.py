"""What a section of RESULTS.md is asked for, and how it runs a script that measures.

Source: performance.md section 8.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent


class Target(NamedTuple):
    """What is asked for, what is aimed at, and what was found; `found` None when it could not be measured."""

    what: str
    asked: float
    aim: float
    found: float | None
    why: str = ""
    most: bool = False
    """Whether less is better."""
    floor: float | None = None
    """What a bare Python loop reaches that only receives and sends; no server in Python can be better."""
    bare: float | None = None
    """What the node reaches in such a loop."""

    def verdict(self):
        """In words."""
        if self.found is None:
            return self.why or "not measured"
        ahead = (lambda bar: self.found <= bar) if self.most else (lambda bar: self.found >= bar)
        return "aim reached" if ahead(self.aim) else "met" if ahead(self.asked) else "**not met**"

    def figure(self):
        """What was found, with so many decimals that it is told apart from what is asked."""
        return self._told(self.found)

    def _told(self, figure):
        if figure is None:
            return ""
        apart = (
            places for places in (2, 3, 4) if figure == self.asked or round(figure, places) != self.asked
        )
        return f"{figure:,.{next(apart, 5)}f}"

    def row(self):
        """One row of the table of targets."""
        sign = "<=" if self.most else ">="
        return f"| {self.what} | {sign} {self.asked:,.2f} | {self.aim:,.2f} | {self._told(self.floor)} | {self._told(self.bare)} | {self.figure()} | {self.verdict()} |"

    def line(self):
        """What is asked and what was found, for a terminal."""
        sign = "<=" if self.most else ">="
        return f"{self.what}: asked {sign} {self.asked:,.2f}, found {self.figure() or 'nothing'}"


def script(name, *words, python=sys.executable):
    """Run one of the scripts beside this file with --json, by one Python; (what it found, what it said)."""
    with tempfile.TemporaryDirectory(prefix="ain-results-") as work:
        report = Path(work) / "found.json"
        command = [python, str(ROOT / "benchmarks" / name), *map(str, words), "--json", str(report)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        said = (done.stdout.strip() or done.stderr.strip()).splitlines()
        if done.returncode:
            raise SystemExit(f"{name}: {(done.stderr.strip().splitlines() or said or ['failed'])[-1]}")
        return json.loads(report.read_text()) if report.exists() else None, said


def compiled_words(options):
    """The word that hands a compiled installation on."""
    return ["--compiled", options.compiled] if options.compiled else []
