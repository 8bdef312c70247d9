"""The general node and every quicker way to answer, asked the same; and calls drawn from a data set's own prefixes.

A quicker way that takes one number, caller or instant for another shows in the octets.
"""

import importlib.util
import itertools

from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.exact import ExactNode
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.node import ScpNode
from ain_scp.signaling import tcap
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.operations import operation, operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.terms.localtime import parse
from kit import query

INSTANTS = "2001-01-17T10:00:00", "2001-01-20T10:00:00", "2001-01-18T20:00:00"
"""A Wednesday, a Saturday, and a Thursday's evening."""


def _host_query(calling, original, called, transaction):
    """The octets of a host's query."""
    known = operation_named("terminationAttempt")
    values = {
        "userID": UserID(UserIDChoice.DN, digits=called),
        "bearerCapability": 0,
        "triggerCriteriaType": 15,
        "callingPartyID": Digits(3, 1, calling),
        "calledPartyID": Digits(3, 1, called),
        "originalCalledPartyID": Digits(3, 1, original),
    }
    part = tcap.invoke(known.code, encode_parameters(known, values), 1)
    return query.wrapped(tcap.encode_package(tcap.query(transaction, part)))


class Ways:
    """The general node and every quicker way, asked the same, one message at a time."""

    def __init__(self, program):
        draws = lambda: itertools.cycle(range(0, 10_000, 377)).__next__  # noqa: E731 - a word, not a function
        self.general = ScpNode(program, NodeConfig(), draws())
        self._fast = {"path": FastNode(program, NodeConfig(), draws())}
        if importlib.util.find_spec("librt") is not None:
            from ain_scp.scp.fast import core

            self._fast["core"] = FastNode(program, NodeConfig(), draws(), innermost=core)
        self._exact = ExactNode(program, NodeConfig(), draws())
        self._transaction = 0
        self.comparisons = 0
        """Messages whose answers were compared, once for each quicker way."""

    @property
    def names(self):
        """What the quicker ways are called."""
        return (*self._fast, "exact")

    @property
    def quicker(self):
        """How many messages the least quick of the fast ways answered itself."""
        return min(node.short for node in self._fast.values())

    def ask(self, octets, now):
        """The general node's answers, which are those of all."""
        self.general.receive(octets, "link", now)
        expected = [answer for _, answer in self.general.octets_to_send()]
        self.comparisons += len(self.names)
        samples = self.general.samples()
        for name, node in self._fast.items():
            assert node.answer_all([octets], "link", now) == expected, name
            assert node.samples() == samples, name
        self._exact.receive(octets, "link", now)
        assert [answer for _, answer in self._exact.octets_to_send()] == expected
        assert self._exact.samples() == samples
        while self._exact.next_event() is not None:
            pass
        return expected

    def asked(self, calling, dialed, at="2001-01-17T10:00:00", access="9", bearer=0):
        """One call; the answer."""
        self._transaction += 1
        octets = query.query_octets(self._transaction, dialed, calling=calling, access=access, bearer=bearer)
        (answer,) = self.ask(octets, parse(at) * 1_000_000_000) or (None,)
        return answer

    def known(self, calling, dialed, at="2001-01-17T10:00:00", access="9", bearer=0, *, numbers=False):
        """A call asked until every way knows it: what its answer says; the number called only if `numbers` are asked."""
        for _ in range(4):
            answer = self.asked(calling, dialed, at, access, bearer)
        return _said(answer, numbers=numbers)

    def host_known(self, calling, original, called, at, turns=3):
        """The same of a host's query."""
        for _ in range(turns):
            self._transaction += 1
            octets = _host_query(calling, original, called, self._transaction)
            (answer,) = self.ask(octets, parse(at) * 1_000_000_000)
        return _said(answer)


def _said(answer, *, numbers=False):
    """The parameters of the answer's first component but those that follow from the number dialed."""
    first = query.package_of(answer).components[0]
    known = operation(first.code)
    parameters = decode_parameters(known, first.parameter or b"")
    names = ("primaryTrunkGroup", "carrier", "redirectingPartyID", "aMAslpID", "strParameterBlock")
    called = parameters.get("calledPartyID") if numbers or parameters.get("redirectingPartyID") else None
    return (
        known.name,
        called,
        tuple(bool(parameters.get(n)) if n[0] == "r" else parameters.get(n) for n in names),
    )


def prefixes_of(data):
    """All that a data set lists of numbers: national and foreign beginnings."""
    home = {
        *data["lata_map"]["npa"],
        *data["lata_map"]["npanxx"],
        *data["toll_free_npas"],
        "900",
        "213976",
        "916976",
    }
    abroad = set()
    for one in data["customers"].values():
        home |= {*one["sdp"], *one["mdp"], *one["blocking"]["domestic"], *one["blocking"]["800"]}
        abroad |= {*one["blocking"]["international"], *one["international_completion"]}
        for profile in one["asf_profiles"].values():
            listed = {row.get("number") or row.get("prefix") or "" for row in profile.get("rtl", ())}
            home |= listed
            abroad |= listed
    return sorted(one for one in home if 3 <= len(one) <= 10), sorted(one for one in abroad if one)


def dialed_by(chance, data):
    """A beginning of the data set's, or its neighbour, completed."""
    home, abroad = prefixes_of(data)
    foreign = bool(abroad) and chance.random() < 0.25
    start = chance.choice(abroad if foreign else home)
    if chance.random() < 0.5:
        start = start[:-1] + str((int(start[-1]) + 1) % 10)
    if foreign:
        return ("011" + (start + "".join(chance.choices("01", k=chance.choice((0, 3, 7))))).ljust(3, "0"))[
            :15
        ]
    number = (start + "".join(chance.choices("01", k=7)))[:10]
    return number[3:] if chance.random() < 0.2 else number


def turns_of(chance, data, count):
    """(instant, caller, dialed, access, bearer) of calls by chance."""
    callers = [
        number for number, row in data["triggers"].items() if row["type"] != "TAT" and len(number) == 10
    ]
    numbers = [dialed_by(chance, data) for _ in range(count // 8)]
    for at in INSTANTS:
        for _ in range(count // 3):
            yield (
                at,
                chance.choice(callers),
                chance.choice(numbers),
                chance.choice("7999"),
                chance.choice((0, 0, 0, 3)),
            )
