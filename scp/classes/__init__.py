"""Classes of callers and of called numbers, and the ledger of what was judged of each pair of them.

`callers` and `called` look numbers up and give facts, one number at a time; `numbered` lays the classes of a data set's own
numbers out at load; `ledger` remembers what `judge` said of a pair. Nothing is decided here.
"""
