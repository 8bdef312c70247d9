"""Credit control (Ro/Gy), the answers: what a CCA gives, and its message. Requests: `credit_control`.

Source: RFC 8506 sections 5, 6, 8; TS 32.299 section 7.2; charging.md 6.3.
"""

import msgspec

from ain_scp.signaling.diameter.avp import Avp, all_of, find, group, text, u32
from ain_scp.signaling.diameter.credit_control import (
    APPLICATION,
    CONTINUE,
    DOWNLOAD,
    INITIAL,
    RATING_GROUP,
    TERMINATE,
    VARIABLE_NUMBER,
    CreditRequest,
    Money,
    money_avps,
    need,
    parameter,
    parameters_of,
    read_money,
)
from ain_scp.signaling.diameter.dictionary import TGPP, code
from ain_scp.signaling.diameter.message import Message

_MSCC, _TIME = code("Multiple-Services-Credit-Control"), code("CC-Time")
_TYPE, _NUMBER = code("CC-Request-Type"), code("CC-Request-Number")
_GRANTED, _MONEY = code("Granted-Service-Unit"), code("CC-Money")


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


def answer_avps(asked: CreditRequest, given: CreditAnswer) -> list[Avp]:
    """What a CCA has after its header: the request's number, units, cost, failure handling."""
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
        avps.append(group(_GRANTED, group(_MONEY, *money_avps(given.money))))
    if given.timed:
        avps.append(_granted(given))
    if given.cost is not None:
        avps.append(group(code("Cost-Information"), *money_avps(given.cost)))
    if given.balance_ok is not None:
        avps.append(u32(code("Check-Balance-Result"), 0 if given.balance_ok else 1))
    spoken = [] if given.announcement is None else [_spoken(given.announcement)]
    if given.setup is not None:
        spoken.append(_spoken(*given.setup))
    if spoken:
        avps.append(group(code("Service-Information"), *spoken, vendor=TGPP))
    if given.download:
        avps.append(parameter(DOWNLOAD, given.download))
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
    result = need(message, code("Result-Code")).u32()
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
        download=next((value for kind, value in parameters_of(message.avps) if kind == DOWNLOAD), ""),
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
