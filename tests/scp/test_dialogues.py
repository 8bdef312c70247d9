"""Dialogues: digits collected, events watched, time running out, and every fault of the transaction layer."""

import itertools
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.scp.config import NodeConfig
from ain_scp.scp.conversation import (
    INPUT_OF_OPERATION,
    TABLE,
    Answer,
    Cancel,
    Collect,
    DialogueAction,
    DialogueInput,
    DialogueState,
    Finish,
    Play,
    Speak,
    Watch,
    bits_of,
)
from ain_scp.scp.counters import discrepancies
from ain_scp.scp.node import ScpNode
from ain_scp.scp.transactions import Transactions
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.operations import APPLICATION_ERROR, operation, operation_named
from ain_scp.signaling.ain.structures import AnnouncementDigitBlock, EventDetectionPoint, UserID, UserIDChoice
from ain_scp.signaling.ain.values import ErrorCause
from ain_scp.signaling.bcd import Digits
from ain_scp.signaling.m3ua.peers import Peer
from ain_scp.signaling.tcap import (
    ComponentType,
    PackageType,
    RejectProblem,
    conversation,
    decode_package,
    encode_package,
    invoke,
    p_abort,
    reject,
    response,
    return_error,
    return_result,
    user_abort,
)

CALL = {
    "message": "INFO_ANALYZED",
    "trigger": "CDP_AC",
    "calling_party": "9258341234",
    "access_code": "7",
    "dialed": "9212000",
    "bearer": "SPEECH",
    "time": "2001-01-17T10:00:00",
}
SECOND = 1_000_000_000
NOON = 979_725_600 * SECOND
MINUTE = 60 * SECOND
USER = UserID(UserIDChoice.DN, "9258341234")


class Code:
    """A script that asks for a four-digit code before it answers; three reports at most."""

    def __init__(self, decision, told):
        self.decision, self.told, self.tries = decision, told, 0

    def start(self):
        return Collect(6, 4)

    def resume(self, report):
        self.told.append(report)
        if report.operation == "callInfoFromResource":
            return None
        digits = report.parameters.digits("collectedDigits")
        self.tries += 1
        if (digits is None or digits.digits != "1234") and self.tries < 3:
            return Collect(7, 4)
        return Answer(self.decision)


class Watcher:
    """A script that routes the call and watches busy and no answer."""

    def __init__(self, decision, told):
        self.decision, self.told = decision, told

    def start(self):
        points = EventDetectionPoint
        busy = frozenset({points.O_CALLED_PARTY_BUSY, points.O_NO_ANSWER})
        return Watch(busy, frozenset({points.O_ANSWER}), o_no_answer_s=18)

    def resume(self, report):
        self.told.append(report)
        if report.parameters.flag("notificationIndicator"):
            return None
        return Finish() if report.operation == "oAnswer" else Answer(self.decision)


class Scripted:
    """Begins the given exchange for every call."""

    def __init__(self, exchange=Code):
        self.exchange, self.told = exchange, []

    def begin(self, query, decision, asked):
        return self.exchange(decision, self.told)


@pytest.fixture
def dialogue(probe):
    """A function: exchange, config -> probe with an open dialogue, its script and the package that opened it."""

    def make(exchange=Code, config=None, token=None):
        tokens = itertools.count(0x123456)
        script = Scripted(exchange)
        asked = probe(config=config, token=token or (lambda: next(tokens)), script=script)
        (package,) = asked.send(asked.query_octets(CALL), CALL["time"])
        return asked, script, package

    return make


def reply(asked, opened, *parts, kind=conversation):
    """What the switch sends in a dialogue, and what comes back."""
    octets = encode_package(kind(asked.transaction, opened.originating, *parts))
    return asked.send(asked.wrap(octets), CALL["time"])


def clear(digits=None, correlation=2):
    known = operation_named("resourceClear")
    values = {"clearCause": 0}
    if digits is not None:
        values["collectedDigits"] = Digits(0, 0, digits)
    return invoke(known.code, encode_parameters(known, values), 2, correlation)


def report(name, **values):
    known = operation_named(name)
    values = {"userID": USER, "bearerCapability": 0} | values
    return invoke(known.code, encode_parameters(known, values), 2)


def names(package):
    return [operation(part.code).name for part in package.components]


