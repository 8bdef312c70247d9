"""The benchmarks are scripts of a checkout, not of the installed package: found last, so that they shadow nothing."""

import sys
from pathlib import Path

ROOT = str(Path(__file__).parent.parent.parent)
if ROOT not in sys.path:
    sys.path.append(ROOT)
