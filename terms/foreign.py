"""What foreign code raised, as one line: a plug-in's own text is not trusted, and may raise again when it is asked for.

Source: attacks section 1.
"""

from typing import Final

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
