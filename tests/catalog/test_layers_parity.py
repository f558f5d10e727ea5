"""Every row that says "the same" is built on both sides, given the same random variables, and run."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from flax.traverse_util import flatten_dict, unflatten_dict
from migrate_norm.catalog.layer import Moved
from migrate_norm.catalog.layers import LAYERS, find

RNG = np.random.default_rng(7)
X = jnp.asarray(RNG.normal(1.5, 2.0, (2, 5, 6)), jnp.float32)
IMAGE = jnp.asarray(RNG.normal(size=(2, 7, 8, 6)), jnp.float32)
CARRY = jnp.asarray(RNG.normal(size=(2, 4)), jnp.float32)
TOKENS = jnp.asarray([[0, 3, 1], [2, 2, 5]])
TYPES = {"params": nnx.Param, "batch_stats": nnx.BatchStat}


class Case(NamedTuple):
    """Linen's arguments, NNX's, the inputs of both calls; `inner` names the layer below each child."""

    linen: dict[str, Any]
    nnx: dict[str, Any]
    inputs: tuple[Any, ...] = (X,)
    call: dict[str, Any] = {}  # noqa: RUF012
    inner: dict[str, str] = {}  # noqa: RUF012


def _cell(**kwargs: Any) -> Case:
    return Case(
        {"features": 4, **kwargs}, {"in_features": 6, "hidden_features": 4, **kwargs}, (CARRY, X[:, 0])
    )


def _lstm() -> Case:
    return _cell()._replace(inputs=((CARRY, CARRY * 0.5), X[:, 0]))


NORM = Case({"epsilon": 1e-3}, {"num_features": 6, "epsilon": 1e-3})
MHA = Case(
    {"num_heads": 2, "normalize_qk": True},
    {"num_heads": 2, "in_features": 6, "normalize_qk": True, "decode": False},
)
CASES: dict[str, list[Case]] = {
    "Dense": [Case({"features": 3}, {"in_features": 6, "out_features": 3})],
    "DenseGeneral": [
        Case(
            {"features": (2, 3), "axis": (-2, -1)},
            {"in_features": (5, 6), "out_features": (2, 3), "axis": (-2, -1)},
        ),
        Case(
            {"features": 3, "batch_dims": (0,)},
            {"in_features": 6, "out_features": 3, "batch_axis": {0: 2}},
        ),
    ],
    "Conv": [
        Case(
            {
                "features": 4,
                "kernel_size": (3, 3),
                "strides": 2,
                "padding": padding,
                "feature_group_count": 2,
            },
            {
                "in_features": 6,
                "out_features": 4,
                "kernel_size": (3, 3),
                "strides": 2,
                "padding": padding,
                "feature_group_count": 2,
            },
            (IMAGE,),
        )
        for padding in ("SAME", "CIRCULAR")
    ],
    "ConvTranspose": [
        Case(
            {"features": 4, "kernel_size": (3, 3), "transpose_kernel": transposed},
            {"in_features": 6, "out_features": 4, "kernel_size": (3, 3), "transpose_kernel": transposed},
            (IMAGE,),
        )
        for transposed in (False, True)
    ],
    "Einsum": [
        Case(
            {"shape": (6, 2, 3), "einsum_str": "bti,ihd->bthd"},
            {"kernel_shape": (6, 2, 3), "einsum_str": "bti,ihd->bthd", "bias_shape": (2, 3)},
        )
    ],
    "Embed": [Case({"num_embeddings": 7, "features": 4}, {"num_embeddings": 7, "features": 4}, (TOKENS,))],
    "Dropout": [Case({"rate": 0.5}, {"rate": 0.5}, call={"deterministic": True})],
    "PReLU": [Case({}, {})],
    "MultiHeadAttention": [MHA],
    "MultiHeadDotProductAttention": [MHA._replace(inputs=(X, X))],
    "SelfAttention": [MHA],
    "BatchNorm": [
        NORM._replace(call={"use_running_average": True}),
        NORM._replace(call={"use_running_average": False}),
    ],
    "GroupNorm": [Case({"num_groups": 3}, {"num_features": 6, "num_groups": 3})],
    "InstanceNorm": [NORM],
    "LayerNorm": [NORM],
    "RMSNorm": [NORM],
    "LSTMCell": [_lstm()],
    "OptimizedLSTMCell": [_lstm()],
    "GRUCell": [_cell()],
    "SimpleCell": [_cell(), _cell(residual=True)],
    "RNN": [
        Case(
            {"cell": nn.LSTMCell(4)},
            {"cell": nnx.LSTMCell(6, 4, rngs=nnx.Rngs(0))},
            inner={"cell": "LSTMCell"},
        )
    ],
    "Bidirectional": [
        Case(
            {"forward_rnn": nn.RNN(nn.LSTMCell(4)), "backward_rnn": nn.RNN(nn.LSTMCell(4))},
            {
                "forward_rnn": nnx.RNN(nnx.LSTMCell(6, 4, rngs=nnx.Rngs(0))),
                "backward_rnn": nnx.RNN(nnx.LSTMCell(6, 4, rngs=nnx.Rngs(0))),
            },
            inner={"forward_rnn/cell": "LSTMCell", "backward_rnn/cell": "LSTMCell"},
        )
    ],
    "Sequential": [
        Case(
            {"layers": [nn.Dense(4), nn.relu, nn.Dense(3)]},
            {"fns": (nnx.Linear(6, 4, rngs=nnx.Rngs(0)), nnx.relu, nnx.Linear(4, 3, rngs=nnx.Rngs(0)))},
            inner={"layers_0": "Dense", "layers_2": "Dense"},
        )
    ],
}
ATTENTION = ("MultiHeadAttention", "MultiHeadDotProductAttention", "SelfAttention")
TOLERANCE = {"GRUCell": 1e-6, "OptimizedLSTMCell": 2e-6, **dict.fromkeys(ATTENTION, 1e-6)}
WRAPPERS = {"SpectralNorm", "WeightNorm"}


def _child(name: str, path: str) -> str:
    """Where the child at Linen's `path` lives in NNX, by the table."""
    head, *rest = path.split("/")
    children = find(name).children
    if head in children:
        return "/".join([children[head], *rest])
    stem, _, number = head.rpartition("_")
    return "/".join([children[stem + "_{}"].format(number), *rest])


