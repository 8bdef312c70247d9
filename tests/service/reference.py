"""A second opinion: the service logic as one slow page, straight on the provisioning JSON, every table scanned by eye.

Written from the requirements alone, so that a misreading in the product shows as a difference. No table is compiled,
no prefix tree is walked: each look-up is a loop over the rows as they are written. What the text leaves open is decided
here on its own; the decisions carry "Choice:" below and are those of docs/design.md where it names one.

Source: requirements.md A-001..A-226, sections 2, 3, 4; acceptance schema.
"""

from service_facts import TRIGGERING, Asked
from service_scans import (
    any_of,
    class_of,
    ctc_row,
    first_match,
    longest,
    ocs_table,
    row_of,
    same_lata,
    station,
)


class Undecidable(Exception):
    """The query has no trigger entry (A-260)."""


def evaluate(data, query, draw=0):
    """The decision on one query of the acceptance schema, or {"error": ...}."""
    try:
        if query["message"] == "TERMINATION_ATTEMPT":
            return Host(data, query, draw).decide()
        return Call(data, query, draw).decide()
    except Undecidable as reason:
        return {"error": str(reason)}


# What docs/numbers.md says of digits, form by form


def reading(dialed):
    """# ends dialing; 011 1 and ten digits are the NANP's own 1 and ten digits."""
    dialed = dialed.split("#")[0]
    return dialed[3:] if dialed[:4] == "0111" and len(dialed) == 14 else dialed


def is_911_dialed(code, dialed):
    """911 with or without access code, behind 0, 1 or a carrier code, and whatever follows it (A-103)."""
    behind = dialed[7:] if dialed[:3] == "101" and len(dialed) > 7 else dialed
    if any(behind.startswith(begin + "911") for begin in ("", "0", "00", "1")) or dialed == "9911":
        return True
    whole = code + dialed
    return code != "" and (whole == "911" or (code == "9" and dialed[:2] == "11"))


def foreign(number):
    """A country code and more, 3 to 15 digits: none begins with 0, and 1 is the NANP."""
    return 3 <= len(number) <= 15 and number[0] in "23456789"


def nanp(number):
    """NXX-XXXX or NXX-NXX-XXXX, N from 2 to 9, no N11."""
    codes = {7: [number[:3]], 10: [number[:3], number[3:6]]}.get(len(number), [])
    return bool(codes) and all(code[0] in "23456789" and code[1:] != "11" for code in codes)


