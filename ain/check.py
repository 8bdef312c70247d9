"""`ain check DATASET`: load and validate a data set.

Source: interfaces.md section 1, D-012, A-265.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

import click
import msgspec

from ain_scp.ain.everywhere import is_quiet, is_verbose, note
from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.forms import write_json
from ain_scp.ain.words import counted
from ain_scp.provisioning.problems import Problem


class CheckForm(msgspec.Struct):
    """The outcome of a check as JSON."""

    ok: bool
    errors: int
    warnings: int
    problems: tuple[Problem, ...]
    digest: str | None = None
    approved: "ApprovedForm | None" = None


class ApprovedForm(msgspec.Struct):
    """Whether a review of the console approved exactly these files; `why` not, else empty."""

    ok: bool
    why: str
    review: str
    by: str
    at: str


class _Review(msgspec.Struct):
    """What is read of a review's file."""

    id: str
    state: str
    after: str
    approved_by: str = ""
    approved_at: str = ""


class RuleForm(msgspec.Struct):
    """A rule as JSON, and the columns and keys it is about."""

    rule: str
    text: str
    about: list[str]


MOST_REVIEW = 64 << 20
EPILOG = """\b
Examples: ain check examples/golden
          ain check examples/golden --digest
          ain check --rule A-098"""


@click.command(epilog=EPILOG)
@click.argument("dataset", type=click.Path(path_type=Path), required=False)
@click.option("--rule", metavar="ID", help="Explain a rule that a problem cites, instead.")
@click.option("--digest", "digested", is_flag=True, help="Print the digest of the data set's files, too.")
@click.option(
    "--approved",
    type=click.Path(path_type=Path),
    metavar="REVIEW.json",
    help="Ask for the approval of exactly these files in the console (reviews/ID.json of its workspace); else exit 1.",
)
@click.option(
    "--watch", "watched", is_flag=True, help="Again whenever a file changes, with the difference on top."
)
@click.option("--github", is_flag=True, help="Print problems as GitHub annotations instead.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout.")
def command(
    dataset: Path | None,
    rule: str | None,
    digested: bool,
    approved: Path | None,
    watched: bool,
    github: bool,
    as_json: bool,
) -> None:
    """Load and validate a data set; print all problems as file:line: column: what (rule). Exit 1 on any error."""
    if (dataset is None) is (rule is None):
        raise click.UsageError("give a data set, or --rule ID")
    if rule is not None:
        other = {"digest": digested, "github": github, "approved": approved, "watch": watched}
        if any(other.values()):
            raise click.UsageError(f"--{next(name for name in other if other[name])} and --rule: one of them")
        _explain(rule, as_json=as_json)
        return
    if github and as_json:
        raise click.UsageError("--github and --json: one of them; both write to stdout")
    if watched:
        if as_json or github:
            raise click.UsageError("--watch is for people: not with --json or --github")
        from ain_scp.ain.watch import watch

        watch(dataset or Path())
        return
    from ain_scp.ain.dataset import load_problems

    name, problems = load_problems(dataset or Path())
    found = _digest(dataset or Path()) if digested or approved is not None else None
    digest = found if digested else None
    verdict_of = None if approved is None else _approval(approved, found or "")
    errors = sum(problem.severity == "error" for problem in problems)
    if as_json:
        write_json(
            CheckForm(errors == 0, errors, len(problems) - errors, tuple(problems), digest, verdict_of)
        )
    else:
        if github:
            from ain_scp.ain.github import annotate_problems

            annotate_problems(problems, str(dataset))
        shown = [one for one in problems if one.severity == "error" or not is_quiet()]
        for problem in () if github else shown:
            click.echo(problem)
            if is_verbose():
                click.echo(
                    f"    {problem.rule}: {_rules().get(problem.rule, 'docs/dataset.md has the rules')}"
                )
        if digest is not None:
            click.echo(digest)
        verdict = "OK" if errors == 0 else counted(errors, "error")
        if verdict_of is not None:
            told = verdict_of.why or f"approved by {verdict_of.by} at {verdict_of.at}"
            click.echo(f"review {verdict_of.review}: {told}", err=True)
        note(f"{name}: {verdict}, {counted(len(problems) - errors, 'warning')}")
    sys.exit(1 if errors or (verdict_of is not None and not verdict_of.ok) else 0)


def _approval(path: Path, digest: str) -> ApprovedForm:
    """What a review's file says of these files; Trouble when it is none."""
    try:
        with path.open("rb") as file:
            review = msgspec.json.decode(file.read(MOST_REVIEW), type=_Review)
    except OSError as fault:
        raise file_trouble(path, fault) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Trouble(f"{path}: no review of the console (reviews/ID.json of its workspace)") from None
    why = ""
    if review.state != "approved":
        why = f"it is {review.state}, not approved"
    elif review.after != digest:
        why = f"it approved {review.after[:12]}, these files are {digest[:12]}: review them again"
    return ApprovedForm(not why, why, review.id, review.approved_by, review.approved_at)


def _digest(dataset: Path) -> str:
    from ain_scp.provisioning.digest import digest_of

    try:
        return digest_of(dataset)
    except OSError as fault:
        raise file_trouble(fault.filename or dataset, fault) from None


def _rules() -> Mapping[str, str]:
    from ain_scp.provisioning.manual.rules import RULES

    return RULES


def _explain(rule: str, *, as_json: bool) -> None:
    """The rule in a sentence, and the columns and keys that it is about."""
    from ain_scp.provisioning.manual.files import FILES

    text = _rules().get(rule)
    if text is None:
        raise click.UsageError(f"--rule {rule}: no such rule; docs/dataset.md lists them")
    about = [
        f"{file.name} {name}" for file in FILES for name, entry in file.entries.items() if entry.rule == rule
    ]
    if as_json:
        write_json(RuleForm(rule, text, about))
        return
    click.echo(f"{rule}: {text}")
    for place in about:
        click.echo(f"  {place}")
