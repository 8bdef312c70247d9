"""The file that sets up one node on a signaling network (`ain serve DATASET --config node.toml`).

Everything wrong with it is reported at once, each problem with its line. Unknown keys are errors. What a key means:

    name, point_code, alias_point_codes, mates, ssn, node_id, routing_context, network_appearance, notify
    t_ack_ms, t_beat_ms, beat_misses, t1_ms      timers; t1_ms is how long switches wait
    sctp_udp_port                                RFC 6951 encapsulation, used where the kernel has no SCTP
    [[stp]]    name, transport, remote, local, routing_contexts, traffic_mode, standby, asp_identifier, destinations,
               origin_point_codes, subsystems, translation_types
    [[listen]] transport, address                where peers come to
    [[peer]]   name, addresses, point_codes, origin_point_codes, routing_context, network_appearance, traffic_mode,
               subsystems, translation_types
    [metrics]  address                           the health endpoint, loopback only

What a message of a peer may call: `subsystems` when it is routed on a subsystem number (default: the node's own),
`translation_types` when it is routed on a global title (default: none). `origin_point_codes` are those a peer may speak
for besides its own. Behind an STP everybody is heard who may reach it, so there each of the three is open unless given.

Source: interfaces.md section 1, D-001, RFC 4666 clause 1.4.2, reliability target S1 and section 10.
"""

import re
import tomllib
from pathlib import Path
from typing import Final

from msgspec import Struct

from ain_scp.provisioning.problems import Problem, ProvisioningError
from ain_scp.provisioning.toml_lines import NOWHERE, locate
from ain_scp.scp.associations.driver import AssociationsConfig, ListenRow, StpRow
from ain_scp.scp.associations.screen import Screen
from ain_scp.scp.config import NodeConfig
from ain_scp.signaling.m3ua.application_server import AsConfig
from ain_scp.signaling.m3ua.asp import AspConfig
from ain_scp.signaling.m3ua.numbers import TrafficMode
from ain_scp.signaling.m3ua.peers import Peer, Peers
from ain_scp.signaling.m3ua.sg import SgConfig
from ain_scp.signaling.mtp3 import parse_point_code
from ain_scp.transport.link import M3UA_PORT, Endpoint, parse_endpoint
from ain_scp.transport.sctp_usr import ENCAPSULATION_PORT

MAX_FILE_OCTETS: Final = 1_000_000
STREAMS: Final = 16
MAX_NUMBERS: Final = 128
OCTET: Final = 255
_RULE: Final = "node file"
MODES: Final = {
    "override": TrafficMode.OVERRIDE,
    "loadshare": TrafficMode.LOADSHARE,
    "broadcast": TrafficMode.BROADCAST,
}
TRANSPORTS: Final = ("sctp", "udp")
WORD: Final = 0xFFFF_FFFF
KEYS: Final = {
    "top": "name point_code alias_point_codes mates ssn node_id routing_context network_appearance notify "
    "t_ack_ms t_beat_ms beat_misses t1_ms sctp_udp_port stp listen peer metrics",
    "stp": "name transport remote local routing_contexts traffic_mode standby asp_identifier destinations "
    "origin_point_codes subsystems translation_types",
    "listen": "transport address",
    "peer": "name addresses point_codes origin_point_codes routing_context traffic_mode subsystems "
    "translation_types network_appearance",
    "metrics": "address",
}
_KNOWN: Final = {table: frozenset(keys.split()) for table, keys in KEYS.items()}

Table = dict[str, object]


class NodeFile(Struct, frozen=True):
    """A node file, read: the node, its associations, and where its metrics are served (None = nowhere)."""

    node: NodeConfig
    associations: AssociationsConfig
    metrics: Endpoint | None


