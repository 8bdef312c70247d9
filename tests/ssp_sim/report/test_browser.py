"""The page in a real browser without a network: it opens, says nothing to the console, and its messages open."""

import itertools
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


def test_a_message_takes_thirty_pixels_and_says_how_long_it_waited(page: Any) -> None:
    """The ladder is the one of every page: 30 px a message, the time since the one before, heads that stay in sight (V12)."""
    page.go("call=C05")
    tops = page.value(
        "[...document.querySelectorAll('.rung .hit')].map((one) => Number(one.getAttribute('y')))"
    )
    assert {low - high for high, low in itertools.pairwise(tops)} == {30}
    said = page.value(
        "[...document.querySelectorAll('.rung')].map((one) => one.querySelector('text').textContent)"
    )
    assert said == ["+0", "+1.0 ms", "+4.0 ms", "+3.0 ms", "+1.0 ms"]
    assert page.value("getComputedStyle(document.querySelector('.ladder .heads')).position") == "sticky"


def test_the_decision_comes_before_the_messages_and_each_leads_to_the_other(page: Any) -> None:
    """What decided is what people come for: it stands first; its message opens from it, and leads back (V18)."""
    page.go("call=C05")
    top = "document.querySelector('{}').getBoundingClientRect().top"
    assert page.value(top.format("#leg1")) < page.value(top.format(".ladder"))
    page.click(".to-message")
    assert page.value("document.querySelector('.details h2').innerText") == "AnalyzeRoute"
    assert page.value("document.activeElement.dataset.message") == "3"
    page.click(".details .to-leg")
    assert page.value("document.activeElement.id") == "leg1"
    assert page.value(top.format("#leg1")) >= page.value(
        "document.querySelector('header').getBoundingClientRect().bottom"
    )


def test_the_skip_link_leads_to_the_content_and_leaves_the_view(page: Any) -> None:
    """Skipping the header of a call's page shows that call still, with the focus in the content (V16)."""
    page.go("call=C05")
    page.value("document.querySelector('.skip').click()")
    assert page.value("document.activeElement.id") == "main"
    assert page.value("location.hash") == "#call=C05"
    assert page.value("document.querySelectorAll('.rung').length") == 5


def test_facts_have_words_for_names_and_none_is_a_dash(page: Any) -> None:
    """Fields are called by what they mean, those that say nothing are left out (V17)."""
    page.go("call=C05")
    names = page.value("[...document.querySelectorAll('#main dt')].map((one) => one.textContent)")
    assert {"call type code", "AMAslpID", "record written", "charge (cents)"} <= set(names)
    assert not [name for name in names if "_" in name]
    said = page.value("[...document.querySelectorAll('#main dd')].map((one) => one.textContent)")
    assert not {"", "—"} & set(said)
    page.go("ama")
    assert page.value("document.querySelector('th:nth-child(2)').textContent") == "record written"


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
