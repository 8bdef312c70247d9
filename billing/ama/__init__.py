"""AMA records of the switch: the record, its files (BAF, JSON lines, CSV), and what is drawn from them.

`record` is the record itself; `baf_layout` is the literal table of the binary format, `baf` writes and reads it; `text`
writes and reads JSON lines and CSV; `access`, `provider` and `verification` are the outputs A-235 to A-237 ask for.

Source: A-225, A-235, A-236, A-237; requirements.md section 5.4.
"""
