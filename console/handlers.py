"""What each address does: a resource read, or something done and written to the audit journal first.

Source: console.md sections 7 and 8.
"""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from ain_scp.console.desk import Desk, stamp
from ain_scp.console.resources import calls, data, messages, records
from ain_scp.console.resources import captures as capture_pages
from ain_scp.console.resources.explain import explain
from ain_scp.console.resources.fault import PageFault, absent
from ain_scp.console.reviews import Loaded, Review, ReviewFault
from ain_scp.console.sessions import Identity
from ain_scp.console.sets import Opened
from ain_scp.console.sources.control import ControlFault, order
from ain_scp.console.tokens import token_of

MOST_REPLAYS: Final = 2
Asked = Mapping[str, str]
"""Names of the address and its query, one value each."""


def _opened(desk: Desk, which: str) -> Opened:
    try:
        opened = desk.opened(which)
    except OSError as fault:
        raise PageFault(422, f"{desk.dataset}: {fault.strerror or fault}") from None
    if opened is None:
        raise absent("such data set here")
    return opened


# Read


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


async def explained(desk: Desk, who: Identity, asked: Asked) -> object:
    """One call explained."""
    opened = await asyncio.to_thread(_opened, desk, asked.get("ds", "served"))
    return await asyncio.to_thread(explain, who, opened, asked, str(desk.dataset))


async def data_set(desk: Desk, who: Identity, asked: Asked) -> object:
    """The files of a data set."""
    opened = await asyncio.to_thread(_opened, desk, asked.get("ds", ""))
    return data.overview(who, opened, desk.dataset.resolve().name)


async def data_table(desk: Desk, who: Identity, asked: Asked) -> object:
    """Rows of a table."""
    opened = await asyncio.to_thread(_opened, desk, asked.get("ds", ""))
    after, limit = (_whole(asked, key, default) for key, default in (("after", 0), ("limit", 200)))
    return await asyncio.to_thread(
        data.table, who, opened, asked.get("name", ""), asked.get("q", ""), after, limit
    )


async def one_number(desk: Desk, who: Identity, asked: Asked) -> object:
    """What a number meets."""
    opened = await asyncio.to_thread(_opened, desk, asked.get("ds", ""))
    return await asyncio.to_thread(data.number, who, opened, asked["digits"])


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
    now = await asyncio.to_thread(_opened, desk, "")
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
    }


async def one_review(desk: Desk, who: Identity, asked: Asked) -> object:
    """One review with what hinders its approval."""
    return _shown(desk, who, _review(desk, asked))


def _shown(desk: Desk, who: Identity, review: Review) -> object:
    scps = [{"name": scp.name, "control": scp.control is not None} for scp in desk.hub.scps]
    return {
        **msgspec.to_builtins(review),
        "hindrances": desk.reviews.hindrances(review, who.name),
        "served": desk.served(),
        "scps": scps,
        "command": f"ain review {desk.sets.place(review.before)} {desk.sets.place(review.after)}",
    }


def _review(desk: Desk, asked: Asked) -> Review:
    review = desk.reviews.find(asked["id"])
    if review is None:
        raise absent("such review")
    return review


async def smdr(desk: Desk, _who: Identity, asked: Asked) -> object:
    """Call records."""
    return await records.smdr(desk.commands, desk.places, asked)


async def ama(desk: Desk, _who: Identity, _asked: Asked) -> object:
    """Flagged billing records."""
    return await records.ama(desk.commands, desk.places, desk.dataset)


async def accounts(desk: Desk, _who: Identity, _asked: Asked) -> object:
    """Balances."""
    return await records.accounts(desk.commands, desk.places)


async def account(desk: Desk, _who: Identity, asked: Asked) -> object:
    """One account."""
    return await records.account(desk.commands, desk.places, asked["account"])


async def bill(desk: Desk, _who: Identity, asked: Asked) -> object:
    """One bill."""
    return await records.bill(desk.commands, desk.places, asked["account"], asked["period"])


