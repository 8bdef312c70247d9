"""A compiled installation of this checkout in a folder of its own, for as long as it is measured.

Source: libraries.md section 14.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BESIDE = ("pytest", "pytest-benchmark", "pytest-timeout", "asn1tools")
"""What the benchmarks need besides the package."""


@contextlib.contextmanager
def compiled_installation(root, *, wanted=True):
    """Give the Python of an environment with the checkout's files compiled; None when not wanted.

    SystemExit when the installation fails or comes out not compiled (no compiler).
    """
    if not wanted:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="ain-compiled-") as scratch:
        source, python = Path(scratch, "source"), Path(scratch, "venv", "bin", "python")
        copy_of_checkout(root, source)
        subprocess.run([sys.executable, "-m", "venv", str(python.parent.parent)], check=True)
        words = [
            str(python),
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            str(source),
            *BESIDE,
        ]
        done = subprocess.run(words, env=os.environ | {"AIN_COMPILE": "1"}, cwd=scratch, check=False)
        if done.returncode:
            raise SystemExit("the compiled installation failed")
        if mode_of(python) != "compiled":
            raise SystemExit("the installation did not compile: is there a C compiler?")
        yield str(python)


def mode_of(python):
    """How the package runs in an environment: compiled, interpreted, partly compiled, or not at all."""
    words = [str(python), "-P", "-c", "from ain_scp.ain.build import mode; print(mode())"]
    return subprocess.run(words, capture_output=True, text=True, cwd="/", check=False).stdout.strip()


def copy_of_checkout(root, target):
    """The files of the checkout that git knows, as they are now; links stay links (those below src/ name folders)."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, cwd=root, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        file = Path(root, name)
        if file.exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target / name, follow_symlinks=False)
