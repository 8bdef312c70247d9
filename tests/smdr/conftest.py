import sqlite3

import pytest

from ain_scp.journal.writer import Journal, Limits
from ain_scp.smdr.distributor import DataDistributor
from ain_scp.smdr.front_end import FrontEnd
from ain_scp.smdr.host import Host
from ain_scp.smdr.lscp import LscpStore
from ain_scp.smdr.sample import (
    AttemptSample,
    CompletionSample,
    blocked,
    encode,
    notification_identifier,
)
from ain_scp.smdr.store import SqliteFrontEnd, SqliteHost
from ain_scp.terms import localtime
from kit.model_storage import ModelStorage

LIMITS = Limits(low_octets=0, floor_octets=0)


def at(text):
    return localtime.parse(f"2001-01-17T{text}") * 1000


# call, group, calling, called, original called, status, start, connect, end
CALLS = [
    (
        "C01",
        "GOLDEN",
        "9258341234",
        "9257893412",
        "4159215678",
        "COMPLETED",
        "10:00:00",
        "10:00:00",
        "10:03:00",
    ),
    ("C04", "GOLDEN", "9258341235", "2135622345", None, "BLOCKED:SCREENED", "10:00:00", None, "10:00:00"),
    ("C05", "GOLDEN", "9258341234", "4159212000", None, "COMPLETED", "10:00:00", "10:00:00", "10:03:00"),
    ("C09", "GOLDEN", "9257884101", "5105553000", None, "COMPLETED", "10:00:00", "10:00:00", "10:03:00"),
    (
        "C23",
        "GOLDEN",
        "9258341240",
        "74951234567",
        None,
        "BLOCKED:BLOCKED_INTERNATIONAL",
        "10:20:00",
        None,
        "10:20:00",
    ),
    ("C35", "SILVER", "6505551001", "4085551002", None, "COMPLETED", "10:30:00", "10:30:00", "10:33:00"),
    ("C36", "SILVER", "6505552001", "4085552002", None, "COMPLETED", "10:31:00", "10:31:04", "10:34:04"),
    ("X38", "GOLDEN", "9258341236", "4157770100", None, "NO_ANSWER", "10:40:00", None, "10:41:00"),
    ("B01", "GOLDEN", "9258341237", "4157770101", None, "BUSY", "10:45:00", None, "10:45:01"),
    ("L01", "GOLDEN", "9258341234", "4159212000", None, "COMPLETED", "10:58:00", "10:58:05", "11:07:05"),
]


def samples_of(row, identifier):
    """The two samples of one call."""
    _, group, calling, called, original, status, start, connect, end = row
    attempt = AttemptSample(identifier, group, calling, called, at(start), original)
    if status.startswith("BLOCKED:"):
        return attempt, blocked(attempt, status.removeprefix("BLOCKED:"))
    return attempt, CompletionSample(identifier, status, at(end), at(connect) if connect else None)


class Plant:
    """Fig. 10a or 10b on one table: SCP side, front end, host, all in memory."""

    def __init__(self, form, database):
        self.form = form
        self.storage = ModelStorage()
        self.journal = Journal.open(self.storage, 0, LIMITS, identity=form.encode().ljust(16, b"."))
        self.sender = DataDistributor(self.journal) if form == "ISCP" else LscpStore(self.journal)
        self.front_end = FrontEnd(SqliteFrontEnd(database()))
        self.host = Host(SqliteHost(database()))

    def sample(self, sample):
        if self.form == "ISCP":
            self.sender.receive(encode(sample))
        else:
            self.sender.store(sample)

    def identifier(self, number):
        return f"{number:012X}" if self.form == "ISCP" else notification_identifier(number)

    def place(self, calls):
        """Sample calls in the order of events."""
        events = []
        for number, row in enumerate(calls, 0x41):
            attempt, completion = samples_of(row, self.identifier(number))
            events += [(attempt.start_ms, number, 0, attempt), (completion.end_ms, number, 1, completion)]
        for *_, sample in sorted(events, key=lambda event: event[:3]):
            self.sample(sample)
        self.sender.commit(0)

    def transfer(self, now_ms):
        """Send every file due; return them."""
        due = self.sender.ascii_file if self.form == "ISCP" else self.sender.file
        files = []
        while file := due(now_ms):
            self.front_end.receive(file.octets)
            self.sender.accepted(file)
            files.append(file)
        self.host.pull("front end", self.front_end)
        return files


@pytest.fixture
def calls():
    return CALLS


@pytest.fixture
def clock():
    return at


@pytest.fixture
def database():
    """Makes databases in memory and closes them afterwards."""
    made = []

    def make():
        made.append(sqlite3.connect(":memory:", isolation_level=None))
        return made[-1]

    yield make
    for connection in made:
        connection.close()


@pytest.fixture(params=["ISCP", "LSCP"])
def plant(request, database):
    return Plant(request.param, database)


@pytest.fixture
def make_plant(database):
    return lambda form: Plant(form, database)


@pytest.fixture
def pair():
    return samples_of


@pytest.fixture
def front_end(database):
    return FrontEnd(SqliteFrontEnd(database()))
