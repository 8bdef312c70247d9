"""A network laid out in rows: where each node stands, how each link runs, where its label fits.

Rows are given (SCP, STPs, querying switches, beyond). Within a row the order is found: 24 sweeps sort each row by the mean
place (0 to 1) of a node's neighbours and keep the best order by crossings and links behind boxes; then neighbours are swapped
while that falls. The same input always gives the same picture.

Source: console.md section 10 (topology), A-177, Fig. 1, Fig. 4.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Final, NamedTuple

import msgspec

COLUMN: Final = 150
ROW: Final = 104
TOP: Final = 34
BOX_W: Final = 124
BOX_H: Final = 44
BEND: Final = 40
"""How far a link leaves its row to pass a neighbour, at least."""
_BELOW: Final = 56
_SWEEPS: Final = 24
_MOST_SWAPS: Final = 60
"""Networks with more nodes in a row are not improved by swaps: that costs the cube of the nodes."""
_LABEL_W: Final = 34
_LABEL_H: Final = 13
_SHARES: Final = (0.5, 0.38, 0.62, 0.28, 0.72, 0.2, 0.8)

Link = tuple[str, str]
Rows = list[list[str]]


class Spot(msgspec.Struct, frozen=True):
    """One node: its middle."""

    name: str
    x: int
    y: int


class Way(msgspec.Struct, frozen=True):
    """One link: the path as SVG writes it, and where its label stands."""

    one: str
    other: str
    path: str
    label_x: float
    label_y: float


class Layout(msgspec.Struct, frozen=True):
    """The whole picture in its own units, with how many links cross and how many run behind boxes."""

    width: int
    height: int
    spots: tuple[Spot, ...]
    ways: tuple[Way, ...]
    crossings: int
    behind: int


class _Place(NamedTuple):
    x: float
    row: int


def lay_out(rows: Sequence[Sequence[str]], links: Iterable[Link]) -> Layout:
    """Order the nodes within their rows and place everything; a link to an unknown node is left out, empty rows too."""
    kept = [list(dict.fromkeys(row)) for row in rows if row]
    known = {name for row in kept for name in row}
    pairs = sorted({(one, other) for one, other in links if one != other and {one, other} <= known})
    best = _ordered(kept, pairs)
    places = _places(best)
    width = max((len(row) for row in best), default=1) * COLUMN
    spots = tuple(
        Spot(name, round(places[name].x * width), TOP + places[name].row * ROW)
        for row in best
        for name in row
    )
    bend = max((_bend(one, other) for one, other in _around(places, pairs)), default=0)
    height = max(len(best) - 1, 0) * ROW + TOP + round(max(_BELOW, bend))
    crossings, behind = faults(best, pairs)
    return Layout(width, height, spots, _ways(spots, pairs), crossings, behind)


def faults(rows: Sequence[Sequence[str]], links: Sequence[Link]) -> tuple[int, int]:
    """Links that cross each other, and links that run behind the box of a third node."""
    places = _places(rows)
    lines = [(one, other) if places[one].row <= places[other].row else (other, one) for one, other in links]
    crossings = sum(_cross(places, first, second) for first, second in combinations(lines, 2))
    return crossings, sum(_hidden(places, line) for line in lines)


# Order within the rows


def _ordered(rows: Rows, links: Sequence[Link]) -> Rows:
    neighbours: dict[str, list[str]] = {name: [] for row in rows for name in row}
    for one, other in links:
        neighbours[one].append(other)
        neighbours[other].append(one)
    best, least = rows, _cost(rows, links)
    now = rows
    for sweep in range(_SWEEPS):
        if least == 0:
            break
        now = _swept(now, neighbours, downwards=sweep % 2 == 0)
        cost = _cost(now, links)
        if cost < least:
            best, least = now, cost
    return _swapped(best, links, least)


def _swept(rows: Rows, neighbours: Mapping[str, Sequence[str]], *, downwards: bool) -> Rows:
    """Each row sorted by the mean place of its nodes' neighbours, from the top or from the bottom."""
    made = [list(row) for row in rows]
    order = range(len(made)) if downwards else range(len(made) - 1, -1, -1)
    for at in order:
        places = _places(made)
        mean = {
            name: sum(places[one].x for one in neighbours[name]) / len(neighbours[name])
            if neighbours[name]
            else places[name].x
            for name in made[at]
        }
        made[at].sort(key=mean.__getitem__)
    return made


def _swapped(rows: Rows, links: Sequence[Link], least: int) -> Rows:
    """Pairs of one row change places while that makes the picture better."""
    made = [list(row) for row in rows]
    better = least > 0
    while better:
        better = False
        for row in made:
            if len(row) > _MOST_SWAPS:
                continue
            for left, right in combinations(range(len(row)), 2):
                row[left], row[right] = row[right], row[left]
                cost = _cost(made, links)
                if cost < least:
                    least, better = cost, True
                else:
                    row[left], row[right] = row[right], row[left]
    return made


