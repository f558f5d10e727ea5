"""What holds for the tests of every folder."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

# Many tests compile the same programs: what one has compiled, the next ones of its process find here. JAX reads this
# as it is imported; processes that a test starts have it too.
_COMPILED = (
    Path(__file__).parents[1] / ".pytest_cache" / "jax" / os.environ.get("PYTEST_XDIST_WORKER", "main")
)
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(_COMPILED))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")

import jax  # noqa: E402
import pytest  # noqa: E402

# Traces are millions of small objects: looking for garbage among them took 4 % of a run.
gc.set_threshold(200_000, 20, 50)

_JUDGED = frozenset({"layers", "equivalence"})
"""The folders whose tests judge what compiled code computes, and so compile as users do."""


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
