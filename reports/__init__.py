"""The one writer of tables, CSV, JSON and pages, and reports asked of a store as data.

`source` says what a store can be asked (columns, dimensions, measures) and checks a request into a `Plan`; `sql` writes a
plan for SQLite, `warehouse` for any engine that Ibis speaks; `report` is the answer and its table, CSV and JSON; `text` lays
out tables for people, `page` writes self-contained HTML with drawings laid out in the room `figures`.

Source: A-250, D-011; libraries.md section 8.
"""
