"""Delivery by https: one PUT a batch, the receipt in the answer; tried again for ever, ever more seldom.

Source: C-007, C-015.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import urllib3

TYPE: Final = "application/pkcs7-mime; smime-type=authEnveloped-data"
TIMEOUT_S: Final = 30.0
FIRST_RETRY_S: Final = 1.0
LAST_RETRY_S: Final = 900.0
MAX_RECEIPT: Final = 65_536


class Sent(NamedTuple):
    """What came of one PUT: a receipt, or why there is none."""

    receipt: bytes
    fault: str
    retry_after_s: float


class Sender:
    """One provider's address. `chance` gives 0 to 1 for the jitter, `now` monotonic seconds."""

    def __init__(
        self, url: str, ca: Path | None, chance: Callable[[], float], now: Callable[[], float]
    ) -> None:
        self._url, self._chance, self._now = url.rstrip("/"), chance, now
        self._pool = urllib3.PoolManager(
            ca_certs=str(ca) if ca else None, cert_reqs="CERT_REQUIRED", retries=False, timeout=TIMEOUT_S
        )
        self._wait, self._not_before = FIRST_RETRY_S, 0.0

    @property
    def due(self) -> bool:
        """Whether it is time to try again."""
        return self._now() >= self._not_before

    def send(self, enterprise: str, store: str, number: int, octets: bytes) -> Sent:
        """One try."""
        url = f"{self._url}/v1/batches/{enterprise}/{store}/{number}"
        try:
            answer = self._pool.request(
                "PUT", url, body=octets, headers={"Content-Type": TYPE}, preload_content=False
            )
            body = answer.read(MAX_RECEIPT + 1)
            answer.release_conn()
        except urllib3.exceptions.HTTPError as fault:
            return self._later(Sent(b"", f"{type(fault).__name__}", 0.0))
        if answer.status == 200 and len(body) <= MAX_RECEIPT:
            self._wait, self._not_before = FIRST_RETRY_S, 0.0
            return Sent(body, "", 0.0)
        after = answer.headers.get("Retry-After", "")
        wait = float(after) if after.isdigit() else 0.0
        receipt = body if answer.status == 503 and len(body) <= MAX_RECEIPT else b""
        return self._later(Sent(receipt, f"status {answer.status}", min(wait, 2 * LAST_RETRY_S)))

    def close(self) -> None:
        """Close the connections that are kept for the next batch."""
        self._pool.clear()

    def _later(self, sent: Sent) -> Sent:
        self._not_before = self._now() + max(sent.retry_after_s, self._wait * self._chance())
        self._wait = min(2 * self._wait, LAST_RETRY_S)
        return sent