class Call(Asked):
    """An originating query: Figs. 2, 3 and 9."""

    def __init__(self, data, query, draw):
        super().__init__(data, query, draw)
        trigger = row_of(data["triggers"], self.calling)
        if trigger is None or trigger["type"] == "TAT":  # Choice: an RTL number originates nothing
            raise Undecidable("no trigger")
        self.customer = data["customers"][trigger["customer"]]
        self.calling_class = class_of(self.customer, self.calling)

    def decide(self):
        self.steps("s100")
        self.plan = row_of(self.customer["access_codes"], self.access_code())
        self.dialed = reading(self.query["dialed"])
        if is_911_dialed(self.query.get("access_code") or "", self.dialed):
            self.dialed = "911"  # completed with an access code of another plan, of no plan, and with none
        elif self.plan is None:
            self.announce("UNKNOWN_ACCESS_CODE")
            return self.result()
        self.steps("s110" if self.plan == "MDP" else "s112")
        if not (self.manipulated() if self.plan == "MDP" else False) and not self.public():
            return self.vacant()
        self.look_at_called()
        self.steps("s120", "s1000")
        if not self.customer["ocs"]:
            self.screening = "NOT_SUBSCRIBED"
            self.steps("s1002")
        elif not self.screen():
            return self.result()
        self.steps("s130")
        if not self.pass_blocking():
            self.steps("s216")
            return self.result()
        self.route()
        self.steps("s216")
        return self.result()

    def access_code(self):
        code = self.query.get("access_code")
        if code is None:
            group = row_of(self.customer["trunk_groups"], self.query.get("trunk_group"))
            code = group.get("implied_access_code") if group and not group["sends_access_code"] else None
        return code

    # s110, s112

    def manipulated(self):
        """A-030..A-033, A-038: the row of the dialed digits, a leading 1 before 10 digits ignored."""
        dialed = self.dialed
        if len(dialed) == 11 and dialed[0] == "1":
            dialed = dialed[1:]
        row = row_of(self.customer["mdp"], dialed)
        if row is None:
            return False
        self.number, self.non = row["number"], 4 if row["non"] == 4 else 3
        if self.non == 3 and len(self.number) == 7:
            self.number = self.calling[:3] + self.number
        return True

    def public(self):
        """A-034..A-037: digits as the public network reads them. False when they mean nothing.

        Choice: 7 digits after an MDP miss never mean anything, whatever they begin with (AMB-4, to the letter).
        """
        dialed = self.dialed
        if not (dialed.isascii() and dialed.isdigit()) or (self.plan == "MDP" and len(dialed) == 7):
            return False
        if dialed.startswith("101") and len(dialed) >= 7:
            return self.read_carrier_call(dialed[3:7], dialed[7:])
        return self.read_n11(dialed) or self.read_operator(dialed) or self.read_number(dialed)

    def read_carrier_call(self, carrier, rest):
        """Choice: N11 codes other than 911 mean nothing there; nothing at all is cut through to the carrier."""
        rest = reading(rest)
        if not rest:
            self.number, self.cic, self.special = self.dialed, carrier, 271
            return True
        if not self.read_operator(rest) and not self.read_number(rest):
            return False
        self.cic, self.special = carrier, 271
        return True

    def read_n11(self, dialed):
        """Choice: 911 is one of the listed codes even where nobody listed it (A-103)."""
        if dialed == "911" or dialed in self.data["n11"]["listed"]:
            self.special = 281
        elif dialed in self.data["n11"]["other"]:
            self.special = 282
        else:
            return False
        self.number = dialed
        return True

    def read_operator(self, dialed):
        """0+ is followed by a NANP number, 01+ by a foreign one."""
        if dialed in ("0", "00"):
            self.special = 261 if dialed == "0" else 263
        elif dialed.startswith("01") and not dialed.startswith("011") and foreign(dialed[2:]):
            self.special = 264
        elif dialed.startswith("0") and nanp(dialed[1:]):
            self.special = 262
        else:
            return False
        self.number = dialed
        return True

    def read_number(self, dialed):
        """International, 1 + 10 digits, 10 digits, 7 digits; 950-XXXX is a carrier's number in every area."""
        if dialed.startswith("011"):
            self.number, self.non = dialed[3:], 4
            return foreign(dialed[3:])
        if len(dialed) == 11 and dialed[0] == "1":
            dialed = dialed[1:]
        if not nanp(dialed):
            return False
        if dialed[-7:-4] == "950":
            self.number, self.special = dialed[-7:], 271
            return True
        if len(dialed) == 7:
            dialed = self.calling[:3] + dialed
        self.number, self.non = dialed, 3
        return True

    def vacant(self):
        """7 digits without a meaning (AMB-4). Choice: so do all other digits without one."""
        self.number = self.non = None
        self.announcement = "VACANT_NUMBER"
        self.party, self.party_non = self.customer["vacant_number"], 3
        return self.result()

    def is_911(self):
        """The service code; 011 + 911 is an international number."""
        return self.number == "911" and self.special > 0

    # s120

    def screen(self):
        """Fig. 3. False when the call ends here."""
        self.steps("s1004")
        table = ocs_table(self.customer, self.calling)
        if table is None and not self.is_911():
            self.screening = "PROVISIONING_ERROR"
            self.announcement = "VACANT_NUMBER"
            self.party, self.party_non = self.customer["vacant_number"], 3
            return False
        row = station(self.customer, self.calling)
        self.privilege_class = (row and row["pc"]) or self.customer["default_privilege_class"]
        self.steps("s1008", "s1010")
        self.ctc, self.ctc_source = self.call_type(), "OCS"
        cells = ctc_row(self.data, self.customer, self.ctc)
        if self.is_911() or (cells and cells["privilege"][self.privilege_class - 1] == "Y"):
            self.screening = "ALLOW"
            self.steps("s1012")
            return True
        self.screening = "DENY"
        self.announce("SCREENED")
        self.steps("s1014", "s216")
        return False

    # s130

    def control(self, column):
        return self.customer["privilege_control"][str(self.privilege_class)][column] == "Y"

    def emergency(self):
        return self.customer["ocs"] and self.customer["emergency"]["active"] and not self.is_911()

    def pass_blocking(self):
        """s130: emergency calling, then the table of the call type. False when the call is blocked."""
        if self.emergency() and not self.control("emergency"):
            self.blocking = "BLOCK_EMERGENCY"
            self.announce("BLOCKED_EMERGENCY")
            return False
        row = ctc_row(self.data, self.customer, self.ctc) if self.ctc else None
        kind = row and row["blocking_type"]
        if not kind:
            self.blocking = "NOT_APPLICABLE"
            return True
        if not self.control(kind):
            self.blocking = "BYPASSED"
            return True
        lengths = {"international": (3, 2, 1), "domestic": (6, 3), "800": (6,)}[kind]
        if not any_of(self.customer["blocking"][kind], self.number, lengths):
            self.blocking = "PASS"
            return True
        self.blocking = f"BLOCK_{kind.upper()}"
        self.announce(f"BLOCKED_{kind.upper()}")
        return False

    # s200

    def route(self):
        """Section 4.6, leg 1."""
        self.steps("s200")
        self.party, self.party_non = self.number, self.non
        route = self.customer["emergency"]["route"]
        profile = self.profile()
        if self.emergency() and route and (route["trunk_groups"] or route["carriers"]):
            self.use(route)
        elif profile.get("rtl"):
            if self.ctc == 0:
                self.ctc, self.ctc_source = self.call_type(), "ASF_RTL"
            treatment = (ctc_row(self.data, self.customer, self.ctc) or {}).get("asf_treatment")
            if treatment == "BLOCK" and not self.is_911():  # always completed
                self.steps("s208")
                self.party = self.party_non = None
                self.announce("CTC_BLOCKED")
                return
            undisturbed = self.special > 0  # never sent to a host
            rtl = self.rtl_row(profile["rtl"]) if treatment == "RTL" and not undisturbed else None
            if rtl is not None:
                self.to_host(rtl["rtl"])
                return
            self.by_rules(profile)
        else:
            self.by_rules(profile)
        self.steps("s202", "s204", "s3000")
        self.bill()

    def profile(self):
        name = longest(self.customer["asf_originating"], self.calling, range(1, 11))
        return row_of(self.customer["asf_profiles"], name) or {}

    def rtl_row(self, rows):
        """Exact number, longest prefix, then CTC (A-132)."""
        for row in rows:
            if row.get("number") == self.number:
                return row
        prefixes = {row["prefix"]: row for row in rows if "prefix" in row}
        found = longest(prefixes, self.number, range(1, 16))
        if found is not None:
            return found
        for row in rows:
            if self.ctc in row.get("ctc", ()):
                return row
        return None

    def by_rules(self, profile):
        """CRS and CCS; operator, carrier access and N11 calls pass undisturbed (A-037, AMB-25)."""
        self.kind = "PSTN"
        if self.special:
            return
        rule = first_match(profile.get("rules", ()), self, self.draw)
        if rule is not None:
            self.use(rule)

    def use(self, facilities):
        self.trunks = list(facilities.get("trunk_groups") or ())
        self.carriers = list(facilities.get("carriers") or ())
        names = {(0, 0): "PSTN", (1, 0): "CRS", (0, 1): "CCS", (1, 1): "CRS_CCS"}
        self.kind = names[bool(self.trunks), bool(self.carriers)]

    def to_host(self, number):
        """s208 and s210 (A-140, A-190)."""
        self.steps("s208", "s210")
        self.kind, self.rtl_number = "ASF_RTL", number
        self.original, self.original_non = self.number, self.non
        self.party, self.party_non = number, 3
        hosts = self.customer["rtl"].values()
        full = all(host["participating"] for host in hosts)
        if (
            self.customer["rbr"] == "ON"
            and full
            and self.voice
            and same_lata(self.data, self.calling, number)
        ):
            self.flag = self.customer["ama_slp_ids"]["RBR"]

    # s204

    def bill(self):
        """Fig. 9 with section 4.1."""
        if self.ctc == 0:
            self.steps("s3018", "s3020", "s3022")
            if self.calling_class not in TRIGGERING or self.called_class not in TRIGGERING:
                self.steps("s3008")
                return
            self.steps("s3024")
            if not same_lata(self.data, self.calling, self.number):
                self.steps("s3008")
                return
            self.steps("s3026")
            self.ctc, self.ctc_source = self.call_type(), "BILLING"
        for ctc, step in ((111, "s3002"), (112, "s3010"), (121, "s3012"), (122, "s3014")):
            self.steps(step)
            if self.ctc == ctc and self.asf_results == 0:
                self.flag_for(ctc)
                return
        self.steps("s3016", "s3008")

    def flag_for(self, ctc):
        """s3004, then s3006 with the subscription (AMB-47, AMB-54)."""
        ubs, ubr = self.customer["ubs"] == "ON", self.customer["ubr"] == "ON"
        subscribed = {111: ubs, 112: ubs and ubr, 121: ubs and ubr, 122: ubr}[ctc]
        if self.voice and subscribed:
            self.flag = self.customer["ama_slp_ids"]["UBS" if ctc == 111 else "UBR"]
        self.steps("s3004", "s3006" if self.flag else "s3008")


