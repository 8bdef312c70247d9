"""Decoders and encoders side by side: ours, general and by known shape, with pycrate and asn1tools on the same octets.

Run: pytest benchmarks/test_codec.py --benchmark-enable --benchmark-only --benchmark-group-by=group
The query is InfoAnalyzed, the answer AnalyzeRoute with SendNotification, as switch and SCP exchange them. Where another
decoder reads less than ours (pycrate leaves AIN parameters opaque; asn1tools reads the argument alone), the row says so: it
is a comparison of jobs. Results are compared before they are timed.

Source: performance.md sections 2 and 8.
"""

import contextlib
import io
import itertools
import warnings
from pathlib import Path

import pytest

from ain_scp.ain.bench.calls import octets_of
from ain_scp.dialplan.plans import standard_plans
from ain_scp.provisioning.compile import compile_dataset
from ain_scp.provisioning.loader import load_or_raise
from ain_scp.scp.config import NodeConfig
from ain_scp.scp.fast.node import FastNode
from ain_scp.scp.service_logic.program import Program
from ain_scp.signaling import m3ua, sccp
from ain_scp.signaling.ain.codec import decode_parameters, encode_parameters
from ain_scp.signaling.ain.operations import operation
from ain_scp.signaling.tcap import decode_package, encode_package, invoke, query

GOLDEN = Path(__file__).parent.parent / "examples" / "golden"
QUERY = octets_of("9258341234", "7", "9212000", transaction=1)
PACKAGE = sccp.decode(m3ua.decode(QUERY).protocol_data.payload).data
ARGUMENT = decode_package(PACKAGE).components[0].parameter
SCHEMA = """
AIN DEFINITIONS AUTOMATIC TAGS ::= BEGIN
  InfoAnalyzed ::= SEQUENCE {
    userID [53] EXPLICIT CHOICE { dn [1] OCTET STRING },
    bearerCapability [13] INTEGER,
    triggerCriteriaType [52] INTEGER,
    chargeNumber [19] OCTET STRING,
    callingPartyID [18] OCTET STRING,
    accessCode [1] OCTET STRING,
    collectedAddressInfo [22] OCTET STRING
  }
END
"""


def whole(octets):
    """Everything down to the values of the parameters, by the general codec."""
    component = decode_package(sccp.decode(m3ua.decode(octets).protocol_data.payload).data).components[0]
    return decode_parameters(operation(component.code), component.parameter)


def written(values):
    """A whole query of these values."""
    known = operation(0x6403)
    package = encode_package(query(1, invoke(known.code, encode_parameters(known, values), 1)))
    unit = sccp.UnitData(sccp.Address(250, 0xF50102), sccp.Address(250, 0xF60304), package)
    return m3ua.data(0xF60304, 0xF50102, 3, 2, 0, 7, sccp.encode(unit), 100)


@pytest.mark.benchmark(group="decode a query, M3UA to AIN parameters")
def test_ours_general(benchmark):
    assert benchmark(whole, QUERY).digits("callingPartyID").digits == "9258341234"


@pytest.mark.benchmark(group="decode a query, M3UA to AIN parameters")
def test_pycrate_parameters_opaque(benchmark):
    from_m3ua = pytest.importorskip("pycrate_mobile.M3UA", reason="pycrate is not installed")
    tcap = pytest.importorskip("pycrate_asn1dir.TCAP_ANSI", reason="pycrate is not installed")
    package = tcap.TCAPPackage.PackageType
    # its M3UA ends a message at the first parameter it takes for the last: routing label and payload are read separately
    label = from_m3ua.ProtocolData() if hasattr(from_m3ua, "ProtocolData") else None

    def decode():
        if label is not None:
            label.from_bytes(QUERY[16:])
        package.from_ber(PACKAGE)
        return package.get_val()

    assert benchmark(decode)[0] == "queryWithPerm"


@pytest.mark.benchmark(group="decode the argument alone")
def test_ours_argument(benchmark):
    known = operation(0x6403)
    assert benchmark(decode_parameters, known, ARGUMENT).integer("bearerCapability") == 0


