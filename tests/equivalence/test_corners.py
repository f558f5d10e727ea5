"""Unusual modules: what they keep, take and give still gets compared, in graph mode and in tree mode."""

from collections.abc import Callable, Iterator

import flax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from flax import nnx
from migrate_norm.catalog.mapping import VariableMapping
from migrate_norm.equivalence import EquivalenceError, InputSpec, check_equivalence

from .faults import EVAL, Norm, X

R = nnx.Rngs(0)
QUICK = {"samples": 1, "steps": 2, "gradients": False, "proof": False}


@pytest.fixture(autouse=True, params=["graph", "tree"])
def _mode(request: pytest.FixtureRequest) -> Iterator[None]:
    graph = request.param == "graph"
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        yield


class Keeper(nn.Module):
    """Variables that are a tuple with a dict, a PRNG key, a Python number and a Python bool."""

    @nn.compact
    def __call__(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        carry = self.variable("cache", "carry", lambda: (jnp.zeros(6), {"h": jnp.zeros(2)}))
        key = self.variable("cache", "key", lambda: jax.random.key(0))
        calls = self.variable("cache", "calls", lambda: 0)
        odd = self.variable("cache", "odd", lambda: True)
        mean, rest = carry.value
        carry.value = (mean + x.mean(0), {"h": rest["h"] * 2})
        calls.value += 1
        odd.value = jnp.logical_not(odd.value)
        return x * mean * calls.value + jax.random.normal(key.value, x.shape), odd.value


class KeeperTwin(nnx.Module):
    def __init__(self) -> None:
        self.carry = nnx.Cache((jnp.zeros(6), {"h": jnp.zeros(2)}))
        self.key, self.calls = nnx.Cache(jax.random.key(0)), nnx.Cache(jnp.array(0))
        self.odd = nnx.Cache(jnp.array(True))

    def __call__(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        mean, rest = self.carry.get_value()
        self.carry.set_value((mean + x.mean(0), {"h": rest["h"] * 2}))
        self.calls[...] += 1
        self.odd.set_value(jnp.logical_not(self.odd.get_value()))
        drawn = jax.random.normal(self.key.get_value(), x.shape)
        return x * mean * self.calls[...] + drawn, self.odd.get_value()


class Maker(nn.Module):
    """Makes a variable when it is called, not when it is initialised."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        if not self.is_initializing():
            self.variable("cache", "last", jnp.zeros, x.shape).value = x * 2
        return x


class MakerTwin(nnx.Module):
    def __init__(self, factor: float = 2.0) -> None:
        self.factor = factor

    def __call__(self, x: jax.Array) -> jax.Array:
        self.last = nnx.Cache(x * self.factor)
        return x


class Idle(nnx.Module):
    def __call__(self, x: jax.Array) -> jax.Array:
        return x


class Grower(nn.Module):
    """Its statistic has another shape after the first call."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        mean = self.variable("batch_stats", "mean", jnp.zeros, (6,))
        if not self.is_initializing():
            mean.value = 0.9 * mean.value + 0.1 * x.mean(0, keepdims=True)
        return x - mean.value


class GrowerTwin(nnx.Module):
    def __init__(self, keepdims: bool = True) -> None:
        self.mean, self.keepdims = nnx.BatchStat(jnp.zeros(6)), keepdims

    def __call__(self, x: jax.Array) -> jax.Array:
        self.mean.set_value(0.9 * self.mean.get_value() + 0.1 * x.mean(0, keepdims=self.keepdims))
        return x - self.mean.get_value()


@flax.struct.dataclass
class Out:
    y: jax.Array


class Wrapped(nn.Module):
    """Takes a dict, gives a dataclass, None and a number; sows on the way; has complex weights."""

    @nn.compact
    def __call__(self, batch: dict[str, jax.Array], *, scale: float = 1.0) -> tuple[object, ...]:
        weight = self.param("weight", lambda _: jnp.ones(6, jnp.complex64))
        self.sow("intermediates", "x", batch["x"])
        return Out(nn.Dense(6, name="dense")(batch["x"]) * scale * weight), None, 3


class WrappedTwin(nnx.Module):
    def __init__(self, last: object = 3) -> None:
        self.weight, self.dense = nnx.Param(jnp.ones(6, jnp.complex64)), nnx.Linear(6, 6, rngs=R)
        self.last = last

    def __call__(self, batch: dict[str, jax.Array], *, scale: float = 1.0) -> tuple[object, ...]:
        self.sow(nnx.Intermediate, "x", batch["x"])
        return Out(self.dense(batch["x"]) * scale * self.weight[...]), None, self.last


class Frequencies(nn.Module):
    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.Dense(6, name="dense")(x * jnp.arange(6.0))


class FrequenciesTwin(nnx.Module):
    """Keeps a constant array, which is no Variable but part of the state."""

    def __init__(self, factor: float = 1.0) -> None:
        self.frequencies, self.dense = jnp.arange(6.0) * factor, nnx.Linear(6, 6, rngs=R)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.dense(x * self.frequencies)


class Halves(nn.Module):
    def setup(self) -> None:
        self.first, self.second = nn.Dense(3), nn.Dense(2)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.second(self.first(x))

    def encode(self, x: jax.Array) -> jax.Array:
        return self.first(x)


class HalvesTwin(nnx.Module):
    def __init__(self) -> None:
        self.first, self.second = nnx.Linear(6, 3, rngs=R), nnx.Linear(3, 2, rngs=R)

    def encode(self, x: jax.Array) -> jax.Array:
        return self.first(x)


def same(linen: nn.Module, model: Callable[[], nnx.Module], *inputs: object, **options: object) -> str:
    report = check_equivalence(linen, model, *inputs, **{**QUICK, **options})
    assert report.bit_equal, str(report)
    return str(report)


def part(linen: nn.Module, model: Callable[[], nnx.Module], *inputs: object) -> str:
    report = check_equivalence(linen, model, *inputs, **QUICK)
    assert not report.equal, str(report)
    return report.differences[0].place


def test_variables_that_are_no_single_array() -> None:
    same(Keeper(), KeeperTwin, X)


def test_a_variable_that_the_call_makes() -> None:
    assert "not carried to the next: cache last" in same(Maker(), MakerTwin, X)
    assert part(Maker(), lambda: MakerTwin(3.0), X) == "state cache last"
    assert part(Maker(), Idle, X) == "state cache last"


def test_a_statistic_that_changes_its_shape() -> None:
    same(Grower(), GrowerTwin, X)
    assert part(Grower(), lambda: GrowerTwin(keepdims=False), X) == "state batch_stats mean"


def test_trees_in_and_out_and_values_that_are_sown() -> None:
    same(Wrapped(), WrappedTwin, {"x": X, "n": 2}, kwargs={"scale": np.float32(3)}, gradients=True)
    assert part(Wrapped(), lambda: WrappedTwin(last=4), {"x": X}) == "output [2]"
    with pytest.raises(EquivalenceError, match=r"NNX side returns a str at output\[2\]"):
        check_equivalence(Wrapped(), lambda: WrappedTwin(last="3"), {"x": X})


def test_a_constant_array_is_left_as_built_and_the_report_says_so() -> None:
    assert "no Variable were left as built: frequencies" in same(Frequencies(), FrequenciesTwin, X)
    assert part(Frequencies(), lambda: FrequenciesTwin(1.01), X) == "output"


def test_a_method_that_uses_a_part_of_the_leaves() -> None:
    with pytest.raises(EquivalenceError, match="init ran encode alone"):
        check_equivalence(Halves(), HalvesTwin, X, method="encode")
    shapes = jax.eval_shape(lambda: Halves().init(jax.random.key(0), jnp.ones((4, 6))))
    report = same(Halves(), HalvesTwin, X, method="encode", variables=shapes)
    assert report.count("never saw leaf params second/") == 2


def test_a_random_stream_that_does_not_matter() -> None:
    """nnx.RNN draws a key for a carry that is zero."""
    recurrent = nnx.RNN(nnx.LSTMCell(6, 4, rngs=R), rngs=nnx.Rngs(0))
    same(nn.RNN(nn.LSTMCell(4)), lambda: recurrent, InputSpec("float32", (2, 3, 6)))


def test_leaves_of_one_shape_under_the_wrong_names() -> None:
    swapped = [
        VariableMapping("batch_stats", (ours,), (theirs,), "flax.nnx.BatchStat")
        for ours, theirs in (("mean", "var"), ("var", "mean"))
    ]
    assert not check_equivalence(nn.BatchNorm(), Norm, X, kwargs=EVAL, mapping=swapped).equal


def test_nothing_to_compare_is_no_answer() -> None:
    with pytest.raises(EquivalenceError, match="nothing was compared"):
        check_equivalence(nn.Dense(6), nnx.Linear(6, 6, rngs=R), InputSpec("float32", (0, 6)), proof=False)


def test_an_array_that_nnx_keeps_from_call_to_call() -> None:
    class Stale(nnx.Module):
        """Remembers a factor in a plain attribute; the second call uses it."""

        def __init__(self) -> None:
            self.factor = jnp.ones(())

        def __call__(self, x: jax.Array) -> jax.Array:
            out = x * self.factor
            self.factor = self.factor + 1
            return out

    class Same(nn.Module):
        @nn.compact
        def __call__(self, x: jax.Array) -> jax.Array:
            return x

    same(Same(), Stale, X, steps=1)
    report = check_equivalence(Same(), Stale, X, **QUICK)
    assert report.differences[0].stage == "in sample 1, call 2"


def test_a_variable_that_changes_its_type() -> None:
    class Retyped(GrowerTwin):
        def __call__(self, x: jax.Array) -> jax.Array:
            out = super().__call__(x)
            self.mean = nnx.Cache(self.mean.get_value())
            return out

    assert part(Grower(), Retyped, X) == "state batch_stats mean"


class Ensemble(nnx.Module):
    """Modules with a list, stacked behind nnx.vmap."""

    def __init__(self) -> None:
        @nnx.split_rngs(splits=3)
        @nnx.vmap
        def make(rngs: nnx.Rngs) -> Listed:
            return Listed(rngs)

        self.each = make(nnx.Rngs(0))

    def __call__(self, x: jax.Array) -> jax.Array:
        return nnx.vmap(lambda module, x: module(x), in_axes=(0, None))(self.each, x)


class Listed(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.layers = nnx.List([nnx.Linear(6, 6, rngs=rngs) for _ in range(2)])

    def __call__(self, x: jax.Array) -> jax.Array:
        for layer in self.layers:
            x = layer(x)
        return x


class LinenListed(nn.Module):
    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.Dense(6, name="layers_1")(nn.Dense(6, name="layers_0")(x))


def test_a_list_behind_vmap() -> None:
    linen = nn.vmap(
        LinenListed, variable_axes={"params": 0}, split_rngs={"params": True}, in_axes=None, axis_size=3
    )
    same(Outer(linen), Ensemble, X)


class Outer(nn.Module):
    kind: type[nn.Module]

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return self.kind(name="each")(x)
