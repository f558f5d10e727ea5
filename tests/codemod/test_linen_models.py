# ruff: noqa: E501
"""Scripts that hand on a model: it becomes a Linen module around the NNX class, and every other line stays."""

import difflib
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import serialization
from migrate_norm.catalog.findings import Severity
from migrate_norm.codemod import migrate_files
from migrate_norm.codemod.sites.linen_inits import LinenInits
from migrate_norm.codemod.write.editor import Editor

from .check import load

NET = """\
import jax
import jax.numpy as jnp
import optax
from flax import linen as nn
from flax.training.train_state import TrainState


class Net(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Dense(self.width)(x)
        x = nn.BatchNorm(use_running_average=not train)(nn.tanh(x))
        return nn.Dense(2)(x)


class Plain(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.features)(nn.relu(nn.Dense(5)(x)))


class Scaled(nn.Module):
    depth: int

    @nn.compact
    def __call__(self, x):
        for i in range(self.depth):
            x = x * self.param(f"w_{i}", nn.initializers.ones, (3,))
        return x


X = jnp.arange(6.0).reshape(2, 3)
"""

MODELS = {
    "returned": ("""\
def create(key, width):
    model = Net(width=width)
    variables = model.init(key, jnp.ones((1, 3)))
    return model, variables["params"], variables["batch_stats"]


def run(key):
    model, params, stats = create(key, 6)

    @jax.jit
    def loss(params):
        out, new = model.apply({"params": params, "batch_stats": stats}, X, train=True, mutable=["batch_stats"])
        return (out**2).mean(), new["batch_stats"]

    (_, stats), grads = jax.value_and_grad(loss, has_aux=True)(params)
    params = jax.tree.map(lambda p, g: p - g, params, grads)
    return model, {"params": params, "batch_stats": stats}
""", {"    model = nnx.bridge.to_linen(Net, 3, width=width)"}),
    "an attribute": ("""\
class Trainer:
    def __init__(self, key):
        self.tx = optax.adam(1e-2)
        self.model = Plain(2)
        self.params = self.model.init(key, X)
        self.opt_state = self.tx.init(self.params)
        self.apply = jax.jit(self.model.apply)

    def loss(self, params):
        return (self.apply(params, X) ** 2).mean()

    def step(self):
        grads = jax.grad(self.loss)(self.params)
        updates, self.opt_state = self.tx.update(grads, self.opt_state)
        self.params = optax.apply_updates(self.params, updates)


def run(key):
    trainer = Trainer(key)
    trainer.step()
    return trainer.model, trainer.params
""", {"        self.model = nnx.bridge.to_linen(Plain, X.shape[-1], 2)"}),
    "made anew": ("""\
class State(TrainState):
    target: dict


def run(key):
    net: Plain = Plain(features=2)
    state = State.create(apply_fn=net.apply, params=net.init(key, X), target=net.init(key, X), tx=optax.sgd(0.1))
    net.apply = jax.jit(net.apply)
    state = state.replace(target=optax.incremental_update(state.params, state.target, 0.5))
    grads = jax.grad(lambda p: net.apply(p, X).sum() - state.apply_fn(state.target, X).mean())(state.params)
    return net, state.apply_gradients(grads=grads).params
""", {"    net: Plain = nnx.bridge.to_linen(Plain, X.shape[-1], features=2)"}),
    "at the top of the file": ("""\
net = Plain(2)


@jax.jit
def predict(params, x):
    return net.apply(params, x)


def run(key):
    x, _ = jnp.zeros((4, 3)), None
    params = net.init(key, x)
    return net, jax.tree.map(lambda p: p + predict(params, x).sum(), params)
""", {"net = nnx.bridge.to_linen(Plain, 3, 2)"}),
    "with a sample that a function is given": ("""\
def start(key, net, sample):
    return net.init(key, sample)


def run(key):
    model = Plain(2)
    return model, start(key, model, jnp.ones((1, 3)))
""", {"    model = nnx.bridge.to_linen(Plain, 3, 2)"}),
    "with a sample that a variable holds": ("""\
def start(key, net, sample):
    return net.init(key, sample)


def run(key, width=3):
    model = Plain(2)
    example = jax.random.normal(key, (1, width))
    return model, start(key, net=model, sample=example)
""", {"    model = nnx.bridge.to_linen(Plain, width, 2)"}),
    "with a part of what a function is given": ("""\
def start(key, net, sample):
    return net.init(key, jnp.zeros_like(sample))


def run(key, batch={"image": X}):
    model = Plain(2)
    return model, start(key, model, batch["image"][:1])
""", {"    model = nnx.bridge.to_linen(Plain, batch['image'][:1].shape[-1], 2)"}),
    "given to a class method, with a list": ("""\
class Learner:
    @classmethod
    def create(cls, net, inputs, tx=None):
        params = net.init(*inputs)
        return cls(net.apply, params, tx.init(params))

    def __init__(self, apply_fn, params, opt_state):
        self.apply_fn, self.params, self.opt_state = apply_fn, params, opt_state


def run(key):
    sample = jnp.ones((1, 3))
    model = Plain(2)
    learner = Learner.create(model, inputs=[key, sample], tx=optax.adam(0.1))
    return model, jax.tree.map(lambda p: p + learner.apply_fn(learner.params, X).sum(), learner.params)
""", {"    model = nnx.bridge.to_linen(Plain, sample.shape[-1], 2)"}),
    "given to a class": ("""\
class Trainer:
    def __init__(self, net, key, sample):
        self.net = net
        self.params = self.net.init(key, sample)

    def predict(self, x):
        return self.net.apply(self.params, x)


def run(key):
    model = Plain(2)
    trainer = Trainer(model, key, sample=jnp.ones((1, 3)))
    assert trainer.predict(X).shape == (2, 2)
    return model, trainer.params
""", {"    model = nnx.bridge.to_linen(Plain, 3, 2)"}),
    "shown as a table": ("""\
def run(key):
    model = Plain(2)
    assert "float32" in model.tabulate(key, X)
    return model, model.init(key, X)
""", {"    model = nnx.bridge.to_linen(Plain, X.shape[-1], 2)"}),
    "of a class that a function is given": ("""\
def create(key, model_cls, shape, **fields):
    net = model_cls(**fields)
    return net, net.init(key, jnp.ones(shape))


def run(key):
    model, params = create(key, Plain, shape=(1, 3), features=2)
    return model, params
""", {"    net = nnx.bridge.to_linen(model_cls, shape[-1], **fields)"}),
    "of a class that a class is given": ("""\
class Trainer:
    def __init__(self, model_class, model_hparams, images, seed=42):
        self.model_class = model_class
        self.model_hparams = model_hparams
        self.model = self.model_class(**self.model_hparams)
        self.init_model(images, seed)

    def init_model(self, images, seed):
        self.params = self.model.init(jax.random.key(seed), images)


def run(key):
    trainer = Trainer(model_class=Plain, model_hparams={"features": 2}, images=jnp.ones((1, 3)))
    return trainer.model, trainer.params
""", {"        self.model = nnx.bridge.to_linen(", "            self.model_class, images.shape[-1], **self.model_hparams", "        )"}),
    "asked for a field that is given by its name": ("""\
def start(net, key):
    return net.init(key, jnp.ones((1, 3), net.width))


def run(key):
    model = Net(width=6)
    assert model.width == 6
    return model, model.init(key, X)
""", {"    model = nnx.bridge.to_linen(Net, X.shape[-1], width=6)"}),
    "of a class that a function returns a model of": ("""\
def build(model_cls, **kwargs):
    return model_cls(features=2, **kwargs)


def initialized(key, size, model):
    shape = (1, size)

    @jax.jit
    def init(*args):
        return model.init(*args)

    return init({"params": key}, jnp.ones(shape))


def run(key):
    model = build(Plain)
    return model, initialized(key, 3, model)
""", {"    model = build(partial(nnx.bridge.to_linen, Plain, 3))"}),
    "by an init that a variable holds": ("""\
def run(key):
    model = Plain(2)
    start = jax.jit(model.init)
    return model, start(key, X)
""", {"    model = nnx.bridge.to_linen(Plain, X.shape[-1], 2)"}),
    "of which the shapes are asked": ("""\
def run(key):
    model = Plain(2)
    shapes = jax.eval_shape(model.init, key, X)
    return model, jax.tree.map(lambda s: jax.random.normal(key, s.shape, s.dtype), shapes)
""", {"    model = nnx.bridge.to_linen(Plain, X.shape[-1], 2)"}),
    "with a sample whose size is another by then": ("""\
def run(key):
    n = 3
    x = jnp.ones((1, n))
    n = 5
    model = Plain(2)
    return model, model.init(key, x)
""", {"    model = nnx.bridge.to_linen(Plain, x.shape[-1], 2)"}),
    "two in one statement": ("""\
def run(key):
    net, other = Plain(2), Plain(features=3)
    params = net.init(key, X)
    new = TrainState.create(apply_fn=other.apply, params=other.init(key, X), tx=optax.sgd(0.1))
    grads = jax.grad(lambda p: new.apply_fn(p, X).sum())(new.params)
    return net, jax.tree.map(lambda p: p + jax.tree.leaves(grads)[-1].sum(), params)
""", {"    net, other = nnx.bridge.to_linen(Plain, X.shape[-1], 2), nnx.bridge.to_linen(Plain, X.shape[-1], features=3)"}),
    "many at once": ("""\
def run(key):
    net = Plain(2)
    params = jax.vmap(net.init, in_axes=(0, None))(jax.random.split(key, 4), X)
    outs = jax.vmap(net.apply, in_axes=(0, None))(params, X)
    return net, jax.tree.map(lambda p: p[0] + outs.sum(), params)
""", {"    net = nnx.bridge.to_linen(Plain, X.shape[-1], 2)"}),
    "without a name": ("""\
def run(key):
    x = jnp.ones((2, 3))
    out, variables = Plain(2).init_with_output(key, x)
    params = jax.tree.map(lambda p: p + out.sum(), variables)
    net = Plain(2)
    return net, net.init(key, x) | params
""", {
        "    out, variables = nnx.bridge.to_linen(Plain, 3, 2).init_with_output(key, x)",
        "    net = nnx.bridge.to_linen(Plain, 3, 2)",
    }),
    "a variable as one kind everywhere": ("""\
def make(key):
    net = Plain(2)
    params = net.init(key, X)
    tx = optax.sgd(0.1)
    opt_state = tx.init(params)
    updates, opt_state = tx.update(jax.grad(lambda p: net.apply(p, X).sum())(params), opt_state)
    return optax.apply_updates(params, updates)


def run(key):
    model = Plain(2)
    model.init(key, X)
    return model, make(key)
""", {"    net = nnx.bridge.to_linen(Plain, X.shape[-1], 2)", "    model = nnx.bridge.to_linen(Plain, X.shape[-1], 2)"}),
    "an init in another method": ("""\
class Trainer:
    def __init__(self, key, images, **fields):
        self.model = Plain(**fields)
        self.tx = optax.sgd(0.1)
        self.init_model(key, example=images)

    def init_model(self, key, example):
        self.params = self.model.init(key, example)


def run(key):
    trainer = Trainer(key, X, features=3)
    return trainer.model, trainer.params
""", {"        self.model = nnx.bridge.to_linen(Plain, images.shape[-1], **fields)"}),
    "a function that inits it": ("""\
def start(net, key, batch, *, rate=0.1):
    params = net.init(key, batch)["params"]
    return TrainState.create(apply_fn=net.apply, params=params, tx=optax.sgd(rate))


def run(key):
    seen = X
    model = Plain(features=3)
    state = start(model, key, seen)
    out = model.apply({"params": state.params}, seen)
    return model, {"params": jax.tree.map(lambda p: p * out.sum(), state.params)}
""", {"    model = nnx.bridge.to_linen(Plain, seen.shape[-1], features=3)"}),
    "a function that knows the size": ("""\
def start(net, key, shape, size=3, *, rows=1):
    sample = jnp.ones((rows, size))
    return net.init(key, sample), net.init(key, jnp.ones(shape))


def run(key):
    model = Plain(2)
    first, second = start(model, key, (5, 3))
    return model, jax.tree.map(jnp.add, first, second)
""", {"    model = nnx.bridge.to_linen(Plain, 3, 2)"}),
    "a partial that is given it": ("""\
import functools


def start(key, scale, *, net):
    params = net.init(key, jnp.ones((1, 3)))
    return jax.tree.map(lambda p: scale * p, params)


def run(key):
    model = Plain(2)
    make = functools.partial(start, key, net=model)
    return model, make(4)
""", {"    model = nnx.bridge.to_linen(Plain, 3, 2)"}),
    "made anew where it is applied": ("""\
def start(key):
    model = Plain(2)
    return model, model.init(key, jnp.ones((1, 3)))


@jax.jit
def loss(params, batch):
    return (Plain(2).apply({"params": params}, batch) ** 2).mean()


def run(key):
    model, variables = start(key)
    grads = jax.grad(loss)(variables["params"], X)
    return model, {"params": grads}
""", {"    model = nnx.bridge.to_linen(Plain, 3, 2)", "    return (nnx.bridge.to_linen(Plain, batch.shape[-1], 2).apply({\"params\": params}, batch) ** 2).mean()"}),
    "a sample that changes later": ("""\
def run(key):
    seen = X
    model = Plain(2)
    params, target = model.init(key, seen), model.init(key, seen)
    model.apply = jax.jit(model.apply)
    for _ in range(2):
        out = model.apply(params, seen)
        seen = jnp.roll(seen, 1)
    return model, jax.tree.map(jnp.add, params, target)
""", {"    model = nnx.bridge.to_linen(Plain, seen.shape[-1], 2)"}),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_init_and_apply_stay(name: str) -> None:
    script, lines = MODELS[name]
    before = NET + "\n\n" + script
    result = migrate_files({"m.py": before.encode()})
    (file,) = result.files
    after = file.after.decode()
    assert {d.code for d in file.diagnostics} == {"MN303"}, file.diagnostics
    assert all(d.severity is Severity.NOTE for d in file.diagnostics)
    mine = list(difflib.unified_diff(script.splitlines(), after[after.index("X = ") :].splitlines()[3:], n=0))
    assert {line[1:] for line in mine if line.startswith("+") and not line.startswith("+++")} == lines
    assert not migrate_files({"m.py": file.after}).files[0].changed
    linen, variables = load(before).run(jax.random.key(0))
    model, own = load(after).run(jax.random.key(0))
    assert jax.tree.map(jnp.shape, own) != jax.tree.map(jnp.shape, variables)  # they have other names
    assert _shapes(own) == _shapes(variables)
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(own))
    (rules,) = (
        c for c in result.mapping.classes if c.name.endswith(".Net" if "Net(" in script else ".Plain")
    )
    given = _random(variables)
    moved = _renamed(given, {r.linen: r.nnx for r in rules.variables})
    assert jax.tree.structure(moved) == jax.tree.structure(own)
    x = jax.random.normal(jax.random.key(3), (7, 3))
    np.testing.assert_array_equal(linen.apply(given, x), model.apply(moved, x))
    if "batch_stats" in given:
        kwargs: dict[str, Any] = {"train": True, "mutable": ["batch_stats"]}
        (out, stats), (other, new) = linen.apply(given, x, **kwargs), model.apply(moved, x, **kwargs)
        np.testing.assert_array_equal(out, other)
        names = {r.linen: r.nnx for r in rules.variables}
        jax.tree.map(np.testing.assert_array_equal, _renamed(stats, names), new)


