"""What the ledger keeps of a call: the reservations of its parties, and its answers after it has ended.

Source: charging.md 4.2 (Keys), 5.1.
"""

from typing import Final

import msgspec

from ain_scp.billing.charging.session import Call, State, encode_call, shared
from ain_scp.billing.ledger.keys import content_of
from ain_scp.billing.ledger.record import CLOSED, Fact, Hold, customer
from ain_scp.billing.rating.usage import FULL_DAY_MS
from ain_scp.provisioning.rows_charging import ChargingOptions

UNTIMED_MS: Final = 10 * FULL_DAY_MS
"""How long the (empty) reservation of a call without a bound is kept open."""


class Kept(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The answers of a call that has ended or was denied: to `authorize`, and to `release`."""

    reason: str
    granted: bytes
    ended: bytes


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Kept)


def encode_kept(kept: Kept) -> bytes:
    """The octets of the answers."""
    return _encoder.encode(kept)


def decode_kept(octets: bytes) -> Kept:
    """The answers from their octets."""
    return _decoder.decode(octets)


def key_of(call: str) -> str:
    """The key under which a call's answers are kept."""
    return f"call:{call}"


def content(calling: str, called: str, payer: str, share: str, features: tuple[str, ...]) -> bytes:
    """The digest of what an authorization asks; the PIN is no part of it."""
    return content_of("authorize", calling, called, payer, share, features)


def fact(call: Call) -> Fact:
    """The call as it stands, to be kept."""
    return Fact("call", call.id, encode_call(call))


def holds(call: Call, total: int, options: ChargingOptions) -> tuple[Hold, ...]:
    """One reservation a party, for its part of `total`."""
    name, parties, expires = call.id, call.parties, expires_ms(call, options)
    amounts = shared(total, parties) if parties else []
    return tuple(
        [
            Hold(f"{name}/{place}", customer(parties[place].account), amount, expires, name)
            for place, amount in enumerate(amounts)
        ]
    )


def closed(call: Call) -> tuple[Hold, ...]:
    """The reservations of a call, given back."""
    name = call.id
    return tuple(
        [
            Hold(f"{name}/{place}", customer(party.account), CLOSED, 0, name)
            for place, party in enumerate(call.parties)
        ]
    )


def expires_ms(call: Call, options: ChargingOptions) -> int:
    """The end of the grant and a while; before the answer the longest set-up counts besides."""
    begins = call.authorized_ms + options.setup_s * 1000 if call.state == State.SETUP else call.answered_ms
    granted = UNTIMED_MS if call.granted_ms is None else call.granted_ms
    return begins + granted + options.validity_s * 1000
