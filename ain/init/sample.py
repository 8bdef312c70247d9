"""The rows of the data set that `ain init` makes: one customer with a centrex site and a PBX, seven-digit dialing, a tie line.

Every file gets the meaning of its columns or keys as comments, from the same declarations that `docs/dataset.md` shows.

Source: interfaces.md section 2.
"""

import textwrap
from typing import Final

from ain_scp.provisioning.manual.entries import File
from ain_scp.provisioning.manual.files import FILES
from ain_scp.terms.vocabulary import CAUSES

CALL_TYPES: Final = """\
101,On-net intraLATA,domestic,RTL,Y,Y,Y,Y,Y,Y,Y,Y
109,On-net 900 and 976,domestic,PSTN,N,N,N,N,N,N,N,N
111,On-net intraLATA centrex to centrex,domestic,PSTN,Y,Y,Y,Y,Y,Y,Y,Y
112,On-net intraLATA centrex to PBX,domestic,PSTN,Y,Y,Y,Y,Y,Y,Y,Y
121,On-net intraLATA PBX to centrex,domestic,PSTN,Y,Y,Y,Y,Y,Y,Y,Y
122,On-net intraLATA PBX to PBX,domestic,PSTN,Y,Y,Y,Y,Y,Y,Y,Y
131,On-net interLATA,domestic,RTL,N,N,N,N,Y,Y,Y,Y
141,On-net toll free,800,PSTN,Y,Y,Y,Y,Y,Y,Y,Y
151,On-net international,international,RTL,N,N,N,N,Y,Y,Y,Y
153,On-net international of selected countries,international,RTL,N,Y,Y,Y,Y,Y,Y,Y
201,Off-net intraLATA,domestic,PSTN,N,N,Y,Y,Y,Y,Y,Y
209,Off-net 900 and 976,domestic,BLOCK,N,N,N,N,N,N,N,N
231,Off-net interLATA,domestic,RTL,N,N,N,Y,Y,Y,Y,Y
241,Off-net toll free,800,PSTN,Y,Y,Y,Y,Y,Y,Y,Y
252,Off-net international,international,RTL,N,N,N,N,N,N,Y,Y
253,Off-net international of selected countries,international,RTL,N,N,N,N,N,Y,Y,Y
261,Local operator 0-,,PSTN,N,N,N,N,N,N,Y,Y
262,Operator assisted 0+,,PSTN,N,N,N,N,N,N,Y,Y
263,Carrier operator 00-,,PSTN,N,N,N,N,N,N,Y,Y
264,Operator assisted international 01+,,PSTN,N,N,N,N,N,N,Y,Y
271,Carrier access code,,PSTN,N,N,N,N,N,N,Y,Y
281,"N11: 311, 411, 611, 911",,PSTN,Y,Y,Y,Y,Y,Y,Y,Y
282,"N11: 211, 511, 711, 811",,PSTN,N,N,Y,Y,Y,Y,Y,Y
"""
TABLES: Final[dict[str, str]] = {
    "network/switches.csv": """\
name,kind,ain,lata,role,homed_on,point_code
SSP1,5ESS,Y,656,ASF_RTL_HOST,,246-10-1
SSP2,DMS-100,Y,656,TERMINATING,,246-10-2
""",
    "network/lata.csv": "prefix,lata,state\n303,656,CO\n720,656,CO\n212,132,NY\n",
    "network/triggers.csv": """\
number,type,customer,ssp
3035551000,CDP_AC,ACME,SSP1
3035551001,CDP_AC,ACME,SSP1
3035551099,CDP_AC,ACME,SSP1
7205552000,PRIBC,ACME,SSP2
3035559000,TAT,ACME,SSP1
""",
    "network/announcements.csv": "cause,id,text\n"
    + "".join(f"{cause},{number},\n" for number, cause in enumerate(CAUSES, 1)),
    "network/call_types.csv": "ctc,name,blocking_type,asf_treatment,pc1,pc2,pc3,pc4,pc5,pc6,pc7,pc8\n" + CALL_TYPES,
    "customers/ACME/mdp.csv": """\
dialed,number,non
5551000,3035551000,3
5551001,3035551001,3
5552000,7205552000,3
""",
    "customers/ACME/sdp.csv": "number\n3035551000\n3035551001\n7205552000\n",
    "customers/ACME/ocs_index.csv": "prefix,table\n303555,DENVER\n720555,DENVER\n",
    "customers/ACME/stations.csv": """\
table,number,type,privilege_class
# the front desk may call everywhere, the lobby telephone inside only
DENVER,3035551000,CENTREX,8
DENVER,3035551001,CENTREX,5
DENVER,3035551099,CENTREX,1
DENVER,7205552000,PBX,5
""",
    "customers/ACME/privilege_control.csv": "privilege_class,emergency,international,domestic,800\n"
    + "".join(f"{level},{'Y' if level == 8 else 'N'},Y,Y,Y\n" for level in range(1, 9)),
    "customers/ACME/blocking_international.csv": "number\n53\n",
    "customers/ACME/trunk_groups.csv": """\
id,kind,caller_id,pilot,sends_access_code,implied_access_code
PRI-BOULDER,PRI,Y,7205552000,Y,
""",
    "customers/ACME/asf_rtl.csv": """\
originating,destination,primary_trunk,primary_carrier
3035559000,TIE,0000-0101,
3035559000,NIGHT,,0222
""",
}  # fmt: skip
OPTIONS: Final[dict[str, str]] = {
    "dataset.toml": 'schema = 1\nname = "acme"\ndescription = "one customer, two sites"\n',
    "network/rates.toml": 'intralata_cents_per_minute = 10\ninterlata_cents_per_minute = 20\nminute_rounding = "up"\n',
    "customers/ACME/customer.toml": """\
group_id = "ACME"
ocs = true
default_privilege_class = 1
vacant_number = "3035550100"
ubs = "ON"
ubr = "ON"
rbr = "ON"

[access_codes]
"7" = "MDP"
"9" = "SDP"

[ama_slp_ids]
UBS = "760833001"
UBR = "760833002"
RBR = "760833003"

[contract]
ubs_flat_monthly_cents_per_centrex_number = 500
ubr_discount_pct = 40
rbr_discount_pct = 50
""",
    "customers/ACME/asf.toml": """\
[[originating]]
prefix = "303555"
profile = "DENVER"

[profiles.DENVER]
rtl = [
  { ctc = [231], rtl = "3035559000" },
]
""",
    "customers/ACME/rtl.toml": """\
["3035559000"]
ssp = "SSP1"
participating = true
logic = [
  { if = { dow = [1, 2, 3, 4, 5], tod = ["08:00", "17:00"] }, outcome = "TIE" },
  { if = {}, outcome = "NIGHT" },
]
""",
}
SCENARIO: Final = """\
# A scenario: calls in simulated time, and what is expected of them. `ain run scenario.toml` places them;
# `ain run scenario.toml --ladder` shows every message.
dataset = "."
title = "First calls"
start = 2001-01-17T10:00:00

[[call]]
id = "INSIDE"
at = 2001-01-17T10:00:00
from = "3035551000"
dial = "7 5551001"            # access code, second dial tone, digits
answered = true
duration_s = 60
expect = { ctc = 111, ama_slp_id = "760833001", status = "COMPLETED" }

[[call]]
id = "LOBBY"                  # privilege class 1 may not call outside
at = 2001-01-17T10:05:00
from = "3035551099"
dial = "9 12125550000"
expect = { screening = "DENY", "response.announcement" = "SCREENED" }

[[call]]
id = "TIE-LINE"               # by day over the tie line of the host
at = 2001-01-17T10:10:00
from = "3035551000"
dial = "9 12125550000"
answered = true
duration_s = 60
expect = { ctc = 231, "legs.1.route.outcome" = "TIE", ama_slp_id = "760833003" }
"""
_NAMES: Final = {name: file for file in FILES for name in (file.name, file.name.replace("NAME", "ACME"))}


def files() -> dict[str, str]:
    """Every file by its name, with comments."""
    made = {name: _comments(name) + text for name, text in (TABLES | OPTIONS).items()}
    return made | {"scenario.toml": SCENARIO}


def _comments(name: str) -> str:
    file: File = _NAMES[name]
    lines = [file.purpose]
    for key, entry in file.entries.items():
        lines.append(f"{key}: {entry.meaning}" + (f" (absent: {entry.default})" if entry.default else ""))
    return "".join(f"{line}\n" for text in lines for line in _wrapped(text))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 116, initial_indent="# ", subsequent_indent="#   ")
