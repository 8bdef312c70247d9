"""Installations in folders of their own, for as long as they are measured: of this checkout, or of another one's files.

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
        copy_of_checkout(root, Path(scratch, "source"))
        yield str(installed(Path(scratch, "source"), Path(scratch, "venv")))


def installed(source, environment, *, mode="compiled"):
    """Install the package of a folder into an environment made for it, interpreted or compiled; its Python.

    SystemExit when the installation fails or comes out in another mode (no compiler).
    """
    python = environment / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    words = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", str(source), *BESIDE]
    around = os.environ | {"AIN_COMPILE": "1" if mode == "compiled" else "0"}
    if subprocess.run(words, env=around, cwd=environment, check=False).returncode:
        raise SystemExit(f"the {mode} installation failed")
    if mode_of(python) != mode:
        raise SystemExit(f"the installation is not {mode}: is there a C compiler?")
    return python


_MODE = """
try:
    from ain_scp.ain.build import mode
except ImportError:  # a commit whose rooms were packages of their own
    from ain.build import mode
print(mode())
"""


def mode_of(python):
    """How the package runs in an environment: compiled, interpreted, partly compiled, or not at all."""
    words = [str(python), "-P", "-c", _MODE]
    return subprocess.run(words, capture_output=True, text=True, cwd="/", check=False).stdout.strip()


def copy_of_checkout(root, target):
    """The files of the checkout that git knows, as they are now; links stay links (those below src/ name folders)."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, cwd=root, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        file = Path(root, name)
        if file.exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target / name, follow_symlinks=False)
