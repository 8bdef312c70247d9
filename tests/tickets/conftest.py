"""The site and the samples that the tests of tickets read."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from ain_scp.tickets.call import call_json
from ain_scp.tickets.layout.library import shipped
from ain_scp.tickets.layout.trial import lines_of, trial
from ain_scp.tickets.site import Site, read_site

SAMPLES = Path(__file__).parent.parent / "acceptance" / "tickets"
RECEIVED = int(datetime.fromisoformat("2026-11-29T12:00:00-08:00").timestamp())


@pytest.fixture(scope="session")
def site() -> Site:
    return read_site((SAMPLES / "site.toml").read_text())


def outcomes(octets: bytes, name: str, site: Site, received: int = RECEIVED):
    """Outcomes of a file as the command prints them, and the counts."""
    layout = shipped(name)
    shown, counts = trial(lines_of(octets, layout), layout, site, received)
    zone = site.zone_for("")
    rows = []
    for one in shown:
        if one.call is not None:
            rows.append(call_json(one.call, zone))
        elif one.kind == "quarantine":
            rows.append({"kind": one.kind, "line": one.line, "reason": one.reason, "field": one.field})
        else:
            rows.append({"kind": one.kind, "line": one.line})
    return rows, counts


def expected(file: Path):
    return [json.loads(line) for line in file.read_text().splitlines()]
