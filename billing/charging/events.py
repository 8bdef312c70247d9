"""The requests of the charging door: event lines, one struct each. Money is decimal text, times are in the line itself.

Unknown fields are errors, so that a misspelled one is not silently free.

Source: charging.md 9.2.
"""

from typing import Annotated, Literal

import msgspec

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Number = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Text = Annotated[str, msgspec.Meta(max_length=200)]
Money = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
Features = Annotated[tuple[Name, ...], msgspec.Meta(max_length=20)]
Meters = Annotated[dict[Name, int | str], msgspec.Meta(min_length=1, max_length=20)]
Duration = Annotated[int, msgspec.Meta(ge=0, le=10 * 86_400_000 * 366)]


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="event", kw_only=True):
    """What every line has: `at`, ISO time, local, with an offset or without; `key` where something is posted.

    A call's requests are known by the call's name; a key beside it says nothing more.
    """

    at: str
    key: Text = ""


class OffHook(Event, frozen=True, tag="off_hook"):
    """A telephone is taken off the hook: CWMR."""

    from_: Number = msgspec.field(name="from")


class Access(Event, frozen=True, tag="access"):
    """Prepaid access by PIN."""

    home: Number
    pin: Text = ""


class Display(Event, frozen=True, tag="display"):
    """How long the balance lasts."""

    account: Name
    called: Number


class Route(Event, frozen=True, tag="route"):
    """One number calling: the device for a kind of call."""

    number: Number
    bearer: Name = "SPEECH"


class Fax(Event, frozen=True, tag="fax"):
    """The list of chargeable calls, by fax; `queue` faxes wait already."""

    from_: Number = msgspec.field(name="from")
    pin: Text = ""
    queue: int = 0


class Authorize(Event, frozen=True, tag="authorize"):
    """Asks whether a call may be made."""

    call: Name
    from_: Number = msgspec.field(name="from")
    called: Number
    payer: Name = "calling"
    share: Text = ""
    pin: Text | None = None
    features: Features = ()


class Answer(Event, frozen=True, tag="answer"):
    """The called party answers."""

    call: Name


class Release(Event, frozen=True, tag="release"):
    """Somebody hangs up; `duration_ms` is the switch's own count, when it has one."""

    call: Name
    duration_ms: Duration | None = None


class More(Event, frozen=True, tag="more"):
    """A switch that holds the timers itself asks for the next period.

    `number` counts its requests, so that a repeated one has one effect; `used_ms` is how long the call has been up by its clock.
    """

    call: Name
    number: Annotated[int, msgspec.Meta(ge=0, le=0xFFFF_FFFF)] | None = None
    used_ms: Duration | None = None


class Balance(Event, frozen=True, tag="balance"):
    """The account as it stands."""

    account: Name


class Current(Event, frozen=True, tag="current"):
    """What has been charged since the last bill."""

    account: Name


class Usage(Event, frozen=True, tag="usage"):
    """Usage that is no call: octets, units, events."""

    meters: Meters
    account: Text = ""
    from_: Text = msgspec.field(name="from", default="")
    called: Text = ""
    tariff: Text = ""
    program: Text = ""
    features: Features = ()


class Record(Event, frozen=True, tag="record"):
    """A record of a call that has ended; `answer` is when it was answered (default: `at`)."""

    from_: Number = msgspec.field(name="from")
    called: Number
    duration_ms: Duration
    answer: Text = ""
    features: Features = ()
    type: Name = "DIRECT"
    flag: Text = ""
    treatments: Features = ()
    pair: Text = ""
    host: Text = ""
    class_: Text = msgspec.field(name="class", default="")
    call: Text = ""


class Deposit(Event, frozen=True, tag="deposit"):
    """A payment; `valid_until` (a date) extends the account and never shortens it."""

    account: Name
    amount: Money
    by: Text = ""
    valid_until: Text = ""


class Adjust(Event, frozen=True, tag="adjust"):
    """A credit, or below 0 a later charge."""

    account: Name
    amount: Money
    why: Text


class Purchase(Event, frozen=True, tag="purchase"):
    """The account as a card."""

    account: Name
    amount: Money
    pin: Text | None = None
    by: Text = ""


class Lock(Event, frozen=True, tag="lock"):
    """The phone lock: a class of service until it is changed the same way; None opens it."""

    from_: Number = msgspec.field(name="from")
    pin: Text = ""
    cos: Text | None = None


class CallConnection(Event, frozen=True, tag="callConnection"):
    """Asks how long a call may last; nothing is reserved."""

    called: Number
    account: Text = ""
    from_: Text = msgspec.field(name="from", default="")


class CallCompletion(Event, frozen=True, tag="callCompletion"):
    """A call has ended: what it costs is posted."""

    called: Number
    duration_ms: Duration
    account: Text = ""
    from_: Text = msgspec.field(name="from", default="")


class Remote(Event, frozen=True, tag="remote"):
    """A call from anywhere, charged to the home line."""

    call: Name
    requesting: Number
    home: Number
    called: Number
    origin_switch: Name
    home_switch: Name
    pin: Text = ""
    complied: bool = True
    application_cpu: bool = False


class Cut(Event, frozen=True, tag="cut"):
    """An operator ends a call."""

    call: Name


class Move(Event, frozen=True, tag="move"):
    """A line is under another plan, another account's, or of another class from now on; what is not named stays."""

    number: Number
    plan: Text | None = None
    account: Text | None = None
    cos: Text | None = None


class Profile(Event, frozen=True, tag="profile"):
    """One source says something else of an account from now on."""

    source: Name
    account: Name
    field: Literal["plan", "tariff", "cos"]
    value: Text


class Summary(Event, frozen=True, tag="summary"):
    """A summary of an account, or of all members of a group."""

    name: Name
    account: Text = ""
    group: Text = ""


class Group(Event, frozen=True, tag="group"):
    """What a group's members have used in their period."""

    group: Name


class Exemplary(Event, frozen=True, tag="exemplary"):
    """What the calls of the period would have cost under a plan the account does not have."""

    account: Name
    plan: Name


class SetupQuery(Event, frozen=True, tag="setup_query"):
    """What is said to a caller before the call is connected."""

    from_: Number = msgspec.field(name="from")


class Download(Event, frozen=True, tag="download"):
    """What a handset is given while a call is set up."""

    from_: Number = msgspec.field(name="from")
    called: Number


class MakeBill(Event, frozen=True, tag="bill"):
    """A bill; on or after the day `to` it closes the period. `counts` are triggering numbers by kind."""

    from_: Text = msgspec.field(name="from")
    to: Text
    account: Text = ""
    customer: Text = ""
    preview: bool = False
    untaxed: bool = False
    counts: dict[Name, Annotated[int, msgspec.Meta(ge=0, le=10**9)]] = {}


class Service(Event, frozen=True, tag="service"):
    """An event of a service (charging/services/NAME.toml), with the fields its steps read."""

    service: Name
    name: Name
    fields: Annotated[dict[Name, Text | int], msgspec.Meta(max_length=40)] = {}


class Query(Event, frozen=True, tag="query"):
    """A canned query of a service."""

    service: Name
    name: Name
    argument: Text = ""


AnyEvent = (
    OffHook
    | Access
    | Display
    | Route
    | Fax
    | Authorize
    | Answer
    | Release
    | More
    | Balance
    | Current
    | Usage
    | Record
    | Deposit
    | Adjust
    | Purchase
    | Lock
    | CallConnection
    | CallCompletion
    | Remote
    | Cut
    | Move
    | Profile
    | Summary
    | Group
    | Exemplary
    | SetupQuery
    | Download
    | MakeBill
    | Service
    | Query
)
