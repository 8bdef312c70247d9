"""What the schemas are put together from.

Source: JSON Schema 2020-12.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
TEXTS: Final[Schema] = {"type": "array", "items": TEXT}
FLAG: Final[Schema] = {"type": "boolean"}
NUMBER: Final[Schema] = {"type": "number", "minimum": 0}
WHOLE: Final[Schema] = {"type": "integer", "minimum": 0}
SHARE: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 1}
MOMENT: Final[Schema] = {"type": ["string", "number"]}
DIAL: Final[Schema] = {"type": ["string", "array"], "items": TEXT}


def closed(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    """A table of these keys and no others."""
    made: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    needed = list(required)
    return made | ({"required": needed} if needed else {})


def several(table: Schema) -> Schema:
    """An array of tables, or a single one; without anyOf, so that an editor marks the key that is wrong and not the whole."""
    return table | {"type": ["array", "object"], "items": table}


def of_words(words: Iterable[str]) -> Schema:
    """One of these."""
    return {"enum": list(words)}
