"""A data set in its JSON form with single values changed."""

import copy

DELETE = "DELETE"
"""The value that takes a key away."""


def changed(data, overrides=None):
    """A copy of a data set in which `path/with/slashes` has another value; elements of lists go by index.

    KeyError or IndexError when a path leads through something that is not there.
    """
    made = copy.deepcopy(dict(data))
    for path, value in (overrides or {}).items():
        *parents, last = path.split("/")
        place = made
        for parent in parents:
            place = place[int(parent) if isinstance(place, list) else parent]
        if value == DELETE:
            del place[last]
        else:
            place[int(last) if isinstance(place, list) else last] = value
    return made
