"""`ain explain`: pages for people, JSON, streams, reviews and drawings."""

import json
import shutil
import xml.etree.ElementTree as ET

import pytest

GOLDEN = "examples/golden"
AT = ["--at", "2001-01-17T10:00:00"]


def test_the_page_names_steps_rows_answer_and_what_would_change_it(ain):
    done = ain("explain", GOLDEN, "--from", "9258341235", "--dial", "7 1-213-969-2300", *AT)
    assert done.returncode == 0
    assert "s1010  Does the privilege class include the call type code?" in done.stdout
    assert "[customers/GOLDEN/mdp.csv:3]" in done.stdout
    assert "SendToResource, SCREENED (announcement 1)" in done.stdout
    assert "privilege class 5-8 would be allowed for call type 131" in done.stdout


def test_a_tree_begins_with_the_answer_and_has_each_change_at_its_step(ain):
    call = ["explain", GOLDEN, "--from", "9258341235", "--dial", "7 1-213-969-2300", *AT]
    lines = ain(*call, "--tree").stdout.splitlines()
    assert lines[2].startswith("Answer: SendToResource, SCREENED")
    step = next(at for at, line in enumerate(lines) if line.strip().startswith("s1010"))
    assert "? privilege class 5-8 would be allowed for call type 131" in lines[step + 2]
    assert any("? with access code 9: SDP" in line for line in lines)
    plain = ain(*call).stdout
    assert all(line.strip() in plain for line in lines if line.strip()[:1] not in ("?", ""))


def test_a_graph_is_drawn_on_the_terminal(ain):
    call = ["explain", GOLDEN, "--from", "9258341234", "--dial", "7 14159215678", *AT]
    plain, drawn = ain(*call).stdout, ain(*call, "--graph", "-").stdout
    page, _, rest = plain.partition("\nThe host asks next")
    assert drawn.startswith(page)
    assert "* if " in drawn.removeprefix(page)
    assert rest in drawn
    refused = ain(*call, "--graph", "-", "--json")
    assert (refused.returncode, "both write to stdout" in refused.stdout) == (2, True)


OTHERWISE = [
    (
        ["--from", "9258341237", "--dial", "9 4155550000"],
        "blocking_domestic.csv:3 (entry 415555): no entry would block it",
    ),
    (["--from", "9258341234", "--dial", "5 123"], "dial an access code that has a plan: 7 = MDP, 9 = SDP"),
    (["--from", "9258341234", "--dial", "7 14159215678"], "without customers/GOLDEN/asf.toml"),
    (
        ["--from", "9258341234", "--dial", "7 14159215678"],
        "mdp.csv:4 the digits 4159215678 would mean 4159215678 as dialed, still on-net [customers/GOLDEN/mdp.csv:5]",
    ),
    (
        ["--from", "9258341234", "--dial", "7 12139692300"],
        "mdp.csv:3 the digits 2139692300 would mean 2139692300 as dialed, off-net",
    ),
    (["--from", "9257884102", "--dial", "9 12137770100"], "from 17:00 this day"),
    (["--from", "4085559999", "--dial", "9 14157770100"], "an ocs_index row for 408555"),
    (["--from", "9258341234", "--dial", "7 9999999"], "a dialing plan row for 9999999"),
]


@pytest.mark.parametrize(("arguments", "told"), OTHERWISE)
def test_the_next_rule_that_would_match_is_named(arguments, told, ain):
    done = ain("explain", GOLDEN, *arguments, *AT)
    assert told in done.stdout.split("What would change this decision")[1]


def test_an_emergency_call_lacks_no_access_code(ain):
    """911 needs no plan: another access code would change nothing; of its call type the cells of all classes are alike."""
    said = ain("explain", GOLDEN, "--from", "9258341234", "--dial", "5 911", *AT).stdout
    assert "dial an access code" not in said
    assert "every privilege class is allowed for call type 281" in said


