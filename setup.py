"""Compiles the hot modules with mypyc when AIN_COMPILE=1; the same source runs interpreted otherwise. Adds the examples."""

import ast
import os
import shutil
import sys
import sysconfig
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
REQUIRES = ["click>=8.1", "msgspec>=0.19", "numpy>=1.26", "rich>=13"]
COMPILED_REQUIRES = ["librt>=0.16", "mypy-extensions>=1.0"]


class BuildPy(build_py):
    """The wheel has the examples as ain_scp/examples; an editable installation reads those of the checkout."""

    def run(self):
        super().run()
        if not self.editable_mode:
            place = Path(self.build_lib, "ain_scp", "examples")
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(
                HERE / "examples",
                place,
                ignore=shutil.ignore_patterns("__pycache__", "*.py[co]", "*.egg-info", "build"),
            )


def _hot():
    """The files of ain/build.py's HOT_MODULES, read without importing the package."""
    tree = ast.parse((HERE / "src" / "ain_scp" / "ain" / "build.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.target.id == "HOT_MODULES":
            return [f"src/{name.replace('.', '/')}.py" for name in ast.literal_eval(node.value)]
    raise SystemExit("ain/build.py: no HOT_MODULES")


def _extensions():
    if os.environ.get("AIN_COMPILE") != "1" or {"egg_info", "sdist", "dist_info"} & set(sys.argv):
        return []
    from mypyc.build import mypycify

    # Some Pythons link with a search path that exists only on the machine where they were built.
    linker = (sysconfig.get_config_var("LDSHARED") or "").split()
    os.environ.setdefault("LDSHARED", " ".join(word for word in linker if not word.startswith("-Wl,-rpath")))
    # Debug information names the folder of the build: without it two builds give equal octets.
    modules = mypycify(
        ["--config-file=", "--ignore-missing-imports", "--follow-imports=silent", *_hot()],
        opt_level="3",
        debug_level="0",
    )
    for module in modules:
        module.optional = False  # a compiled build that was asked for and fails ends the install
    return modules


setup(
    cmdclass={"build_py": BuildPy},
    ext_modules=_extensions(),
    install_requires=REQUIRES + (COMPILED_REQUIRES if os.environ.get("AIN_COMPILE") == "1" else []),
)