def test_digits_are_collected_and_the_call_goes_on(dialogue):
    asked, script, opened = dialogue()
    assert (opened.kind, opened.responding) == (PackageType.CONVERSATION_WITH_PERMISSION, asked.transaction)
    (ask,) = opened.components
    fields = decode_parameters(operation_named("sendToResource"), ask.parameter)
    assert (ask.invoke_id, ask.correlation_id) == (2, 1)
    assert fields["strParameterBlock"].maximum_digits == 4
    assert "disconnectFlag" not in fields
    assert asked.node.samples() == []
    (again,) = reply(asked, opened, clear("9999"))
    assert isinstance(
        decode_parameters(operation_named("sendToResource"), again.components[0].parameter)[
            "strParameterBlock"
        ],
        AnnouncementDigitBlock,
    )
    assert again.components[0].invoke_id == 3
    (last,) = reply(asked, opened, clear("1234", 3))
    assert last.kind is PackageType.RESPONSE
    assert names(last) == ["analyzeRoute", "sendNotification"]
    assert [one.parameters.digits("collectedDigits").digits for one in script.told] == ["9999", "1234"]
    assert len(asked.node.samples()) == 1
    assert asked.node.dialogues == 0
    assert asked.node.counters["conversed"] == 3


def test_without_a_script_no_answer_changes(probe):
    plain, scripted = probe(), probe(token=lambda: 5)
    assert plain.ask(CALL) == scripted.ask(CALL)


def test_transaction_ids_carry_the_node_and_24_bits_of_chance(dialogue):
    _, _, opened = dialogue(config=NodeConfig(node_id=7), token=lambda: 0xFFABCDEF)
    assert opened.originating == 0x07ABCDEF


def test_events_are_watched_until_one_asks_for_more(dialogue):
    asked, _, opened = dialogue(Watcher)
    assert names(opened) == ["analyzeRoute", "sendNotification", "requestReportBCMEvent"]
    fields = decode_parameters(operation_named("requestReportBCMEvent"), opened.components[2].parameter)
    assert (fields["eDPRequest"], fields["eDPNotification"], fields["oNoAnswerTimer"]) == ("11", "0001", 18)
    assert [part.invoke_id for part in opened.components] == [2, 3, 4]
    assert reply(asked, opened, report("oNoAnswer", notificationIndicator=True)) == []
    assert asked.node.counters["noted"] == 1
    (last,) = reply(asked, opened, report("oNoAnswer"))
    assert last.kind is PackageType.RESPONSE
    assert names(last)[0] == "analyzeRoute"
    assert asked.node.drained


def test_an_answered_call_is_closed(dialogue):
    class Closer(Watcher):
        def resume(self, report):
            return Finish()

    asked, _, opened = dialogue(Closer)
    (last,) = reply(asked, opened, report("oNoAnswer"))
    assert names(last) == ["close"]


def test_a_switch_ends_with_close(dialogue):
    asked, _, opened = dialogue(Watcher)
    assert reply(asked, opened, report("close", closeCause=1)) == []
    assert (asked.node.dialogues, asked.node.counters["ended"]) == (0, 1)


def test_the_table_has_every_cell():
    for state in DialogueState:
        assert set(TABLE[state]) == set(DialogueInput)
        for input_ in (DialogueInput.CLOSE, DialogueInput.ABORT, DialogueInput.PEER_ENDED):
            assert TABLE[state][input_] in (DialogueAction.END, DialogueAction.LEAVE)


def stimulus(input_):
    """What the switch sends so that this input happens; None: time passes."""
    wrong = report("infoAnalyzed")
    return {
        DialogueInput.RESOURCE_CLEAR: (conversation, (clear("1234"),)),
        DialogueInput.CALL_INFORMATION: (
            conversation,
            (invoke(operation_named("callInfoFromResource").code, b"", 3, 2),),
        ),
        DialogueInput.EVENT: (conversation, (report("oNoAnswer"),)),
        DialogueInput.CLOSE: (conversation, (report("close"),)),
        DialogueInput.RESULT: (conversation, (return_result(2),)),
        DialogueInput.FAILURE: (conversation, (return_error(2, 1, None),)),
        DialogueInput.OTHER: (conversation, (wrong,)),
        DialogueInput.PEER_ENDED: (lambda theirs, own, *parts: response(own, *parts), (clear("1234"),)),
        DialogueInput.ABORT: (lambda theirs, own: user_abort(own, b""), ()),
    }.get(input_)


