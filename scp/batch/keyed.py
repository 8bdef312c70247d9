"""Access codes keyed before the digits, as at a telephone: taken off the front where a call has no code of its own.

Source: docs/numbers.md, A-023, A-024.
"""

import numpy as np

from ain_scp.provisioning.tables.batch import find_many
from ain_scp.provisioning.tables.digits import POWERS, digits_of
from ain_scp.scp.batch.attempts import Attempts, Codes, Origin, lengths_of
from ain_scp.scp.service_logic.program import Program
from ain_scp.terms.dialed import take_code
from ain_scp.terms.query import Query


def with_codes(attempts: Attempts, program: Program) -> Attempts:
    """The same attempts with every access code in its own place; those that have one already stay as they are."""
    origins = [*attempts.origins]
    bare = np.array([code is None for code, _ in origins])
    asked = bare[attempts.origin] & (attempts.dialed >= 10)
    asked[list(attempts.whole)] = False
    rows = np.flatnonzero(asked)
    for place, (_, group) in enumerate(attempts.origins):
        if group is not None:
            of_group = attempts.origin[rows] == place
            calling = attempts.calling[rows[of_group]]
            brings = [program.brings_code(str(code)[1:], group) for code in calling.tolist()]
            rows = np.delete(rows, np.flatnonzero(of_group)[~np.array(brings, np.bool_)])
    dialed, origin = attempts.dialed.copy(), attempts.origin.copy()
    lengths = lengths_of(dialed[rows])
    size = _code_sizes(attempts.calling[rows], dialed[rows], lengths, program)
    rest = np.asarray(POWERS)[lengths - size]
    codes = dialed[rows] // rest
    dialed[rows] = dialed[rows] % rest + rest
    for was in np.unique(origin[rows]).tolist():
        of_group = attempts.origin[rows] == was
        for code in np.unique(codes[of_group]).tolist():
            origin[rows[of_group & (codes == code)]] = _place(origins, (str(code)[1:], origins[was][1]))
    whole = {row: _keyed(query, program) for row, query in attempts.whole.items()}
    return attempts._replace(dialed=dialed, origin=origin, origins=tuple(origins), whole=whole, keyed=False)


def _code_sizes(calling: Codes, dialed: Codes, lengths: Codes, program: Program) -> Codes:
    """How many digits each access code has: what is taken off the first digits, by customer."""
    snapshot = program.snapshot
    declared = [tuple(customer.access_codes) for customer in snapshot.customers]
    longest = max((len(code) for codes in declared for code in codes), default=1)
    owner = np.full(dialed.size, -1, np.int64)
    if longest > 1:
        trigger = find_many(snapshot.triggers, calling)
        owner = np.where(trigger >= 0, np.append(snapshot.dataset.triggers.customer, -1)[trigger], -1)
    first = dialed // np.asarray(POWERS)[np.maximum(lengths - longest, 0)]
    met, inverse = np.unique((owner + 1) * POWERS[longest + 1] + first, return_inverse=True)
    codes = [
        take_code(digits_of(one % POWERS[longest + 1]), [*declared, ()][one // POWERS[longest + 1] - 1])[0]
        for one in met.tolist()
    ]
    return np.array([len(code or "") for code in codes], np.int64)[inverse]


def _place(origins: list[Origin], wanted: Origin) -> int:
    if wanted not in origins:
        origins.append(wanted)
    return origins.index(wanted)


def _keyed(query: Query, program: Program) -> Query:
    calling = query.calling_party or ""
    if query.access_code is not None or query.message not in _DIALED:
        return query
    code, digits = program.dialed(calling, query.dialed, None, query.trunk_group)
    return query.with_digits(code, digits)


_DIALED = frozenset(("INFO_ANALYZED", "INFO_COLLECTED", "ORIGINATION_ATTEMPT"))
