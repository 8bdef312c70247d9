"""Look-ups in the provisioning JSON, all by scanning the rows as they are written.

Source: A-042..A-058, A-092..A-094, A-121..A-128.
"""


def row_of(table, key):
    """The row with this key, or None."""
    for name, row in table.items():
        if name == key:
            return row
    return None


def longest(table, digits, lengths):
    """The value of the longest key, of the lengths allowed, that begins `digits`."""
    for length in sorted(lengths, reverse=True):
        for prefix, value in table.items():
            if len(prefix) == length and len(digits) >= length and digits[:length] == prefix:
                return value
    return None


def any_of(entries, digits, lengths):
    """Whether the complete number or one of its beginnings of these lengths is an entry (A-092..A-094)."""
    wanted = [digits] + [digits[:length] for length in lengths if len(digits) > length]
    return any(entry == number for number in wanted for entry in entries)


def lata_of(data, number):
    """(LATA, state) of a 10-digit number: NPANXX, else NPA, else unknown (A-047)."""
    for table, length in (("npanxx", 6), ("npa", 3)):
        for prefix, found in data["lata_map"][table].items():
            if prefix == number[:length]:
                return found
    return None, None


def same_lata(data, one, other):
    """Both known and equal (A-046, A-048)."""
    first, second = lata_of(data, one)[0], lata_of(data, other)[0]
    return first is not None and first == second


def ocs_table(customer, number):
    """The rows of the screening table that the index names, or None (A-053..A-056)."""
    name = longest(customer["ocs_index"], number, range(1, 7))
    if name is None:
        return None
    return row_of(customer["ocs_tables"], name) or {}


def station(customer, number):
    """The screening row of a number, or None."""
    return row_of(ocs_table(customer, number) or {}, number)


def class_of(customer, number):
    """General class of service (A-042, A-058)."""
    row = station(customer, number)
    return row["type"] if row else "OTHER"


def ctc_row(data, customer, ctc):
    """The call type's row: the customer's own before the network's (A-079)."""
    return row_of(customer.get("ctc_table", {}), str(ctc)) or row_of(data["ctc_table"], str(ctc))


def holds(condition, call):
    """Whether all parts but the percentage hold (A-121..A-125). Choice: without a CTC no CTC condition holds."""
    moment = call.time
    if "ctc" in condition and (call.ctc == 0 or call.ctc not in condition["ctc"]):
        return False
    if "npa" in condition and (call.non != 3 or call.number[:3] not in condition["npa"]):
        return False
    if "dow" in condition and moment.isoweekday() not in condition["dow"]:
        return False
    if "date" in condition and moment.date().isoformat() not in condition["date"]:
        return False
    if "tod" in condition:
        start, end = condition["tod"]
        now = moment.strftime("%H:%M")
        return start <= now < end if start < end else now >= start or now < end
    return True


def first_match(rules, call, draw):
    """The first rule that matches; percentages share one draw in order (A-128; Choice for A-127: 70/30 is 70 to 30)."""
    share = 0
    for rule in rules:
        condition = rule.get("if", {})
        if not holds(condition, call):
            continue
        share += 100 * condition.get("percent", 0)
        if "percent" not in condition or draw < share:
            return rule
    return None
