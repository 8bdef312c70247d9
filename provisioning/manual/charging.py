"""The files of `charging/` and a customer's contract with their columns and keys.

Source: charging design section 8.
"""

from typing import Final

from ain_scp.provisioning.check.charging import (
    accounts,
    charges,
    options,
    plans,
    services,
    tariffs,
    texts,
    times,
)
from ain_scp.provisioning.manual.entries import Entry, File, words
from ain_scp.provisioning.steps import FUNCTIONS, VERBS

_ACCOUNT: Final = "an account of accounts.csv"
_EFFECTIVE: Final = Entry("the first day it holds, YYYY-MM-DD", "2001-01-01", rule="row")
_UNTIL: Final = Entry("the first day without", "2002-01-01", "for ever", "row")
_PERCENT: Final = Entry("0 to 100, at most four decimals", "40", rule="CH-17")
_ZONE: Final = "a zone of zones.csv, INTRALATA, INTERLATA, INTERNATIONAL, TOLL_FREE, OTHER, or * for any"
_MONEY: Final = "an amount of money, at most six decimals"

TABLES: Final = (
    File(
        "charging/bands.csv", "bands of time; each scheme has every minute of the week in exactly one", times.BANDS,
        {
            "scheme": Entry("the scheme", "CELL", rule="CH-02"),
            "band": Entry("the band, named in tariffs.csv; of one scheme alone", "prime", rule="CH-03"),
            "days": Entry("digits 1 to 7, Monday first, and H for the days of holidays.csv", "12345", rule="row"),
            "from": Entry("local time HH:MM at which it begins", "07:00", rule="CH-03"),
            "to": Entry("local time before which it ends; midnight is 24:00", "19:00", rule="CH-04"),
        },
    ),
    File(
        "charging/holidays.csv", "the days that bands call H", times.HOLIDAYS,
        {
            "date": Entry("the day, YYYY-MM-DD", "2001-12-25", rule="duplicate"),
            "name": Entry("a name for people", "Christmas Day", "none"),
        },
    ),
    File(
        "charging/zones.csv", "which zone a number is in: the longest prefix", tariffs.ZONES,
        {
            "zone": Entry("the zone", "LOCAL", rule="CH-13"),
            "prefix": Entry("first digits of national numbers, or + and first digits of international ones", "925", rule="CH-13"),
        },
    ),
    File(
        "charging/tariffs.csv", "what usage costs: the first key that matches decides, its newest version on that day", tariffs.TARIFFS,
        {
            "tariff": Entry("the tariff", "STD", rule="CH-08"),
            "effective": _EFFECTIVE._replace(rule="CH-09"),
            "origin": Entry(f"where the usage comes from: {_ZONE}", "*", rule="CH-12"),
            "destination": Entry(f"where it leads: {_ZONE}", "LOCAL", rule="CH-06"),
            "cos": Entry("class of service, or * for any", "*", rule="CH-06"),
            "band": Entry("a band of bands.csv, or * for any time; one scheme a tariff", "prime", rule="CH-05"),
            "meter": Entry("what is measured: ms (talk time), or a name of your own such as octets", "ms", rule="CH-06"),
            "feature": Entry("a feature whose use this row prices besides the call", "CONFERENCE", "the usage itself"),
            "connect": Entry("price once, when anything is used", "2.00", "nothing", "CH-01"),
            "first_units": Entry("length of the first increment: s or ms of time, MB (1,000,000), or units", "60s", "no such increment", "CH-10"),
            "first_price": Entry("its price", "0.50", "nothing", "CH-10"),
            "next_units": Entry("length of each further increment", "60s", "no such increment", "CH-10"),
            "next_price": Entry("its price", "0.10", "nothing", "CH-10"),
            "increment": Entry(
                f"{words(tariffs.INCREMENTS)}: a started increment counts; only a finished one; in proportion", "up", "up", "CH-32"
            ),
            "minimum": Entry("the least that the row costs", "0.25", "no bound", "CH-01"),
            "maximum": Entry("the most that it costs", "5.00", "no bound", "CH-01"),
            "band_at": Entry(
                f"{words(tariffs.BANDS_AT)}: the whole usage by the band it began in; each increment by its own", "start", "start", "CH-32"
            ),
            "round_to": Entry("what comes of the row is rounded half up to this, once a usage", "0.01", "0.01", "CH-11"),
        },
    ),
    File(
        "charging/periods.csv", "seconds of talk granted at a time; the first row that matches", tariffs.PERIODS,
        {
            "tariff": Entry("a tariff, or * for any", "REMOTE", rule="CH-12"),
            "destination": Entry(_ZONE, "LOCAL", rule="CH-12"),
            "initial_s": Entry("seconds granted at first", "600", rule="CH-25"),
            "secondary_s": Entry("seconds granted each time after that", "60", rule="CH-25"),
        },
    ),
    File(
        "charging/cos.csv", "which zones a class of service may call; the first row that matches", charges.COS,
        {
            "cos": Entry("the class", "LOCALONLY", rule="CH-22"),
            "destination": Entry(f"{_ZONE}; the last row of a class is *", "LOCAL", rule="CH-22"),
            "allowed": Entry("Y or N", "Y", rule="row"),
        },
    ),
    File(
        "charging/taxes.csv", "taxes on bills", charges.TAXES,
        {
            "tax": Entry("the tax", "STATE", rule="CH-30"),
            "effective": _EFFECTIVE._replace(rule="CH-30"),
            "percent": _PERCENT,
            "on": Entry(f"{words(charges.TAXED)}: what it is taken on", "ALL", rule="row"),
        },
    ),
    File(
        "charging/recurring.csv", "charges of each bill, whatever is used", charges.RECURRING,
        {
            "item": Entry("its name on the bill", "Equipment rental", rule="row"),
            "effective": _EFFECTIVE,
            "until": _UNTIL,
            "owner": Entry(f"{_ACCOUNT}, plan:P, or customer:C", "plan:LINES50", rule="CH-12"),
            "per": Entry(f"{words(charges.PER)}: what it is counted by; {words(charges.COUNTED)} are numbers of a customer", "LINE", rule="row"),
            "amount": Entry(f"{_MONEY}, for each", "3.00", rule="CH-01"),
            "prorate": Entry("none, or daily: in proportion to the days it held", "daily", "none", "row"),
        },
    ),
    File(
        "charging/accounts.csv", "the accounts", accounts.ACCOUNTS,
        {
            "account": Entry("its name", "A10", rule="CH-14"),
            "name": Entry("a name for people", "Subscriber with 10.00", "none"),
            "kind": Entry(f"{words(accounts.KINDS)}", "SUBSCRIBER", "SUBSCRIBER", "row"),
            "charge_at": Entry(f"{words(accounts.CHARGE_AT)}: when a call is paid for", "DURING", "DURING", "row"),
            "opening": Entry("the balance it begins with; a minus is owed", "10.00", "0", "CH-26"),
            "credit_limit": Entry("how far below 0 the balance may go", "25.00", "0", "CH-26"),
            "overrun": Entry("how much further a call that is granted may go", "2.00", "0", "CH-01"),
            "cos": Entry("its class of service", "LOCALONLY", "FULL, which may call everything", "CH-12"),
            "warning": Entry("a profile of warnings.csv", "STANDARD", "no warnings", "CH-12"),
            "plan": Entry("its plan of plans.toml", "DOLLARP", "none", "CH-12"),
            "bill_day": Entry("day of the month of its bill, 1 to 28", "15", "that of charging.toml", "CH-33"),
            "pays": Entry("the account that pays for this one", "PARENT", "itself", "CH-14"),
            "pin": Entry("the scrypt hash of its PIN, made by ain account pin", "scrypt$...", "no PIN", "CH-21"),
            "fail": Entry(
                f"{words(accounts.FAILS)}: what happens to calls while charging cannot be asked: denied, or let through",
                "closed", "open with a credit limit, else closed", "row",
            ),
            "max_calls": Entry("how many calls may go on at once", "2", "no bound", "CH-33"),
            "valid_until": Entry("the last day on which its money may be spent", "2001-12-31", "for ever", "CH-33"),
        },
    ),
    File(
        "charging/lines.csv", "whose account a number, trunk or service is, from a day on; of one number and day the later row", accounts.LINES,
        {
            "number": Entry("the number, or the name of a trunk or service", "9255550200", rule="CH-15"),
            "account": Entry(_ACCOUNT, "A10", rule="CH-12"),
            "effective": _EFFECTIVE._replace(rule="CH-15"),
            "plan": Entry("a plan of plans.toml for this line", "FIFTY", "the account's", "CH-12"),
            "cos": Entry("a class of service for this line", "LOCALONLY", "the account's", "CH-12"),
            "kind": Entry(f"{words(accounts.LINE_KINDS)}", "LINE", "LINE", "row"),
            "switch": Entry("its switch of network/switches.csv", "SSP2004", "not known", "CH-12"),
        },
    ),
    File(
        "charging/groups.csv", "which accounts are in a group of plans.toml", accounts.GROUPS,
        {
            "group": Entry("the group", "G1", rule="CH-12"), "account": Entry(_ACCOUNT, "GA", rule="CH-12"),
            "effective": _EFFECTIVE, "until": _UNTIL,
        },
    ),
    File(
        "charging/limits.csv", "another class of service near the end of a limit; SECONDARY goes before PRIMARY", accounts.LIMITS,
        {
            "account": Entry(_ACCOUNT, "PUL50", rule="CH-12"),
            "rank": Entry("PRIMARY or SECONDARY", "PRIMARY", rule="row"),
            "measure": Entry("what is held against the limit: USE, what was spent; CREDIT, what is owed", "USE", rule="row"),
            "limit": Entry(_MONEY, "50.00", rule="CH-01"),
            "threshold": Entry("the class holds when no more than this is left", "5.00", rule="CH-01"),
            "cos": Entry("the class of service that holds then", "LOCALONLY", rule="CH-12"),
        },
    ),
    File(
        "charging/warnings.csv", "profiles of warnings; limits descend, the last row has none: the disconnect warning", accounts.WARNINGS,
        {
            "profile": Entry("the profile, named in accounts.csv", "STANDARD", rule="CH-16"),
            "message": Entry("what is said, or its number", "1", rule="row"),
            "limit": Entry("the balance below which it is given", "5.00", "the disconnect warning", "CH-16"),
            "announcement": Entry("announcement on the switches, 0 to 65535", "41", "silent", "row"),
        },
    ),
    File(
        "charging/eft.csv", "funds transfers: one of every_day and below", accounts.EFT,
        {
            "account": Entry(_ACCOUNT, "EFTLOW", rule="CH-12"),
            "amount": Entry(_MONEY, "20.00", rule="CH-01"),
            "every_day": Entry("day of the month, 1 to 28", "5", "below decides", "CH-33"),
            "below": Entry("when the balance falls below this", "5.00", "every_day decides", "row"),
        },
    ),
    File(
        "charging/shares.csv", "how a call's price is shared", accounts.SHARES,
        {
            "share": Entry("the share", "SIXTYFORTY", rule="CH-18"),
            "party": Entry(f"{words(accounts.PARTIES)}, or {_ACCOUNT}", "CALLING", rule="CH-12"),
            "percent": _PERCENT._replace(rule="CH-18"),
        },
    ),
    File(
        "charging/home_switches.csv", "whether a switch can bill in real time", accounts.HOME_SWITCHES,
        {
            "switch": Entry("a switch of network/switches.csv", "SSP2004", rule="CH-12"),
            "capable": Entry("Y or N", "Y", rule="row"),
        },
    ),
    File(
        "charging/sources.csv", "who may say something of accounts in profiles.csv", accounts.SOURCES,
        {
            "source": Entry("the source", "WIRELINE", rule="CH-12"),
            "priority": Entry("the higher wins, 0 to 1000000", "1", rule="row"),
        },
    ),
    File(
        "charging/profiles.csv", "what a source says of an account", accounts.PROFILES,
        {
            "source": Entry("a source of sources.csv", "WIRELINE", rule="CH-12"),
            "account": Entry(_ACCOUNT, "B2CUST", rule="CH-12"),
            "field": Entry("plan, tariff or cos", "tariff", rule="row"),
            "value": Entry("the plan, tariff or class", "STD", rule="CH-12"),
        },
    ),
    File(
        "charging/partitions.csv", "where the accounts of each partition are kept", accounts.PARTITIONS,
        {
            "partition": Entry("its number, from 0 to less than partitions of charging.toml", "0", rule="duplicate"),
            "host": Entry("the host", "ledger-0", rule="row"),
        },
    ),
    File(
        "charging/devices.csv", "where calls of one type to a number go", accounts.DEVICES,
        {
            "number": Entry("the number called", "9255550260", rule="row"),
            "type": Entry("VOICE, FAX or COMPUTER", "FAX", rule="row"),
            "to": Entry("where they go", "9255550262", rule="row"),
        },
    ),
    File(
        "customers/NAME/contract.csv", "what records with a flag are discounted by; keys and versions as in tariffs.csv", charges.CONTRACT,
        {
            "effective": _EFFECTIVE._replace(rule="CH-08"),
            "flag": Entry("UBR or RBR", "UBR", rule="row"),
            "percent": _PERCENT,
            "origin": Entry(_ZONE, "*", "any", "CH-12"),
            "destination": Entry(_ZONE, "*", "any", "CH-12"),
            "pair": Entry(f"{words(charges.PAIRS)} or *: which kinds of stations talk", "MIXED", "any", "row"),
            "host": Entry("host switch of an ASF-RTL call, or *", "*", "any", "CH-12"),
            "class": Entry("the station's class, or *", "*", "any", "row"),
        },
    ),
)  # fmt: skip

