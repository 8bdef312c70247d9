"""What each address that changes something does: written to the audit journal first, then done.

Source: console.md sections 7 and 8.
"""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

from ain_scp.console.desk import Desk, stamp
from ain_scp.console.handlers import Asked, opened_set, review_asked, shown_review
from ain_scp.console.resources import captures as capture_pages
from ain_scp.console.resources.fault import PageFault, absent
from ain_scp.console.resources.progress import control_of
from ain_scp.console.reviews import Loaded, ReviewFault
from ain_scp.console.sessions import Identity
from ain_scp.console.sources.control import ControlFault, order
from ain_scp.console.tokens import token_of

MOST_REPLAYS: Final = 2
LONGEST_CALL: Final = 256


async def start_bench(desk: Desk, who: Identity, _asked: Asked, body: Mapping[str, Any]) -> object:
    """Measure a server over the data set on disk."""
    opened = await asyncio.to_thread(opened_set, desk, "")
    made = desk.benches.begin(body.get("rate"), body.get("duration"), opened.digest, who.name)
    desk.note(who, "bench", f"{made.id} {made.rate:g}/s {made.duration_s:g} s")
    desk.task(desk.benches.measure(desk.commands, made, desk.dataset))
    return made


async def nothing(_desk: Desk, _who: Identity, _asked: Asked, _body: Mapping[str, Any]) -> object:
    """An address whose body is octets: `upload` takes it."""
    raise PageFault(405, "octets only")


async def upload(
    desk: Desk, who: Identity, chunks: AsyncIterator[bytes], length: int, asked: Mapping[str, str]
) -> object:
    """Take a capture, query lines, or a data set, which is unpacked at once so that what is wrong with it is said now."""
    label, kind = asked.get("label", ""), asked.get("kind", "capture")
    desk.note(who, "upload", f"{kind[:20]} {length} octets {label[:80]}", "asked")
    found = await desk.uploads.take(chunks, length, label, who.name, kind)
    if kind == "dataset":
        try:
            await asyncio.to_thread(desk.sets.archive, desk.uploads.path(found))
        except PageFault:
            desk.uploads.remove(found)
            raise
        except OSError as fault:
            desk.uploads.remove(found)
            raise PageFault(422, f"the data set cannot be unpacked: {fault.strerror}") from None
    desk.note(who, "upload", found.sha)
    return found


async def replay_capture(desk: Desk, who: Identity, asked: Asked, body: Mapping[str, Any]) -> object:
    """Replay a capture against the data set on disk."""
    found = desk.uploads.find(asked["sha"], "capture")
    if found.state == "running":
        raise PageFault(409, "its replay is running already")
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
    """Delete an upload."""
    found = desk.uploads.find(asked["sha"])
    if found.state == "running":
        raise PageFault(409, "its replay is running")
    desk.note(who, f"delete {found.kind}", found.sha)
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
    speed, seed = _speed(body.get("speed", "60")), body.get("seed")
    if seed is not None and not (isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**31):
        raise PageFault(400, "seed: a whole number")
    going = [run for run in desk.runs.runs.values() if run.info.state == "running"]
    if len(going) >= 2:
        raise PageFault(429, "two runs go on already; stop one first")
    desk.note(who, "run", f"{path.name} speed {speed}")
    run = await desk.runs.start(path, speed, seed, who.name)
    return run.info


def _speed(given: object) -> str:
    """A speed that a run can have; PageFault 400 for anything else."""
    speed = str(given)
    try:
        valid = speed == "max" or 0 < float(speed) <= 100_000
    except ValueError:
        valid = False
    if not valid:
        raise PageFault(400, "speed: a number above 0, or max")
    return speed


