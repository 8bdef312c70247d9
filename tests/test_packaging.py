"""One import name: every room is ain_scp.<room>, and nothing of ours is loaded by its short name."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = {place.parent.name for place in ROOT.glob("*/py.typed")}


def test_every_room_stands_below_the_one_import_name():
    links = {
        place.name: place.readlink() for place in (ROOT / "src" / "ain_scp").iterdir() if place.is_symlink()
    }
    assert links == {room: Path("..", "..", room) for room in ROOMS}


def test_no_room_is_loaded_by_its_short_name():
    code = "import sys, ain_scp.ain.serve.command, ain_scp.scp.edges.server, ain_scp.ssp_sim.lab; print(*{n.split('.')[0] for n in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not ROOMS & set(loaded.stdout.split())


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """A wheel built from a source distribution of the tracked files, as a stranger would build it."""
    if not (ROOT / ".git").exists():
        pytest.skip("packs the tracked files: needs a checkout")
    place = tmp_path_factory.mktemp("build")
    tree = place / "tree"
    files = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True, cwd=ROOT).stdout
    tree.mkdir()
    packed = subprocess.run(
        ["tar", "--null", "-T", "-", "-c"], input=files, capture_output=True, check=True, cwd=ROOT
    )
    subprocess.run(["tar", "-x"], input=packed.stdout, check=True, cwd=tree)
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", place / "dist", tree],
        check=True,
        capture_output=True,
        env={name: value for name, value in os.environ.items() if name != "AIN_COMPILE"},
    )
    return next((place / "dist").glob("*.whl"))


@pytest.mark.slow
def test_a_registry_would_take_both(wheel):
    """`twine check` reads their metadata and the README as a registry shows it."""
    files = [wheel, *wheel.parent.glob("*.tar.gz")]
    words = [sys.executable, "-m", "twine", "check", "--strict", *files]
    checked = subprocess.run(words, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert (checked.stdout.count("PASSED"), len(files)) == (2, 2)


@pytest.mark.slow
def test_the_wheel_installs_one_name_and_every_module_of_the_rooms(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"ain_scp"}
    tracked = subprocess.run(
        ["git", "ls-files", "*.py"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    modules = {f"ain_scp/{name}" for name in tracked.stdout.split() if name.split("/")[0] in ROOMS}
    assert modules <= set(names)
    assert "ain_scp/examples/golden/scenario.toml" in names


@pytest.mark.slow
def test_beside_netmiko_both_work_and_the_demo_plays_from_anywhere(wheel, tmp_path):
    """The distribution scp, which netmiko needs, owns the import name scp."""
    venv.create(tmp_path / "v", with_pip=True)
    python = tmp_path / "v" / "bin" / "python"

    def run(*words):
        return subprocess.run(
            [str(python), *words], capture_output=True, text=True, check=True, cwd=tmp_path
        ).stdout

    run("-m", "pip", "install", "-q", "netmiko", str(wheel))
    run("-c", "from scp import SCPClient; import netmiko.scp_handler, ain_scp.scp.node")
    assert run("-m", "ain_scp", "demo").splitlines()[-1].startswith("32 calls: 32 passed, 0 failed")
    assert {"golden", "fig7", "overflow"} <= set(run("-m", "ain_scp", "demo", "--list").split())


def test_a_checkout_without_links_is_repaired(tmp_path):
    """Git without symlinks leaves small text files; the build makes the links, else it would pack nothing."""
    (tmp_path / "scp").mkdir()
    (tmp_path / "scp" / "py.typed").touch()
    (tmp_path / "src" / "ain_scp").mkdir(parents=True)
    (tmp_path / "src" / "ain_scp" / "scp").write_text("../../scp")
    code = f"import sys; sys.path.insert(0, {str(ROOT / '_build')!r}); import links; from pathlib import Path; links.settle(Path('.'))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
    assert (tmp_path / "src" / "ain_scp" / "scp").readlink() == Path("..", "..", "scp")