def _shapes(tree: Any) -> list[tuple[int, ...]]:
    return sorted(leaf.shape for leaf in jax.tree.leaves(tree))


def _random(tree: Any) -> Any:
    leaves, structure = jax.tree.flatten(tree)
    keys = jax.random.split(jax.random.key(1), len(leaves))
    return structure.unflatten(
        [jax.random.uniform(k, leaf.shape, minval=0.5) for k, leaf in zip(keys, leaves, strict=True)]
    )


def _renamed(variables: Any, names: Mapping[tuple[str, ...], tuple[str, ...]]) -> Any:
    """The variables of Linen under the names of the NNX attributes."""
    found: dict[str, Any] = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(variables):
        collection, *inner = (key.key for key in path)
        at = found.setdefault(collection, {})
        *up, last = names[tuple(inner)]
        for name in up:
            at = at.setdefault(name, {})
        at[last] = leaf
    return found


_RUN = "def run(key):\n    model = Plain(2)\n    params = model.init(key, X)\n"


def test_functions_are_given_as_before() -> None:
    before = NET.replace("features: int\n", "features: int\n    act: object = nn.tanh\n").replace(
        "nn.relu(", "self.act("
    )
    script = "\n\n" + _RUN.replace("Plain(2)", "Plain(2, act=nn.sigmoid)") + "    return model, params\n"
    (file,) = migrate_files({"m.py": (before + script).encode()}).files
    assert {d.code for d in file.diagnostics} == {"MN303"}, file.diagnostics
    assert "nnx.bridge.to_linen(Plain, X.shape[-1], 2, act=nn.sigmoid)" in file.after.decode()
    model, params = load(file.after.decode()).run(jax.random.key(0))
    assert model.apply(params, jnp.ones((2, 3))).shape == (2, 2)


