"""`ain serve --charging --http`: the HTTP door beside the node, with the tokens of one file.

Source: charging.md 6.4; interfaces.md 6.4, 6.5.
"""

import asyncio
import datetime as dt
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ain_scp.ain.faults import Trouble, refuse
from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.scp.charging.charger import Charger
from ain_scp.transport.tcp import listen

if TYPE_CHECKING:
    from ain_scp.console.tokens import Token
    from ain_scp.scp.edges.charging.http_door import Caller
    from ain_scp.scp.edges.charging.teller import Tells

GOODBYE_S = 2
HEAD_S = 10.0
"""How long a connection may be open without a whole request on it."""
SWEEP_S = 2.0


class HttpServer:
    """The door and its server; made before the loop runs, so that what is wrong is said at once."""

    def __init__(
        self, at: tuple[str, int], tokens: Path | None, certificate: Path | None, key: Path | None
    ) -> None:
        """UsageError without the extra, without tokens, or beyond loopback without a certificate."""
        try:
            import starlette  # noqa: F401
            import uvicorn
        except ImportError:
            raise Trouble("ain serve --http needs the extra: pip install 'ain-scp[web]'") from None
        if tokens is None:
            raise click.UsageError("--http needs --http-tokens FILE: who may ask (ain token add makes one)")
        if (certificate is None) != (key is None):
            raise click.UsageError("--http-certificate and --http-key: both or none")
        if not at[0].startswith("127.") and at[0] != "::1" and certificate is None:
            raise click.UsageError(
                "--http beyond loopback needs --http-certificate and --http-key: tokens travel in it"
            )
        if certificate is not None and key is not None:
            _check_pair(certificate, key)
        self._at = at
        self._path = tokens
        self._tokens = _read(tokens)
        self._certificate = certificate
        self._key = key
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None
        self._sweep: asyncio.Task[None] | None = None

    async def start(self, charger: Charger, teller: "Tells", now: Callable[[], int]) -> str:
        """Serve; where. OSError for an address that cannot be had."""
        import uvicorn

        from ain_scp.scp.edges.charging.http_door import HttpDoor

        class Door(uvicorn.Server):
            """Without signal handlers of its own: the node's end it."""

            @contextmanager
            def capture_signals(self) -> Iterator[None]:
                """Leave signals alone."""
                yield

        listener = listen(*self._at)
        config = uvicorn.Config(
            HttpDoor(charger, teller, self._who, now).app(),
            ssl_certfile=None if self._certificate is None else str(self._certificate),
            ssl_keyfile=None if self._key is None else str(self._key),
            log_level="critical",
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=GOODBYE_S,
            limit_concurrency=256,
        )
        self._server = Door(config)
        self._task = asyncio.get_running_loop().create_task(self._server.serve([listener]))
        self._sweep = asyncio.get_running_loop().create_task(self._close_idle())
        while not self._server.started and not self._task.done():  # noqa: ASYNC110 - it has no callback
            await asyncio.sleep(0.01)
        return f"{self._at[0]}:{listener.getsockname()[1]}"

    async def _close_idle(self) -> None:
        """Close connections on which no whole head has come for long: half a head sent slowly keeps no place."""
        since: dict[object, float] = {}
        loop = asyncio.get_running_loop()
        while self._server is not None:
            await asyncio.sleep(SWEEP_S)
            idle = [
                one for one in list(self._server.server_state.connections)
                if getattr(one, "cycle", None) is None or one.cycle.response_complete  # type: ignore[union-attr]
            ]  # fmt: skip
            since = {one: since.get(one, loop.time()) for one in idle}
            for one, began in since.items():
                transport = getattr(one, "transport", None)
                if loop.time() - began >= HEAD_S and transport is not None:
                    transport.abort()

    def read_again(self) -> None:
        """The tokens file as it is now; a bad one leaves those before in force."""
        from ain_scp.ain.serve.records import tell

        try:
            self._tokens = _read(self._path)
        except click.ClickException as fault:
            tell(f"tokens: {fault.message}; those before stay in force")

    async def stop(self) -> None:
        """Answer what was asked, and end."""
        if self._server is not None and self._task is not None:
            if self._sweep is not None:
                self._sweep.cancel()
            self._server.should_exit = True
            await self._task

    def _who(self, secret: str) -> "Caller | None":
        from ain_scp.console.tokens import token_of
        from ain_scp.scp.edges.charging.http_door import Caller

        found = token_of(self._tokens, secret, dt.datetime.now(tz=dt.UTC).date())
        return None if found is None else Caller(frozenset(found.accounts), frozenset(found.may))


def _check_pair(certificate: Path, key: Path) -> None:
    """Trouble when a server could not use a certificate and its key."""
    for option, path in (("--http-certificate", certificate), ("--http-key", key)):
        try:
            path.read_bytes()
        except OSError as fault:
            raise Trouble(f"{option} {path}: {fault.strerror or fault}") from None
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            certificate, key, password=lambda: ""
        )
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "reason", None) or "expected PEM files, the key without passphrase"
        raise Trouble(
            f"--http-certificate {certificate}, --http-key {key}: cannot be used: {reason}"
        ) from None


def _read(path: Path) -> "tuple[Token, ...]":
    from ain_scp.console.tokens import read_tokens

    try:
        return read_tokens(path)
    except ProvisioningError as fault:
        refuse(fault.problems)
    except OSError as fault:
        raise Trouble(f"{path}: {fault.strerror or fault}") from None
