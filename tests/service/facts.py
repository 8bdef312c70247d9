"""What originating and host queries share: the call's facts, its call type, and the decision they end in.

Source: requirements.md section 3, A-040..A-049, A-066..A-081; acceptance schema.
"""

from datetime import datetime

from service_scans import any_of, class_of, lata_of, same_lata

TRIGGERING = ("CENTREX", "PBX")


class Asked:
    """What both kinds of query share."""

    def __init__(self, data, query, draw):
        self.data, self.query, self.draw = data, query, draw
        self.calling = query["calling_party"]
        self.time = datetime.fromisoformat(query["time"])
        self.voice = data["bearer_is_voice"][query["bearer"]]
        self.path = []
        self.plan = self.number = self.non = self.on_net = self.cic = None
        self.special = 0
        self.calling_class, self.called_class = "OTHER", None
        self.privilege_class, self.ctc, self.ctc_source = None, 0, None
        self.screening = self.blocking = "NOT_RUN"
        self.kind, self.outcome, self.rtl_number = "NONE", None, None
        self.trunks, self.carriers, self.flag = [], [], None
        self.type, self.announcement = "ANALYZE_ROUTE", None
        self.party = self.party_non = self.original = self.original_non = None

    def steps(self, *steps):
        self.path += steps

    def announce(self, cause):
        self.type, self.announcement = "SEND_TO_RESOURCE", cause

    @property
    def asf_results(self):
        return 10 * len(self.carriers) + len(self.trunks)

    def result(self):
        self.steps("s218")
        return {
            "path": self.path, "plan": self.plan, "called_number": self.number, "called_non": self.non,
            "on_net": self.on_net, "cic": self.cic, "calling_class": self.calling_class,
            "called_class": self.called_class, "privilege_class": self.privilege_class, "ctc": self.ctc,
            "ctc_source": self.ctc_source, "screening": self.screening, "blocking": self.blocking,
            "route": {
                "kind": self.kind, "asf_results": self.asf_results, "outcome": self.outcome,
                "rtl_number": self.rtl_number,
            },
            "response": {
                "type": self.type, "announcement": self.announcement, "called_party_id": self.party,
                "called_non": self.party_non, "original_called_party_id": self.original,
                "original_called_non": self.original_non, "trunk_groups": self.trunks,
                "carriers": self.carriers, "ama_slp_id": self.flag,
            },
        }  # fmt: skip

    # The called number's own facts.

    def is_toll_free(self):
        return self.non == 3 and self.number[:3] in self.data["toll_free_npas"]

    def is_900(self):
        return self.non == 3 and (self.number[:3] == "900" or self.number[3:6] == "976")

    def look_at_called(self):
        """On-net (A-040, AMB-7) and class of service. Choice: a 7-digit routing number means the caller's area."""
        self.on_net, self.called_class = False, "OTHER"
        if self.special or self.non is None:
            return
        for row in self.customer["mdp"].values():
            number = row["number"]
            if row["non"] != 4 and len(number) == 7:
                number = (self.calling or "")[:3] + number
            if number == self.number and (row["non"] == 4) == (self.non == 4):
                self.on_net = True
        if self.non == 3 and self.number in self.customer["sdp"]:
            self.on_net = True
        if self.on_net and self.non == 3 and not self.is_toll_free() and not self.is_900():
            self.called_class = class_of(self.customer, self.number)

    def call_type(self):
        """Section 3, in its classification order."""
        if self.special:
            return self.special
        base = 100 if self.on_net else 200
        if self.non == 4:
            if any_of(self.customer["international_completion"], self.number, (3, 2, 1)):
                return base + 53
            return base + (51 if self.on_net else 52)
        if self.is_toll_free():
            return base + 41
        if self.is_900():
            return base + 9
        if same_lata(self.data, self.calling, self.number):
            if self.on_net and self.calling_class in TRIGGERING and self.called_class in TRIGGERING:
                return 111 + 10 * TRIGGERING.index(self.calling_class) + TRIGGERING.index(self.called_class)
            return base + 1
        states = lata_of(self.data, self.calling)[1], lata_of(self.data, self.number)[1]
        intrastate = states[0] is not None and states[0] == states[1]
        if self.customer["split_interstate"] and not intrastate:
            return base + 32
        return base + 31
