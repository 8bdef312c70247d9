"""The checked programs of the event engine, `DATASET/charging/services/`, each part remembering its file and line.

Source: charging design section 8.
"""

from typing import Literal

import msgspec

from ain_scp.provisioning.where import Where


class KeepRow(msgspec.Struct, frozen=True):
    """`[keep]` of a service: one piece of state and its bound. `entries` is the most entries it holds."""

    name: str
    type: Literal["money", "int", "map"]
    per: str
    by: str
    entries: int
    load: str
    where: Where


class HandlerRow(msgspec.Struct, frozen=True):
    """`[on.EVENT]` of a service: its steps in order, as written."""

    event: str
    steps: tuple[str, ...]
    where: Where


class QueryRow(msgspec.Struct, frozen=True):
    """`[query.NAME]` of a service."""

    name: str
    arguments: tuple[str, ...]
    give: str
    where: Where


class ServiceRow(msgspec.Struct, frozen=True):
    """`services/NAME.toml`: one program of the event engine; `maps` are the rows of the files it loads, by state name."""

    name: str
    keep: tuple[KeepRow, ...]
    handlers: tuple[HandlerRow, ...]
    queries: tuple[QueryRow, ...]
    streams_in: tuple[str, ...]
    streams_out: tuple[str, ...]
    plans: tuple[str, ...]
    maps: dict[str, dict[str, str]]
    where: Where