class Stopped(Code):
    """Stops the collection at once, then answers."""

    def start(self):
        return Cancel()


class Idle(Watcher):
    """Watches, and ends the call's dialogue at the first event."""

    def resume(self, report):
        return Finish()


class Charged(Idle):
    """Watches a call that is charged, as long as it lasts."""

    def start(self):
        return Watch(frozenset({EventDetectionPoint.TIMEOUT}), timeout_s=50, echo=bytes(6), charged=True)


class Playing(Idle):
    """Plays an announcement, then ends the dialogue."""

    def start(self):
        return Play(42)


class Speaking(Charged):
    """Speaks into a call that is up, then ends the dialogue."""

    def start(self):
        return Speak(49)


CELLS = [
    (exchange, state, input_)
    for exchange, state in (
        (Code, DialogueState.COLLECTING),
        (Stopped, DialogueState.CANCELLING),
        (Idle, DialogueState.WATCHING),
        (None, DialogueState.GRANTED),
        (Playing, DialogueState.PLAYING),
        (Charged, DialogueState.CHARGED),
        (Speaking, DialogueState.SPEAKING),
    )
    for input_ in DialogueInput
]


@pytest.mark.parametrize(
    ("exchange", "state", "input_"), CELLS, ids=[f"{cell[1].name}-{cell[2].name}" for cell in CELLS]
)
def test_every_cell_does_what_the_table_says(exchange, state, input_, dialogue, probe):
    if exchange is None:
        asked = probe(token=lambda: 77)
        octets = asked.query_octets(CALL).replace(b"\xe2", b"\xe3", 1)
        (opened,) = asked.send(octets, CALL["time"])
    else:
        asked, _, opened = dialogue(exchange)
    assert opened.kind is PackageType.CONVERSATION_WITH_PERMISSION
    asked.node.samples()
    sent = stimulus(input_)
    if sent is None:
        asked.node.handle_timer(asked.node.next_timer())
        answers = [
            decode_package(sccp.decode(m3ua.decode(octets).protocol_data.payload).data)
            for _, octets in asked.node.octets_to_send()
        ]
    else:
        kind, parts = sent
        answers = reply(asked, opened, *parts, kind=kind)
    action = TABLE[state][input_]
    open_ = asked.node.dialogues
    if action in (DialogueAction.END, DialogueAction.LEAVE):
        assert (answers, open_) == ([], 0)
    elif (
        action is DialogueAction.NOTE
        and input_ is DialogueInput.RESULT
        and state not in (DialogueState.COLLECTING, DialogueState.PLAYING)
    ):
        ((answer,),) = [
            one.components for one in answers
        ]  # of the operations sent only SendToResource has a result
        assert (answer.kind, answer.code, open_) == (ComponentType.REJECT, 0x0302, 1)
    elif action is DialogueAction.NOTE:
        assert (answers, open_) == ([], 1)
    elif action is DialogueAction.REFUSE:
        (answer,) = answers
        fields = decode_parameters(
            APPLICATION_ERROR,
            answer.components[0].parameter,
        )
        assert answer.components[0].kind is ComponentType.RETURN_ERROR
        assert fields["applicationErrorString"].error_cause == ErrorCause.UNEXPECTED_MESSAGE
        assert open_ == 1
    elif action is DialogueAction.CANCEL:
        (answer,) = answers
        assert (names(answer), open_) == (["cancelResourceEvent"], 1)
    elif action is DialogueAction.FALL_BACK:
        (answer,) = answers
        assert answer.kind is PackageType.RESPONSE
        assert (names(answer)[0], open_) == ("analyzeRoute", 0)
    elif action is DialogueAction.CLOSE:
        (answer,) = answers
        assert (answer.kind, names(answer), open_) == (PackageType.RESPONSE, ["close"], 0)
    else:
        assert action is DialogueAction.RESUME
        expected = 1 if input_ is DialogueInput.CALL_INFORMATION else 0
        assert (len(answers), open_) == (1 - expected, expected)


