"""JSON Schemas of the TOML files that people write: for editors, which show a mistake while it is typed.

Those of a data set are made from the manual (`provisioning/manual`), which a test holds against what the loader asks for; that of a
scenario from the keys that its readers know; those of tickets from the types that read them. A schema sees names, types and
words; `ain check` and `ain run` see also what tables say about each other. Dates and times are strings to JSON Schema.

Source: interfaces.md sections 2, 3, 6.2, 6.5; JSON Schema 2020-12.
"""

import importlib
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, get_args

import msgspec

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
PLACEHOLDERS: Final = frozenset({"NAME", "CODE", "NUMBER", "PAIR", "HOST", "CLASS"})
"""Segments of the manual's key names that stand for names of the user's."""
ROWS: Final = frozenset({"originating", "rtl", "rules", "logic", "discount", "summary", "message"})
"""Keys that hold arrays of tables."""
ALSO: Final[dict[str, dict[str, Any]]] = {"query_at": {"const": "ALL"}}
"""Values of another type than the manual's example."""
TEXT: Final[Schema] = {"type": "string"}
TEXTS: Final[Schema] = {"type": "array", "items": TEXT}
FLAG: Final[Schema] = {"type": "boolean"}
NUMBER: Final[Schema] = {"type": "number", "minimum": 0}
WHOLE: Final[Schema] = {"type": "integer", "minimum": 0}
SHARE: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 1}
MOMENT: Final[Schema] = {"type": ["string", "number"]}
DIAL: Final[Schema] = {"anyOf": [TEXT, TEXTS]}


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
    "lnp.toml": TomlForm("DATASET/services/lnp/lnp.toml"),
    "tollfree.toml": TomlForm("DATASET/services/tollfree/tollfree.toml"),
    "templates.toml": TomlForm("DATASET/services/tollfree/templates.toml"),
    "cnam.toml": TomlForm("DATASET/services/cnam/cnam.toml"),
    "terminating.toml": TomlForm("DATASET/services/terminating/terminating.toml"),
    "lines.toml": TomlForm("DATASET/services/terminating/lines.toml"),
    "tokens.toml": TomlForm("tokens of the console and of HTTP doors"),
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
    if name == "scenario.toml":
        return head | _scenario()
    return head | (_tokens() if name == "tokens.toml" else _of_manual(form.about.removeprefix("DATASET/")))


