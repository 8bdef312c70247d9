"""A review that explains one call of each key says exactly what one says that explains every call."""

import random
import shutil

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ain_scp.ain import review
from ain_scp.console.review.alike import Alike
from ain_scp.console.review.changed import changed_rows
from ain_scp.console.review.engine import Reviewer
from ain_scp.scp.service_logic.decision_json import QueryForm, query_of
from tests.console.test_review import CUSTOMER, EDITS, GOLDEN, program_of

MORE = {
    "an index entry": (f"{CUSTOMER}/ocs_index.csv", None),
    "any profile": (f"{CUSTOMER}/asf.toml", None),
    "any routing logic": (f"{CUSTOMER}/rtl.toml", None),
    "the customer": (f"{CUSTOMER}/customer.toml", None),
    "a call type": ("network/call_types.csv", None),
    "an area": ("network/lata.csv", None),
    "a control": (f"{CUSTOMER}/privilege_control.csv", None),
}
"""Files of which one row or line is left out, if the data set can be used without it."""
DIALS = ("9213000", "9212000", "14159215678", "12127770100", "18005551212", "18889761212", "911", "411", "0", "00", "01144207946000", "0114420794600", "5551212", "10102882127770100", "9509999", "4159213000", "abc", "")  # fmt: skip


def edited(tmp_path, names, seed):
    """A copy with edits; lines are left out only where the data set stays usable."""
    copy = shutil.copytree(GOLDEN, tmp_path / "new")
    chance = random.Random(seed)
    for name in names:
        file, old, *rest = (*EDITS, *MORE) and (EDITS.get(name) or MORE[name])
        path = copy / file
        text = path.read_text()
        if old is not None:
            path.write_text(text.replace(old, rest[0], 1))
            continue
        lines = text.splitlines(keepends=True)
        for _ in range(20):
            at = chance.randrange(1, len(lines))
            path.write_text("".join(lines[:at] + lines[at + 1 :]))
            try:
                program_of(copy)
            except Exception:  # noqa: BLE001 - whatever makes it unusable: another line is tried
                path.write_text(text)
            else:
                break
    return copy


def callers():
    rows = (GOLDEN / "network" / "triggers.csv").read_text().splitlines()[1:]
    return [row.split(",")[0] for row in rows if row and not row.startswith("#")]


def calls(chance, dials, many):
    """Calls of every kind: dialed, asked by hosts, and of callers whose host is congested."""
    numbers = callers()
    for _ in range(many):
        caller, time = chance.choice(numbers), chance.choice(("2001-01-17T10:00:00", "2001-01-20T22:30:00", "2001-07-04T03:00:00"))  # fmt: skip
        bearer = chance.choice(("SPEECH", "SPEECH", "UDI_64"))
        kind = chance.randrange(6)
        called = chance.choice([one for one in dials if len(one) == 10] + numbers)
        if kind == 0:
            yield QueryForm("TERMINATION_ATTEMPT", "TAT", caller, time, called_party=chance.choice(numbers), original_called_party=called, bearer=bearer)  # fmt: skip
        elif kind == 1:
            yield QueryForm("NETWORK_BUSY", "", caller, time, called_party="9257893412", original_called_party=called, bearer=bearer)  # fmt: skip
        else:
            yield QueryForm("INFO_ANALYZED", "CDP_AC", caller, time, access_code=chance.choice(("7", "8", "9", "6", None)), dialed=chance.choice([*dials, *numbers, called]), bearer=bearer)  # fmt: skip


@settings(max_examples=6, deadline=None)
@given(
    st.lists(st.sampled_from(sorted({*EDITS, *MORE})), min_size=1, max_size=3, unique=True),
    st.integers(0, 2**32),
)
def test_one_explained_call_stands_for_all_of_its_key(tmp_path_factory, names, seed):
    new = edited(tmp_path_factory.mktemp("set"), names, seed)
    changes = changed_rows(GOLDEN, new)
    before, after = program_of(GOLDEN)[0], program_of(new)[0]
    chance = random.Random(seed)
    mdp = [row.split(",")[0] for row in (GOLDEN / CUSTOMER / "mdp.csv").read_text().splitlines()[1:]]
    forms = list(calls(chance, [*DIALS, *mdp], 250))
    quick, slow = Reviewer(before, after, changes), Reviewer(before, after, changes)
    slow._alike.key = lambda _form, _query: None
    for reviewer in (quick, slow):
        reviewer.forms(forms)
        reviewer.lines("calls", (msgspec.json.encode({"query": form}) for form in forms), 7)
    assert quick.result() == slow.result()


def test_lines_looked_at_in_pieces_come_to_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(review, "PIECE", 5000)
    new = edited(tmp_path, ["a station's class", "a dialing plan row"], 1)
    changes = changed_rows(GOLDEN, new)
    before, after = program_of(GOLDEN)[0], program_of(new)[0]
    forms = calls(random.Random(3), [*DIALS, "9213000"], 300)
    path = tmp_path / "calls.jsonl"
    lines = [msgspec.json.encode({"query": form}) for form in forms]
    path.write_bytes(b"\n\n".join([*lines[:150], b"nonsense", *lines[150:]]))
    whole, sum_ = Reviewer(before, after, changes), Reviewer(before, after, changes)
    with path.open("rb") as file:
        whole.lines(str(path), file, 5)
    pieces = list(review._pieces((path,), 5))
    assert len(pieces) > 5
    hands = [Reviewer(before, after, changes) for _ in range(2)]
    for at, piece in enumerate(pieces):
        monkeypatch.setattr(review, "_reviewers", [hands[at % 2]])
        sum_.add(review._look(piece))
    assert sum_.result() == whole.result()
    assert whole.result().unusable > 0


def test_calls_to_a_station_share_a_key_until_a_changed_row_holds_their_digits(tmp_path):
    file, old, new, *_ = EDITS["a station's class"]
    copy = shutil.copytree(GOLDEN, tmp_path / "new")
    (copy / file).write_text((copy / file).read_text().replace(old, new, 1))
    alike = Alike(program_of(GOLDEN)[0], program_of(copy)[0], changed_rows(GOLDEN, copy))

    def key(caller, dialed):
        form = QueryForm(
            "INFO_ANALYZED", "CDP_AC", caller, "2001-01-17T10:00:00", access_code="9", dialed=dialed
        )
        return alike.key(form, query_of(form))

    assert key("9258341234", "12127770100") == key("9258341234", "12127770187")
    assert key("9258341237", "12127770100") != key("9258341234", "12127770100")
    assert "9258341237" in alike.touched("19258341237")
    with pytest.raises(ValueError, match="time"):
        alike.key(QueryForm("INFO_ANALYZED"), query_of(QueryForm("INFO_ANALYZED")))
