"""Every command is given what no one should give it: each file it reads is replaced by one of another kind.

None ends in an exception or a traceback, exit codes are the documented ones, and a refusal (2) names the file.
"""

import contextlib
import os
import shutil
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ain_scp.ain.__main__ import cli
from kit.commands import every_command
from tests.ain.test_bench_compare import bench

EXAMPLES = Path(__file__).parents[2] / "examples"
DEEP = 100_000
KINDS = {
    "empty": b"",
    "zeros": bytes(64),
    "UTF-16": "a,b\r\n1,2\r\n".encode("utf-16"),
    "octets": bytes(range(256)) * 8,
    "only a mark": b"\xef\xbb\xbf",
    "a list": b"[1,2]\n",
    "nothing": b"null\n",
    "deep lists": b"[" * DEEP,
    "deep objects": b'{"a":' * DEEP,
    "deep TOML": b"a = " + b"[" * DEEP,
    "one line": b"a" * 300_000,
    "a long number": b"x = " + b"9" * 5_000 + b"\n",
    "half a pair": b'{"a":"\\ud800"}\n',
    "old Macintosh": b"a\rb\rc",
    "directory": None,
    "circle": None,
    "no file": None,
}
RUN = "run golden/scenario.toml --transport memory"
COLLECTOR, PROVIDER = "try/ACME/collector.toml", "try/TELCO/provider.toml"
ROWS = f"""
check {{golden}}
migrate {{golden}} --dry-run
explain {{golden}} --from 9258341234 --dial 79212000
explain golden --queries {{q.jsonl}} --against {{other}}
review {{golden}} {{other}} --calls {{q.jsonl}}
run {{golden/scenario.toml}} --transport memory
decode {{run.pcap}} --stats
decode {{run.trace}} --json
replay {{run.trace}} {{golden}}
replay {{run.pcap}} golden --target udp://127.0.0.1:9 --timeout-ms 1 --speed max
batch {{golden}} --calls {{calls.csv}} --against {{other}}
batch {{charging}} --rate {{usage.csv}} --out out/owed
batch charging --rate {{records}} --out out/owed
serve {{golden}} --config {{node.toml}}
serve charging --charging out/books --http 127.0.0.1:0 --http-tokens {{tokens.toml}}
serve golden --udp 127.0.0.1:0 --records out/kept --mqtt mqtts://127.0.0.1:9 --mqtt-credentials {{secret.toml}} --mqtt-ca {{ca.pem}}
console {{golden}} --http 127.0.0.1:0 --tokens {{tokens.toml}} --workspace out/work
console --verify-audit {{audit}}
token add {{tokens.toml}} --name y --role operator
token list {{tokens.toml}}
token remove {{tokens.toml}} --name x
bench {{golden}} --rate 50 --duration 0.1 --warm-up 0 --scenario {{golden/scenario.toml}}
lnp diff {{services}} {{ported.csv}}
lnp import {{subscriptions.txt}} --out out/imported
tollfree switch {{services}} 8005551000 --template T-LATA
smdr check {{records}}
smdr import {{records}} {{records/transfer/one}}
smdr report {{records}}
smdr transfer {{records}}
smdr publish {{records}} --mqtt mqtts://127.0.0.1:9 --mqtt-ca {{ca.pem}} --wait 0.1
ticket init out/new --enterprise ACME --site {{site.toml}}
ticket init try --accept {{acme.zip}}
ticket layout check {{my.toml}}
ticket layout detect {{nec.log}} --site {{site.toml}}
ticket layout test {{nec.log}} --layout nec-sl --site {{site.toml}}
ticket layout test nec.log --layout {{my.toml}}
ticket generate --layout nec-sl --calls 1 --site {{site.toml}} --to out/nec
ticket listen {{nec.log}} --layout nec-sl --site {{site.toml}} --lines 1
ticket collect {{{COLLECTOR}}} --once --wait 0.1
ticket pending {{{COLLECTOR}}}
ticket receive {{{PROVIDER}}} {{batch.p7m}}
ticket open {{batch.p7m}} {{{PROVIDER}}}
ticket profile {{{PROVIDER}}} --enterprise ACME
ticket unusual {{{PROVIDER}}} --enterprise ACME
ticket quarantine {{{COLLECTOR}}} list
ticket reprocess {{{PROVIDER}}} --enterprise ACME
ticket renew {{{COLLECTOR}}}
ticket check {{{COLLECTOR}}}
ticket key check {{{COLLECTOR}}}
ticket key crl {{{PROVIDER}}}
ticket key issue {{x.csr}} {{{PROVIDER}}} --use sign --to ACME --out out/cert
ticket key list {{{COLLECTOR}}}
ticket key request acme-sign {{{COLLECTOR}}}
ticket key retire telco-decrypt {{{PROVIDER}}}
ticket key revoke {{batch.p7m}} {{{PROVIDER}}} --reason keyCompromise
ticket key rotate {{{PROVIDER}}} --use decrypt
ticket key show {{batch.p7m}}
ticket enterprise add BETA {{{PROVIDER}}} --request {{x.csr}} --to out/beta.zip
ticket enterprise list {{{PROVIDER}}}
ticket enterprise rebase ACME {{{PROVIDER}}} --store 00112233445566778899aabbccddeeff
ticket enterprise resume ACME {{{PROVIDER}}}
ticket enterprise suspend ACME {{{PROVIDER}}}
rate {{charging}} --usage {{usage.jsonl}}
rate charging --records {{records}}
account apply {{charging}} --events {{calls.jsonl}}
account adjust A2 1.00 {{books}} --why x
account calls BG10 {{books}}
account check {{books}}
account cut prepaid {{books}}
account deposit A2 1.00 {{books}} --key k
account events {{books}}
account export {{books}}
account follow {{books}} --once
account ledger HOME2 {{books}}
account list {{books}}
account lock A2 {{books}} --cos LOCAL
account reconcile {{books}} --records {{records}}
account show A2 {{books}}
account unlock A2 {{books}}
bill GB --dir {{books}} --period 2001-01
ama access {{records}}
ama export {{records}} --dataset {{golden}}
ama read {{records.baf}}
ama verify {{records}} --dataset {{golden}}
ticket key new nn {{{COLLECTOR}}} --passphrase-file {{pass.txt}}
ticket key protect acme-sign {{{COLLECTOR}}} --passphrase-file {{pass.txt}}
report {{result.json}} --out out/run.html
bench --compare {{one.json}} {{bench.json}}
""".strip().splitlines()
"""One command line a row; what stands in braces is a file or directory that is replaced."""
NO_FILES = {"demo", "init", "lnp ask", "top", "smdr receive", "schema", "account pin", "account schema",
            "ticket layout list", "ticket layout show", "ticket bench", "extcap", "completion", "calls"}  # fmt: skip


