"""A small part of `make corpus`: the installed flax, and two packages when they can be fetched."""

from collections.abc import Mapping
from pathlib import Path

import flax
import pytest

from .beside import beside
from .check import check
from .compare import compare
from .fetch import UnavailableError, fetch, sources
from .isolate import isolate
from .leaves import LEAVES, Leaf
from .oracle import Program, read
from .packages import PACKAGES, Package

SMALL = ("flaxmodels", "sbx-rl")
FLAX = Path(flax.__file__).parents[1]
SDIST = f"flax-{flax.__version__}"
INSTALLED = [
    leaf._replace(path=leaf.path.removeprefix(f"{SDIST}/"))
    for leaf in LEAVES
    if leaf.path.startswith(f"{SDIST}/flax/")
]
FETCHED = [leaf for leaf in LEAVES if leaf.package.rpartition("-")[0] in SMALL]


def _installed() -> dict[str, bytes]:
    files = sorted((FLAX / "flax").rglob("*.py"))
    return {path.relative_to(FLAX).as_posix(): path.read_bytes() for path in files}


def fetched(name: str) -> tuple[Package, Mapping[str, bytes]]:
    """Returns a package with its source, or skips the test."""
    (package,) = (package for package in PACKAGES if package.name == name)
    try:
        return package, sources(fetch(package))
    except UnavailableError as error:
        pytest.skip(f"{package} can't be had: {error}")


@pytest.fixture(scope="module")
def flax_program() -> Program:
    return read({path: text for path, text in _installed().items() if path.startswith("flax/linen/")})


def test_installed_flax() -> None:
    found = check("flax", _installed())
    assert not found.violations
    assert found.classes > 30
    assert found.migrated + sum(found.refused.values()) == found.classes


@pytest.mark.corpus
@pytest.mark.parametrize("name", SMALL)
def test_package(name: str) -> None:
    found = check(name, fetched(name)[1])
    assert not found.violations
    assert found.classes > 20
    assert found.migrated + sum(found.refused.values()) == found.classes


@pytest.mark.corpus
def test_package_beside() -> None:
    """The smaller of the two; `make corpus` does it for all."""
    found = beside(fetched(SMALL[-1])[1])
    assert not found.violations
    assert found.classes >= 14


def _assert_good(leaf: Leaf, program: Program) -> None:
    outcome = compare(leaf, isolate(program, leaf.path, leaf.name))
    assert outcome.good, outcome.detail


@pytest.mark.parametrize("leaf", INSTALLED, ids=str)
def test_leaf_of_the_installed_flax(leaf: Leaf, flax_program: Program) -> None:
    _assert_good(leaf, flax_program)


@pytest.mark.corpus
@pytest.mark.parametrize("leaf", FETCHED, ids=str)
def test_leaf(leaf: Leaf) -> None:
    _assert_good(leaf, read(fetched(leaf.package.rpartition("-")[0])[1]))
