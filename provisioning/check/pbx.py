"""PBX trunk groups (`trunk_groups.csv`).

Source: requirements.md section 5.2, A-012 to A-014, A-021, A-023, A-024, A-059, AMB-2.
"""

from ain_scp.provisioning.check.findings import shown
from ain_scp.provisioning.csv_rows import Row, Table
from ain_scp.provisioning.rows import PbxTrunkGroup
from ain_scp.terms.digits import is_number

TRUNK_GROUPS = (("id", "kind", "caller_id", "pilot", "sends_access_code"), ("implied_access_code",))
KINDS = ("PRI", "SUPERTRUNK", "ANALOG", "MF_ONE_WAY")


def read_trunk_groups(table: Table, access_codes: dict[str, str] | None) -> tuple[PbxTrunkGroup, ...]:
    """Read `trunk_groups.csv`; `access_codes` None = not known."""
    found: dict[str, PbxTrunkGroup] = {}
    for number, row in enumerate(table.rows(), 1):
        group = _trunk_group(row, number)
        if (
            group.implied_access_code
            and access_codes is not None
            and group.implied_access_code not in access_codes
        ):
            text = f"implied_access_code {group.implied_access_code} names no plan of the customer"
            row.warn("implied_access_code", text, "A-024")
        if group.id in found:
            row.error(
                "id", f"trunk group {group.id} is already in line {found[group.id].where.line}", "duplicate"
            )
        elif group.id:
            found[group.id] = group
    return tuple(found.values())


def _trunk_group(row: Row, number: int) -> PbxTrunkGroup:
    kind = row.choice("kind", KINDS, "A-012")
    caller_id = row.yes("caller_id", "A-021")
    if caller_id and kind and kind != "PRI":
        row.error("caller_id", f"only PRI has caller ID, this is {kind}", "A-021")
    sends = row.yes("sends_access_code", "AMB-2")
    implied = _implied(row, sends=sends)
    if sends and kind == "MF_ONE_WAY":
        row.warn("sends_access_code", "a one-way MF trunk group sends no access code", "A-013")
    pilot = row.digits("pilot", (10,), "A-059")
    return PbxTrunkGroup(row.word("id"), kind, caller_id, pilot, sends, implied, number, row.where)


def _implied(row: Row, *, sends: bool) -> str | None:
    text = row.get("implied_access_code")
    if not text:
        if row.get("sends_access_code") == "N":
            row.error(
                "implied_access_code", "implied_access_code is required when no access code is sent", "AMB-2"
            )
        return None
    if not is_number(text, 1, 2):
        row.error("implied_access_code", f"implied_access_code {shown(text)} is not 1 or 2 digits", "AMB-2")
    elif sends:
        row.warn("implied_access_code", "implied_access_code is not used: the trunk group sends one", "AMB-2")
    return text
