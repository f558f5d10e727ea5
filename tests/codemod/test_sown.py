# ruff: noqa: E501
"""Values that modules sow: they do so within nnx.capture alone, as in Linen where `intermediates` is mutable."""

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from .check import (
    Call,
    Refusal,
    build,
    check_refused,
    check_transformed,
    compare,
    f32,
    listed,
    load,
    migrate,
    name_of,
    refusals,
    with_header,
)

ATTENTION = """\
import jax.numpy as jnp
from flax import linen as nn


class Attention(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        q, k = nn.Dense(self.features)(x), nn.Dense(self.features)(x)
        scale = self.param("scale", nn.initializers.ones, ())
        weights = nn.softmax(q @ jnp.swapaxes(k, -1, -2) * scale)
        # for the figures
        self.sow("intermediates", "weights", weights)  # (batch, queries, keys)
        self.sow("intermediates", "entropy", -jnp.sum(weights * jnp.log(weights + 1e-9), axis=-1).mean())
        self.sow("intermediates", "scales", scale, reduce_fn=lambda a, b: a + b, init_fn=lambda: 0.0)

        y = weights @ x
        return nn.Dense(x.shape[-1])(y)


class Net(nn.Module):
    depth: int = 2

    @nn.compact
    def __call__(self, x):
        for i in range(self.depth):
            x = x + Attention(4)(x)
            self.sow("intermediates", f"block_{i}", x)
        return nn.Dense(3)(x)
"""
WRITTEN = """\
import jax.numpy as jnp
from flax import nnx


class Attention(nnx.Module):
    def __init__(self, in_features: int, features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, features, rngs=rngs)
        self.dense_1 = nnx.Linear(in_features, features, rngs=rngs)
        self.scale = nnx.Param(nnx.initializers.ones(rngs.params(), ()))
        self.dense_2 = nnx.Linear(in_features, in_features, rngs=rngs)

    def __call__(self, x):
        q, k = self.dense_0(x), self.dense_1(x)
        weights = nnx.softmax(q @ jnp.swapaxes(k, -1, -2) * self.scale)
        # for the figures
        if hasattr(self, "__captures__"):  # within nnx.capture
            self.sow(nnx.Intermediate, "weights", weights)  # (batch, queries, keys)
            self.sow(
                nnx.Intermediate,
                "entropy",
                -jnp.sum(weights * jnp.log(weights + 1e-9), axis=-1).mean(),
            )
            self.sow(
                nnx.Intermediate,
                "scales",
                self.scale[...],
                reduce_fn=lambda a, b: a + b,
                init_fn=lambda: 0.0,
            )

        y = weights @ x
        return self.dense_2(y)


class Net(nnx.Module):
    def __init__(self, in_features: int, depth: int = 2, *, rngs: nnx.Rngs):
        self.attention = nnx.List(
            Attention(in_features, 4, rngs=rngs) for _ in range(depth)
        )
        self.dense_0 = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x):
        for i, attention in enumerate(self.attention):
            x = x + attention(x)
            if hasattr(self, "__captures__"):  # within nnx.capture
                self.sow(nnx.Intermediate, f"block_{i}", x)
        return self.dense_0(x)
"""
_X = f32(2, 3, 5)


def test_what_is_written() -> None:
    check_transformed(ATTENTION, WRITTEN)


def test_a_note_says_how_to_collect_it() -> None:
    _, file, _ = migrate(ATTENTION)
    assert "`y, sown = nnx.capture(model, nnx.Intermediate)(x)`" in listed(file)


def test_the_same_is_sown() -> None:
    text, _, mapping = migrate(ATTENTION)
    report = compare(load(ATTENTION), load(text), mapping, Call("Net", (5,), {}, (_X,)), samples=1, steps=2)
    assert report.equal, str(report)
    assert "sown on one side only" not in str(report)
    assert "state: 24 of 24 " in str(report)  # 16 parameters, 3 from each of two layers, and 2


