"""A query crosses to another process, compiled or not."""

import multiprocessing
import pickle
from operator import attrgetter

from ain_scp.terms.query import Query
from kit.names import fields

VALUES = {
    "ssp": "SSP2004", "trunk_group": "STG", "access_code": "7", "dialed": "9212000", "bearer": "SPEECH", "called_party": "1",
    "called_non": 4, "original_called_party": "2", "original_called_non": 3, "draw": 77,
}  # fmt: skip
QUERY = Query("INFO_ANALYZED", "CDP_AC", "9258341234", 12, **VALUES)


def facts(query):
    return {name: getattr(query, name) for name in fields(Query)}


EXPECTED = {
    **VALUES,
    "message": "INFO_ANALYZED",
    "trigger": "CDP_AC",
    "calling_party": "9258341234",
    "time": 12,
}


def test_a_query_comes_back_from_pickle_with_every_fact():
    assert facts(pickle.loads(pickle.dumps(QUERY))) == EXPECTED  # noqa: S301 - our own octets


def test_a_spawned_pool_takes_queries():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply_async(attrgetter("dialed"), (QUERY,)).get(30) == "9212000"
