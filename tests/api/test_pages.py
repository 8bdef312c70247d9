"""The library's page and the notebook are run as they stand, cell by cell; no notebook software is needed."""

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "library.md"
NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.ipynb"))


def run(source, names, where):
    """Run a cell; what its last expression shows."""
    tree = ast.parse(source, where)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, where, "exec"), names)  # noqa: S102 - our own pages
    return None if last is None else eval(compile(ast.Expression(last.value), where, "eval"), names)  # noqa: S307


def test_every_block_of_the_page_runs_in_order(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    names = {}
    for number, block in enumerate(blocks):
        run(block, names, f"library.md block {number}")
    assert len(blocks) >= 8
    assert "AnalyzeRoute" in capsys.readouterr().out


def test_the_page_lists_every_function():
    from ain_scp import api

    text = PAGE.read_text()
    assert [name for name in api.__all__ if name[0].islower() and f"`{name}(" not in text] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("place", [".", "examples/notebooks"])
def test_a_notebook_runs_cell_by_cell_and_each_result_shows_itself(notebook, place, monkeypatch):
    monkeypatch.chdir(ROOT / place)
    document = json.loads(notebook.read_text())
    assert document["nbformat"] == 4
    names, shown = {}, 0
    for number, cell in enumerate(document["cells"]):
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None), "stored without outputs"
            value = run("".join(cell["source"]), names, f"cell {number}")
            page = value._repr_html_() if hasattr(value, "_repr_html_") else repr(value)
            assert page
            shown += page.startswith("<")
    assert shown >= 7
    assert names["run"].ok
    assert not names["comparison"].same
    assert names["price"].ok
