"""Debian roots made by mmdebstrap: the Debian package built in one and used in another, and the container file's steps.

There is no systemd at work in a root: units are judged by `systemd-analyze`, and the server is started as the unit says.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path

from container import inside, lint, play, words_of

SUITE = "bookworm"
TOLERATED = (
    "/var/lib/dpkg",
    "/var/log",
    "/var/cache",
    "/var/lib/apt",
    "/tmp",
    "/run",
    "/dev",
    "/proc",
    "/sys",
    "/var/lib/systemd",
)
"""What a package manager itself keeps; compared is all else."""
APT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
UNREACHABLE = ("Could not resolve", "Could not connect", "Temporary failure resolving", "Connection refused")
MOST_EXPOSED = 2.0
LAYERS_MB = 60
_ONE_AT_A_TIME = threading.Lock()
"""What several steps use is made by one of them."""
SERVES = """
ip link set lo up
"$@" & server=$!
for turn in $(seq 120); do
  chroot {root} /usr/bin/env -i PATH=/opt/ain-scp/bin:/usr/bin:/bin {health} 2>/dev/null && break
  kill -0 $server && sleep 0.5 || exit 1
done
chroot {root} /usr/bin/env -i PATH=/opt/ain-scp/bin:/usr/bin:/bin {health} && kill -TERM $server && wait $server
"""
HEALTH = "python3 -c \"import urllib.request as u; u.urlopen('http://127.0.0.1:9464/health', timeout=2)\""


class Absent(Exception):
    """A program or a right is not here: the step is skipped."""


def needs(*programs: str) -> None:
    """Absent when one of the programs is missing, or without root."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise Absent(f"apt install {' '.join(missing)}")
    if os.geteuid():
        raise Absent("needs root")
    with tempfile.TemporaryDirectory() as place:
        device = subprocess.run(["mknod", f"{place}/null", "c", "1", "3"], capture_output=True, check=False)
    network = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    if device.returncode or network.returncode:
        raise Absent("this root may make no devices or no network of its own")


def base(work: Path) -> Path:
    """A minimal root as a tar file, made once for all steps: beside their folders."""
    file = work.parent / "base.tar"
    with _ONE_AT_A_TIME:
        if not file.exists():
            _bootstrap(file)
    return file


def _bootstrap(file: Path) -> None:
    made = file.with_name("base.part.tar")
    words = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates", SUITE, str(made)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode and any(word in done.stderr for word in UNREACHABLE):
        raise Absent(f"no mirror of Debian can be reached: {done.stderr[-300:]}")
    if done.returncode:
        raise RuntimeError(f"mmdebstrap: {done.stderr[-2000:]}")
    made.rename(file)


def fill(work: Path, root: Path) -> None:
    """The base in an empty folder, with the devices and the names that programs need."""
    subprocess.run(["tar", "-x", "-C", root, "-f", base(work), "--exclude=./dev/*"], check=True)
    subprocess.run(["mknod", "-m", "666", root / "dev" / "null", "c", "1", "3"], check=True)
    subprocess.run(["mknod", "-m", "666", root / "dev" / "urandom", "c", "1", "9"], check=True)
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    if "PIP_CERT" in os.environ:  # a registry behind a certificate authority of one's own
        shutil.copy(os.environ["PIP_CERT"], root / "etc" / "registry.crt")


def unpacked(work: Path, name: str, *packages: str) -> Path:
    """A new root, with packages."""
    root = work / name
    root.mkdir()
    fill(work, root)
    inside(root, ["apt-get", "update", "-qq"], APT)
    inside(root, ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], APT)
    return root


