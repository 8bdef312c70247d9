"""`services/tollfree/`: records, templates and their branches.

Source: B4-012; rules TFS-01 to TFS-14.
"""

from typing import Final
from zoneinfo import ZoneInfo

from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.check.findings import hint, shown
from ain_scp.provisioning.check.options import Section
from ain_scp.provisioning.check.services.cells import (
    FOLDER,
    Known,
    check_alike,
    is_carrier_or_lec,
    is_number,
    read_if,
    slp_id,
)
from ain_scp.provisioning.csv_rows import Row
from ain_scp.provisioning.rows_services import (
    Branch,
    RecordRow,
    Template,
    TollFreeOptions,
    TollFreeRows,
)
from ain_scp.terms.conditions import ALWAYS, Condition
from ain_scp.terms.origin_questions import ORIGIN_KINDS
from ain_scp.terms.questions import Question

HERE: Final = f"{FOLDER}/tollfree"
FILES: Final = ("tollfree.toml", "records.csv", "templates.toml")
RECORDS: Final = (("number", "status"), ("carrier_intra", "carrier_inter", "tel", "template"))
STATUSES: Final = ("WORKING", "DISCONNECTED")
DIAL: Final = "DIAL"
NEEDED: Final = ("TF_VACANT", "TF_DISCONNECTED")
"""Causes that need an announcement whatever the templates name."""


def read_tollfree(files: Files, known: Known) -> TollFreeRows | None:
    """Read the folder; None when the data set has none."""
    if not files.has(HERE):
        return None
    files.open_folder(HERE, FILES)
    section = files.options(f"{HERE}/tollfree.toml")
    options = _options(section) if section else TollFreeOptions()
    given = files.options(f"{HERE}/templates.toml")
    templates = tuple(_template(given, name, known, options) for name in given) if given else ()
    names = {row.name for row in templates} if files.read(f"{HERE}/templates.toml") else None
    records = _records(files, known, options, names)
    used = {row.template for row in records if row.template}
    for row in templates:
        if row.name not in used and files.read(f"{HERE}/records.csv"):
            files.findings.warn(*row.where, 1, f"template {row.name}: no record uses it", "TFS-13")
    missing = [cause for cause in NEEDED if cause not in known.causes]
    if missing and records:
        text = f"no announcement for {', '.join(missing)} in network/announcements.csv"
        files.findings.error(f"{HERE}/records.csv", 0, 0, text, "TFS-10")
    return TollFreeRows(options, records, templates)


def _options(section: Section) -> TollFreeOptions:
    options = TollFreeOptions(
        ama_slp_id=slp_id(section, "A-225"),
        timezone=_timezone(section),
        notify=section.flag("notify"),
        pots=section.flag("pots"),
    )
    section.finish()
    return options


def _timezone(section: Section) -> str:
    name = section.text("timezone")
    if name and not _is_zone(name):
        section.error("timezone", f"timezone {shown(name)} is not known: America/Chicago, UTC ...", "TFS-11")
        return ""
    return name


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # ZoneInfoNotFoundError is a LookupError
        return False
    return True


# Records


def _records(
    files: Files, known: Known, options: TollFreeOptions, templates: set[str] | None
) -> tuple[RecordRow, ...]:
    table = files.table(f"{HERE}/records.csv", RECORDS)
    found: dict[str, RecordRow] = {}
    for row in table.rows() if table else ():
        number = _record_number(row, known, pots=options.pots)
        if number in found:
            first = found[number].where.line
            row.error("number", f"number {number} is already in line {first}", "TFS-02")
        record = RecordRow(
            number,
            row.get("status"),
            row.get("carrier_intra"),
            row.get("carrier_inter"),
            row.get("tel"),
            row.get("template"),
            row.where,
        )
        _check_record(row, record, known, templates)
        if number:
            found.setdefault(number, record)
    return tuple(found.values())


def _record_number(row: Row, known: Known, *, pots: bool) -> str:
    number = row.get("number")
    if is_number(number) and (pots or known.is_toll_free(number)):
        return number
    what = "10 digits" if not is_number(number) else "a toll free number (pots = true allows others)"
    row.error("number", f"number {shown(number)} is not {what}", "TFS-01")
    return ""


