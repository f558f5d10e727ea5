"""Run by test_devices.py in a process of its own with eight host devices; prints what came of each check.

Statistics across a mapped axis: against flax.linen bit for bit, and against NumPy over the whole batch.
"""

import json
import sys
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax.sharding import NamedSharding, PartitionSpec
from migrate_norm.layers import linen as our_linen
from migrate_norm.layers import nnx as our_nnx

NAMES = ("BatchNorm", "LayerNorm", "RMSNorm", "GroupNorm", "InstanceNorm")
GROUPS = {"all": None, "halves": ((0, 1, 2, 3), (4, 5, 6, 7)), "interleaved": ((0, 2, 4, 6), (1, 3, 5, 7))}
# One example per member of the mapped axis differs in mean: sharing statistics or not is not the same.
X = np.random.default_rng(0).normal(np.arange(8)[:, None, None, None], 1.0, (8, 4, 3, 8)).astype(np.float32)
MESH = jax.make_mesh((8,), ("i",), axis_types=(jax.sharding.AxisType.Auto,))
VMAP, SHARD_MAP, SHARD_MAP_GROUPS = "vmap", "shard_map", "shard_map without check"


def mapped(how: str, f: Callable[[jax.Array], Any]) -> Callable[[jax.Array], Any]:
    if how == VMAP:
        return jax.jit(jax.vmap(f, axis_name="i"))
    rows = PartitionSpec("i")
    # JAX's check of varying values knows no groups of indices.
    each = jax.shard_map(
        lambda x: jax.tree.map(lambda leaf: leaf[None], f(x[0])),
        mesh=MESH,
        in_specs=rows,
        out_specs=rows,
        check_vma=how != SHARD_MAP_GROUPS,
    )
    return jax.jit(each)


def arguments(layer: str, groups: str, **more: Any) -> dict[str, Any]:
    own = {"GroupNorm": {"num_groups": 4}, "BatchNorm": {"use_running_average": False}}.get(layer, {})
    return own | {"axis_name": "i", "axis_index_groups": GROUPS[groups]} | more


def variables_of(layer: str) -> dict[str, Any]:
    own = {"use_running_average": False} if layer == "BatchNorm" else {}
    module = getattr(flax.linen, layer)(**own | ({"num_groups": 4} if layer == "GroupNorm" else {}))
    rng = np.random.default_rng(1)
    shapes = jax.eval_shape(module.init, jax.random.key(0), X[0])
    return jax.tree.map(lambda leaf: jnp.asarray(rng.uniform(0.5, 1.5, leaf.shape), leaf.dtype), shapes)


def linen_call(library: Any, layer: str, given: dict[str, Any]) -> Callable[[jax.Array], Any]:
    module, variables = getattr(library, layer)(**given), variables_of(layer)

    def call(x: jax.Array) -> Any:
        def forward(x: jax.Array) -> tuple[jax.Array, Any]:
            y, updates = module.apply(variables, x, mutable=["batch_stats"])
            return y, updates.get("batch_stats", {})

        y, pull, stats = jax.vjp(forward, x, has_aux=True)
        return y, stats, pull(jnp.sin(x))

    return call


def nnx_call(layer: str, given: dict[str, Any]) -> Callable[[jax.Array], Any]:
    module, variables = getattr(our_nnx, layer)(8, **given, rngs=nnx.Rngs(0)), variables_of(layer)
    nnx.update(module, variables["params"] | variables.get("batch_stats", {}))
    graphdef, state = nnx.split(module)

    def call(x: jax.Array) -> Any:
        def forward(x: jax.Array) -> tuple[jax.Array, Any]:
            merged = nnx.merge(graphdef, state, copy=True)
            return merged(x), nnx.to_pure_dict(nnx.state(merged, nnx.BatchStat))

        y, pull, stats = jax.vjp(forward, x, has_aux=True)
        return y, stats, pull(jnp.sin(x))

    return call


def equals_flax(layer: str, how: str, groups: str) -> None:
    given = arguments(layer, groups)
    expected = mapped(how, linen_call(flax.linen, layer, given))(X)
    for call in (linen_call(our_linen, layer, given), nnx_call(layer, given)):
        jax.tree.map(np.testing.assert_array_equal, expected, mapped(how, call)(X))


def equals_the_whole_batch(how: str, groups: str, **more: Any) -> None:
    """BatchNorm over the mapped axis is BatchNorm over its members' examples taken together."""
    y, stats, _ = mapped(how, nnx_call("BatchNorm", arguments("BatchNorm", groups, momentum=0.0, **more)))(X)
    for members in GROUPS[groups] or (tuple(range(8)),):
        together = X[np.array(members)].astype(np.float64)
        mean, var = together.mean((0, 1, 2)), together.var((0, 1, 2))
        params = variables_of("BatchNorm")["params"]
        expected = (together - mean) / np.sqrt(var + 1e-5) * params["scale"] + params["bias"]
        np.testing.assert_allclose(y[np.array(members)], expected, atol=2e-5)
        for member in members:
            np.testing.assert_allclose(stats["mean"][member], mean, rtol=1e-5)
            np.testing.assert_allclose(stats["var"][member], var, rtol=1e-5)


def sharded_input_needs_no_axis_name(layer: str) -> None:
    """Under jit over a sharded array the compiler reduces across devices by itself."""
    given = arguments(layer, "all") | {"axis_name": None}
    call = jax.jit(nnx_call(layer, given))
    batch = X.reshape(32, 3, 8)
    sharded = jax.device_put(batch, NamedSharding(MESH, PartitionSpec("i")))
    expected, actual = call(batch), call(sharded)
    assert len(actual[0].sharding.device_set) == 8
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-4), expected, actual)


def groups_are_refused(how: str) -> None:
    with pytest.raises(NotImplementedError, match="check_vma=False"):
        mapped(how, nnx_call("BatchNorm", arguments("BatchNorm", "halves")))(X)


def checks() -> dict[str, Callable[[], None]]:
    found: dict[str, Callable[[], None]] = {}
    for layer in NAMES:
        found[f"{layer}, sharded input"] = partial(sharded_input_needs_no_axis_name, layer)
        for how, groups in ((VMAP, "all"), (SHARD_MAP, "all"), (SHARD_MAP_GROUPS, "halves")):
            found[f"{layer}, {how}, {groups}"] = partial(equals_flax, layer, how, groups)
    for how in (VMAP, SHARD_MAP):
        found[f"groups are refused, {how}"] = partial(groups_are_refused, how)
    for how, groups in ((VMAP, "all"), (SHARD_MAP, "all"), (SHARD_MAP_GROUPS, "interleaved")):
        for shifted in (False, True):
            name = f"the whole batch, {how}, {groups}, shifted {shifted}"
            found[name] = partial(equals_the_whole_batch, how, groups, use_shifted_data=shifted)
    return found


def main() -> None:
    assert jax.device_count() == 8
    results = {}
    for name, check in checks().items():
        try:
            check()
            results[name] = "passed"
        except BaseException:  # test_devices.py shows them all
            results[name] = traceback.format_exc()
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
