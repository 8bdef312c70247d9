"""In-tree build backend: setuptools, plus mypy and what it must see of ours for the compiled build when AIN_COMPILE=1."""

import os

from setuptools.build_meta import *  # noqa: F403


def _extra():
    return ["mypy>=1.18", "msgspec>=0.19", "numpy>=1.26"] if os.environ.get("AIN_COMPILE") == "1" else []


def get_requires_for_build_wheel(config_settings=None):
    return _extra()


def get_requires_for_build_editable(config_settings=None):
    return _extra()


def get_requires_for_build_sdist(config_settings=None):
    return []