def test_a_number_that_no_other_row_lists_would_be_off_net(ain, tmp_path):
    """Neither another routing number nor sdp.csv has it: what goes with the row is said, and proved by removing it (V21)."""
    shutil.copytree(GOLDEN, tmp_path / "set")
    plan = tmp_path / "set/customers/GOLDEN"
    (plan / "sdp.csv").write_text((plan / "sdp.csv").read_text().replace("4159215678\n", ""))
    mdp = (plan / "mdp.csv").read_text().replace("\n9215678,4159215678,3\n", "\n")
    asked = ["--from", "9258341234", "--dial", "7 14159215678", *AT]
    (plan / "mdp.csv").write_text(mdp)
    said = ain("explain", str(tmp_path / "set"), *asked).stdout
    assert "would mean 4159215678 as dialed, off-net" in said
    assert "4159215678 is on-net" in said
    (plan / "mdp.csv").write_text(mdp.replace("4159215678,4159215678,3\n", ""))
    assert "4159215678 is off-net" in ain("explain", str(tmp_path / "set"), *asked).stdout


def test_a_host_query_is_explained(ain):
    arguments = ["--message", "TERMINATION_ATTEMPT", "--from", "9258341237", "--called", "9257893412"]
    done = ain(
        "explain", GOLDEN, *arguments, "--original-called", "6027770100", "--original-non", "3", "--json", *AT
    )
    decision = json.loads(done.stdout)["decision"]
    assert decision["response"]["announcement"] == "RTL_NO_OUTCOME"


def test_a_trunk_group_without_access_code_uses_its_implied_code(ain):
    done = ain(
        "explain",
        GOLDEN,
        "--from",
        "9257884050",
        "--trunk-group",
        "OHD-CONCORD",
        "--dial",
        "14157770100",
        "--json",
        *AT,
    )
    assert json.loads(done.stdout)["decision"]["plan"] == "SDP"


def test_a_stream_answers_every_line_in_order_and_goes_on_after_a_bad_one(ain):
    good = {
        "message": "INFO_ANALYZED",
        "trigger": "CDP_AC",
        "calling_party": "9258341234",
        "access_code": "7",
        "dialed": "9212000",
        "time": "2001-01-17T10:00:00",
    }
    lines = [
        {"id": 1, "query": good},
        {"id": 2, "query": good | {"calling_party": "7075550000"}},
        {"id": 3, "query": good | {"bearer": "SMOKE"}},
        {"id": 4, "query": good | {"time": "yesterday"}},
        {"id": 5, "query": good | {"colour": "red"}},
        {"id": 6},
        {"id": 7, "query": good},
    ]
    text = (
        "".join(json.dumps(line) + "\n" for line in lines)
        + "garbage\n"
        + "x" * 70_000
        + "\n"
        + json.dumps(lines[0])
        + "\n"
    )
    done = ain("explain", GOLDEN, "--queries", "-", "--json", stdin=text)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [("decision" in answer, answer["id"]) for answer in answers] == [
        (True, 1), (False, 2), (False, 3), (False, 4), (False, 5), (False, 6), (True, 7), (False, None), (False, None), (True, 1),
    ]  # fmt: skip
    assert "bearer" in answers[2]["error"]
    assert "colour" in answers[4]["error"]


