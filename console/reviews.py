"""Reviews: a change compared by `ain review` as a child, looked at group by group, approved for one digest, loaded by it.

A review that compared nothing, or whose new data set has errors, cannot be approved; nor one with a group that was not looked
at, or a changed row that no call reaches and that was not accepted by name. What was approved is the digest; the servers load exactly
that or nothing. Each review is one JSON file in the workspace.

Source: console.md section 7.1.
"""

import asyncio
import contextlib
import os
import re
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from ain_scp.console.sets import Opened
from ain_scp.console.sources.runs import child, limit

MOST: Final = 200
MOST_JOBS: Final = 4
LONGEST_COMMENT: Final = 1000
_NAME: Final = re.compile(r"[0-9]{6}-[0-9a-f]{6}")


class Loaded(msgspec.Struct):
    """What a server said to a reload."""

    scp: str
    at: str
    digest: str
    ok: bool
    text: str
    problems: tuple[str, ...] = ()


class Review(msgspec.Struct):
    """One review. `state`: comparing, open, approved, refused, failed."""

    id: str
    by: str
    began: str
    before: str
    after: str
    corpora: list[str]
    state: str = "comparing"
    why: str = ""
    compared: int = 0
    result: dict[str, Any] | None = None
    problems: dict[str, list[dict[str, Any]]] = {}
    seen: list[str] = []
    accepted: list[int] = []
    comment: str = ""
    approved_by: str = ""
    approved_at: str = ""
    loads: list[Loaded] = []


class ReviewFault(Exception):
    """What cannot be done with a review, in one sentence."""


