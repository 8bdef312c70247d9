"""Credit control (Ro/Gy): what a request asks, as a record, and its message. Answers: `credit_answer`.

A session is a call: INITIAL asks for time, UPDATE reports what was used and asks for more, TERMINATION reports the whole. EVENT
is one-off: debit, refund, balance, price. Time is whole seconds: a client reports a started second as one.

The answer of the called party is an UPDATE that reports nothing. The announcement a switch is to play is the 3GPP one
(Announcement-Information); that of the set-up message has a Variable-Part, whose layout is of this program. The terms of a remote
call are Service-Parameter-Info of the session (types 1: home line, 2: PIN, 3: who pays, 4: share, 5: feature, 6: origin switch), and
7 in a request asks for what a handset downloads, which the answer gives in the same: of this program, unconfirmed.

Source: RFC 8506 sections 5, 6, 8; TS 32.299 section 7.2; charging.md 6.3.
"""

from typing import Final

import msgspec

from ain_scp.signaling.diameter.avp import Avp, all_of, find, group, i64, text, u32, u64
from ain_scp.signaling.diameter.dictionary import TGPP, code
from ain_scp.signaling.diameter.faults import (
    COMMAND_UNSUPPORTED,
    INVALID_AVP_VALUE,
    MISSING_AVP,
    OCCURS_TOO_OFTEN,
    DiameterFault,
)
from ain_scp.signaling.diameter.message import Message

APPLICATION: Final = 4
COMMAND: Final = 272
LONGEST_USED_S: Final = 25 * 3600
"""Seconds that one report may say were used: a grant is a day at most, and its periods are charged one by one."""
LONGEST_SESSION: Final = 1024
"""Octets of a Session-Id that are taken; it names a call in every record of it."""
CONTEXT: Final = "32260@3gpp.org"
INITIAL: Final = 1
UPDATE: Final = 2
TERMINATION: Final = 3
EVENT: Final = 4
DIRECT_DEBITING: Final = 0
REFUND_ACCOUNT: Final = 1
CHECK_BALANCE: Final = 2
PRICE_ENQUIRY: Final = 3
E164: Final = 0
TERMINATE: Final = 0
CONTINUE: Final = 1
LOGOUT: Final = 1
RATING_GROUP: Final = 1
ASKED_S: Final = 60
"""What a session asks for; how much it gets are the periods of the tariff."""
ISO_4217: Final = {"USD": 840, "EUR": 978, "GBP": 826, "CAD": 124, "JPY": 392, "CHF": 756, "SEK": 752}
"""Numbers of currencies; another one has 0."""

_SESSION: Final = code("Session-Id")
_TYPE: Final = code("CC-Request-Type")
_NUMBER: Final = code("CC-Request-Number")
_TIME: Final = code("CC-Time")
_MSCC: Final = code("Multiple-Services-Credit-Control")
_USED: Final = code("Used-Service-Unit")
_REQUESTED: Final = code("Requested-Service-Unit")
_GRANTED: Final = code("Granted-Service-Unit")
_UNITS: Final = code("CC-Service-Specific-Units")
_OCTETS: Final = code("CC-Total-Octets")
_MONEY: Final = code("CC-Money")
_VALUE: Final = code("Unit-Value")
_DIGITS: Final = code("Value-Digits")
_EXPONENT: Final = code("Exponent")
_PARAMETER: Final = code("Service-Parameter-Info")
HOME, PIN, PAYER, SHARE, FEATURE, SWITCH, DOWNLOAD = range(1, 8)
"""Types of Service-Parameter-Info."""


VARIABLE_NUMBER: Final = 1
"""Variable-Part-Type of what is no amount, time or date."""


class Money(msgspec.Struct, frozen=True):
    """An exact decimal: digits times ten to the power of the exponent; the currency's number, 0 unknown."""

    digits: int
    exponent: int
    currency: int = 0


class CreditRequest(msgspec.Struct, frozen=True):
    """What a CCR asks. Numbers as digits; `parameters` are (type, text).

    `used_s` is what was used since the report before (None: nothing is reported), `asked_s` how much a price is asked of.
    """

    session: str
    kind: int
    number: int
    calling: str = ""
    called: str = ""
    used_s: int | None = None
    requested: bool = False
    action: int | None = None
    units: int | None = None
    octets: int | None = None
    money: Money | None = None
    origin_host: str = ""
    origin_realm: str = ""
    state_id: int | None = None
    parameters: tuple[tuple[int, str], ...] = ()
    destination_realm: str = "ain-scp"
    asked_s: int | None = None

    def parameter(self, kind: int) -> str | None:
        """The first parameter of a type."""
        return next((value for known, value in self.parameters if known == kind), None)


