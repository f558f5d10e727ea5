"""The wheel that a user installs: complete, and with nothing at top level but `migrate_norm`."""

import configparser
import importlib
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = ("pyproject.toml", "README.md", "LICENSE", "migrate", "layers")
FOLDERS = {"migrate": "migrate_norm", "layers": "migrate_norm/layers"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Builds from a copy, so that no `build/` or `*.egg-info` is left in the tree."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in NEEDED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(target), str(source)]
    # an older setuptools does not read this pyproject.toml; then the build fetches its own
    recent = int(version("setuptools").split(".")[0]) >= 77
    done = subprocess.run(
        [*command, *(["--no-isolation"] if recent else [])], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = target.glob("*.whl")
    return found


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_module_is_in_it(wheel: Path) -> None:
    expected = {
        f"{package}/{path.relative_to(ROOT / folder).as_posix()}"
        for folder, package in FOLDERS.items()
        for path in (ROOT / folder).rglob("*.py")
    }
    assert len(expected) > 20
    assert expected == {name for name in _names(wheel) if name.endswith(".py")}


def test_top_level(wheel: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*command, "--target", str(tmp_path), str(wheel)], check=True)
    installed = {path.name for path in tmp_path.iterdir() if not path.name.endswith(".dist-info")}
    assert installed == {"migrate_norm", "bin"}


def test_typed_and_licensed(wheel: Path) -> None:
    names = _names(wheel)
    assert "migrate_norm/py.typed" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_commands_exist(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (entry_points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        parsed = configparser.ConfigParser()
        parsed.read_string(archive.read(entry_points).decode())
    commands = dict(parsed["console_scripts"])
    assert sorted(commands) == ["migrate-checkpoint", "migrate-norm", "migrate-verify"]
    for target in commands.values():
        module, _, function = target.partition(":")
        assert callable(getattr(importlib.import_module(module), function))


def test_every_package_is_listed() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {
        ".".join([*package.split("/"), *path.parent.relative_to(ROOT / folder).parts])
        for folder, package in FOLDERS.items()
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert sorted(listed) == sorted(found)
