"""Plug-ins: found, registered by name, and what they raise as one line.

A plug-in is foreign: nothing that it raises ends a server; its own text is not trusted, and may raise again when it is asked for.

Source: A-025, attacks section 1.
"""

from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint
from typing import Final, Protocol, TypeVar

from ain_scp.terms.safe_text import printable

LONGEST: Final = 200
RAISED: Final = (Exception, SystemExit)
"""What a plug-in may raise without ending a command or a server; an interrupt is the user's."""


def said(fault: BaseException) -> str:
    """Kind and text of what was raised, printable, on one line."""
    try:
        text = str(fault)
    except RAISED:
        text = "its text cannot be read"
    return printable(f"{type(fault).__name__}: {text}")[:LONGEST]


class PluginFault(Exception):
    """A plug-in that cannot be used; the text names it and says why."""


class Named(Protocol):
    """What is registered by its name."""

    @property
    def name(self) -> str:
        """The word that data sets name it by."""


_Plugin = TypeVar("_Plugin", bound=Named)


def register(known: dict[str, _Plugin], plugin: _Plugin, kind: str, source: str) -> None:
    """Register a plug-in under its name; PluginFault when the name is taken or is no upper-case word."""
    name: object = plugin.name
    if not isinstance(name, str) or not name.isidentifier() or name != name.upper():
        raise PluginFault(f"{source}: {kind} {name!r} is not an upper-case word")
    if name in known:
        raise PluginFault(f"{source}: {kind} {name} is already registered")
    known[name] = plugin


def register_all(
    known: dict[str, _Plugin],
    entries: Iterable[EntryPoint],
    kind: str,
    guarded: Callable[..., _Plugin],
) -> list[str]:
    """Make and register what entry points name, `guarded` around each (it takes the plug-in and its source); those that cannot be used are left out, and named here."""
    faults = []
    for entry in entries:
        try:
            register(known, guarded(entry.load()(), entry.value), kind, entry.value)
        except PluginFault as fault:
            faults.append(str(fault))
        except RAISED as fault:
            faults.append(f"{entry.value}: {said(fault)}")
    return faults
