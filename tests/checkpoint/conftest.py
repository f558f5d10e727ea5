"""One saved Linen checkpoint for all tests; nothing may ever change it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .disk import Contents, contents, save
from .models import linen_variables


@pytest.fixture(scope="session")
def variables() -> Any:
    return linen_variables()


@pytest.fixture(scope="session")
def _saved(tmp_path_factory: pytest.TempPathFactory, variables: Any) -> tuple[Path, Contents]:
    path = save(tmp_path_factory.mktemp("linen") / "checkpoint", variables)
    return path, contents(path)


@pytest.fixture
def saved(_saved: tuple[Path, Contents]) -> Iterator[Path]:
    """The checkpoint of `LinenNet`, with `variables` in it."""
    path, before = _saved
    yield path
    assert contents(path) == before
    assert [entry.name for entry in path.parent.iterdir()] == ["checkpoint"]
