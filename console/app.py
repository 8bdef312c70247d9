"""The HTTP of the console: one table of addresses, and the way each request takes through the door.

Every page is a view of one resource: its address with `.json` gives the data, with `.csv` the rows, and without either the
static page that draws them. `/api/...` is the same data.

Source: console.md section 8; RFC 9110, RFC 9457.
"""

import asyncio
import contextlib
import csv
import hashlib
import io
import re
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ain_scp.console import orders
from ain_scp.console.desk import Desk
from ain_scp.console.door import HEADERS, MAX_BODY, OPEN, Asked, refusal
from ain_scp.console.drawings import drawing
from ain_scp.console.live import PATIENCE_S
from ain_scp.console.openapi import description
from ain_scp.console.resources.fault import PageFault
from ain_scp.console.routes import STATIC, Way, way_of
from ain_scp.console.sessions import Identity, Session
from ain_scp.journal.faults import JournalFault
from ain_scp.terms.safe_text import printable_json, to_cell

PATIENCE_READ_S: Final = 30.0
MOST_STREAMS: Final = 16
"""Of one session; a browser has one a page."""
_DIGITS: Final = re.compile(
    r"(?<![0-9A-Za-z])([0-9]{3,11}|[0-9]{3}-|[0-9]{3}-[0-9]{3}-)[0-9]{4}(?![0-9A-Za-z])"
)
_HEX: Final = re.compile(r"[0-9a-f]{64}")


