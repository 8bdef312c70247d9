"""The service logic over columns: millions of call attempts decided without the wire, with the answers of `Program.decide`.

`attempts` holds call attempts as columns, `engine` decides them, `verdicts` holds the answers, `totals` counts them and
compares two data sets, `sources` and `work` read files in pieces that any process can count.

Source: D-006, performance.md section 5.
"""
