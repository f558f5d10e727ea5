"""What holds for the tests of every folder."""

import gc
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jax
import pytest

# Traces are millions of small objects: looking for garbage among them took 4 % of a run.
gc.set_threshold(200_000, 20, 50)

_JUDGED = frozenset({"layers", "equivalence"})
"""The folders whose tests judge what compiled code computes, and so compile as users do."""


def pytest_configure(config: pytest.Config) -> None:
    """What a process has compiled, its later tests find: many compile the same programs (12-14 % of a run).

    JAX writes an entry in place, so that another process may read half of it: the folder is of this process and
    this run alone, and nothing in the environment tells it to those that xdist or a test starts.
    """
    compiled = tempfile.TemporaryDirectory(prefix="compiled-", ignore_cleanup_errors=True)
    config.add_cleanup(compiled.cleanup)
    jax.config.update("jax_compilation_cache_dir", compiled.name)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@pytest.fixture(autouse=True)
def _compiles_fast(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Elsewhere, programs run once or twice: what XLA does to make them fast takes longer than they do.

    Both sides of a comparison are compiled alike; processes that a test starts are told by the environment.
    """
    if request.path.relative_to(Path(__file__).parent).parts[0] in _JUDGED:
        yield
        return
    monkeypatch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", before)
