"""What is dialed is read alike by a simulated call, a question to the tables and a batch: by stations, PRI and PBX trunks, with codes of one and two digits."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from ain_scp.ain.dataset import open_program
from ain_scp.scp.service_logic.decision_json import QueryForm, query_of

GOLDEN = Path(__file__).parents[2] / "examples" / "golden"
STATION, PRI, MF = "9258341240", "9257884101", "9257884050"
GROUPS = {STATION: [None], PRI: [None, "PRI-CONCORD"], MF: ["OHD-CONCORD"]}
DIALED = (
    "7 9212000", "79212000", "7 921-2000#", "9 12138692300", "92138692300", "79 2138692300", "792138692300", "7 92138692300",
    "79 9212000", "5 9212000", "9 0", "9 00", "9 1010222", "9 01133140205050", "9 0111", "9 9500222", "2138692300",
    "911", "9 911", "9911", "9 9911", "7 911", "7911", "79 911", "79911", "9 00911", "9 0911", "9 11", "8 911", "9 911#", "9 01911",
)  # fmt: skip
HEAD = 'dataset = "data"\ntitle = "Dialed"\nseed = 1\nstart = 2001-01-17T00:00:00\n'


def scenario(calls):
    text = HEAD
    for number, (calling, group, dial) in enumerate(calls):
        hour, minute = divmod(number * 5, 60)
        trunk = "" if group is None else f'trunk_group = "{group}"\n'
        text += f'[[call]]\nid = "C{number}"\nat = 2001-01-17T{hour:02d}:{minute:02d}:00\nfrom = "{calling}"\n{trunk}dial = "{dial}"\n'
    return text


def rows(calls):
    lines = [f"{calling},{group or ''},{dial},2001-01-17T10:00:00" for calling, group, dial in calls]
    return "\n".join(["calling_party,trunk_group,dialed,time", *lines]) + "\n"


@pytest.fixture(params=[None, '"79" = "SDP"'], ids=["codes of one digit", "7 and 79"])
def program(request, tmp_path, monkeypatch):
    shutil.copytree(GOLDEN, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    if request.param:
        path = tmp_path / "data/customers/GOLDEN/customer.toml"
        path.write_text(path.read_text().replace('"7" = "MDP"', f'"7" = "MDP"\n{request.param}'))
    return open_program(tmp_path / "data")


def ran(*words):
    result = CliRunner(env={"NO_COLOR": "1"}).invoke(cli, list(words), prog_name="ain")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def decided(program, calling, group, dial):
    """What `ain explain`, the library and the console decide."""
    code, digits = program.dialed(calling, dial, None, group)
    form = QueryForm(
        message="INFO_ANALYZED",
        trigger="CDP_AC",
        calling_party=calling,
        time="2001-01-17T10:00:00",
        trunk_group=group,
        access_code=code,
        dialed=digits,
    )
    return program.decide(query_of(form))


def test_a_call_a_question_and_a_batch_read_it_alike(program, tmp_path):
    calls = [
        (calling, group, dial) for calling, groups in GROUPS.items() for group in groups for dial in DIALED
    ]
    (tmp_path / "dialed.toml").write_text(scenario(calls))
    (tmp_path / "dialed.csv").write_text(rows(calls))
    done = json.loads(ran("run", "dialed.toml", "--transport", "memory", "--json").stdout)["calls"]
    batch = json.loads(ran("batch", "data", "--calls", "dialed.csv", "--json").stdout)
    assert len(done) == len(calls)
    unasked, types = 0, Counter()
    for call, record in zip(calls, done, strict=True):
        due = decided(program, *call)
        types[str(due.ctc)] += 1
        if due.called_number == "911":
            assert record["status"] == "COMPLETED", call
        if not record["legs"]:  # an extension, or digits that no switch takes for whole
            assert due.called_number is None, call
            unasked += 1
            continue
        leg = record["legs"][0]
        assert (leg["ctc"], leg["called_number"]) == (due.ctc, due.called_number), call
    assert unasked < len(calls) // 4
    assert batch["ctc"] == dict(types)
