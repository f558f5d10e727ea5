"""Our layers against flax.linen, flax.nnx and a plain copy of the array, as ratios of one run.

Every number is a ratio of times that were taken in turns, best of several rounds; below 1 is faster.
"""

import argparse
import gc
import itertools
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import flax.linen
import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from migrate_norm.layers import linen as our_linen
from migrate_norm.layers import nnx as our_nnx

Timed = Callable[[], Any]


class Row(NamedTuple):
    """A layer with its arguments, and the shape of its input."""

    title: str
    layer: str
    arguments: dict[str, Any]
    shape: tuple[int, ...]


TOKENS, IMAGES = (8, 128, 768), (8, 56, 56, 64)
ROWS = [
    Row("LayerNorm", "LayerNorm", {}, TOKENS),
    Row("RMSNorm", "RMSNorm", {}, TOKENS),
    Row("BatchNorm, train", "BatchNorm", {"use_running_average": False}, IMAGES),
    Row("BatchNorm, eval", "BatchNorm", {"use_running_average": True}, IMAGES),
    Row("GroupNorm", "GroupNorm", {"num_groups": 32}, IMAGES),
    Row("InstanceNorm", "InstanceNorm", {}, IMAGES),
    Row("WeightNorm of Dense", "WeightNorm", {}, TOKENS),
    Row("SpectralNorm of Dense", "SpectralNorm", {}, TOKENS),
]
WRAPPERS = ("WeightNorm", "SpectralNorm")
COMPILED = [
    "our NNX / flax.linen",
    "our NNX / flax.nnx",
    "our Linen / flax.linen",
    "shifted / our NNX",
    "flax.linen / copy",
]
PYTHON = [
    "ours jit / flax.linen jit",
    "ours jit / flax.nnx jit",
    "ours nnx.jit / flax.nnx nnx.jit",
    "ours eager / flax.linen eager",
    "ours eager / flax.nnx eager",
]


def seconds(functions: dict[str, Timed], rounds: int, repeat: int) -> dict[str, float]:
    """The best time of one call of each, all of them measured in turns."""
    for function in functions.values():
        jax.block_until_ready(function())
    best = dict.fromkeys(functions, float("inf"))
    gc.disable()
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            for _ in range(repeat):
                result = function()
            jax.block_until_ready(result)
            best[name] = min(best[name], (time.perf_counter() - start) / repeat)
    gc.enable()
    return best


def table(title: str, ratios: list[str]) -> None:
    print(f"\n{title:38}" + "".join(f"  {ratio}" for ratio in ratios))


def line(title: str, ratios: list[str], times: dict[str, float]) -> None:
    """One row of a table; "-" where nothing was measured."""
    cells = []
    for ratio in ratios:
        over, under = ratio.split(" / ")
        value = f"{times[over] / times[under]:.2f}" if over in times else "-"
        cells.append(f"  {value:>{len(ratio)}}")
    print(f"{title:38}" + "".join(cells), flush=True)


def linen_forward(library: Any, row: Row, arguments: dict[str, Any], x: jax.Array) -> tuple[Any, Any]:
    """A pure function of (variables, x), and the variables."""
    wrapped = [flax.linen.Dense(x.shape[-1])] if row.layer in WRAPPERS else []
    module = getattr(library, row.layer)(*wrapped, **arguments)
    call = {"update_stats": True} if row.layer == "SpectralNorm" else {}
    mutable = ["batch_stats"] if row.title == "BatchNorm, train" or call else []
    variables = module.init(jax.random.key(0), x, **call)
    return lambda variables, x: module.apply(variables, x, **call, mutable=mutable), variables


def nnx_module(library: Any, row: Row, arguments: dict[str, Any], features: int) -> Any:
    rngs = nnx.Rngs(0)
    first = nnx.Linear(features, features, rngs=rngs) if row.layer in WRAPPERS else features
    return getattr(library, row.layer)(first, **arguments, rngs=rngs)


def nnx_forward(library: Any, row: Row, arguments: dict[str, Any], x: jax.Array) -> tuple[Any, Any]:
    graphdef, state = nnx.split(nnx_module(library, row, arguments, x.shape[-1]))

    def forward(state: Any, x: jax.Array) -> Any:
        module = nnx.merge(graphdef, state, copy=True)
        return module(x), nnx.state(module, nnx.BatchStat)

    return forward, state


def one_pass(forward: Any, variables: Any, x: jax.Array, backward: bool) -> Timed:
    if not backward:
        return partial(jax.jit(forward), variables, x)
    weight = jnp.asarray(np.random.default_rng(1).normal(size=x.shape), x.dtype)

    def loss(variables: Any, x: jax.Array, weight: jax.Array) -> tuple[jax.Array, Any]:
        y, updates = forward(variables, x)
        return jnp.sum((y * weight).astype(jnp.float32)), updates

    return partial(jax.jit(jax.value_and_grad(loss, (0, 1), has_aux=True)), variables, x, weight)


def compiled(rows: list[Row], rounds: int) -> None:
    table("Compiled", COMPILED)
    for row, dtype in itertools.product(rows, (jnp.float32, jnp.bfloat16)):
        x = jnp.asarray(np.random.default_rng(0).normal(size=row.shape), dtype)
        arguments = row.arguments | {"dtype": dtype}
        forwards = {
            "flax.linen": linen_forward(flax.linen, row, arguments, x),
            "our Linen": linen_forward(our_linen, row, arguments, x),
            "flax.nnx": nnx_forward(nnx, row, arguments, x),
            "our NNX": nnx_forward(our_nnx, row, arguments, x),
        }
        if row.layer not in ("RMSNorm", *WRAPPERS):
            forwards["shifted"] = nnx_forward(our_nnx, row, arguments | {"use_shifted_data": True}, x)
        copy = jax.jit(lambda x: x + 1)
        for backward in (False, True):
            functions = {name: one_pass(*forward, x, backward) for name, forward in forwards.items()}
            functions["copy"] = partial(copy, x)
            title = f"{row.title} {x.dtype} {'fwd + bwd' if backward else 'fwd'}"
            line(title, COMPILED, seconds(functions, rounds, 3))


def python_cost(rows: list[Row], rounds: int) -> None:
    """One call on an input so small that nothing but Python and the dispatch is left."""
    table("Python cost of one call", PYTHON)
    for row in rows:
        x = jnp.ones((1, 2, 2, 32)[-len(row.shape) :], jnp.float32)
        forward, variables = linen_forward(flax.linen, row, row.arguments, x)
        functions = {
            "flax.linen jit": one_pass(forward, variables, x, False),
            "flax.linen eager": partial(forward, variables, x),
        }
        for name, library in (("flax.nnx", nnx), ("ours", our_nnx)):
            module = nnx_module(library, row, row.arguments, 32)
            functions[f"{name} jit"] = one_pass(*nnx_forward(library, row, row.arguments, x), x, False)
            functions[f"{name} nnx.jit"] = partial(nnx.jit(lambda module, x: module(x)), module, x)
            functions[f"{name} eager"] = partial(module, x)
        line(row.title, PYTHON, seconds(functions, rounds, 50))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small inputs, few rounds: does it run?")
    quick = parser.parse_args().quick
    rows = [row._replace(shape=(2, *row.shape[1:-1], 64)) for row in ROWS] if quick else ROWS
    rounds = 3 if quick else 15
    print(f"jax {jax.__version__}, flax {flax.__version__}, {jax.devices()[0].device_kind}, {rounds} rounds")
    compiled(rows, rounds)
    python_cost(rows, rounds)


if __name__ == "__main__":
    main()
