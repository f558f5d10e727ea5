"""Two functions as the two sides of a proof: what is proved of any pair of jaxprs, without modules around them."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
from migrate_norm.equivalence.nnx_side import Split
from migrate_norm.equivalence.proof import Level
from migrate_norm.equivalence.proof.keys import HIDDEN
from migrate_norm.equivalence.proof.prove import _compare
from migrate_norm.equivalence.proof.trace import Traced

NOBODY: Any = SimpleNamespace(
    parts=Split(None, (), "", lambda: NotImplemented), nnx=SimpleNamespace(hidden=[]), unroll=False
)
Function = Callable[..., Any]


def shape(dtype: str, *sizes: int) -> Any:
    """Returns an argument: an array of this dtype and shape, or a key of a random stream if it is `key`."""
    if dtype == "key":
        return jax.eval_shape(lambda: jax.random.split(jax.random.key(0), sizes))
    return jax.ShapeDtypeStruct(sizes, jnp.dtype(dtype))


def traced(jaxpr: Any, side: str = "") -> Traced:
    """Returns a closed jaxpr as a side; its keys are those of the side's own random streams."""
    keys = [jnp.issubdtype(var.aval.dtype, jax.dtypes.prng_key) for var in jaxpr.jaxpr.invars]
    names = tuple((HIDDEN, side, i) if key else ("array", f"input {i}") for i, key in enumerate(keys))
    results = {("output", str(i)): str(aval) for i, aval in enumerate(jaxpr.out_avals)}
    return Traced(jaxpr, names, results, "", {})


def level_of(ours: Any, theirs: Any) -> Level:
    """Returns how much is proved of two closed jaxprs."""
    return _compare(NOBODY, traced(ours, "Linen"), traced(theirs, "NNX")).proof.level


def level(ours: Function, theirs: Function, inputs: Sequence[Any]) -> Level:
    """Returns how much is proved of two functions of the same inputs."""
    return level_of(jax.make_jaxpr(ours)(*inputs), jax.make_jaxpr(theirs)(*inputs))