def test_a_changed_row_is_reviewed_as_exactly_the_calls_it_changes(ain, tmp_path):
    other = shutil.copytree(GOLDEN, tmp_path / "other")
    stations = other / "customers" / "GOLDEN" / "stations.csv"
    stations.write_text(stations.read_text().replace("9258341235,CENTREX,1", "9258341235,CENTREX,5"))
    base = {
        "message": "INFO_ANALYZED",
        "trigger": "CDP_AC",
        "access_code": "7",
        "dialed": "9692300",
        "time": "2001-01-17T10:00:00",
    }
    queries = tmp_path / "queries.jsonl"
    callers = ["9258341234", "9258341235", "9258341236"]
    queries.write_text(
        "".join(json.dumps({"id": c, "query": base | {"calling_party": c}}) + "\n" for c in callers)
    )
    done = ain("explain", GOLDEN, "--queries", queries, "--against", other, "--json")
    assert done.returncode == 1
    (changed,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert changed["id"] == "9258341235"
    assert changed["differs"]["screening"] == {"before": "DENY", "after": "ALLOW"}
    assert ain("explain", GOLDEN, "--queries", queries, "--against", GOLDEN).returncode == 0


GOOD = '{"query":{"message":"INFO_ANALYZED","trigger":"CDP_AC","calling_party":"9258341234","access_code":"7","dialed":"9212000","time":"2001-01-17T10:00:00"}}'
REVIEWS = [
    ("a good line", GOOD, 0, "1 of 1 query compared: 0 decided differently"),
    ("nothing", "", 2, "0 of 0 queries compared"),
    ("no query in it", '{"from":"3035551000"}', 2, 'q.jsonl:1: no "query" object'),
    ("a query without message", '{"query":{"calling_party":"1","time":"2001-01-17"}}', 2, "q.jsonl:1: Object missing"),
    ("no JSON", "not json", 2, "0 of 1 query compared"),
    ("a good line and a bad one", GOOD + "\n\nnot json", 2, "q.jsonl:3: "),
    ("a caller of nobody", GOOD.replace("92583", "55583"), 2, "q.jsonl:1: no originating trigger"),
    ("a caller of nobody and a good line", GOOD.replace("92583", "55583") + "\n" + GOOD, 0, "1 of 2 queries compared"),
    ("a line too long", "x" * 70_000 + "\n" + GOOD, 2, "q.jsonl:1: longer than"),
]  # fmt: skip


@pytest.mark.parametrize(("_what", "text", "code", "told"), REVIEWS, ids=[row[0] for row in REVIEWS])
def test_a_review_says_how_much_it_compared_and_never_passes_on_nothing(
    ain, tmp_path, _what, text, code, told
):
    (tmp_path / "q.jsonl").write_text(text + "\n")
    done = ain("explain", GOLDEN, "--queries", tmp_path / "q.jsonl", "--against", GOLDEN)
    assert done.returncode == code, done.stderr
    assert told in done.stderr


def test_a_file_of_which_no_query_could_be_decided_is_no_success(ain):
    done = ain("explain", GOLDEN, "--queries", "-", stdin="{}\n")
    assert (done.returncode, "0 of 1 query decided" in done.stderr) == (2, True)


def test_the_query_line_of_a_call_decides_as_the_call(ain, tmp_path):
    call = ["--from", "9258341235", "--dial", "7 1-213-969-2300", *AT]
    (tmp_path / "q.jsonl").write_text(ain("explain", GOLDEN, *call, "--query-json").stdout)
    line = json.loads(ain("explain", GOLDEN, "--queries", tmp_path / "q.jsonl").stdout)
    assert line["decision"] == json.loads(ain("explain", GOLDEN, *call, "--json").stdout)["decision"]


def test_the_first_leg_names_the_command_of_the_second_and_follow_takes_it(ain):
    import shlex

    call = ["explain", GOLDEN, "--from", "9258341234", "--dial", "7 1-415-921-5678", *AT]
    first, both = ain(*call).stdout, ain(*call, "--follow").stdout
    _, *command = shlex.split(first.splitlines()[-1])
    second = ain(*command).stdout
    assert "trunk groups 0000-0174" in second
    assert both.endswith(second)
    answers = ain(*call, "--follow", "--json").stdout.splitlines()
    assert [json.loads(line)["decision"]["route"]["kind"] for line in answers] == ["ASF_RTL", "ASF_RTL_HOST"]


def test_a_call_without_digits_says_so(ain):
    assert (
        "dialed nothing, SPEECH" in ain("explain", GOLDEN, "--from", "9258341234", "--dial", "", *AT).stdout
    )


CALL = ["--from", "9258341234", "--dial", "7 9212000"]
REFUSED = [
    ([], "give --from and --dial, or --queries FILE"),
    (["--from", "9258341234"], "give --from and --dial"),
    (["--dial", "7 9212000"], "give --from and --dial"),
    (["--from", "30355510", "--dial", "7 9212000"], "--from: 10 digits, not '30355510'"),
    (["--from", "9258341234", "--dial", "9212000", "--access-code", "x"], "--access-code: 'x' is not something to dial"),
    ([*CALL, "--graph", "routes.png"], ".svg, .dot, .gv, .txt"),
    ([*CALL, "--trunk-group", "0001-0001"], "PBX trunk group 0001-0001 is not in the data set"),
    ([*CALL, "--original-non", "9"], "--original-non"),
    ([*CALL, "--original-called", "7195552000"], "--dial has no effect"),
    ([*CALL, "--called", "9257893412"], "--dial has no effect with --message TERMINATION_ATTEMPT"),
    ([*CALL, "--message", "TERMINATION_ATTEMPT"], "--dial has no effect"),
    ([*CALL, "--message", "INFO_ANALYZED", "--called", "9257893412"], "--called has no effect"),
    (["--message", "TERMINATION_ATTEMPT", "--from", "9258341234"], "needs --called"),
    (["--message", "NETWORK_BUSY", "--from", "9258341234"], "needs --original-called"),
    ([*CALL, "--at", "yesterday"], "--at: a local time such as 2001-01-17T10:00:00, not 'yesterday'"),
    ([*CALL, "--at", "2001-01-17T10:00:00+01:00"], "--at: a local time such as"),
    ([*CALL, "--seed", "3"], "--seed needs --queries"),
    ([*CALL, "--against", GOLDEN], "--against needs --queries"),
    (["--queries", "x.jsonl", "--from", "1"], "--queries and --from: one of them"),
    (["--queries", "x.jsonl", "--dial", "1"], "--queries and --dial: one of them"),
    (["--queries", "x.jsonl", "--at", "2001-01-17"], "--queries and --at: one of them"),
    (["--queries", "x.jsonl", "--graph", "x.svg"], "--queries and --graph: one of them"),
    (["--queries", "x.jsonl", "--follow"], "--queries and --follow: one of them"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "told"), REFUSED)
def test_what_is_missing_or_without_effect_is_refused(ain, arguments, told):
    done = ain("explain", GOLDEN, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


@pytest.mark.parametrize("ending", ["svg", "dot", "txt"])
def test_the_routing_logic_is_drawn_with_the_way_taken(ending, ain, tmp_path):
    target = tmp_path / f"graph.{ending}"
    arguments = ["--message", "TERMINATION_ATTEMPT", "--from", "9258341237", "--called", "9257893412"]
    done = ain(
        "explain",
        GOLDEN,
        *arguments,
        "--original-called",
        "2127770100",
        "--original-non",
        "3",
        *AT,
        "--graph",
        target,
    )
    assert done.returncode == 0
    text = target.read_text()
    assert "TGCIC2" in text
    assert "rtl.toml:9" in text
    if ending == "svg":
        root = ET.fromstring(text)
        assert sum("taken" in (e.get("class") or "") for e in root.iter()) >= 4
    if ending == "txt":
        assert [line for line in text.splitlines() if line.startswith("*")][-1].startswith(
            "* if call type 131 231, Mon-Fri"
        )
    if ending == "dot":
        assert text.count("penwidth=3") >= 4


@pytest.mark.slow
def test_a_long_stream_takes_no_more_memory_than_a_short_one(tmp_path):
    import subprocess
    import sys

    line = {
        "id": 1,
        "query": {
            "message": "INFO_ANALYZED",
            "trigger": "CDP_AC",
            "calling_party": "9258341234",
            "access_code": "7",
            "dialed": "9212000",
            "time": "2001-01-17T10:00:00",
        },
    }
    code = "import resource, subprocess, sys; subprocess.run([sys.executable, '-m', 'ain', 'explain', sys.argv[1], '--queries', sys.argv[2], '--json'], stdout=subprocess.DEVNULL, check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    peaks = []
    for count in (1_000, 60_000):
        queries = tmp_path / f"{count}.jsonl"
        queries.write_text((json.dumps(line) + "\n") * count)
        done = subprocess.run(
            [sys.executable, "-c", code, GOLDEN, str(queries)], capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] * 1.2, peaks
