"""Every address of the console: one table of who may read or do what, and where each leads.

Source: console.md sections 7 and 8.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec
from starlette.routing import compile_path

from ain_scp.console import handlers, orders
from ain_scp.console.desk import Desk
from ain_scp.console.live import Frame
from ain_scp.console.resources.calls import CallList, CallView
from ain_scp.console.resources.captures import CaptureCall, CaptureList, CaptureView
from ain_scp.console.resources.data import NumberView, SetView, TableView
from ain_scp.console.resources.messages import MessageList, MessageView
from ain_scp.console.resources.progress import InProgress
from ain_scp.console.resources.sheets import Sheet
from ain_scp.console.sessions import Identity, Role

Read = Callable[[Desk, Identity, Mapping[str, str]], Awaitable[object]]
Do = Callable[[Desk, Identity, Mapping[str, str], Mapping[str, Any]], Awaitable[object]]
ALL: Final[tuple[Role, ...]] = ("viewer", "customer", "operator", "approver")
STAFF: Final[tuple[Role, ...]] = ("viewer", "operator", "approver")


class Page(msgspec.Struct, frozen=True):
    """One address: who may read it, what it reads; `shell` is whether a page draws it, `picture` whether it has an SVG.

    `tagged`: it belongs to a data set and has an ETag. `form`: what it reads, for the description of the interface. `hgrm`: its percentile
    distribution as text.
    """

    path: str
    roles: tuple[Role, ...]
    read: Read
    shell: bool = True
    picture: bool = False
    tagged: bool = False
    form: type | None = None
    hgrm: Read | None = None


class Action(msgspec.Struct, frozen=True):
    """One address that changes something; `raw`: it takes octets, and not JSON."""

    path: str
    roles: tuple[Role, ...]
    do: Do
    method: str = "POST"
    raw: bool = False


PAGES: Final = (
    Page("/me", ALL, handlers.me),
    Page("/live", STAFF, handlers.live, picture=True, form=Frame),
    Page("/live/history", STAFF, handlers.history, shell=False),
    Page("/messages", STAFF, handlers.message_list, form=MessageList),
    Page("/messages/{scp}/{id}", STAFF, handlers.one_message, form=MessageView),
    Page("/calls", STAFF, handlers.call_list, form=CallList),
    Page("/calls/{run}/{id}", STAFF, handlers.one_call, picture=True, form=CallView),
    Page("/progress", STAFF, handlers.in_progress, form=InProgress),
    Page("/explain", ALL, handlers.explained, tagged=True, picture=True),
    Page("/data", STAFF, handlers.data_set, tagged=True, form=SetView),
    Page("/data/number/{digits}", ALL, handlers.one_number, tagged=True, form=NumberView),
    Page("/data/table", STAFF, handlers.data_table, tagged=True, form=TableView),
    Page("/traffic", STAFF, handlers.runs),
    Page("/smdr", ALL, handlers.smdr, picture=True, form=Sheet),
    Page("/ama", STAFF, handlers.ama, form=Sheet),
    Page("/accounts", ALL, handlers.accounts, form=Sheet),
    Page("/accounts/{account}", ALL, handlers.account, form=Sheet),
    Page("/bills/{account}/{period}", ALL, handlers.bill, form=Sheet),
    Page("/tickets", ALL, handlers.tickets, form=Sheet),
    Page("/bench", STAFF, handlers.benches, form=Sheet),
    Page(
        "/bench/{bench}", STAFF, handlers.one_bench, picture=True, form=Sheet, hgrm=handlers.bench_percentiles
    ),
    Page("/bench/{bench}/against/{other}", STAFF, handlers.two_benches, picture=True, form=Sheet),
    Page("/captures", STAFF, handlers.captures, form=CaptureList),
    Page("/captures/{sha}", STAFF, handlers.one_capture, form=CaptureView),
    Page("/captures/{sha}/{number}", STAFF, handlers.capture_call, picture=True, form=CaptureCall),
    Page("/review", STAFF, handlers.reviews),
    Page("/review/{id}", STAFF, handlers.one_review),
    Page("/audit", ("operator", "approver"), handlers.audit),
)
ACTIONS: Final = (
    Action("/api/runs", ("operator",), orders.start_run),
    Action("/api/bench", ("operator",), orders.start_bench),
    Action("/api/uploads", ("operator",), orders.nothing, "PUT", raw=True),
    Action("/api/captures/{sha}/replay", ("operator",), orders.replay_capture),
    Action("/api/captures/{sha}", ("operator",), orders.remove_capture, "DELETE"),
    Action("/api/runs/{run}", ("operator",), orders.stop_run, "DELETE"),
    Action("/api/runs/{run}/pace", ("operator",), orders.pace_run),
    Action("/api/progress/{scp}/disconnect", ("operator",), orders.end_call),
    Action("/api/reviews", ("operator",), orders.start_review),
    Action("/api/reviews/{id}/seen", ("operator", "approver"), orders.mark_review),
    Action("/api/reviews/{id}/verdict", ("approver",), orders.close_review),
    Action("/api/reviews/{id}/reload", ("operator", "approver"), orders.load_review),
)
STATIC: Final[Mapping[str, tuple[str, str]]] = {
    "console.css": ("ain_scp.reports", "text/css"),
    **dict.fromkeys(("parts.js", "rows.js", "ladder.js", "topology.js", "graph.js"), ("ain_scp.reports", "text/javascript")),
    **dict.fromkeys(
        ("login.js", "main.js", "live.js", "calls.js", "call.js", "progress.js", "explain.js", "data.js", "review.js", "traffic.js", "messages.js", "sheet.js", "captures.js", "bench.js", "audit.js", "me.js"),
        ("ain_scp.console", "text/javascript"),
    ),
}  # fmt: skip


class Way(msgspec.Struct, frozen=True):
    """Where an address leads: its roles, and what answers it."""

    roles: tuple[Role, ...]
    kind: str
    read: Read | None = None
    do: Do | None = None
    tagged: bool = False


def _table() -> list[tuple[str, re.Pattern[str], Way]]:
    """Every address but those of strangers, as method, pattern and way; the first that fits counts."""
    rows: list[tuple[str, str, Way]] = [
        ("GET", "/api/live/events", Way(STAFF, "events")),
        ("POST", "/api/logout", Way(ALL, "logout")),
        ("GET", "/", Way(ALL, "shell")),
        ("GET", "/api/openapi.json", Way(ALL, "openapi")),
    ]
    for page in PAGES:
        read = page.read
        rows.append(("GET", f"/api{page.path}", Way(page.roles, "json", read, tagged=page.tagged)))
        rows.append(("GET", f"{page.path}.json", Way(page.roles, "json", read, tagged=page.tagged)))
        rows.append(("GET", f"{page.path}.csv", Way(page.roles, "csv", read, tagged=page.tagged)))
        if page.picture:
            rows.append(("GET", f"{page.path}.svg", Way(page.roles, "svg", read)))
        if page.hgrm is not None:
            rows.append(("GET", f"{page.path}.hgrm", Way(page.roles, "hgrm", page.hgrm)))
    rows += [("GET", page.path, Way(page.roles, "shell")) for page in PAGES if page.shell]
    rows += [
        (action.method, action.path, Way(action.roles, "raw" if action.raw else "do", do=action.do))
        for action in ACTIONS
    ]
    rows += [("GET", f"/static/{name}", Way(ALL, "static")) for name in STATIC]
    return [(method, compile_path(path)[0], way) for method, path, way in rows]


WAYS: Final = _table()


def way_of(method: str, path: str) -> tuple[Way, dict[str, str]] | None:
    """Where a request leads, and the names in its address; None for an unknown address."""
    wanted = "GET" if method == "HEAD" else method
    for one, pattern, way in WAYS:
        match = pattern.match(path)
        if match and one == wanted:
            return way, match.groupdict()
    return None
