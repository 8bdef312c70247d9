"""Credit control (Ro/Gy): what a request asks and what an answer gives, as records, and their messages.

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


class CreditAnswer(msgspec.Struct, frozen=True):
    """What a CCA gives. `granted_s` counts from the report it answers; `final`: the last units; `cost` what it comes to."""

    result: int
    granted_s: int | None = None
    timed: bool = False
    final: bool = False
    validity_s: int | None = None
    cost: Money | None = None
    money: Money | None = None
    balance_ok: bool | None = None
    continues: bool | None = None
    announcement: int | None = None
    tariff_change_s: int | None = None
    message: str = ""
    setup: tuple[int, str] | None = None
    """The announcement of the set-up message, and its variable data."""
    download: str = ""


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
    avps += [_parameter(*one) for one in asked.parameters]
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
    return units + ([] if asked.money is None else [group(_MONEY, *_money(asked.money))])


def _parameter(kind: int, value: str) -> Avp:
    return group(
        _PARAMETER,
        u32(code("Service-Parameter-Type"), kind),
        text(code("Service-Parameter-Value"), value),
        flags=0,
    )


def _money(money: Money) -> tuple[Avp, ...]:
    value = group(_VALUE, i64(_DIGITS, money.digits), u32(_EXPONENT, money.exponent & 0xFFFFFFFF))
    return (value, u32(code("Currency-Code"), money.currency)) if money.currency else (value,)


def read_request(message: Message) -> CreditRequest:
    """Read a CCR; DiameterFault 5005 or 5004 with the pair that is missing or wrong, 3001 for another command."""
    if message.command != COMMAND:
        raise DiameterFault(COMMAND_UNSUPPORTED, f"command {message.command} is not served")
    session, kind, number = _need(message, _SESSION), _need(message, _TYPE), _need(message, _NUMBER)
    if not 0 < len(session.data) <= LONGEST_SESSION:
        raise DiameterFault(INVALID_AVP_VALUE, f"Session-Id of {len(session.data)} octets", session)
    if kind.u32() not in (INITIAL, UPDATE, TERMINATION, EVENT):
        raise DiameterFault(INVALID_AVP_VALUE, f"CC-Request-Type {kind.u32()}", kind)
    parts = message.avps
    service = find(parts, _MSCC)
    inner = parts if service is None else service.group()
    used = [one.group() for one in all_of(inner, _USED)]
    times = [time.u32() for one in used if (time := find(one, _TIME)) is not None]
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
        tuple(_parameters(parts)),
        message.text(code("Destination-Realm")),
        None if time is None or kind.u32() != EVENT else time.u32(),
    )


def check_used(asked: CreditRequest) -> CreditRequest:
    """The request itself; DiameterFault 5004 when it reports more than `LONGEST_USED_S`."""
    if asked.used_s is not None and asked.used_s > LONGEST_USED_S:
        raise DiameterFault(INVALID_AVP_VALUE, f"{asked.used_s} s used since the last report")
    return asked


def _need(message: Message, number: int) -> Avp:
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


def _parameters(avps: tuple[Avp, ...]) -> list[tuple[int, str]]:
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


# Answers


def answer_avps(asked: CreditRequest, given: CreditAnswer) -> list[Avp]:
    """What a CCA has behind its head: the request's number, units, cost, failure handling."""
    avps = [
        u32(code("Auth-Application-Id"), APPLICATION),
        u32(_TYPE, asked.kind),
        u32(_NUMBER, asked.number),
    ]
    if asked.kind == INITIAL and given.continues is not None:
        avps.append(u32(code("CC-Session-Failover"), 1))
        handling = CONTINUE if given.continues else TERMINATE
        avps.append(u32(code("Credit-Control-Failure-Handling"), handling))
    if given.money is not None:
        avps.append(group(_GRANTED, group(_MONEY, *_money(given.money))))
    if given.timed:
        avps.append(_granted(given))
    if given.cost is not None:
        avps.append(group(code("Cost-Information"), *_money(given.cost)))
    if given.balance_ok is not None:
        avps.append(u32(code("Check-Balance-Result"), 0 if given.balance_ok else 1))
    spoken = [] if given.announcement is None else [_spoken(given.announcement)]
    if given.setup is not None:
        spoken.append(_spoken(*given.setup))
    if spoken:
        avps.append(group(code("Service-Information"), *spoken, vendor=TGPP))
    if given.download:
        avps.append(_parameter(DOWNLOAD, given.download))
    if given.message:
        avps.append(text(code("Error-Message"), given.message, flags=0))
    return avps


