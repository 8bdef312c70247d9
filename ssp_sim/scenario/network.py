"""Reads the `[network]` table of a scenario: delays, losses, busy facilities, links and the SCP being down.

Source: interfaces.md section 3, A-005, A-112, A-147, A-262, A-263.
"""

import msgspec

from ain_scp.provisioning.toml_lines import Path
from ain_scp.ssp_sim.scenario.calls import facilities
from ain_scp.ssp_sim.scenario.reader import (
    Reader,
    Table,
    WrongValue,
    moment_after,
    number,
    some_texts,
    text,
    texts,
    whole,
)
from ain_scp.ssp_sim.scenario.rows import BusyWindow, LinkBehaviour, Network, Window
from ain_scp.terms.digits import is_number

_LINK_KEYS = (
    "delay_ms",
    "jitter_ms",
    "loss",
    "duplicate",
    "reorder",
    "reorder_ms",
    "messages_per_second",
    "queue_limit",
    "down",
)
KEYS = (
    "t1_ms",
    "interdigit_ms",
    "first_digit_ms",
    "no_answer_ms",
    "announcement_ms",
    "stps",
    "mates",
    "busy",
    "scp_down",
    "scp_delay_ms",
    "trunk_members",
    "public_members",
    "members",
    "serves",
    "lose_answers_to",
    "ported_out",
    "np_carriers",
    "link",
    *_LINK_KEYS,
)
"""Every key of the network; the link keys set what holds for every link."""

_MINUTE_MS = 60_000


def read_network(reader: Reader, data: Table, start_ns: int) -> Network:
    """Read `[network]`, with `[[network.link]]` and `[[network.busy]]`."""
    path: Path = ("network",)
    table = reader.one(data, (), "network")
    reader.known(table, path, KEYS)
    usual = Network()
    timer = whole(1, 10 * _MINUTE_MS)
    every = _behaviour(reader, table, path, LinkBehaviour(), start_ns)
    return Network(
        t1_ms=reader.take(table, path, "t1_ms", timer, usual.t1_ms),
        interdigit_ms=reader.take(table, path, "interdigit_ms", timer, usual.interdigit_ms),
        first_digit_ms=reader.take(table, path, "first_digit_ms", timer, usual.first_digit_ms),
        no_answer_ms=reader.take(table, path, "no_answer_ms", timer, usual.no_answer_ms),
        announcement_ms=reader.take(table, path, "announcement_ms", timer, usual.announcement_ms),
        stps=reader.take(table, path, "stps", texts, usual.stps),
        mates=_mates(reader, table, path, usual),
        link=every,
        links=_links(reader, table, path, every, start_ns),
        busy=_busy(reader, table, path, start_ns),
        scp_down=windows(reader, table, path, "scp_down", start_ns),
        scp_delay_ms=reader.take(table, path, "scp_delay_ms", number(0, _MINUTE_MS), 0.0),
        trunk_members=reader.take(table, path, "trunk_members", whole(0, 8191), usual.trunk_members),
        public_members=reader.take(table, path, "public_members", whole(0, 8191), usual.public_members),
        members=_members(reader, table, path),
        serves=_serves(reader, table, path),
        lose_answers_to=_lost(reader, table, path),
        ported_out=reader.take(table, path, "ported_out", texts, ()),
        np_carriers=reader.take(table, path, "np_carriers", texts, ()),
    )


def _mates(reader: Reader, table: Table, path: Path, usual: Network) -> tuple[str, ...]:
    """Read the second STP of each pair; there must be one for each, and no name twice."""
    mates = reader.take(table, path, "mates", texts, usual.mates)
    stps = reader.take(table, path, "stps", texts, usual.stps)
    if mates and len(mates) != len(stps):
        message = f"{len(mates)} mates for {len(stps)} STPs"
        reader.problem((*path, "mates"), message, "scenario-contradiction")
        return ()
    if len({*mates, *stps}) != len(mates) + len(stps):
        reader.problem((*path, "mates"), "an STP is named twice", "scenario-contradiction")
        return ()
    return mates


