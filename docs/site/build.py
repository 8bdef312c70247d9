"""Builds the documentation as a static site: `./dev site [DIRECTORY]`.

Every page of docs/, the README, CONTRIBUTING and CHANGELOG become HTML; the library's reference is made from its docstrings and the
schemas from `ain schema`. Nothing is loaded from anywhere: one style sheet, one script, the search index beside the pages. A link
that leads nowhere ends the build, and all such links are named.

Source: CommonMark with tables, by markdown-it-py, which rich brings along.
"""

import html
import inspect
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ain_scp import api
from ain_scp.ain.schema import FORMS, schema_of
from ain_scp.ain.toml_schemas.files import FILES, toml_schema

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
CHAPTERS = {
    "Begin": ("index", "tutorial", "first-steps", "concepts"),
    "Use": (
        "numbers",
        "captures",
        "records",
        "services",
        "charging",
        "accounts",
        "bills",
        "tickets",
        "console",
        "ci",
    ),
    "Operate": ("operations", "performance"),
    "Extend": ("library", "plugins", "schemas", "wire"),
    "Reference": ("commands", "dataset", "library-reference", "schema-list", "conformance", "design"),
}
OUTSIDE = {"README.md": "readme", "CONTRIBUTING.md": "contributing", "CHANGELOG.md": "changelog"}
EXAMPLES = {".md", ".py", ".toml", ".csv", ".jsonl", ".txt", ".json", ".ipynb"}
"""Files of examples/ and benchmarks/ that a page may link to: they are copied as text."""


class Page(NamedTuple):
    """One page: its name without ending, title, HTML, and what the search finds: (anchor, heading, text)."""

    name: str
    title: str
    body: str
    parts: list[tuple[str, str, str]]


def slug(text: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def page(name: str, text: str, folder: Path, copied: set[Path]) -> Page:
    """One page of Markdown; links between pages and to files of the project are turned to where they stand in the site."""
    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(text)
    parts: list[tuple[str, str, str]] = [("", "", "")]
    title, seen = name, {}
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            words = plain(tokens[at + 1])
            anchor = slug(words)
            seen[anchor] = seen.get(anchor, -1) + 1
            anchor += f"-{seen[anchor]}" if seen[anchor] else ""
            token.attrSet("id", anchor)
            title = words if token.tag == "h1" else title
            parts.append((anchor, words, ""))
        elif token.type in {"inline", "fence", "code_block"}:
            parts[-1] = (*parts[-1][:2], f"{parts[-1][2]} {plain(token)}")
        for inner in token.children or ():
            for attribute in ("href", "src"):
                target = inner.attrGet(attribute)
                if isinstance(target, str):
                    inner.attrSet(attribute, placed(target, folder, copied))
    body = MarkdownIt("commonmark").enable("table").renderer.render(tokens, MarkdownIt().options, {})
    body = body.replace("<table>", '<div class="wide"><table>').replace("</table>", "</table></div>")
    return Page(name, title, body, [one for one in parts if one[1] or one[2].strip()])


def plain(token: Token) -> str:
    """The text of a token."""
    if token.type != "inline":
        return token.content
    return "".join(
        one.content if one.type in {"text", "code_inline"} else " " for one in token.children or ()
    )


def placed(target: str, folder: Path, copied: set[Path]) -> str:
    """Where a link of a page in `folder` leads within the site."""
    path, mark, anchor = target.partition("#")
    if not path or re.match(r"[a-z]+:", path):
        return target
    file = (folder / path).resolve()
    if not file.is_relative_to(ROOT):
        return target
    inside = file.relative_to(ROOT)
    if inside.parts[0] == "docs" and file.suffix == ".md":
        return f"{file.stem}.html{mark}{anchor}"
    if str(inside) in OUTSIDE:
        return f"{OUTSIDE[str(inside)]}.html{mark}{anchor}"
    if file.is_dir():
        file = next((file / name for name in ("README.md", "dataset.toml") if (file / name).exists()), file)
        inside = file.relative_to(ROOT)
    if file.is_file() and (file.suffix in EXAMPLES or file.suffix == ".svg"):
        copied.add(inside)
        return f"files/{inside}{'.txt' if file.suffix in {'.md', '.py', '.toml'} else ''}"
    return target


def library() -> str:
    """The reference of the library, from its docstrings."""
    lines = [
        "# Reference of the library",
        "",
        "What is promised, from the docstrings; how to use it: [library.md](library.md).",
        "",
    ]
    for name in api.__all__:
        found = getattr(api, name)
        lines += [
            f"## {name}",
            "",
            "```python",
            f"{name}{signature(found)}",
            "```",
            "",
            inspect.getdoc(found) or "",
            "",
        ]
        for member, value in sorted(vars(found).items()) if inspect.isclass(found) else ():
            if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                shown = signature(value) if inspect.isfunction(value) else ""
                lines += [f"- `{member}{shown}`: {' '.join((inspect.getdoc(value) or '').split())}"]
        lines.append("")
    return "\n".join(lines)


def signature(found: object) -> str:
    """Parameters with types and defaults; nothing for what has none."""
    try:
        return str(inspect.signature(found)).replace("ain_scp.api.data.", "")  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""


def schemas(target: Path) -> str:
    """Write every schema as a file; the page that lists them."""
    (target / "schemas").mkdir()
    lines = [
        "# Schemas as files",
        "",
        "JSON Schemas of this version, as `ain schema NAME` prints them: [schemas.md](schemas.md).",
        "",
    ]
    lines += ["| schema | of |", "|---|---|"]
    for name, one in {**FORMS, **FILES}.items():
        try:
            schema = toml_schema(name) if name in FILES else schema_of(name)
        except ModuleNotFoundError:  # of an extra that is not installed here
            lines.append(f"| {name} | {one.about} (not built: its extra is not installed) |")
            continue
        (target / "schemas" / f"{name}.json").write_text(json.dumps(schema, indent=1) + "\n")
        lines.append(f"| [{name}](schemas/{name}.json) | {one.about.replace('|', chr(92) + '|')} |")
    return "\n".join(lines)


def sources(target: Path) -> Iterator[tuple[str, str, Path]]:
    """Every page: name, Markdown, the folder that its links start in."""
    for file in sorted((ROOT / "docs").glob("*.md")):
        yield file.stem, file.read_text(), file.parent
    for path, name in OUTSIDE.items():
        yield name, (ROOT / path).read_text(), ROOT
    yield "library-reference", library(), ROOT / "docs"
    yield "schema-list", schemas(target), ROOT / "docs"


def build(target: Path) -> list[str]:
    """Build the site into an empty or former directory; the links that lead nowhere."""
    if target.exists() and not (target / "search-index.js").exists() and any(target.iterdir()):
        raise SystemExit(f"{target}: not empty, and no site of ours; name another directory")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    copied: set[Path] = set()
    pages = [page(*one, copied) for one in sources(target)]
    titles = {one.name: one.title for one in pages}
    listed = [name for names in CHAPTERS.values() for name in names]
    lost = sorted(set(listed) - set(titles))
    if lost:
        raise SystemExit(f"docs/site/build.py: CHAPTERS names pages that are not there: {', '.join(lost)}")
    more = tuple(sorted(set(titles) - set(listed)))
    chapters = {**CHAPTERS, "More": more}
    for one in pages:
        (target / f"{one.name}.html").write_text(named(whole(one, titles, chapters), titles))
    index = [
        [one.name, one.title, anchor, heading, " ".join(text.split())]
        for one in pages
        for anchor, heading, text in one.parts
    ]
    (target / "search-index.js").write_text(
        "window.searchIndex = " + json.dumps(index, ensure_ascii=False).replace("<", "\\u003c") + ";\n"
    )
    for name in ("style.css", "search.js"):
        shutil.copyfile(HERE / name, target / name)
    for inside in copied:
        place = target / "files" / f"{inside}{'.txt' if inside.suffix in {'.md', '.py', '.toml'} else ''}"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / inside, place)
    return dead(target)