def test_a_collection_that_nobody_answers_is_cancelled_then_answered_as_without_a_script(dialogue):
    asked, script, _ = dialogue()
    began = asked.node.next_timer()
    asked.node.handle_timer(began - 1)
    assert asked.node.octets_to_send() == []
    asked.node.handle_timer(began)
    assert len(asked.node.octets_to_send()) == 1
    asked.node.handle_timer(asked.node.next_timer())
    assert len(asked.node.octets_to_send()) == 1
    assert asked.node.next_timer() is None
    assert script.told == []
    assert len(asked.node.samples()) == 1
    assert asked.node.drained


def test_a_repeated_query_in_a_dialogue_gets_the_same_instruction_and_no_second_dialogue(dialogue, probe):
    asked, _, opened = dialogue()
    asked.transaction -= 1
    (again,) = asked.send(asked.query_octets(CALL), CALL["time"])
    assert again == opened
    assert (asked.node.dialogues, asked.node.counters["replayed"]) == (1, 1)


@pytest.mark.parametrize("kind", ["conversation", "response", "abort"])
def test_a_message_of_another_peer_is_dropped_and_changes_nothing(kind, dialogue):
    asked, script, opened = dialogue()
    own = opened.originating
    package = {
        "conversation": conversation(asked.transaction, own, clear("1234")),
        "response": response(own, return_result(2)),
        "abort": p_abort(own, 1),
    }[kind]
    asked.node.receive(asked.wrap(encode_package(package), opc=0xF60405), "STP", NOON)
    asked.node.receive(asked.wrap(encode_package(package)), "another link", NOON)
    assert asked.node.octets_to_send() == []
    assert asked.node.counters["dropped_foreign_transaction"] == 2
    assert (asked.node.dialogues, script.told) == (1, [])


def test_a_peer_of_screened_links_may_continue_by_another_link(dialogue):
    """Mated STPs share the traffic of a switch; which of them may speak for it is the screening's business."""
    row = Peer(
        "stps",
        frozenset({"STP", "STP2"}),
        frozenset({0xF60304}),
        frozenset({100}),
        frozenset({250}),
    )
    asked, _, opened = dialogue(config=NodeConfig(peers=(row,)))
    octets = asked.wrap(encode_package(conversation(asked.transaction, opened.originating, clear("1234"))))
    asked.node.receive(octets, "STP2", NOON)
    ((link, _),) = asked.node.octets_to_send()
    assert (link, asked.node.dialogues) == ("STP2", 0)


def test_a_conversation_under_another_originating_id_is_dropped(dialogue):
    asked, _, opened = dialogue()
    asked.transaction += 1
    assert reply(asked, opened, clear("1234")) == []
    assert asked.node.counters["dropped_foreign_transaction"] == 1


def test_a_hundred_thousand_guesses_hit_no_transaction_of_the_guesser():
    """A guesser finds one of 5,000 open ids once in 3,355 tries, and the binding to the peer refuses it even then."""
    chance = random.Random(2)
    table = Transactions(1, lambda: chance.getrandbits(64), 5_000)
    for theirs in range(5_000):
        assert table.open(theirs, 1, "STP", None) is not None
    assert table.open(1, 1, "STP", None) is None
    owns = {table.find(own).own for own in table._open}
    assert len(owns) == 5_000
    assert len({own >> 12 for own in owns}) > 2_500
    guesser = random.Random(3)
    hits = [found for _ in range(100_000) if (found := table.find(1 << 24 | guesser.getrandbits(24)))]
    assert not [one for one in hits if one.peer == 2]
    assert 5 < len(hits) < 100


def test_the_cap_is_kept_and_a_query_too_many_is_aborted_for_want_of_resources(dialogue):
    asked, _, _ = dialogue(config=NodeConfig(transactions=2))
    assert (
        asked.send(asked.query_octets(CALL), CALL["time"])[0].kind is PackageType.CONVERSATION_WITH_PERMISSION
    )
    (package,) = asked.send(asked.query_octets(CALL), CALL["time"])
    assert (package.kind, package.responding, package.p_abort_cause) == (
        PackageType.ABORT,
        asked.transaction,
        6,
    )
    assert asked.node.counters["aborted_resources"] == 1
    assert asked.node.dialogues == 2


