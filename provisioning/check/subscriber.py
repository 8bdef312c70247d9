"""All the tables of one customer's folder, read and put together.

Source: interfaces.md section 2, requirements.md section 5.2.
"""

from collections.abc import Callable

from ain_scp.provisioning.check import blocking, network, pbx, plan, routing, stations
from ain_scp.provisioning.check.columns import Opener
from ain_scp.provisioning.check.customer import Customer, read_customer
from ain_scp.provisioning.check.files import Files
from ain_scp.provisioning.rows import (
    CallType,
    Contract,
    CustomerSet,
    NumberRow,
    PrefixRow,
    PrivilegeControl,
    Profile,
    RtlNumber,
    Where,
)
from ain_scp.terms.blocking import BLOCKING_KINDS, BlockingKind

FILES = (
    "customer.toml", "mdp.csv", "sdp.csv", "ocs_index.csv", "stations.csv", "privilege_control.csv",
    "international_completion.csv", "trunk_groups.csv", "asf.toml", "rtl.toml", "asf_rtl.csv", "call_types.csv",
    "contract.csv",
    *(f"blocking_{kind.name}.csv" for kind in BLOCKING_KINDS),
)  # fmt: skip


def read_subscriber(
    files: Files, name: str, toll_free: tuple[str, ...] | None, group_ids: set[str]
) -> CustomerSet:
    """Read one customer; what could not be read stands in `files.unread` and is empty here.

    `toll_free` None = not known; `group_ids` holds the group ids of the customers before, and this one's afterwards.
    """
    folder = f"customers/{name}"
    files.open_folder(folder, FILES)
    rtl = _rtl(files, folder)
    numbers = {row.number for row in rtl} if files.read(f"{folder}/rtl.toml") else None
    options = files.options(f"{folder}/customer.toml", required=True)
    customer = read_customer(options, None if numbers is None else rtl, group_ids, name) if options else None
    ocs = customer.ocs if customer and customer.ocs_known else None
    originating, profiles = _asf(files, folder, numbers)
    groups = files.table(f"{folder}/trunk_groups.csv", pbx.TRUNK_GROUPS)
    asf_rtl = files.table(f"{folder}/asf_rtl.csv", routing.ASF_RTL)
    index = files.table(f"{folder}/ocs_index.csv", stations.OCS_INDEX)
    prefixes = stations.read_ocs_index(index) if index else ()
    known = customer or _unknown(folder)
    group_ids.add(known.group_id)
    return CustomerSet(
        name=name,
        group_id=known.group_id,
        ocs=known.ocs,
        split_interstate=known.split_interstate,
        default_privilege_class=known.default_privilege_class,
        vacant_number=known.vacant_number,
        ubs=known.ubs,
        ubr=known.ubr,
        rbr=known.rbr,
        access_codes=known.access_codes,
        ama_slp_ids=known.ama_slp_ids,
        contract=known.contract,
        emergency_active=known.emergency_active,
        emergency_route=known.emergency_route,
        mdp=plan.read_mdp(files, f"{folder}/mdp.csv"),
        sdp=plan.read_sdp(files, f"{folder}/sdp.csv"),
        ocs_index=prefixes,
        stations=stations.read_stations(files, f"{folder}/stations.csv", prefixes, ocs=ocs),
        privilege_control=_control(files, folder, ocs=ocs),
        blocking={kind.name: _numbers(files, folder, kind, known, toll_free) for kind in BLOCKING_KINDS},
        international_completion=_completion(files, folder),
        trunk_groups=pbx.read_trunk_groups(groups, customer.access_codes if customer else None)
        if groups
        else (),
        asf_originating=originating,
        profiles=profiles,
        rtl=rtl,
        asf_rtl=routing.read_asf_rtl(asf_rtl, numbers) if asf_rtl else (),
        call_types=_call_types(files, folder),
        where=known.where,
        provider=known.provider,
        lines=known.lines,
        screening_rules=known.screening_rules,
    )


def opener_of(files: Files, folder: str) -> Callable[[str], Opener]:
    """Give what opens one of the big tables of a customer again."""
    columns = {"mdp.csv": plan.MDP, "sdp.csv": plan.SDP, "stations.csv": stations.STATIONS}
    return lambda file: files.opener(f"{folder}{file}", columns[file])


def _unknown(folder: str) -> Customer:
    """Stand in for a `customer.toml` that could not be read; the load fails anyway."""
    where = Where(f"{folder}/customer.toml", 1)
    return Customer(
        "", True, False, False, 1, "", False, False, False, "", {}, {}, Contract(), False, None, where, {}
    )


def _rtl(files: Files, folder: str) -> tuple[RtlNumber, ...]:
    options = files.options(f"{folder}/rtl.toml")
    return routing.read_rtl(options) if options else ()


def _asf(
    files: Files, folder: str, numbers: set[str] | None
) -> tuple[tuple[PrefixRow, ...], tuple[Profile, ...]]:
    options = files.options(f"{folder}/asf.toml")
    return routing.read_asf(options, numbers) if options else ((), ())


def _control(files: Files, folder: str, *, ocs: bool | None) -> tuple[PrivilegeControl, ...]:
    file = f"{folder}/privilege_control.csv"
    table = files.table(file, stations.PRIVILEGE_CONTROL, required=ocs is True)
    if table is None:
        return ()
    rows = stations.read_privilege_control(table)
    stations.check_control_complete(rows, file, files.findings, ocs=ocs)
    return rows


def _numbers(
    files: Files, folder: str, kind: BlockingKind, customer: Customer, toll_free: tuple[str, ...] | None
) -> tuple[NumberRow, ...]:
    table = files.table(f"{folder}/blocking_{kind.name}.csv", blocking.NUMBERS)
    if table is None:
        return ()
    rows = blocking.read_blocking(table, kind, toll_free)
    if files.read(f"{folder}/customer.toml"):
        blocking.warn_idle(rows, kind, toll_free or (), files.findings, ocs=customer.ocs)
    return rows


def _completion(files: Files, folder: str) -> tuple[NumberRow, ...]:
    table = files.table(f"{folder}/international_completion.csv", blocking.NUMBERS)
    rows = blocking.read_completion(table) if table else ()
    blocking.warn_idle_completion(rows, files.findings)
    return rows


def _call_types(files: Files, folder: str) -> tuple[CallType, ...]:
    table = files.table(f"{folder}/call_types.csv", network.CALL_TYPES)
    return network.read_call_types(table) if table else ()