def named(text: str, titles: dict[str, str]) -> str:
    """Links that are called like their file get the title of their page."""
    return re.sub(
        r'<a href="([\w-]+)\.html">(?:docs/)?\1\.md</a>',
        lambda link: f'<a href="{link[1]}.html">{html.escape(titles[link[1]])}</a>',
        text,
    )


def whole(one: Page, titles: dict[str, str], chapters: dict[str, tuple[str, ...]]) -> str:
    """The whole document of a page."""
    parts = []
    for chapter, names in chapters.items():
        links = "".join(
            f'<li><a href="{name}.html"{" aria-current=page" if name == one.name else ""}>{html.escape(titles[name])}</a></li>'
            for name in names
        )
        parts.append(f"<h2>{chapter}</h2><ul>{links}</ul>")
    headings = [(anchor, words) for anchor, words, _ in one.parts if anchor][1:]
    inner = "".join(f'<li><a href="#{anchor}">{html.escape(words)}</a></li>' for anchor, words in headings)
    contents = (
        f"<nav class=contents aria-label='On this page'><ul>{inner}</ul></nav>"
        if 1 < len(headings) < 60
        else ""
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{html.escape(one.title)} - ain</title>
<link rel="stylesheet" href="style.css">
<script src="search-index.js" defer></script>
<script src="search.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header><a class="home" href="index.html">ain</a>
<search><label for="query">Search</label><input id="query" type="search" autocomplete="off" placeholder="words"></search></header>
<div id="found" role="region" aria-live="polite" hidden></div>
<div class="columns">
<nav class="pages" aria-label="Pages"><details open><summary>Pages</summary>{"".join(parts)}</details></nav>
<main id="main">{contents}{one.body}</main>
</div>
</body>
</html>
"""


class Found(HTMLParser):
    """Anchors and addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note ids, and what is linked or loaded."""
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in {"href", "src"} and value is not None:
                self.links.append((tag, value))


def dead(target: Path) -> list[str]:
    """Every link or load that leads nowhere, or off the site without being a link that a reader follows."""
    read: dict[Path, Found] = {}
    for file in sorted(target.glob("*.html")):
        read[file] = Found()
        read[file].feed(file.read_text())
    faults = []
    for file, one in read.items():
        for tag, link in one.links:
            path, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", path):
                if tag != "a":
                    faults.append(f"{file.name}: loads {link}")
                continue
            place = file if not path else Path(os.path.normpath(target / path))
            if not place.is_file() or not place.is_relative_to(target):
                faults.append(f"{file.name}: {link} leads nowhere")
            elif anchor and place in read and anchor not in read[place].anchors:
                faults.append(f"{file.name}: {link} has no such heading")
    return faults


if __name__ == "__main__":
    place = Path(sys.argv[1] if len(sys.argv) > 1 else "site").resolve()
    faults = build(place)
    print(*faults, sep="\n", end="\n" if faults else "", file=sys.stderr)
    print(f"{place}/index.html: {len(list(place.glob('*.html')))} pages, {len(faults)} dead links")
    sys.exit(1 if faults else 0)
