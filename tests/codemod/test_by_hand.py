"""What somebody writes by hand in place of a catalog's example computes what the example does."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.catalog.by_hand import BY_HAND
from migrate_norm.catalog.mapping import VariableMapping
from migrate_norm.catalog.refused import REFUSED
from migrate_norm.equivalence import InputSpec, check_equivalence

from .check import HEADER, load, migrate

_X = InputSpec("float32", (2, 4, 3))
_ROWS = InputSpec("float32", (4, 3))


class Case(NamedTuple):
    """How both sides are built and called; `moved` pairs names of params that differ, as Linen's and NNX's paths."""

    name: str = "Layer"
    sizes: tuple[Any, ...] = ()
    linen: Mapping[str, Any] = {}
    nnx: Mapping[str, Any] = {}
    moved: tuple[tuple[str, str], ...] = ()
    input: InputSpec = _X


def _dense(linen: str, nnx: str) -> tuple[tuple[str, str], ...]:
    return tuple((f"{linen}/{leaf}", f"{nnx}/{leaf}") for leaf in ("bias", "kernel"))


_AN_INPUT = (jnp.ones(_X.shape),)
_LOCAL = _dense("ConvLocal_0", "local")
CASES = {
    "MN101": Case("Block", (3,)),
    "MN102": Case(),
    "MN103": Case(),
    "MN104": Case(),
    "MN105": Case(linen={"places": jnp.array([0, 2])}, nnx={"places": (0, 2)}),
    "MN106": Case("Scaled", nnx={"rate": 3.0}),
    "MN107": Case("One"),
    "MN108": Case("Block", (3,), moved=_dense("Dense_0", "dense")),
    "MN109": Case("Block", _AN_INPUT, moved=_LOCAL),
    "MN110": Case("Block", _AN_INPUT, moved=_dense("Local_0/ConvLocal_0", "local") + _dense("Dense_0", "dense")),
    "MN111": Case("Block", (3,), moved=_dense("ToLinen_0", "linear")),
    "MN201": Case(),
    "MN202": Case(sizes=(3,), input=_ROWS),
    "MN204": Case(linen={"kind": "stats"}),
    "MN205": Case(),
    "MN208": Case(moved=(("mean", "offset"),)),
    "MN209": Case(),
    "MN211": Case(input=_ROWS),
    "MN212": Case(),
    "MN302": Case("Block", _AN_INPUT, moved=(("Layer_0/w", "layers/0/w"), ("Layer_1/w", "layers/1/w"), *_LOCAL)),
    "MN402": Case(),
}  # fmt: skip
_OTHERWISE = {
    "MN210",
    "MN203",
    "MN206",
    "MN207",
    "MN301",
    "MN303",
    "MN304",
    "MN401",
}
"""Called or built otherwise than the example is: compared one by one below, MN301 in test_codes.py."""


def _twin(code: str) -> str:
    """Returns what is written by hand as NNX: Linen is migrated."""
    if "nnx." in BY_HAND[code]:
        return f"{HEADER}from flax import nnx\n{BY_HAND[code]}"
    return migrate(HEADER + BY_HAND[code])[0]


def _both(code: str) -> tuple[Any, Any]:
    """Loads both sides, with the functions of the reader's own that the examples call."""
    sides = load(HEADER + REFUSED[code]), load(_twin(code))
    for side in sides:
        side.frobnicate = jnp.sin
        side.run = lambda f, *x: f(*x) if x else f
        side.update = lambda w, x: getattr(w, "value", w) * x
    return sides


@pytest.mark.parametrize("code", CASES)
def test_by_hand_computes_what_the_example_does(code: str) -> None:
    before, after = _both(code)
    case = CASES[code]
    made = before.scaled_by(3.0) if code == "MN106" else getattr(before, case.name)
    report = check_equivalence(
        made(**case.linen),
        lambda: getattr(after, case.name)(*case.sizes, **case.nnx, rngs=nnx.Rngs(0)),
        case.input,
        mapping=[_rule(*names) for names in case.moved],
    )
    assert report.equal, str(report)