# Requests


def request_message(asked: CreditRequest, hop: int, end: int, *, flags: int = 0xC0) -> Message:
    """The CCR of a request."""
    avps = [
        text(_SESSION, asked.session),
        text(code("Origin-Host"), asked.origin_host),
        text(code("Origin-Realm"), asked.origin_realm),
        text(code("Destination-Realm"), asked.destination_realm),
        u32(code("Auth-Application-Id"), APPLICATION),
        text(code("Service-Context-Id"), CONTEXT),
        u32(_TYPE, asked.kind),
        u32(_NUMBER, asked.number),
    ]
    if asked.calling:
        avps.append(
            group(
                code("Subscription-Id"),
                u32(code("Subscription-Id-Type"), E164),
                text(code("Subscription-Id-Data"), asked.calling),
            )
        )
    if asked.state_id is not None:
        avps.append(u32(code("Origin-State-Id"), asked.state_id))
    if asked.kind == TERMINATION:
        avps.append(u32(code("Termination-Cause"), LOGOUT))
    if asked.action is not None:
        avps.append(u32(code("Requested-Action"), asked.action))
    units = _units_asked(asked)
    if asked.kind == EVENT:
        avps += [group(_REQUESTED, *units)] if units else []
    else:
        avps += _service(asked)
    avps += [parameter(*one) for one in asked.parameters]
    if asked.called:
        called = text(code("Called-Party-Address"), asked.called, TGPP)
        ims = group(code("IMS-Information"), called, vendor=TGPP)
        avps.append(group(code("Service-Information"), ims, vendor=TGPP))
    return Message(COMMAND, APPLICATION, tuple(avps), flags, hop, end)


def _service(asked: CreditRequest) -> list[Avp]:
    """The one service of a session: what was used, and whether more is wanted."""
    parts: list[Avp] = []
    if asked.requested:
        parts.append(group(_REQUESTED, u32(_TIME, ASKED_S)))
    if asked.used_s is not None:
        parts.append(group(_USED, u32(_TIME, asked.used_s)))
    if not parts:
        return []
    return [group(_MSCC, *parts, u32(code("Rating-Group"), RATING_GROUP))]


def _units_asked(asked: CreditRequest) -> list[Avp]:
    units = [] if asked.units is None else [u64(_UNITS, asked.units)]
    units += [] if asked.asked_s is None else [u32(_TIME, asked.asked_s)]
    units += [] if asked.octets is None else [u64(_OCTETS, asked.octets)]
    return units + ([] if asked.money is None else [group(_MONEY, *money_avps(asked.money))])


def parameter(kind: int, value: str) -> Avp:
    """A Service-Parameter-Info."""
    return group(
        _PARAMETER,
        u32(code("Service-Parameter-Type"), kind),
        text(code("Service-Parameter-Value"), value),
        flags=0,
    )


def money_avps(money: Money) -> tuple[Avp, ...]:
    """What CC-Money, a grant of money or Cost-Information holds."""
    value = group(_VALUE, i64(_DIGITS, money.digits), u32(_EXPONENT, money.exponent & 0xFFFFFFFF))
    return (value, u32(code("Currency-Code"), money.currency)) if money.currency else (value,)


