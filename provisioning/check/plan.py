"""The dialing plan tables: MDP and SDP.

Source: requirements.md section 5.2, A-031 to A-035, A-038, A-040, A-045.
"""

from ain_scp.provisioning.check import plain
from ain_scp.provisioning.check.columns import Growing, Opener, code, known_repeats, report_repeats
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import Findings
from ain_scp.provisioning.csv_rows import Row
from ain_scp.provisioning.rows import MdpColumns, SdpColumns
from ain_scp.terms.digits import MAX_NUMBER, MIN_INTERNATIONAL, not_foreign
from ain_scp.terms.vocabulary import NON_INTERNATIONAL, NON_NATIONAL, NON_SUBSCRIBER

MDP = (("dialed", "number", "non"), ())
SDP = (("number",), ())

LENGTHS = {
    NON_SUBSCRIBER: (7,),
    NON_NATIONAL: (7, 10),
    NON_INTERNATIONAL: tuple(range(MIN_INTERNATIONAL, MAX_NUMBER + 1)),
}
"""How many digits a routing number may have, by its nature of number."""


def read_mdp(files: Files, file: str) -> MdpColumns:
    """Read `mdp.csv`."""
    quick = files.columns(file, plain.MDP)
    return (quick and plain.mdp(quick, file)) or _careful_mdp(files.opener(file, MDP), file, files.findings)


def _careful_mdp(opener: Opener, file: str, findings: Findings) -> MdpColumns:
    columns = Growing(2, 1)
    table = opener(findings)
    for row in table.rows() if table else ():
        dialed = row.digits("dialed", (7, 10), "A-030")
        non = _non(row)
        number = row.digits("number", LENGTHS.get(non, ()) or LENGTHS[NON_INTERNATIONAL], "A-045")
        reason = not_foreign(number) if non == NON_INTERNATIONAL else ""
        if reason:
            row.error("number", f"{number} is no international number: {reason}", "A-045")
        columns.add(row.line, (code(dialed), code(number)), (non,))
    found = MdpColumns(columns.codes(0), columns.codes(1), columns.smalls(0), columns.lines(), file)
    report_repeats(
        opener, "this dialed number", "dialed", known_repeats((found.dialed,), found.lines), findings
    )
    return found


def _non(row: Row) -> int:
    text = row.choice("non", ("1", "3", "4"), "A-045")
    return int(text) if text else 0


def read_sdp(files: Files, file: str) -> SdpColumns:
    """Read `sdp.csv`."""
    quick = files.columns(file, plain.SDP)
    return (quick and plain.sdp(quick, file)) or _careful_sdp(files.opener(file, SDP), file, files.findings)


def _careful_sdp(opener: Opener, file: str, findings: Findings) -> SdpColumns:
    columns = Growing(1, 0)
    table = opener(findings)
    for row in table.rows() if table else ():
        columns.add(row.line, (code(row.digits("number", (10,), "A-035")),), ())
    found = SdpColumns(columns.codes(0), columns.lines(), file)
    report_repeats(opener, "this number", "number", known_repeats((found.number,), found.lines), findings)
    return found
