"""A collector's metrics, as Prometheus text. Labels are names of sources and providers, never a number.

Source: C-016; Prometheus text exposition format 0.0.4.
"""

from collections.abc import Iterator

from ain_scp.couriers.collector_run import CollectorRun

Sample = tuple[str, float]


def text_of(run: CollectorRun) -> str:
    """Everything that can be seen of a collector now."""
    metrics = [
        ("lines_total", "counter", "Lines stored, by what they are.", _lines(run)),
        ("store_octets", "gauge", "Octets of the store.", iter([("", float(run.store_octets))])),
        ("pending_tickets", "gauge", "Records without a receipt.", _pending(run)),
        ("oldest_seconds", "gauge", "Age of the oldest ticket without a receipt.", _oldest(run)),
        ("batches_total", "counter", "Batches, by how far they are.", _batches(run)),
        ("record_gap_total", "counter", "Numbers that a PBX's records or calls left out.", _gaps(run)),
        ("clock_drift_seconds", "gauge", "How far a PBX's clock is behind ours.", _drifts(run)),
    ]
    rows: list[str] = []
    for name, kind, words, samples in metrics:
        rows += [f"# HELP ain_ticket_{name} {words}", f"# TYPE ain_ticket_{name} {kind}"]
        rows += [f"ain_ticket_{name}{labels} {value:g}" for labels, value in samples]
    return "\n".join(rows) + "\n"


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}"


def _lines(run: CollectorRun) -> Iterator[Sample]:
    for name, seen in run.seen.items():
        for outcome, count in sorted(seen.outcomes.items()):
            yield _labels(source=name, outcome=outcome), count


def _pending(run: CollectorRun) -> Iterator[Sample]:
    for row in run.pending():
        yield _labels(provider=row.provider), row.waiting_tickets


def _oldest(run: CollectorRun) -> Iterator[Sample]:
    for row in run.pending():
        yield _labels(provider=row.provider), row.oldest_s


def _batches(run: CollectorRun) -> Iterator[Sample]:
    for row in run.pending():
        for outcome, count in (
            ("sealed", row.sealed),
            ("receipted", row.receipted),
            ("refused", int(bool(row.refused))),
        ):
            yield _labels(provider=row.provider, outcome=outcome), count


def _gaps(run: CollectorRun) -> Iterator[Sample]:
    for name, seen in run.seen.items():
        yield _labels(source=name), seen.gaps.missing


def _drifts(run: CollectorRun) -> Iterator[Sample]:
    for name, seen in run.seen.items():
        if seen.drift_s is not None:
            yield _labels(source=name), seen.drift_s
