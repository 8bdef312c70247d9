"""Every page in a real browser, light and dark, wide and narrow: no violation of axe, no complaint, nothing beyond the edge.

Hostile names come from a scenario and appear as text; nothing is asked of another origin.
"""

import importlib.resources
import json
import socket

import pytest

from tests.console.conftest import ConsoleProcess
from tests.kit.query import query_octets

HOSTILE = "</script><img src=x onerror=\"document.title='owned'\">"
READY = "document.querySelector('main')?.dataset.ready === '1'"
RULES = "['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']"
EXPLAIN = "/explain?from=9258341237&dial=9+12127770100"
EMPTY = ("/live", "/messages", "/calls", "/review", "/traffic", "/explain")
FULL = (
    "/live", "/messages", "/messages/SCP/0-1", "/calls", "/progress", "/calls/RUN/C01", "/calls/RUN/C15", EXPLAIN, "/data", "/data/table?name=customers/GOLDEN/mdp.csv&row=7",
    "/data/table?name=customers/GOLDEN/rtl.toml", "/data/number/9258341237", "/data/number/1", "/review", "/review/REVIEW", "/audit",
    "/me", "/traffic",
)  # fmt: skip
WRONG = (
    "/explain?from=1&dial=2",
    "/nothing",
    "/calls/none/none",
    "/review/none",
    "/messages/SCP/none",
    "/data/table?name=none",
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory, network_browser):
    """A console and a browser that is logged in, with a function that opens a page."""
    import shutil

    from tests.console.conftest import ROOT

    pytest.importorskip("uvicorn", reason="needs the extra web")
    place = tmp_path_factory.mktemp("pages")
    dataset = shutil.copytree(ROOT / "examples" / "golden", place / "golden")
    console = ConsoleProcess(dataset, place / "workspace")
    assert console.login() == 200
    browser = network_browser
    browser.origins = (console.url,)
    browser.ask("Emulation.setUserAgentOverride", userAgent="test")
    name, _, value = console.cookie.partition("=")
    browser.ask(
        "Network.setCookie",
        url=console.url,
        name=name,
        value=value,
        httpOnly=True,
        sameSite="Strict",
        path="/",
    )
    yield console, browser
    console.end()


def ask(console, octets):
    """Ask the console's own SCP over UDP, and wait until its tap has shown it."""
    host, _, port = console.read("/me")["scps"][0]["udp"].rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(30)
        peer.sendto(octets, (host, int(port)))
        peer.recv(4096)
    wait(lambda: console.read("/messages")["rows"])


def axe():
    """The text of axe-core."""
    pytest.importorskip("axe_core_python", reason="needs axe-core-python (extra dev)")
    return importlib.resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")


def judged(console, browser, paths, *, faulty=False):
    """What is wrong with the pages at these addresses, by width, theme and address."""
    found, script = {}, axe()
    browser.ask("Page.setBypassCSP", enabled=True)  # so that axe can be put in; the policy has its own test
    try:
        for width in (1440, 390):
            for theme in ("light", "dark"):
                browser.size(width, 1000)
                browser.ask(
                    "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}]
                )
                for path in paths:
                    browser.open(console.url + path)
                    browser.until(READY)
                    browser.value(f"{script};1")
                    wrong = browser.value(
                        f"axe.run(document, {{runOnly: {RULES}}}).then((all) => all.violations.map((one) => [one.id, one.nodes[0].html.slice(0, 200)]))"
                    )
                    edge = browser.value("document.documentElement.scrollWidth")
                    said = [] if faulty else browser.complaints()
                    if wrong or edge > width or said:
                        found[width, theme, path] = wrong, edge, said
    finally:
        browser.ask("Page.setBypassCSP", enabled=False)
    return found


@pytest.mark.slow
def test_empty_pages_say_what_would_fill_them(pages):
    console, browser = pages
    assert judged(console, browser, EMPTY) == {}
    for path in ("/live", "/calls", "/traffic"):
        browser.open(console.url + path)
        browser.until(READY)
        assert "run" in browser.value("document.querySelector('main').innerText").lower()


@pytest.mark.slow
def test_full_pages(pages):
    console, browser = pages
    status, run = console.do("/runs", {"scenario": "scenario", "speed": "max"})
    assert status == 200
    ask(console, query_octets(1))
    table = console.dataset / "customers" / "GOLDEN" / "stations.csv"
    table.write_text(table.read_text().replace("9258341237,CENTREX,4", "9258341237,CENTREX,3"))
    wait(lambda: console.read("/traffic")["rows"][0]["state"] == "done")
    status, review = console.do("/reviews", {})
    assert status == 200
    wait(lambda: console.read(f"/review/{review['id']}")["state"] == "open")
    paths = [path.replace("RUN", run["id"]).replace("REVIEW", review["id"]) for path in FULL]
    assert judged(console, browser, paths) == {}


@pytest.mark.slow
def test_pages_in_error_keep_their_frame_and_say_what_is_wrong(pages):
    console, browser = pages
    assert judged(console, browser, WRONG, faulty=True) == {}
    browser.open(console.url + WRONG[0])
    browser.until("document.querySelector('.fault') !== null")
    assert browser.value("document.querySelector('.fault').innerText")


def test_the_policy_holds_and_no_other_origin_is_asked(pages):
    console, browser = pages
    browser.open(console.url + EXPLAIN)
    browser.until(READY)
    browser.value(
        "globalThis.wrong = []; document.addEventListener('securitypolicyviolation', (event) => wrong.push(event.violatedDirective)); 1"
    )
    with pytest.raises(AssertionError, match="TrustedHTML"):
        browser.value("document.body.innerHTML = '<p>x</p>'")
    browser.value(
        "(() => { const script = document.createElement('img'); script.src = 'http://192.0.2.1/x.png'; document.body.append(script); return 1; })()"
    )
    browser.until("wrong.includes('img-src')")


def test_hostile_words_of_an_address_are_text(pages):
    console, browser = pages
    browser.events.clear()
    for path in (
        f"/calls?q={HOSTILE}",
        f"/explain?from=9258341237&dial={HOSTILE}",
        f"/data/table?name=customers/GOLDEN/mdp.csv&q={HOSTILE}",
    ):
        browser.open(
            console.url + path.replace('"', "%22").replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")
        )
        browser.until(READY)
        assert browser.value("document.title") != "owned"
        assert browser.value("document.querySelectorAll('main img').length") == 0


def test_hundred_thousand_rows_scroll_with_a_thousand_elements(pages):
    console, browser = pages
    browser.size(1440, 1000)
    browser.open(console.url + "/me")
    browser.until(READY)
    elements = browser.value(
        "import('/static/rows.js').then(({ rowsList }) => { const list = rowsList({ count: 100000, most: 600, columns: '1fr', names: ['n'], label: 'many', cells: (at) => [String(at)], choose: () => {} });"
        " document.querySelector('main').append(list); return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => { const body = list.querySelector('.vbody'); body.scrollTop = 1600000;"
        " requestAnimationFrame(() => setTimeout(() => done([list.querySelectorAll('*').length, [...list.querySelectorAll('.vrow')].some((one) => one.innerText === '50000')]), 50)); }))); })"
    )
    assert elements[0] < 1000
    assert elements[1] is True


def wait(holds, patience_s=60):
    import time

    end = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_frame_is_json_and_is_kept(pages):
    console, _ = pages
    frame = console.read("/live")
    assert frame["scp"][0]["state"] == "serving"
    assert json.loads(console.ask("/live.json")[2])["scp"][0]["name"] == "SCP"
    assert len(console.read("/live/history")) > 0
