"""Queries to the services beside the dialing plan's, made from changed rows of `services/`.

A number of ten digits is called, the beginning of one is completed; numbers that conditions name are callers, as are those of
names. A changed template is reached by every record that uses it, as far as `MOST` goes.

Source: console.md section 7.1 (probes); services design section 4.2.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from ain_scp.console.review.changed import Changed, Changes
from ain_scp.provisioning.rows import DataSet
from ain_scp.provisioning.rows_services import ServiceSet
from ain_scp.scp.service_logic.decision_json import QueryForm
from ain_scp.terms.service import LNP, TERMINATING, TOLLFREE

MOST: Final = 1000
_DIGITS: Final = re.compile(r"(?<![0-9])[0-9]{3,10}(?![0-9])")
_CALLER: Final = "2125550100"
_TIMES: Final = ("2001-01-17T10:00:00", "2001-01-20T22:30:00")
_OF_FOLDER: Final = {"lnp": LNP, "tollfree": TOLLFREE, "cnam": TERMINATING, "terminating": TERMINATING}


def service_probes(dataset: DataSet, changes: Changes) -> Iterator[QueryForm]:
    """At most `MOST` query forms; none for a data set without services."""
    services = dataset.services
    if services is None:
        return
    every = (form for row in changes.rows for form in _of_row(services, row))
    yield from islice(every, MOST)


def _of_row(services: ServiceSet, row: Changed) -> Iterator[QueryForm]:
    folder = row.file.split("/")[1] if row.file.startswith("services/") else ""
    name = _OF_FOLDER.get(folder)
    chosen = next((one for one in services.selection if one.service == name), None)
    if name is None or chosen is None:
        return
    found = list(dict.fromkeys(_DIGITS.findall(f"{row.before or ''} {row.after or ''}")))
    message = chosen.message or ("TERMINATION_ATTEMPT" if name == TERMINATING else "INFO_ANALYZED")
    callers = [one.ljust(10, "5") for one in found] or [_CALLER]
    for called in _called(services, row.file, found):
        for caller in callers:
            for time in _TIMES:
                yield QueryForm(
                    message=message,
                    time=time,
                    calling_party=caller,
                    called_party=called,
                    trigger_criteria=chosen.trigger_criteria,
                    ssn=chosen.ssn,
                    translation_type=chosen.translation_type,
                )


def _called(services: ServiceSet, file: str, found: list[str]) -> list[str]:
    """The numbers that reach a row of a file: those in it, or those whose template or rules it may be."""
    if file.endswith(("ported.csv", "blocks.csv", "portable.csv", "records.csv")) or "/delta/" in file:
        return [one.ljust(10, "1") for one in found[:1]]
    if file.endswith("templates.toml") and services.tollfree is not None:
        return [one.number for one in services.tollfree.records if one.template][:MOST]
    if "/cnam/" in file and services.cnam is not None:
        return [one.number for one in services.cnam.lines[:3]]
    if services.terminating is not None:
        return [one.number for one in services.terminating.lines[:50]]
    return []
