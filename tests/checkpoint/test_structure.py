"""Stacked layers, joined gates and other changes of structure: the values, and which of them cost a reading."""

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.catalog.mapping import VariableMapping
from migrate_norm.catalog.pairing import PairingError
from migrate_norm.checkpoint import ConversionError, convert_checkpoint

from .disk import as_bytes, as_numpy, save
from .sources import SOURCES

LAYERS, SIZE = 12, 4
FORMS = (
    "PyTreeCheckpointer",
    "zarr3",
    "a folder for each array",
    "a folder for each array, zarr3",
    "msgpack",
)
every_form = pytest.mark.parametrize("form", FORMS)
RNG = np.random.default_rng(3)


class Stacked(nn.Module):
    """Layers under `nn.scan`."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        block = nn.scan(
            Block,
            variable_axes={"params": 0},
            split_rngs={"params": True},
            length=LAYERS,
            in_axes=nn.broadcast,
        )
        return block(name="layers")(x, None)[0]


class Block(nn.Module):
    @nn.compact
    def __call__(self, x: jax.Array, _: Any) -> tuple[jax.Array, None]:
        return x + nn.Dense(SIZE)(x), None


class PerLayer(nnx.Module):
    def __init__(self) -> None:
        self.layers = nnx.List([NNXBlock() for _ in range(LAYERS)])

    def __call__(self, x: jax.Array) -> jax.Array:
        for layer in self.layers:
            x = x + layer.dense_0(x)
        return x


class NNXBlock(nnx.Module):
    def __init__(self) -> None:
        self.dense_0 = nnx.Linear(SIZE, SIZE, rngs=nnx.Rngs(0))


class OneArray(nnx.Module):
    def __init__(self) -> None:
        self.layers = nnx.Dict(dense_0=nnx.Dict(kernel=nnx.Param(jnp.zeros((LAYERS, SIZE, SIZE)))))


def random(shape: tuple[int, ...]) -> np.ndarray:
    return RNG.normal(scale=0.3, size=shape).astype(np.float32)


@every_form
def test_stacked_to_layers_and_back(form: str, tmp_path: Path) -> None:
    variables = jax.tree.map(
        lambda leaf: random(leaf.shape), Stacked().init(jax.random.key(0), jnp.ones((2, SIZE)))
    )
    src = SOURCES[form](tmp_path / "src", variables)
    convert_checkpoint(src, tmp_path / "nnx", model=PerLayer)
    model = PerLayer()
    nnx.update(model, ocp.StandardCheckpointer().restore(tmp_path / "nnx", nnx.state(model)))
    x = random((5, SIZE))
    np.testing.assert_allclose(model(x), Stacked().apply(variables, x), rtol=1e-4, atol=1e-4)
    kernel = variables["params"]["layers"]["Dense_0"]["kernel"]
    np.testing.assert_array_equal(model.layers[11].dense_0.kernel, kernel[11])
    done = convert_checkpoint(tmp_path / "nnx", tmp_path / "back", reverse=True)
    found = as_numpy(tmp_path / "back")
    np.testing.assert_array_equal(found["['params']['layers']['Dense_0']['kernel']"], kernel)
    assert (done.renamed, done.decoded) == (2, 0)  # a chunk for each layer


@every_form
def test_layers_to_stacked(form: str, tmp_path: Path) -> None:
    kernels = [random((SIZE, SIZE)) for _ in range(LAYERS)]
    tree = {"params": {f"layers_{i}": {"Dense_0": {"kernel": kernel}} for i, kernel in enumerate(kernels)}}
    src = SOURCES[form](tmp_path / "src", tree)
    done = convert_checkpoint(src, tmp_path / "nnx", model=OneArray)
    assert (
        as_numpy(tmp_path / "nnx")["['layers']['dense_0']['kernel']['value']"].tolist()
        == np.stack(kernels).tolist()
    )
    assert (done.renamed, done.decoded) == ((0, 1) if form == "msgpack" else (1, 0))
    convert_checkpoint(tmp_path / "nnx", tmp_path / "back", reverse=True)
    back = as_numpy(tmp_path / "back")
    assert [back[f"['params']['layers_{i}']['Dense_0']['kernel']"].tolist() for i in range(LAYERS)] == [
        kernel.tolist() for kernel in kernels
    ]


def rule(linen: str, target: str) -> VariableMapping:
    return VariableMapping("params", tuple(linen.split("/")), tuple(target.split("/")), "flax.nnx.Param")


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_rule_with_a_star_says_the_axis(axis: int, tmp_path: Path) -> None:
    whole = random((3, 3, 3))
    src = save(tmp_path / "src", {"params": {"scan": {"w": whole}}})
    star = f"{{*{axis}}}"
    convert_checkpoint(src, tmp_path / "apart", mapping=[rule("scan/w", f"layers/{star}/w")])
    found = as_numpy(tmp_path / "apart")
    for i in range(3):
        np.testing.assert_array_equal(found[f"['layers']['{i}']['w']['value']"], np.take(whole, i, axis))
    layers = save(
        tmp_path / "layers", {"params": {f"l_{i}": {"w": np.take(whole, i, axis)} for i in range(3)}}
    )
    convert_checkpoint(layers, tmp_path / "stacked", mapping=[rule(f"l_{star}/w", "scan/w")])
    np.testing.assert_array_equal(as_numpy(tmp_path / "stacked")["['scan']['w']['value']"], whole)


def test_layers_with_a_gap_or_of_other_shapes_are_refused(tmp_path: Path) -> None:
    gap = {"params": {f"l_{i}": {"w": random((2,))} for i in (0, 2)}}
    other = {"params": {f"l_{i}": {"w": random((2 + i,))} for i in (0, 1)}}
    for name, tree in (("gap", gap), ("other", other)):
        src = save(tmp_path / name, tree)
        with pytest.raises(ConversionError, match="not all layers of one array along axis 0"):
            convert_checkpoint(src, tmp_path / "dst", mapping=[rule("l_{*}/w", "scan/w")])


def test_a_parameter_that_one_layer_lacks_is_not_dropped(tmp_path: Path) -> None:
    kernels = {f"layers_{i}": {"Dense_0": {"kernel": random((SIZE, SIZE))}} for i in range(LAYERS)}
    del kernels["layers_5"]
    src = save(tmp_path / "src", {"params": kernels})
    with pytest.raises(PairingError, match="layers_11/Dense_0/kernel"):
        convert_checkpoint(src, tmp_path / "nnx", model=OneArray)


class LinenLSTM(nn.Module):
    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        cell = nn.OptimizedLSTMCell(SIZE, name="cell")
        carry = cell.initialize_carry(jax.random.key(0), x.shape)
        return cell(carry, x)[1]


class NNXLSTM(nnx.Module):
    def __init__(self) -> None:
        self.cell = nnx.OptimizedLSTMCell(3, SIZE, rngs=nnx.Rngs(0))

    def __call__(self, x: jax.Array) -> jax.Array:
        carry = self.cell.initialize_carry(x.shape, rngs=nnx.Rngs(0))
        return self.cell(carry, x)[1]


@every_form
def test_gates_are_joined_in_their_order_and_separated(form: str, tmp_path: Path) -> None:
    init = LinenLSTM().init(jax.random.key(0), jnp.ones((2, 3)))
    variables = jax.tree.map(lambda leaf: random(leaf.shape), init)
    src = SOURCES[form](tmp_path / "src", variables)
    done = convert_checkpoint(src, tmp_path / "nnx", model=NNXLSTM)
    assert (done.renamed, done.decoded) == ((0, 3) if form == "msgpack" else (3, 0))
    model = NNXLSTM()
    state = nnx.state(model, nnx.Not(nnx.RngState))
    nnx.update(model, ocp.StandardCheckpointer().restore(tmp_path / "nnx", state))
    x = random((5, 3))
    np.testing.assert_allclose(model(x), LinenLSTM().apply(variables, x), rtol=1e-5, atol=1e-6)
    convert_checkpoint(tmp_path / "nnx", tmp_path / "back", reverse=True)
    linen = save(tmp_path / "linen", variables)
    assert as_bytes(tmp_path / "back") == as_bytes(linen)


class LinenCell(nn.Module):
    kind: type

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        cell = self.kind(SIZE, name="cell")
        return cell(cell.initialize_carry(jax.random.key(0), x.shape), x)[1]


class NNXCell(nnx.Module):
    def __init__(self, kind: type) -> None:
        self.cell = kind(3, SIZE, rngs=nnx.Rngs(0))

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.cell(self.cell.initialize_carry(x.shape, rngs=nnx.Rngs(0)), x)[1]


@pytest.mark.parametrize("name", ["LSTMCell", "SimpleCell"])
def test_cells_whose_gates_have_other_names(name: str, tmp_path: Path) -> None:
    linen = LinenCell(getattr(nn, name))
    variables = jax.tree.map(lambda leaf: random(leaf.shape), linen.init(jax.random.key(0), jnp.ones((2, 3))))
    src = save(tmp_path / "src", variables)
    done = convert_checkpoint(src, tmp_path / "nnx", model=lambda: NNXCell(getattr(nnx, name)))
    assert done.decoded == 0
    model = NNXCell(getattr(nnx, name))
    state = nnx.state(model, nnx.Not(nnx.RngState))
    nnx.update(model, ocp.StandardCheckpointer().restore(tmp_path / "nnx", state))
    x = random((5, 3))
    np.testing.assert_allclose(model(x), linen.apply(variables, x), rtol=1e-5, atol=1e-6)


def test_a_gate_that_nnx_lacks_is_refused(tmp_path: Path) -> None:
    linen = LinenCell(nn.GRUCell)
    src = save(tmp_path / "src", linen.init(jax.random.key(0), jnp.ones((2, 3))))
    with pytest.raises(PairingError, match="cell/hn/bias"):
        convert_checkpoint(src, tmp_path / "nnx", model=lambda: NNXCell(nnx.GRUCell))


def test_moments_of_joined_and_stacked_leaves_follow(tmp_path: Path) -> None:
    params = {f"layers_{i}": {"Dense_0": {"kernel": random((SIZE, SIZE))}} for i in range(LAYERS)}
    moments = jax.tree.map(lambda leaf: leaf + 1, params)
    state = {"params": params, "opt_state": [{"count": np.int32(3), "mu": moments}, None], "step": 3}
    src = save(tmp_path / "src", state)
    done = convert_checkpoint(src, tmp_path / "nnx", model=OneArray)
    found = as_numpy(tmp_path / "nnx")
    stacked = np.stack([moments[f"layers_{i}"]["Dense_0"]["kernel"] for i in range(LAYERS)])
    name = "['optimizer']['opt_state']['0']['mu']['layers']['dense_0']['kernel']['value']"
    np.testing.assert_array_equal(found[name], stacked)
    assert done.decoded == 1  # the step
    convert_checkpoint(tmp_path / "nnx", tmp_path / "back", reverse=True)
    assert as_bytes(tmp_path / "back") == as_bytes(src)


def test_a_moment_of_another_shape_than_its_stacked_parameter_is_refused(tmp_path: Path) -> None:
    params = {f"layers_{i}": {"Dense_0": {"kernel": random((SIZE, SIZE))}} for i in range(LAYERS)}
    rows = jax.tree.map(lambda leaf: leaf[0], params)
    src = save(tmp_path / "src", {"params": params, "opt_state": [{"v_row": rows}], "step": 3})
    with pytest.raises(ConversionError, match="stacked or joined, and has another shape"):
        convert_checkpoint(src, tmp_path / "nnx", model=OneArray)


def test_one_stored_chunk_is_taken_apart_in_small_memory(tmp_path: Path) -> None:
    """A scanned array of one compressed chunk that is larger than a piece: it is read as a stream."""
    whole = random((8, 1024, 1536))  # 48 MB; pieces are of 8 MB
    src = save(tmp_path / "src", {"params": {"scan": {"w": whole}}})
    convert_checkpoint(src, tmp_path / "dst", mapping=[rule("scan/w", "layers/{*}/w")], memory=128 << 20)
    found = as_numpy(tmp_path / "dst")
    for i in range(8):
        np.testing.assert_array_equal(found[f"['layers']['{i}']['w']['value']"], whole[i])
    convert_checkpoint(tmp_path / "src", tmp_path / "st", to="safetensors", memory=128 << 20)
    convert_checkpoint(tmp_path / "st", tmp_path / "again", memory=128 << 20)
    np.testing.assert_array_equal(as_numpy(tmp_path / "again")["['scan']['w']['value']"], whole)