async def tickets(desk: Desk, _who: Identity, asked: Asked) -> object:
    """Usage by tickets."""
    return await records.tickets(desk.commands, desk.places, asked)


async def captures(desk: Desk, _who: Identity, _asked: Asked) -> object:
    """What was uploaded."""
    return capture_pages.capture_list(desk.uploads)


async def one_capture(desk: Desk, _who: Identity, asked: Asked) -> object:
    """One capture."""
    return await capture_pages.capture(desk.commands, desk.uploads, asked["sha"])


async def capture_call(desk: Desk, _who: Identity, asked: Asked) -> object:
    """One call of a capture."""
    return await capture_pages.capture_call(desk.commands, desk.uploads, asked["sha"], asked["number"])


# Do


async def nothing(_desk: Desk, _who: Identity, _asked: Asked, _body: Mapping[str, Any]) -> object:
    """An address whose body is octets: `upload` takes it."""
    raise PageFault(405, "octets only")


async def upload(desk: Desk, who: Identity, chunks: AsyncIterator[bytes], length: int, label: str) -> object:
    """Take a capture."""
    desk.note(who, "upload", f"{length} octets {label[:80]}", "asked")
    found = await desk.uploads.take(chunks, length, label, who.name)
    desk.note(who, "upload", found.sha)
    return found


async def replay_capture(desk: Desk, who: Identity, asked: Asked, body: Mapping[str, Any]) -> object:
    """Replay a capture against the data set on disk."""
    found = desk.uploads.find(asked["sha"])
    if found.state == "running":
        raise PageFault(409, "its replay goes on already")
    if sum(one.state == "running" for one in desk.uploads.known.values()) >= MOST_REPLAYS:
        raise PageFault(429, "two replays go on already")
    desk.note(who, "replay", found.sha)
    found.state, found.why = "running", ""
    desk.uploads.keep(found)
    local = body.get("local_times") is True
    work = capture_pages.replay(desk.commands, desk.uploads, found, desk.dataset, local=local)
    desk.task(work)
    return found


async def remove_capture(desk: Desk, who: Identity, asked: Asked, _body: Mapping[str, Any]) -> object:
    """Delete a capture."""
    found = desk.uploads.find(asked["sha"])
    if found.state == "running":
        raise PageFault(409, "its replay goes on")
    desk.note(who, "delete capture", found.sha)
    desk.uploads.remove(found)
    return found


async def log_in(desk: Desk, body: Mapping[str, Any]) -> Identity:
    """Who logs in with a code or a token; PageFault 403 for anybody else."""
    text = str(body.get("code", ""))[:200]
    token = token_of(desk.tokens, text, dt.datetime.now(dt.UTC).date()) if desk.tokens else None
    who = token.identity() if token is not None else desk.sessions.by_code(text)
    if who is None:
        if not desk.note_refused():
            raise PageFault(429, "too many wrong tries; wait a minute")
        raise PageFault(403, "not a valid code or token")
    desk.note(who, "login")
    return who


async def start_run(desk: Desk, who: Identity, _asked: Asked, body: Mapping[str, Any]) -> object:
    """Start a run of a scenario of the data set."""
    path = desk.scenarios().get(str(body.get("scenario", "")))
    if path is None:
        raise PageFault(400, "scenario: one of " + ", ".join(desk.scenarios()))
    speed, seed = str(body.get("speed", "60")), body.get("seed")
    if speed != "max":
        try:
            valid = 0 < float(speed) <= 100_000
        except ValueError:
            valid = False
        if not valid:
            raise PageFault(400, "speed: a number above 0, or max")
    if seed is not None and not (isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**31):
        raise PageFault(400, "seed: a whole number")
    going = [run for run in desk.runs.runs.values() if run.info.state == "running"]
    if len(going) >= 2:
        raise PageFault(429, "two runs go on already; stop one first")
    desk.note(who, "run", f"{path.name} speed {speed}")
    run = await desk.runs.start(path, speed, seed, who.name)
    return run.info


