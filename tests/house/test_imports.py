"""Who may import whom: cli -> report, codemod, checkpoint, equivalence -> catalog; layers stand alone."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "catalog": set(),
    "codemod": {"catalog"},
    "equivalence": {"catalog"},
    # a checkpoint is written only when the models are equal
    "checkpoint": {"catalog", "equivalence"},
    # what it reports on
    "report": {"catalog", "codemod"},
    # its worker reads inputs as a proof does
    "tracing": {"catalog", "equivalence"},
    "cli": {"catalog", "checkpoint", "codemod", "equivalence", "report", "tracing"},
}
HEAVY = {"jax", "jaxlib", "flax", "orbax", "tensorstore", "optax"}
FILES = sorted([*(ROOT / "migrate").rglob("*.py"), *(ROOT / "layers").rglob("*.py")])


def _module(path: Path) -> list[str]:
    """Returns the parts of the name under which users import the file."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    top = ["migrate_norm"] if parts[0] == "migrate" else ["migrate_norm", "layers"]
    return top + parts[1:]


def _imports(path: Path) -> Iterator[str]:
    """Yields the full name of every import in the file, those inside functions too."""
    package = _module(path)[:-1]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*origin, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _room(name: str) -> str | None:
    """Returns the package below `migrate_norm` that `name` is in."""
    parts = name.split(".")
    rooms = {*ALLOWED, "layers"}
    return parts[1] if parts[0] == "migrate_norm" and len(parts) > 1 and parts[1] in rooms else None


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_direction(path: Path) -> None:
    own = _room(".".join(_module(path)))
    for name in _imports(path):
        room = _room(name)
        if own is None or room is None or room == own:
            continue
        assert own != "layers", f"layers imports {name}"
        assert room in ALLOWED[own], f"{own} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_own_package_is_imported_relatively(path: Path) -> None:
    absolute = [
        node
        for node in ast.walk(ast.parse(path.read_bytes()))
        if (
            isinstance(node, ast.ImportFrom)
            and not node.level
            and (node.module or "").startswith("migrate_norm")
        )
        or (isinstance(node, ast.Import) and any(a.name.startswith("migrate_norm") for a in node.names))
    ]
    assert not absolute


@pytest.mark.parametrize(
    "path", [p for p in FILES if _room(".".join(_module(p))) in {"catalog", "codemod"}], ids=str
)
def test_catalog_and_codemod_do_without_jax(path: Path) -> None:
    assert not {name.split(".")[0] for name in _imports(path)} & HEAVY


@pytest.mark.parametrize(
    "module",
    [
        "migrate_norm",
        "migrate_norm.catalog.layers",
        "migrate_norm.checkpoint.formats",
        "migrate_norm.cli.migrate_norm",
        "migrate_norm.codemod",
        "migrate_norm.tracing.process",
    ],
)
def test_starts_without_jax(module: str) -> None:
    code = f"import sys, {module}; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_every_file_is_in_a_room_that_is_listed() -> None:
    rooms = {path.parent.name for path in (ROOT / "migrate").glob("*/__init__.py")}
    assert rooms == set(ALLOWED)