async def pace_run(desk: Desk, who: Identity, asked: Asked, body: Mapping[str, Any]) -> object:
    """Let a run wait or go on, or change its speed."""
    run = desk.runs.runs.get(asked["run"])
    if run is None:
        raise absent("such run")
    paused, speed = body.get("paused"), body.get("speed")
    if not isinstance(paused, bool | None):
        raise PageFault(400, "paused: true or false")
    speed = None if speed is None else _speed(speed)
    desk.note(
        who,
        "pace",
        f"{run.info.id}{'' if paused is None else ' pause' if paused else ' go on'}{'' if speed is None else f' speed {speed}'}",
    )
    desk.runs.pace(run, paused=paused, speed=speed)
    return run.info


async def stop_run(desk: Desk, who: Identity, asked: Asked, _body: Mapping[str, Any]) -> object:
    """Stop a run."""
    run = desk.runs.runs.get(asked["run"])
    if run is None:
        raise absent("such run")
    desk.note(who, "stop run", run.info.id)
    desk.runs.stop(run)
    return run.info


async def end_call(desk: Desk, who: Identity, asked: Asked, body: Mapping[str, Any]) -> object:
    """End one charged call at its next event."""
    scp = control_of(desk.hub.scps, asked["scp"])
    call = body.get("call")
    if not isinstance(call, str) or not 0 < len(call) <= LONGEST_CALL or not call.isprintable():
        raise PageFault(400, f"call: the identity of a call, {LONGEST_CALL} letters at most")
    desk.note(who, "disconnect", f"{scp.name} {call}", "asked")
    try:
        return await order(Path(str(scp.control)), {"do": "cut", "call": call})
    except ControlFault as fault:
        raise PageFault(409, str(fault), fault.problems) from None


async def start_review(desk: Desk, who: Identity, _asked: Asked, body: Mapping[str, Any]) -> object:
    """Compare two data sets: what is served with what is on disk, unless a revision, an upload or a digest is named."""
    known = desk.asked_calls()
    wanted = body.get("corpora")
    names = [str(one) for one in wanted] if isinstance(wanted, list) else [name for name, _ in known]
    corpora = [(name, path) for name, path in known if name in names]
    before = await asyncio.to_thread(opened_set, desk, str(body.get("old", "served")))
    after = await asyncio.to_thread(opened_set, desk, str(body.get("new", "working")))
    desk.note(who, "review", f"{before.digest[:12]} to {after.digest[:12]}")
    try:
        return shown_review(desk, who, desk.reviews.begin(before, after, corpora, who.name))
    except ReviewFault as fault:
        raise PageFault(409, str(fault)) from None


async def mark_review(desk: Desk, who: Identity, asked: Asked, body: Mapping[str, Any]) -> object:
    """Note what was looked at."""
    review = review_asked(desk, asked)
    seen, accepted = body.get("seen"), body.get("accepted")
    if not isinstance(seen, list) or not isinstance(accepted, list):
        raise PageFault(400, "seen and accepted: lists")
    try:
        desk.reviews.mark(
            review, [str(one) for one in seen], [one for one in accepted if isinstance(one, int)]
        )
    except ReviewFault as fault:
        raise PageFault(409, str(fault)) from None
    return shown_review(desk, who, review)


async def close_review(desk: Desk, who: Identity, asked: Asked, body: Mapping[str, Any]) -> object:
    """Approve or refuse a change."""
    review, verdict = review_asked(desk, asked), body.get("verdict")
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
    return shown_review(desk, who, review)


async def load_review(desk: Desk, who: Identity, asked: Asked, body: Mapping[str, Any]) -> object:
    """Let every server load exactly the approved digest, or the one before it (`back`)."""
    review = review_asked(desk, asked)
    if review.state != "approved":
        raise PageFault(409, f"the review is {review.state}: only what is approved is loaded")
    digest, served = review.before if body.get("back") is True else review.after, desk.served()
    if served not in (review.before, review.after):
        raise PageFault(
            409, f"in use is {served[:12]}, and {review.before[:12]} was compared: review the change again"
        )
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
    return shown_review(desk, who, review)


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
