"""The basic call model: every cell of both tables."""

import pytest

from ain_scp.signaling.ain import values
from ain_scp.ssp_sim.nodes.call_model import (
    ORIGINATING,
    TERMINATING,
    CallEvent,
    DetectionPoint,
    PointInCall,
    StateError,
    advance,
    cell,
)

TABLES = {"originating": ORIGINATING, "terminating": TERMINATING}
NULL = {"originating": PointInCall.O_NULL, "terminating": PointInCall.T_NULL}
CELLS = [(half, point, event) for half, table in TABLES.items() for point in table for event in CallEvent]


@pytest.mark.parametrize(("half", "point", "event"), CELLS)
def test_every_cell_leads_somewhere_or_cannot_happen(half, point, event):
    table = TABLES[half]
    found = cell(table, point, event)
    if found is None:
        with pytest.raises(StateError, match=point.name):
            advance(table, point, event)
        return
    assert advance(table, point, event) == found
    assert found[0] in table


@pytest.mark.parametrize("half", TABLES)
def test_every_point_can_be_reached_from_null_and_leads_back_to_it(half):
    table = TABLES[half]
    reached, frontier = set(), [NULL[half]]
    while frontier:
        point = frontier.pop()
        if point not in reached:
            reached.add(point)
            frontier += [found[0] for found in table[point].values() if found is not None]
    assert reached == set(table)


@pytest.mark.parametrize("half", TABLES)
def test_the_caller_can_hang_up_at_every_point_but_null(half):
    for point in TABLES[half]:
        found = cell(TABLES[half], point, CallEvent.CALLING_DISCONNECT)
        assert (found is None) is (point is NULL[half])
        assert found is None or found[0] is NULL[half]


def test_points_in_call_are_numbered_as_the_parameter_is():
    for point in PointInCall:
        assert values.PointInCall[point.name] == point


def test_the_triggers_of_the_service_stand_at_their_detection_points():
    assert cell(ORIGINATING, PointInCall.COLLECT_INFORMATION, CallEvent.COLLECTED) == (
        PointInCall.ANALYZE_INFORMATION,
        DetectionPoint.INFO_COLLECTED,
    )
    assert cell(ORIGINATING, PointInCall.ANALYZE_INFORMATION, CallEvent.ANALYZED) == (
        PointInCall.SELECT_ROUTE,
        DetectionPoint.INFO_ANALYZED,
    )
    assert cell(TERMINATING, PointInCall.T_NULL, CallEvent.TERMINATE) == (
        PointInCall.AUTHORIZE_TERMINATION,
        DetectionPoint.TERMINATION_ATTEMPT,
    )
