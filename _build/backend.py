"""In-tree build backend: setuptools over the links of links.py, plus mypy and what it must see of ours when AIN_COMPILE=1."""

import os
from pathlib import Path

import links
from setuptools.build_meta import *  # noqa: F403

links.settle(Path(__file__).resolve().parent.parent)


def _extra():
    return ["mypy>=1.18", "msgspec>=0.19", "numpy>=1.26"] if os.environ.get("AIN_COMPILE") == "1" else []


def get_requires_for_build_wheel(config_settings=None):
    return _extra()


def get_requires_for_build_editable(config_settings=None):
    return _extra()


def get_requires_for_build_sdist(config_settings=None):
    return []
