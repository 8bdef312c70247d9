"""Plots: labels inside the picture, a budget line, curves told apart without colour, words for who does not see (V13, V14, V16)."""

import re
import xml.etree.ElementTree as ET

import pytest

from ain_scp.api.drawing import svg as graph_svg
from ain_scp.asf_rtl.graph import Graph, Node
from ain_scp.figures.bars import Chart
from ain_scp.figures.curves import HEIGHT, LEFT, RIGHT, WIDTH, Curve, Plot, lay_out
from ain_scp.reports.page import STYLE, alone, figures, page, palettes, svg, table, verdict
from ain_scp.reports.plot import figure, with_legend
from tests.kit.browser import Browser, chromium

TICKS = ((0.0, "0 %"), (2.0, "99 %"), (5.0, "99.999 %"))
CURVES = tuple(
    Curve(f"{rate}/s", ((0.0, 0.1), (3.0, rate / 100))) for rate in (100, 200, 300, 400, 500, 600, 700)
)


def plot(curves=CURVES, budget=5.0):
    return Plot("Latency <by> percentile", "share", curves, TICKS, budget, "p99 within 5 ms")


def test_every_label_has_room():
    text = figure(plot())
    for anchor, x, y, word in re.findall(
        r'<text class="small" text-anchor="(\w+)" x="([\d.]+)" y="([\d.]+)">([^<]*)<', text
    ):
        width = len(word) * 6.2
        left = float(x) - {"middle": width / 2, "end": width}[anchor]
        assert 0 <= left <= left + width <= WIDTH, word
        assert 10 <= float(y) <= HEIGHT


def test_the_axis_goes_from_its_first_place_to_its_last():
    drawn = Plot("t", "s", (Curve("1/s", ((10.0, 1.0), (20.0, 1.0))),), ((10.0, "ten"), (20.0, "twenty")))
    places = dict(re.findall(r'x="([\d.]+)" y="[\d.]+">(ten|twenty)<', figure(drawn)))
    assert {word: float(x) for x, word in places.items()} == {"ten": LEFT, "twenty": WIDTH - RIGHT}


def test_curves_differ_by_their_strokes_too():
    text = figure(plot())
    looks = re.findall(r'<polyline class="line (l\d)" (stroke-dasharray="[^"]*")?', text)
    assert len(set(looks)) == len(CURVES)


def test_the_budget_is_drawn_and_everything_is_said_in_words():
    text = figure(plot())
    assert text.count('class="budget"') == 1
    assert "p99 within 5 ms" in re.search(r'aria-label="([^"]*)"', text)[1]
    assert "Latency &lt;by&gt; percentile" in text
    assert 'class="budget"' not in figure(plot(budget=None))


def test_as_a_file_the_legend_stands_in_the_drawing_and_names_are_text():
    drawn = alone(with_legend(lay_out(plot((*CURVES, Curve("<script>&", ((0.0, 1.0), (1.0, 2.0))))))))
    root = ET.fromstring(drawn)
    words = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert words[:9] == [
        "Latency <by> percentile",
        *(f"{rate}/s" for rate in range(100, 800, 100)),
        "<script>&",
    ]
    top, height = (float(root.get("viewBox").split()[at]) for at in (1, 3))
    assert (top, height + top) == (-9 * 18, HEIGHT)
    assert "script" not in {one.tag.rpartition("}")[2] for one in root.iter()}


def test_what_was_never_answered_is_a_sentence():
    assert figure(plot(curves=(Curve("1/s", ()),))).startswith("<p>")


@pytest.mark.parametrize(("good", "sign"), [(True, "✓"), (False, "✗"), (None, "!")])
def test_a_verdict_has_a_sign_beside_its_colour(good, sign):
    assert sign in verdict("words", good=good)


def test_drawings_in_files_have_the_colours_of_the_pages_light_and_dark():
    """SVG files are drawn by programs without variables: the colours stand in them, and they are those of the sheet (V13)."""
    light, dark = palettes()
    assert light.keys() == dark.keys() >= {"ink", "surface", "line2", "okbg", "accent"}
    assert all(light[name] != dark[name] for name in light)
    for drawn in (
        alone(svg(Chart("t", ("a",), (1,)))),
        graph_svg(Graph("t", (Node("start", "start", "a call", "", taken=True),), ())),
    ):
        assert "var(" not in drawn
        bright, dim = drawn.split("@media(prefers-color-scheme:dark)")
        assert light["ink"] in bright
        assert dark["ink"] in dim
        assert set(re.findall("#[0-9a-f]{6}", drawn)) <= {*light.values(), *dark.values()}


def test_pages_use_the_tokens_of_the_one_style_sheet():
    assert "--accent:" in STYLE
    assert STYLE.count('data-theme="dark"') >= 1
    text = page("t", table(("a", "b"), [("1", "2")]))
    assert "<main>" in text
    assert 'role="region" aria-label="Table of a, b"' in text


@pytest.mark.interop
def test_charts_side_by_side_stand_level_and_can_be_read(tmp_path):
    """Three charts at the width of a desk: those of a row begin at one height, labels are 10 px at least (V15)."""
    program = chromium()
    if program is None:
        pytest.skip("no chromium here (apt-get install chromium)")
    file = tmp_path / "page.html"
    file.write_text(page("t", figures([Chart(name, ("2001-01-17",), (31,)) for name in "abc"])), "utf-8")
    browser = Browser(program, tmp_path / "profile")
    try:
        browser.size(1100, 900)
        browser.open(file.as_uri())
        boxes = "[...document.querySelectorAll('{}')].map((one) => one.getBoundingClientRect().{})"
        tops = browser.value(boxes.format("figure", "top"))
        assert tops[0] == tops[1]
        assert min(browser.value(boxes.format("figure text", "height"))) >= 10
    finally:
        browser.close()
