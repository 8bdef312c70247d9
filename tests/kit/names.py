"""The fields of a hot class, whichever way it runs."""


def fields(cls):
    """Names of its attributes; compiled, a class has no __slots__ to read them from."""
    return [name for name in dir(cls) if not name.startswith("_") and not callable(getattr(cls, name))]
