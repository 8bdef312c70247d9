"""Whether the hot modules run interpreted or compiled.

Source: interfaces.md section 1 (`ain --version`).
"""

import importlib.util
import sys

HOT_MODULES: tuple[str, ...] = ()


def mode() -> str:
    """`compiled` when every hot module is an extension, `interpreted` when none is, else `partly compiled`."""
    kinds = {_is_extension(name) for name in HOT_MODULES}
    if kinds == {True}:
        return "compiled"
    return "interpreted" if True not in kinds else "partly compiled"


def _is_extension(name: str) -> bool:
    module = sys.modules.get(name)
    spec = module.__spec__ if module is not None else importlib.util.find_spec(name)
    origin = spec.origin if spec is not None else None
    return origin is not None and not origin.endswith(".py")