def _cost(rows: Sequence[Sequence[str]], links: Sequence[Link]) -> int:
    return sum(faults(rows, links))


def _places(rows: Sequence[Sequence[str]]) -> dict[str, _Place]:
    return {
        name: _Place((at + 0.5) / len(row), number)
        for number, row in enumerate(rows)
        for at, name in enumerate(row)
    }


def _cross(places: Mapping[str, _Place], first: Link, second: Link) -> bool:
    """Whether two links between the same two rows cross, or two of one row overlap."""
    if set(first) & set(second):
        return False
    (a, b), (c, d) = ((places[one], places[other]) for one, other in (first, second))
    if (a.row, b.row) != (c.row, d.row):
        return False
    if a.row == b.row:
        low, high = sorted((a.x, b.x))
        return (low < c.x < high) != (low < d.x < high)
    return (a.x - c.x) * (b.x - d.x) < 0


def _hidden(places: Mapping[str, _Place], link: Link) -> bool:
    """Whether a third node stands on the straight way of a link that passes a row, or between two of one row."""
    a, b = places[link[0]], places[link[1]]
    half = BOX_W / COLUMN / 2
    for name, (x, row) in places.items():
        if name in link or not min(a.row, b.row) <= row <= max(a.row, b.row):
            continue
        if a.row == b.row:
            if min(a.x, b.x) < x < max(a.x, b.x):
                return True
        elif a.row < row < b.row or b.row < row < a.row:
            count = sum(place.row == row for place in places.values())
            if abs(a.x + (b.x - a.x) * (row - a.row) / (b.row - a.row) - x) < half / count:
                return True
    return False


# Ways and labels


def _around(places: Mapping[str, _Place], links: Sequence[Link]) -> list[tuple[float, float]]:
    """The ends of those links of the last row that pass a neighbour."""
    last = max((place.row for place in places.values()), default=0)
    count = sum(place.row == last for place in places.values())
    return [
        (places[one].x * count * COLUMN, places[other].x * count * COLUMN)
        for one, other in links
        if places[one].row == places[other].row == last and _hidden(places, (one, other))
    ]


def _bend(one: float, other: float) -> float:
    return BEND + abs(one - other) / 14 + 20


def _ways(spots: Sequence[Spot], links: Sequence[Link]) -> tuple[Way, ...]:
    at = {spot.name: spot for spot in spots}
    last = max((spot.y for spot in spots), default=0)
    taken: list[tuple[float, float]] = []
    return tuple(_way(at[one], at[other], spots, last, taken) for one, other in links)


def _way(one: Spot, other: Spot, spots: Sequence[Spot], last: int, taken: list[tuple[float, float]]) -> Way:
    """Straight, or as an arc past the nodes between two of one row: below the last row, else above."""
    between = one.y == other.y and any(
        spot.y == one.y and min(one.x, other.x) < spot.x < max(one.x, other.x) for spot in spots
    )
    if not between:
        path = f"M{one.x},{one.y} L{other.x},{other.y}"
        points = [(one.x + (other.x - one.x) * share, one.y + (other.y - one.y) * share) for share in _SHARES]
        if one.y == other.y:
            points = [(x, y - 7) for x, y in points[:1]]
    else:
        dip = BEND + abs(one.x - other.x) / 14
        dip = dip if one.y == last else -dip
        path = f"M{one.x},{one.y} Q{(one.x + other.x) / 2:g},{one.y + 2 * dip:g} {other.x},{other.y}"
        points = [_on_arc(one, other, dip, share) for share in _SHARES]
    x, y = _free(points, spots, taken)
    taken.append((x, y))
    return Way(one.name, other.name, path, round(x, 1), round(y, 1))


def _on_arc(one: Spot, other: Spot, dip: float, share: float) -> tuple[float, float]:
    bow = 2 * share * (1 - share)
    return one.x + (other.x - one.x) * share, one.y + 2 * dip * bow


def _free(
    points: Sequence[tuple[float, float]], spots: Sequence[Spot], taken: Sequence[tuple[float, float]]
) -> tuple[float, float]:
    """The first point at which a label covers no other label and no box; the first when there is none."""
    for x, y in points:
        clear = all(abs(x - a) >= _LABEL_W or abs(y - b) >= _LABEL_H for a, b in taken)
        if clear and all(
            abs(x - spot.x) >= (BOX_W + _LABEL_W) / 2 or abs(y - spot.y) >= (BOX_H + _LABEL_H) / 2
            for spot in spots
        ):
            return x, y
    return points[0]
