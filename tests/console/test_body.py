"""The body of a request that changes something: whatever comes is a body or a refusal."""

import asyncio

import pytest

pytest.importorskip("starlette", reason="needs the extra web")

from starlette.requests import Request

from ain_scp.console import app
from ain_scp.console.resources.fault import PageFault


def body_of(*messages):
    waiting = list(messages)

    async def receive():
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    return asyncio.run(app._body(Request({"type": "http"}, receive)))


@pytest.mark.parametrize("octets", [b"[" * 60_000, b'{"a":' * 10_000, b"\xff", b"3", b"{"])
def test_what_is_no_object_is_refused(octets):
    with pytest.raises(PageFault) as caught:
        body_of({"type": "http.request", "body": octets})
    assert caught.value.status == 400


@pytest.mark.parametrize("then", [(), ({"type": "http.disconnect"},)])
def test_a_body_that_does_not_come_is_refused(monkeypatch, then):
    monkeypatch.setattr(app, "PATIENCE_S", 0.01)
    with pytest.raises(PageFault) as caught:
        body_of({"type": "http.request", "body": b"{", "more_body": True}, *then)
    assert caught.value.status == 408