_STANDARD: Final = options.STANDARD
_OWNER: Final = f"{_ACCOUNT}, plan:P, group:G, or * for every account"
OPTIONS: Final = (
    File(
        "charging/charging.toml", "what holds for all charging", None,
        {
            "currency": Entry("ISO 4217, three letters", '"USD"', rule="CH-29"),
            "bill_day": Entry("day of the month of bills, 1 to 28", "15", str(_STANDARD.bill_day), "CH-33"),
            "tax_at": Entry("bill: taxes are taken on bills", '"bill"', "bill", "toml"),
            "grant": Entry(f"{words(options.GRANTS)}: time by periods.csv, or all that the balance pays for", '"periods"', "periods", "toml"),
            "default_tariff": Entry("the tariff of calls that no plan prices", '"STD"', "none", "CH-12"),
            "free_numbers": Entry("called numbers that cost nothing and are never denied; 911 is always among them", '["611"]', "none", "row"),
            "layout": Entry(f"{words(options.LAYOUTS)}: which stores a trace of billing names; nothing else depends on it", '"1"', "1", "toml"),
            "warning_lead_s": Entry("seconds before the end of what is granted at which more is asked for", "10", str(_STANDARD.warning_lead_s), "row"),
            "setup_s": Entry("seconds a call may take until it is answered", "180", str(_STANDARD.setup_s), "row"),
            "validity_s": Entry("seconds after the end of a grant until a silent call counts as lost", "120", str(_STANDARD.validity_s), "row"),
            "message_ms": Entry("milliseconds a switch waits for the message at set-up; one that comes later is not played", "300", str(_STANDARD.message_ms), "row"),
            "max_call_s": Entry("the longest call; fixed", "86400", str(_STANDARD.max_call_s), "row"),
            "keep_answers_s": Entry("seconds the answers of a call are kept after its end, for repeated requests", "3600", str(_STANDARD.keep_answers_s), "row"),
            "eft_per_day": Entry("funds transfers of one account in a day, at most", "3", str(_STANDARD.eft_per_day), "row"),
            "partitions": Entry("into how many parts the accounts are divided", "1", str(_STANDARD.partitions), "row"),
            "pin.attempts": Entry("wrong PINs until an account's is locked", "3", str(_STANDARD.pin_attempts), "row"),
            "pin.lock_s": Entry("seconds it stays locked", "900", str(_STANDARD.pin_lock_s), "row"),
            "remote.codes": Entry("codes that begin a remote call", '["*71"]', words(_STANDARD.remote_codes), "row"),
            "fax.queue": Entry("not used: each request names how many faxes wait", "0", str(_STANDARD.fax_queue), "row"),
            "fax.now_below": Entry("with fewer waiting a fax goes now", "10", str(_STANDARD.fax_now_below), "row"),
            "fax.hour_below": Entry("with fewer waiting it goes within the hour", "100", str(_STANDARD.fax_hour_below), "row"),
        },
    ),
    File(
        "charging/plans.toml", "plans with their discounts, and groups of accounts", None,
        {
            "plans.NAME.tariff": Entry("the tariff of its calls", '"STD"', "default_tariff", "CH-12"),
            "plans.NAME.name": Entry("its name in messages", '"evenings"', "the plan's own"),
            "plans.NAME.exemplary": Entry("plans it is compared with", '["FIFTY"]', "none", "CH-24"),
            "plans.NAME.pool_with": Entry("the plan in whose totals its calls count", '"VOL30"', "its own", "CH-12"),
            "plans.NAME.minimum_minutes": Entry("minutes that are paid for, used or not", "50", "0", "row"),
            "plans.NAME.shortfall_band": Entry("the band whose price unused ones have", '"prime"', "none", "CH-12"),
            "plans.NAME.discount.kind": Entry(f"[[plans.NAME.discount]]: {words(plans.KINDS)}", '"THRESHOLD"', rule="CH-19"),
            "plans.NAME.discount.percent": _PERCENT._replace(example='"10"'),
            "plans.NAME.discount.band": Entry("BAND: the band whose calls it is for", '"offpeak"', "of BAND alone", "CH-12"),
            "plans.NAME.discount.measure": Entry(f"THRESHOLD: {words(plans.MEASURES)}", '"CHARGES"', "CHARGES", "toml"),
            "plans.NAME.discount.reaches": Entry("THRESHOLD: the sum from which it holds", '"50.00"', "of THRESHOLD alone", "CH-23"),
            "plans.NAME.discount.retroactive": Entry("true: for all calls of the period; false: for what lies above", "false", "true", "toml"),
            "plans.NAME.discount.pool": Entry("ACCOUNT, PLAN or GROUP: whose calls are added up", '"GROUP"', "ACCOUNT", "CH-23"),
            "groups.NAME.plan": Entry("the plan of its members", '"FIFTY"', rule="CH-12"),
            "groups.NAME.name": Entry("its name in messages", '"family"', "the group's own"),
            "groups.NAME.max_calls": Entry("how many calls of all its accounts may go on at once", "20", "no bound", "CH-33"),
        },
    ),
    File(
        "charging/summaries.toml", "what is added up call by call: [[summary]]", None,
        {
            "summary.name": Entry("its name", '"cost_by_area"', rule="duplicate"),
            "summary.owner": Entry(_OWNER, '"*"', rule="CH-12"),
            "summary.of": Entry(words(texts.OF), '"COST"', texts.OF[0], "toml"),
            "summary.by": Entry(f"a list of one of {words(texts.BY)}", '["AREA"]', "one sum", "CH-19"),
            "summary.numbers": Entry("by NUMBER: the numbers that are kept; the rest is OTHER", '["4159212000"]', "see keys", "CH-19"),
            "summary.keys": Entry("by NUMBER: or the so many largest, approximately", "100", "see numbers", "CH-19"),
            "summary.scheme": Entry("by BAND: the scheme of bands.csv", '"CELL"', "of BAND alone", "CH-12"),
            "summary.reset": Entry(f"{words(texts.RESETS)}: when it begins again", '"PERIOD"', texts.RESETS[0], "toml"),
            "summary.bill_at": Entry("a bill is due when it reaches this", '"100.00"', "no bill", "CH-01"),
        },
    ),
    File(
        "charging/messages.toml", "what is said to a caller when a call is set up: [[message]]", None,
        {
            "message.owner": Entry(_OWNER, '"B5CUST"', rule="CH-12"),
            "message.include": Entry(f"a list of {words(texts.INCLUDES)}", '["BALANCE"]', "nothing", "toml"),
            "message.plan": Entry("the plan that savings are those of", '"PLAN_A"', "none", "CH-12"),
            "message.promo": Entry("the text of PROMO", '"10 % off weekends"', "none"),
            "message.order_number": Entry("the text of ORDER_NUMBER", '"1-800-555-5555"', "none"),
            "message.text": Entry(
                f"a text of your own; in braces {words(texts.PLACEHOLDERS)}", '"You have {BALANCE}."', "the usual one", "CH-27"
            ),
        },
    ),
)  # fmt: skip