_LAYERS = {
    "remat": "nn.remat(Layer)()(x)",
    "vmap": "nn.vmap(Layer, variable_axes={'params': 0, 'intermediates': 0}, split_rngs={'params': True}, in_axes=0, axis_size=2)()(x)",
    "scan": "nn.scan(Scanned, variable_axes={'params': 0, 'intermediates': 0}, split_rngs={'params': True}, length=3)()(x, None)[0]",
}
_LIFTED = """\
class Layer(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.tanh(nn.Dense(5)(x))
        self.sow("intermediates", "x", x)
        return x


class Scanned(nn.Module):
    @nn.compact
    def __call__(self, x, _):
        return Layer()(x), None


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(LAYER)
"""


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("kind", _LAYERS)
def test_within_a_transform(kind: str, graph: bool) -> None:
    before = with_header(_LIFTED.replace("LAYER", _LAYERS[kind]))
    text, file, mapping = migrate(before)
    assert not refusals(file), listed(file)
    linen, twin = load(before), load(text)
    call = Call("Net", (5,), {}, (_X,))
    report = compare(linen, twin, mapping, call, samples=1, steps=1, poison=False)
    assert report.equal, str(report)
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph), warnings.catch_warnings():
        warnings.simplefilter("error")
        model = build(twin, call)
        before_call = jax.tree.structure(nnx.state(model))
        model(jnp.ones(_X.shape))
        assert jax.tree.structure(nnx.state(model)) == before_call
        _, sown = nnx.capture(model, nnx.Intermediate)(jnp.ones(_X.shape))
        assert jax.tree.structure(nnx.state(model)) == before_call
    (shape,) = {leaf.shape for leaf in jax.tree.leaves(sown)}
    assert shape == ((3, 2, 3, 5) if kind == "scan" else (2, 3, 5))


def test_a_question_whether_it_is_collected() -> None:
    before = with_header(
        "class Net(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
        '        if self.is_mutable_collection("intermediates"):\n'
        "            norm = jnp.sqrt((x**2).sum())\n"
        '            self.sow("intermediates", "norm", norm)\n'
        "        return nn.Dense(2)(x)\n"
    )
    text, file, _ = migrate(before)
    assert not refusals(file), listed(file)
    x = np.arange(10.0, dtype=np.float32).reshape(2, 5)
    linen, model = load(before).Net(), load(text).Net(5, rngs=nnx.Rngs(0))
    variables = {"params": {"Dense_0": nnx.to_pure_dict(nnx.state(model.dense_0))}}
    expected, theirs = linen.apply(variables, x, mutable=["intermediates"])
    found, ours = nnx.capture(model, nnx.Intermediate)(x)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(ours["norm"].get_value()[0], theirs["intermediates"]["norm"][0])
    assert text.count('hasattr(self, "__captures__")') == 2


def _sowing(statement: str, more: str = "") -> str:
    return with_header(
        "class Net(nn.Module):\n    collection: str = 'intermediates'\n\n"
        f"    @nn.compact\n    def __call__(self, x):\n        drop = nn.Dropout(0.5, deterministic=False)\n"
        f"        {statement}\n        return nn.Dense(2)(drop(x))\n{more}"
    )