class Console:
    """The application. `cookie` names the session's cookie, `hosts` are the names it is served under."""

    def __init__(self, desk: Desk, cookie: str, hosts: frozenset[str], *, secure: bool = False) -> None:
        self._desk, self._cookie, self._hosts, self._secure = desk, cookie, hosts, secure
        self._shell = files("ain_scp.console").joinpath("static/index.html").read_text("utf-8")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong is an answer, never a trace."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        secret = request.cookies.get(self._cookie, "")
        session = self._desk.sessions.find(secret, request.headers.get("user-agent", "")) if secret else None
        way = way_of(request.method, request.url.path)
        asked = Asked(request.method, request.url.path, dict(request.headers), request.url.scheme)
        roles, raw = (None, False) if way is None else (way[0].roles, way[0].kind == "raw")
        refused = refusal(asked, session, roles, self._hosts, raw=raw)
        if refused is not None:
            answer = self._refused(request, *refused, known=session is not None)
        elif request.url.path in OPEN or session is None or way is None:
            answer = await self._open(request)
        elif way[0].kind == "events":
            await self._events(scope, receive, send, session, secret)
            return
        else:
            answer = await self._inside(request, session, secret, *way)
            if way[0].tagged and answer.status_code == HTTPStatus.OK:
                answer = tagged(answer, request.headers.get("if-none-match", ""))
        answer.headers.update({name: value for name, value in HEADERS.items() if name not in answer.headers})
        await answer(scope, receive, send)

    def _refused(self, request: Request, status: int, detail: str, *, known: bool) -> Response:
        wants_page = "text/html" in request.headers.get("accept", "") and request.method == "GET"
        if status == 404 and wants_page and known:
            return Response(self._shell, 404, media_type="text/html")
        if status == 401 and wants_page:
            return Response(status_code=303, headers={"location": "/login"})
        return problem(PageFault(status, detail))

    async def _open(self, request: Request) -> Response:
        """What a stranger gets."""
        path = request.url.path
        if path == "/health" and request.method in ("GET", "HEAD"):
            return Response("ok\n", media_type="text/plain")
        if path == "/login" and request.method in ("GET", "HEAD"):
            return Response(self._shell.replace("main.js", "login.js"), media_type="text/html")
        if path == "/api/login" and request.method == "POST":
            return await self._login(request)
        if path.startswith("/static/") and request.method in ("GET", "HEAD"):
            return static(path.removeprefix("/static/"))
        return problem(PageFault(405, "not that way"))

    async def _login(self, request: Request) -> Response:
        try:
            who = await orders.log_in(self._desk, await _body(request))
        except PageFault as fault:
            return problem(fault)
        except JournalFault:
            return problem(
                PageFault(
                    503,
                    "the audit journal cannot be written, so no login is possible: free space in the workspace",
                )
            )
        secret = self._desk.sessions.open(who, request.headers.get("user-agent", ""))
        answer = Response(b"{}", media_type="application/json")
        answer.set_cookie(
            self._cookie, secret, path="/", httponly=True, samesite="strict", secure=self._secure
        )
        return answer

    async def _inside(
        self, request: Request, session: Session, secret: str, way: Way, names: dict[str, str]
    ) -> Response:
        session.busy += 1
        try:
            async with asyncio.timeout(PATIENCE_READ_S):
                return await self._answer(request, session, secret, way, names)
        except PageFault as fault:
            return problem(fault)
        except ClientDisconnect:
            return problem(PageFault(408, "the body did not come"))
        except TimeoutError:
            return problem(PageFault(503, f"not ready within {PATIENCE_READ_S:g} s"))
        except JournalFault as fault:
            return problem(PageFault(503, f"nothing was done: the audit journal cannot be written ({fault})"))
        except OSError as fault:
            return problem(PageFault(500, fault.strerror or str(fault)))
        finally:
            session.busy -= 1

    async def _answer(
        self, request: Request, session: Session, secret: str, way: Way, names: dict[str, str]
    ) -> Response:
        who = session.identity
        if way.kind == "shell":
            return Response(self._shell, media_type="text/html")
        if way.kind == "static":
            return static(request.url.path.removeprefix("/static/"))
        if way.kind == "openapi":
            return Response(description(), media_type="application/json")
        if way.kind == "logout":
            self._desk.note(who, "logout")
            self._desk.sessions.close(secret)
            answer = Response(b"{}", media_type="application/json")
            answer.delete_cookie(self._cookie, path="/")
            return answer
        if way.kind == "raw":
            length = int(request.headers.get("content-length", "0"))
            asked = dict(request.query_params)
            return as_json(await orders.upload(self._desk, who, request.stream(), length, asked), who)
        if way.do is not None:
            return as_json(await way.do(self._desk, who, names, await _body(request)), who)
        if way.read is None:
            raise PageFault(404, "there is no such page")
        value = await way.read(self._desk, who, {**request.query_params, **names})
        if way.kind == "csv":
            return as_csv(value, who)
        if way.kind == "svg":
            return as_svg(value, who)
        if way.kind == "hgrm":
            return Response(str(value), media_type="text/plain")
        answer = as_json(value, who)
        if request.url.path == "/api/me":
            answer.headers["x-ain-csrf"] = session.csrf
        return answer

    async def _events(
        self, scope: Scope, receive: Receive, send: Send, session: Session, secret: str
    ) -> None:
        """Frames for one viewer until it or its session goes, or it takes nothing for ten seconds. Who watches is not idle."""
        hub, who = self._desk.hub, session.identity
        if hub.full() or session.streams >= MOST_STREAMS:
            await problem(PageFault(503, "too many viewers"))(scope, receive, send)
            return
        headers = [
            (name.encode(), value.encode())
            for name, value in {**HEADERS, "content-type": "text/event-stream"}.items()
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone = asyncio.ensure_future(_until_gone(receive))
        frames = hub.watch()
        session.streams += 1
        try:
            while not gone.done() and self._desk.sessions.find(secret, session.agent) is session:
                step = asyncio.ensure_future(anext(frames))
                await asyncio.wait({step, gone}, return_when=asyncio.FIRST_COMPLETED)
                if not step.done():
                    step.cancel()
                    break
                async with asyncio.timeout(PATIENCE_S):
                    event = _masked_event(step.result()) if who.mask else step.result()
                    await send({"type": "http.response.body", "body": event, "more_body": True})
        except (TimeoutError, OSError):
            hub.let_go += 1
        finally:
            session.streams -= 1
            gone.cancel()
            with contextlib.suppress(RuntimeError, asyncio.CancelledError):
                await frames.aclose()


def _masked_event(event: bytes) -> bytes:
    """An event as who sees masked numbers gets it."""
    head, data, text = event.partition(b"data: ")
    return head + data + (msgspec.json.encode(masked(msgspec.json.decode(text))) + b"\n\n" if text else b"")


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(request: Request) -> dict[str, Any]:
    octets = bytearray()
    try:
        async with asyncio.timeout(PATIENCE_S):
            async for chunk in request.stream():
                octets += chunk
                if len(octets) > MAX_BODY:
                    raise PageFault(413, f"more than {MAX_BODY} octets")
    except (TimeoutError, ClientDisconnect):
        raise PageFault(408, f"the body did not come within {PATIENCE_S:g} s") from None
    try:
        body = msgspec.json.decode(octets or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise PageFault(400, "the body is no JSON") from None
    if not isinstance(body, dict):
        raise PageFault(400, "the body is no JSON object")
    return body


def problem(fault: PageFault) -> Response:
    """A refusal as RFC 9457 has it."""
    body = {
        "title": fault.detail,
        "status": fault.status,
        "detail": fault.detail,
        "problems": list(fault.problems),
    }
    return Response(msgspec.json.encode(body), fault.status, media_type="application/problem+json")


def as_json(value: object, who: Identity) -> Response:
    """A resource as JSON; texts that would trick a page are spelled out, numbers masked for who may not see them."""
    if who.mask:
        value = masked(msgspec.json.decode(msgspec.json.encode(value)))
    return Response(printable_json(msgspec.json.encode(value).decode()), media_type="application/json")


def masked(value: object) -> object:
    """The same without the last four digits of numbers."""
    if isinstance(value, str):
        return value if _HEX.fullmatch(value) else _DIGITS.sub(r"\1····", value)
    if isinstance(value, list):
        return [masked(one) for one in value]
    if isinstance(value, dict):
        return {key: masked(one) for key, one in value.items()}
    return value


def as_csv(value: object, who: Identity) -> Response:
    """The rows of a resource as CSV; PageFault where it has none. Cells that a spreadsheet would run are made text."""
    plain = msgspec.json.decode(msgspec.json.encode(value))
    rows = next(
        (plain[key] for key in ("rows", "meetings", "tables") if isinstance(plain, dict) and key in plain),
        None,
    )
    if not isinstance(rows, list):
        raise PageFault(404, "this page has no rows")
    rows = [masked(row) if who.mask else row for row in rows]
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\r\n")
    names = list(plain.get("columns") or ()) if rows and "cells" in rows[0] else []
    if names:
        writer.writerow(["line", *names])
        writer.writerows([row["line"], *map(to_cell, row["cells"])] for row in rows)
    elif rows:
        writer.writerow(list(rows[0]))
        writer.writerows([to_cell(cell) for cell in row.values()] for row in rows)
    return Response(lines.getvalue(), media_type="text/csv")


def tagged(answer: Response, known: str) -> Response:
    """The answer with the digest of what it says as its ETag; 304 without a body for who has just that."""
    tag = f'"{hashlib.sha256(bytes(answer.body)).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if tag in known.split(", "):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    answer.headers.update(headers)
    return answer


def as_svg(value: object, who: Identity) -> Response:
    """The drawing of a page, complete in itself; PageFault where there is nothing to draw."""
    drawn = drawing(value)
    return Response(str(masked(drawn)) if who.mask else drawn, media_type="image/svg+xml")


def static(name: str) -> Response:
    """A file of ours."""
    place, kind = STATIC[name]
    return Response(files(place).joinpath("static", name).read_bytes(), media_type=kind)


def application(
    desk: Desk, cookie: str, hosts: frozenset[str], ready: Callable[[], None], *, secure: bool = False
) -> Starlette:
    """The console with what it does beside answering: a frame each second.

    `ready` is called when signals are the server's: one that came before would end it in the middle of its start.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        work = asyncio.get_running_loop().create_task(desk.hub.work())
        ready()
        try:
            yield
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await desk.close()

    app = Starlette(lifespan=lifespan)
    app.mount("/", Console(desk, cookie, hosts, secure=secure))
    return app
