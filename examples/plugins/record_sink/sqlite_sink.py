"""Every record as a row of a SQLite file: the smallest possible record sink that keeps each record once."""

import os
import sqlite3

from ain_scp.journal.sinks import RecordBatch


class SqliteSink:
    """`sqlite`: the table records of the file that SQLITE_SINK names."""

    def __init__(self) -> None:
        """Name the file; it is opened for each batch, by the thread that hands it over."""
        self._file = os.environ.get("SQLITE_SINK", "records.db")

    def accept(self, batch: RecordBatch, /) -> None:
        """Keep a batch in one transaction; a record that came before is left as it is."""
        rows = [
            (batch.journal, number, batch.stream, record.decode())
            for number, record in enumerate(batch.records, batch.first)
        ]
        connection = sqlite3.connect(self._file)
        try:
            with connection:
                connection.execute(
                    "create table if not exists records"
                    " (journal text, number integer, stream text, record text, primary key (journal, number))"
                )
                connection.executemany("insert or ignore into records values (?, ?, ?, ?)", rows)
        finally:
            connection.close()