_TRAINER = "class Trainer:\n    def __init__(self, key, x):\n        self.model = Plain(2)\n"
_GIVEN = "def start(net, key, size):\n    return net.init(key, {})\n\n\ndef run(key):\n    model = Plain(2)\n    return model, start(model, key, 3)\n"
_CREATE = "def create(key, model_cls):\n    {}\n    return net, net.init(key, X)\n\n\ndef run(key):\n    return create(key, {})\n"
_CLASS = "class Trainer:\n    def __init__(self, net, key):\n{}\n\ndef run(key):\n    model = Plain(2)\n    return model, Trainer(model, key)\n"
_START = "\n    def start(self, key, example):\n        self.params = self.model.init(key, example)\n"
REFUSED = {
    "another method": _RUN.replace("X)\n", "X, method=Plain.__call__)\n") + "    return model, params\n",
    "a field that is asked for": _RUN + "    return model, params, model.features\n",
    "a check for the class": _RUN + "    return model, params, isinstance(model, Plain)\n",
    "bound twice": _RUN + "    model = Plain(3)\n    return model, params\n",
    "no init": "def run():\n    model = Plain(2)\n    return model, 1\n",
    "inits of two sizes": _RUN + "    return model, params, model.init(key, jnp.ones((1, 4)))\n",
    "a size that comes later": "def run(key, f):\n    model = Plain(2)\n    x = f()\n    return model, model.init(key, x)\n",
    "a size that only a function knows": "def run(key):\n    model = Plain(2)\n    return model, lambda x: model.init(key, x)\n",
    "the class itself": "def run(make):\n    return make(Plain)\n",
    "statistics left out": "def run(key):\n    model = Net()\n    v = model.init(key, X)\n    return model, v, model.apply({'params': v['params']}, X)\n",
    "renamed variables that a file may hold": "import pickle\n\n\n" + _RUN.replace("Plain", "Scaled") + "    return model, pickle.loads(b''), params\n",
    "one of two rebound": "def run(key):\n    model, other = Plain(2), Plain(3)\n    other = Plain(2)\n    return model, model.init(key, X), other.init(key, X)\n",
    "many at once, of many inputs": "def run(key):\n    net = Plain(2)\n    params = jax.vmap(net.init, in_axes=(0, 0))(jax.random.split(key, 2), X)\n    return net, params\n",
    "a sample that changes before the init": "def run(key):\n    x = X\n    model = Plain(2)\n    x = jnp.pad(x, 1)\n    return model, model.init(key, x)\n",
    "a sample that each round changes": "def run(key):\n    x = X\n    model = Plain(2)\n    for _ in range(2):\n        params = model.init(key, x)\n        x = jnp.pad(x, 1)\n    return model, params\n",
    "a sample that a function changes": "def run(key):\n    x = X\n    x = x + 1\n    model = Plain(2)\n    make = lambda: model.init(key, x)\n    x = jnp.pad(x, 1)\n    return model, make()\n",
    "a function that is given what is computed": _GIVEN.format("size").replace("start(model, key, 3)", "start(model, key, jnp.pad(X, 1))"),
    "a function that is given another size later": _GIVEN.format("size").replace("    return model, start(model, key, 3)", "    n = 3\n    n = 4\n    return model, start(model, key, jnp.ones((1, n)))"),
    "a class that asks for something else": _CLASS.format("        self.net, self.width = net, net.features\n        self.params = net.init(key, X)\n"),
    "a class that asks for something else in another method": _CLASS.format("        self.net = net\n        self.params = self.net.init(key, X)\n\n    def width(self):\n        return self.net.features\n"),
    "a class that runs another method": _CLASS.format("        self.net = net\n        self.params = net.init(key, X)\n\n    def out(self):\n        return self.net.apply(self.params, X, method='encode')\n"),
    "a class that binds it twice": _CLASS.format("        self.net = net\n        self.net = net.clone()\n        self.params = self.net.init(key, X)\n"),
    "a list whose length is not known": _GIVEN.format("*size").replace("init(key, *", "init(*").replace("start(model, key, 3)", "start(model, key, (key, *key))"),
    "a class of which a model is returned beside something": _CREATE.format("net = 1\n    return model_cls(2), 1", "Plain"),
    "a class of which one of two models is returned": _CREATE.format("if key is None:\n        return model_cls(3)\n    return model_cls(2)", "Plain"),
    "an init that a function changes": "def run(key):\n    model = Plain(2)\n\n    def start(*args):\n        return model.init(args[1], args[0])\n\n    return model, start(X, key)\n",
    "a class that is asked for more": _CREATE.format("size = model_cls.__name__\n    net = model_cls(2)", "Plain"),
    "a class that may be another": _CREATE.format("model_cls = max(model_cls, key=str)\n    net = model_cls(2)", "Plain"),
    "a class that something else is given too": _CREATE.format("net = model_cls(2)", "Plain") + "\n\nCREATED = jax.tree.map(lambda f: f, [create])\n",
    "one of a class and something else": _CREATE.format("net = model_cls(2)", "Plain") + "\n\ndef other(key, make):\n    return create(key, make)\n",
    "a class for which nothing is named": _CREATE.format("net = [model_cls(2)][0]", "Plain"),
    "a partial of a class": "small = functools.partial(Plain, 2)\n\n\n" + _CREATE.format("net = model_cls()", "small"),
    "an init in a method that is called twice": _TRAINER + "        self.start(key, x)\n        self.start(key, jnp.pad(x, 1))\n" + _START,
    "an init of what the method computes": _TRAINER + "        self.start(key, x)\n" + _START.replace("example)\n", "example + 1)\n"),
    "an init of a parameter that is bound again": _TRAINER + "        self.start(key, x)\n" + _START.replace("        self.p", "        example = jnp.pad(example, 1)\n        self.p"),
    "an init in a function that is called so": _TRAINER + "        self.start(key, x)\n" + _START.replace("    def start(self, ", "    @staticmethod\n    def start(self, "),
    "an init with what stands in a list": _TRAINER + "        self.start(*[key, x])\n" + _START,
    "no name, no init, and other names": "def run(variables):\n    return Scaled(2).apply(variables, X)\n",
    "no name, and no input": "def run(variables):\n    return Plain(2).apply(variables, **{'x': X})\n",
    "a function that inits what it computes": _GIVEN.format("jnp.pad(size, 1)"),
    "a function that computes the size": _GIVEN.format("jnp.ones((1, size))").replace("start(model, key, 3)", "start(model, key, 1 + 2)"),
    "a function that changes the size": _GIVEN.format("jnp.ones((1, size))").replace("    return net", "    size = 2 * size\n    return net"),
    "a function that is a variable": _GIVEN.format("X").replace("    model =", "    start = start\n    model ="),
    "a function that binds the model anew": _GIVEN.format("X").replace("    return net", "    net = net.clone()\n    return net"),
    "a function that is given more": _GIVEN.format("X").replace("start(model, ", "start(*[model], "),
    "no name, and another method": "def run(key):\n    return jax.tree.leaves(Plain(2).init(key, X, method='encode'))\n",
    "no name, and a part of it": "def run(key):\n    return jax.tree.leaves(Plain(2).bind({}).features)\n",
    "no name": "def run(key):\n    return [Plain(2)]\n",
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    before = NET + "\n\n" + REFUSED[name]
    file = migrate_files({"m.py": before.encode()}).files[0]
    assert file.after.decode().endswith(REFUSED[name])
    assert "MN301" in {d.code for d in file.diagnostics}, file.diagnostics
    assert "to_linen" not in file.after.decode()


LOADED = "import pickle\nfrom flax import serialization\n\n\n" + _RUN + "    return model, params\n"


def test_a_file_may_hold_variables() -> None:
    (file,) = migrate_files({"m.py": (NET + "\n\n" + LOADED).encode()}).files
    assert "nnx.bridge.to_linen(Plain, X.shape[-1], 2)" in file.after.decode()
    (note,) = (d for d in file.diagnostics if d.code == "MN303")
    assert "may load some: variables by other names raise an error" in note.message
    model, params = load(file.after.decode()).run(jax.random.key(0))
    theirs = load(NET + "\n\n" + LOADED).run(jax.random.key(0))[1]
    with pytest.warns(UserWarning, match="unknown module paths"), pytest.raises(ValueError, match="Dense_0"):
        model.apply(theirs, jnp.ones((2, 3)))
    stored = serialization.from_bytes(params, serialization.to_bytes(params))
    np.testing.assert_array_equal(
        model.apply(stored, jnp.ones((2, 3))), model.apply(params, jnp.ones((2, 3)))
    )


def test_another_name_alone_does_not_keep_a_model_linen() -> None:
    script = _RUN.replace("Plain", "Scaled") + "    return model, params\n"
    (file,) = migrate_files({"m.py": (NET + "\n\n" + script).encode()}).files
    assert "nnx.bridge.to_linen(Scaled, 2)" in file.after.decode()


NOISY = (
    NET.replace("nn.tanh(x)", "nn.Dropout(0.5)(x, deterministic=not train)")
    + """
def outputs(model, variables):
    keys = jax.random.split(jax.random.key(3))
    noisy = [model.apply(variables, X, train=True, rngs={"dropout": k}, mutable=["batch_stats"])[0] for k in keys]
    return model.apply(variables, X), *noisy, noisy[0]


"""
)
DRAWS = {
    "a key": ("""\
def run(key):
    model = Net()
    variables = model.init(key, X)
    return model, variables, outputs(model, variables)
""", '    variables = model.init({"params": key, "dropout": key}, X)'),
    "a seed, as the first argument of a function": ("""\
def start(net, seed):
    return jax.jit(net.init)(jax.random.key(seed), jnp.ones((1, 3)))


def run(key):
    model = Net()
    variables = start(model, 1)
    return model, variables, outputs(model, variables)
""", '    return jax.jit(net.init)({"params": jax.random.key(seed), "dropout": jax.random.key(seed)}, jnp.ones((1, 3)))'),
    "an attribute": ("""\
class Trainer:
    def __init__(self, key):
        self.model = Net()
        self.variables = self.model.init(rngs=key, x=X)


def run(key):
    trainer = Trainer(key)
    return trainer.model, trainer.variables, outputs(trainer.model, trainer.variables)
""", '        self.variables = self.model.init(rngs={"params": key, "dropout": key}, x=X)'),
    "a dict of keys": ("""\
def run(key):
    one, two = jax.random.split(key)
    model = Net()
    variables = model.init({"params": one, "dropout": two}, X)
    return model, variables, outputs(model, variables)
""", '    variables = model.init({"params": one, "dropout": two}, X)'),
    "shapes that a function asks for": ("""\
def start(net, key):
    shapes = jax.eval_shape(net.init, key, X)
    variables = net.init(key, X)
    assert jax.tree.map(jnp.shape, variables) == jax.tree.map(lambda s: s.shape, shapes)
    return variables


def run(key):
    model = Net()
    variables = start(model, key)
    return model, variables, outputs(model, variables)
""", '    shapes = jax.eval_shape(net.init, {"params": key, "dropout": key}, X)'),
    "the first of a list for a class method": ("""\
class Learner:
    @staticmethod
    def create(net, inputs, tx):
        variables = net.init(*inputs)
        return variables, tx.init(variables["params"])


def run(key):
    model = Net()
    variables, _ = Learner.create(model, [key, X], optax.adam(0.1))
    return model, variables, outputs(model, variables)
""", '    variables, _ = Learner.create(model, [{"params": key, "dropout": key}, X], optax.adam(0.1))'),
    "a dict that is bound beside something else": ("""\
def run(key):
    keys, sample = {"params": key, "dropout": key}, X
    model = Net()
    variables = model.init(keys, sample)
    return model, variables, outputs(model, variables)
""", "    variables = model.init(keys, sample)"),
    "a variable that holds such a dict": ("""\
def run(key):
    keys = {"params": key, "dropout": key}
    model = Net()
    variables = model.init(keys, X)
    return model, variables, outputs(model, variables)
""", "    variables = model.init(keys, X)"),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWS)
def test_inits_of_what_draws_get_keys_for_it(name: str) -> None:
    script, line = DRAWS[name]
    result = migrate_files({"m.py": (NOISY + script).encode()})
    (file,) = result.files
    after = file.after.decode()
    assert {d.code for d in file.diagnostics} == {"MN303"}, file.diagnostics
    assert f"{line}\n" in after
    assert not migrate_files({"m.py": file.after}).files[0].changed
    linen = load(NOISY + script).run(jax.random.key(0))
    new = load(after).run(jax.random.key(0))
    assert _shapes(new[1]) == _shapes(linen[1])
    for plain, first, second, again in (linen[2], new[2]):
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, second)
        assert plain.shape == first.shape == (2, 2)
        assert np.isfinite(plain).all()


