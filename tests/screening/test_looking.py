"""The explanation of a class names the station's own row, the first of the table like any other."""

from ain_scp.screening.looking import privilege_class
from ain_scp.terms.trace import Trace


def test_the_trace_names_the_row_of_every_station(program_of):
    customer = program_of().snapshot.customer_by_group["GOLDEN"]
    stations = customer.rows.stations
    for row in range(stations.number.size):
        number = str(int(stations.number[row]))[1:]
        station = customer.stations.find(number)
        trace = Trace()
        privilege_class(customer, number, station, trace)
        trace.cite("s1004")
        notes = [step for step in trace.steps if step.table == "stations"]
        assert [step.row for step in notes] == [customer.where_station(station)]
        assert f"stations.csv:{stations.lines[row]}" in notes[0].row
