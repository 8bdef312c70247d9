"""In-tree build backend: setuptools over the links of links.py, plus mypy and what it must see of ours when AIN_COMPILE=1.

A source distribution is packed once more, so that the same tree gives the same octets: names in order, no owner, and the
time of SOURCE_DATE_EPOCH, where that is set. (For wheels setuptools sees to it.)
"""

import gzip
import io
import os
import tarfile
from pathlib import Path

import links
from setuptools import build_meta
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


def build_sdist(sdist_directory, config_settings=None):
    name = build_meta.build_sdist(sdist_directory, config_settings)
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is not None:
        _settle(Path(sdist_directory, name), int(epoch))
    return name


def _settle(archive, epoch):
    """Pack anew, in the order of names, with one time and no owner."""
    packed = io.BytesIO()
    with tarfile.open(archive) as old, tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new:
        for member in sorted(old.getmembers(), key=lambda one: one.name):
            content = old.extractfile(member) if member.isfile() else None
            member.mtime, member.uid, member.gid, member.uname, member.gname = epoch, 0, 0, "", ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.pax_headers = {}
            new.addfile(member, content)
    with archive.open("wb") as out, gzip.GzipFile("", "wb", mtime=epoch, fileobj=out) as stream:
        stream.write(packed.getvalue())