_MADE = "def run(key):\n    model = Net()\n"
NO_KEYS = {
    "an init that is handed on": _MADE + "    params = model.init(key, X)\n    make = model.init\n    return make, params\n",
    "an init elsewhere": _MADE + "    variables = model.init(key, X)\n    return create(model, key), variables\n",
    "a key that is drawn": "def run(keys):\n    model = Net()\n    return model, model.init(next(keys), X)\n",
    "what may be a dict": "def run(rngs):\n    model = Net()\n    return model, model.init(rngs, X)\n",
    "a dict without it": _MADE + "    return model, model.init({'params': key}, X)\n",
    "no init": _MADE + "    return model, model.apply(key, X)\n",
    "an init of a class in another method": "class Trainer:\n    def __init__(self, net, key):\n        self.net = net\n        self.variables = self.net.init(key, X)\n\n    def again(self, key):\n        self.variables = self.net.init(key, X)\n\n\n" + _MADE + "    return model, Trainer(model, key)\n",
    "what may be another name of the model": "def start(net, key):\n    other = [net][0]\n    return net.init(key, X), other.init(key, X)\n\n\n" + _MADE + "    return model, start(model, key)\n",
    "inits in other terms": "def start(net, key):\n    make = net.init\n    return net.init(key, X), make\n\n\n" + _MADE + "    return model, start(model, key)\n",
}  # fmt: skip


