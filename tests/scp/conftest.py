"""A probe that speaks as a switch does: queries as octets, answers as parameters."""

import pytest

from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.operations import ERRORS, operation, operation_named
from ain_scp.signaling.ain.structures import UserID, UserIDChoice
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.tcap import ComponentType, decode_package, encode_package, invoke, query
from ain_scp.terms.localtime import parse
from kit.query import BEARERS, SCP, SSP, wrapped

TRIGGERS = {"CDP_AC": 2, "TAT": 15, "OHD": 17, "PRIBC": 18}


class Probe:
    """Asks one node; every exchange is real octets through `receive` and `octets_to_send`."""

    def __init__(self, node):
        self.node = node
        self.transaction = 0x0A000000

    def argument(self, fields):
        """The operation's name and encoded argument of a query in the JSON form of the acceptance cases."""
        values = {
            "bearerCapability": BEARERS[fields["bearer"]],
            "triggerCriteriaType": TRIGGERS[fields["trigger"]],
        }
        calling = fields["calling_party"]
        values["userID"] = UserID(UserIDChoice.DN, calling or "0000000000")
        if calling is not None:
            values["callingPartyID"] = Digits(3, 1, calling)
        if fields["message"] == "TERMINATION_ATTEMPT":
            values["calledPartyID"] = Digits(3, 1, fields["called_party"])
            if fields["original_called_party"] is not None:
                original = Digits(fields["original_called_non"], 1, fields["original_called_party"])
                values |= {"originalCalledPartyID": original, "redirectingPartyID": original}
            return "terminationAttempt", values
        if fields.get("access_code") is not None:
            values["accessCode"] = Digits(0, 0, fields["access_code"])
        values["collectedAddressInfo"] = Digits(3, 1, fields["dialed"])
        if fields.get("trunk_group") is not None:
            customer = next(
                c for c in self.node.program.snapshot.customers if fields["trunk_group"] in c.trunk_groups
            )
            values["userID"] = UserID(
                UserIDChoice.TRUNK_GROUP_ID, number=customer.trunk_groups[fields["trunk_group"]].number
            )
        return "infoAnalyzed", values

    wrap = staticmethod(wrapped)

    def query_octets(self, fields, opc=SSP):
        self.transaction += 1
        name, values = self.argument(fields)
        known = operation_named(name)
        return self.wrap(
            encode_package(query(self.transaction, invoke(known.code, encode_parameters(known, values), 1))),
            opc=opc,
        )

    def send(self, octets, time="2001-01-17T10:00:00"):
        """Hand octets to the node; the packages it sends back."""
        self.node.receive(octets, "STP", parse(time) * 1_000_000_000)
        packages = []
        for link, out in self.node.octets_to_send():
            assert link == "STP"
            data = m3ua.decode(out).protocol_data
            assert (data.opc, data.dpc, data.si, data.sls) == (SCP, SSP, 3, 5)
            packages.append(decode_package(sccp.decode(data.payload).data))
        return packages

    def ask(self, fields):
        """Query -> {operation or error name: parameters} of the one answer."""
        (package,) = self.send(self.query_octets(fields), fields["time"])
        assert package.responding == self.transaction
        answer = {}
        for component in package.components:
            if component.is_invoke:
                known = operation(component.code)
            else:
                assert component.kind == ComponentType.RETURN_ERROR
                known = ERRORS[component.code]
            answer[known.name] = decode_parameters(known, component.parameter)
        return answer


@pytest.fixture
def probe(program_of):
    """A function: overrides -> a probe on a fresh node. At the end every message received is accounted for."""
    from ain_scp.scp.config import NodeConfig
    from ain_scp.scp.counters import discrepancies
    from ain_scp.scp.node import ScpNode

    made = []

    def make(overrides=None, config=None, **options):
        made.append(ScpNode(program_of(overrides), config or NodeConfig(), lambda: 0, **options))
        return Probe(made[-1])

    yield make
    for node in made:
        assert discrepancies(node.counters, node.in_flight) == []


@pytest.fixture(scope="session")
def probe_on():
    """A function: node -> a probe on it."""
    return Probe
