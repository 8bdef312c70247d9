"""The one error a codec raises for a peer's fault.

Source: house.md section 4 (errors), A-261.
"""


class DecodeError(Exception):
    """Octets that are not what their layer says they must be.

    `offset` is the octet (0-based, within the octets handed to that layer) where decoding stopped; `source` names the
    layer ("ber", "tcap", "ain", "sccp", "m3ua", "isup"); `reason` is one short sentence without any of the payload.
    """

    def __init__(self, offset: int, source: str, reason: str) -> None:
        super().__init__(offset, source, reason)
        self.offset = offset
        self.source = source
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.source}: octet {self.offset}: {self.reason}"