PROGRAMS: Final = (
    File(
        "charging/services/NAME.toml", "a program of the event engine, named by its file; every step ends and every entry it keeps has a bound",
        None,
        {
            "service": Entry("the name of the file without .toml", '"DEBIT"', rule="row"),
            "keep.NAME.type": Entry(f"what the entry NAME holds: {words(services.TYPES)}", '"money"', rule="toml"),
            "keep.NAME.per": Entry("an entry of its own for each account: the event's `customer`, or the account of its line", '"customer"', "one entry in all"),
            "keep.NAME.by": Entry(f"a further key of the entry, one of {words(texts.BY)}", '["DAY"]', "none", "toml"),
            "keep.NAME.keys": Entry("the most values of `by` it may hold", "31", "1", "CH-19"),
            "keep.NAME.entries": Entry("the most rows a map may hold; a map has this key", "100000", "none but for a map", "CH-19"),
            "keep.NAME.key": Entry("what the keys of a map are, for people", '"digits"', "not said"),
            "keep.NAME.value": Entry("what the values of a map are, for people", '"digits"', "not said"),
            "keep.NAME.load": Entry("the file beside the program that fills the map, with the columns key and value", '"tollfree.csv"', "an empty map", "file"),
            "on.EVENT.do": Entry(
                f"the steps for the event, in order: `name = value`, `emit NAME {{name: value}}`, or one of {words(VERBS)}, an entry and a "
                f"value. Values have + - * < <= > >= == != and {words(FUNCTIONS)}",
                '["charge = rate()", "debit balance charge"]', "no steps", "CH-28",
            ),
            "query.NAME.arguments": Entry("what the question names", '["customer"]', "nothing"),
            "query.NAME.give": Entry("the value that answers it; it reads entries of this program", '"balance"', rule="CH-28"),
            "streams.in": Entry("a note for people: where its events come from", '["records"]', "nothing"),
            "streams.out": Entry("a note for people: where its results go", '["archive"]', "nothing"),
            "subscribe.plans": Entry("the plans whose accounts' events it gets besides those that name it", '["P1", "P2"]', "none"),
        },
    ),
    File(
        "charging/services/NAME.csv", "the rows of a map that a program loads", services.MAP,
        {
            "key": Entry("what the program asks for, once", "8005551234", rule="duplicate"),
            "value": Entry("what it is given", "4155551234", rule="row"),
        },
    ),
)  # fmt: skip

CHARGING: Final = (*OPTIONS, *TABLES, *PROGRAMS)
