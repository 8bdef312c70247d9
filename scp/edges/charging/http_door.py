"""The HTTP door of a serving node: event lines in, results out, balances and calls of accounts.

| request | may | what |
|---|---|---|
| POST /v1/events | by event | one event line or an array; `Idempotency-Key` is the key of one |
| GET /v1/accounts/ID | read | the balance |
| GET /v1/accounts/ID/calls?limit=N&open=1 | read | the calls, the latest first; at most 1,000 |
| GET /v1/accounts/ID/summaries/NAME | read | a summary |
| GET /v1/bills/ID/YYYY-MM.json | read | the bill that closed the period which began in a month; html, pdf, txt, too |
| GET /v1/openapi.json | | the form of all this |

`at` of a line is the node's own time, whatever is written. Who asks is a bearer token; what is not the token's own is 404.
A result leaves when its record is durable. Needs the extra `web`.

Source: charging.md 6.4; interfaces.md 6.5.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ain_scp.billing.bills.forms import MEDIA, SUFFIXES
from ain_scp.billing.charging import events
from ain_scp.billing.charging.results import Said
from ain_scp.reports.pdf import MissingLibrary
from ain_scp.scp.charging.charger import Charger
from ain_scp.scp.edges.charging.teller import PATIENCE_S, Tells, Unkept
from ain_scp.terms.digits import is_digits

MOST_OCTETS: Final = 1 << 20
MOST_EVENTS: Final = 1000
MOST_CALLS: Final = 1000
USUAL_CALLS: Final = 100
LONGEST_LIMIT: Final = 4
LONGEST_USED_MS: Final = 25 * 3_600_000
READ: Final = frozenset({
    "balance", "current", "display", "route", "fax", "off_hook", "callConnection", "summary", "group", "exemplary",
    "setup_query", "download",
})  # fmt: skip
CHARGE: Final = frozenset({
    "access", "authorize", "answer", "more", "release", "remote", "usage", "callCompletion", "purchase",
})  # fmt: skip
"""Events by what a token must be allowed; every other one is for `admin`."""
_NAMED: Final = ("account", "customer")
_LINES: Final = ("from", "requesting", "home", "number")


class Caller(msgspec.Struct, frozen=True):
    """Who asks: which accounts ("*" = all), and what for."""

    accounts: frozenset[str]
    may: frozenset[str]

    def owns(self, account: str | None) -> bool:
        """Whether an account is the caller's."""
        return "*" in self.accounts or account in self.accounts


Who = Callable[[str], Caller | None]
_decoder: Final = msgspec.json.Decoder(events.AnyEvent)


