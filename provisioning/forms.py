"""The form of a data set, a number in dataset.toml (`schema`), and how each earlier form becomes the next one.

Form 1 is the present one. Form 0 has no `schema`, and else is as form 1.

Source: interfaces.md sections 2 and 6.1 (`ain migrate`).
"""

import tomllib
from collections.abc import Callable, Mapping
from typing import Final

HEAD: Final = "dataset.toml"
SCHEMA: Final = 1
"""The form that this release reads."""

Step = Callable[[Mapping[str, str]], dict[str, str]]
"""Files of one form by their names in the data set -> those that the next form has otherwise, whole."""


def form_of(head: str) -> int | None:
    """The form that dataset.toml says; None when it is no TOML or says no form."""
    try:
        said = tomllib.loads(head).get("schema", 0)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, int) and not isinstance(said, bool) and said >= 0 else None


def _say_the_form(files: Mapping[str, str]) -> dict[str, str]:
    return {HEAD: "schema = 1\n" + files[HEAD]}


STEPS: Final[tuple[Step, ...]] = (_say_the_form,)
"""The step from form n to form n + 1 at place n. A step that was done in part can be done again: dataset.toml is written last."""


def migrated(files: Mapping[str, str], form: int) -> dict[str, str]:
    """The files that differ in the present form, dataset.toml last."""
    now = dict(files)
    for step in STEPS[form:SCHEMA]:
        now |= step(now)
    names = sorted(name for name in now if now[name] != files.get(name))
    return {name: now[name] for name in sorted(names, key=lambda name: name == HEAD)}
