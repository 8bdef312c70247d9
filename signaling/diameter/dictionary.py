"""The attribute-value pairs that are known here: name, code, vendor and type, one row each.

A pair that is not here and has the M bit makes a request unsupported (5001); without it, it is passed over and kept.

Source: RFC 6733 section 4.5, RFC 8506 section 8, TS 32.299 section 7.2 (vendor 10415).
"""

from typing import Final, Literal, NamedTuple

Kind = Literal["octets", "text", "u32", "u64", "i32", "i64", "time", "address", "group"]
TGPP: Final = 10415


class Row(NamedTuple):
    """One kind of pair."""

    name: str
    code: int
    kind: Kind
    vendor: int = 0


ROWS: Final = (
    Row("User-Name", 1, "text"),
    Row("Class", 25, "octets"),
    Row("Event-Timestamp", 55, "time"),
    Row("Proxy-State", 33, "octets"),
    Row("Host-IP-Address", 257, "address"),
    Row("Auth-Application-Id", 258, "u32"),
    Row("Acct-Application-Id", 259, "u32"),
    Row("Vendor-Specific-Application-Id", 260, "group"),
    Row("Session-Id", 263, "text"),
    Row("Origin-Host", 264, "text"),
    Row("Supported-Vendor-Id", 265, "u32"),
    Row("Vendor-Id", 266, "u32"),
    Row("Firmware-Revision", 267, "u32"),
    Row("Result-Code", 268, "u32"),
    Row("Product-Name", 269, "text"),
    Row("Disconnect-Cause", 273, "u32"),
    Row("Origin-State-Id", 278, "u32"),
    Row("Failed-AVP", 279, "group"),
    Row("Error-Message", 281, "text"),
    Row("Route-Record", 282, "text"),
    Row("Destination-Realm", 283, "text"),
    Row("Proxy-Info", 284, "group"),
    Row("Destination-Host", 293, "text"),
    Row("Termination-Cause", 295, "u32"),
    Row("Origin-Realm", 296, "text"),
    Row("Experimental-Result", 297, "group"),
    Row("Inband-Security-Id", 299, "u32"),
    Row("CC-Input-Octets", 412, "u64"),
    Row("CC-Money", 413, "group"),
    Row("CC-Output-Octets", 414, "u64"),
    Row("CC-Request-Number", 415, "u32"),
    Row("CC-Request-Type", 416, "u32"),
    Row("CC-Service-Specific-Units", 417, "u64"),
    Row("CC-Session-Failover", 418, "u32"),
    Row("CC-Time", 420, "u32"),
    Row("CC-Total-Octets", 421, "u64"),
    Row("Check-Balance-Result", 422, "u32"),
    Row("Cost-Information", 423, "group"),
    Row("Cost-Unit", 424, "text"),
    Row("Currency-Code", 425, "u32"),
    Row("Credit-Control", 426, "u32"),
    Row("Credit-Control-Failure-Handling", 427, "u32"),
    Row("Direct-Debiting-Failure-Handling", 428, "u32"),
    Row("Exponent", 429, "i32"),
    Row("Final-Unit-Indication", 430, "group"),
    Row("Granted-Service-Unit", 431, "group"),
    Row("Rating-Group", 432, "u32"),
    Row("Requested-Action", 436, "u32"),
    Row("Requested-Service-Unit", 437, "group"),
    Row("Service-Identifier", 439, "u32"),
    Row("Service-Parameter-Info", 440, "group"),
    Row("Service-Parameter-Type", 441, "u32"),
    Row("Service-Parameter-Value", 442, "octets"),
    Row("Subscription-Id", 443, "group"),
    Row("Subscription-Id-Data", 444, "text"),
    Row("Unit-Value", 445, "group"),
    Row("Used-Service-Unit", 446, "group"),
    Row("Value-Digits", 447, "i64"),
    Row("Validity-Time", 448, "u32"),
    Row("Final-Unit-Action", 449, "u32"),
    Row("Subscription-Id-Type", 450, "u32"),
    Row("Tariff-Time-Change", 451, "time"),
    Row("Tariff-Change-Usage", 452, "u32"),
    Row("Multiple-Services-Indicator", 455, "u32"),
    Row("Multiple-Services-Credit-Control", 456, "group"),
    Row("User-Equipment-Info", 458, "group"),
    Row("Service-Context-Id", 461, "text"),
    Row("Called-Party-Address", 832, "text", TGPP),
    Row("Calling-Party-Address", 831, "text", TGPP),
    Row("Service-Information", 873, "group", TGPP),
    Row("IMS-Information", 876, "group", TGPP),
    Row("Announcement-Information", 3904, "group", TGPP),
    Row("Announcement-Identifier", 3905, "u32", TGPP),
    Row("Variable-Part", 3907, "group", TGPP),
    Row("Variable-Part-Order", 3908, "u32", TGPP),
    Row("Variable-Part-Type", 3909, "u32", TGPP),
    Row("Variable-Part-Value", 3910, "text", TGPP),
)
BY_KEY: Final = {(row.vendor, row.code): row for row in ROWS}
BY_NAME: Final = {row.name: row for row in ROWS}


def code(name: str) -> int:
    """The code of a named pair."""
    return BY_NAME[name].code


def name_of(vendor: int, number: int) -> str:
    """The name of a pair, or its numbers."""
    row = BY_KEY.get((vendor, number))
    if row is not None:
        return row.name
    return f"AVP {number}" if not vendor else f"AVP {number} of vendor {vendor}"
