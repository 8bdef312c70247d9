"""Record sinks by name; what an installed one may do stands in tests/plugins."""

import pytest

from ain_scp.journal.sinks import NamedSink, SinkFault


def test_a_sink_that_is_not_installed_is_named_with_those_that_are():
    with pytest.raises(SinkFault, match="no record sink nosuch; installed are none"):
        NamedSink("nosuch")
