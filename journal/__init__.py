"""Durable journal: records that are never lost once acknowledged.

A room beside `transport`: below the features, above the terms. It knows octets and sequence numbers, not calls.
`writer.Journal` appends, `reader.JournalReader` reads by position, `positions` keeps what each consumer has
acknowledged, `publication` makes batches for a broker. Storage is passed in: `disk` is the only module that touches
the operating system, `memory` is the model file system of the tests.

Source: reliability.md sections 5 and 9 (D1-D4, D7); libraries.md section 6a.
"""