def _rule(linen: str, nnx: str) -> VariableMapping:
    return VariableMapping("params", tuple(linen.split("/")), tuple(nnx.split("/")), "flax.nnx.Param")


def test_every_code_is_compared() -> None:
    assert CASES.keys() | _OTHERWISE == BY_HAND.keys()
    assert not CASES.keys() & _OTHERWISE


def test_the_first_batch_sets_what_linen_computed_from_it() -> None:  # MN202
    x = jax.random.normal(jax.random.key(1), _ROWS.shape)
    before, after = _both("MN202")
    model = after.Layer(3, rngs=nnx.Rngs(0))
    model.scale[...] = 1 / x.std(0)
    expected, _ = before.Layer().init_with_output(jax.random.key(0), x)
    assert (model(x) == expected).all()


@pytest.mark.parametrize("affine", [True, False])
def test_a_field_decides(affine: bool) -> None:  # MN203
    before, after = _both("MN203")
    model, w = after.Layer(affine, rngs=nnx.Rngs(0)), jnp.arange(3.0)
    if affine:
        model.w[...] = w
    assert (model(jnp.ones(3)) == before.Layer().apply({"params": {"w": w}}, jnp.ones(3), affine)).all()


@pytest.mark.parametrize("train", [True, False])
def test_an_argument_decides(train: bool) -> None:  # MN206
    before, after = _both("MN206")
    expected, _ = before.Layer().apply({}, jnp.ones(3), mutable=["stats"] if train else [])
    assert (after.Layer(rngs=nnx.Rngs(0))(jnp.ones(3), train) == expected).all()


def test_a_box_is_an_axis_name_on_the_variable() -> None:  # MN210
    before, after = _both("MN210")
    variables = before.Layer().init(jax.random.key(0), jnp.ones(3))
    model = after.Layer(rngs=nnx.Rngs(0))
    assert model.w.get_metadata("out_sharding") == variables["params"]["w"].names
    assert (model(jnp.ones(3)) == before.Layer().apply(variables, jnp.ones(3))).all()


def test_what_is_sown_within_capture_is_what_was_mutable() -> None:  # MN207
    before, after = _both("MN207")
    expected, losses = before.Layer().apply({}, jnp.ones(3), mutable="losses")
    y, sown = nnx.capture(after.Layer(), nnx.Intermediate)(jnp.ones(3))
    assert (y == expected).all()
    assert (sown["x"][0] == losses["losses"]["x"][0]).all()


def test_what_was_sown_is_returned() -> None:  # MN303
    before, after = _both("MN303")
    x = jax.random.normal(jax.random.key(1), _X.shape)
    variables = before.Block().init(jax.random.key(0), x)
    expected, sown = before.Block().apply({"params": variables["params"]}, x, mutable="losses")
    model = after.Block(3, rngs=nnx.Rngs(0))
    linen = variables["params"]["Layer_0"]["Dense_0"]
    model.layer.dense.kernel[...], model.layer.dense.bias[...] = linen["kernel"], linen["bias"]
    y, x_again = model(x)
    assert (y == expected).all()
    assert (x_again == sown["losses"]["x"][0]).all()


def test_states_are_scaled_as_variables_were() -> None:  # MN304
    before, after = _both("MN304")
    for y, expected in zip(after.both(jnp.arange(3.0)), before.both(jnp.arange(3.0)), strict=True):
        assert (y == expected).all()


def test_the_checkpointed_function_computes_the_same() -> None:  # MN401
    before, after = _both("MN401")

    class Linen(nn.Module):
        @nn.compact
        def __call__(self, x: Any) -> Any:
            return before.checkpointed(lambda _, y: jnp.sin(y))(self, x)

    class Twin(nnx.Module):
        def __call__(self, x: Any) -> Any:
            return after.checkpointed(lambda _, y: jnp.sin(y))(self, x)

    gradients = jax.grad(lambda x: Linen().apply({}, x))(0.5), jax.grad(Twin())(0.5)
    assert gradients[0] == gradients[1]