def read_request(message: Message) -> CreditRequest:
    """Read a CCR; DiameterFault with the pair that is missing (5005), wrong (5004) or there too often (5009), 3001 for another command."""
    if message.command != COMMAND:
        raise DiameterFault(COMMAND_UNSUPPORTED, f"command {message.command} is not served")
    session, kind, number = need(message, _SESSION), need(message, _TYPE), need(message, _NUMBER)
    if not 0 < len(session.data) <= LONGEST_SESSION:
        raise DiameterFault(INVALID_AVP_VALUE, f"Session-Id of {len(session.data)} octets", session)
    if not _is_text(session.data):
        raise DiameterFault(INVALID_AVP_VALUE, "Session-Id is not UTF-8", session)
    if kind.u32() not in (INITIAL, UPDATE, TERMINATION, EVENT):
        raise DiameterFault(INVALID_AVP_VALUE, f"CC-Request-Type {kind.u32()}", kind)
    parts = message.avps
    services = all_of(parts, _MSCC)
    if len(services) > 1:
        why = f"{len(services)} Multiple-Services-Credit-Control: a session has one service"
        raise DiameterFault(OCCURS_TOO_OFTEN, why, services[1])
    inner = services[0].group() if services else parts
    used = [one.group() for one in all_of(inner, _USED)]
    times = [time.u32() for one in used if (time := find(one, _TIME)) is not None]
    if used and len(times) < len(used) and kind.u32() != EVENT:
        raise DiameterFault(MISSING_AVP, "Used-Service-Unit without CC-Time", Avp(_TIME, b""))
    asked = find(inner, _REQUESTED)
    wanted = () if asked is None else asked.group()
    units, octets, money = find(wanted, _UNITS), find(wanted, _OCTETS), find(wanted, _MONEY)
    time = find(wanted, _TIME)
    return CreditRequest(
        session.text(),
        kind.u32(),
        number.u32(),
        _subscriber(parts),
        _called(parts),
        sum(times) if times else None,
        asked is not None,
        message.number(code("Requested-Action")),
        None if units is None else units.u64(),
        None if octets is None else octets.u64(),
        None if money is None else read_money(money),
        message.text(code("Origin-Host")),
        message.text(code("Origin-Realm")),
        message.number(code("Origin-State-Id")),
        tuple(parameters_of(parts)),
        message.text(code("Destination-Realm")),
        None if time is None or kind.u32() != EVENT else time.u32(),
    )


def _is_text(octets: bytes) -> bool:
    """Whether octets are UTF-8: two names that are not would be read as one."""
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


def check_used(asked: CreditRequest) -> CreditRequest:
    """The request itself; DiameterFault 5004 when it reports more than `LONGEST_USED_S`."""
    if asked.used_s is not None and asked.used_s > LONGEST_USED_S:
        raise DiameterFault(INVALID_AVP_VALUE, f"{asked.used_s} s used since the last report")
    return asked


def need(message: Message, number: int) -> Avp:
    """A pair that must be there; DiameterFault 5005 without it."""
    found = message.find(number)
    if found is None:
        raise DiameterFault(MISSING_AVP, f"AVP {number} is missing", Avp(number, b""))
    return found


def _subscriber(avps: tuple[Avp, ...]) -> str:
    """The number of the subscriber: an E.164 one before any other."""
    found = ""
    for one in all_of(avps, code("Subscription-Id")):
        parts = one.group()
        kind, data = find(parts, code("Subscription-Id-Type")), find(parts, code("Subscription-Id-Data"))
        if data is not None and kind is not None and (kind.u32() == E164 or not found):
            found = data.text()
            if kind.u32() == E164:
                return found
    return found


def _called(avps: tuple[Avp, ...]) -> str:
    """The called number: of the IMS information, or of the request itself."""
    service = find(avps, code("Service-Information"), TGPP)
    ims = None if service is None else find(service.group(), code("IMS-Information"), TGPP)
    where = avps if ims is None else ims.group()
    found = find(where, code("Called-Party-Address"), TGPP)
    return "" if found is None else found.text().removeprefix("tel:")


def parameters_of(avps: tuple[Avp, ...]) -> list[tuple[int, str]]:
    """The Service-Parameter-Info of a message as (type, text)."""
    found = []
    for one in all_of(avps, _PARAMETER):
        parts = one.group()
        kind, value = (
            find(parts, code("Service-Parameter-Type")),
            find(parts, code("Service-Parameter-Value")),
        )
        if kind is not None and value is not None:
            found.append((kind.u32(), value.text()))
    return found


def read_money(avp: Avp) -> Money:
    """Read CC-Money or Cost-Information."""
    parts = avp.group()
    value = find(parts, _VALUE)
    if value is None:
        raise DiameterFault(MISSING_AVP, "money without Unit-Value", Avp(_VALUE, b""))
    inner = value.group()
    digits, exponent = find(inner, _DIGITS), find(inner, _EXPONENT)
    if digits is None:
        raise DiameterFault(MISSING_AVP, "Unit-Value without Value-Digits", Avp(_DIGITS, b""))
    power = 0 if exponent is None else exponent.u32()
    currency = find(parts, code("Currency-Code"))
    return Money(
        digits.i64(), power - (1 << 32) if power >> 31 else power, 0 if currency is None else currency.u32()
    )
