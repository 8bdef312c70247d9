# ruff: noqa: INP001 - a script's module, not a package
"""A configuration of osmo-stp for one switch and two mated SCPs: an alias for queries, a point code for each mate.

The alias AS has both mates; each mate's own AS has only it, so that what follows in a dialogue finds the mate that holds
it although osmo-stp shares every message in turn.

Source: sctp-lab section 1.
"""

from typing import NamedTuple

PORT = 2905


class Party(NamedTuple):
    """One ASP: its name, its addresses, and (AS name, routing context, point code) of each AS it is in alone."""

    name: str
    addresses: tuple[str, ...]
    server: str
    context: int
    point_code: str


SSP = Party("asp-ssp", ("127.0.0.11",), "as-ssp", 10, "250-1-10")
MATES = (
    Party("asp-scp1", ("127.0.0.21",), "as-scp1", 21, "254-200-21"),
    Party("asp-scp2", ("127.0.0.22",), "as-scp2", 22, "254-200-22"),
)
ALIAS, ALIAS_CONTEXT = "254-200-20", 20
HEAD = """log stderr
 logging filter all 1
 logging color 0
 logging level set-all notice
line vty
 no login
cs7 instance 0
 network-indicator national
 point-code format 8 8 8
 point-code delimiter dash
 point-code 1-1-1
"""


def configuration(mode: str, local: tuple[str, ...], parties: tuple[Party, ...] = (SSP, *MATES)) -> str:
    """Return the file for a traffic mode (override, loadshare) and the STP's own addresses."""
    lines = [HEAD.rstrip("\n")]
    for party in parties:
        lines.append(f" asp {party.name} 0 {PORT} m3ua")
        lines += [f"  local-ip {address}" for address in local]
        lines += [f"  remote-ip {address}" for address in party.addresses]
        lines += ["  role sg", "  sctp-role server"]
    for party in parties:
        lines += [f" as {party.server} m3ua", f"  asp {party.name}"]
        own = (
            "override" if party.context == SSP.context else mode
        )  # an ASPAC names one mode for all its contexts
        lines += [f"  routing-key {party.context} {party.point_code}", f"  traffic-mode {own}"]
    mates = [party for party in parties if party.context != SSP.context]
    lines += [" as as-scp m3ua", *(f"  asp {mate.name}" for mate in mates)]
    lines += [f"  routing-key {ALIAS_CONTEXT} {ALIAS}", f"  traffic-mode {mode}", "  recovery-timeout 2000"]
    lines.append(" route-table system")
    routes = [(party.point_code, party.server) for party in parties] + [(ALIAS, "as-scp")]
    lines += [f"  update route {code} 255-255-255 linkset {server}" for code, server in routes]
    lines.append(f" listen m3ua {PORT}")
    lines += [f"  local-ip {address}" for address in local]
    lines.append("  accept-asp-connections pre-configured")
    return "\n".join(lines) + "\n"
