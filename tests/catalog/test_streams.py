"""Names of streams that are methods of the installed `nnx.Rngs`."""

import jax
import pytest
from flax import nnx
from migrate_norm.catalog.streams import key_from

METHODS = [name for name in dir(nnx.Rngs) if not name.startswith("_")]


@pytest.mark.parametrize("stream", [*METHODS, "params", "noise"])
def test_a_key_is_drawn(stream: str) -> None:
    key = eval(key_from("rngs", stream), {"rngs": nnx.Rngs(0, **{stream: 1})})
    assert jax.dtypes.issubdtype(key.dtype, jax.dtypes.prng_key)
    assert (key == nnx.Rngs(x=1).x()).all()