class Reviews:
    """The reviews of a workspace; `stamp` is the time as text. `approvals` = 2 forbids approving one's own."""

    def __init__(self, folder: Path, stamp: Callable[[], str], approvals: int = 1) -> None:
        self._folder, self._stamp, self._approvals = folder, stamp, approvals
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.reviews: dict[str, Review] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._children: set[asyncio.subprocess.Process] = set()
        for path in sorted(folder.glob("*.json")):
            with contextlib.suppress(OSError, msgspec.DecodeError, RecursionError):
                review = msgspec.json.decode(path.read_bytes(), type=Review)
                if review.state == "comparing":
                    review.state, review.why = "failed", "the console ended while calls were compared"
                self.reviews[review.id] = review

    def begin(self, before: Opened, after: Opened, corpora: Sequence[tuple[str, Path]], by: str) -> Review:
        """Start comparing; ReviewFault when there is nothing to compare."""
        if before.digest == after.digest:
            raise ReviewFault("both sides are the same data set: nothing is changed")
        if len(self.reviews) >= MOST:
            oldest = next(iter(self.reviews))
            del self.reviews[oldest]
            (self._folder / f"{oldest}.json").unlink(missing_ok=True)
        number = max((int(name[:6]) for name in self.reviews), default=0) + 1
        review = Review(
            f"{number:06d}-{secrets.token_hex(3)}", by, self._stamp(), before.digest, after.digest, [name for name, _ in corpora],
            problems=_findings(before, after),
        )  # fmt: skip
        self.reviews[review.id] = review
        if after.errors:
            review.state, review.why = (
                "failed",
                f"the new data set has {len(after.errors)} errors and cannot be loaded",
            )
            self.keep(review)
            return review
        self.keep(review)
        words = ["review", str(before.directory), str(after.directory), "--json", "--progress"]
        words += [word for _, path in corpora for word in ("--calls", str(path))]
        words += ["--jobs", str(min(os.cpu_count() or 1, MOST_JOBS))]
        task = asyncio.get_running_loop().create_task(self._compare(review, words))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return review

    async def _compare(self, review: Review, words: Sequence[str]) -> None:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *child(*words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            limit=1 << 26,
            preexec_fn=limit,
        )
        self._children.add(process)
        try:
            said = asyncio.get_running_loop().create_task(self._progress(review, process))
            octets = await process.stdout.read() if process.stdout is not None else b""
            errors = await said
            await process.wait()
        finally:
            self._children.discard(process)
        self._compared(review, octets, errors, process.returncode)

    async def _progress(self, review: Review, process: asyncio.subprocess.Process) -> str:
        last = ""
        while process.stderr is not None and (line := await process.stderr.readline()):
            text = line.decode("utf-8", "replace").strip()
            if text.isdecimal():
                review.compared = int(text)
            elif text:
                last = text
        return last

    def _compared(self, review: Review, octets: bytes, errors: str, status: int | None) -> None:
        try:
            result = msgspec.json.decode(octets)
            review.compared = result["compared"] + result["probes"]
            review.result, review.state = result, "open"
        except (msgspec.DecodeError, RecursionError, KeyError, TypeError):
            review.state, review.why = "failed", errors[:400] or f"ain review ended with status {status}"
        self.keep(review)

    def find(self, name: str) -> Review | None:
        """The review of this id."""
        return self.reviews.get(name) if _NAME.fullmatch(name) else None

    def hindrances(self, review: Review, by: str) -> list[str]:
        """Why a review cannot be approved now, each in a sentence; none when it can."""
        if review.state != "open" or review.result is None:
            return [f"it is {review.state}"]
        result, found = review.result, []
        if not result["compared"] + result["probes"]:
            found.append("no call was compared")
        if result["unusable"]:
            found.append(f"calls that could not be used: {result['unusable']}")
        unseen = [group for group in result["groups"] if group["key"] not in review.seen]
        if unseen:
            found.append(f"{len(unseen)} of {len(result['groups'])} groups were not looked at")
        left = [at for at in result["unreached"] if at not in review.accepted]
        if left:
            found.append(f"changed rows that no compared call reaches and nobody accepted: {len(left)}")
        if self._approvals > 1 and by == review.by:
            found.append("who asked for the review does not approve it")
        return found

    def mark(self, review: Review, seen: Sequence[str], accepted: Sequence[int]) -> None:
        """Note the groups that were looked at, and the rows accepted without a call; ReviewFault for what is not there."""
        if review.state != "open" or review.result is None:
            raise ReviewFault(f"the review is {review.state}")
        known = {group["key"] for group in review.result["groups"]}
        if not set(seen) <= known or not set(accepted) <= set(review.result["unreached"]):
            raise ReviewFault("no such group or row in this review")
        review.seen, review.accepted = sorted(set(seen)), sorted(set(accepted))
        self.keep(review)

    def approve(self, review: Review, by: str, comment: str) -> None:
        """Approve the digest of the new data set; ReviewFault says what is missing."""
        hindrances = self.hindrances(review, by)
        if hindrances:
            raise ReviewFault("not approved: " + "; ".join(hindrances))
        self._close(review, "approved", by, comment)

    def refuse(self, review: Review, by: str, comment: str) -> None:
        """Refuse the change."""
        if review.state != "open":
            raise ReviewFault(f"the review is {review.state}")
        self._close(review, "refused", by, comment)

    def _close(self, review: Review, state: str, by: str, comment: str) -> None:
        review.state, review.approved_by, review.approved_at = state, by, self._stamp()
        review.comment = comment[:LONGEST_COMMENT]
        self.keep(review)

    def keep(self, review: Review) -> None:
        """Write the review, whole or not at all."""
        path = self._folder / f"{review.id}.json"
        scratch = path.with_suffix(".new")
        scratch.write_bytes(msgspec.json.encode(review))
        scratch.replace(path)

    async def close(self) -> None:
        """End what is under way."""
        for process in list(self._children):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _findings(before: Opened, after: Opened) -> dict[str, list[dict[str, Any]]]:
    """What the check says of only one of the two, by text without the line."""

    def named(opened: Opened) -> dict[tuple[str, str, str], dict[str, Any]]:
        return {(one.file, one.text, one.rule): msgspec.to_builtins(one) for one in opened.problems}

    old, new = named(before), named(after)
    return {
        "new": [found for key, found in new.items() if key not in old],
        "gone": [found for key, found in old.items() if key not in new],
    }
