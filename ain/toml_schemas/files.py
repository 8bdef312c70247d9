"""JSON Schemas of the TOML files that people write: for editors, which show a mistake while it is typed.

Those of a data set are made from the manual (`provisioning/manual`), which a test holds against what the loader asks for; those of
settings from the types that read them; the others (`own`) from the keys that their readers know. A schema sees names, types and
words; `ain check` and `ain run` see also what tables say about each other. Dates and times are strings to JSON Schema.

Source: interfaces.md sections 2, 3, 6.2, 6.5; JSON Schema 2020-12.
"""

import importlib
from typing import Final, NamedTuple

import msgspec

from ain_scp.ain.toml_schemas.manual import of_manual
from ain_scp.ain.toml_schemas.own import OWN
from ain_scp.ain.toml_schemas.words import Schema

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class TomlForm(NamedTuple):
    """One kind of file: where it stands, and the type that reads it (module and name), where one does."""

    about: str
    place: tuple[str, str] | None = None


FILES: Final[dict[str, TomlForm]] = {
    "scenario.toml": TomlForm("a scenario"),
    "dataset.toml": TomlForm("DATASET/dataset.toml"),
    "numbering.toml": TomlForm("DATASET/network/numbering.toml"),
    "rates.toml": TomlForm("DATASET/network/rates.toml"),
    "customer.toml": TomlForm("DATASET/customers/NAME/customer.toml"),
    "asf.toml": TomlForm("DATASET/customers/NAME/asf.toml"),
    "rtl.toml": TomlForm("DATASET/customers/NAME/rtl.toml"),
    "charging.toml": TomlForm("DATASET/charging/charging.toml"),
    "plans.toml": TomlForm("DATASET/charging/plans.toml"),
    "summaries.toml": TomlForm("DATASET/charging/summaries.toml"),
    "messages.toml": TomlForm("DATASET/charging/messages.toml"),
    "program.toml": TomlForm("DATASET/charging/services/NAME.toml"),
    "lnp.toml": TomlForm("DATASET/services/lnp/lnp.toml"),
    "tollfree.toml": TomlForm("DATASET/services/tollfree/tollfree.toml"),
    "templates.toml": TomlForm("DATASET/services/tollfree/templates.toml"),
    "cnam.toml": TomlForm("DATASET/services/cnam/cnam.toml"),
    "terminating.toml": TomlForm("DATASET/services/terminating/terminating.toml"),
    "lines.toml": TomlForm("DATASET/services/terminating/lines.toml"),
    "node.toml": TomlForm("a node on a signaling network, ain serve --config"),
    "layout.toml": TomlForm("how the lines of a PBX are read, ain ticket layout"),
    "tokens.toml": TomlForm("tokens of the console and of HTTP doors"),
    "console.toml": TomlForm("what a console serves and watches", ("ain_scp.console.settings", "Settings")),
    "collector.toml": TomlForm("a collector of tickets", ("ain_scp.tickets.collector.settings", "Collector")),
    "provider.toml": TomlForm("a provider of tickets", ("ain_scp.tickets.provider.settings", "Provider")),
    "site.toml": TomlForm("the site of a PBX", ("ain_scp.tickets.site", "Site")),
}


def toml_schema(name: str) -> Schema:
    """The schema of one kind of file."""
    form = FILES[name]
    head = {"$schema": DIALECT, "title": name, "description": form.about}
    if form.place is not None:
        module = importlib.import_module(form.place[0])
        (reference,), components = msgspec.json.schema_components(
            [getattr(module, form.place[1])], ref_template="#/$defs/{name}"
        )
        return head | reference | {"$defs": components}
    return head | (OWN[name]() if name in OWN else of_manual(form.about.removeprefix("DATASET/")))