class Host(Asked):
    """A host switch's query: Fig. 5."""

    def decide(self):
        trigger = row_of(self.data["triggers"], self.query["called_party"])
        if trigger is None or trigger["type"] != "TAT":
            raise Undecidable("no trigger")
        self.customer = self.data["customers"][trigger["customer"]]
        if self.calling is not None:
            self.calling_class = class_of(self.customer, self.calling)
        self.number, self.non = self.query["original_called_party"], self.query["original_called_non"]
        self.read_original()
        self.steps("s2110", "s2112", "s2114")
        if not self.authorized(trigger["customer"]):
            self.announce("RTL_UNAUTHORIZED")
        else:
            self.rtl_number, self.kind = self.query["called_party"], "ASF_RTL_HOST"
            self.steps("s2116", "s2118", "s2120", "s2122")
            self.ctc, self.ctc_source = self.call_type(), "ASF_RTL"
            self.follow()
        self.steps("s2124")
        return self.result()

    def read_original(self):
        """Choice: what is no number of its nature is no original called number; a refused call still tells it."""
        number, non = self.number, self.non
        if number and non is None:
            non = 3 if len(number) == 10 else 4
        sound = number and number.isascii() and number.isdigit()
        if sound and non == 4 and len(number) == 11 and number[0] == "1":
            number, non = number[1:], 3
        if sound and ((non == 3 and len(number) == 10) or (non == 4 and foreign(number))):
            self.number, self.non = number, non
            self.look_at_called()
        else:
            self.number = self.non = None

    def authorized(self, customer):
        """AMB-36: a triggering number of the same customer, not TO, and an original called number."""
        caller = row_of(self.data["triggers"], self.calling)
        return (
            caller is not None
            and caller["customer"] == customer
            and caller["type"] != "TAT"
            and self.calling_class != "TO"
            and self.number is not None
        )

    def follow(self):
        """s2120 and s2122: section 4.6, host."""
        node = first_match(self.customer["rtl"][self.rtl_number]["logic"], self, self.draw)
        self.outcome = node and node.get("outcome")
        if self.outcome is None:
            self.announce("RTL_NO_OUTCOME")
            return
        if self.outcome != "PSTN_DEFAULT":
            row = self.table_row()
            if row is None:
                self.announce("RTL_NO_ROW")
                return
            if not row["primary_trunk"] and not row["primary_carrier"]:
                self.announce("RTL_INVALID_ROW")
                return
            ranks = ("primary", "alternate", "second_alternate")
            self.trunks = [row[f"{rank}_trunk"] for rank in ranks if row[f"{rank}_trunk"]]
            self.carriers = [row[f"{rank}_carrier"] for rank in ranks if row[f"{rank}_carrier"]]
        self.party, self.party_non = self.number, self.non

    def table_row(self):
        for row in self.customer["asf_rtl_table"]:
            if row["originating"] == self.rtl_number and row["destination"] == self.outcome:
                return row
        return None