@pytest.mark.parametrize("name", NO_KEYS)
def test_what_draws_stays_where_an_init_may_have_no_key_for_it(name: str) -> None:
    file = migrate_files({"m.py": (NOISY + NO_KEYS[name]).encode()}).files[0]
    assert "class Net(nn.Module)" in file.after.decode()
    assert "`dropout`" in " ".join(d.message for d in file.diagnostics) or name in (
        "a key that is drawn",
        "what may be a dict",
    )


def _several() -> str:
    """A function that is given models which draw from other streams."""
    other = NOISY.replace("class Plain", "class Noise").replace(
        "nn.Dense(5)(x)", 'nn.Dense(5)(x) + jax.random.normal(self.make_rng("noise"), (5,))'
    )
    start = "def start(net, key):\n    return net.init(key, X)\n\n\n"
    runs = [
        f"def run_{kind}(key):\n    net = {kind}\n    return net, start(net, key)\n\n\n"
        for kind in ("Net()", "Noise(2)")
    ]
    script = start + "".join(run.replace("_Net()", "").replace("_Noise(2)", "_too") for run in runs)
    return other + script


def test_a_function_that_is_given_several_models_has_keys_for_all_of_them() -> None:
    after = migrate_files({"m.py": _several().encode()}).files[0].after.decode()
    assert '    return net.init({"params": key, "dropout": key, "noise": key}, X)\n' in after
    new = load(after)
    for model, variables in (new.run(jax.random.key(0)), new.run_too(jax.random.key(0))):
        rngs = {"dropout": jax.random.key(1), "noise": jax.random.key(2)}
        assert np.isfinite(model.apply(variables, jnp.ones((2, 3)), rngs=rngs)).all()


