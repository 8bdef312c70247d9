"""A disk that takes no more, without root: no file of this process grows beyond a size."""

import resource
from contextlib import contextmanager


@contextmanager
def no_file_beyond(octets):
    """The kernel writes up to this size and no further (EFBIG), in the middle of a record if need be."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
