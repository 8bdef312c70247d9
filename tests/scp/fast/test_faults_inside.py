"""Answers that were lost or poisoned: what one message teaches never changes another's answer, and a fault costs only its own.

Each example was found by attack; the tables go over its kind.
"""

import itertools

import pytest

import ain_scp.scp.answering as answering_module
from ain_scp.ain import build
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.counters import discrepancies
from ain_scp.scp.edges.udp import UdpEdge
from ain_scp.scp.fast import backs as backs_module
from ain_scp.scp.fast import forms as forms_module
from ain_scp.scp.fast import path as path_module
from ain_scp.scp.fast.node import FastNode, lines_of_texts
from ain_scp.signaling import ber, m3ua, sccp
from ain_scp.signaling.tcap import PackageType, decode_package
from ain_scp.smdr.sample import AttemptSample, decode
from ain_scp.terms.localtime import parse

NOON = parse("2001-01-17T12:00:00") * 1_000_000_000
QUERIES = (0x6402, 0x6403, 0x6405, 0x6417, 0x6418)


def element(tag, contents):
    return ber.element(ber.identifier(tag), contents)


def package_of(octets):
    return decode_package(sccp.decode(m3ua.decode(octets).protocol_data.payload).data)


def retold(octets, ids=None, opcode=None, kind=None):
    """The same query with other component ID octets, operation code or package type, all lengths mended."""
    data = m3ua.decode(octets).protocol_data
    unit = sccp.decode(data.payload)
    tcap = unit.data
    at = tcap.index(b"\xcf")
    size = tcap[at + 1]
    named = tcap[at + 2 : at + 2 + size] if ids is None else ids
    rest = tcap[at + 2 + size :]
    if opcode is not None:
        rest = rest[:2] + opcode.to_bytes(2, "big") + rest[4:]
    component = element(0xE9, element(0xCF, named) + rest)
    transaction = tcap[tcap.index(b"\xc7\x04") :][:6]
    whole = element(kind or tcap[0], transaction + element(0xE8, component))
    unit = sccp.UnitData(unit.called, unit.calling, whole)
    return m3ua.data(data.opc, data.dpc, data.si, data.ni, data.mp, data.sls, sccp.encode(unit), 100)


@pytest.mark.parametrize("order", list(itertools.permutations((b"", b"\x01", b"\x7f"), 3)))
def test_queries_with_and_without_component_id_have_answers_of_their_own(order, pair, query_octets):
    both = pair()
    for turn, ids in enumerate(order * 3):
        (answer,) = both.ask([retold(query_octets(transaction=turn), ids=ids)])
        assert package_of(answer).components[0].correlation_id == (ids[0] if ids else None)


@pytest.mark.parametrize("opcode", QUERIES)
def test_no_operation_teaches_anything_about_another(opcode, pair, query_octets):
    """Access code, digits and bearer in an operation that has none of them are not its own, and nobody else's."""
    both = pair()
    dialed = ("9212000", "9692300", "2137770100", "4155551234", "12125557000", "01144207946099")
    for turn, digits in enumerate(dialed):
        both.ask([query_octets(dialed=digits, transaction=turn)])
    for turn, digits in enumerate(("5550000", *dialed), 100):
        both.ask([retold(query_octets(dialed=digits, transaction=turn), opcode=opcode)])
        for back, again in enumerate(dialed):
            both.ask([query_octets(dialed=again, transaction=1000 * turn + back)])


def test_parameters_of_any_length_are_learned_or_left_but_never_a_fault(pair, query_octets):
    """Digits of one octet in an operation that does not read them (adv-07), for every tag and every query."""
    both = pair()
    turn = 0
    for opcode, tag in itertools.product(QUERIES, (0x96, 0x81, 0x92, 0x93, 0x8F)):
        for short in (b"", b"\x00", b"\x80", b"\x03\x10"):
            turn += 1
            octets = query_octets(transaction=turn)
            data = m3ua.decode(octets).protocol_data
            tcap = sccp.decode(data.payload).data
            argument = tcap[tcap.index(b"\xd1\x02") + 4 :]
            parts = b"".join(
                element(found, short if found == tag else argument[start:end])
                for found, start, end in ber.children(argument, 2, len(argument), 64)
            )
            part = element(0xE9, b"\xcf\x01\x01\xd1\x02" + opcode.to_bytes(2, "big") + element(0x30, parts))
            whole = element(0xE2, tcap[tcap.index(b"\xc7\x04") :][:6] + element(0xE8, part))
            unit = sccp.UnitData(sccp.Address(250, data.dpc), sccp.Address(250, data.opc), whole)
            made = m3ua.data(data.opc, data.dpc, 3, 2, 0, 5, sccp.encode(unit), 100)
            for _ in range(2):
                both.ask([made])


@pytest.mark.skipif(build.mode() == "compiled", reason="a compiled constant cannot be changed")
def test_ever_more_places_to_ask_from_fill_no_memory(program_of, query_octets, monkeypatch):
    monkeypatch.setattr(backs_module, "MAX_BACKS", 50)
    node = FastNode(program_of(), NodeConfig(), itertools.cycle(range(0, 10_000, 37)).__next__)
    for turn in range(400):
        node.answer_all([query_octets(transaction=turn, opc=0xF60000 + turn)], "link", NOON)
    assert 0 < len(node._backs.by_origin) <= 50
    before = node.short
    for turn in range(3):  # and the true switch gets its short way back
        node.answer_all([query_octets(transaction=500 + turn)], "link", NOON)
    assert node.short == before + 1  # once by the general way, once by a walk