def closed(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    """A table of these keys and no others."""
    made: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    needed = list(required)
    return made | ({"required": needed} if needed else {})


def several(table: Schema) -> Schema:
    """An array of tables, or a single one."""
    return {"anyOf": [{"type": "array", "items": table}, table]}


def of_words(words: Iterable[str]) -> Schema:
    """One of these."""
    return {"enum": list(words)}


# Files of a data set


def _of_manual(name: str) -> Schema:
    from ain_scp.provisioning.manual.files import FILES as MANUAL

    entries = next(file.entries for file in MANUAL if file.name == name)
    tree: dict[str, Any] = {}
    for path, entry in entries.items():
        at = tree
        *above, last = path.split(".")
        for segment in above:
            at = at.setdefault(segment, {})
        at[last] = entry
    return _table(tree)


def _table(tree: Mapping[str, Any]) -> Schema:
    """A table of the manual's tree: entries, tables, arrays of tables, and names that are the user's."""
    properties: dict[str, Schema] = {}
    required: list[str] = []
    others: Schema | bool = False
    one_of = {word for one in tree.values() if not isinstance(one, dict) for word in _choices(one.default)}
    for name, one in tree.items():
        if name in PLACEHOLDERS:
            others = _table(one) if isinstance(one, dict) else _value(one, name)
        elif isinstance(one, dict):
            properties[name] = several(_table(one)) if name in ROWS else _table(one)
        else:
            properties[name] = _value(one, name)
            if not one.default and name not in one_of:
                required.append(name)
    return closed(properties, required) | {"additionalProperties": others}


def _choices(default: str) -> list[str]:
    """The keys of `one of number, prefix, ctc`: none of them must be there."""
    return default.removeprefix("one of ").split(", ") if default.startswith("one of ") else []


def _value(entry: Any, name: str) -> Schema:
    """The type of an entry's example, with what the manual says of it."""
    if name == "if":
        return {"description": entry.meaning} | _conditions()
    text = (
        entry.example if name not in PLACEHOLDERS or "=" not in entry.example else entry.example.split("=")[1]
    )
    made = _type(tomllib.loads(f"x = {text.strip()}")["x"])
    return {"description": entry.meaning} | ({"anyOf": [made, ALSO[name]]} if name in ALSO else made)


def _type(value: object) -> Schema:
    if isinstance(value, bool):
        return FLAG
    if isinstance(value, int):
        return {"type": "integer"}
    if isinstance(value, list):
        return {"type": "array", "items": _type(value[0])}
    return TEXT


def _conditions() -> Schema:
    from ain_scp.terms.origin_questions import EVERY_KIND

    listed: Schema = {"type": ["array", "boolean"]}
    return closed(
        {one.key: listed for one in EVERY_KIND}
        | {"percent": {"type": "integer", "minimum": 0, "maximum": 100}}
    )


# The scenario


def _scenario() -> Schema:
    from ain_scp.ssp_sim.scenario.charged import PLACES
    from ain_scp.ssp_sim.scenario.rows import ArrivalKind, HoldingKind
    from ain_scp.terms.vocabulary import BEARERS

    window = closed({"from": MOMENT, "until": MOMENT})
    link = {
        "delay_ms": NUMBER, "jitter_ms": NUMBER, "loss": SHARE, "duplicate": SHARE, "reorder": SHARE, "reorder_ms": NUMBER,
        "messages_per_second": NUMBER, "queue_limit": WHOLE, "down": {"anyOf": [FLAG, several(window)]},
    }  # fmt: skip
    bearer = of_words(BEARERS)
    call = closed(
        {
            "id": TEXT, "title": TEXT, "at": MOMENT, "from": TEXT, "dial": TEXT, "bearer": bearer, "answered": FLAG,
            "duration_s": NUMBER, "ring_s": NUMBER, "busy": TEXTS, "trunk_group": TEXT, "switch": TEXT, "collect": TEXTS,
            "called_busy": FLAG, "abandon_after_s": NUMBER, "repeat": WHOLE, "every_s": NUMBER, "expect": {"type": "object"},
            "payer": TEXT, "share": TEXT, "pin": TEXT, "home": TEXT, "features": TEXTS, "handset": FLAG,
        },
        ("from", "dial"),
    )  # fmt: skip
    network = closed(
        {
            "t1_ms": WHOLE, "interdigit_ms": WHOLE, "first_digit_ms": WHOLE, "no_answer_ms": WHOLE, "announcement_ms": WHOLE,
            "stps": TEXTS, "mates": TEXTS, "scp_delay_ms": NUMBER, "trunk_members": WHOLE, "public_members": WHOLE,
            "busy": {"anyOf": [TEXTS, several(closed({"facilities": TEXTS, "from": MOMENT, "until": MOMENT}))]},
            "scp_down": {"anyOf": [FLAG, several(window)]},
            "members": {"type": "object", "additionalProperties": WHOLE},
            "serves": {"type": "object", "additionalProperties": TEXT},
            "lose_answers_to": {"type": "object", "additionalProperties": WHOLE},
            "ported_out": TEXTS, "np_carriers": TEXTS,
            "link": several(closed({"between": TEXTS} | link, ("between",))), **link,
        }
    )  # fmt: skip
    mix = {"from": DIAL, "dial": DIAL, "bearer": bearer, "trunk_group": TEXT, "switch": TEXT}
    state = closed({"rate_per_s": NUMBER, "rate_per_h": NUMBER, "mean_s": NUMBER})
    traffic = closed(
        {
            "name": TEXT, "start": MOMENT, "duration_s": NUMBER, "arrivals": of_words(get_args(ArrivalKind)),
            "rate_per_s": NUMBER, "rate_per_h": NUMBER, "limit": WHOLE,
            "holding": closed({"kind": of_words(get_args(HoldingKind)), "mean_s": NUMBER, "cv": NUMBER}),
            "mix": several(closed(mix | {"weight": NUMBER})), **mix,
            "profile": {"type": "array", "items": NUMBER}, "states": several(state),
            "step": closed({"at_s": NUMBER, "duration_s": NUMBER, "rate_per_s": NUMBER}),
            "answer_ratio": SHARE, "busy_ratio": SHARE, "ring_mean_s": NUMBER,
        }
    )  # fmt: skip
    deposit = closed({"account": TEXT, "amount": TEXT, "at": MOMENT}, ("account", "amount"))
    charging = closed({"at": of_words(PLACES), "deposits": several(deposit), "down": several(window)})
    return closed(
        {
            "dataset": TEXT, "title": TEXT, "description": TEXT, "seed": {"type": "integer"}, "start": MOMENT, "network": network,
            "overrides": {"type": "object"}, "call": several(call), "traffic": several(traffic), "expect": {"type": "object"},
            "charging": charging,
        },
        ("dataset",),
    )  # fmt: skip


def _tokens() -> Schema:
    from ain_scp.console.tokens import MAY, ROLES

    token = closed(
        {
            "name": TEXT, "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"}, "role": of_words(ROLES), "customer": TEXT,
            "accounts": {"anyOf": [TEXTS, {"const": "*"}]}, "enterprise": TEXT,
            "may": {"type": "array", "items": of_words(MAY)}, "mask": FLAG, "until": TEXT,
        },
        ("name", "sha256"),
    )  # fmt: skip
    return closed({"schema": {"const": 1}, "token": several(token)}, ("schema",))