def _check_record(row: Row, record: RecordRow, known: Known, templates: set[str] | None) -> None:
    working = record.status == "WORKING"
    if record.status not in STATUSES:
        close = hint(record.status, STATUSES)
        row.error("status", f"status {shown(record.status)} is not {' or '.join(STATUSES)}{close}", "TFS-03")
    if record.tel and not _is_tel(record.tel, known):
        row.error("tel", _bad_tel(record.tel), "TFS-04")
    if working and bool(record.tel) == bool(record.template):
        both = "both tel and template" if record.tel else "neither tel nor template"
        row.error("tel", f"a working number has {both}", "TFS-05")
    _check_carriers(row, record, working=working)
    if record.template and templates is not None and record.template not in templates:
        close = hint(record.template, templates)
        row.error("template", f"template {shown(record.template)} is not in templates.toml{close}", "TFS-07")


def _check_carriers(row: Row, record: RecordRow, *, working: bool) -> None:
    for column in ("carrier_intra", "carrier_inter"):
        text = row.get(column)
        if text and not is_carrier_or_lec(text):
            row.error(column, f"{column} {shown(text)} is neither 4 digits nor LEC", "TFS-06")
            return
    if working and record.tel and not record.carrier_inter:
        text = "tel without carrier_inter: an interLATA call has no carrier (LEC sends none)"
        row.error("carrier_inter", text, "TFS-06")


def _is_tel(text: str, known: Known) -> bool:
    return text == DIAL or (is_number(text) and not known.is_toll_free(text))


def _bad_tel(text: str) -> str:
    if is_number(text):
        return f"tel {text} is a toll free number: it would be asked for again"
    return f"tel {shown(text)} is neither 10 digits nor {DIAL}"


# Templates


def _template(parent: Section, name: str, known: Known, options: TollFreeOptions) -> Template:
    section = parent.section(name)
    zone = _timezone(section)
    if zone and not options.timezone:
        text = "timezone without one in tollfree.toml: the SCP's own calendar is not known"
        section.error("timezone", text, "TFS-11")
    intra, inter = _carrier(section, "carrier_intra"), _carrier(section, "carrier_inter")
    branches = tuple(
        _branch(section, at, one, inter, known) for at, one in enumerate(section.sections("logic"))
    )
    section.finish()
    _check_order(section, branches)
    check_alike(section, "logic", (one.condition for one in branches), "TFS-14")
    return Template(name, zone, intra, inter, branches, section.where)


def _carrier(section: Section, key: str) -> str:
    text = section.text(key)
    if text and not is_carrier_or_lec(text):
        section.error(key, f"{key} {shown(text)} is neither 4 digits nor LEC", "TFS-06")
        return ""
    return text


def _branch(template: Section, at: int, section: Section, inter: str, known: Known) -> Branch:
    condition = read_if(section, ORIGIN_KINDS)
    tel, carrier, announcement = (section.text(key) for key in ("tel", "carrier", "announcement"))
    if tel and not _is_tel(tel, known):
        template.error("logic", _bad_tel(tel), "TFS-04", at)
    if bool(tel) == bool(announcement) and not section.bad:
        template.error("logic", "a branch has either tel or announcement", "TFS-05", at)
    if carrier and not is_carrier_or_lec(carrier):
        template.error("logic", f"carrier {shown(carrier)} is neither 4 digits nor LEC", "TFS-06", at)
    elif tel and not carrier and not inter and not template.raw("carrier_inter"):
        text = "tel without carrier, and the template has no carrier_inter (LEC sends none)"
        template.error("logic", text, "TFS-06", at)
    if announcement and announcement not in known.causes:
        text = f"announcement {shown(announcement)} is not in announcements.csv"
        template.error("logic", f"{text}{hint(announcement, known.causes)}", "TFS-10", at)
    section.finish()
    return Branch(condition, tel, carrier, announcement, section.where)


def _check_order(template: Section, branches: tuple[Branch, ...]) -> None:
    """Branches that are never reached, and percentages that share out more or less than the hundred."""
    sums: dict[frozenset[Question], int] = {}
    closed = False
    for at, branch in enumerate(branches):
        if closed:
            text = "this branch is never reached: one before it has no condition"
            template.warn("logic", text, "TFS-08", at)
        condition = branch.condition
        closed = closed or condition == ALWAYS
        if condition.percent is not None:
            shared = frozenset(condition.questions)
            sums[shared] = sums.get(shared, 0) + condition.percent
            if sums[shared] > 100:
                text = f"percentages under these conditions are {sums[shared]} in sum, more than 100"
                template.error("logic", text, "TFS-09", at)
    last = branches[-1].condition if branches else ALWAYS
    if last.percent is not None and (left := _left(last, sums)) > 0:
        text = f"{left} of a hundred calls meet no branch and hear TF_VACANT"
        template.warn("logic", text, "TFS-12", len(branches) - 1)


def _left(last: Condition, sums: dict[frozenset[Question], int]) -> int:
    return 100 - sums[frozenset(last.questions)]
