"""What the library promises: names, parameters, defaults and fields, as listed in promised.txt.

A line that changes breaks the promise; a new line is an addition. When the test fails it prints
the list as it is now.
"""

import inspect
from pathlib import Path

import msgspec
import pytest

from ain_scp import api

NOT_PROMISED = {"DataSet.program"}
LIST = Path(__file__).with_name("promised.txt")


def promised():
    """A line for each name, and for each public member of a class."""
    for name in sorted(api.__all__):
        found = getattr(api, name)
        if not inspect.isclass(found):
            yield f"{name}{shape(found)}"
        elif issubclass(found, msgspec.Struct):
            fields = ", ".join(field.name for field in msgspec.structs.fields(found))
            yield f"{name}({fields})"
        else:
            yield name
        for member, value in sorted(vars(found).items()) if inspect.isclass(found) else ():
            of_struct = inspect.ismemberdescriptor(value) and issubclass(found, msgspec.Struct)
            if not member.startswith("_") and not of_struct and f"{name}.{member}" not in NOT_PROMISED:
                yield f"{name}.{member}" + (shape(value) if inspect.isfunction(value) else "")


def shape(function):
    """Parameters with kinds and defaults, without types: those may become wider."""
    signature = inspect.signature(function)
    bare = [one.replace(annotation=inspect.Parameter.empty) for one in signature.parameters.values()]
    return str(inspect.Signature(bare))


def test_every_promised_name_is_there_as_listed():
    found = list(promised())
    assert found == LIST.read_text().splitlines(), "\n".join(found)


@pytest.mark.parametrize("name", api.__all__)
def test_every_promised_name_is_documented_and_a_function_typed(name):
    found = getattr(api, name)
    assert len((found.__doc__ or "").split()) >= 5
    if inspect.isfunction(found):
        assert all(one.annotation is not one.empty for one in inspect.signature(found).parameters.values())


def test_the_room_shows_its_promise_and_nothing_else():
    assert dir(api) == api.__all__ == sorted(api.__all__, key=lambda name: (name[0].islower(), name))
    with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
        _ = api.nosuch