def invoke(words):
    result = CliRunner(env={"NO_COLOR": "1"}).invoke(cli, words, prog_name="ain")
    exception = None if isinstance(result.exception, SystemExit) else result.exception
    return result.exit_code, result.output, exception


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Small inputs of every kind, all good."""
    pytest.importorskip("cryptography")
    directory = tmp_path_factory.mktemp("bad")
    for name in ("golden", "charging", "services"):
        shutil.copytree(EXAMPLES / name, directory / name)
    shutil.copytree(EXAMPLES / "golden", directory / "other")
    shutil.copy(EXAMPLES / "usage.jsonl", directory)
    shutil.copy(EXAMPLES / "accounts/calls.jsonl", directory)
    for name in (
        "audit",
        "subscriptions.txt",
        "ca.pem",
        "batch.p7m",
        "x.csr",
        "pass.txt",
        "acme.zip",
        "my.toml",
        "node.toml",
    ):
        (directory / name).write_bytes(b"")
    (directory / "secret.toml").write_text('username = "a"\npassword = "b"\n')
    (directory / "secret.toml").chmod(0o600)
    (directory / "calls.csv").write_text(
        "calling_party,dialed,time\n9258341234,79212000,2001-01-17T10:00:00\n"
    )
    (directory / "usage.csv").write_text(
        "from,called,answer,duration_ms\n9255550200,2125550000,2001-01-17T10:00:00,1\n"
    )
    with contextlib.chdir(directory):
        for line in (
            f"{RUN} --pcap run.pcap --trace run.trace --queries-out q.jsonl --records records",
            "smdr transfer records", "smdr import records", "ama export records --form baf",
            "account apply charging --events calls.jsonl --dir books", "ticket init try --enterprise ACME",
            "ticket generate --layout nec-sl --calls 3 --to nec.log", "token add tokens.toml --name x --role operator",
        ):  # fmt: skip
            code, text, exception = invoke(line.split())
            assert (code, exception) == (0, None), f"{line}: {text}"
        Path("result.json").write_text(invoke(f"{RUN} --json".split())[1])
        for name in ("one.json", "bench.json"):
            Path(name).write_bytes(msgspec.json.encode(bench()))
        shutil.copy(next(Path("records/export").rglob("*.baf")), "records.baf")
        next(Path("records/transfer").iterdir()).rename("records/transfer/one")
        shutil.copy("services/services/lnp/ported.csv", "ported.csv")
        shutil.copy("try/ACME/site.toml", "site.toml")
    return directory


def spoil(path, kind):
    octets = KINDS[kind]
    if octets is not None:
        path.write_bytes(octets)
        path.chmod(0o600)
    elif kind == "directory":
        path.mkdir()
    elif kind == "circle":
        path.symlink_to(path.name)


@contextlib.contextmanager
def spoiled(path, kind):
    """A file replaced by one of another kind, for a while."""
    aside = path.with_name(f"{path.name}.aside")
    path.rename(aside)
    try:
        spoil(path, kind)
        yield
    finally:
        if path.is_symlink() or path.is_file():
            path.unlink()
        shutil.rmtree(path, ignore_errors=True)
        aside.rename(path)


def cases():
    """Each file of each row with one of the kinds, drawn so that all kinds meet every command sooner or later."""
    kinds = list(KINDS)
    number = 0
    for row in ROWS:
        for name in (word[1:-1] for word in row.split() if word.startswith("{")):
            number += 1
            share = kinds if os.environ.get("ALL_KINDS") else [kinds[number * 5 % len(kinds)]]
            yield from ((row, name, kind) for kind in share)


@pytest.mark.parametrize(
    ("row", "name", "kind"), [*cases()], ids=lambda value: value.replace("{", "").replace("}", "")
)
def test_a_file_of_another_kind_is_refused_by_name(place, monkeypatch, row, name, kind):
    monkeypatch.chdir(place)
    (place / "out").mkdir()
    try:
        with spoiled(place / name, kind):
            code, text, exception = invoke([word.strip("{}") for word in row.split()])
    finally:
        shutil.rmtree(place / "out")
    assert exception is None
    assert "Traceback" not in text
    assert code in ({0, 1, 2, 3, 4} if row.startswith("bench") else {0, 1, 2}), text
    if code == 2 and not names_another(row, text, name):
        assert Path(name).name in text


def names_another(row, text, name):
    """Whether the text names another file of the row, which is empty and read before, or what an earlier case made."""
    words = [word for word in row.split() if word.startswith("{") and name not in word]
    return "is there already" in text or any(Path(word.strip("{}")).name in text for word in words)


def test_every_command_that_reads_a_file_has_a_row():
    missing = {name for name, _ in every_command() if not any(row.startswith(f"{name} ") for row in ROWS)}
    assert missing == NO_FILES
