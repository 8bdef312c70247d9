"""The proofs of the distributions: `./dev dist`, or `./dev dist STEP...` of pure, compiled, bounds, debian, container.

What is built stays in dist/. Two steps are done beside each other, each as soon as those that it needs are done. A step whose
program is absent is skipped and says so; one that fails is done once more; exit 1 when it fails again.
"""

import hashlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import roots
import sbom

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "dist"
BOUND_TESTS = (
    "tests/ain/test_check.py",
    "tests/ain/test_explain.py",
    "tests/ain/test_init.py",
    "tests/acceptance",
)


def run(*words: object, folder: Path = ROOT, expect: int | None = 0, **more: str) -> str:
    """Run a program; its output. RuntimeError with the last lines when its exit code is another one."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("AIN_COMPILE", "PYTHONPATH")
    }
    done = subprocess.run(
        [str(word) for word in words], cwd=folder, env=environment | more,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if expect is not None and done.returncode != expect:
        tail = "\n".join(done.stdout.splitlines()[-20:])
        raise RuntimeError(f"{' '.join(map(str, words))}: exit {done.returncode}\n{tail}")
    return done.stdout


def copies(work: Path) -> list[Path]:
    """Two copies of the tracked files, in folders of different names."""
    return [copy(work / name / f"tree-{name}") for name in ("one", "another")]


def copy(tree: Path) -> Path:
    """The tracked files in a new folder."""
    tree.mkdir(parents=True)
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    packed = subprocess.run(
        ["tar", "--null", "-T", "-", "-c"], input=files, cwd=ROOT, capture_output=True, check=True
    )
    subprocess.run(["tar", "-x"], input=packed.stdout, cwd=tree, check=True)
    return tree


def epoch() -> str:
    """The time of the last commit, for SOURCE_DATE_EPOCH."""
    return run("git", "log", "-1", "--format=%ct").strip()


def same(one: Path, another: Path) -> list[Path]:
    """The files of one folder; RuntimeError when those of the other differ in name or octets."""
    names = [sorted(path.name for path in place.iterdir()) for place in (one, another)]
    if names[0] != names[1]:
        raise RuntimeError(f"two builds gave different files: {names}")
    for name in names[0]:
        digests = [hashlib.sha256((place / name).read_bytes()).hexdigest() for place in (one, another)]
        if digests[0] != digests[1]:
            raise RuntimeError(f"{name}: two builds differ, {digests}; kept in {one} and {another}")
    return [one / name for name in names[0]]


def environment(place: Path, *packages: object) -> Path:
    """A new environment with packages; its folder of programs."""
    venv.create(place, with_pip=True)
    run(place / "bin" / "pip", "install", "-q", *packages)
    return place / "bin"


def plays(programs: Path, mode: str) -> None:
    """`ain` names its mode and plays the demo, from a folder that is not the checkout."""
    said = run(programs / "ain", "--version", folder=programs)
    if said.split("\n")[0].split()[-1] != f"({mode})":
        raise RuntimeError(f"{mode} was asked for, but: {said}")
    run(programs / "ain", "demo", folder=programs)


def pure(work: Path) -> None:
    """Source distribution and pure wheel, twice; checked, installed elsewhere, played; the bill of materials."""
    trees = copies(work)
    for tree in trees:
        run(sys.executable, "-m", "build", "--outdir", tree.parent / "pure", tree, SOURCE_DATE_EPOCH=epoch())
    files = same(*(tree.parent / "pure" for tree in trees))
    run(sys.executable, "-m", "twine", "check", "--strict", *files)
    for file in files:
        shutil.copy(file, OUT)
        plays(environment(work / f"with-{file.suffix[1:]}", file), "interpreted")
    version = files[0].name.split("-")[1]
    (OUT / "ain-scp.cdx.json").write_text(sbom.text((ROOT / "distribution/run.lock").read_text(), version))


def compiled(work: Path) -> None:
    """Compiled wheel out of a source distribution, twice at once; judged, installed elsewhere; a failing compiler ends the build."""
    trees = copies(work)
    wanted = {**os.environ, "AIN_COMPILE": "1", "SOURCE_DATE_EPOCH": epoch()}
    log = [(tree.parent / "log").open("w") for tree in trees]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "build", "--outdir", tree.parent / "compiled", tree],
            env=wanted,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        for tree, out in zip(trees, log, strict=True)
    ]
    ends = [one.wait() for one in running]
    if any(ends):
        raise RuntimeError(f"no compiled wheel: {(trees[0].parent / 'log').read_text()[-2000:]}")
    wheel = next(one for one in same(*(tree.parent / "compiled" for tree in trees)) if one.suffix == ".whl")
    _no_search_path(wheel, work / "unpacked")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for tree in trees:
        run(sys.executable, "-m", "auditwheel", "repair", "-w", tree.parent / "repaired", tree.parent / "compiled" / wheel.name,
            PATH=path, SOURCE_DATE_EPOCH=epoch())  # fmt: skip
    (repaired,) = same(*(tree.parent / "repaired" for tree in trees))
    for old in OUT.glob("ain_scp-*manylinux*.whl"):
        old.unlink()
    shutil.copy(repaired, OUT)
    run(sys.executable, "-m", "twine", "check", "--strict", repaired)
    plays(environment(work / "with-compiled", repaired), "compiled")
    refused = (
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--skip-dependency-check",
        "--outdir",
        work / "refused",
        trees[0],
    )
    shutil.rmtree(trees[0] / "build", ignore_errors=True)
    run(sys.executable, *refused, AIN_COMPILE="1", CC="/bin/false", expect=1)
    if (work / "refused").exists() and list((work / "refused").iterdir()):
        raise RuntimeError("a compiled build was asked for, its compiler failed, and there is a wheel")


def _no_search_path(wheel: Path, place: Path) -> None:
    """No module looks for libraries in folders of the machine that built it."""
    from elftools.elf.dynamic import DynamicSection
    from elftools.elf.elffile import ELFFile

    zipfile.ZipFile(wheel).extractall(place)
    for path in place.rglob("*.so"):
        with path.open("rb") as stream:
            for section in ELFFile(stream).iter_sections():
                tags = section.iter_tags() if isinstance(section, DynamicSection) else ()
                if any(tag.entry.d_tag in ("DT_RPATH", "DT_RUNPATH") for tag in tags):
                    raise RuntimeError(f"{path.relative_to(place)}: has a search path")


def bounds(work: Path) -> None:
    """The oldest packages that the core may have: the demos and some tests, in an environment of their own."""
    wheel = next(OUT.glob("ain_scp-*-none-any.whl"))
    metadata = zipfile.ZipFile(wheel).read(f"ain_scp-{wheel.name.split('-')[1]}.dist-info/METADATA").decode()
    pins = [
        f"{name}=={least}"
        for name, least in re.findall(r"^Requires-Dist: ([\w-]+)>=([\w.]+)$", metadata, re.MULTILINE)
    ]
    tools = ("pytest", "pytest-benchmark", "pytest-timeout", "hypothesis")
    programs = environment(work / "oldest", wheel, *pins, *tools)
    plays(programs, "interpreted")
    run(programs / "ain", "demo", "services", folder=work)
    run(programs / "ain", "demo", "charging", folder=work)
    run(
        programs / "pytest",
        "-q",
        *BOUND_TESTS,
        folder=copy(work / "tree"),
        PATH=f"{programs}:{os.environ['PATH']}",
    )


def debian(work: Path) -> None:
    """The Debian package: built in one root, judged by lintian, installed, used and purged in another."""
    roots.debian(ROOT, OUT, work)


def container(work: Path) -> None:
    """The steps of the container file in roots."""
    roots.container(ROOT, OUT, work)


STEPS: dict[str, Callable[[Path], None]] = {
    one.__name__: one for one in (pure, compiled, bounds, debian, container)
}
NEEDS = {"bounds": ("pure",), "debian": ("pure", "compiled"), "container": ("compiled",)}
"""What a step takes out of dist/ is put there by these."""
LANES = 2


def attempt(step: Callable[[Path], None], roots_of: Path) -> tuple[str, str]:
    """Do a step once, in a folder of its own: ok, skipped or failed, and why."""
    with tempfile.TemporaryDirectory(prefix=f"{step.__name__}.", dir=roots_of) as work:
        try:
            step(Path(work))
        except roots.Absent as reason:
            return "skipped", f": {reason}"
        except Exception as fault:  # noqa: BLE001 - the other steps are still worth their answer
            return "failed", f": {fault}"
    return "ok", ""


def done(step: Callable[[Path], None], place: Path, needed: list[Future[str]]) -> str:
    """Do a step after those that it needs, twice if it must be; how it ended, which is printed, too."""
    wait(needed)
    start = time.monotonic()
    end, why = attempt(step, place)
    if end == "failed":  # an index or a mirror that did not answer; what fails twice has failed
        tell(f"again {step.__name__}, which failed{why}")
        end, why = attempt(step, place)
    tell(f"{end} {step.__name__}, {time.monotonic() - start:.0f} s{why}")
    return end


def tell(line: str) -> None:
    """One line, whole, whoever writes beside it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(asked: list[str]) -> int:
    """Do the steps; 0 when none failed."""
    if unknown := [name for name in asked if name not in STEPS]:
        print(f"no such step: {', '.join(unknown)}; there are {', '.join(STEPS)}")
        return 2
    OUT.mkdir(exist_ok=True)
    begin, running = time.monotonic(), dict[str, Future[str]]()
    with tempfile.TemporaryDirectory(prefix="ain-dist.") as place, ThreadPoolExecutor(LANES) as lanes:
        for name in [name for name in STEPS if name in (asked or STEPS)]:  # what is needed comes before
            needed = [running[one] for one in NEEDS.get(name, ()) if one in running]
            running[name] = lanes.submit(done, STEPS[name], Path(place), needed)
        ended = Counter(one.result() for one in running.values())
    counts = ", ".join(f"{ended[end]} {end}" for end in ("ok", "skipped", "failed"))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    tell(f"dist: {counts}; {time.monotonic() - begin:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processor. "
         f"What was built is in {OUT}")  # fmt: skip
    return int(ended["failed"] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