def test_two_edits_of_one_place_are_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = "_streams_of_all", lambda inits: sorted(inits.site.constructor.streams.names)
    monkeypatch.setattr(LinenInits, *alone)
    before = _several().encode()
    file = migrate_files({"m.py": before}).files[0]
    assert file.after == before
    found = [d.message for d in file.diagnostics if d.code == "MN906"]
    assert found
    assert all("would become two things at once" in message for message in found)


def test_a_function_of_another_file_has_its_own_keys() -> None:
    script = "from tools import start\n\n\n" + _MADE + "    return model, start(model, key)\n"
    tools = "import jax.numpy as jnp\n\n\ndef start(net, key):\n    return net.init(key, jnp.ones((1, 3)))\n"
    result = migrate_files({"m.py": (NOISY + script).encode(), "tools.py": tools.encode()})
    assert "class Net(nn.Module)" in result.files[0].after.decode()
    plain = script.replace("Net()", "Plain(2)")
    result = migrate_files({"m.py": (NET + plain).encode(), "tools.py": tools.encode()})
    assert "model = nnx.bridge.to_linen(Plain, 3, 2)" in result.files[0].after.decode()


_STARTS = "import {0} as jnp\n\n\ndef start(net, key, x):\n    return net.init(key, x)\n"


def test_a_function_of_another_file_is_given_a_sample() -> None:
    script = "from tools import start\n\n\n" + _MADE.replace("Net()", "Plain(2)")
    script += "    return model, start(model, key, jnp.ones((1, 3)))\n"
    tools = _STARTS.format("jax.numpy")
    result = migrate_files({"m.py": (NET + script).encode(), "tools.py": tools.encode()})
    assert "model = nnx.bridge.to_linen(Plain, 3, 2)" in result.files[0].after.decode()
    tools = _STARTS.format("jax.scipy")  # `jnp` is something else there
    result = migrate_files({"m.py": (NET + script).encode(), "tools.py": tools.encode()})
    assert "class Plain(nn.Module)" in result.files[0].after.decode()


