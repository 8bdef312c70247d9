"""Queries to the services beside the dialing plan's on the page that explains calls."""

import shutil

import pytest

from tests.console.conftest import ROOT, ConsoleProcess


@pytest.fixture
def services(tmp_path):
    """A console of the services' data set."""
    pytest.importorskip("uvicorn", reason="needs the extra web")
    dataset = shutil.copytree(ROOT / "examples" / "services", tmp_path / "services")
    started = ConsoleProcess(dataset, tmp_path / "workspace")
    assert started.login() == 200
    yield started
    started.end()


def test_a_query_to_a_service_is_explained_with_what_would_change_it(services):
    found = services.read("/explain?service=LNP&called=2135551234&from=9258341277")
    (leg,) = found["legs"]
    assert leg["sentence"] == "AnalyzeRoute: PORTED 3235550000."
    texts = [one["text"] for step in leg["steps"] for one in step.get("otherwise", ())]
    assert texts == ["without services/lnp/ported.csv:2: NOT_PORTED to 2135551234"]
    assert found["command"].endswith("--service LNP") or "--service LNP" in found["command"]
    named = services.read("/explain?service=TERMINATING&called=9257884060&from=4155550101")
    assert "SMITH" not in str(named)
    assert named["legs"][0]["outcome"] == "AUTHORIZED"
    for path, status in (
        ("service=LPN&called=2135551234", 400),
        ("service=LNP&called=213", 422),
        ("service=LNP", 422),
        ("service=TERMINATING&called=2135551234", 422),
        ("service=LNP&called=2135551234&at=noon", 400),
    ):
        assert services.ask(f"/api/explain?{path}")[0] == status, path
