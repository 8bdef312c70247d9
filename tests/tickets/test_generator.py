"""Made-up calls printed in every shipped layout read back as what they were (C-001)."""

import json

import msgspec
import pytest

from ain_scp.tickets.call import call_json
from ain_scp.tickets.generator.calls import made_up
from ain_scp.tickets.generator.printers import PRINTERS, printed
from ain_scp.tickets.layout.library import names, shipped
from ain_scp.tickets.layout.trial import trial
from ain_scp.tickets.site import Site

SITE = Site(
    name="made up", zone="America/Los_Angeles", extensions=("2xx",), area_code="925", outside_prefix="9",
    international_prefix="011", long_distance_prefix="1",
    dialed_includes_access_code=dict.fromkeys(("avaya-ipoffice", "cisco-cucm", "asterisk-csv", "threecx"), True),
)  # fmt: skip
BEGIN = 1_795_766_400  # 2026-11-27T00:00:00-08:00
FIELDS = ("direction", "extension", "calling", "called", "start", "duration_s", "answered")


def test_every_shipped_layout_has_a_printer():
    assert set(PRINTERS) == set(names())


@pytest.mark.parametrize("name", sorted(PRINTERS))
def test_what_was_made_up_is_what_is_read(name):
    zone = SITE.zone_for("")
    lines, truths = [], []
    for line, truth in printed(made_up(600, 7, BEGIN), name, zone):
        lines.append(line.encode())
        truths += [truth] if truth else []
    shown, counts = trial(lines, shipped(name), SITE, BEGIN + 5 * 86_400)
    assert counts.quarantined == counts.events == counts.repeated == 0
    calls = [json.loads(json.dumps(call_json(one.call, zone))) for one in shown if one.call]
    found = [{key: call[key] for key in FIELDS} for call in calls]
    assert found == [{key: msgspec.to_builtins(one)[key] for key in FIELDS} for one in truths]


def test_the_same_seed_prints_the_same():
    zone = SITE.zone_for("")
    one, other, third = (
        [line for line, _truth in printed(made_up(50, seed, BEGIN), "nec-sl", zone)] for seed in (1, 1, 2)
    )
    assert one == other != third
