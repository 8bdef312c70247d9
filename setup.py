"""Compiles the hot modules with mypyc when AIN_COMPILE=1; the same source runs interpreted otherwise."""

import os
import sys

from setuptools import setup

HOT = []  # grown with the hot path; kept in one place so that the test of stale extensions reads it too


def _extensions():
    wanted = os.environ.get("AIN_COMPILE") == "1"
    if not wanted or not HOT or {"egg_info", "sdist", "dist_info"} & set(sys.argv):
        return []
    from mypyc.build import mypycify

    modules = mypycify(HOT, opt_level="3")
    for module in modules:
        module.optional = True  # without a compiler the install stays pure
    return modules


setup(ext_modules=_extensions())
