"""What `ain --version` says about the hot modules: compiled or not, and never stale in silence."""

import ast
import importlib
import importlib.util
import os
from pathlib import Path

from ain_scp.ain import build

ROOT = Path(__file__).parent.parent.parent


def test_no_compiled_module_is_older_than_its_source():
    assert build.stale_modules() == [], build.warning()


def test_every_hot_module_exists_and_the_mode_is_one_word_for_all():
    for name in build.HOT_MODULES:
        assert (ROOT / "src" / (name.replace(".", "/") + ".py")).exists(), name
    assert build.mode() in ("interpreted", "compiled")


def test_what_runs_is_what_was_asked_for():
    """CI runs the tests twice and says which way it means: then every hot module must have been loaded that way."""
    expected = os.environ.get("AIN_EXPECT_MODE", build.mode())
    assert build.mode() == expected
    for name in importable():
        loaded = importlib.import_module(name).__file__
        assert loaded is not None
        assert loaded.endswith(".py") == (expected == "interpreted"), loaded


def importable():
    """The hot modules that this installation can import: the innermost part needs librt."""
    return {
        name
        for name in build.HOT_MODULES
        if name != "ain_scp.scp.fast.core" or importlib.util.find_spec("librt")
    }


def test_an_extension_older_than_its_source_is_stale(tmp_path):
    extension, source = tmp_path / "path.cpython-311-x86_64-linux-gnu.so", tmp_path / "path.py"
    extension.write_bytes(b"")
    assert not build.is_stale(extension)
    source.write_text("")
    os.utime(extension, (1, 1))
    assert build.is_stale(extension)
    os.utime(source, (1, 1))
    assert not build.is_stale(extension)
    assert not build.is_stale(source)


def test_the_warning_names_what_is_stale_and_what_to_do(monkeypatch):
    assert build.warning() == ""
    monkeypatch.setattr(build, "stale_modules", lambda: ["ain_scp.terms.digits"])
    assert "ain_scp.terms.digits" in build.warning()
    assert "./dev fast" in build.warning()


def test_no_hot_module_makes_msgspec_records():
    """Compiled, frozen records lose their hash."""
    for name in build.HOT_MODULES:
        tree = ast.parse((ROOT / "src" / (name.replace(".", "/") + ".py")).read_text())
        bases = {
            ast.unparse(base)
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            for base in node.bases
        }
        assert not bases & {"msgspec.Struct", "Struct"}, name


def test_the_version_tells_the_mode(ain):
    result = ain("--version")
    assert (result.returncode, result.stdout.strip()) == (0, f"ain 0.1.0 ({build.mode()})")
