"""Interrupting a command as a person does."""

import subprocess


def interrupted(process, press):
    """What a command writes when it is interrupted; pressed again, as a person would, where Python loses the first.

    CPython drops an interrupt that falls into a callback of its own (after a fork, in a finalizer).
    """
    for _turn in range(8):
        press()
        try:
            return process.communicate(timeout=5)[1]
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError("the command goes on after eight interrupts")
