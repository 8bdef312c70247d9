"""What each address does: a resource read, or something done and written to the audit journal first.

Source: console.md sections 7 and 8.
"""

import asyncio
from collections.abc import Mapping

import msgspec

from ain_scp.console import benches as bench_pages
from ain_scp.console.desk import Desk
from ain_scp.console.resources import calls, data, messages, progress, records
from ain_scp.console.resources import captures as capture_pages
from ain_scp.console.resources.explain import explain
from ain_scp.console.resources.fault import PageFault, absent
from ain_scp.console.reviews import Review
from ain_scp.console.sessions import Identity
from ain_scp.console.sets import Opened
from ain_scp.console.sources.git import revisions

Asked = Mapping[str, str]
"""Names of the address and its query, one value each."""


def opened_set(desk: Desk, which: str) -> Opened:
    """A data set that is asked for; PageFault when it cannot be had."""
    try:
        opened = desk.opened(which)
    except OSError as fault:
        raise PageFault(422, f"{desk.dataset}: {fault.strerror or fault}") from None
    if opened is None:
        raise absent("such data set here")
    return opened


async def me(desk: Desk, who: Identity, _asked: Asked) -> object:
    """Who asks, what is served, what may be done."""
    scps = [{"name": scp.name, "control": scp.control is not None, "udp": scp.udp} for scp in desk.hub.scps]
    last = desk.hub.last
    return {
        "name": who.name,
        "role": who.role,
        "dataset": desk.dataset.resolve().name,
        "digest": desk.served(),
        "scps": scps if who.role != "customer" else [],
        "states": {one.name: one.state for one in last.scp}
        if last is not None and who.role != "customer"
        else {},
        "scenarios": list(desk.scenarios()) if who.may("operator") else [],
        "may": {"run": who.may("operator"), "review": who.may("operator"), "approve": who.may("approver")},
    }


async def live(desk: Desk, _who: Identity, _asked: Asked) -> object:
    """The last frame."""
    return desk.hub.last if desk.hub.last is not None else desk.hub.make()


async def history(desk: Desk, _who: Identity, _asked: Asked) -> object:
    """The frames of the last 15 minutes."""
    return [msgspec.Raw(frame) for frame in desk.hub.history]


async def message_list(desk: Desk, _who: Identity, asked: Asked) -> object:
    """Exchanges from the taps of the SCPs."""
    return messages.message_list(desk.hub.tapped, asked.get("scp", ""), asked.get("q", ""))


async def one_message(desk: Desk, who: Identity, asked: Asked) -> object:
    """One exchange from a tap down to each parameter."""
    return messages.message(who, desk.hub.tapped, asked["scp"], asked["id"])


async def call_list(desk: Desk, who: Identity, asked: Asked) -> object:
    """The calls of a run."""
    run = desk.run(asked.get("run", ""))
    if run is None and asked.get("run"):
        raise absent("such run")
    return await asyncio.to_thread(
        calls.call_list, who, run, desk.results, asked.get("q", ""), asked.get("status", "")
    )


async def one_call(desk: Desk, who: Identity, asked: Asked) -> object:
    """One call."""
    return await asyncio.to_thread(calls.call, who, desk.run(asked["run"]), desk.results, asked["id"])


async def in_progress(desk: Desk, _who: Identity, asked: Asked) -> object:
    """Calls in progress at an SCP."""
    return await progress.in_progress(desk.commands, desk.hub.scps, asked)


async def explained(desk: Desk, who: Identity, asked: Asked) -> object:
    """One call explained."""
    opened = await asyncio.to_thread(opened_set, desk, _side(who, asked, "served"))
    return await asyncio.to_thread(explain, who, opened, asked, str(desk.dataset))


async def data_set(desk: Desk, who: Identity, asked: Asked) -> object:
    """The files of a data set."""
    opened = await asyncio.to_thread(opened_set, desk, asked.get("ds", ""))
    return data.overview(who, opened, desk.dataset.resolve().name)


async def data_table(desk: Desk, who: Identity, asked: Asked) -> object:
    """Rows of a table."""
    opened = await asyncio.to_thread(opened_set, desk, asked.get("ds", ""))
    after, limit = (_whole(asked, key, default) for key, default in (("after", 0), ("limit", 200)))
    return await asyncio.to_thread(
        data.table, who, opened, asked.get("name", ""), asked.get("q", ""), after, limit
    )


async def one_number(desk: Desk, who: Identity, asked: Asked) -> object:
    """What a number meets."""
    opened = await asyncio.to_thread(opened_set, desk, _side(who, asked, ""))
    return await asyncio.to_thread(data.number, who, opened, asked["digits"])


def _side(who: Identity, asked: Asked, usual: str) -> str:
    """Which data set is asked for; a customer's is the one in use, as a change is not its business before it is."""
    wanted = asked.get("ds", "")
    if who.role != "customer":
        return wanted or usual
    if wanted not in ("", "served"):
        raise absent("such data set here")
    return "served"


