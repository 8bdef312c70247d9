"""Each shipped layout's way to print a call, and what a reader must make of it.

Source: C-001; the layouts name the manuals.
"""

import json
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import msgspec

from ain_scp.terms.zone import Zone
from ain_scp.tickets.generator.calls import Made


class Truth(msgspec.Struct, frozen=True):
    """What was made up of one call, for comparison: start in ISO 8601 with the site's offset."""

    number: int
    direction: str
    extension: str
    calling: str | None
    called: str
    start: str
    duration_s: int
    answered: bool


class Wall(NamedTuple):
    """A local time in the pieces that PBXs print."""

    year: str
    month: str
    day: str
    hour: int
    minute: str
    second: str

    @property
    def clock(self) -> str:
        """hh:mm."""
        return f"{self.hour:02}:{self.minute}"

    @property
    def full(self) -> str:
        """YYYY-MM-DD hh:mm:ss."""
        return f"{self.year}-{self.month}-{self.day} {self.clock}:{self.second}"


Print = Callable[[Made, Zone], tuple[str, int]]
"""A line, and the start of its call in UTC seconds."""


def wall(zone: Zone, utc_s: int) -> Wall:
    """A local time."""
    text = zone.text(utc_s)
    return Wall(text[:4], text[5:7], text[8:10], int(text[11:13]), text[14:16], text[17:19])


