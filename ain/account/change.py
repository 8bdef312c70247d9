"""Changes by an operator: deposit, adjust, lock, unlock, cut, assign; on files, or by the node that has them open.

Source: charging.md 9.1.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from ain_scp.ain.account.books import Books, engine_of, tables_of, wall_ms
from ain_scp.ain.account.serving import order
from ain_scp.ain.account.show import known
from ain_scp.ain.faults import Trouble
from ain_scp.billing.charging import events, lines
from ain_scp.billing.charging.engine import Engine
from ain_scp.billing.charging.records import ASSIGNED, SUSPENSE
from ain_scp.billing.charging.results import Said
from ain_scp.billing.ledger.export import time_text
from ain_scp.billing.ledger.record import Fact


@contextmanager
def changing(books: Books) -> Iterator[Engine]:
    """The engine over the opened ledger; what it decides is durable when this returns.

    Beside nodes that serve, the timers of calls are their switches'.
    """
    snapshot, served = tables_of(books), books.shared and not books.virtual
    with books.opened() as ledger:
        yield engine_of(snapshot, ledger, at="scp" if served else "switch", own_timers=not served)


def serve(books: Books, make: Callable[[str], events.Deposit | events.Adjust], at: str | None) -> Said:
    """Serve one request at a moment (now); where a node serves this ledger, by that node."""
    told = _served(books, make(""), at)
    if told is not None:
        return told
    with changing(books.of(make("").account)) as engine:
        moment = moment_of(at, books, engine)
        asked = make(time_text(moment.at_ms))
        said = engine.serve(asked, moment.at_ms, moment.offset_ms)
    if said.reason == "CLOCK_BACK":
        last = time_text(engine.desk.ledger.now_ms)
        raise Trouble(f"{books.root}: its last record is of {last}; give a later --at")
    return said


def _served(books: Books, asked: events.AnyEvent, at: str | None) -> Said | None:
    """Have the node that has the ledger open do it; None when there is none."""
    fields: dict[str, str] = msgspec.to_builtins(asked)
    do = fields.pop("event")
    if at is None:
        return order(books, do, **{name: value for name, value in fields.items() if name != "at"})
    if order(books, "status") is not None:
        raise Trouble(f"{books.root}: a node serves this ledger, and its time is now: leave --at out")
    return None


def moment_of(at: str | None, books: Books, engine: Engine) -> lines.Moment:
    """The moment an operator names, or now: UTC, or where the time of events played stands."""
    if at is None:
        now_ms = engine.desk.now_ms if books.virtual else wall_ms()
        return lines.Moment(max(now_ms, engine.desk.now_ms) if books.shared else now_ms, 0, zoned=False)
    try:
        return lines.moment_of(at)
    except lines.LineFault as fault:
        raise Trouble(str(fault).replace("at:", "--at:", 1)) from None


def set_lock(books: Books, account: str, cos: str | None) -> Said:
    """Hold an account to a class of service, or open it."""
    told = order(books, "unlock" if cos is None else "lock", account=account, cos=cos or "")
    if told is not None:
        return told
    with changing(books.of(account)) as engine:
        return engine.features.set_lock(known(engine.desk, account), cos)


def cut(books: Books, call: str) -> Said:
    """End a call at its next event: the switch holds the timer, whether a node serves this ledger now or not."""
    told = order(books, "cut", call=call)
    if told is not None:
        return told
    said = Said("UNKNOWN_SESSION")
    for part in books.parts():
        with changing(part) as engine:
            if call in engine.desk.open_calls or books.partitions == 1:
                said = engine.running.bar(call)
    return said


def assign(books: Books, at: str | None) -> tuple[int, int]:
    """Rate the records in suspense whose number is known and whose tariff has a price by now; how many were, how many stay."""
    counts = [_assign(part, at) for part in books.parts()]
    return sum(done for done, _ in counts), sum(left for _, left in counts)


def _assign(books: Books, at: str | None) -> tuple[int, int]:
    done = 0
    with changing(books) as engine:
        desk, moment = engine.desk, moment_of(at, books, engine)
        if not engine.arrive(moment.at_ms, moment.offset_ms):
            raise Trouble(
                f"{books.root}: its last record is of {time_text(desk.ledger.now_ms)}; give a later --at"
            )
        waiting = dict(desk.ledger.facts.get(SUSPENSE, {}))
        for name, octets in waiting.items():
            asked = msgspec.json.decode(octets, type=events.Record)
            answered = asked.answer or asked.at
            if desk.line(asked.from_, lines.moment_of(answered).at_ms // 86_400_000) is None:
                continue
            again = msgspec.structs.replace(asked, answer=answered, key=f"{ASSIGNED}{name}")
            if engine.serve(again, moment.at_ms, moment.offset_ms).ok:
                desk.keep("assign", (Fact(SUSPENSE, name, None),))
                done += 1
    return done, len(waiting) - done