def read(path: Path) -> NodeFile:
    """Read a node file; ProvisioningError with every problem."""
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_FILE_OCTETS + 1)
        text = octets.decode("utf-8-sig")
        document: Table = tomllib.loads(text)
    except OSError as fault:
        raise ProvisioningError(
            [Problem(str(path), 0, 0, fault.strerror or "cannot be read", _RULE)]
        ) from None
    except UnicodeDecodeError:
        raise ProvisioningError([Problem(str(path), 0, 0, "is not UTF-8 text", _RULE)]) from None
    except RecursionError:
        raise ProvisioningError([Problem(str(path), 0, 0, "is nested too deep", _RULE)]) from None
    except ValueError as fault:  # numbers of too many digits and impossible dates come as this one
        line, column, reason = place_of(str(fault))
        raise ProvisioningError([Problem(str(path), line, column, f"is not TOML: {reason}", _RULE)]) from None
    if len(octets) > MAX_FILE_OCTETS:
        raise ProvisioningError([Problem(str(path), 0, 0, "is larger than 1,000,000 octets", _RULE)])
    return _Reader(str(path), text, document).read()


def place_of(text: str) -> tuple[int, int, str]:
    """Split what tomllib says into line, column and reason; (0, 0, text) where it names no place."""
    found = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", text, re.DOTALL)
    return (0, 0, text) if found is None else (int(found[2]), int(found[3]), found[1])


