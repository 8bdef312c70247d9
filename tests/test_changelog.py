"""Fragments of the changelog: each is one list item, and they end below the heading of a release."""

import pytest
from changelog import HEAD, ROOT, joined, wrong

OLD = f"# Changelog\n\n{HEAD}\n### Added\n\n- One.\n\n### Fixed\n\n- Two.\n\n## [0.0.1] - 2026-01-01\n\n### Added\n\n- Old.\n"


def test_the_fragments_are_as_their_readme_says():
    assert wrong(ROOT / "changelog.d") == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.new.md", "- x\n"),
        ("A.added.md", "- x\n"),
        ("a.added.md", "x\n"),
        ("a.added.md", "- x\n- y\n"),
        ("a.added.md", "- x"),
    ],
)
def test_what_is_no_fragment_is_named(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert [line.split(":")[0] for line in wrong(tmp_path)] == [name]


def test_a_release_takes_what_was_unreleased_and_the_fragments_by_their_kinds():
    new = joined(OLD, {"b.added.md": "- Three.\n", "a.security.md": "- Four.\n"}, "0.1.0", "2026-12-01")
    assert new == (
        f"# Changelog\n\n{HEAD}\n## [0.1.0] - 2026-12-01\n\n### Added\n\n- One.\n- Three.\n\n### Fixed\n\n- Two.\n"
        "\n### Security\n\n- Four.\n\n## [0.0.1] - 2026-01-01\n\n### Added\n\n- Old.\n"
    )
