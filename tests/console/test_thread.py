"""What a newcomer does, in a real browser: watch calls, change one row, see which calls change and why, approve, see the SCP reload."""

import pytest

from ain_scp.provisioning.digest import digest_of
from tests.console.conftest import ConsoleProcess

SERVED = "fetch('/api/live').then((answer) => answer.json()).then((frame) => frame.scp[0].digest)"
CLICK = "[...document.querySelectorAll({0!r})].find((one) => one.innerText.startsWith({1!r}))"


@pytest.fixture
def fresh(dataset, tmp_path):
    pytest.importorskip("uvicorn", reason="needs the extra web")
    started = ConsoleProcess(dataset, tmp_path / "workspace")
    yield started
    code, errors = started.end()
    assert errors == "data set reloaded\n" * 2  # what its SCP says
    assert code == 0


@pytest.mark.slow
def test_from_the_first_login_to_the_reload(fresh, network_browser):
    browser = network_browser
    browser.origins = (fresh.url,)
    browser.size(1440, 1000)

    def press(selector, text):
        found = CLICK.format(selector, text)
        browser.until(f"Boolean({found} && !{found}.disabled)")
        browser.value(f"{found}.click()")

    browser.open(f"{fresh.url}/live")
    browser.until("location.pathname === '/login' && document.querySelector('#code') !== null")
    browser.value(f"document.querySelector('#code').value = {fresh.code!r}")
    press("button", "Log in")
    browser.until("location.pathname === '/live' && document.querySelector('main')?.dataset.ready === '1'")
    assert browser.complaints() == []

    # Watch calls.
    browser.value("document.querySelector('select[aria-label=Speed]').value = 'max'")
    press("button", "Start a run")
    browser.until("document.querySelectorAll('.node').length > 10")
    browser.until("document.querySelectorAll('.vrow').length > 5")
    browser.until("document.querySelectorAll('.rung').length > 3")
    browser.until("document.body.innerText.includes('Golden calls, done')")
    assert browser.complaints() == []

    # Change one row.
    before = digest_of(fresh.dataset)
    table = fresh.dataset / "customers" / "GOLDEN" / "stations.csv"
    table.write_text(table.read_text().replace("9258341237,CENTREX,4", "9258341237,CENTREX,3"))
    after = digest_of(fresh.dataset)

    # See exactly which calls change, and why.
    browser.open(f"{fresh.url}/review")
    press("button", "Review this change")
    browser.until("document.querySelectorAll('.groups li').length > 0")
    text = browser.value("document.body.innerText")
    assert "Completed → Screened" in text
    assert "customers/GOLDEN/stations.csv" in text
    marks = browser.value("[...document.querySelectorAll('.diff mark')].map((one) => one.innerText)")
    assert marks == ["4", "3"]
    approve = CLICK.format("button", "Approve")
    assert browser.value(f"{approve}.disabled") is True

    # Approve it: only when every group was looked at.
    groups = browser.value("document.querySelectorAll('.groups li').length")
    for number in range(groups):
        browser.value(f"document.querySelectorAll('.groups input')[{number}].click()")
        browser.until(f"document.querySelectorAll('.groups input:checked').length === {number + 1}")
    browser.value("document.querySelector('.foot input').value = 'class 3 by request'")
    press("button", "Approve")
    browser.until("document.body.innerText.includes('approved by owner')")
    assert browser.value(SERVED) == before

    # See the SCP reload, and the way back.
    press("button", "Reload SCP")
    browser.until("document.body.innerText.includes('in use now')")
    assert browser.value(SERVED) == after
    press("button", "Back to")
    browser.until("!document.body.innerText.includes('in use now')")
    assert browser.value(SERVED) == before
    assert browser.complaints() == []