@pytest.mark.benchmark(group="decode the argument alone")
def test_asn1tools_argument_digits_opaque(benchmark):
    asn1tools = pytest.importorskip("asn1tools", reason="asn1tools is not installed")
    schema = asn1tools.compile_string(SCHEMA, "ber")
    octets = b"\x30" + bytes((len(ARGUMENT),)) + ARGUMENT
    assert benchmark(schema.decode, "InfoAnalyzed", octets)["bearerCapability"] == 0


@pytest.fixture(scope="module")
def pycrate_argument(tmp_path_factory):
    """The same schema, compiled by pycrate into a module of its own."""
    asnproc = pytest.importorskip("pycrate_asn1c.asnproc", reason="pycrate is not installed")
    generators = pytest.importorskip("pycrate_asn1c.generator", reason="pycrate is not installed")
    path = tmp_path_factory.mktemp("pycrate") / "ain_by_pycrate.py"
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asnproc.compile_text(SCHEMA)
        asnproc.generate_modules(generators.PycrateGenerator, str(path))
        asnproc.GLOBAL.clear()
        made = {"__name__": "ain_by_pycrate"}
        exec(compile(path.read_text(), path, "exec"), made)  # noqa: S102 - what pycrate wrote just now
    return made["AIN"].InfoAnalyzed


@pytest.mark.benchmark(group="decode the argument alone")
def test_pycrate_argument_digits_opaque(benchmark, pycrate_argument):
    octets = b"\x30" + bytes((len(ARGUMENT),)) + ARGUMENT

    def decode():
        pycrate_argument.from_ber(octets)
        return pycrate_argument.get_val()

    assert benchmark(decode)["bearerCapability"] == 0


@pytest.mark.benchmark(group="encode the argument alone")
def test_pycrate_encode_argument(benchmark, pycrate_argument):
    octets = b"\x30" + bytes((len(ARGUMENT),)) + ARGUMENT
    pycrate_argument.from_ber(octets)
    values = pycrate_argument.get_val()

    def encode():
        pycrate_argument.set_val(values)
        return pycrate_argument.to_ber()

    assert benchmark(encode) == octets


@pytest.mark.benchmark(group="encode a query, AIN parameters to M3UA")
def test_ours_encode(benchmark):
    values = whole(QUERY)
    assert benchmark(written, values) == QUERY


@pytest.mark.benchmark(group="encode the argument alone")
def test_ours_encode_argument(benchmark):
    known, values = operation(0x6403), whole(QUERY)
    assert benchmark(encode_parameters, known, values) == ARGUMENT


@pytest.mark.benchmark(group="encode the argument alone")
def test_asn1tools_encode_argument(benchmark):
    asn1tools = pytest.importorskip("asn1tools", reason="asn1tools is not installed")
    schema = asn1tools.compile_string(SCHEMA, "ber")
    octets = b"\x30" + bytes((len(ARGUMENT),)) + ARGUMENT
    values = schema.decode("InfoAnalyzed", octets)
    assert benchmark(schema.encode, "InfoAnalyzed", values) == octets


@pytest.fixture(scope="module")
def program():
    dataset, _ = load_or_raise(GOLDEN)
    return Program(compile_dataset(dataset), standard_plans())


@pytest.mark.parametrize("fast", [False, True], ids=["general", "short"])
@pytest.mark.benchmark(group="octets of a query to octets of its answer, 50 at a time (golden data set)")
def test_octets_to_octets(fast, benchmark, program):
    """The whole node without a socket: decode, decide, sample, encode. Every query has a transaction of its own."""
    node = FastNode(program, NodeConfig(), lambda: 0, fast=fast)
    numbers = itertools.count(10)
    before, _, after = QUERY.partition(b"\x00\x00\x00\x01\xe8")

    def fifty():
        octets = [b"%b%b\xe8%b" % (before, next(numbers).to_bytes(4, "big"), after) for _ in range(50)]
        answers = node.answer_all(octets, "link", 0)
        node.sample_lines()
        return answers

    fifty()
    benchmark.extra_info["calls"] = 50
    assert len(benchmark(fifty)) == 50
