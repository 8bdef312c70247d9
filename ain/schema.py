"""`ain schema [FORM]`: the JSON Schema of what a command prints with `--json`, of a line that it reads, or of a TOML file.

Every object but those that say so has `version`, which changes when a key is taken away or means something else; keys may be added within a version.

Source: interfaces.md sections 4 and 6.1.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click
import msgspec

from ain_scp.ain.forms import VERSION, write_json

if TYPE_CHECKING:
    from ain_scp.ain.toml_schemas.files import TomlForm

EPILOG = """\b
Examples: ain schema
          ain schema run > run.schema.json
          ain schema scenario.toml > scenario.schema.json"""


class Form(NamedTuple):
    """One form: the module and type that declare it, and where it is met."""

    module: str
    type: str
    about: str


FORMS: Final = {
    "run": Form("ain_scp.ain.run.output", "RunForm", "ain run SCENARIO --json"),
    "runs": Form("ain_scp.ain.run.output", "RunsForm", "ain run SCENARIO SCENARIO ... --json"),
    "check": Form("ain_scp.ain.check", "CheckForm", "ain check --json"),
    "rule": Form("ain_scp.ain.check", "RuleForm", "ain check --rule ID --json"),
    "init": Form("ain_scp.ain.init.command", "InitForm", "ain init --json"),
    "migrate": Form("ain_scp.ain.migrate", "MigrateForm", "ain migrate --json"),
    "query": Form(
        "ain_scp.scp.service_logic.decision_json",
        "QueryLine",
        "a line of ain explain --queries; has no version",
    ),
    "explain": Form(
        "ain_scp.scp.service_logic.decision_json", "AnswerLine", "ain explain --json, one object a query"
    ),
    "review": Form(
        "ain_scp.ain.explain.stream", "Differs", "ain explain --against --json, one object a query"
    ),
    "batch": Form("ain_scp.scp.batch.totals", "Totals", "ain batch --json"),
    "bench": Form("ain_scp.ain.bench.forms", "BenchForm", "ain bench --json"),
    "bench-compared": Form("ain_scp.ain.bench.compare", "ComparisonForm", "ain bench --compare --json"),
    "replay": Form("ain_scp.ssp_sim.replay.player", "Outcomes", "ain replay --json, one object an answer"),
    "replay-report": Form(
        "ain_scp.ssp_sim.replay.player", "ReportForm", "ain replay --json, the last object"
    ),
    "decode": Form("ain_scp.ain.decode.forms", "DecodedForm", "ain decode HEX --json"),
    "decode-message": Form(
        "ain_scp.ain.decode.forms", "MessageForm", "ain decode FILE --json, one object a message"
    ),
    "decode-fields": Form(
        "ain_scp.ain.decode.forms", "FieldsForm", "ain decode FILE --fields --json, one object a message"
    ),
    "decode-call": Form(
        "ain_scp.ain.decode.forms", "CallForm", "ain decode FILE --ladder --json, one object a call"
    ),
    "decode-stats": Form("ain_scp.ssp_sim.capture.statistics", "Summary", "ain decode FILE --stats --json"),
    "ama-export": Form("ain_scp.ain.ama.forms", "ExportForm", "ain ama export --json"),
    "ama-record": Form("ain_scp.billing.ama.text", "RecordLine", "ain ama read --json, one object a record"),
    "ama-access": Form("ain_scp.ain.ama.forms", "AccessForm", "ain ama access --json"),
    "ama-verify": Form("ain_scp.billing.ama.verification", "VerificationReport", "ain ama verify --json"),
    "smdr-transfer": Form("ain_scp.ain.smdr.forms", "TransferForm", "ain smdr transfer --json"),
    "smdr-import": Form("ain_scp.ain.smdr.forms", "ImportForm", "ain smdr import --json"),
    "smdr-report": Form("ain_scp.ain.smdr.forms", "ReportForm", "ain smdr report --json"),
    "smdr-check": Form("ain_scp.ain.smdr.check", "Found", "ain smdr check --json"),
    "rate": Form("ain_scp.billing.rating.forms", "Priced", "ain rate --json, one object a usage"),
    "rate-quote": Form("ain_scp.billing.rating.forms", "Granted", "ain rate --json, one object a quote"),
    "rate-refused": Form(
        "ain_scp.billing.rating.forms", "Refused", "ain rate --json, a usage without a price"
    ),
    "version": Form("ain_scp.ain.printed", "VersionForm", "ain --version --json"),
    "demo": Form("ain_scp.ain.printed", "DemoForm", "ain demo --list --json"),
    "report": Form("ain_scp.ain.printed", "PageForm", "ain report --json"),
    "completion": Form("ain_scp.ain.printed", "CompletionForm", "ain completion --json"),
    "schemas": Form("ain_scp.ain.printed", "SchemasForm", "ain schema --json"),
    "review-report": Form("ain_scp.console.review.engine", "ReviewForm", "ain review --json"),
    "batch-rate": Form("ain_scp.ain.batch.rating", "Result", "ain batch --rate --json"),
    "batch-service": Form("ain_scp.scp.batch.services", "ServiceTotals", "ain batch --service --json"),
    "explain-service": Form(
        "ain_scp.scp.service_logic.service_json", "ServiceAnswerLine", "ain explain --service --json"
    ),
    "ready": Form("ain_scp.ain.printed", "ReadyForm", "ain serve --json, the line that says it serves"),
    "top": Form("ain_scp.ain.printed", "TopForm", "ain top --json, an object a second"),
    "calls": Form("ain_scp.ain.printed", "InProgressForm", "ain calls --json"),
    "tokens": Form("ain_scp.ain.printed", "TokensForm", "ain token list --json"),
    "lnp-ask": Form("ain_scp.ain.printed", "AskedForm", "ain lnp ask --json"),
    "account-list": Form("ain_scp.ain.account.forms", "AccountsForm", "ain account list --json"),
    "account-show": Form("ain_scp.ain.account.forms", "AccountForm", "ain account show --json"),
    "account-calls": Form("ain_scp.ain.account.forms", "CallsForm", "ain account calls --json"),
    "account-ledger": Form("ain_scp.ain.account.forms", "TransfersForm", "ain account ledger --json"),
    "account-check": Form("ain_scp.ain.account.forms", "Proof", "ain account check --json"),
    "account-reconcile": Form("ain_scp.ain.account.forms", "ReconcileForm", "ain account reconcile --json"),
    "account-events": Form("ain_scp.ain.account.forms", "WaitingForm", "ain account events --json"),
    "ticket-init": Form("ain_scp.ain.ticket.forms", "InitForm", "ain ticket init --json"),
    "ticket-collect": Form("ain_scp.couriers.place", "Result", "ain ticket collect --once --json"),
    "ticket-receive": Form(
        "ain_scp.couriers.provider_run", "Result", "ain ticket receive --json, with --once or files"
    ),
    "ticket-pending": Form("ain_scp.ain.ticket.run_forms", "PendingForm", "ain ticket pending --json"),
    "ticket-check": Form("ain_scp.ain.ticket.forms", "CheckForm", "ain ticket check --json"),
    "ticket-open": Form("ain_scp.ain.ticket.forms", "OpenForm", "ain ticket open --json"),
    "ticket-enterprises": Form(
        "ain_scp.ain.ticket.forms", "EnterprisesForm", "ain ticket enterprise list --json"
    ),
    "ticket-keys": Form("ain_scp.ain.ticket.run_forms", "KeysForm", "ain ticket key list --json"),
    "ticket-certificates": Form("ain_scp.ain.ticket.forms", "CertificatesForm", "ain ticket key show --json"),
    "ticket-files": Form("ain_scp.ain.ticket.forms", "FilesForm", "ain ticket quarantine --json"),
    "ticket-lines": Form(
        "ain_scp.ain.ticket.forms", "LinesForm", "ain ticket quarantine --enterprise ID --json"
    ),
    "ticket-reprocess": Form("ain_scp.ain.ticket.forms", "RereadForm", "ain ticket reprocess --json"),
    "ticket-profile": Form("ain_scp.ain.ticket.forms", "ProfileForm", "ain ticket profile --json"),
    "ticket-unusual": Form("ain_scp.ain.ticket.forms", "FindingsForm", "ain ticket unusual --json"),
    "ticket-renew": Form("ain_scp.couriers.renewal", "Renewed", "ain ticket renew --json"),
    "ticket-bench": Form("ain_scp.ain.ticket.bench", "BenchForm", "ain ticket bench --json"),
    "ticket-layouts": Form("ain_scp.ain.ticket.forms", "LayoutsForm", "ain ticket layout list --json"),
    "ticket-layout": Form("ain_scp.ain.ticket.forms", "LayoutForm", "ain ticket layout show --json"),
    "ticket-layout-check": Form(
        "ain_scp.ain.ticket.forms", "LayoutProblemsForm", "ain ticket layout check --json"
    ),
    "ticket-layout-detect": Form("ain_scp.ain.ticket.forms", "DetectForm", "ain ticket layout detect --json"),
    "ticket-call": Form(
        "ain_scp.ain.ticket.forms",
        "CallForm",
        "ain ticket layout test --json, one object a call; has no version",
    ),
    "ticket-line": Form(
        "ain_scp.ain.ticket.forms",
        "LineForm",
        "ain ticket layout test --json, one object a line that is no call; has no version",
    ),
    "ticket-summary": Form(
        "ain_scp.ain.ticket.forms",
        "SummaryForm",
        "ain ticket layout test --json, the last object; has no version",
    ),
    "usage": Form("ain_scp.billing.rating.forms", "UsageLine", "a line of ain rate --usage; has no version"),
    "event": Form(
        "ain_scp.billing.charging.events", "AnyEvent", "a line of ain account apply --events; has no version"
    ),
    "error": Form("ain_scp.ain.forms", "ErrorForm", "any command with --json that cannot do its work"),
}
WITHOUT_VERSION: Final = frozenset(
    {
        "query",
        "usage",
        "event",
        "ticket-call",
        "ticket-line",
        "ticket-summary",
    }
)


@click.command(epilog=EPILOG)
@click.argument("form", required=False)
@click.option("--json", "as_json", is_flag=True, help="The list of forms as JSON on stdout.")
def command(form: str | None, as_json: bool) -> None:
    """Print the JSON Schema of a form or of a TOML file, or the list of them. Results of `ain account`: `ain account schema`."""
    from ain_scp.ain.toml_schemas.files import FILES, toml_schema

    if form is not None:
        if form not in FORMS and form not in FILES:
            raise click.UsageError(f"no form is named {form}; known: {', '.join([*FORMS, *FILES])}")
        try:
            schema = toml_schema(form) if form in FILES else schema_of(form)
        except ModuleNotFoundError as fault:
            raise click.UsageError(
                f"{form}: {fault.name} is missing: pip install 'ain-scp[tickets]'"
            ) from fault
        click.echo(msgspec.json.format(msgspec.json.encode(schema)).decode())
        return
    if as_json:
        write_json({"forms": _about(FORMS), "files": _about(FILES)})
        return
    for name, about in (_about(FORMS) | _about(FILES)).items():
        click.echo(f"{name:<21}{about}")


def _about(forms: "Mapping[str, Form | TomlForm]") -> dict[str, str]:
    return {name: one.about for name, one in forms.items()}


def _anything(_kind: type) -> dict[str, Any]:
    """The schema of a value of any kind."""
    return {"description": "Any value."}


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a form; decisions, which a run keeps as text, are spelled out."""
    import importlib

    form = FORMS[name]
    module = importlib.import_module(form.module)
    from ain_scp.scp.service_logic.decision_json import DecisionForm

    (reference, _), components = msgspec.json.schema_components(
        [getattr(module, form.type), DecisionForm],
        schema_hook=_anything,
        ref_template="#/$defs/{name}",
    )
    for one in components.values():
        legs = one.get("properties", {}).get("legs")
        if legs is not None:
            legs["items"] = {"$ref": "#/$defs/DecisionForm"}
    top = components[reference["$ref"].rpartition("/")[2]] if "$ref" in reference else {}
    if name not in WITHOUT_VERSION:
        top["properties"] = {"version": {"const": VERSION}} | top["properties"]
        top["required"] = ["version", *top.get("required", [])]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"ain {name}",
        "description": form.about,
        **reference,
        "$defs": components,
    }
