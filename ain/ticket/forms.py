"""The JSON that `ain ticket` prints, where it is no result of a room as it stands; `ain schema` shows it.

Source: interfaces.md section 1 (`--json`); C-003, C-012, C-015.
"""

import msgspec

from ain_scp.couriers.refused import Refusal
from ain_scp.provisioning.problems import Problem
from ain_scp.tickets.call import Reason, Segment
from ain_scp.tickets.envelope.content import Header
from ain_scp.tickets.layout.detect import Candidate
from ain_scp.tickets.layout.schema import Layout
from ain_scp.tickets.layout.trial import Counts
from ain_scp.tickets.profile.unusual import Finding


class InitForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """The settings files made. `request` goes to the provider; `fingerprints` are compared by telephone."""

    collector: str | None
    provider: str | None
    request: str | None = None
    fingerprints: dict[str, str] | None = None


class CheckForm(msgspec.Struct, frozen=True):
    """Batches checked and what is wrong with them; `ok` needs at least one batch."""

    ok: bool
    checked: int
    problems: list[str]


class OpenForm(msgspec.Struct, frozen=True):
    """An opened batch: its head, its digest in hex, the fingerprint of who signed it."""

    header: Header
    digest: str
    signed_by: str


class Registered(msgspec.Struct, frozen=True):
    """An enterprise with the last batch accepted of each of its stores."""

    enterprise: str
    suspended: bool
    stores: dict[str, int]


class EnterprisesForm(msgspec.Struct, frozen=True):
    """The registered enterprises."""

    enterprises: list[Registered]


class Certificate(msgspec.Struct, frozen=True):
    """A certificate; times ISO 8601."""

    subject: str
    issuer: str
    until: str
    fingerprint: str
    since: str = msgspec.field(name="from")


class CertificatesForm(msgspec.Struct, frozen=True):
    """The certificates of one file."""

    certificates: list[Certificate]


class RefusedFile(Refusal, frozen=True, kw_only=True):
    """A file that was refused: its number, its name and size, when it came, and why."""

    number: int


class FilesForm(msgspec.Struct, frozen=True):
    """Files in quarantine."""

    quarantine: list[RefusedFile]


class RefusedLine(msgspec.Struct, frozen=True):
    """A stored line that is no call. `kind`: quarantined or repeated; `field` of BAD_FIELD alone."""

    store: str
    sequence: int
    source: str
    reason: str
    field: str | None
    kind: str


class LinesForm(msgspec.Struct, frozen=True):
    """Lines in quarantine, and repeated ones."""

    quarantine: list[RefusedLine]


class Reread(Counts, kw_only=True):
    """An enterprise's lines as they are read now, and what they came to `before`."""

    enterprise: str
    before: Counts


class RereadForm(msgspec.Struct, frozen=True):
    """What layouts and sites of today make of the stored lines."""

    enterprises: list[Reread]


class Period(msgspec.Struct, frozen=True):
    """From the first start asked for until before the last, local of the site; None = no bound."""

    since: str | None
    until: str | None


class ProfileForm(msgspec.Struct, frozen=True):
    """Rows by the columns asked for, sums, and the digests of what they rest on."""

    rows: list[dict[str, str | int | None]]
    totals: dict[str, int]
    period: Period
    versions: dict[str, str]


class FindingsForm(msgspec.Struct, frozen=True):
    """Unusual usage: how many calls were looked at, and each finding with its sum."""

    calls: int
    findings: list[Finding]


class Shipped(msgspec.Struct, frozen=True):
    """A layout that comes with the product."""

    name: str
    kind: str
    title: str


class LayoutsForm(msgspec.Struct, frozen=True):
    """The layouts that come with the product."""

    layouts: list[Shipped]


class LayoutProblemsForm(msgspec.Struct, frozen=True):
    """Whether a file is a layout, and every problem it has."""

    ok: bool
    problems: list[Problem]


class CallForm(msgspec.Struct, frozen=True):
    """A call; times ISO 8601 with the site's offset, `lines` counted from 1."""

    kind: str
    direction: str
    extension: str | None
    calling: str | None
    called: str | None
    called_kind: str | None
    dialed: str | None
    trunk: str | None
    start: str
    end: str
    ring_s: int | None
    duration_s: int
    answered: bool
    status: str
    account: str | None
    call_id: str | None
    notes: list[str]
    lines: list[int]
    segments: list[Segment]
    attempts: int
    transferred_to: str | None


class LineForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line that is no call. `kind`: event, heading, repeated or quarantine; `reason` of quarantine alone."""

    kind: str
    line: int
    reason: Reason | None = None
    field: str | None = None


class SummaryForm(Counts, kw_only=True):
    """The last object: what became of the lines."""

    kind: str


class DetectForm(msgspec.Struct, frozen=True):
    """The layout that is far enough ahead, or none; every one that reads a call, best first."""

    winner: str | None
    candidates: list[Candidate]


LayoutForm = msgspec.defstruct(
    "LayoutForm", [(one.name, one.type) for one in msgspec.structs.fields(Layout) if one.name != "text"]
)
"""A layout without the text of its file."""
