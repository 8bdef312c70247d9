"""A serial line as a source: a port of this machine, or socket://HOST:PORT of a terminal server.

Source: C-010.
"""

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ain_scp.tickets.collector.settings import Source
from ain_scp.tickets.names import SettingsError

if TYPE_CHECKING:
    import serial

_BITS: Final = re.compile(r"([5-8])([NEOMS])(1|1\.5|2)")


def check_bits(bits: str) -> tuple[int, str, float]:
    """Data bits, parity and stop bits of a word such as 8N1; SettingsError for any other."""
    found = _BITS.fullmatch(bits)
    if found is None:
        raise SettingsError(f"bits = {bits!r}: expected data bits, parity and stop bits such as 8N1 or 7E1")
    return int(found[1]), found[2], float(found[3])


def open_line(source: Source) -> "serial.SerialBase":
    """Open a port without waiting for octets; OSError while it is not there, SettingsError when it can never be."""
    try:
        import serial
    except ImportError as fault:
        raise SettingsError(
            f"source {source.name}: kind serial needs the extra: pip install 'ain-scp[serial]'"
        ) from fault
    data, parity, stop = check_bits(source.bits)
    try:
        line: serial.SerialBase = serial.serial_for_url(
            source.device, baudrate=source.rate, bytesize=data, parity=parity, stopbits=stop, timeout=0
        )
        line.fileno()
    except ValueError as fault:
        raise SettingsError(
            f"source {source.name}: device = {source.device!r}, rate = {source.rate}: {fault}"
        ) from fault
    return line


def ready(line: "serial.SerialBase", *, is_ready: bool) -> None:
    """Raise or lower RTS: whether the PBX may send."""
    with suppress(OSError):  # a pseudo terminal has no such wire
        line.rts = is_ready
