"""`ain explain DATASET`: decide one call, or a stream of them, and show why.

Source: interfaces.md sections 1 and 4, D-010.
"""

import sys
from pathlib import Path
from typing import Final

import click
import msgspec
from click.core import ParameterSource

from ain_scp.ain.dataset import open_program
from ain_scp.ain.faults import Trouble, file_trouble
from ain_scp.ain.forms import write_json
from ain_scp.ain.outputs import OutputPath, check_outputs
from ain_scp.scp.service_logic.decision_json import (
    QueryFault,
    QueryForm,
    answer_line,
    query_line,
    query_of,
)
from ain_scp.scp.service_logic.program import Program
from ain_scp.terms.dialed import keyed
from ain_scp.terms.digits import is_number
from ain_scp.terms.query import Query
from ain_scp.terms.trace import Trace
from ain_scp.terms.vocabulary import BEARERS, MESSAGE_KINDS

HOST: Final = "TERMINATION_ATTEMPT"
DRAWN: Final = (".svg", ".dot", ".gv", ".txt")
OF_A_CALL: Final = {
    "calling": "--from", "dial": "--dial", "bearer": "--bearer", "at": "--at", "trunk_group": "--trunk-group",
    "access_code": "--access-code", "message": "--message", "called": "--called", "original_called": "--original-called",
    "original_non": "--original-non", "graph": "--graph", "follow": "--follow", "query_json": "--query-json",
    "service": "--service", "show_names": "--show-names", "as_tree": "--tree",
}  # fmt: skip
OF_A_HOST: Final = ("called", "original_called", "original_non")
NEEDS: Final = {HOST: "called", "NETWORK_BUSY": "original_called"}
OF_A_CALLER: Final = ("dial", "access_code", "trunk_group", "follow")
EPILOG = """\b
Examples: ain explain examples/golden --from 9258341234 --dial "7 9212000"
          ain explain examples/golden --from 9258341234 --dial "7 14159215678" --follow --graph routes.svg
          ain explain examples/golden --queries calls.jsonl --json
          ain explain old --queries calls.jsonl --against new
          ain explain examples/services --service LNP --called 2135551234"""


