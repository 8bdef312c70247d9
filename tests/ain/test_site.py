"""The documentation as a site: every page is there, every link leads somewhere, nothing is loaded from anywhere else."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

from kit.browser import Browser, chromium

ROOT = Path(__file__).parents[2]


def script(name):
    """A script of docs/site as a module."""
    spec = importlib.util.spec_from_file_location(f"site_{name}", ROOT / "docs" / "site" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def builder():
    return script("build")


@pytest.fixture(scope="module")
def site(builder, tmp_path_factory):
    target = tmp_path_factory.mktemp("site") / "site"
    assert builder.build(target) == []
    return target


def test_every_page_of_the_documentation_is_in_the_site(site):
    built = {one.stem for one in site.glob("*.html")}
    assert {one.stem for one in (ROOT / "docs").glob("*.md")} < built
    assert {"library-reference", "schema-list", "changelog"} < built
    assert len(list((site / "schemas").glob("*.json"))) > 30


def test_nothing_is_loaded_from_off_the_site(site):
    for file in [*site.glob("*.html"), *site.glob("*.css"), *site.glob("*.js")]:
        if file.name != "search-index.js":
            text = file.read_text()
            assert not re.search(r"""(?:src=|url\(|@import|fetch\(|import )\s*["']?(?:https?:)?//""", text), (
                file.name
            )


def test_dead_links_and_missing_headings_are_found(builder, site, tmp_path):
    page = tmp_path / "a.html"
    page.write_text(
        '<h1 id="x">x</h1><a href="#x"></a><a href="#y"></a><a href="b.html"></a><a href="../etc"></a>'
        '<img src="https://example.org/x.png"><a href="https://example.org"></a>'
    )
    assert builder.dead(tmp_path) == [
        "a.html: #y has no such heading",
        "a.html: b.html leads nowhere",
        "a.html: ../etc leads nowhere",
        "a.html: loads https://example.org/x.png",
    ]


def test_a_page_in_no_chapter_stands_under_more_and_a_missing_one_ends_the_build(
    builder, tmp_path, monkeypatch
):
    monkeypatch.setitem(builder.CHAPTERS, "Begin", ("index",))
    assert builder.build(tmp_path / "site") == []
    more = (tmp_path / "site" / "index.html").read_text().partition("<h2>More</h2>")[2]
    assert 'href="tutorial.html"' in more
    monkeypatch.setitem(builder.CHAPTERS, "Begin", ("index", "nosuch"))
    with pytest.raises(SystemExit, match="nosuch"):
        builder.build(tmp_path / "site")


def test_a_directory_with_other_files_is_left_alone(builder, tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(SystemExit, match="no site of ours"):
        builder.build(tmp_path)
    assert (tmp_path / "mine.txt").exists()


def test_foreign_html_in_a_page_is_text(builder):
    made = builder.page("x", "# a <script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n", ROOT, set())
    assert "<script>" not in made.body
    assert "<img" not in made.body


def test_the_index_holds_every_heading_and_closes_no_script(site):
    text = (site / "search-index.js").read_text()
    assert "<" not in text
    index = json.loads(text.removeprefix("window.searchIndex = ").removesuffix(";\n"))
    headings = {(name, heading) for name, _, _, heading, _ in index}
    assert ("tutorial", "5. A change, reviewed before it is loaded") in headings
    for name, _, anchor, _, _ in index:
        assert not anchor or f'id="{anchor}"' in (site / f"{name}.html").read_text(), (name, anchor)


@pytest.mark.parametrize("name", ["network.svg", "steps.svg", "routing.svg"])
def test_pictures_are_those_that_the_layouts_draw(name):
    drawn = script("pictures").PICTURES[name]()
    assert drawn == (ROOT / "docs" / "pictures" / name).read_text(), "python docs/site/pictures.py"


@pytest.mark.interop
def test_the_search_finds_in_a_browser_without_a_network(site, tmp_path):
    program = chromium()
    if program is None:
        pytest.skip("no chromium here: apt install chromium")
    browser = Browser(program, tmp_path / "profile")
    try:
        browser.open(f"file://{site}/index.html")
        browser.until("!!window.searchIndex && document.readyState === 'complete'")
        browser.value(
            "(() => { const box = document.getElementById('query'); box.value = 'plug-in raises'; box.dispatchEvent(new Event('input')); })()"
        )
        links = browser.value(
            "[...document.querySelectorAll('#found a')].map(one => one.getAttribute('href'))"
        )
        assert any(link.startswith("plugins.html") for link in links)
        assert browser.complaints() == []
    finally:
        browser.close()
