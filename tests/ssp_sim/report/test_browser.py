"""The page in a real browser without a network: it opens, says nothing to the console, and its messages open."""

from pathlib import Path
from typing import Any

import pytest

from ain_scp.ssp_sim.report import Run, render

pytestmark = pytest.mark.interop


@pytest.fixture
def page(browser: Any, run: Run, tmp_path: Path) -> Any:
    """Open the report of the run at the size of a desk."""
    file = tmp_path / "report.html"
    file.write_text(render(run), "utf-8")
    browser.size(1300, 900)
    browser.open(file.as_uri())
    yield browser
    assert browser.complaints() == []


def test_it_opens_with_every_call(page: Any) -> None:
    """The table lists all calls, hostile ones as text, and the title is not taken over."""
    assert page.value("document.querySelectorAll('table.calls tbody tr').length") == 3
    assert page.value("document.title").startswith("Golden </script>")
    assert page.value("document.images.length") == 0


def test_clicking_a_message_shows_its_parameters(page: Any) -> None:
    """A click on an arrow opens the message with its fields, the decoded tree and the octets."""
    page.click("table.calls tbody tr a")
    page.value("new Promise(done => setTimeout(done, 50))")
    assert page.value("location.hash") == "#call=C05"
    page.click("[data-message='1']")
    text = page.value("document.querySelector('.details').innerText")
    for wanted in (
        "InfoAnalyzed",
        "step 2404",
        "CallingPartyID",
        "9258341234",
        "query with permission",
        "BearerCapability",
        "01 00",
    ):
        assert wanted in text
    assert page.value("document.querySelector(\"[data-message='1']\").getAttribute('aria-pressed')") == "true"
    page.click(".details button")
    assert page.value("document.querySelector('.details').hidden") is True
    assert len(page.picture()) > 10_000


def test_the_keyboard_is_enough(page: Any) -> None:
    """Arrow keys walk from message to message, Enter opens one."""
    page.go("call=C05")
    page.value("document.querySelector('.rung').focus()")
    page.press("ArrowDown")
    page.press("ArrowDown")
    page.press("Enter")
    assert page.value("document.querySelector('.details h2').innerText") == "AnalyzeRoute"


def test_hops_can_be_shown(page: Any) -> None:
    """The ladder joins hops through STPs until asked."""
    page.go("call=C05")
    assert page.value("document.querySelectorAll('.rung').length") == 5
    page.click(".split input[type=checkbox]")
    assert page.value("document.querySelectorAll('.rung').length") == 7
    page.click(".split input[type=checkbox]")


def test_the_links_of_a_call_carry_the_call_alone(page: Any) -> None:
    """The topology on a call's page counts that call's messages, not the run's (V3): the second call has one."""
    page.go("call=C05")
    titles = page.value(
        "[...document.querySelectorAll('path.wire title')].map((one) => one.textContent).join('|')"
    )
    assert "STP-LOCAL – SCP: 2 messages" in titles or "SCP – STP-LOCAL: 2 messages" in titles


def test_finding_calls(page: Any) -> None:
    """Searching and the failed-only box narrow the table."""
    rows = "document.querySelectorAll('table.calls tbody tr').length"
    page.value(
        "(() => { const e = document.querySelector('input[type=search]'); e.value = 'completed 9258341234'; e.dispatchEvent(new Event('input')); })()"
    )
    assert page.value(rows) == 1
    page.value(
        "(() => { const e = document.querySelector('input[type=search]'); e.value = ''; e.dispatchEvent(new Event('input')); })()"
    )
    page.click(".tools input[type=checkbox]")
    assert page.value(rows) == 1
    page.click(".tools input[type=checkbox]")
    page.click("th:nth-child(2) button")
    assert page.value("document.querySelector('th:nth-child(2)').getAttribute('aria-sort')") == "ascending"


@pytest.mark.parametrize(
    "view", ["topology", "latency", "facilities", "ama", "smdr", "call=C99", "call=%E0%A4%A", "nonsense"]
)
def test_every_view_opens(page: Any, view: str) -> None:
    """Each view shows something, also for an address that names nothing."""
    page.go(view)
    assert page.value("document.getElementById('main').innerText.length") > 10


def test_a_phone_needs_no_sideways_scrolling(page: Any) -> None:
    """At the width of a phone the page itself stays within the screen, in both themes."""
    page.size(390, 800)
    for view in ("topology", "latency", "facilities", "ama", "call=C05", "calls"):
        page.go(view)
        assert page.value("document.documentElement.scrollWidth <= innerWidth"), view
    before = page.value("getComputedStyle(document.documentElement).backgroundColor")
    page.click("#theme")
    assert page.value("getComputedStyle(document.documentElement).backgroundColor") != before
