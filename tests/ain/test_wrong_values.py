"""Every key of every TOML form beside the data set, given values of other types: refused in the form's own words, or good.

Nothing but the reader's own error leaves, and none of the values that fit no key at all (a table with a strange key, a list of
it) is taken where text, a number or a truth value stood.
"""

import tomllib
from pathlib import Path

import pytest

from ain_scp.console.tokens import read_tokens
from ain_scp.couriers.pair import SITE
from ain_scp.provisioning.problems import ProvisioningError
from ain_scp.scp.node_file import read as read_node
from ain_scp.ssp_sim.scenario.load import parse
from ain_scp.tickets.collector.settings import read_collector
from ain_scp.tickets.layout.library import FOLDER, shipped
from ain_scp.tickets.layout.parsing import parse as parse_layout
from ain_scp.tickets.names import SettingsError
from ain_scp.tickets.profile.unusual import FILE, read_rules
from ain_scp.tickets.provider.settings import read_provider
from ain_scp.tickets.site import SiteError, read_site
from kit.wrong_values import WRONG, document, places, replaced

ROOT = Path(__file__).parents[2]
TOKENS = (
    '[[token]]\nname = "a"\nsha256 = "{}"\nrole = "operator"\nmay = ["read"]\nuntil = 2027-01-01\n'.format(
        "0" * 64
    )
)
COLLECTOR = """
schema = 1
enterprise = "ACME"
directory = "store"
site = "site.toml"
[[source]]
name = "pbx"
kind = "file"
path = "pbx.log"
layout = "nec-sl"
"""
PROVIDER = """
schema = 1
provider = "TELCO"
directory = "store"
[[enterprise]]
id = "ACME"
certificates = ["acme.pem"]
"""


def page(name):
    """The first TOML block of a page of the docs."""
    return (ROOT / "docs" / name).read_text().split("```toml\n")[1].split("```")[0]


def in_a_file(read, place):
    path = place / "one.toml"

    def from_text(text):
        path.write_text(text)
        path.chmod(0o600)
        return read(path)

    return from_text


FORMS = {
    "scenario": ((ROOT / "examples/features/link-down.toml").read_text(), lambda text, _: parse(text), ProvisioningError),
    "traffic": ((ROOT / "examples/traffic/erlang.toml").read_text(), lambda text, _: parse(text), ProvisioningError),
    "node": (page("operations.md"), lambda text, at: in_a_file(read_node, at)(text), ProvisioningError),
    "tokens": ("schema = 1\n" + TOKENS, lambda text, at: in_a_file(read_tokens, at)(text), ProvisioningError),
    "collector": (COLLECTOR, lambda text, at: in_a_file(read_collector, at)(text), SettingsError),
    "provider": (PROVIDER, lambda text, at: in_a_file(read_provider, at)(text), SettingsError),
    "site": (SITE, lambda text, _: read_site(text), SiteError),
    "rules": (FILE.read_text(), lambda text, _: read_rules(text, "rules.toml"), SettingsError),
    "layout": ((FOLDER / "nec-sl.toml").read_text(), lambda text, _: parse_layout(text, "l.toml", shipped), ProvisioningError),
}  # fmt: skip
STRANGE = ({"a": 1}, [{}])


@pytest.mark.parametrize("form", FORMS)
def test_a_value_of_another_type_is_refused_in_words_or_good(form, tmp_path):
    text, read, error = FORMS[form]
    good = tomllib.loads(text)
    refused = 0
    for number, path in enumerate(places(good)):
        inner = good
        for key in path:
            inner = inner[key]
        for other in (*STRANGE, *WRONG[number % 3 :: 3]):
            try:
                read(document(replaced(good, path, other)), tmp_path)
            except error as fault:
                words = str(fault)
                assert words
                refused += 1
            else:
                taken = isinstance(inner, dict | list) or "expect" in path  # which may be of anything
                assert taken or not any(other is one for one in STRANGE), path
    assert refused > len([*places(good)])
