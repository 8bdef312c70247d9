"""The outcome of scenarios as JUnit XML, which every CI system reads: a suite for each scenario, a case for each call.

`time` is simulated time, so equal runs give equal files. Expectations of a whole run are a case of their own, `run`. A scenario
that could not be read or run is a suite with one error.

Source: interfaces.md section 1; the form is that of the Ant and Maven tools, as CI systems read it.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

import msgspec

from ain_scp.ssp_sim.record import CallRecord
from ain_scp.ssp_sim.result import Summary
from ain_scp.terms.safe_text import printable, printable_lines
from ain_scp.terms.units import SECOND_NS


class Suite(msgspec.Struct, frozen=True):
    """One scenario: its calls and its summary, or why there are none."""

    name: str
    records: Sequence[CallRecord] = ()
    summary: Summary | None = None
    error: str = ""


def junit_text(suites: Sequence[Suite]) -> bytes:
    """The whole file."""
    root = ET.Element("testsuites")
    for suite in suites:
        _suite(root, suite)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _suite(root: ET.Element, suite: Suite) -> None:
    summary = suite.summary
    element = ET.SubElement(root, "testsuite", name=printable(suite.name))
    if summary is None:
        _counts(element, tests=1, failures=0, errors=1)
        case = ET.SubElement(element, "testcase", classname=printable(suite.name), name="run", time="0")
        ET.SubElement(case, "error", message=_text(suite.error.splitlines()[:1])).text = printable_lines(
            suite.error
        )
        return
    for record in suite.records:
        _case(element, suite.name, record.id, _seconds(record), record.failures)
    _case(element, suite.name, "run", 0.0, summary.failures)
    failed = summary.failed + bool(summary.failures)
    _counts(element, tests=len(suite.records) + 1, failures=failed, errors=0)


def _case(suite: ET.Element, classname: str, name: str, seconds: float, failures: Sequence[str]) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=printable(classname), name=printable(name), time=f"{seconds:.3f}"
    )
    if failures:
        failure = ET.SubElement(case, "failure", message=_text(failures[:1]))
        failure.text = "\n".join(printable(one) for one in failures)


def _counts(element: ET.Element, *, tests: int, failures: int, errors: int) -> None:
    for name, count in (("tests", tests), ("failures", failures), ("errors", errors), ("skipped", 0)):
        element.set(name, str(count))


def _seconds(record: CallRecord) -> float:
    end = record.released_ns
    return 0.0 if end is None else (end - record.placed_ns) / SECOND_NS


def _text(lines: Sequence[str]) -> str:
    return printable(lines[0]) if lines else ""