def test_a_query_without_permission_is_answered_in_a_conversation_that_the_peer_ends(probe):
    asked = probe(token=lambda: 9)
    octets = asked.query_octets(CALL).replace(b"\xe2", b"\xe3", 1)
    (package,) = asked.send(octets, CALL["time"])
    assert package.kind is PackageType.CONVERSATION_WITH_PERMISSION
    assert names(package)[0] == "analyzeRoute"
    assert reply(asked, package, kind=lambda theirs, own: response(own, return_result(2))) == []
    assert asked.node.drained


def test_a_query_without_permission_is_aborted_by_a_node_without_room(probe):
    asked = probe()
    (package,) = asked.send(asked.query_octets(CALL).replace(b"\xe2", b"\xe3", 1), CALL["time"])
    assert (package.kind, package.p_abort_cause) == (PackageType.ABORT, 6)


WRONG = [
    ("unknown operation", invoke(0x6FFE, b"", 2), ComponentType.REJECT, 0x0202),
    ("national operation", invoke(0x6602, b"", 2, private=False), ComponentType.REJECT, 0x0202),
    ("broken argument", invoke(0x6602, b"\x95\x02\x01\x00", 2), ComponentType.RETURN_ERROR, 1),
    ("instruction of no invoke", clear("1234", 9), ComponentType.REJECT, 0x0204),
    ("result of no invoke", return_result(9), ComponentType.REJECT, 0x0301),
    ("error of no invoke", return_error(9, 1), ComponentType.REJECT, 0x0401),
]


@pytest.mark.parametrize(("what", "part", "kind", "code"), WRONG, ids=[row[0] for row in WRONG])
def test_what_a_dialogue_cannot_take_is_refused_and_the_dialogue_goes_on(what, part, kind, code, dialogue):
    asked, _, opened = dialogue()
    (answer,) = reply(asked, opened, part)
    assert answer.kind is PackageType.CONVERSATION_WITH_PERMISSION
    assert [(one.kind, one.code) for one in answer.components] == [(kind, code)]
    (last,) = reply(asked, opened, clear("1234"))
    assert last.kind is PackageType.RESPONSE


NO_EXTENSION, NO_CAUSE = bytes.fromhex("bf5400"), bytes.fromhex("bf3700")
STRING = bytes.fromhex("bf37119f380100bf390a0202650104048f020310")
WRONG_ANSWERS = [
    (
        "result with a broken parameter",
        return_result(2, NO_EXTENSION),
        0x0303,
        PackageType.CONVERSATION_WITH_PERMISSION,
    ),
    ("unknown error", return_error(2, 7), 0x0403, PackageType.RESPONSE),
    ("national error", return_error(2, 1, private=False), 0x0403, PackageType.RESPONSE),
    ("failureReport for an instruction", return_error(2, 2), 0x0404, PackageType.RESPONSE),
    ("applicationError with a broken parameter", return_error(2, 1, NO_CAUSE), 0x0405, PackageType.RESPONSE),
]


@pytest.mark.parametrize(
    ("what", "part", "code", "kind"), WRONG_ANSWERS, ids=[row[0] for row in WRONG_ANSWERS]
)
def test_a_wrong_answer_is_rejected_and_does_what_an_answer_does(what, part, code, kind, dialogue):
    """An error ends the collection however it is coded: the caller is routed, and the switch told what was wrong."""
    asked, _, opened = dialogue()
    (answer,) = reply(asked, opened, part)
    told, *rest = answer.components
    assert (answer.kind, told.kind, told.code, told.correlation_id) == (kind, ComponentType.REJECT, code, 2)
    if kind is PackageType.RESPONSE:
        assert names(msgspec.structs.replace(answer, components=tuple(rest)))[0] == "analyzeRoute"
    else:
        assert rest == []
        (last,) = reply(asked, opened, clear("1234"))
        assert last.kind is PackageType.RESPONSE


@pytest.mark.parametrize("part", [return_error(2, 1, STRING), return_error(2, 1)])
def test_a_right_error_is_not_rejected(part, dialogue):
    asked, _, opened = dialogue()
    (answer,) = reply(asked, opened, part)
    assert (answer.kind, names(answer)[0]) == (PackageType.RESPONSE, "analyzeRoute")


