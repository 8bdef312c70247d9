"""Legal data sets made by chance: the acceptance data set with any of its parts replaced.

Numbers come from a small world of a few blocks, so that tables overlap, prefixes of every length meet and rows shadow
each other. Only what the loader accepts is made; a refused data set fails the test that made it.
"""

import copy

BLOCKS = ("925834", "925788", "415921", "415555", "213562", "916555", "212555", "510555", "809777", "253976")
ENDS = ("1234", "1235", "2345", "0000", "4000", "5678")
SPECIAL = ("8005551234", "8889760001", "9005550199", "9255550199", "8775550000")
FOREIGN = (
    "44", "442", "4420", "442079460000", "442079460999", "4420794609991", "33", "33140205050", "7", "74951234567", "81",
    "81332345678", "81332345679", "850", "53", "1", "2135622345", "925834123412345",
)  # fmt: skip
TRUNKS = ("0000-0174", "0195-2000", "0000-0180", "0000-0301")
CARRIERS = ("0222", "0333", "0388", "0700")
CODES = (
    101, 109, 111, 112, 121, 122, 131, 132, 141, 151, 153, 201, 209, 231, 232, 241, 252, 253, 261, 262, 263, 264, 271,
    281, 282,
)  # fmt: skip
DATES = ("2001-01-17", "2001-01-20", "2001-07-04")
CLOCK = ("00:00", "07:59", "08:00", "10:00", "16:59", "17:00", "23:59", "24:00")
RANKS = ("primary", "alternate", "second_alternate")
ALL_HOSTS = {"GOLDEN": ["9257893412", "9257895678"], "SILVER": ["9257890001"]}