async def stop_run(desk: Desk, who: Identity, asked: Asked, _body: Mapping[str, Any]) -> object:
    """Stop a run."""
    run = desk.runs.runs.get(asked["run"])
    if run is None:
        raise absent("such run")
    desk.note(who, "stop run", run.info.id)
    desk.runs.stop(run)
    return run.info


async def start_review(desk: Desk, who: Identity, _asked: Asked, body: Mapping[str, Any]) -> object:
    """Compare the data set on disk with what is served."""
    known = desk.asked_calls()
    wanted = body.get("corpora")
    names = [str(one) for one in wanted] if isinstance(wanted, list) else [name for name, _ in known]
    corpora = [(name, path) for name, path in known if name in names]
    before = await asyncio.to_thread(_opened, desk, str(body.get("old", "served")))
    after = await asyncio.to_thread(_opened, desk, str(body.get("new", "working")))
    desk.note(who, "review", f"{before.digest[:12]} to {after.digest[:12]}")
    try:
        return _shown(desk, who, desk.reviews.begin(before, after, corpora, who.name))
    except ReviewFault as fault:
        raise PageFault(409, str(fault)) from None


async def mark_review(desk: Desk, who: Identity, asked: Asked, body: Mapping[str, Any]) -> object:
    """Note what was looked at."""
    review = _review(desk, asked)
    seen, accepted = body.get("seen"), body.get("accepted")
    if not isinstance(seen, list) or not isinstance(accepted, list):
        raise PageFault(400, "seen and accepted: lists")
    try:
        desk.reviews.mark(
            review, [str(one) for one in seen], [one for one in accepted if isinstance(one, int)]
        )
    except ReviewFault as fault:
        raise PageFault(409, str(fault)) from None
    return _shown(desk, who, review)


async def close_review(desk: Desk, who: Identity, asked: Asked, body: Mapping[str, Any]) -> object:
    """Approve or refuse a change."""
    review, verdict = _review(desk, asked), body.get("verdict")
    if verdict not in ("approve", "refuse"):
        raise PageFault(400, "verdict: approve or refuse")
    comment = str(body.get("comment", ""))
    hindrances = desk.reviews.hindrances(review, who.name)
    if verdict == "approve" and hindrances:
        raise PageFault(409, "not approved: " + "; ".join(hindrances))
    desk.note(who, str(verdict), f"{review.id} {review.after}")
    try:
        (desk.reviews.approve if verdict == "approve" else desk.reviews.refuse)(review, who.name, comment)
    except ReviewFault as fault:
        raise PageFault(409, str(fault)) from None
    return _shown(desk, who, review)


async def load_review(desk: Desk, who: Identity, asked: Asked, body: Mapping[str, Any]) -> object:
    """Let every server load exactly the approved digest, or the one before it (`back`)."""
    review = _review(desk, asked)
    if review.state != "approved":
        raise PageFault(409, f"the review is {review.state}: only what is approved is loaded")
    digest = review.before if body.get("back") is True else review.after
    servers = [scp for scp in desk.hub.scps if scp.control is not None]
    if not servers:
        raise PageFault(409, "no server has a control socket: start it with ain serve --control PATH")
    desk.note(who, "reload", f"{review.id} {digest}", "asked")
    for scp in servers:
        review.loads.append(await _load(desk, str(scp.control), scp.name, digest))
        desk.reviews.keep(review)
        desk.note(who, "reload", f"{scp.name} {digest}", "done" if review.loads[-1].ok else "refused")
        if not review.loads[-1].ok:
            break
    await desk.hub.look()
    return _shown(desk, who, review)


async def _load(desk: Desk, control: str, name: str, digest: str) -> Loaded:
    """One server's answer to a reload from the copy that was reviewed."""
    place = desk.sets.place(digest).resolve()
    try:
        answer = await order(Path(control), {"do": "reload", "digest": digest, "from": str(place)})
    except ControlFault as fault:
        return Loaded(name, stamp(), digest, ok=False, text=str(fault), problems=fault.problems)
    return Loaded(
        name, stamp(), digest, ok=True, text=f"generation {answer['generation']}, {answer['seconds']} s"
    )