def _spoken(announcement: int, contents: str = "") -> Avp:
    """Announcement-Information, with variable data or without."""
    parts = [u32(code("Announcement-Identifier"), announcement, TGPP, 0)]
    if contents:
        parts.append(
            group(
                code("Variable-Part"),
                u32(code("Variable-Part-Type"), VARIABLE_NUMBER, TGPP, 0),
                text(code("Variable-Part-Value"), contents, TGPP, 0),
                vendor=TGPP,
                flags=0,
            )
        )
    return group(code("Announcement-Information"), *parts, vendor=TGPP, flags=0)


def _granted(given: CreditAnswer) -> Avp:
    parts: list[Avp] = []
    if given.granted_s is not None:
        units = (
            [] if given.tariff_change_s is None else [u32(code("Tariff-Time-Change"), given.tariff_change_s)]
        )
        parts.append(group(_GRANTED, *units, u32(_TIME, given.granted_s)))
    parts.append(u32(code("Rating-Group"), RATING_GROUP))
    if given.validity_s is not None:
        parts.append(u32(code("Validity-Time"), given.validity_s))
    parts.append(u32(code("Result-Code"), given.result))
    if given.final:
        parts.append(group(code("Final-Unit-Indication"), u32(code("Final-Unit-Action"), TERMINATE)))
    return group(_MSCC, *parts)


def read_answer(message: Message) -> CreditAnswer:
    """Read a CCA; DiameterFault for one without a result."""
    result = _need(message, code("Result-Code")).u32()
    service = message.find(_MSCC)
    inner = () if service is None else service.group()
    granted, validity = find(inner, _GRANTED), find(inner, code("Validity-Time"))
    time = None if granted is None else find(granted.group(), _TIME)
    cost, handling = (
        message.find(code("Cost-Information")),
        message.number(code("Credit-Control-Failure-Handling")),
    )
    checked = message.number(code("Check-Balance-Result"))
    spoken = _announcements(message)
    return CreditAnswer(
        result,
        None if time is None else time.u32(),
        service is not None,
        find(inner, code("Final-Unit-Indication")) is not None,
        None if validity is None else validity.u32(),
        None if cost is None else read_money(cost),
        balance_ok=None if checked is None else checked == 0,
        continues=None if handling is None else handling == CONTINUE,
        announcement=next((number for number, contents in spoken if contents is None), None),
        message=message.text(code("Error-Message")),
        setup=next(((number, said) for number, said in spoken if said is not None), None),
        download=next((value for kind, value in _parameters(message.avps) if kind == DOWNLOAD), ""),
    )


def _announcements(message: Message) -> list[tuple[int, str | None]]:
    """The announcements of an answer, each with its variable data (None = none)."""
    service = message.find(code("Service-Information"), TGPP)
    found: list[tuple[int, str | None]] = []
    for one in all_of(() if service is None else service.group(), code("Announcement-Information"), TGPP):
        parts = one.group()
        number = find(parts, code("Announcement-Identifier"), TGPP)
        variable = find(parts, code("Variable-Part"), TGPP)
        value = None if variable is None else find(variable.group(), code("Variable-Part-Value"), TGPP)
        if number is not None:
            found.append((number.u32(), None if value is None else value.text()))
    return found
