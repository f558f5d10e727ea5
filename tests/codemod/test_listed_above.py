"""Lists that setup makes, and that a method of a base runs through: the base is written for whoever has some."""

import pytest
from flax import nnx

from .check import (
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    codes,
    f32,
    migrate_project,
    name_of,
    texts,
    with_header,
)

_X = f32(4, 3)

TRANSFORMED = (
    Case(
        "by-number",
        """\
class Chain(nn.Module):
    def ordered(self, x):
        return x

    def __call__(self, x):
        x = jnp.expand_dims(self.ordered(x), axis=-1)
        for i in range(len(self._layers)):
            if i > 0 and hasattr(self, "activation"):
                x = self.activation(x)
            x = self._layers[i](x)
        return x


class Net(Chain):
    depth: int
    features: tuple[int, ...]
    activation: object = nn.relu

    def setup(self):
        features = self.features
        self._layers = [nn.Dense(features[i]) for i in range(self.depth)]

    def ordered(self, x):
        return x[..., ::-1]
""",
        """\
class Chain(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        pass

    def ordered(self, x):
        return x

    def __call__(self, x):
        x = jnp.expand_dims(self.ordered(x), axis=-1)
        for i in range(len(self._layers)):
            if i > 0 and hasattr(self, "activation"):
                x = self.activation(x)
            x = self._layers[i](x)
        return x


class Net(Chain):
    def __init__(
        self,
        depth: int,
        features: tuple[int, ...],
        activation: object = nnx.relu,
        *,
        rngs: nnx.Rngs,
    ):
        super().__init__(rngs=rngs)
        self.activation = activation
        self._layers = nnx.List()
        features_ = 1
        for i in range(depth):
            self._layers.append(nnx.Linear(features_, features[i], rngs=rngs))
            features_ = features[i]

    def ordered(self, x):
        return x[..., ::-1]
""",
        (Call("Net", (), {"depth": 3, "features": (5, 2, 4)}, (_X,)),),
    ),
    Case(
        "one-by-one-and-a-layer-behind-them",
        """\
class Chain(nn.Module):
    def hidden(self, x):
        for layer in self.layers:
            x = nn.relu(layer(x))
        return x

    def __call__(self, x):
        return self.head(self.hidden(x))


class Net(Chain):
    features: tuple[int, ...] = (5, 6)

    def setup(self):
        self.layers = [nn.Dense(f) for f in self.features]
        self.head = nn.Dense(2)


class Wide(Chain):
    def setup(self):
        self.layers = [nn.Dense(7) for _ in range(2)]
        self.head = nn.Dense(3)
""",
        """\
class Chain(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        pass

    def hidden(self, x):
        for layer in self.layers:
            x = nnx.relu(layer(x))
        return x

    def __call__(self, x):
        return self.head(self.hidden(x))


class Net(Chain):
    def __init__(
        self,
        in_features: int,
        features: tuple[int, ...] = (5, 6),
        *,
        rngs: nnx.Rngs,
    ):
        super().__init__(rngs=rngs)
        self.layers = nnx.List()
        for f in features:
            self.layers.append(nnx.Linear(in_features, f, rngs=rngs))
            in_features = f
        self.head = nnx.Linear(in_features, 2, rngs=rngs)


class Wide(Chain):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        super().__init__(rngs=rngs)
        self.layers = nnx.List()
        for _ in range(2):
            self.layers.append(nnx.Linear(in_features, 7, rngs=rngs))
            in_features = 7
        self.head = nnx.Linear(in_features, 3, rngs=rngs)
""",
        (Call("Net", (3,), {}, (_X,)), Call("Wide", (3,), {}, (_X,))),
    ),
)

_CHAIN = """\
class Chain(nn.Module):
    def __call__(self, x):
        {body}
        return x


class Net(Chain):
    depth: int = 2

    def setup(self):
        self.layers = [{made} for i in range(self.depth)]
"""


def _chain(body: str, made: str = "nn.Dense(3)") -> str:
    return _CHAIN.format(body=body, made=made)


REFUSED = (
    Refusal("looked-into", "MN104", _chain("for layer in self.layers: x = layer(x) * layer.features")),
    Refusal("handed-on", "MN104", _chain("x = nn.Sequential(self.layers)(x)")),
    Refusal("in-a-closure", "MN104", _chain("x = (lambda x: self.layers[0](x))(x)")),
    Refusal("on-a-condition", "MN201", _chain("if x.ndim > 1: x = self.layers[0](x)")),
    Refusal(
        "called-otherwise-in-nnx",
        "MN104",
        _chain("for layer in self.layers: x = layer(x, x)", "nn.Dropout(0.5, deterministic=True)"),
    ),
    Refusal(
        "by-a-number-of-another-list",
        "MN108",
        _chain("for i in range(len(self.others)): x = self.layers[i](x)", "nn.Dense(4 + i)"),
    ),
    Refusal(
        "of-a-local-of-the-base",
        "MN108",
        _chain("n = x.ndim\n        for f in self.layers: x = jnp.concatenate([f(x), jnp.ones((4, n))], -1)"),
    ),
)


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_is_migrated(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(with_header(case.before), *case.calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_is_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)


_BASE = """\
from flax import linen as nn


class Chain(nn.Module):
    def __call__(self, x):
        x = self.begun(x)
        for layer in self.layers:
            x = layer(x)
        return x
"""
_NET = """\
from flax import linen as nn
from base import Chain

class Net(Chain):
    def begun(self, x):
        x = x[..., :2]
        for layer in self.begins:
            x = layer(x)
        return x

    def setup(self):
        self.begins = [nn.Dense(5 + i) for i in range(2)]
        self.layers = [nn.Dense(3 * i + 2) for i in range(3)]
"""
_MADE = """\
        self.begins = nnx.List()
        features_ = 2
        for i in range(2):
            self.begins.append(nnx.Linear(features_, 5 + i, rngs=rngs))
            features_ = 5 + i
        self.layers = nnx.List()
        features = features_
        for i in range(3):
            self.layers.append(nnx.Linear(features, 3 * i + 2, rngs=rngs))
            features = 3 * i + 2
"""


def test_loops_of_two_files_are_told_apart() -> None:
    """One at the very place of the other is not taken for it."""
    refused = migrate_project({"base.py": _BASE, "net.py": _NET})
    assert codes(refused.files) == {"MN104", "MN108"}
    result = migrate_project({"base.py": _BASE, "net.py": _NET.replace("\n\nclass", "\n\n\nclass")})
    assert not codes(result.files)
    assert _MADE in texts(result)["net.py"]