def _hms(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _tenths(seconds: int) -> str:
    return f"{seconds // 3600}{seconds // 60 % 60:02}{seconds % 60 // 6}"


def _parties(one: Made) -> tuple[str, str]:
    """Who calls, who is called, as they are dialed without an access code."""
    return (one.other, one.inside) if one.direction == "incoming" else (one.inside, one.other)


def _ends(one: Made) -> int:
    return one.at + one.ring_s + one.seconds


def _ipoffice(one: Made, zone: Zone) -> tuple[str, int]:
    calling, called = _parties(one)
    dialed = f"9{called}" if one.direction == "outgoing" else called
    start = wall(zone, one.at).full.replace("-", "/")
    way = "I" if one.direction == "incoming" else "O"
    internal = int(one.direction == "internal")
    device = called if one.direction == "incoming" else calling
    cells = [start, _hms(one.seconds), one.ring_s, calling, way, dialed, dialed, "", internal, f"1{one.number:09}", 0,
             f"E{device}", "", "T9001", "Line 1.1", 0, 0]  # fmt: skip
    return ",".join(map(str, cells)), one.at


def _teleseer(one: Made, zone: Zone) -> tuple[str, int]:
    calling, called = _parties(one)
    end = wall(zone, one.at)
    code = {"outgoing": "7", "incoming": "9", "internal": "0"}[one.direction]
    used = "   " if one.direction == "internal" else "101"
    head = f"   {end.hour:02}{end.minute}{_tenths(one.seconds)}{code}   {used}{called:15}"
    calling = "" if one.direction == "incoming" else calling
    return f"{head}{calling:>5}{'':15}   {'':3}014".ljust(69), one.at - one.seconds


def _int_isdn(one: Made, zone: Zone) -> tuple[str, int]:
    calling, called = _parties(one)
    end = wall(zone, one.at)
    code = {"outgoing": "7", "incoming": "9", "internal": "0"}[one.direction]
    used = "" if one.direction == "internal" else "101"
    line = f"{end.hour:02}{end.minute} {_tenths(one.seconds)} {code} {'':4} {used:4} {called:15} {calling:10} {'':15}"
    return line.ljust(113), one.at - one.seconds


def _mitel(one: Made, zone: Zone) -> tuple[str, int]:
    start = wall(zone, one.at)
    half = start.hour % 12 or 12
    clock = f"{half:02}:{start.minute}P" if start.hour >= 12 else f"{start.hour:02}:{start.minute} "
    first, last, dialed, ring = one.inside, "T054", one.other, "   "
    if one.direction == "incoming":
        first, last, dialed, ring = "T102", one.inside, "", f"{one.ring_s:03}"
    elif one.direction == "internal":
        last, dialed = one.other, one.other
    at = one.at
    return (
        f" {start.month}/{start.day} {clock} {_hms(one.seconds)} {first:4}   {ring} {dialed:26}{'A' if one.seconds else ' '} {last:4}".ljust(
            88
        ),
        at,
    )


def _panasonic(one: Made, zone: Zone) -> tuple[str, int]:
    end = wall(zone, one.at)
    half = f"{end.hour % 12 or 12:02}:{end.minute}{'PM' if end.hour >= 12 else 'AM'}"
    dial = {"outgoing": one.other, "incoming": f"<I>{one.other}", "internal": f"EXT{one.other}"}[
        one.direction
    ]
    trunk = "  " if one.direction == "internal" else "01"
    ring = f"0'{one.ring_s:02}" if one.direction == "incoming" else "    "
    long = f"{one.seconds // 3600:02}:{one.seconds // 60 % 60:02}'{one.seconds % 60:02}"
    code = "   " if one.seconds else "NA "
    line = f"{end.month}/{end.day}/{end.year[2:]} {half} {one.inside:5} {trunk} {dial:25} {ring} {long} {'':10} {code}"
    return line, one.at - one.seconds - (one.ring_s if ring.strip() else 0)


def _nec(one: Made, zone: Zone) -> tuple[str, int]:
    start = wall(zone, one.at)
    kind = {"outgoing": "POT ", "incoming": "PIN ", "internal": "ICM "}[one.direction]
    line = "" if one.direction == "internal" else "001"
    return (
        f"{kind} {start.clock} {start.month}/{start.day} {line:4} {_hms(one.seconds)} {one.inside:10} {one.other:20}",
        one.at,
    )


def _nortel(one: Made, zone: Zone) -> tuple[str, int]:
    start = wall(zone, one.at)
    origin, terminal = f"DN{one.inside}", "T010 011"
    if one.direction == "incoming":
        origin, terminal = "T010 016", f"DN{one.inside}"
    elif one.direction == "internal":
        terminal = f"DN{one.other}"
    digits = "" if one.direction == "internal" else f" {'A' if one.seconds else ' '} {one.other}"
    head = f"N {one.number % 1000:03} 00 {origin:8} {terminal:8} {start.month}/{start.day} {start.clock}:{start.second}"
    return f"{head} {_hms(one.seconds)}{digits}", one.at


def _cucm(one: Made, _zone: Zone) -> tuple[str, int]:
    calling, called = _parties(one)
    dialed = f"9{called}" if one.direction == "outgoing" else called
    connected = one.at + one.ring_s if one.seconds else 0
    cause = 16 if one.seconds else 19
    cells = [1, 1, one.number, one.number, one.at, calling, dialed, called, 0, cause, connected, _ends(one), "", f"pk-{one.number}",
             "SEP0001", "SIP-TRUNK", one.seconds, "StandAloneCluster", "", "", ""]  # fmt: skip
    return ",".join(f'"{cell}"' if isinstance(cell, str) else str(cell) for cell in cells), one.at


def _asterisk(one: Made, zone: Zone) -> tuple[str, int]:
    calling, called = _parties(one)
    dialed = f"9{called}" if one.direction == "outgoing" else called
    start, answer, end = (wall(zone, at).full for at in (one.at, one.at + one.ring_s, _ends(one)))
    cells = ["", calling, dialed, "from-internal", "", f"SIP/{calling}-0001", "SIP/trunk-0002", "Dial", "", start,
             answer if one.seconds else "", end, one.ring_s + one.seconds, one.seconds,
             "ANSWERED" if one.seconds else "NO ANSWER", 3, f"17957.{one.number}"]  # fmt: skip
    return ",".join(f'"{cell}"' if isinstance(cell, str) else str(cell) for cell in cells), one.at


def _threecx(one: Made, zone: Zone) -> tuple[str, int]:
    calling, called = _parties(one)
    ours = {one.inside, one.other} if one.direction == "internal" else {one.inside}
    calling, called = (f"Ext.{party}" if party in ours else party for party in (calling, called))
    dialed = f"9{called}" if one.direction == "outgoing" else called.removeprefix("Ext.")
    start, answer, end = (
        wall(zone, at).full.replace("-", "/") for at in (one.at, one.at + one.ring_s, _ends(one))
    )
    cells = [f"Call {one.number}", f"0000{one.number}", _hms(one.seconds)[1:] if one.seconds else "", start,
             answer if one.seconds else "", end, "TerminatedBySrc", calling, called, "10001", "10001", dialed]  # fmt: skip
    return ",".join(cells), one.at


def _freeswitch(one: Made, _zone: Zone) -> tuple[str, int]:
    calling, called = _parties(one)
    values = {
        "uuid": f"uuid-{one.number}", "caller_id_number": calling, "destination_number": called, "start_epoch": str(one.at),
        "answer_epoch": str(one.at + one.ring_s if one.seconds else 0), "end_epoch": str(_ends(one)),
        "billsec": str(one.seconds), "hangup_cause": "NORMAL_CLEARING" if one.seconds else "NO_ANSWER",
    }  # fmt: skip
    return json.dumps({"variables": values}), one.at


def _keyvalue(one: Made, zone: Zone) -> tuple[str, int]:
    calling, called = _parties(one)
    line = (
        f"start={zone.text(one.at)} ring={one.ring_s} duration={one.seconds} direction={one.direction} "
        f"extension={one.inside} calling={calling} called={called} id=k{one.number}"
    )
    return line, one.at


def _smdr(one: Made, zone: Zone) -> tuple[str, int]:
    calling, called = _parties(one)
    start, answer, end = (
        wall(zone, at).full.replace(" ", "T") for at in (one.at, one.at + one.ring_s, _ends(one))
    )
    status = "COMPLETED" if one.seconds else "NO_ANSWER"
    return (
        f"A{one.number},{start},{answer if one.seconds else ''},{end},{one.seconds},{calling},{called},{status}",
        one.at,
    )


PRINTERS: Final[dict[str, Print]] = {
    "ain-smdr": _smdr, "asterisk-csv": _asterisk, "avaya-cm-int-isdn": _int_isdn, "avaya-cm-teleseer": _teleseer,
    "avaya-ipoffice": _ipoffice, "cisco-cucm": _cucm, "freeswitch-json": _freeswitch, "keyvalue": _keyvalue,
    "mitel-3300": _mitel, "nec-sl": _nec, "nortel-meridian": _nortel, "panasonic-pattern-a": _panasonic, "threecx": _threecx,
}  # fmt: skip
HEADS: Final = {
    "ain-smdr": "identifier,start_time,connect_time,end_time,duration_s,calling_party_id,destination,status",
    "cisco-cucm": "cdrRecordType,globalCallID_callManagerId,globalCallID_callId,origLegCallIdentifier,dateTimeOrigination,"
    "callingPartyNumber,originalCalledPartyNumber,finalCalledPartyNumber,origCause_value,destCause_value,dateTimeConnect,"
    "dateTimeDisconnect,lastRedirectDn,pkid,origDeviceName,destDeviceName,duration,globalCallId_ClusterID,clientMatterCode,"
    "authCodeDescription,authorizationCodeValue",
}
DATED: Final = {"avaya-cm-int-isdn": "", "avaya-cm-teleseer": "   "}
"""Layouts whose lines have no date: a date record comes before the first of each day, with this before it."""
NO_CALLING: Final = ("avaya-cm-teleseer", "mitel-3300")
"""Layouts that do not print who called from outside."""


def printed(calls: Iterator[Made], layout: str, zone: Zone) -> Iterator[tuple[str, Truth | None]]:
    """The lines of a PBX, each with the truth of its call; headings and date records have none. KeyError: no such printer."""
    write = PRINTERS[layout]
    if layout in HEADS:
        yield HEADS[layout], None
    day = ""
    for one in calls:
        line, start = write(one, zone)
        today = zone.text(one.at)[5:10].replace("-", "")
        if layout in DATED and today != day:
            day = today
            yield f"{DATED[layout]}{today}", None
        calling, called = _parties(one)
        known = None if one.direction == "incoming" and layout in NO_CALLING else calling
        truth = Truth(
            one.number,
            one.direction,
            one.inside,
            known,
            called,
            zone.text(start),
            one.seconds,
            one.seconds > 0,
        )
        yield line, truth
