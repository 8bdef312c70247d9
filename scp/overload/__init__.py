"""Overload: what the node admits, what it sheds, and how it asks switches to send less.

Source: ain-wire section 4.3 items 8 and 10, reliability targets O1-O7.
"""

from ain_scp.scp.overload.control import OverloadConfig, OverloadControl

__all__ = ["OverloadConfig", "OverloadControl"]
