"""Schemas of the files whose readers ask key by key: tests hold their keys against those that the readers know.

Source: interfaces.md sections 1, 3, 6.2 and 6.5; C-001, B4.
"""

from collections.abc import Callable
from typing import Final, get_args

from ain_scp.ain.toml_schemas.words import (
    DIAL,
    FLAG,
    MOMENT,
    NUMBER,
    SHARE,
    TEXT,
    TEXTS,
    WHOLE,
    Schema,
    closed,
    of_words,
    several,
)


def scenario() -> Schema:
    """A scenario."""
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


def tokens() -> Schema:
    """Tokens of the console and of HTTP doors."""
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


# The node file


def node() -> Schema:
    """`ain serve --config`."""
    from ain_scp.scp.node_file import MAX_NUMBERS, MODES, OCTET, TRANSPORTS, WORD

    def whole(least: int, most: int) -> Schema:
        return {"type": "integer", "minimum": least, "maximum": most}

    def numbers(most: int) -> Schema:
        return {"type": "array", "items": whole(0, most), "maxItems": MAX_NUMBERS}

    name = {"type": "string", "minLength": 1, "maxLength": 60}
    code = {"type": "string", "pattern": r"^\d{1,3}-\d{1,3}-\d{1,3}$"}
    codes = {"type": "array", "items": code, "maxItems": 256}
    word, octets, mode, carrier = whole(0, WORD), numbers(OCTET), of_words(MODES), of_words(TRANSPORTS)
    screen = {"origin_point_codes": codes, "subsystems": octets, "translation_types": octets}
    stp = closed(
        {
            "name": name, "transport": carrier, "remote": TEXT, "local": TEXT, "routing_contexts": numbers(WORD), "traffic_mode": mode,
            "standby": FLAG, "asp_identifier": word, "destinations": codes, **screen,
        },
        ("name", "transport", "remote"),
    )  # fmt: skip
    peer = closed(
        {
            "name": name, "addresses": TEXTS, "point_codes": codes | {"minItems": 1}, "routing_context": word, "traffic_mode": mode,
            "network_appearance": word, **screen,
        },
        ("name", "point_codes"),
    )  # fmt: skip
    listen = closed({"transport": carrier, "address": TEXT}, ("transport", "address"))
    rows = {
        key: {"type": "array", "items": one, "maxItems": 256}
        for key, one in (("stp", stp), ("listen", listen), ("peer", peer))
    }
    return closed(
        {
            "name": name, "point_code": code, "alias_point_codes": codes, "mates": codes, "ssn": whole(2, 255), "node_id": whole(0, 255),
            "routing_context": word, "network_appearance": word, "notify": FLAG, "t_ack_ms": whole(10, 60_000),
            "t_beat_ms": whole(0, 60_000), "beat_misses": whole(0, 10), "t1_ms": whole(100, 30_000),
            "sctp_udp_port": whole(0, 65_535), **rows, "metrics": closed({"address": TEXT}),
        },
        ("point_code",),
    )  # fmt: skip


# Layouts of tickets


def layout() -> Schema:
    """`ain ticket layout`: fields and conditions have names of the user's."""
    from ain_scp.tickets.call import DIRECTIONS, STATUSES
    from ain_scp.tickets.layout.schema import KINDS, MEANS, TYPES

    column = {"type": "integer", "minimum": 1}
    record = closed(
        {
            "min_length": WHOLE, "max_length": WHOLE, "delimiter": {"type": "string", "maxLength": 1},
            "quote": {"type": "string", "maxLength": 1}, "columns": TEXTS, "header": of_words(("", "names")), "min_fields": WHOLE,
            "max_fields": WHOLE, "file": closed({"take": TEXT, "leave": TEXT}), "path": TEXT, "separator": TEXT, "assign": TEXT,
            "pattern": TEXT, "loose": TEXT, "skip": TEXTS, "events": TEXTS, "date_record": closed({"match": TEXT, "format": TEXT}),
            "framing": of_words(("lines", "inter-tel", "json")), "padding": TEXT,
        }
    )  # fmt: skip
    field = closed(
        {
            "at": {"type": "array", "items": column, "minItems": 2, "maxItems": 2}, "type": of_words(TYPES), "format": TEXT,
            "format_2": TEXT, "means": of_words(MEANS), "values": TEXTS, "optional": FLAG, "strip": TEXT, "from": TEXTS,
            "overflow": TEXT, "zero_is_absent": FLAG, "secret": FLAG,
        },
        ("type",),
    )  # fmt: skip
    value = {
        "anyOf": [TEXT, {"type": "integer"}, {"type": "array", "items": {"type": ["string", "integer"]}}]
    }
    tests = {"type": "object", "additionalProperties": value}
    party = {
        "anyOf": [
            TEXT,
            closed({"device": TEXT}, ("device",)),
            closed({"of": TEXT, "after": TEXT, "before": TEXT, "last": FLAG, "strip": TEXT, "digits": FLAG}, ("of",)),
        ]
    }  # fmt: skip
    outcome = {"anyOf": [of_words((*DIRECTIONS, "event")), closed({"field": TEXT}, ("field",))]}
    ways = ("", "_outgoing", "_incoming", "_internal", "_tandem")
    parties = [
        *(f"trunk{way}" for way in ways), *(f"called{way}" for way in ways), *(f"extension{way}" for way in ways[:3]), "calling",
        "incoming_trunk",
    ]  # fmt: skip
    direction = closed(
        {"if": tests, "is": outcome, "by": of_words(("numbers",)), **dict.fromkeys(parties, party)}
    )
    join = closed(
        {
            "key": TEXTS,
            "within_s": WHOLE,
            "more": tests,
            "last": tests,
            "attempts": FLAG,
            "adds": of_words(("", "duration")),
        }
    )
    return closed(
        {
            "schema": {"const": 1}, "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,39}$"}, "title": TEXT,
            "kind": of_words(KINDS), "encoding": TEXT, "fallback_encoding": TEXT, "basis": TEXT, "rules": TEXT, "record": record,
            "fields": {"type": "object", "additionalProperties": field, "minProperties": 1},
            "reading": closed(
                {"date_from_receipt": FLAG, "clock_offset_s": {"type": "integer"}, "dialed_includes_access_code": FLAG, "site": TEXT}
            ),
            "direction": {"type": "array", "items": direction, "minItems": 1},
            "status": closed(dict.fromkeys(STATUSES, tests)), "answered": closed({"if": tests}), "join": join,
            "transfer": closed({"if": tests, "to": TEXT}, ("if", "to")), "duplicate": closed({"key": TEXTS}),
        },
        ("schema", "name", "kind", "fields"),
    )  # fmt: skip


OWN: Final[dict[str, Callable[[], Schema]]] = {
    "scenario.toml": scenario,
    "tokens.toml": tokens,
    "node.toml": node,
    "layout.toml": layout,
}
