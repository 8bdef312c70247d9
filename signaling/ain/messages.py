"""What an operation, result or error carries: its parameters in wire order, with their marks.

Source: ain-wire section 2.2.
"""

from enum import IntEnum, unique

import msgspec

from ain_scp.signaling.ain.parameters import PARAMETERS, Parameter
from ain_scp.signaling.ain.structures import Carrier, UserID, Value
from ain_scp.signaling.bcd import Digits

LIST_TAG = 0x30


@unique
class Direction(IntEnum):
    """Who may invoke an operation."""

    TO_SCP = 1
    TO_SSP = 2
    BOTH = 3


class Slot:
    """One place in the order of a message: a parameter, or one alternative of a choice.

    Alternatives of a choice share `index`. `mandatory` parameters must be there. `expected` ones are mandatory in the
    published ASN.1, but this codec does not refuse their absence (aMAslpID of AnalyzeRoute); tshark 4.0.17 refuses it
    only when a parameter that comes later in order is there.
    """

    def __init__(self, index: int, parameter: Parameter, mandatory: bool, expected: bool) -> None:
        self.index = index
        self.name = parameter.name
        self.identifier = parameter.identifier
        self.type = parameter.type
        self.mandatory = mandatory
        self.expected = expected


class Message:
    """A set of parameters in wire order, parsed from a row like `userID! carrier gapInterval|privateGapInterval!`.

    `!` marks a mandatory parameter, `~` an expected one, `|` separates the alternatives of a choice. `by_tag` finds the
    slot of a tag; a plain list (tag 30) is found under `0x3000` plus the tag of its first item.
    """

    def __init__(self, name: str, code: int, row: str) -> None:
        self.name = name
        self.code = code
        self.slots: list[Slot] = []
        self.by_tag: dict[int, Slot] = {}
        self.mandatory: list[tuple[str, ...]] = []
        for index, word in enumerate(row.split()):
            mark = word[-1] if word[-1] in "!~" else ""
            names = tuple(word.rstrip("!~").split("|"))
            if mark == "!":
                self.mandatory.append(names)
            for one in names:
                parameter = PARAMETERS[one]
                slot = Slot(index, parameter, mark == "!", mark == "~")
                self.slots.append(slot)
                self.by_tag[_key(parameter)] = slot

    def slot(self, name: str) -> Slot | None:
        """Find the place of a parameter by its name; None when the message has no such parameter."""
        for slot in self.slots:
            if slot.name == name:
                return slot
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name}, {self.code})"


def _key(parameter: Parameter) -> int:
    if parameter.tag != LIST_TAG:
        return parameter.tag
    return LIST_TAG << 8 | {"aMALineNumberList": 0x89, "aMADigitsDialedWCList": 0x88}[parameter.name]


class Operation(Message):
    """One operation: `code` is its private operation code.

    `result` is what its Return Result may carry, None when it has none; `errors` names the errors it may get; `answers`
    names the operations that may answer it (SCP's instructions to a query, SSP's reports to an instruction).
    `unconfirmed` says that the code or the parameters stand in no public standard.
    """

    def __init__(
        self,
        name: str,
        code: int,
        row: str,
        direction: Direction,
        errors: tuple[str, ...],
        result: Message | None,
        answers: tuple[str, ...],
        unconfirmed: bool,
    ) -> None:
        super().__init__(name, code, row)
        self.direction = direction
        self.errors = errors
        self.result = result
        self.answers = answers
        self.unconfirmed = unconfirmed

    @property
    def opcode(self) -> int:
        """The private operation code: family times 256 plus specifier."""
        return self.code


class Unknown(msgspec.Struct, frozen=True):
    """A parameter the operation does not have: tag, contents octets, and its place among all parameters, from 0."""

    tag: int
    contents: bytes
    position: int


class Parameters(msgspec.Struct, frozen=True):
    """The parameters of one message by the standard's names, and those the message does not know, in place.

    Reads like a mapping; the typed getters return None when the parameter is absent or is of another type.
    """

    message: Message
    values: dict[str, Value]
    unknown: tuple[Unknown, ...] = ()

    def __getitem__(self, name: str) -> Value:
        return self.values[name]

    def __contains__(self, name: object) -> bool:
        return name in self.values

    def get(self, name: str) -> Value | None:
        """Return a parameter's value, None when absent."""
        return self.values.get(name)

    def digits(self, name: str) -> Digits | None:
        """Return a number."""
        value = self.values.get(name)
        return value if isinstance(value, Digits) else None

    def integer(self, name: str) -> int | None:
        """Return an integer, enumeration or boolean."""
        value = self.values.get(name)
        return value if isinstance(value, int) else None

    def text(self, name: str) -> str | None:
        """Return a text: trunk group, aMAslpID, bit string."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def octets(self, name: str) -> bytes | None:
        """Return octets."""
        value = self.values.get(name)
        return value if isinstance(value, bytes) else None

    def flag(self, name: str) -> bool:
        """Return a flag: present and not FALSE."""
        return bool(self.values.get(name))

    def carrier(self, name: str) -> Carrier | None:
        """Return a carrier."""
        value = self.values.get(name)
        return value if isinstance(value, Carrier) else None

    def user_id(self) -> UserID | None:
        """Return the userID."""
        value = self.values.get("userID")
        return value if isinstance(value, UserID) else None
