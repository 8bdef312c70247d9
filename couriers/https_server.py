"""The provider's door: PUT /v1/batches/ENTERPRISE/STORE/NUMBER, the body a sealed batch.

200 with the signed receipt; 400 without a word for anything that does not hold (path, header and register must name the
same); 413 and 429 before anything is parsed; 503 with Retry-After while the enterprise is suspended or our clock is
wrong. A body has a minute to come (408), and all that are on their way together have a bound (503): strangers who send
slowly fill neither memory nor the door. No token: the signature says who speaks.

Source: C-007; RFC 9110.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ain_scp.tickets.provider.intake import Answer

RECEIPT_TYPE: Final = "application/pkcs7-mime; smime-type=signed-data"
SUSPENDED_S: Final = 3600
READ_S: Final = 60.0
AT_ONCE: Final = 4
"""The largest bodies that may be on their way at a time."""
_LENGTH_DIGITS: Final = 12
_MINUTE_S: Final = 60.0
_MOST_ADDRESSES: Final = 10_000
Take = Callable[[bytes], Answer]


class Rates:
    """How many requests an address may make in a minute; addresses beyond a bound share one allowance."""

    def __init__(self, per_minute: int, now: Callable[[], float]) -> None:
        self._most, self._now = per_minute, now
        self._since = now()
        self._counts: dict[str, int] = {}

    def allow(self, address: str) -> bool:
        """Whether one more request may be read."""
        now = self._now()
        if now - self._since >= _MINUTE_S:
            self._since = now
            self._counts.clear()
        if address not in self._counts and len(self._counts) >= _MOST_ADDRESSES:
            address = ""
        self._counts[address] = self._counts.get(address, 0) + 1
        return self._counts[address] <= self._most


class Bodies:
    """Bodies on their way. `most`: octets of one; `held` of all together now, at most four such bodies."""

    def __init__(self, most: int, read_s: float = READ_S) -> None:
        self._most, self._read_s, self.held = most, read_s, 0

    async def read(self, request: Request) -> bytes | Response:
        """A body, or the answer to one that is too large, too slow, or comes beside too many others."""
        length = request.headers.get("content-length", "")
        if length.isdigit() and (len(length) > _LENGTH_DIGITS or int(length) > self._most):
            return Response(status_code=413)
        octets = bytearray()
        try:
            async with asyncio.timeout(self._read_s):
                async for chunk in request.stream():
                    octets += chunk
                    self.held += len(chunk)
                    if len(octets) > self._most:
                        return Response(status_code=413)
                    if self.held > AT_ONCE * self._most:
                        return Response(status_code=503, headers={"Retry-After": "60"})
        except TimeoutError:
            return Response(status_code=408, headers={"Connection": "close"})
        finally:
            self.held -= len(octets)
        return bytes(octets)


def app(
    take: Take, ready: Callable[[], bool], rates: Rates, max_octets: int, read_s: float = READ_S
) -> Starlette:
    """The door over a function that takes a batch. `ready`: our clock is right; `read_s` is what a body has to come."""
    bodies = Bodies(max_octets, read_s)

    async def put(request: Request) -> Response:
        address = request.client.host if request.client else ""
        if not rates.allow(address):
            return Response(status_code=429, headers={"Retry-After": "60"})
        octets = await bodies.read(request)
        if isinstance(octets, Response):
            return octets
        if not ready():
            return Response(status_code=503, headers={"Retry-After": "60"})
        answer = take(octets)
        path = request.path_params
        named = (answer.enterprise, answer.store, answer.number)
        if not answer.receipt or named != (path["enterprise"], path["store"], path["number"]):
            return Response(status_code=400)
        if answer.reason == "SUSPENDED":
            headers = {"Retry-After": str(SUSPENDED_S)}
            return Response(answer.receipt, 503, headers, media_type=RECEIPT_TYPE)
        return Response(answer.receipt, media_type=RECEIPT_TYPE)

    return Starlette(routes=[Route("/v1/batches/{enterprise}/{store}/{number:int}", put, methods=["PUT"])])