def wheelhouse(checkout: Path, out: Path, work: Path) -> Path:
    """Our compiled wheel, and those that distribution/run.lock names for Python 3.11; beside the folders of the steps, once."""
    ours = sorted(out.glob("ain_scp-*cp311*manylinux*.whl"))
    if not ours:
        raise Absent(
            "no compiled wheel for Python 3.11, which Debian 12 has, in dist/: ./dev dist compiled, with Python 3.11"
        )
    place = work.parent / "wheels"
    words = [
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "-d",
        place,
    ]
    with _ONE_AT_A_TIME:
        place.mkdir(exist_ok=True)
        subprocess.run(
            [sys.executable, *words, "-r", checkout / "distribution" / "run.lock"],
            check=True,
            capture_output=True,
        )
        shutil.copy(ours[-1], place)
    return place


def debian(checkout: Path, out: Path, work: Path) -> None:
    """Build, lint, install, serve, purge."""
    needs("mmdebstrap", "lintian", "systemd-analyze", "unshare", "ip")
    wheels = wheelhouse(checkout, out, work)
    root = unpacked(work, "debian-build", "debhelper", "dpkg-dev", "python3-venv")
    tree = root / "build" / "tree"
    tree.mkdir(parents=True)
    for name in ("README.md", "CHANGELOG.md", "LICENSE", "docs", "distribution"):
        subprocess.run(["cp", "-a", checkout / name, tree], check=True)
    shutil.copytree(tree / "distribution" / "debian", tree / "debian")
    shutil.copy(tree / "distribution" / "ain.service", tree / "debian" / "ain-scp.ain.service")
    (tree / "build").mkdir()
    shutil.copy(out / "ain-scp.cdx.json", tree / "build")
    shutil.copytree(wheels, root / "build" / "wheels")
    words = ["dpkg-buildpackage", "-d", "-b", "-us", "-uc"]
    inside(root, words, APT | {"AIN_WHEELHOUSE": "/build/wheels"}, folder="/build/tree")
    package = next((root / "build").glob("*.deb"))
    shutil.copy(package, out)
    said = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error,warning", package],
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode:
        raise RuntimeError(f"lintian: {said.stdout[:3000]}{said.stderr[:500]}")
    shutil.rmtree(root)
    _installed(out / package.name, work)


def _installed(package: Path, work: Path) -> None:
    root = unpacked(work, "debian-root", "adduser", "libstdc++6", "man-db", "python3")
    before = _files(root)
    shutil.copy(package, root / "tmp")
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", f"/tmp/{package.name}"]
    purge = ["apt-get", "purge", "-y", "-qq", "ain-scp"]
    inside(root, install, APT)
    if not inside(root, ["ain", "--version"], APT).strip().endswith("(compiled)"):
        raise RuntimeError("the package is not compiled")
    inside(root, ["man", "-w", "ain-serve"], APT)
    _judge_unit(root)
    _as_the_unit_says(root)
    inside(root, ["ain", "demo"], APT, folder="/tmp")
    inside(root, purge, APT)
    if not list((root / "var/lib/ain/records").iterdir()):
        raise RuntimeError("the purge took the records")
    if "ain:" not in (root / "etc/passwd").read_text():
        raise RuntimeError("the records have no user any more")
    inside(root, ["rm", "-rf", "/etc/ain", "/var/lib/ain"], APT)
    inside(root, install, APT)
    inside(root, purge, APT)
    if left := (_files(root) ^ before) - {"/opt"}:  # dpkg takes a folder that has become empty
        raise RuntimeError(f"the purge left or took: {sorted(left)[:20]}")
    if "ain:" in (root / "etc/passwd").read_text():
        raise RuntimeError("the purge left the user")


def _files(root: Path) -> set[str]:
    found = set()
    for folder, _, names in os.walk(root):
        here = "/" + os.path.relpath(folder, root).removeprefix(".")
        if not here.startswith(TOLERATED) and "__pycache__" not in here:
            found |= {here, *(f"{here}/{name}" for name in names if not name.endswith("-"))}
    return found