REFUSED = [
    Refusal("asks-whether-it-did", "MN207", _sowing('kept = self.sow("intermediates", "x", x)')),
    Refusal("another-collection", "MN207", _sowing('self.sow("losses", "x", x)')),
    Refusal("a-computed-collection", "MN207", _sowing('self.sow(self.collection, "x", x)')),
    Refusal("by-keyword", "MN207", _sowing('self.sow(col="intermediates", name="x", value=x)')),
    Refusal("a-layer", "MN207", _sowing('self.sow("intermediates", "x", nn.Dense(2)(x))')),
    Refusal("a-local-layer", "MN207", _sowing('self.sow("intermediates", "x", drop(x))')),
    Refusal("a-method", "MN207", _sowing('self.sow("intermediates", "x", self.twice(x))', "\n    def twice(self, x):\n        return 2 * x\n")),
    Refusal("random-numbers", "MN207", _sowing('self.sow("intermediates", "x", jax.random.normal(self.make_rng("dropout"), (3,)))')),
    Refusal("a-binding", "MN207", _sowing('self.sow("intermediates", "x", (y := x + 1))')),
    Refusal("beside-others", "MN207", _sowing('self.sow("intermediates", "x", x); x = x + 1')),
    Refusal("behind-a-colon", "MN207", _sowing('if x.ndim > 1: self.sow("intermediates", "x", x)')),
    Refusal("handed-on", "MN207", _sowing('keep(self.sow, x)', "\n\ndef keep(sow, x):\n    sow('intermediates', 'x', x)\n")),
    Refusal("unpacked", "MN207", _sowing('self.sow("intermediates", *("x", x))')),
    Refusal("perturbs", "MN207", _sowing('x = self.perturb("x", x)')),
    Refusal("in-setup", "MN207", with_header("class Net(nn.Module):\n    def setup(self):\n        self.sow('intermediates', 'x', 1)\n        self.dense = nn.Dense(2)\n\n    def __call__(self, x):\n        return self.dense(x)\n")),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_stays_linen(case: Refusal) -> None:
    check_refused(case.before, case.code)


_OLD = """

class Old(nn.Module):
    @nn.compact
    def __call__(self, x):
        seen = self.sow("intermediates", "x", x)
        return Net()(x)
"""
_SCRIPT = """

model = Net()
params = model.init(jax.random.key(0), jnp.ones((1, 5)))


def features(x):
    return model.apply(params, x, mutable=["intermediates"])
"""


@pytest.mark.parametrize(("more", "code"), [(_OLD, "MN302"), (_SCRIPT, "MN301")], ids=["parent", "script"])
def test_no_linen_module_stands_around_what_sows(more: str, code: str) -> None:
    """A bridge would collect nothing of it."""
    before = _sowing('self.sow("intermediates", "x", x)').replace("drop(x)", "x")
    check_refused(before.replace("        drop = nn.Dropout(0.5, deterministic=False)\n", "") + more, code)


def test_sown_values_are_no_part_of_a_checkpoint() -> None:
    _, _, mapping = migrate(ATTENTION)
    paths: list[Any] = [v.linen for c in mapping.classes for v in c.variables]
    assert paths
    assert not any("weights" in path for path in paths)


_NET = with_header(
    "class Net(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        x = nn.tanh(nn.Dense(4)(x))\n"
    '        self.sow("intermediates", "features", x)\n        return Head()(x)\n\n    def features(self, x):\n'
    '        self.sow("intermediates", "again", x)\n        return x\n\n\n'
    "class Head(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        y = nn.Dense(2)(x)\n"
    '        self.sow("intermediates", "logits", y)\n        return y\n\n\n'
)


def _script(*lines: str) -> str:
    rest = "".join(f"    {line}\n" for line in lines)
    return f"{_NET}def run(x):\n    model = Net()\n    variables = model.init(jax.random.key(0), x)\n{rest}"


_APPLY = 'y, state = model.apply(variables, x, mutable=["intermediates"])'
_COLLECTED = _script(
    _APPLY,
    'features = state["intermediates"]["features"][0]',
    'same, again = model.apply(variables, x, mutable="intermediates", method=Net.features)',
    'return y, features, state["intermediates"]["features"][-1] * 2, same + again["intermediates"]["again"][0]',
)


def test_a_script_that_collects_it() -> None:
    text, file, _ = migrate(_COLLECTED)
    assert not refusals(file), listed(file)
    assert text.endswith(
        "def run(x):\n    model = Net(x.shape[-1], rngs=nnx.Rngs(0))\n"
        "    y, state = nnx.capture(model, nnx.Intermediate)(x)\n"
        '    features = state["features"][0]\n'
        "    same, again = nnx.capture(model.features, nnx.Intermediate)(x)\n"
        '    return y, features, state["features"][-1] * 2, same + again["again"][0]\n'
    )
    x = np.arange(10.0, dtype=np.float32).reshape(2, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y, features, twice, other = load(text).run(x)
    theirs = load(_COLLECTED).run(x)
    assert [a.shape for a in (y, features, twice, other)] == [a.shape for a in theirs]
    np.testing.assert_array_equal(twice, 2 * features)
    np.testing.assert_array_equal(other, 2 * x)


@pytest.mark.parametrize(
    "lines",
    [
        (_APPLY, "return y, state"),
        (_APPLY, 'return state["intermediates"]'),
        (_APPLY, 'return state["intermediates"]["features"]'),
        (_APPLY, 'return state["intermediates"]["Head_0"]["logits"][0]'),
        (_APPLY, 'kept = state["intermediates"]', 'return kept["features"][0]'),
        (_APPLY, "return model.apply({**variables, **state}, x)"),
        (_APPLY, 'return lambda: state["intermediates"]["features"][0]'),
        ('return model.apply(variables, x, mutable=["intermediates"])[1]',),
        ("y, state = model.apply(variables, x, capture_intermediates=True)", "return y"),
        ("y, state = model.apply(variables, x, mutable=['intermediates', 'other'])", "return y"),
    ],
    ids=["whole", "one-collection", "all-values", "of-a-submodule", "another-name", "handed-in", "later", "unnamed", "all-methods", "others"],
)  # fmt: skip
def test_a_script_that_reads_more_of_it(lines: tuple[str, ...]) -> None:
    check_refused(_script(*lines), "MN301")