def _moves(name: str, case: Case) -> Iterator[Moved]:
    yield from find(name).variables
    for path, layer in case.inner.items():
        for moved in find(layer).variables:
            linen = tuple(f"{path}/{leaf}" for leaf in moved.linen)
            yield Moved(linen, f"{_child(name, path)}/{moved.nnx}", moved.collection)


def _random(variables: Any) -> dict[tuple[str, ...], np.ndarray[Any, Any]]:
    flat, rng = flatten_dict(variables), np.random.default_rng(11)
    return {path: rng.uniform(0.2, 1.2, leaf.shape).astype(leaf.dtype) for path, leaf in flat.items()}


def _nnx_key(path: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in path.split("/"))


def _transplant(
    model: nnx.Module, name: str, case: Case, source: dict[tuple[str, ...], Any]
) -> set[tuple[str, ...]]:
    """Moves every leaf by the catalog's paths; returns the Linen paths that the catalog does not know."""
    state = nnx.state(model, (nnx.Param, nnx.BatchStat))
    targets = dict(nnx.to_flat_state(state))
    left = set(source)
    for moved in _moves(name, case):
        paths = [(moved.collection, *path.split("/")) for path in moved.linen]
        if paths[0] not in source:
            continue  # a leaf that this configuration does not have
        value = (
            np.concatenate([source[path] for path in paths], axis=-1) if len(paths) > 1 else source[paths[0]]
        )
        target = targets.pop(_nnx_key(moved.nnx))
        assert type(target) is TYPES[moved.collection]
        assert (target.shape, target.dtype) == (value.shape, value.dtype)
        target[...] = jnp.asarray(value)
        left -= set(paths)
    assert not targets, "leaves of the NNX layer that the catalog does not know"
    nnx.update(model, state)
    return left


