"""Our GRU cell gives what that of flax.linen gives, whatever the dtypes, and starts as those of flax.nnx do."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from migrate_norm.equivalence import InputSpec, check_equivalence
from migrate_norm.layers.nnx import GRUCell

DTYPES = (jnp.float32, jnp.bfloat16)


@pytest.mark.parametrize("x", DTYPES)
@pytest.mark.parametrize("dtype", [None, *DTYPES])
@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
def test_proved(x: jnp.dtype, dtype: jnp.dtype | None, graph: bool) -> None:
    inputs = [InputSpec(jnp.dtype(x).name, (2, 4)), InputSpec(jnp.dtype(x).name, (2, 3))]
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        report = check_equivalence(
            nn.GRUCell(4, dtype=dtype, activation_fn=nn.relu),
            lambda: GRUCell(3, 4, dtype=dtype, activation_fn=nnx.relu, rngs=nnx.Rngs(0)),
            *inputs,
            samples=0,
        )
    assert report.proved, report


def test_runs_in_nnx_rnn() -> None:
    x = jax.random.normal(jax.random.key(0), (2, 5, 3))
    layer = nnx.RNN(GRUCell(3, 4, rngs=nnx.Rngs(0)), return_carry=True, rngs=nnx.Rngs(1))
    linen = nn.RNN(nn.GRUCell(4), return_carry=True)
    pure = nnx.to_pure_dict(nnx.state(layer.cell, nnx.Param))
    params = {name.rstrip("_"): value for name, value in pure.items()}
    jax.tree.map(np.testing.assert_array_equal, layer(x), linen.apply({"params": {"cell": params}}, x))


def test_carry() -> None:
    cell, linen = GRUCell(3, 4, rngs=nnx.Rngs(0)), nn.GRUCell(4)
    carry = cell.initialize_carry((2, 7, 3), nnx.Rngs(0))
    np.testing.assert_array_equal(carry, linen.initialize_carry(jax.random.key(0), (2, 7, 3)))
    drawn = cell.initialize_carry((2, 3), nnx.Rngs(0).carry, nnx.initializers.normal())
    assert drawn.shape == (2, 4)
    assert jnp.any(drawn)
    with pytest.raises(ValueError, match="pass rngs"):
        cell.initialize_carry((2, 3))