def _behaviour(
    reader: Reader, table: Table, path: Path, usual: LinkBehaviour, start_ns: int
) -> LinkBehaviour:
    chance = number(0, 1)
    span = number(0, _MINUTE_MS)
    return LinkBehaviour(
        between=usual.between,
        delay_ms=reader.take(table, path, "delay_ms", span, usual.delay_ms),
        jitter_ms=reader.take(table, path, "jitter_ms", span, usual.jitter_ms),
        loss=reader.take(table, path, "loss", chance, usual.loss),
        duplicate=reader.take(table, path, "duplicate", chance, usual.duplicate),
        reorder=reader.take(table, path, "reorder", chance, usual.reorder),
        reorder_ms=reader.take(table, path, "reorder_ms", span, usual.reorder_ms),
        messages_per_second=reader.take(
            table, path, "messages_per_second", whole(0, 10_000_000), usual.messages_per_second
        ),
        queue_limit=reader.take(table, path, "queue_limit", whole(0, 10_000_000), usual.queue_limit),
        down=windows(reader, table, path, "down", start_ns) or usual.down,
    )


def _links(
    reader: Reader, network: Table, path: Path, every: LinkBehaviour, start_ns: int
) -> tuple[LinkBehaviour, ...]:
    found: list[LinkBehaviour] = []
    for table, place in reader.tables(network, path, "link"):
        reader.known(table, place, ("between", *_LINK_KEYS))
        ends = reader.need(table, place, "between", _two_ends, ())
        link = _behaviour(reader, table, place, every, start_ns)
        if ends and any(set(one.between) == set(ends) for one in found):
            reader.problem(
                (*place, "between"), f"the link {ends[0]} - {ends[1]} is given twice", "scenario-link"
            )
        found.append(msgspec.structs.replace(link, between=ends))
    return tuple(found)


def _two_ends(value: object) -> tuple[str, ...]:
    ends = texts(value)
    if len(ends) != 2 or ends[0] == ends[1]:
        raise WrongValue('expected two different nodes: ["SSP2004", "STP-LOCAL"]')
    return ends


def windows(reader: Reader, table: Table, path: Path, key: str, start_ns: int) -> tuple[Window, ...]:
    """Read when something is out of order: `true` = always, or tables of `from` and `until`."""
    if table.get(key) is True:
        return (Window(0),)
    if table.get(key) is False:
        return ()
    found: list[Window] = []
    for one, place in reader.tables(table, path, key):
        reader.known(one, place, ("from", "until"))
        found.append(_window(reader, one, place, start_ns))
    return tuple(found)


def _window(reader: Reader, table: Table, path: Path, start_ns: int) -> Window:
    moment = moment_after(start_ns)
    begin = reader.take(table, path, "from", moment, start_ns)
    end = reader.take(table, path, "until", moment, None)
    if end is not None and end <= begin:
        reader.problem((*path, "until"), "until: not after 'from'", "scenario-time")
    return Window(begin, end)


def _busy(reader: Reader, network: Table, path: Path, start_ns: int) -> tuple[BusyWindow, ...]:
    value = network.get("busy")
    if isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value)):
        names = reader.take(network, path, "busy", facilities, ())
        return (BusyWindow(names, Window(0)),) if names else ()
    found: list[BusyWindow] = []
    for table, place in reader.tables(network, path, "busy"):
        reader.known(table, place, ("facilities", "from", "until"))
        names = reader.need(table, place, "facilities", facilities, ())
        if "facilities" in table and not names:
            reader.take(table, place, "facilities", some_texts, ())
        found.append(BusyWindow(names, _window(reader, table, place, start_ns)))
    return tuple(found)


def _members(reader: Reader, network: Table, path: Path) -> tuple[tuple[str, int], ...]:
    """Read `[network.members]`: trunk group id = number of trunks."""
    table = reader.one(network, path, "members")
    place = (*path, "members")
    found: list[tuple[str, int]] = []
    for name in table:
        try:
            facilities([name])
        except WrongValue as error:
            reader.problem((*place, name), f"members: {error}", "scenario-value")
        found.append((name, reader.take(table, place, name, whole(0, 8191), 0)))
    return tuple(found)


def _serves(reader: Reader, network: Table, path: Path) -> tuple[tuple[str, str], ...]:
    """Read `[network.serves]`: number prefix = switch."""
    table = reader.one(network, path, "serves")
    place = (*path, "serves")
    found: list[tuple[str, str]] = []
    for prefix in table:
        if not is_number(prefix, 1, 10):
            reader.problem(
                (*place, prefix), f"serves: '{prefix}' is not a prefix of 1 to 10 digits", "scenario-value"
            )
        found.append((prefix, reader.take(table, place, prefix, text, "")))
    return tuple(found)


def _lost(reader: Reader, network: Table, path: Path) -> tuple[tuple[str, int], ...]:
    """Read `[network.lose_answers_to]`: switch = how many answers it does not get."""
    table = reader.one(network, path, "lose_answers_to")
    place = (*path, "lose_answers_to")
    return tuple((name, reader.take(table, place, name, whole(0, 1_000_000), 0)) for name in table)
