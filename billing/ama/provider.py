"""Flagged records for another local provider: when a customer's service is resold or unbundled, they go there too.

Our own output keeps every record, also the flagged ones (they are verified, A-235); the other provider's output is a
copy of the flagged ones, numbered for itself from 1, so that its files prove on their own that nothing is missing.

Source: A-237, [0169], [0170], [0181].
"""

from collections.abc import Iterable, Mapping

from ain_scp.billing.ama.record import SequencedAma


def for_providers(
    records: Iterable[SequencedAma],
    provider_of: Mapping[str, str],
    last_sequence: Mapping[str, int] | None = None,
) -> dict[str, list[SequencedAma]]:
    """Return each other provider's flagged records.

    `provider_of` names the provider of a customer group that is not ours; `last_sequence` the last number each provider
    was sent before, so that numbering continues.
    """
    outputs: dict[str, list[SequencedAma]] = {}
    for item in records:
        provider = provider_of.get(item.record.customer_group)
        if provider is None or item.record.ama_slp_id is None:
            continue
        output = outputs.setdefault(provider, [])
        before = output[-1].sequence if output else (last_sequence or {}).get(provider, 0)
        output.append(SequencedAma(sequence=before + 1, record=item.record))
    return outputs
