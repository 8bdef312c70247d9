"""Datagrams in runs: cut one apart, sort some by length. Plain functions, so that they can be compiled.

Source: performance.md section 1 (segmentation offload).
"""


def cut(octets: bytes, size: int) -> list[bytes]:
    """Cut a run into its datagrams of `size` octets (at least 1), the last one perhaps shorter."""
    return [octets[at : at + size] for at in range(0, len(octets), size)]


def by_length(datagrams: list[bytes]) -> dict[int, list[bytes]]:
    """Sort datagrams by length, in order within each length."""
    runs: dict[int, list[bytes]] = {}
    for datagram in datagrams:
        size = len(datagram)
        run = runs.get(size)
        if run is None:
            runs[size] = [datagram]
        else:
            run.append(datagram)
    return runs
