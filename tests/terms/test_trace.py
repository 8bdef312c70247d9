"""Steps are recorded in the order they decide, whatever was looked up before."""

from ain_scp.terms.trace import Trace


def test_what_is_noted_becomes_a_step_only_where_it_is_cited():
    trace = Trace()
    trace.note("lists", "blocking_800", "blocking_800.csv:3", "listed", step="s130")
    trace.note("s1004", "ocs_index", "", "no entry")
    trace.add("s100")
    trace.cite("s1004")
    trace.cite("lists")
    trace.cite("nothing noted")
    assert trace.path() == ["s100", "s1004", "s130"]
    assert trace.steps[2] == ("s130", "blocking_800", "blocking_800.csv:3", "listed")
