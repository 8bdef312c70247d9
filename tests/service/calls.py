"""Calls worth asking about one data set: what its tables name, near misses of it, and every other way to dial.

A seeded source of chance makes the same calls every time.
"""

BEARERS = ("SPEECH", "SPEECH", "SPEECH", "AUDIO_3K1", "FAX", "MODEM_56", "RDI_56", "UDI_64")
TIMES = (
    "2001-01-17T10:00:00", "2001-01-17T07:59:59", "2001-01-17T08:00:00", "2001-01-17T16:59:59",
    "2001-01-17T17:00:00", "2001-01-20T10:00:00", "2001-01-21T23:59:59", "2001-01-22T00:00:00",
    "2001-07-04T12:00:00",
)  # fmt: skip
CARRIERS = ("0222", "0333", "0288", "5555")
ODD = (
    "", "0", "00", "01", "011", "0114", "1", "10", "101", "1010", "1010222", "10102220", "101022200", "1010222911",
    "10102221911", "1010222411", "1911", "911", "411", "511", "211", "111", "011911", "0911", "00911", "001", "0011",
    "99", "555", "5551", "555123", "1555123", "15551234", "0123456", "1234567", "0123456789", "1234567890",
    "10123456789", "011" + "4" * 15, "011" + "4" * 16, "9" * 12, "1" + "9" * 11, "01" + "4" * 15, "0" + "9" * 15,
    "911#", "9111", "9112000", "9112000000", "19115551234", "0911#", "11", "11#", "1155", "1", "#", "0#", "411#", "9212000#",
    "01133140205050#", "9212000#5", "01114159215678", "01119005550199", "011180055512", "0111", "011044207946000",
    "010442079460", "01144", "011442", "0144", "014412", "9500222", "4159500222", "14159500222", "09500222", "4112000",
    "4154112000", "4112000000", "1010222#", "101022211", "10102220111415921567", "101022201114159215678",
    "4151234567", "4150234567", "1976123", "12139761234", "18005551234", "19005550199", "9005550199",
)  # fmt: skip


class Calls:
    """What one data set gives to dial from, and to dial."""

    def __init__(self, data):
        self.data = data
        self.triggers = data["triggers"]
        self.callers = [n for n, row in self.triggers.items() if row["type"] != "TAT"]
        self.hosts = [n for n, row in self.triggers.items() if row["type"] == "TAT"]
        self.codes = sorted({code for c in data["customers"].values() for code in c["access_codes"]})
        self.named = {name: self.numbers(row) for name, row in data["customers"].items()}

    def numbers(self, customer):
        """Every number and prefix that a customer's tables hold, by what may be dialed for it."""
        national = [*customer["sdp"], *(n for table in customer["ocs_tables"].values() for n in table)]
        foreign = [*customer["blocking"]["international"], *customer["international_completion"]]
        for row in customer["mdp"].values():
            (foreign if row["non"] == 4 else national).append(row["number"])
        national += [*customer["blocking"]["domestic"], *customer["blocking"]["800"], *customer["rtl"]]
        for profile in customer["asf_profiles"].values():
            for row in profile.get("rtl", ()):
                national.append(row.get("number") or row.get("prefix") or "900")
                foreign.append(national[-1])
        tested = [rule for profile in customer["asf_profiles"].values() for rule in profile.get("rules", ())]
        tested += [node for host in customer["rtl"].values() for node in host["logic"]]
        national += [npa for rule in tested for npa in rule["if"].get("npa", ())]
        national += [*self.data["lata_map"]["npa"], *self.data["lata_map"]["npanxx"]]
        national += self.data["toll_free_npas"] + ["900", "213976", "976"]
        keys = list(customer["mdp"]) or ["5551000"]
        return keys, national, foreign or ["44"]

    def make(self, chance):
        """One query."""
        if self.hosts and chance.random() < 0.15:
            return self.to_host(chance)
        caller = chance.choice(self.callers) if chance.random() < 0.97 else self.digits(chance, "925834", 10)
        customer = self.triggers.get(caller, {}).get("customer") or chance.choice(list(self.named))
        codes = list(self.data["customers"][customer]["access_codes"]) or ["7"]
        code = (
            chance.choice(codes) if chance.random() < 0.95 else chance.choice([*self.codes, None, "5", "79"])
        )
        groups = self.data["customers"][customer]["trunk_groups"]
        group = chance.choice([*groups, "NO-SUCH"]) if groups and chance.random() < 0.2 else None
        if group in groups and not groups[group]["sends_access_code"] and chance.random() < 0.8:
            code = None
        return {
            "message": "INFO_ANALYZED", "trigger": chance.choice(("CDP_AC", "OHD", "PRIBC")), "ssp": "SSP2004",
            "calling_party": caller, "trunk_group": group, "access_code": code,
            "dialed": self.dialed(chance, customer), "bearer": chance.choice(BEARERS),
            "time": chance.choice(TIMES),
        }  # fmt: skip

    def to_host(self, chance):
        called = chance.choice(self.hosts) if chance.random() < 0.97 else chance.choice(self.callers)
        customer = self.triggers[called]["customer"]
        kind = chance.random()
        original, non = self.national(chance, customer), 3
        if kind < 0.25:
            original, non = self.foreign(chance, customer), 4
        elif kind < 0.30:
            original = non = None
        everyone = [*self.callers, *self.hosts, "3125550000", None, *self.named[customer][1]]
        calling = chance.choice(self.callers if chance.random() < 0.85 else everyone)
        return {
            "message": "TERMINATION_ATTEMPT", "trigger": "TAT", "ssp": "SSP2014", "calling_party": calling,
            "called_party": called, "called_non": 3, "original_called_party": original,
            "original_called_non": non, "bearer": chance.choice(BEARERS), "time": chance.choice(TIMES),
        }  # fmt: skip

    def digits(self, chance, start, length):
        """`start` carried on to `length` digits; now and then one digit is changed."""
        text = start + "".join(chance.choice("0123456789") for _ in range(length - len(start)))
        if chance.random() < 0.08:
            at = chance.randrange(length)
            text = text[:at] + chance.choice("23456789") + text[at + 1 :]
        return text[:length]

    def national(self, chance, customer):
        start = (
            chance.choice(self.named[customer][1]) if chance.random() < 0.85 else chance.choice("23456789")
        )
        return self.digits(chance, start, 10)

    def foreign(self, chance, customer):
        start = (
            chance.choice(self.named[customer][2]) if chance.random() < 0.85 else chance.choice("123456789")
        )
        if chance.random() < 0.3:
            return start
        return self.digits(chance, start, max(len(start), chance.randint(4, 15)))

    def dialed(self, chance, customer):
        kind = chance.randrange(20)
        number = self.national(chance, customer)
        if kind < 5:
            key = chance.choice(self.named[customer][0])
            key = key if chance.random() < 0.9 else self.digits(chance, key[:-1], len(key))
            return "1" + key if len(key) == 10 and chance.random() < 0.5 else key
        if kind < 9:
            return number
        if kind < 12:
            return "1" + number
        if kind < 14:
            return "011" + self.foreign(chance, customer)
        if kind == 14:
            return number[3:]
        if kind == 15:
            return "0" + number
        if kind == 16:
            return "01" + self.foreign(chance, customer)
        if kind == 17:
            after = (
                number,
                "1" + number,
                number[3:],
                "0",
                "011" + self.foreign(chance, customer),
                "0" + number,
            )
            return "101" + chance.choice(CARRIERS) + chance.choice(after)
        if kind == 18:
            return chance.choice("2345678") + "11" if chance.random() < 0.5 else "911"
        return chance.choice(ODD)