def _whole(asked: Asked, key: str, default: int) -> int:
    text = asked.get(key, "")
    if text and not (text.isdecimal() and text.isascii() and len(text) < 10):
        raise PageFault(400, f"{key}: a whole number")
    return int(text) if text else default


async def runs(desk: Desk, _who: Identity, _asked: Asked) -> object:
    """The runs, the latest first."""
    return {
        "rows": [run.info for run in reversed(desk.runs.runs.values())],
        "scenarios": list(desk.scenarios()),
    }


async def audit(desk: Desk, _who: Identity, _asked: Asked) -> object:
    """What was done, the latest first."""
    return {"rows": (await asyncio.to_thread(desk.audit.entries))[::-1]}


async def reviews(desk: Desk, _who: Identity, _asked: Asked) -> object:
    """The reviews, the latest first, and whether the data set on disk differs from what is served."""
    now = await asyncio.to_thread(opened_set, desk, "")
    served = desk.served()
    rows = [
        msgspec.structs.replace(one, result=None, problems={})
        for one in reversed(desk.reviews.reviews.values())
    ]
    corpora = [name for name, _ in desk.asked_calls()]
    return {
        "rows": rows,
        "served": served,
        "working": now.digest,
        "errors": len(now.errors),
        "corpora": corpora,
        "uploads": desk.uploads.of_kind("dataset", "calls"),
        "revisions": await asyncio.to_thread(revisions, desk.dataset),
    }


async def one_review(desk: Desk, who: Identity, asked: Asked) -> object:
    """One review with what hinders its approval."""
    return shown_review(desk, who, review_asked(desk, asked))


def shown_review(desk: Desk, who: Identity, review: Review) -> object:
    """A review as its page shows it."""
    scps = [{"name": scp.name, "control": scp.control is not None} for scp in desk.hub.scps]
    return {
        **msgspec.to_builtins(review),
        "hindrances": desk.reviews.hindrances(review, who.name),
        "served": desk.served(),
        "scps": scps,
        "command": f"ain review {desk.sets.place(review.before)} {desk.sets.place(review.after)}",
    }


def review_asked(desk: Desk, asked: Asked) -> Review:
    """The review of an address."""
    review = desk.reviews.find(asked["id"])
    if review is None:
        raise absent("such review")
    return review


async def smdr(desk: Desk, who: Identity, asked: Asked) -> object:
    """Call records; a customer's are those of its group."""
    group = ""
    if who.role == "customer":
        program = (await asyncio.to_thread(opened_set, desk, "served")).program
        customers = () if program is None else program.snapshot.customers
        group = next((one.group_id for one in customers if one.name == who.customer), "")
        if not group:
            raise absent("such customer")
    return await records.smdr(who, desk.commands, desk.places, asked, group)


async def ama(desk: Desk, _who: Identity, _asked: Asked) -> object:
    """Flagged billing records."""
    return await records.ama(desk.commands, desk.places, desk.dataset)


async def accounts(desk: Desk, who: Identity, _asked: Asked) -> object:
    """Balances."""
    return await records.accounts(who, desk.commands, desk.places)


async def account(desk: Desk, who: Identity, asked: Asked) -> object:
    """One account."""
    return await records.account(who, desk.commands, desk.places, asked["account"])


async def bill(desk: Desk, who: Identity, asked: Asked) -> object:
    """One bill."""
    return await records.bill(who, desk.commands, desk.places, asked["account"], asked["period"])


async def tickets(desk: Desk, who: Identity, asked: Asked) -> object:
    """Usage by tickets."""
    return await records.tickets(who, desk.commands, desk.places, asked)


async def captures(desk: Desk, _who: Identity, _asked: Asked) -> object:
    """What was uploaded."""
    return capture_pages.capture_list(desk.uploads)


async def one_capture(desk: Desk, _who: Identity, asked: Asked) -> object:
    """One capture."""
    return await capture_pages.capture(desk.commands, desk.uploads, asked["sha"])


async def capture_call(desk: Desk, _who: Identity, asked: Asked) -> object:
    """One call of a capture."""
    return await capture_pages.capture_call(desk.commands, desk.uploads, asked["sha"], asked["number"])


async def benches(desk: Desk, _who: Identity, _asked: Asked) -> object:
    """What was measured."""
    return bench_pages.bench_list(desk.benches, desk.dataset)


async def one_bench(desk: Desk, _who: Identity, asked: Asked) -> object:
    """One measurement."""
    return bench_pages.bench(desk.benches, asked["bench"], desk.dataset)


async def bench_percentiles(desk: Desk, _who: Identity, asked: Asked) -> object:
    """One measurement for HdrHistogram's plotters."""
    return bench_pages.percentiles(desk.benches, asked["bench"])


async def two_benches(desk: Desk, _who: Identity, asked: Asked) -> object:
    """Two measurements compared."""
    return await bench_pages.against(desk.commands, desk.benches, asked["bench"], asked["other"])