def _run(name: str, case: Case, zero: tuple[str, ...] = ()) -> tuple[Any, Any, set[tuple[str, ...]]]:
    twin = find(name)
    linen, arguments = getattr(nn, name)(**case.linen), dict(case.nnx)
    positional = arguments.pop("fns", ())
    model = getattr(nnx, twin.nnx)(
        *positional, **arguments, **({"rngs": nnx.Rngs(0)} if twin.rngs == "required" else {})
    )
    shapes = jax.eval_shape(lambda: linen.init(jax.random.key(0), *case.inputs, **case.call))
    source = _random(shapes)
    source |= {path: np.zeros_like(leaf) for path, leaf in source.items() if "/".join(path[1:]) in zero}
    left = _transplant(model, name, case, source)
    theirs = linen.apply(unflatten_dict(source), *case.inputs, **case.call, mutable=["batch_stats"])
    ours = model(*case.inputs, **case.call)
    stats = nnx.to_pure_dict(nnx.state(model, nnx.BatchStat))
    return theirs, (ours, {"batch_stats": stats} if stats else {}), left


def _cases(names: set[str]) -> list[Any]:
    return [pytest.param(n, c, id=f"{n}-{i}") for n in sorted(names) for i, c in enumerate(CASES[n])]


def test_every_row_with_a_twin_has_a_case() -> None:
    assert set(CASES) | WRAPPERS == {layer.linen for layer in LAYERS if layer.nnx}


@pytest.mark.parametrize(("name", "case"), _cases(set(CASES) - set(TOLERANCE)))
def test_bit_equal(name: str, case: Case) -> None:
    theirs, ours, left = _run(name, case)
    assert not left
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a, b, strict=True), theirs, ours)


@pytest.mark.filterwarnings("ignore:SelfAttention will be deprecated:DeprecationWarning")
@pytest.mark.parametrize(("name", "case"), _cases(set(TOLERANCE) - {"GRUCell"}))
def test_equal_within_the_difference(name: str, case: Case) -> None:
    assert not find(name).same
    theirs, ours, left = _run(name, case)
    assert not left
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=TOLERANCE[name]), theirs, ours)


def test_gru_is_equal_only_without_the_bias_that_nnx_lacks() -> None:
    (case,) = CASES["GRUCell"]
    theirs, ours, left = _run("GRUCell", case, zero=("hn/bias",))
    assert left == {("params", "hn", "bias")}
    np.testing.assert_allclose(theirs[0][1], ours[0][1], rtol=TOLERANCE["GRUCell"])
    theirs, ours, _ = _run("GRUCell", case)
    assert np.abs(theirs[0][1] - ours[0][1]).max() > 1e-3


@pytest.mark.parametrize("name", ["BatchNorm", "GroupNorm", "InstanceNorm", "LayerNorm", "RMSNorm"])
def test_norms_differ_in_half_precision(name: str) -> None:
    """When this fails, flax has changed its order of casts: the rows and `layers/` are due for a look."""
    case = CASES[name][-1]
    half = {"dtype": jnp.bfloat16}
    case = Case({**case.linen, **half}, {**case.nnx, **half}, (X + 100,), case.call)
    (theirs, _), (ours, _), _ = _run(name, case)
    assert theirs.dtype == ours.dtype == jnp.bfloat16
    assert not np.array_equal(theirs, ours)


def test_wrappers_of_nnx_overwrite_the_kernel() -> None:
    for wrapper in (nnx.WeightNorm, nnx.SpectralNorm):
        dense = nnx.Linear(6, 3, rngs=nnx.Rngs(0))
        before = dense.kernel[...]
        wrapper(dense, rngs=nnx.Rngs(0))(X)
        assert not np.array_equal(before, dense.kernel[...])


def test_weight_norm_of_nnx_has_no_trainable_scales() -> None:
    model = nnx.WeightNorm(nnx.Linear(6, 3, rngs=nnx.Rngs(0)), rngs=nnx.Rngs(0))
    trained = nnx.to_flat_state(nnx.state(model, nnx.Param))
    assert sorted(path for path, _ in trained) == [("layer_instance", "bias"), ("layer_instance", "kernel")]