def test_an_error_for_an_operation_that_has_none_is_unexpected(dialogue):
    """SendNotification reports no errors; it is the second component of a routed call with a watch."""
    asked, _, opened = dialogue(Watcher)
    sent = {one.code: one.invoke_id for one in opened.components}
    notification = sent.get(operation_named("sendNotification").code)
    assert notification is not None
    (answer,) = reply(asked, opened, return_error(notification, 1))
    assert (answer.components[0].kind, answer.components[0].code) == (ComponentType.REJECT, 0x0402)


def test_a_reject_is_never_rejected_and_falls_back(dialogue):
    asked, _, opened = dialogue()
    (answer,) = reply(asked, opened, reject(99, RejectProblem.INVOKE_UNRECOGNIZED_OPERATION))
    assert (answer.kind, names(answer)[0]) == (PackageType.RESPONSE, "analyzeRoute")


def test_a_conversation_without_components_is_noted(dialogue):
    asked, _, opened = dialogue()
    assert reply(asked, opened) == []
    assert asked.node.counters["noted"] == 1


def test_a_broken_conversation_is_rejected_and_the_transaction_is_over(dialogue):
    asked, _, opened = dialogue()
    octets = encode_package(conversation(asked.transaction, opened.originating, clear("1234")))
    broken = octets.replace(b"\xe9", b"\xe7", 1)
    (answer,) = asked.send(asked.wrap(broken), CALL["time"])
    assert (answer.kind, answer.components[0].code) == (PackageType.RESPONSE, 0x0101)
    assert asked.node.dialogues == 0


def test_a_leaving_node_answers_stragglers_and_begins_no_dialogue(dialogue):
    asked, _, opened = dialogue()
    asked.node.leave()
    assert not asked.node.drained
    (package,) = asked.send(asked.query_octets(CALL), CALL["time"])
    assert package.kind is PackageType.RESPONSE
    assert asked.node.counters["answered_while_leaving"] == 1
    asked.transaction -= 1
    reply(asked, opened, clear("1234"))
    assert asked.node.drained


def test_every_event_operation_is_known_to_the_table():
    assert set(INPUT_OF_OPERATION.values()) < set(DialogueInput)
    for name in INPUT_OF_OPERATION:
        assert operation_named(name).name == name


@pytest.mark.parametrize(
    ("points", "bits"),
    [((), ""), ((0,), "1"), ((3,), "0001"), ((0, 1, 8), "110000001"), ((20,), "0" * 20 + "1")],
)
def test_detection_points_are_bits(points, bits):
    assert bits_of(frozenset(map(EventDetectionPoint, points))) == bits


STEPS = st.lists(
    st.tuples(st.sampled_from(["query", "repeat", "time", *DialogueInput]), st.integers(0, 5)), max_size=40
)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(STEPS)
def test_no_order_of_things_breaks_the_dialogues(program_of, probe_on, steps):
    """Whatever comes, each message has one outcome, the table is bounded, and in the end nothing is left open."""
    tokens = itertools.count(1)
    script = Alternating()
    node = ScpNode(
        program_of(), NodeConfig(transactions=4), lambda: 0, token=lambda: next(tokens), script=script
    )
    asked = probe_on(node)
    opened, now = [], NOON
    for step, place in steps:
        now += SECOND
        if step == "query":
            opened.append((asked.query_octets(CALL), asked.transaction))
            node.receive(opened[-1][0], "STP", now)
        elif step == "repeat" and opened:
            node.receive(opened[place % len(opened)][0], "STP", now)
        elif step == "time" or step is DialogueInput.TIMEOUT:
            now += place * 30 * SECOND
            node.handle_timer(now)
        elif isinstance(step, DialogueInput) and opened:
            kind, parts = stimulus(step)
            theirs = opened[place % len(opened)][1]
            octets = encode_package(kind(theirs, 1 << 24 | place + 1, *parts))
            node.receive(asked.wrap(octets), "STP", now)
        node.octets_to_send()
        assert node.dialogues <= 4
        assert discrepancies(node.counters, node.in_flight) == []
    node.leave()
    while (due := node.next_timer()) is not None:
        node.handle_timer(due)
    assert node.drained


class Alternating:
    """Collects, watches or answers, in turn."""

    def __init__(self):
        self.turn = 0

    def begin(self, query, decision, asked):
        self.turn += 1
        return [Code(decision, []), Watcher(decision, []), None][self.turn % 3]