_BOTH = """\
def create(key, model_cls, shape):
    model = model_cls({})
    return model, model.init(key, jnp.ones(shape))


def run(key):
    return create(key, Net, (1, 3)), create(key, Plain, (1, 3))
"""


def test_a_function_that_is_given_several_classes() -> None:
    (file,) = migrate_files({"m.py": (NET + "\n\n" + _BOTH.format("5")).encode()}).files
    after = file.after.decode()
    assert "    model = nnx.bridge.to_linen(model_cls, shape[-1], 5)\n" in after
    assert [d.subject for d in file.diagnostics if d.code == "MN303"] == ["Net", "Plain"]
    (net, variables), (plain, params) = load(after).run(jax.random.key(0))
    assert net.apply(variables, jnp.ones((4, 3))).shape == (4, 2)
    assert plain.apply(params, jnp.ones((4, 3))).shape == (4, 5)


def test_classes_that_ask_for_other_sizes_stay() -> None:
    other = NET.replace(
        "def __call__(self, x):\n        return nn",
        "def __call__(self, x, y=0):\n        return x.shape[0] * nn",
    )
    other = other.replace(
        "nn.Dense(self.features)(", "nn.Dense(self.features)(nn.Dense(x.shape[0])(x).sum() + "
    )
    (file,) = migrate_files({"m.py": (other + "\n\n" + _BOTH.format("5")).encode()}).files
    assert "to_linen" not in file.after.decode()
    assert "ask for other sizes" in " ".join(d.message for d in file.diagnostics)


def test_a_function_of_classes_that_another_file_calls() -> None:
    other = "from m import create\n\nmade = create\n"
    files = migrate_files(
        {"m.py": (NET + "\n\n" + _BOTH.format("5")).encode(), "other.py": other.encode()}
    ).files
    assert "to_linen" not in files[0].after.decode()
    assert "another file imports it" in " ".join(d.message for d in files[0].diagnostics)