def test_a_full_table_of_dialogues_costs_the_link_that_filled_it(program_of, query_octets):
    tokens = itertools.count(1)
    node = FastNode(program_of(), NodeConfig(transactions=20), lambda: 0, token=lambda: next(tokens))
    asked = retold(query_octets(transaction=1), kind=0xE3)
    (true,) = node.answer_all([asked], "switch", NOON)
    assert package_of(true).kind in (
        PackageType.CONVERSATION_WITH_PERMISSION,
        PackageType.CONVERSATION_WITHOUT_PERMISSION,
    )
    for turn in range(100):
        octets = retold(query_octets(transaction=1000 + turn, opc=0xF60000 + turn), kind=0xE3)
        node.answer_all([octets], "stranger", NOON)
    table = node._dialogues.table
    assert len(table) == 20
    for turn in range(3):
        (answer,) = node.answer_all([retold(query_octets(transaction=2 + turn), kind=0xE3)], "switch", NOON)
        assert package_of(answer).kind is not PackageType.ABORT
    assert table.evicted == 3
    assert table.find(package_of(true).originating) is not None


# Faults of our own


class Port:
    def __init__(self):
        self.sent = []

    def send(self, _address, datagrams):
        self.sent += datagrams

    def kernel_drops(self):
        return 0

    def fileno(self):
        return 0


BAD = "4155551234"
HOME = ("127.0.0.1", 9)


class Recorder:
    """Keeps the samples and lets every answer go."""

    holds = False

    def __init__(self):
        self.texts = []

    def take_and_send(self, texts, send):
        self.texts += texts
        if send is not None:
            send()

    def identifiers(self):
        samples = [decode(line.encode()) for line in lines_of_texts(self.texts)]
        return [sample.identifier for sample in samples if isinstance(sample, AttemptSample)]


def asked(query_octets, transaction, dialed="2137770100"):
    return query_octets("9258341241", dialed, "9", transaction=transaction)


@pytest.fixture
def faulty(monkeypatch):
    made = answering_module.components

    def components(decision, *rest, **more):
        if decision.called_number == BAD:
            raise ValueError("a fault of our own")
        return made(decision, *rest, **more)

    for module in (answering_module, forms_module):
        monkeypatch.setattr(module, "components", components)


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.usefixtures("faulty")
def test_a_fault_refuses_its_own_query_and_costs_no_other(place, fast, program_of, query_octets, capsys):
    """adv-04: all others of the batch are answered once, no identifier is given twice, no sample stays of the refused."""
    node = FastNode(program_of(), NodeConfig(), itertools.cycle(range(0, 10_000, 37)).__next__, fast=fast)
    port = Port()
    recorder = Recorder()
    edge = UdpEdge(node, port, recorder)
    for transaction in (1, 2):
        edge.answer([(HOME, [asked(query_octets, transaction)])])
    port.sent.clear()
    batch = [asked(query_octets, 10 + n, BAD if n == place else "2137770100") for n in range(5)]
    edge.answer([(HOME, batch)])
    answers = {package_of(octets).responding: package_of(octets) for octets in port.sent}
    assert sorted(answers) == [10, 11, 12, 13, 14]
    assert len(port.sent) == 5
    refused = answers[10 + place].components[0]
    assert (refused.is_invoke, refused.code) == (False, 2)
    assert all(answers[10 + n].components[0].is_invoke for n in range(5) if n != place)
    given = recorder.identifiers()
    assert len(given) == len(set(given)) == 6
    assert edge.faults.count == 1
    assert node.counters["refused_faulty"] == 1
    assert discrepancies(node.counters, node.in_flight) == []
    assert "a fault of our own" in capsys.readouterr().err


@pytest.mark.skipif(build.mode() == "compiled", reason="a compiled class cannot be broken")
def test_a_fault_of_the_short_way_ends_the_short_way_and_nothing_else(
    program_of, query_octets, monkeypatch, capsys
):
    node = FastNode(program_of(), NodeConfig(), itertools.cycle(range(0, 10_000, 37)).__next__)
    port = Port()
    recorder = Recorder()
    edge = UdpEdge(node, port, recorder)
    for transaction in (1, 2, 3):
        edge.answer([(HOME, [asked(query_octets, transaction)])])
    assert node.short > 0

    def broken(self, *_):
        raise IndexError("a fault of the short way")

    monkeypatch.setattr(path_module.FastPath, "_answer_rest", broken)
    port.sent.clear()
    edge.answer([(HOME, [asked(query_octets, 10 + n) for n in range(4)])])
    assert [package_of(octets).responding for octets in port.sent] == [10, 11, 12, 13]
    assert "a fault of the short way" in capsys.readouterr().err
    given = recorder.identifiers()
    assert len(given) == len(set(given)) == 7
    assert discrepancies(node.counters, node.in_flight) == []


def test_the_true_switch_is_always_among_the_links_kept(program_of, query_octets):
    node = FastNode(program_of(), NodeConfig(), lambda: 0)
    for turn in range(1500):
        node.receive(query_octets(transaction=turn, opc=0xF60000 + turn), f"stranger {turn}", NOON)
        if turn % 100 == 0:
            node.receive(query_octets(transaction=turn), "true", NOON)
    true = m3ua.decode(query_octets()).protocol_data.opc
    assert node.lower._link_of[true] == "true"
    assert len(node.lower._link_of) <= 1024
