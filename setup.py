"""Compiles the hot modules with mypyc when AIN_COMPILE=1; the same source runs interpreted otherwise."""

import ast
import os
import sys
from pathlib import Path

from setuptools import setup

REQUIRES = ["click>=8.1", "msgspec>=0.19", "numpy>=1.26", "rich>=13"]
COMPILED_REQUIRES = ["librt>=0.16", "mypy-extensions>=1.0"]


def _hot():
    """The files of ain/build.py's HOT_MODULES, read without importing the package."""
    tree = ast.parse(Path(__file__).with_name("ain").joinpath("build.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.target.id == "HOT_MODULES":
            return [name.replace(".", "/") + ".py" for name in ast.literal_eval(node.value)]
    raise SystemExit("ain/build.py: no HOT_MODULES")


def _extensions():
    if os.environ.get("AIN_COMPILE") != "1" or {"egg_info", "sdist", "dist_info"} & set(sys.argv):
        return []
    from mypyc.build import mypycify

    modules = mypycify(
        ["--config-file=", "--ignore-missing-imports", "--follow-imports=silent", *_hot()], opt_level="3"
    )
    for module in modules:
        module.optional = True  # without a compiler the install stays pure
    return modules


setup(
    ext_modules=_extensions(),
    install_requires=REQUIRES + (COMPILED_REQUIRES if os.environ.get("AIN_COMPILE") == "1" else []),
)
