"""The conformance statement: reads clauses.toml, checks it, writes docs/conformance.md.

    python tests/conformance/statement.py            writes the statement
    python tests/conformance/statement.py --check    says whether it is up to date; exit 1 if not

Source: reliability target K1.
"""

import ast
import sys
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CLAUSES = Path(__file__).parent / "clauses.toml"
STATEMENT = ROOT / "docs" / "conformance.md"
STATUSES = ("full", "partial", "none")
KEYS = {"standard", "clause", "title", "status", "note", "tests"}


def clauses():
    """The rows, as they stand."""
    return tomllib.loads(CLAUSES.read_text())["clause"]


def problems(rows):
    """What is wrong with the rows: unknown keys and statuses, missing notes, tests that do not exist."""
    found = []
    for row in rows:
        name = f"{row.get('standard')}, {row.get('clause')}"
        if unknown := row.keys() - KEYS:
            found.append(f"{name}: unknown {', '.join(sorted(unknown))}")
        if row["status"] not in STATUSES:
            found.append(f"{name}: status {row['status']}")
        if row["status"] != "full" and not row.get("note"):
            found.append(f"{name}: {row['status']} without a note")
        if row["status"] != "none" and not row["tests"]:
            found.append(f"{name}: {row['status']} without a test")
        found += [f"{name}: no test {test}" for test in row["tests"] if not exists(test)]
    seen = Counter((row["standard"], row["clause"]) for row in rows)
    return found + [f"{standard}, {clause}: twice" for (standard, clause), count in seen.items() if count > 1]


def exists(test):
    """Whether the file and the function of a test id are there."""
    file, _, function = test.partition("::")
    path = ROOT / file
    if not path.is_file():
        return False
    names = {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}
    return not function or function.partition("[")[0] in names


def statement(rows):
    """The text of docs/conformance.md."""
    lines = [
        "# Conformance statement",
        "",
        "Made by `python tests/conformance/statement.py` from `tests/conformance/clauses.toml`; do not edit.",
        "Full: everything the clause asks of an SCP is done and shown by the tests named. Partial and None say what is",
        "missing. What follows no public standard is listed in `docs/design.md`.",
    ]
    for standard in dict.fromkeys(row["standard"] for row in rows):
        mine = [row for row in rows if row["standard"] == standard]
        count = Counter(row["status"] for row in mine)
        sums = ", ".join(f"{count[status]} {status}" for status in STATUSES)
        lines += ["", f"## {standard}", "", f"{len(mine)} clauses: {sums}.", ""]
        lines += ["| clause | what | status | tests | note |", "|---|---|---|---|---|"]
        lines += [_line(row) for row in mine]
    return "\n".join(lines) + "\n"


def _line(row):
    tests = "<br>".join(f"`{test.removeprefix('tests/')}`" for test in row["tests"])
    cells = (row["clause"], row["title"], row["status"], tests, row.get("note", ""))
    return "| " + " | ".join(cells) + " |"


def main(arguments):
    """Write or check; the exit code."""
    rows = clauses()
    wrong = problems(rows)
    text = statement(rows)
    if "--check" in arguments:
        if not STATEMENT.is_file() or STATEMENT.read_text() != text:
            wrong.append(
                "docs/conformance.md is not what clauses.toml says: run tests/conformance/statement.py"
            )
    elif not wrong:
        STATEMENT.write_text(text)
    sys.stderr.writelines(f"{problem}\n" for problem in wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
