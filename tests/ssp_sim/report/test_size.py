"""A report of thousands of calls stays small: rows of all, messages of those that failed and of the first (V10)."""

import msgspec

from ain_scp.ssp_sim.record import Unmet
from ain_scp.ssp_sim.report import Run, render
from ain_scp.ssp_sim.report.view import MAX_WHOLE, view


def many(run, count, failing=()):
    """A run with its first call so many times."""
    return msgspec.structs.replace(
        run,
        calls=[
            msgspec.structs.replace(
                run.calls[0], id=f"c{at}", unmet=(Unmet("ctc", "ctc", "1", "2"),) if at in failing else ()
            )
            for at in range(count)
        ],
    )


def test_failing_calls_are_whole_and_all_have_a_row(run: Run) -> None:
    seen = view(many(run, 500, failing={490, 499}))
    assert len(seen.calls) == 500
    whole = [call.id for call in seen.calls if not call.brief]
    assert len(whole) == MAX_WHOLE
    assert {"c490", "c499", "c0"} <= set(whole)
    assert seen.brief == 500 - MAX_WHOLE
    brief = next(call for call in seen.calls if call.brief)
    assert (brief.messages, brief.journeys) == ((), [])
    assert msgspec.json.decode(brief.legs[0]) == {
        "ctc": 111,
        "route": {"kind": "PSTN"},
        "response": {"ama_slp_id": "760833001"},
    }


def test_five_thousand_calls_are_less_than_five_megabytes(run: Run) -> None:
    assert len(render(many(run, 5_009)).encode()) < 5_000_000
