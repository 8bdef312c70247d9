"""What the SCP samples: an attempt when the call is placed, a completion when its end is known.

Both carry the same identifier: echo data of an ISCP (six octets, written as twelve hexadecimal digits), or the
notification ID of an LSCP. One sample is one line of ASCII, a JSON object; what stores or forwards it passes on the
same octets. Times are milliseconds of the originating location's own calendar since 1970-01-01T00:00:00.

Status words: COMPLETED, NO_ANSWER, BUSY, ABANDONED, FAILED, BLOCKED:cause.

Source: A-240 to A-244, A-255; AMB-62, AMB-70, AMB-75, AMB-81; [0188]-[0191], [0194]; requirements.md section 5.4.
"""

import re
from typing import Final

import msgspec

from ain_scp.terms.digits import is_number
from ain_scp.terms.vocabulary import CAUSES, CHARGING_CAUSES

ECHO_OCTETS: Final = 6
MAX_LINE: Final = 1024
MAX_GROUP: Final = 32
MAX_SCP: Final = 32
MAX_IDENTIFIER: Final = 20
MAX_TIME_MS: Final = 253_402_300_799_999
AFTER_ROUTING: Final = "AFTER_ROUTING"
"""Cause of a call that was routed, and refused with an announcement later: by a host, or for want of credit."""
STATUSES: Final = frozenset(
    {"COMPLETED", "NO_ANSWER", "BUSY", "ABANDONED", "FAILED", "ALL_CIRCUITS_BUSY"}
) | {f"BLOCKED:{cause}" for cause in (*CAUSES, *CHARGING_CAUSES, AFTER_ROUTING)}


class AttemptSample(
    msgspec.Struct, frozen=True, tag="attempt", tag_field="sample", forbid_unknown_fields=True
):
    """The call is placed: who, whom, for which customer group, when. `original_called` only for ASF-RTL calls (A-241)."""

    identifier: str
    customer_group: str
    calling: str
    called: str
    start_ms: int
    original_called: str | None = None
    scp: str = ""


class CompletionSample(
    msgspec.Struct, frozen=True, tag="completion", tag_field="sample", forbid_unknown_fields=True
):
    """The call is over: how, and when it was connected (None: never) and released."""

    identifier: str
    status: str
    end_ms: int
    connect_ms: int | None = None
    scp: str = ""


Sample = AttemptSample | CompletionSample


class SampleError(Exception):
    """A line that is no sample, or a file that is not what it says; `line` counts from 1, `reason` is one sentence."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason

    def __str__(self) -> str:
        return f"SMDR: line {self.line}: {self.reason}"


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final[msgspec.json.Decoder[Sample]] = msgspec.json.Decoder(Sample)


def identifier_of(echo: bytes) -> str:
    """The identifier in echo data that came back; ValueError when it is not six octets."""
    if len(echo) != ECHO_OCTETS:
        raise ValueError(f"echo data have {ECHO_OCTETS} octets")
    return echo.hex().upper()


def notification_identifier(number: int) -> str:
    """The identifier of an LSCP's call: its notification ID, a decimal number."""
    return str(number)


def blocked(attempt: AttemptSample, cause: str) -> CompletionSample:
    """The completion of a call that was refused: it ends when it starts (A-255)."""
    return CompletionSample(
        identifier=attempt.identifier,
        status=f"BLOCKED:{cause}",
        end_ms=attempt.start_ms,
        scp=attempt.scp,
    )


def encode(sample: Sample) -> bytes:
    """Write a sample as its line, without a line end."""
    return _ENCODER.encode(sample)


def decode(octets: bytes, line: int = 1) -> Sample:
    """Read and check a sample's line; SampleError names `line` and what is wrong."""
    if len(octets) > MAX_LINE or not octets.isascii():
        raise SampleError(line, f"not ASCII, or longer than {MAX_LINE} characters")
    try:
        sample = _DECODER.decode(octets)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SampleError(line, "not a sample") from error
    found = problem(sample)
    if found:
        raise SampleError(line, found)
    return sample


_USUAL: Final = re.compile(
    r'(?:\{"sample":"(?:attempt","identifier":"[0-9A-F]{12}","customer_group":"[0-9A-Za-z_.-]{1,32}",'
    r'"calling":"[0-9]{1,15}","called":"[0-9]{1,15}","start_ms":[1-9][0-9]{0,13},'
    r'"original_called":(?:null|"[0-9]{1,15}")'
    r'|completion","identifier":"[0-9A-F]{12}","status":"(?:'
    + "|".join(sorted(STATUSES))
    + r')","end_ms":[1-9][0-9]{0,13},"connect_ms":(?:null|[1-9][0-9]{0,13})),"scp":"[0-9A-Za-z_.-]{0,32}"\}(?:\n|\Z))+'
)
_CONNECTED: Final = re.compile(r'"end_ms":([0-9]+),"connect_ms":([0-9]+)')


def all_usual(text: str) -> bool:
    """Whether every line of a text is that of a sample as a node writes it; False: `decode` says of each what it is.

    Twenty times as quick as `decode` of each line, for what has just been encoded.
    """
    return text[-1:] != "\n" and _USUAL.fullmatch(text) is not None and _in_order(text)


def _in_order(text: str) -> bool:
    """Whether no call of usual lines ended before it was connected; numbers without leading zeros compare as texts of a length do."""
    for end, connect in _CONNECTED.findall(text):
        if connect > end if len(connect) == len(end) else len(connect) > len(end):
            return False
    return True


def problem(sample: Sample) -> str:
    """The first thing that is wrong with a sample, "" when nothing is."""
    if not 0 < len(sample.identifier) <= MAX_IDENTIFIER or not sample.identifier.isalnum():
        return f"identifier is not 1 to {MAX_IDENTIFIER} letters and digits"
    if len(sample.scp) > MAX_SCP or not _plain(sample.scp):
        return "name of the SCP is too long or has characters that cannot be printed"
    if isinstance(sample, AttemptSample):
        return _attempt_problem(sample)
    if sample.status not in STATUSES:
        return "status is unknown"
    if not _is_time(sample.end_ms) or not _is_time(sample.connect_ms or 0):
        return "a time is outside 1970 to 9999"
    if sample.connect_ms is not None and sample.connect_ms > sample.end_ms:
        return "connected after its end"
    return ""


def _attempt_problem(sample: AttemptSample) -> str:
    if not 0 < len(sample.customer_group) <= MAX_GROUP or not _plain(sample.customer_group):
        return "customer group is missing, too long or has characters that cannot be printed"
    if not is_number(sample.calling) or not is_number(sample.called):
        return "a number is not 1 to 15 digits"
    if sample.original_called is not None and not is_number(sample.original_called):
        return "original called number is not 1 to 15 digits"
    return "" if _is_time(sample.start_ms) else "start is outside 1970 to 9999"


def _is_time(time_ms: int) -> bool:
    return 0 <= time_ms <= MAX_TIME_MS


def _plain(text: str) -> bool:
    """Whether every character is one from ! to ~."""
    return text.isascii() and text.isprintable() and " " not in text


def time_of(sample: Sample) -> int:
    """When the event of the sample happened (ms)."""
    return sample.start_ms if isinstance(sample, AttemptSample) else sample.end_ms
