"""Which options of `ain run` go together.

Source: interfaces.md sections 1 and 6.1.
"""

from collections.abc import Mapping
from typing import Any, Final

import click

OF_ONE: Final = {
    "live_fd": "--live", "top": "--top", "pcap": "--pcap", "trace": "--trace", "report": "--report", "records": "--records",
    "books": "--charging", "queries_out": "--queries-out", "otel": "--otel",
}  # fmt: skip
"""Options that take one scenario, by parameter."""


def check_choices(given: Mapping[str, Any]) -> None:
    """Refuse what does not go together, by the parameters of the command; UsageError names the options."""
    drawn = given["ladder"] or given["mermaid"]
    rules = (
        (given["mqtt"] and given["records"] is None, "--mqtt needs --records DIR, where records wait until a broker has them"),
        (
            not drawn and (given["only"] or given["all_hops"] or given["fields"] != "key"),
            "--call, --all-hops and --fields all or octets need --ladder or --mermaid",
        ),
        (not given["ladder"] and (given["times"] or given["width"]), "--times and --width need --ladder"),
        (given["github"] and given["as_json"], "--github and --json: one of them; both write to stdout"),
        (given["ladder"] and given["mermaid"], "--ladder and --mermaid: one of them"),
        (
            given["scp_kind"] is not None and given["records"] is None,
            "--scp-kind needs --records DIR: it is how samples name calls",
        ),
        (given["top"] and given["live_fd"] is not None, "--top and --live: one of them"),
        (given["latency"] and given["report"] is None, "--latency needs --report FILE.html"),
        (given["pcap_framing"] is not None and given["pcap"] is None, "--pcap-framing needs --pcap FILE"),
    )  # fmt: skip
    for broken, text in rules:
        if broken:
            raise click.UsageError(text)
    named = [option for name, option in OF_ONE.items() if given[name]]
    if len(given["scenarios"]) > 1 and named:
        raise click.UsageError(f"{named[0]} takes one scenario: each would write the same file")
    if given["transport"] == "sctp":
        _check_sctp(given["pcap_framing"])


def _check_sctp(framing: str | None) -> None:
    """Refuse SCTP where there is none, and a framing that would say that SCTP was UDP."""
    from ain_scp.scp.associations.driver import NoSctpError, sctp_here

    if framing == "udp":
        raise click.UsageError("--pcap-framing udp: with --transport sctp the capture is of SCTP")
    try:
        sctp_here()
    except NoSctpError as fault:
        raise click.UsageError(f"--transport sctp: {fault}") from None
