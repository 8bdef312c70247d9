"""The tariffs of five accounts written as SQL, for DuckDB: what a rating by columns is compared with.

`charges(connection)` gives calling number and charge of each record of the table `record`; `owed(connection)` sums by number.
"""

LINES = {
    "9255550241": "STD",
    "9255550242": "CELL",
    "9254440004": "COMPLEX",
    "9254440003": "EXACT4",
    "9255550227": "ACTUAL",
}
"""Numbers of the test's data set, and their tariffs."""

CHARGE = """
case calling
  when 19255550241 then (duration_ms + 59999) // 60000 * 100000
  when 19255550242 then (duration_ms + 59999) // 60000 * case
    when (start_ms // 86400000 + 3) % 7 >= 5 or start_ms // 86400000 in (11323, 11507) then 50000
    when start_ms % 86400000 >= 25200000 and start_ms % 86400000 < 68400000 then 500000
    else 100000 end
  when 19254440004 then case when duration_ms = 0 then 0
    else 1000000 + (greatest(duration_ms - 180000, 0) + 59999) // 60000 * 500000 end
  when 19254440003 then (2 * duration_ms * 8300 + 6000000) // 12000000 * 100
  when 19255550227 then (2 * ((duration_ms + 59999) // 60000 * 120700) + 10000) // 20000 * 10000
end
"""


def charges(connection):
    """Every record's charge in micros, in the order of the table."""
    said = "select " + CHARGE + " as charge from record order by place"  # noqa: S608 - our own words
    return connection.sql(said).fetchnumpy()["charge"]


def owed(connection):
    """The sum of each number."""
    sums = "select calling, sum(" + CHARGE + ")::bigint, count(*) from record group by calling"  # noqa: S608 - our own words
    rows = connection.sql(sums).fetchall()
    return {calling: (charge, calls) for calling, charge, calls in rows}
