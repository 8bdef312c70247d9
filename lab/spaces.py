# ruff: noqa: INP001 - a script's module, not a package
"""Three hosts in one guest: network namespaces, veth pairs between them, netem, cables that can be pulled.

Source: sctp-lab section 4.
"""

import ctypes
import subprocess
from pathlib import Path


class Spaces:
    """Three hosts as network namespaces; `links` veth pairs from the STP to each of the others."""

    def __init__(self, links: int = 1) -> None:
        self.links = links
        for name in ("ssp", "stp", "scp"):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
            values = {"rto_initial": 200, "rto_min": 100, "rto_max": 400, "path_max_retrans": 2}
            values |= {"association_max_retrans": 8, "hb_interval": 500, "sack_timeout": 100}
            for key, value in values.items():
                command("ip", "netns", "exec", name, "sysctl", "-qw", f"net.sctp.{key}={value}")
        for host, net in (("ssp", 1), ("scp", 2)):
            for link in range(links):
                ip(
                    "link",
                    "add",
                    f"{host}{link}",
                    "netns",
                    host,
                    "type",
                    "veth",
                    "peer",
                    "name",
                    f"to-{host}{link}",
                    "netns",
                    "stp",
                )
                ip("-n", host, "addr", "add", f"10.{net}.{link}.2/24", "dev", f"{host}{link}")
                ip("-n", "stp", "addr", "add", f"10.{net}.{link}.1/24", "dev", f"to-{host}{link}")
                ip("-n", host, "link", "set", f"{host}{link}", "up")
                ip("-n", "stp", "link", "set", f"to-{host}{link}", "up")

    def addresses(self, here: str, there: str) -> tuple[str, ...]:
        """Addresses of one host on its links to another."""
        net = 1 if "ssp" in {here, there} else 2
        last = 1 if here == "stp" else 2
        return tuple(f"10.{net}.{link}.{last}" for link in range(self.links))

    def set_link(self, host: str, link: int, state: str) -> None:
        """Pull a cable or plug it in again: "down", "up"."""
        ip("-n", host, "link", "set", f"{host}{link}", state)

    def impair(self, *words: str) -> None:
        """Let netem spoil both links, in both directions."""
        for host in ("ssp", "scp"):
            command("tc", "-n", host, "qdisc", "replace", "dev", f"{host}0", "root", "netem", *words)
            command("tc", "-n", "stp", "qdisc", "replace", "dev", f"to-{host}0", "root", "netem", *words)

    @staticmethod
    def enter(name: str) -> None:
        """Move this process into one host."""
        with Path(f"/run/netns/{name}").open() as space:
            if ctypes.CDLL(None, use_errno=True).setns(space.fileno(), 0x40000000):
                raise OSError(ctypes.get_errno(), f"setns {name}")


def command(*words: str) -> None:
    """Run a command; what it said when it fails."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise SystemExit(f"lab: {' '.join(words)}: {done.stderr.strip()}")


def ip(*words: str) -> None:
    """Run `ip`."""
    command("ip", *words)