_CODER = """\
import jax
import jax.numpy as jnp
from flax import linen as nn
from flax.training.train_state import TrainState


class Coder(nn.Module):
    width: int

    def setup(self):
        self.down, self.up = nn.Dense(self.width), nn.Dense(3)

    def __call__(self, x):
        return self.up(nn.relu(self.down(x)))

    def encode(self, x, scale=1.0):
        return scale * self.down(x)


def run(key, x, trained):
    model = Coder(5)
    variables = trained(model.init(key, x))
    return model, variables, [
        model.apply(variables, x),
        model.apply(variables, x, method="encode"),
        model.apply(variables, x, 2.0, method=Coder.encode),
        model.apply(variables, x, method=model.encode, scale=3.0),
        model.apply(variables, x, method=Coder.__call__),
    ]
"""


def test_methods_of_the_class_are_run_by_their_names() -> None:
    (file,) = migrate_files({"m.py": _CODER.encode()}).files
    after = file.after.decode()
    assert "model = nnx.bridge.to_linen(Coder, x.shape[-1], 5)" in after
    assert [line.strip() for line in after.splitlines() if "model.apply" in line] == [
        "model.apply(variables, x),",
        'model.apply(variables, x, nnx_method="encode"),',
        'model.apply(variables, x, 2.0, nnx_method="encode"),',
        'model.apply(variables, x, nnx_method="encode", scale=3.0),',
        'model.apply(variables, x, nnx_method="__call__"),',
    ]
    assert not migrate_files({"m.py": file.after}).files[0].changed
    x = jax.random.normal(jax.random.key(1), (2, 3))
    linen, given, outputs = load(_CODER).run(jax.random.key(0), x, _random)
    _, _, own = load(after).run(jax.random.key(0), x, lambda _: given)  # setup has named the layers
    jax.tree.map(np.testing.assert_array_equal, own, outputs)
    np.testing.assert_array_equal(own[1], linen.apply(given, x, method="encode"))


@pytest.mark.parametrize("method", ["'code'", "nn.Dense.__call__", "x", "lambda m, x: x", "Coder.setup"])
def test_what_is_no_method_of_the_class_keeps_it(method: str) -> None:
    before = _CODER.replace('method="encode"', f"method={method}")
    file = migrate_files({"m.py": before.encode()}).files[0]
    assert "class Coder(nn.Module)" in file.after.decode()
    assert "another method than `__call__`" in " ".join(d.message for d in file.diagnostics)


def test_an_edit_without_a_place_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Editor, "_argument", lambda _self, _original, updated: updated)
    file = migrate_files({"m.py": _CODER.encode()}).files[0]
    assert file.after.decode() == _CODER
    assert "has no place there" in " ".join(d.message for d in file.diagnostics if d.code == "MN906")


@pytest.mark.parametrize(
    "body",
    [
        'nn.BatchNorm(True, axis_name="batch")(x)',
        "x - (0 if self.is_initializing() else jax.lax.pmean(x, 'batch'))",
    ],
)
def test_what_averages_over_devices_has_no_bridge(body: str) -> None:
    """Its init in Linen needs no axis of pmap, and that of the bridge does."""
    script = "\n\n" + _RUN + "    return model, params\n"
    before = NET.replace("nn.Dense(self.features)(nn.relu(", f"nn.Dense(self.features)({body} * nn.relu(")
    before = before.replace("nn.Dense(5)(x)))", "nn.Dense(3)(x)))")
    (file,) = migrate_files({"m.py": (before + script).encode()}).files
    assert "to_linen" not in file.after.decode()
    assert "averages over devices" in " ".join(d.message for d in file.diagnostics)


_COUNTING = """\
import jax
import jax.numpy as jnp
from flax import linen as nn


class Codes(nn.Module):
    size: int = 4

    @nn.compact
    def __call__(self, x, train: bool = False):
        used = self.variable("usage", "used", jnp.zeros, (self.size,))
        x = nn.Dense(self.size)(x)
        if train and not self.is_initializing():
            used.value = 0.9 * used.value + x.mean(0)
        return x + used.value


class Net(nn.Module):
    def setup(self):
        self.codes = Codes()

    def __call__(self, x, train: bool = False):
        return self.codes(x, train)


def create(key):
    model = Net()
    return model, model.init(key, jnp.ones((1, 3)))


def run(key):
    model, variables = create(key)
    out, new = model.apply(variables, jnp.ones((2, 3)), train=True, mutable=["usage"])
    return model, {**variables, "usage": new["usage"]}
"""


def test_a_collection_of_its_own_stays_one() -> None:
    result = migrate_files({"m.py": _COUNTING.encode()})
    (file,) = result.files
    after = file.after.decode()
    assert "    model = nnx.bridge.to_linen(Net, 3)\n    return model, model.init(key" in after
    linen, variables = load(_COUNTING).run(jax.random.key(0))
    model, own = load(after).run(jax.random.key(0))
    assert set(own) == {"params", "usage"}
    (rules,) = (c for c in result.mapping.classes if c.name.endswith(".Net"))
    names, given = {r.linen: r.nnx for r in rules.variables}, _random(variables)
    x = jax.random.normal(jax.random.key(3), (7, 3))
    for kwargs in ({}, {"train": True, "mutable": ["usage"]}):
        one, two = linen.apply(given, x, **kwargs), model.apply(_renamed(given, names), x, **kwargs)
        if kwargs:
            (one, new), (two, other) = one, two
            jax.tree.map(np.testing.assert_array_equal, _renamed(new, names), other)
        np.testing.assert_array_equal(one, two)


def test_a_cache_is_of_a_call() -> None:
    file = migrate_files({"m.py": _COUNTING.replace('"usage"', '"cache"').encode()}).files[0]
    assert "MN301" in {d.code for d in file.diagnostics}
