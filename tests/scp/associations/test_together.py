"""What a wake-up brings goes to the node together, what it causes leaves together, and nothing changes its place."""

import pytest

from ain_scp.scp.associations.signaling import QUEUE_LEAST, TOGETHER, Signaling


class Node:
    """Answers every message with its own octets, and remembers what came together."""

    drained = True

    def __init__(self):
        self.taken, self.out, self.backlog, self.ages = [], [], 0, []

    def receive_all(self, datagrams, link, now):
        self.taken.append((link, list(datagrams)))
        self.ages.append(self.backlog)
        self.out += [(link, octets) for octets in datagrams]

    def octets_to_send(self):
        out, self.out = self.out, []
        return out

    def next_timer(self):
        return None


class Side:
    """A serving side that has every link."""

    def __init__(self):
        self.sent = []

    def has(self, _link):
        return True

    def send_answer(self, octets, link):
        self.sent.append((link, octets))
        return True


def signaling(hold=None):
    node, side = Node(), Side()
    made = Signaling(node, lambda: 0, lambda: 0, lambda: 0.0, hold=hold)
    made.add_serving(side)
    return made, node, side


def test_without_a_loop_each_message_is_answered_as_it_comes():
    made, node, side = signaling()
    for octets in (b"1", b"2"):
        made.deliver(octets, "a")
    assert node.taken == [("a", [b"1"]), ("a", [b"2"])]
    assert side.sent == [("a", b"1"), ("a", b"2")]


def test_what_comes_together_goes_together_in_its_order():
    held = []
    made, node, side = signaling(lambda: held.append(True))
    for octets, link in ((b"1", "a"), (b"2", "a"), (b"3", "b"), (b"4", "a")):
        made.deliver(octets, link)
    assert (held, node.taken, side.sent) == ([True], [], [])
    made.let_go()
    assert node.taken == [("a", [b"1", b"2"]), ("b", [b"3"]), ("a", [b"4"])]
    assert side.sent == [("a", b"1"), ("a", b"2"), ("b", b"3"), ("a", b"4")]
    made.let_go()
    assert len(node.taken) == 3


def test_no_more_is_held_than_a_batch():
    made, node, _ = signaling(lambda: None)
    for number in range(TOGETHER + 1):
        made.deliver(bytes([number]), "a")
    ((_, taken),) = node.taken
    assert len(taken) == TOGETHER + 1


@pytest.mark.parametrize(("count", "age"), [(QUEUE_LEAST, 700), (QUEUE_LEAST - 1, 0)])
def test_the_node_hears_how_long_a_queue_stood_and_nothing_of_a_few_that_the_host_was_late_for(count, age):
    made, node, _ = signaling(lambda: None)
    for number in range(count):
        made.waited(700 if number == 3 else 5)
        made.deliver(bytes([number]), "a")
    made.let_go()
    assert (node.ages, node.backlog) == ([age], 0)
    for number in range(QUEUE_LEAST):
        made.deliver(bytes([number]), "a")
    made.let_go()
    assert node.ages[1:] == [0]


def test_a_node_that_leaves_waits_for_what_is_held():
    made, node, side = signaling(lambda: None)
    node.leave = lambda: None
    side.close = lambda: None
    made.deliver(b"1", "a")
    made.leave()
    assert not made.gone
    made.let_go()
    assert side.sent == [("a", b"1")]