@click.command(epilog=EPILOG)
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--from", "calling", metavar="N", help="Calling party number, 10 digits.")
@click.option("--dial", metavar="DIGITS", help='Access code and digits as dialed: "7 9212000".')
@click.option(
    "--bearer",
    type=click.Choice(BEARERS),
    default="SPEECH",
    show_default=True,
    help="Bearer capability of the call.",
)
@click.option("--at", metavar="ISO", help="Local time of the call, 2001-01-17T10:00:00 (default: now).")
@click.option("--trunk-group", metavar="ID", help="PBX trunk group that the caller sits behind.")
@click.option(
    "--access-code", metavar="CODE", help="Access code, when --dial holds only the digits after it."
)
@click.option(
    "--message",
    type=click.Choice(MESSAGE_KINDS),
    show_default="INFO_ANALYZED; TERMINATION_ATTEMPT with --called",
    help="What the switch asks.",
)
@click.option(
    "--called", metavar="N", help="Host query: the ASF-RTL number called; --service: the called number."
)
@click.option("--original-called", metavar="N", help="Host query: the original called number.")
@click.option(
    "--original-non",
    type=click.Choice(["3", "4"]),
    help="Host query: its nature of number, 3 national or 4 international.",
)
@click.option("--follow", is_flag=True, help="Go on to the ASF-RTL host, when the call is routed to one.")
@click.option(
    "--queries",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Query lines (JSON, one query a line) instead of one call; - = stdin.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    metavar="DATASET",
    help="List the queries that this data set decides differently; exit 1 if any.",
)
@click.option(
    "--graph",
    type=OutputPath(),
    metavar="FILE",
    help="Draw the routing logic (.svg, .dot, .gv, .txt; - = on the terminal, after the page).",
)
@click.option(
    "--seed", type=int, show_default="0", help="Random seed of percentage allocation (with --queries)."
)
@click.option("--query-json", is_flag=True, help="Print the call as a query line for --queries, undecided.")
@click.option(
    "--service",
    metavar="NAME",
    help="Ask a service beside the dialing plan's (LNP, TOLLFREE, TERMINATING), with --called and perhaps --from.",
)
@click.option(
    "--show-names", is_flag=True, help="With --service: show the callers' names, which are private."
)
@click.option(
    "--tree",
    "as_tree",
    is_flag=True,
    help="Answer first, then the steps, each with what would change it there.",
)
@click.option(
    "--watch", "watched", is_flag=True, help="Again whenever a file changes, with the difference on top."
)
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout, one object a line.")
@click.pass_context
def command(
    ctx: click.Context,
    dataset: Path,
    calling: str | None,
    dial: str | None,
    bearer: str,
    at: str | None,
    trunk_group: str | None,
    access_code: str | None,
    message: str | None,
    called: str | None,
    original_called: str | None,
    original_non: str | None,
    follow: bool,
    queries: Path | None,
    against: Path | None,
    graph: Path | str | None,
    seed: int | None,
    query_json: bool,
    service: str | None,
    show_names: bool,
    as_tree: bool,
    watched: bool,
    as_json: bool,
) -> None:
    """Decide calls and show every step, the row that decided it, and what would change it."""
    check_outputs()
    if watched:
        if as_json or str(queries) == "-":
            raise click.UsageError("--watch is for people and files: not with --json or --queries -")
        from ain_scp.ain.watch import watch

        watch(dataset)
        return
    given = {name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    if queries is not None:
        _refuse_with("--queries", sorted(given & OF_A_CALL.keys()))
        sys.exit(_many(dataset, queries, against, seed or 0, as_json=as_json))
    if against is not None or seed is not None:
        raise click.UsageError(f"{'--against' if against else '--seed'} needs --queries FILE")
    if service is not None:
        sys.exit(
            _service(
                dataset, service, given, called, calling, at, graph, show_names=show_names, as_json=as_json
            )
        )
    if show_names:
        raise click.UsageError("--show-names needs --service")
    message = _message(message, given)
    _check_graph(graph, as_json=as_json)
    program = open_program(dataset)
    try:
        code, digits = program.dialed(calling or "", dial or "", access_code, trunk_group)
    except ValueError as fault:
        raise click.UsageError(f"--dial: {fault}") from None
    form = QueryForm(
        message=message,
        trigger="TAT" if message == HOST else "CDP_AC",
        calling_party=calling,
        time=at or _now(),
        trunk_group=trunk_group,
        access_code=code,
        dialed=digits,
        bearer=bearer,
        called_party=called,
        original_called_party=original_called,
        original_called_non=None if original_non is None else int(original_non),
    )
    query = _query(program, form)
    if query_json:
        sys.stdout.write(msgspec.json.encode(query_line(form)).decode() + "\n")
        return
    sys.exit(_one(program, query, graph, dataset, follow=follow, as_tree=as_tree, as_json=as_json))


def _check_graph(graph: Path | str | None, *, as_json: bool) -> None:
    if graph == "-" and as_json:
        raise click.UsageError("--graph - and --json: one of them; both write to stdout")
    if graph is not None and graph != "-" and Path(graph).suffix not in DRAWN:
        raise click.UsageError(
            f"--graph {graph}: the name must end in {', '.join(DRAWN)}, or be - for the terminal"
        )


def _service(
    dataset: Path,
    service: str,
    given: set[str],
    called: str | None,
    calling: str | None,
    at: str | None,
    graph: Path | str | None,
    *,
    show_names: bool,
    as_json: bool,
) -> int:
    from ain_scp.ain.explain.service import explain_service

    idle = sorted(given & OF_A_CALL.keys() - {"calling", "at", "called", "graph", "service", "show_names"})
    if idle:
        raise click.UsageError(f"{OF_A_CALL[idle[0]]} has no effect with --service")
    if called is None:
        raise click.UsageError("--service needs --called NUMBER")
    _check_graph(graph, as_json=as_json)
    try:
        numbers = keyed(called), keyed(calling) if calling is not None else None
    except ValueError as fault:
        raise click.UsageError(f"--called, --from: {fault}") from None
    if not numbers[0]:
        raise click.UsageError("--called: a number has digits")
    program = open_program(dataset)
    return explain_service(
        program, service, *numbers, at or _now(), graph=graph, show_names=show_names, as_json=as_json
    )


def _refuse_with(option: str, others: list[str]) -> None:
    if others:
        raise click.UsageError(
            f"{option} and {OF_A_CALL[others[0]]}: one of them; a query line holds its call"
        )


def _many(dataset: Path, queries: Path, against: Path | None, seed: int, *, as_json: bool) -> int:
    from ain_scp.ain.explain.stream import Review, stream

    program = open_program(dataset)
    if against is None:
        return stream(program, queries, seed)
    return Review(queries, as_json=as_json).run(program, open_program(against), seed)


def _message(message: str | None, given: set[str]) -> str:
    """What is asked, by the options of a call or of a host's query; those that would have no effect are refused."""
    host = [name for name in OF_A_HOST if name in given]
    if message is None:
        message = HOST if host else "INFO_ANALYZED"
    if message in NEEDS:
        mine = [name for name in OF_A_CALLER if name in given]
        if mine:
            raise click.UsageError(f"{OF_A_CALL[mine[0]]} has no effect with --message {message}")
        if NEEDS[message] not in given:
            raise click.UsageError(f"--message {message} needs {OF_A_CALL[NEEDS[message]]}")
        return message
    if host:
        raise click.UsageError(f"{OF_A_CALL[host[0]]} has no effect with --message {message}")
    if not {"calling", "dial"} <= given:
        raise click.UsageError("give --from and --dial, or --queries FILE")
    return message


def _now() -> str:
    import datetime as dt

    return dt.datetime.now().replace(microsecond=0).isoformat()  # noqa: DTZ005 - local time on purpose


def _query(program: Program, form: QueryForm) -> Query:
    """The query of a form; UsageError names the option that is wrong."""
    try:
        query = query_of(form)
    except QueryFault as fault:
        option, _, what = str(fault).partition(": ")
        named = {
            "time": "--at",
            "calling_party": "--from",
            "dialed": "--dial",
            "access_code": "--access-code",
        }.get(option, option)
        raise click.UsageError(f"{named}: {what}") from None
    calling = query.calling_party
    if query.message != "TERMINATION_ATTEMPT" and calling is not None and not is_number(calling, 10, 10):
        raise click.UsageError(f"--from: 10 digits, not {calling[:40]!r}")
    group = query.trunk_group
    if group is not None and all(group not in one.trunk_groups for one in program.snapshot.customers):
        raise click.UsageError(f"--trunk-group: PBX trunk group {group} is not in the data set")
    return query


def _one(
    program: Program,
    query: Query,
    graph: Path | str | None,
    dataset: Path,
    *,
    follow: bool,
    as_tree: bool,
    as_json: bool,
) -> int:
    from ain_scp.ain.explain.drawn import draw, host_command
    from ain_scp.api.page import page, tree
    from ain_scp.scp.service_logic.onward import host_query

    trace = Trace()
    result = program.decide(query, trace)
    answer = answer_line(None, result, trace)
    if answer.decision is None:
        raise Trouble(f"no decision: {answer.error}")
    if as_json:
        write_json(answer)
    else:
        click.echo((tree if as_tree else page)(program, query, answer))
    if graph is not None:
        try:
            draw(program, query, graph)
        except OSError as fault:
            raise file_trouble(graph, fault) from None
    onward = host_query(query, answer.decision)
    if onward is None:
        if follow:
            click.echo("--follow: the call is not routed to an ASF-RTL host", err=True)
        return 0
    if not follow:
        if not as_json:
            click.echo(f"\nThe host asks next (or use --follow):\n  {host_command(dataset, onward)}")
        return 0
    if not as_json:
        click.echo()
    return _one(program, onward, None, dataset, follow=False, as_tree=as_tree, as_json=as_json)
