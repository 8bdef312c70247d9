"""`ain run --otel FILE`: each call of a run as a trace of OpenTelemetry, in OTLP/JSON lines as collectors read and write them.

    call (its first switch) > query (the switch that asks) > decision (the SCP), steps of the decision as events

Times are simulated local time. Identifiers come of the scenario, the seed and the call alone, so the same run gives the same file.

Source: OpenTelemetry Protocol 1.x, "JSON Protobuf Encoding" and "File Exporter"; interfaces.md section 3.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from ain_scp.ain import __version__
from ain_scp.ssp_sim.ladder import journeys
from ain_scp.ssp_sim.record import CallRecord, WireMessage

_INTERNAL, _SERVER, _CLIENT = 1, 2, 3
_OK, _ERROR = 1, 2
_ANSWERED: Final = frozenset({"COMPLETED", "BUSY", "NO_ANSWER", "ABANDONED"})

Json = dict[str, Any]


def write_traces(records: Sequence[CallRecord], scenario: str, seed: int, target: Path) -> None:
    """One line for each call: its spans, by the node they happen at."""
    with target.open("wb") as file:
        for record in records:
            file.write(msgspec.json.encode(request_of(record, f"{scenario}\n{seed}")) + b"\n")


def request_of(record: CallRecord, run: str) -> Json:
    """One call as an ExportTraceServiceRequest; `run` sets runs apart."""
    trace = hashlib.sha256(f"{run}\n{record.id}".encode()).digest()
    by_node: dict[str, list[Json]] = {}
    for number, (node, span) in enumerate(_spans(record)):
        own = hashlib.sha256(trace + number.to_bytes(4, "big")).hexdigest()[:16]
        above = span.pop("above")
        parent = "" if above is None else hashlib.sha256(trace + above.to_bytes(4, "big")).hexdigest()[:16]
        by_node.setdefault(node, []).append(
            {"traceId": trace.hex()[:32], "spanId": own, "parentSpanId": parent, **span}
        )
    scope = {"name": "ain-scp", "version": __version__}
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes({"service.name": node, "service.namespace": "ain"})},
                "scopeSpans": [{"scope": scope, "spans": spans}],
            }
            for node, spans in by_node.items()
        ]
    }


def _spans(record: CallRecord) -> Iterator[tuple[str, Json]]:
    """Node and span, each before those inside it; `above` is the number of the span around it."""
    messages = record.messages
    ends = [one.time_ns for one in messages] + [record.released_ns or 0, record.placed_ns]
    first = next((one.destination for one in messages if one.destination), "switch")
    facts = {
        "ain.call.id": record.id, "ain.calling_party_id": record.calling, "ain.dialed": record.dialed, "ain.status": record.status,
        "ain.facility": record.facility and record.facility.facility, "ain.facility.id": record.facility and record.facility.id,
    }  # fmt: skip
    bad = bool(record.unmet)
    status: Json = {"code": _ERROR if bad else _OK if record.status in _ANSWERED else 0}
    if bad:
        status["message"] = "; ".join(record.failures)
    plain = [
        _event(messages[group[0]], "message")
        for group in journeys(messages)
        if messages[group[0]].protocol != "AIN"
    ]
    yield first, _span(f"call {record.id}", _INTERNAL, record.placed_ns, max(ends), facts, plain, status)
    number = 1
    for leg, told in enumerate(_dialogues(messages)):
        query, came, left, answer = told
        about = dict(query.fields)
        asked = {
            "ain.operation": query.name,
            "ain.transaction": about.get("transaction"),
            "ain.answer": answer.name,
        }
        lost: Json = {"code": _ERROR, "message": "no answer"} if answer is query else {"code": _OK}
        yield (
            query.source,
            _span(query.name, _CLIENT, query.time_ns, max(answer.time_ns, query.time_ns), asked, [], lost, 0),
        )
        if came is not None:
            decision = msgspec.json.decode(record.legs[leg]) if leg < len(record.legs) else {}
            at, ends_at = came.time_ns, max(left.time_ns if left is not None else 0, came.time_ns)
            yield (
                came.destination,
                _span(
                    "decide",
                    _SERVER,
                    at,
                    ends_at,
                    _decided(decision),
                    _steps(decision, at),
                    {"code": _OK},
                    number,
                ),
            )
            number += 1
        number += 1


def _dialogues(
    messages: Sequence[WireMessage],
) -> Iterator[tuple[WireMessage, WireMessage | None, WireMessage | None, WireMessage]]:
    """Of each query to the SCP: as it left the switch, as it came in, the answer as it left, and as it came."""
    open_: dict[str, tuple[WireMessage, WireMessage | None, WireMessage | None, WireMessage]] = {}
    for group in journeys(messages):
        first, last = messages[group[0]], messages[group[-1]]
        if first.protocol != "AIN":
            continue
        about = dict(first.fields)
        key = about.get("transaction", "")
        if about.get("package", "").startswith("Query"):
            open_[key] = first, None if last.lost else last, None, first
        elif key in open_:
            query, came, left, answer = open_[key]
            open_[key] = query, came, left or first, answer if last.lost else last
    yield from open_.values()


def _decided(decision: Mapping[str, Any]) -> dict[str, Any]:
    response, route = decision.get("response") or {}, decision.get("route") or {}
    return {
        "ain.plan": decision.get("plan"), "ain.called_number": decision.get("called_number"), "ain.call_type_code": decision.get("ctc"),
        "ain.service": decision.get("service"), "ain.outcome": decision.get("outcome"), "ain.route.kind": route.get("kind"),
        "ain.response.type": response.get("type"), "ain.response.announcement": response.get("announcement"),
        "ain.response.called_party_id": response.get("called_party_id"), "ain.response.ama_slp_id": response.get("ama_slp_id"),
        "ain.response.trunk_groups": ", ".join(response.get("trunk_groups") or ()) or None,
    }  # fmt: skip


def _steps(decision: Mapping[str, Any], at: int) -> list[Json]:
    return [
        {
            "timeUnixNano": str(at),
            "name": step.get("step", ""),
            "attributes": _attributes({"found": step.get("found"), "row": step.get("row")}),
        }
        for step in decision.get("steps") or ()
    ]


def _event(message: WireMessage, name: str) -> Json:
    facts = {
        "protocol": message.protocol,
        "name": message.name,
        "from": message.source,
        "to": message.destination,
    }
    return {"timeUnixNano": str(message.time_ns), "name": name, "attributes": _attributes(facts)}


def _span(
    name: str,
    kind: int,
    start_ns: int,
    end_ns: int,
    facts: Mapping[str, Any],
    events: list[Json],
    status: Json,
    above: int | None = None,
) -> Json:
    return {
        "name": name, "kind": kind, "startTimeUnixNano": str(start_ns), "endTimeUnixNano": str(end_ns),
        "attributes": _attributes(facts), "events": events, "status": status, "above": above,
    }  # fmt: skip


def _attributes(facts: Mapping[str, Any]) -> list[Json]:
    """Facts that are known, each with its type."""
    rows = []
    for key, value in facts.items():
        if value is None or value == "":
            continue
        known = {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}
        rows.append({"key": key, "value": known})
    return rows
