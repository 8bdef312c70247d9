"""Move the fragments of changelog.d into CHANGELOG.md: `python distribution/changelog.py VERSION DATE`."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
NAME = re.compile(r"[a-z0-9-]+\.(added|changed|deprecated|removed|fixed|security)\.md")
HEAD = "## [Unreleased]\n"


def wrong(place: Path) -> list[str]:
    """What is no fragment among the files of changelog.d."""
    found = []
    for path in sorted(place.iterdir()):
        if path.name == "README.md":
            continue
        if not NAME.fullmatch(path.name):
            found.append(f"{path.name}: is not NAME.KIND.md with KIND one of {', '.join(KINDS).lower()}")
        elif not re.fullmatch(r"- .+(?:\n  .+)*\n", path.read_text()):
            found.append(f"{path.name}: is not one list item, `- ` and lines that go on two columns in")
    return found


def joined(changelog: str, fragments: dict[str, str], version: str, date: str) -> str:
    """The changelog with a release of what was unreleased and of the fragments, by their kinds."""
    before, head, after = changelog.partition(HEAD)
    if not head:
        raise ValueError("CHANGELOG.md: no heading [Unreleased]")
    body, mark, older = after.partition("\n## [")
    kinds: dict[str, str] = dict.fromkeys(KINDS, "")
    for part in re.split(r"^### ", body, flags=re.MULTILINE)[1:]:
        kind, _, text = part.partition("\n")
        kinds[kind] = text.strip("\n") + "\n"
    for name, text in sorted(fragments.items()):
        kinds[name.split(".")[1].capitalize()] += text
    sections = "".join(f"\n### {kind}\n\n{text}" for kind, text in kinds.items() if text)
    return f"{before}{HEAD}\n## [{version}] - {date}\n{sections}{mark}{older}"


def main(version: str, date: str) -> None:
    """Write CHANGELOG.md and take the fragments away."""
    place, target = ROOT / "changelog.d", ROOT / "CHANGELOG.md"
    if problems := wrong(place):
        sys.exit("\n".join(problems))
    paths = [path for path in place.iterdir() if path.name != "README.md"]
    target.write_text(
        joined(target.read_text(), {path.name: path.read_text() for path in paths}, version, date)
    )
    for path in paths:
        path.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