class Changes:
    """Chance, and what it makes. Every method named `part_*` replaces one part of a customer or of the network."""

    def __init__(self, chance, base):
        self.chance = chance
        self.data = copy.deepcopy(base)

    # Words

    def odds(self, share):
        return self.chance.random() < share

    def number(self):
        if self.odds(0.1):
            return self.chance.choice(SPECIAL)
        return self.station_number()

    def station_number(self):
        return self.chance.choice(BLOCKS) + self.chance.choice(ENDS)

    def beginning(self, make, lengths):
        return make()[: self.chance.choice(lengths)]

    def foreign(self):
        return self.chance.choice(FOREIGN)

    def some(self, make, most, least=0):
        """A list of different values."""
        return list(dict.fromkeys(make() for _ in range(self.chance.randint(least, most))))

    def sample(self, values, most):
        return self.chance.sample(values, self.chance.randint(1, min(most, len(values))))

    def condition(self):
        found = {}
        if self.odds(0.6):
            found["ctc"] = self.sample(CODES, 10)
        if self.odds(0.2):
            found["npa"] = self.sample(("415", "213", "212", "925", "442", "800"), 4)
        if self.odds(0.15):
            found["dow"] = self.sample(range(1, 8), 6)
        if self.odds(0.15):
            start, end = self.chance.sample(CLOCK, 2)
            found["tod"] = [start, end] if start != "24:00" else [end, start]
        if self.odds(0.1):
            found["date"] = self.sample(DATES, 2)
        if self.odds(0.2):
            found["percent"] = self.chance.choice((1, 30, 50, 70, 100))
        return found

    def facilities(self):
        take = self.chance.randint
        return {
            "trunk_groups": self.chance.sample(TRUNKS, take(0, 3)),
            "carriers": self.chance.sample(CARRIERS, take(0, 3)),
        }

    def call_type(self):
        return {
            "name": "changed",
            "privilege": "".join(self.chance.choice("YYN") for _ in range(8)),
            "blocking_type": self.chance.choice(("international", "domestic", "800", None)),
            "asf_treatment": self.chance.choice(("RTL", "RTL", "RTL", "PSTN", "BLOCK", None)),
        }

    # Parts of the network

    def part_lata(self):
        lata, state = ("722", "722", "730", None), ("CA", "CA", "NY", None)
        keys = ("npa", 3, 9), ("npanxx", 6, 6)
        self.data["lata_map"] = {
            kind: {
                prefix: [self.chance.choice(lata), self.chance.choice(state)]
                for prefix in self.some(lambda length=length: self.beginning(self.number, (length,)), most)
            }
            for kind, length, most in keys
        }

    def part_numbering(self):
        self.data["toll_free_npas"] = self.chance.choice((["800", "888", "877"], ["888", "925"], []))
        codes = ["211", "311", "411", "511", "611", "711", "811", "911"]
        self.chance.shuffle(codes)
        cut = self.chance.randint(0, 8)
        self.data["n11"] = {"listed": codes[:cut], "other": codes[cut : self.chance.randint(cut, 8)]}
        voice = self.data["bearer_is_voice"]
        self.data["bearer_is_voice"] = {bearer: self.odds(0.7) for bearer in voice}

    def part_call_types(self):
        for ctc in self.sample(CODES, 8):
            self.data["ctc_table"][str(ctc)] = self.call_type()

    # Parts of a customer

    def part_options(self, customer):
        customer |= {key: self.chance.choice(("ON", "OFF")) for key in ("ubs", "ubr")}
        customer["rbr"] = self.chance.choice(("ON", "OFF")) if customer["rtl"] else "OFF"
        customer["split_interstate"] = self.odds(0.5)
        customer["default_privilege_class"] = self.chance.randint(1, 8)
        customer["vacant_number"] = self.number()

    def part_ocs(self, customer):
        customer["ocs"] = not customer["ocs"]

    def part_access_codes(self, customer):
        codes = {"7": "MDP", "9": "SDP"}, {"7": "SDP", "9": "MDP", "12": "SDP", "8": "MDP"}, {"8": "SDP"}
        customer["access_codes"] = dict(self.chance.choice(codes))

    def part_mdp(self, customer):
        odd = ("9692300", "0112345", "1234567", "0123456789", "1010222", "1015551234")
        for _ in range(self.chance.randint(1, 14)):
            number, non = self.number(), 3
            key = self.chance.choice(
                (self.number(), self.number()[3:], self.number()[3:], self.chance.choice(odd))
            )
            if self.odds(0.2):
                number, non = self.chance.choice([n for n in FOREIGN if len(n) >= 3 and n[0] != "1"]), 4
            elif self.odds(0.3):
                number, non = number[3:], self.chance.choice((1, 3))
            customer["mdp"][key] = {"number": number, "non": non}

    def part_sdp(self, customer):
        customer["sdp"] = self.some(self.number, 25)

    def part_index(self, customer):
        names = [*customer["ocs_tables"]]
        prefixes = self.some(lambda: self.beginning(self.station_number, (1, 2, 3, 4, 5, 6)), 12)
        customer["ocs_index"] = {prefix: self.chance.choice(names) for prefix in prefixes}
        for prefix in "9254":
            if self.odds(0.6):
                customer["ocs_index"][prefix] = self.chance.choice(names)

    def part_stations(self, customer):
        for rows in customer["ocs_tables"].values():
            for number in self.some(self.station_number, 14):
                kind = self.chance.choice(("CENTREX", "CENTREX", "PBX", "PBX", "TO"))
                rows[number] = {"type": kind, "pc": self.chance.randint(1, 8)}

    def part_own_call_types(self, customer):
        customer["ctc_table"] = {str(ctc): self.call_type() for ctc in self.sample(CODES, 6)}

    def part_control(self, customer):
        columns = ("emergency", "international", "domestic", "800")
        customer["privilege_control"] = {
            str(level): {column: self.chance.choice("YN") for column in columns} for level in range(1, 9)
        }

    def part_blocking(self, customer):
        abroad = self.some(lambda: self.beginning(self.foreign, (1, 2, 3, 4, 15)), 5)
        home = self.some(lambda: self.beginning(self.number, (3, 6, 10)), 6)
        free = self.some(lambda: self.beginning(self.number, (6, 10)), 40)
        customer["blocking"] = {"international": abroad, "domestic": home, "800": free}

    def part_completion(self, customer):
        customer["international_completion"] = self.some(
            lambda: self.beginning(self.foreign, (1, 2, 3, 4, 15)), 6
        )

    def part_emergency(self, customer):
        route = self.chance.choice((None, self.facilities(), self.facilities()))
        customer["emergency"] = {"active": True, "route": route}

    def part_trunk_groups(self, customer):
        for name in ("STG-1", "OHD-1", "PRI-1"):
            sends = self.odds(0.5)
            group = {
                "kind": "PRI",
                "caller_id": True,
                "pilot": self.station_number(),
                "sends_access_code": sends,
            }
            if not sends or self.odds(0.5):
                group["implied_access_code"] = self.chance.choice(("7", "9", "5", "12"))
            customer["trunk_groups"][name] = group

    def part_rtl(self, customer):
        """Other hosts or none, other logic, other rows."""
        hosts = ALL_HOSTS[customer["group_id"]]
        hosts = hosts[: self.chance.randint(0, len(hosts))]
        outcomes = ("TG", "CIC", "TGCIC", "EMPTY", "NOROW", "PSTN_DEFAULT", None)
        customer["rtl"] = {
            host: {
                "ssp": "SSP2014",
                "participating": self.odds(0.7),
                "logic": [
                    {"if": self.condition(), "outcome": self.chance.choice(outcomes)}
                    for _ in range(self.chance.randint(0, 6))
                ],
            }
            for host in hosts
        }
        keys = [(host, outcome) for host in hosts for outcome in outcomes[:5] if self.odds(0.8)]
        self.chance.shuffle(keys)
        customer["asf_rtl_table"] = [self.asf_row(host, outcome) for host, outcome in keys]

    def asf_row(self, host, outcome):
        row = {"originating": host, "destination": outcome}
        for kind, values in (("trunk", TRUNKS), ("carrier", CARRIERS)):
            chosen = self.chance.choices(values, k=self.chance.randint(0, 3))
            row |= {
                f"{rank}_{kind}": chosen[at] if at < len(chosen) else None for at, rank in enumerate(RANKS)
            }
        return row

    def part_profiles(self, customer):
        customer["asf_profiles"] = {name: self.profile(list(customer["rtl"])) for name in ("P1", "P2")}
        lengths = (1, 2, 3, 4, 6, 8, 10)
        prefixes = self.some(lambda: self.beginning(self.station_number, lengths), 8, 2)
        customer["asf_originating"] = {prefix: self.chance.choice(("P1", "P2")) for prefix in prefixes}

    def profile(self, hosts):
        rules = [{"if": self.condition(), **self.facilities()} for _ in range(self.chance.randint(0, 4))]
        if not hosts or self.odds(0.2):
            return {"rules": rules}
        either = lambda: self.chance.choice((self.number, self.foreign))()  # noqa: E731 - a word, not a function
        rows = [{"number": key} for key in self.some(either, 3)]
        rows += [{"prefix": key} for key in self.some(lambda: self.beginning(either, (1, 2, 3, 4, 6, 9)), 3)]
        rows += [{"ctc": self.sample(CODES, 8)} for _ in range(self.chance.randint(0, 3))]
        self.chance.shuffle(rows)
        return {"rules": rules, "rtl": [row | {"rtl": self.chance.choice(hosts)} for row in rows]}

    # Together

    def legal(self):
        """Mend what the parts broke between each other, and give the data set."""
        data = self.data
        data["triggers"] = {text: row for text, row in data["triggers"].items() if row["type"] != "TAT"}
        for name, customer in data["customers"].items():
            hosts = customer["rtl"]
            for host, values in hosts.items():
                data["triggers"][host] = {"type": "TAT", "customer": name, "ssp": values["ssp"]}
            if not hosts:
                customer["rbr"] = "OFF"
                for profile in customer["asf_profiles"].values():
                    profile.pop("rtl", None)
            for profile in customer["asf_profiles"].values():
                for row in profile.get("rtl", ()):
                    row["rtl"] = row["rtl"] if row["rtl"] in hosts else next(iter(hosts))
            customer["asf_rtl_table"] = [
                row for row in customer["asf_rtl_table"] if row["originating"] in hosts
            ]
            entries = customer["blocking"]["800"]
            customer["blocking"]["800"] = [text for text in entries if text[:3] in data["toll_free_npas"]]
            self.mend_classes(name, customer)
        return data

    def mend_classes(self, name, customer):
        """With OCS each row but TO has a class and each class a control row; a TO number never triggers."""
        if customer["ocs"] and not customer["privilege_control"]:
            self.part_control(customer)
        for rows in customer["ocs_tables"].values():
            for number, row in rows.items():
                if row["type"] == "TO" and self.data["triggers"].get(number, {}).get("customer") == name:
                    row["type"] = "PBX"
                if customer["ocs"] and row["type"] != "TO" and row["pc"] is None:
                    row["pc"] = self.chance.randint(1, 8)

    def part_triggers(self):
        """More numbers trigger, for either customer."""
        for number in self.some(self.station_number, 20, 5):
            name = self.chance.choice(list(self.data["customers"]))
            self.data["triggers"][number] = {"type": "CDP_AC", "customer": name, "ssp": "SSP2004"}


NETWORK = ("lata", "numbering", "call_types", "triggers")
CUSTOMER = (
    "ocs", "options", "access_codes", "mdp", "sdp", "index", "stations", "own_call_types", "control", "blocking",
    "completion", "emergency", "trunk_groups", "rtl", "profiles",
)  # fmt: skip
PARTS = (*NETWORK, *(f"{name} {part}" for name in ALL_HOSTS for part in CUSTOMER))


def changed(chance, base, parts):
    """The acceptance data set with these parts replaced, in their order."""
    changes = Changes(chance, base)
    for part in PARTS:
        if part in parts:
            *name, kind = part.split(" ")
            getattr(changes, f"part_{kind}")(*(changes.data["customers"][one] for one in name))
    return changes.legal()