class _Reader:
    """Reads the tables of one document and collects what is wrong."""

    def __init__(self, file: str, text: str, document: Table) -> None:
        self._file = file
        self._document = document
        self._places = locate(text)
        self._problems: list[Problem] = []

    def read(self) -> NodeFile:
        top = self._document
        self._unknown(top, _KNOWN["top"], ())
        stps = tuple(self._stp(one, ("stp", at)) for at, one in self._tables("stp"))
        listens = tuple(self._listen(one, ("listen", at)) for at, one in self._tables("listen"))
        served = [self._peer(one, ("peer", at)) for at, one in self._tables("peer")]
        metrics = self._metrics()
        for at, stp in enumerate(stps):
            if stp.name in {before.name for before in stps[:at]}:
                self._say(("stp", at, "name"), f"{stp.name!r} is given twice")
        node = self._node(tuple(peer for peer, _ in served))
        peers, gateway = self._gateway(node, served)
        if not stps and not listens:
            self._say((), "nothing to do: give [[stp]] or [[listen]]")
        for at, row in enumerate(listens):
            if gateway is None and not all(host.startswith("127.") for host in row.local.hosts):
                self._say(
                    ("listen", at, "address"), "open to others than this machine only with a [[peer]] list"
                )
        if self._problems:
            raise ProvisioningError(sorted(set(self._problems)))
        associations = AssociationsConfig(
            node.alias_point_codes | {node.point_code},
            stps,
            listens,
            gateway,
            peers,
            self._number(top, "t_beat_ms", (), 500, 0, 60_000),
            self._number(top, "beat_misses", (), 2, 1, 10),
            self._number(top, "t1_ms", (), 3_000, 100, 30_000),
            self._number(top, "sctp_udp_port", (), ENCAPSULATION_PORT, 0, 65_535),
        )
        return NodeFile(node, associations, metrics)

    # -- tables -------------------------------------------------------------------------------------------------------

    def _node(self, peers: tuple[Peer, ...]) -> NodeConfig:
        top, default = self._document, NodeConfig()
        for key, most in (("t_beat_ms", 60_000), ("beat_misses", 10), ("sctp_udp_port", 65_535)):
            self._number(top, key, (), 1, 0, most)
        del peers  # screened where associations are; the node hears only what they let in
        return NodeConfig(
            name=self._text(top, "name", (), default.name),
            point_code=self._point_code(top, "point_code", ()),
            ssn=self._ssn(),
            routing_context=self._optional(top, "routing_context", ()),
            node_id=self._number(top, "node_id", (), default.node_id, 0, 255),
            notify=self._flag(top, "notify", (), default=default.notify),
            alias_point_codes=frozenset(self._point_codes(top, "alias_point_codes", ())),
            network_appearance=self._optional(top, "network_appearance", ()),
            mates=frozenset(self._point_codes(top, "mates", ())),
            t1_ms=self._number(top, "t1_ms", (), default.t1_ms, 100, 30_000),
        )

    def _ssn(self) -> int:
        return self._number(self._document, "ssn", (), NodeConfig().ssn, 2, 255)

    def _stp(self, table: Table, at: tuple[str | int, ...]) -> StpRow:
        self._unknown(table, _KNOWN["stp"], at)
        transport = self._choice(table, "transport", at, TRANSPORTS)
        mode = self._choice(table, "traffic_mode", at, tuple(MODES)) if "traffic_mode" in table else None
        top = self._document
        asp = AspConfig(
            routing_contexts=tuple(self._numbers(table, "routing_contexts", at)),
            asp_identifier=self._optional(table, "asp_identifier", at),
            traffic_mode=MODES[mode].value if mode is not None else None,
            network_appearance=self._optional(top, "network_appearance", ()),
            standby=self._flag(table, "standby", at, default=False),
            association=transport != "udp",
            destinations=tuple(self._point_codes(table, "destinations", at)),
            t_ack_ms=self._number(top, "t_ack_ms", (), 2000, 10, 60_000),
            t_beat_ms=self._number(top, "t_beat_ms", (), 500, 0, 60_000),
            beat_misses=max(1, self._number(top, "beat_misses", (), 2, 1, 10)),
        )
        local = self._endpoint(table, "local", at, 0, transport) if "local" in table else None
        return StpRow(
            self._text(table, "name", at, ""),
            transport,
            self._endpoint(table, "remote", at, M3UA_PORT, transport),
            asp,
            local,
            self._screen(table, at),
        )

    def _screen(self, table: Table, at: tuple[str | int, ...]) -> Screen:
        """What an STP may send us: whatever of it is given."""
        codes = self._point_codes(table, "origin_point_codes", at)
        subsystems = self._numbers(table, "subsystems", at, OCTET)
        types = self._numbers(table, "translation_types", at, OCTET)
        return Screen(
            frozenset(codes) if "origin_point_codes" in table else None,
            frozenset(subsystems) if "subsystems" in table else None,
            frozenset(types) if "translation_types" in table else None,
        )

    def _listen(self, table: Table, at: tuple[str | int, ...]) -> ListenRow:
        self._unknown(table, _KNOWN["listen"], at)
        transport = self._choice(table, "transport", at, TRANSPORTS)
        return ListenRow(transport, self._endpoint(table, "address", at, M3UA_PORT, transport))

    def _peer(self, table: Table, at: tuple[str | int, ...]) -> tuple[Peer, AsConfig]:
        self._unknown(table, _KNOWN["peer"], at)
        name = self._text(table, "name", at, "")
        codes = tuple(self._point_codes(table, "point_codes", at))
        origins = frozenset(self._point_codes(table, "origin_point_codes", at)) | frozenset(codes)
        context = self._number(table, "routing_context", at, 0, 0, WORD)
        mode = (
            self._choice(table, "traffic_mode", at, tuple(MODES)) if "traffic_mode" in table else "override"
        )
        if not codes:
            self._say((*at, "point_codes"), "at least one point code is needed")
        peer = Peer(
            name,
            frozenset(self._texts(table, "addresses", at)),
            origins,
            frozenset({context}),
            frozenset(
                self._numbers(table, "subsystems", at, OCTET) if "subsystems" in table else [self._ssn()]
            ),
            frozenset(self._numbers(table, "translation_types", at, OCTET)),
            network_appearance=self._optional(table, "network_appearance", at),
        )
        return peer, AsConfig(name, context, codes, (name,), MODES.get(mode, TrafficMode.OVERRIDE))

    def _gateway(
        self, node: NodeConfig, served: list[tuple[Peer, AsConfig]]
    ) -> tuple[Peers | None, SgConfig | None]:
        """Check the peers as a whole, as the gateway will."""
        if not served or self._problems:
            return None, None
        top = self._document
        config = SgConfig(
            node.alias_point_codes | {node.point_code},
            tuple(server for _, server in served),
            STREAMS,
            self._number(top, "t_beat_ms", (), 500, 0, 60_000),
            self._number(top, "beat_misses", (), 2, 1, 10),
        )
        from ain_scp.signaling.m3ua.sg import Gateway

        try:
            peers = Peers(tuple(peer for peer, _ in served))
            Gateway(config, peers)
        except ValueError as fault:
            self._say(("peer", 0), str(fault))
            return None, None
        return peers, config

    def _metrics(self) -> Endpoint | None:
        table = self._document.get("metrics")
        if table is None:
            return None
        if not isinstance(table, dict):
            self._say(("metrics",), "must be a table")
            return None
        self._unknown(table, _KNOWN["metrics"], ("metrics",))
        endpoint = self._endpoint(table, "address", ("metrics",), 9464)
        if not endpoint.hosts[0].startswith("127."):
            self._say(
                ("metrics", "address"), "the health endpoint is served on this machine only (127.0.0.0/8)"
            )
        return endpoint

    # -- values -------------------------------------------------------------------------------------------------------

    def _say(self, path: tuple[str | int, ...], text: str) -> None:
        place = NOWHERE
        for size in range(len(path), -1, -1):
            if path[:size] in self._places:
                place = self._places[path[:size]]
                break
        name = ".".join(str(part) for part in path)
        self._problems.append(
            Problem(self._file, place.line, place.column, f"{name}: {text}" if name else text, _RULE)
        )

    def _unknown(self, table: Table, known: frozenset[str], at: tuple[str | int, ...]) -> None:
        for key in table:
            if key not in known:
                self._say((*at, key), "unknown key")

    def _tables(self, key: str) -> list[tuple[int, Table]]:
        rows = self._document.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self._say((key,), f"must be written as [[{key}]]")
            return []
        if len(rows) > 256:
            self._say((key,), "more than 256")
        return list(enumerate(rows[:256]))

    def _text(self, table: Table, key: str, at: tuple[str | int, ...], default: str) -> str:
        value = table.get(key, default)
        if not isinstance(value, str) or not 0 < len(value) <= 60:
            self._say((*at, key), "a text of 1 to 60 characters is needed")
            return "?"
        return value

    def _texts(self, table: Table, key: str, at: tuple[str | int, ...]) -> list[str]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value) or len(value) > 256:
            self._say((*at, key), "a list of texts is needed")
            return []
        return list(value)

    def _flag(self, table: Table, key: str, at: tuple[str | int, ...], *, default: bool) -> bool:
        value = table.get(key, default)
        if not isinstance(value, bool):
            self._say((*at, key), "true or false is needed")
            return default
        return value

    def _number(
        self, table: Table, key: str, at: tuple[str | int, ...], default: int, least: int, most: int
    ) -> int:
        value = table.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self._say((*at, key), f"a whole number from {least} to {most} is needed")
            return default
        return value

    def _optional(self, table: Table, key: str, at: tuple[str | int, ...]) -> int | None:
        return self._number(table, key, at, 0, 0, WORD) if key in table else None

    def _numbers(self, table: Table, key: str, at: tuple[str | int, ...], most: int = WORD) -> list[int]:
        value = table.get(key, [])
        good = isinstance(value, list) and len(value) <= MAX_NUMBERS
        if not good or not all(type(one) is int and 0 <= one <= most for one in value):  # type: ignore[attr-defined]
            self._say((*at, key), f"a list of whole numbers from 0 to {most} is needed")
            return []
        return list(value)  # type: ignore[call-overload,no-any-return]

    def _choice(self, table: Table, key: str, at: tuple[str | int, ...], choices: tuple[str, ...]) -> str:
        value = table.get(key)
        if not isinstance(value, str) or value not in choices:
            self._say((*at, key), f"one of {', '.join(choices)} is needed")
            return choices[0]
        return value

    def _endpoint(
        self, table: Table, key: str, at: tuple[str | int, ...], default_port: int, transport: str = "udp"
    ) -> Endpoint:
        value = table.get(key)
        try:
            endpoint = parse_endpoint(value if isinstance(value, str) else "", default_port)
        except ValueError as fault:
            self._say((*at, key), str(fault))
            return Endpoint(("127.0.0.1",), 0)
        if transport == "udp" and len(endpoint.hosts) > 1:
            self._say((*at, key), f"{value!r}: only SCTP has more than one host")
        return endpoint

    def _point_code(self, table: Table, key: str, at: tuple[str | int, ...]) -> int:
        value = table.get(key)
        return self._parsed(value, (*at, key))

    def _point_codes(self, table: Table, key: str, at: tuple[str | int, ...]) -> list[int]:
        return [self._parsed(one, (*at, key)) for one in self._texts(table, key, at)]

    def _parsed(self, value: object, path: tuple[str | int, ...]) -> int:
        try:
            return parse_point_code(value if isinstance(value, str) else "")
        except ValueError as fault:
            self._say(path, str(fault))
            return 0