def _judge_unit(root: Path) -> None:
    text = (root / "lib" / "systemd" / "system" / "ain.service").read_text()
    unit = root.parent / "ain.service"
    unit.write_text(text.replace("/opt/ain-scp", f"{root}/opt/ain-scp"))
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", unit],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    level = float(rated.rpartition("ain.service: ")[2].split()[0])
    if level > MOST_EXPOSED:
        raise RuntimeError(f"ain.service: exposure {level}, at most {MOST_EXPOSED} is wanted")
    verify = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit]
    said = subprocess.run(verify, capture_output=True, text=True, check=False)
    if said.returncode or "ain.service" in said.stderr:
        raise RuntimeError(f"systemd-analyze verify: {said.stderr}")


def _as_the_unit_says(root: Path) -> None:
    """Serve as the user of the unit with its options, be asked for /health, end by SIGTERM with exit 0."""
    inside(
        root,
        [
            "sh",
            "-c",
            "cp -r /opt/ain-scp/lib/python3.11/site-packages/ain_scp/examples/golden /etc/ain/dataset",
        ],
        APT,
    )
    inside(root, ["install", "-d", "-o", "ain", "-g", "ain", "-m", "0700", "/var/lib/ain", "/run/ain"], APT)
    unit = (root / "lib/systemd/system/ain.service").read_text()
    options = (root / "etc/default/ain-scp").read_text().rpartition("AIN_OPTIONS=")[2].strip()
    start = unit.partition("ExecStart=")[2].splitlines()[0].replace("$AIN_OPTIONS", options)
    serve(root, "ain:ain", start.split(), HEALTH)


def serve(root: Path, user: str, words: list[str], health: str) -> None:
    """Start a server in a root and a network of its own; it must be healthy within a minute and end well."""
    script = SERVES.format(root=root, health=health)
    clean = [
        "chroot",
        f"--userspec={user}",
        str(root),
        "/usr/bin/env",
        "-i",
        "PATH=/opt/ain-scp/bin:/usr/bin:/bin",
        *words,
    ]
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script, "sh", *clean],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=180,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout[-2000:]}")


def container(checkout: Path, out: Path, work: Path) -> None:
    """Play the container file, weigh what it adds, serve as its user."""
    needs("mmdebstrap", "unshare", "ip")
    text = (checkout / "distribution" / "Containerfile").read_text()
    if wrong := lint(text):
        raise RuntimeError("Containerfile: " + "; ".join(wrong))
    context = work / "context"
    shutil.copytree(checkout / "distribution", context / "distribution")
    wheels = wheelhouse(checkout, out, work)
    (context / "dist").mkdir()
    shutil.copy(next(wheels.glob("ain_scp-*.whl")), context / "dist")
    place = work / "container"
    place.mkdir()
    root, said = play(
        text,
        partial(fill, work),
        context,
        place,
        APT | {"PIP_CERT": "/etc/registry.crt"} if "PIP_CERT" in os.environ else APT,
    )
    weight = _weight(root, base(work))
    if weight > LAYERS_MB:
        raise RuntimeError(f"{weight} MB above the base, at most {LAYERS_MB} are wanted")
    print(f"container: {weight} MB compressed above the base")
    shutil.copytree(checkout / "examples" / "golden", root / "dataset")
    health = words_of(said["HEALTHCHECK"])
    quoted = " ".join(f'"{word}"' for word in health)
    serve(
        root, f"{said['USER']}:{said['USER']}", words_of(said["ENTRYPOINT"]) + words_of(said["CMD"]), quoted
    )


def _weight(root: Path, base_file: Path) -> int:
    """Megabytes, compressed, of the files that the base has not."""
    old = set(
        subprocess.run(
            ["tar", "-t", "-f", base_file], capture_output=True, text=True, check=True
        ).stdout.split("\n")
    )
    found = [f"./{path.relative_to(root)}" for path in root.rglob("*") if path.is_symlink() or path.is_file()]
    new = "\0".join(sorted(set(found) - old))
    packed = subprocess.run(
        ["tar", "-cz", "-C", root, "--null", "-T", "-"], input=new.encode(), capture_output=True, check=True
    )
    return round(len(packed.stdout) / 1e6)