class HttpDoor:
    """The door's handlers; `who` knows a caller by the token, `now` is the node's clock (ns)."""

    def __init__(self, charger: Charger, teller: Tells, who: Who, now: Callable[[], int]) -> None:
        self._charger = charger
        self._teller = teller
        self._who = who
        self._now = now

    def app(self) -> Starlette:
        """The application."""
        routes = [
            Route("/v1/events", self._events, methods=["POST"]),
            Route("/v1/accounts/{account}", self._balance),
            Route("/v1/accounts/{account}/calls", self._calls),
            Route("/v1/accounts/{account}/summaries/{name}", self._summary),
            Route("/v1/bills/{account}/{name}", self._bill),
            Route("/v1/openapi.json", self._form),
        ]
        return Starlette(routes=routes, exception_handlers={HTTPException: _told, Unkept: _unkept})

    # Who

    def _caller(self, request: Request) -> Caller | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return self._who(token.strip()) if scheme.lower() == "bearer" and token else None

    def _for_account(self, request: Request) -> tuple[str, Response | None]:
        """The account of a path, or why not: no token 401, not for reading 403, not the caller's or unknown 404."""
        caller, account = self._caller(request), request.path_params["account"]
        if caller is None:
            return account, _problem(401, "a bearer token is required")
        if "read" not in caller.may:
            return account, _problem(403, "this token may not read")
        self._charger.port.enter()
        known = account in self._charger.port.engine.desk.charging.accounts
        if not known or not caller.owns(account):
            return account, _problem(404, "no such account")
        return account, None

    # Accounts

    async def _balance(self, request: Request) -> Response:
        account, refused = self._for_account(request)
        return refused or await self._read(events.Balance(at="", account=account))

    async def _summary(self, request: Request) -> Response:
        account, refused = self._for_account(request)
        if refused is not None:
            return refused
        asked = {"at": "", "event": "summary", "account": account, "name": request.path_params["name"]}
        try:
            return await self._read(_decoder.decode(json.dumps(asked).encode()))
        except (msgspec.MsgspecError, RecursionError):
            return _problem(404, "no such summary")

    async def _read(self, asked: events.AnyEvent) -> Response:
        (said,) = await self._teller.serve([asked])
        return _answer(said.body) if said.ok else _problem(404, said.reason)

    async def _calls(self, request: Request) -> Response:
        account, refused = self._for_account(request)
        if refused is not None:
            return refused
        limit = request.query_params.get("limit", str(USUAL_CALLS))
        if not is_digits(limit) or len(limit) > LONGEST_LIMIT or not 1 <= int(limit) <= MOST_CALLS:
            return _problem(400, f"limit: 1 to {MOST_CALLS}")
        open_only = bool(request.query_params.get("open"))
        return _answer(await self._teller.calls(account, int(limit), open_only))

    async def _bill(self, request: Request) -> Response:
        """A closed bill: read, never made here."""
        account, refused = self._for_account(request)
        if refused is not None:
            return refused
        month, _, suffix = request.path_params["name"].rpartition(".")
        form = next((form for form, known in SUFFIXES.items() if known == suffix), None)
        try:
            said = None if form is None else await self._teller.bill(account, month, form)
        except MissingLibrary as missing:
            return _problem(501, str(missing))
        if form is None or said is None:
            forms = ", ".join(SUFFIXES.values())
            return _problem(404, f"no closed bill of a period that began in {month[:10]}, as {forms}")
        return Response(said, headers={"Content-Type": MEDIA[form]})

    # Events

    async def _events(self, request: Request) -> Response:
        caller = self._caller(request)
        if caller is None:
            return _problem(401, "a bearer token is required")
        try:
            async with asyncio.timeout(PATIENCE_S):
                octets = await _body(request)
        except (TimeoutError, ClientDisconnect):
            return _problem(408, f"the body did not come within {PATIENCE_S:g} s")
        if octets is None:
            return _problem(413, f"at most {MOST_OCTETS} octets")
        try:
            found = msgspec.json.decode(octets)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return _problem(400, "expected a JSON object, or an array of them")
        lines = found if isinstance(found, list) else [found]
        if not lines or len(lines) > MOST_EVENTS or not all(isinstance(line, dict) for line in lines):
            return _problem(400, f"expected a JSON object, or an array of 1 to {MOST_EVENTS}")
        key = request.headers.get("idempotency-key", "")
        if key and len(lines) > 1:
            return _problem(400, "Idempotency-Key names one event; an array has a key in each")
        asked, refused = self._checked(lines, key, caller)
        if refused is not None:
            return refused
        said = [_line(*one) for one in zip(asked, await self._teller.serve(asked), strict=True)]
        return _answer(b"[" + b",".join(said) + b"]" if isinstance(found, list) else said[0])

    def _checked(
        self, lines: list[dict[str, Any]], key: str, caller: Caller
    ) -> tuple[list[events.AnyEvent], Response | None]:
        """Every line read and allowed before any is served: one that is not refuses them all."""
        asked = []
        for number, line in enumerate(lines, 1):
            event = str(line.get("event", ""))
            wanted = "read" if event in READ else "charge" if event in CHARGE else "admin"
            if wanted not in caller.may:
                return [], _problem(403, f"event {number}: this token may not {wanted}")
            fields = {**line, "at": self._charger.text(self._now()), **({"key": key} if key else {})}
            try:
                asked.append(_decoder.decode(msgspec.json.encode(fields)))
            except (msgspec.MsgspecError, RecursionError) as fault:
                return [], _problem(400, f"event {number}: {fault}")
            if not self._own(line, caller):
                return [], _problem(404, f"event {number}: no such account, line or call")
            if self._too_much(asked[-1]):
                why = "used_ms more than 25 hours after the last report"
                return [], _problem(400, f"event {number}: {why}")
        return asked, None

    def _too_much(self, asked: events.AnyEvent) -> bool:
        """Whether a report says more was used since the last one than any grant allows; its periods are charged one by one."""
        if not isinstance(asked, events.More) or asked.used_ms is None:
            return False
        standing = self._charger.port.standing(asked.call)
        return asked.used_ms - (0 if standing is None else standing.used_ms) > LONGEST_USED_MS

    def _own(self, line: dict[str, Any], caller: Caller) -> bool:
        """Whether everything a line names is the caller's own."""
        if "*" in caller.accounts:
            return True
        port, local_ms = self._charger.port, self._charger.clock(self._now()).local_ms
        named = [str(line[name]) for name in _NAMED if name in line]
        named += [
            port.line_account(line[name], local_ms) or ""
            for name in _LINES
            if isinstance(line.get(name), str)
        ]
        if line.get("event") == "authorize":
            named += self._payers(line, local_ms)
        if "call" in line and not named:
            named += port.parties(str(line["call"]))
        return bool(named) and all(caller.owns(account) for account in named) and not line.get("group")

    def _payers(self, line: dict[str, Any], local_ms: int) -> list[str]:
        """The accounts that a call is charged to besides its caller's; "" for one that is unknown."""
        shares = self._charger.port.engine.desk.charging.shares.get(str(line.get("share", "")), ())
        parties = [row.party for row in shares] if line.get("share") else [str(line.get("payer", "calling"))]
        called = self._charger.port.line_account(str(line.get("called", "")), local_ms) or ""
        return [called if one.lower() == "called" else one for one in parties if one.lower() != "calling"]

    async def _form(self, _request: Request) -> Response:
        (schema,), parts = msgspec.json.schema_components(
            [events.AnyEvent], ref_template="#/components/schemas/{name}"
        )
        body = {
            "content": {
                "application/json": {"schema": {"oneOf": [schema, {"type": "array", "items": schema}]}}
            }
        }
        result = {"description": "the result", "content": {"application/json": {}}}
        get = {"get": {"responses": {"200": result, "404": {"description": "not the token's own"}}}}
        paths = {
            "/v1/events": {"post": {"requestBody": body, "responses": {"200": result}}},
            "/v1/accounts/{account}": get,
            "/v1/accounts/{account}/calls": get,
            "/v1/accounts/{account}/summaries/{name}": get,
            "/v1/bills/{account}/{period}.{form}": get,
        }
        info = {"title": "charging", "version": "1"}
        return _answer(
            msgspec.json.encode(
                {"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": parts}}
            )
        )


def _line(asked: events.AnyEvent, said: Said) -> bytes:
    head: dict[str, object] = {"event": type(asked).__struct_config__.tag, "ok": said.ok}
    if said.reason:
        head["reason"] = said.reason
    return msgspec.json.encode({**head, **msgspec.json.decode(said.body)})


async def _unkept(_request: Request, _fault: Exception) -> Response:
    return _problem(503, "the ledger cannot be written")


async def _told(_request: Request, fault: Exception) -> Response:
    """A refusal as JSON, as every other answer."""
    status, text = (fault.status_code, fault.detail) if isinstance(fault, HTTPException) else (500, "")
    return _problem(status, text)


async def _body(request: Request) -> bytes | None:
    """The body; None when it is too long."""
    octets = b""
    async for part in request.stream():
        octets += part
        if len(octets) > MOST_OCTETS:
            return None
    return octets


def _answer(body: bytes) -> Response:
    return Response(body, media_type="application/json")


def _problem(status: int, text: str) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    body = msgspec.json.encode({"ok": False, "error": text})
    return Response(body, status, headers, media_type="application/json")
