# ruff: noqa: E501
"""Layers of a Sequential that a loop or a comprehension makes: one list, the size each that of the one before it."""

import pytest

from .check import Call, Case, check_equivalent, check_refused, check_transformed, f32, name_of

HEADER = "from collections.abc import Callable, Sequence\n\nimport jax.numpy as jnp\nfrom flax import linen as nn\n\n\n"
AFTER = (
    "from collections.abc import Callable, Sequence\n\nimport jax.numpy as jnp\nfrom flax import nnx\n\n\n"
)
_X = f32(2, 5)


def _calls(*features: tuple[int, ...], **fields: object) -> tuple[Call, ...]:
    return tuple(Call("Net", (5,), {"features": each, **fields}, (_X,)) for each in features)


LOOP = Case("a-loop-of-setup", """\
class Net(nn.Module):
    features: Sequence[int]
    act: Callable = nn.relu
    norm: bool = False

    def setup(self):
        layers = []
        for f in self.features[:-1]:
            layers.append(nn.Dense(f))
            if self.norm:
                layers.append(nn.LayerNorm())
            layers.append(self.act)  # not behind the last
        layers.append(nn.Dense(self.features[-1]))
        self.net = nn.Sequential(layers)
        self.head = nn.Dense(1)

    def __call__(self, x):
        return self.head(jnp.tanh(self.net(x)))
""", """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: Sequence[int],
        act: Callable = nnx.relu,
        norm: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        layers = []
        for f in features[:-1]:
            layers.append(nnx.Linear(in_features, f, rngs=rngs))
            if norm:
                layers.append(nnx.LayerNorm(f, rngs=rngs))
            layers.append(act)  # not behind the last
            in_features = f
        layers.append(nnx.Linear(in_features, features[-1], rngs=rngs))
        self.net = nnx.Sequential(*layers)
        self.head = nnx.Linear(features[-1], 1, rngs=rngs)

    def __call__(self, x):
        return self.head(jnp.tanh(self.net(x)))
""", (*_calls((4,), (4, 3, 6)), *_calls((4, 3), norm=True)))  # fmt: skip

COMPREHENSION = Case("a-comprehension-of-setup", """\
class Net(nn.Module):
    features: Sequence[int]

    def setup(self):
        self.encoder = nn.Sequential([nn.Dense(f) for f in self.features])
        self.decoder = nn.Sequential(
            [nn.relu, nn.Dense(6)]
            + [layer for f in reversed(self.features) for layer in (nn.LayerNorm(), nn.Dense(f), nn.relu)]
            + [nn.Dense(5)]
        )

    def __call__(self, x):
        return self.decoder(self.encoder(x))
""", """\
class Net(nnx.Module):
    def __init__(self, in_features: int, features: Sequence[int], *, rngs: nnx.Rngs):
        layers = []
        for f in features:
            layers.append(nnx.Linear(in_features, f, rngs=rngs))
            in_features = f
        self.encoder = nnx.Sequential(*layers)
        layers = [nnx.relu, nnx.Linear(in_features, 6, rngs=rngs)]
        features_ = 6
        for f in reversed(features):
            layers += [
                nnx.LayerNorm(features_, rngs=rngs),
                nnx.Linear(features_, f, rngs=rngs),
                nnx.relu,
            ]
            features_ = f
        layers.append(nnx.Linear(features_, 5, rngs=rngs))
        self.decoder = nnx.Sequential(*layers)

    def __call__(self, x):
        return self.decoder(self.encoder(x))
""", _calls((4,), (4, 3, 6)))  # fmt: skip

BOTH = Case("a-list-of-comprehensions", """\
class Net(nn.Module):
    features: Sequence[int]
    width: int = 4

    def setup(self):
        hidden = self.width * 2
        layers = [nn.Dense(f) for f in self.features]
        layers.extend([nn.tanh, nn.Dense(hidden)])
        layers += [*[nn.Dense(hidden, use_bias=False) for _ in range(2)], lambda h: h * 2]
        self.net = nn.Sequential(layers=layers)

    def __call__(self, x):
        x = self.net(x)
        return x
""", """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: Sequence[int],
        width: int = 4,
        *,
        rngs: nnx.Rngs,
    ):
        hidden = width * 2
        layers = []
        for f in features:
            layers.append(nnx.Linear(in_features, f, rngs=rngs))
            in_features = f
        layers.extend([nnx.tanh, nnx.Linear(in_features, hidden, rngs=rngs)])
        layers += [
            *[nnx.Linear(hidden, hidden, use_bias=False, rngs=rngs) for _ in range(2)],
            lambda h: h * 2,
        ]
        self.net = nnx.Sequential(*layers)

    def __call__(self, x):
        x = self.net(x)
        return x
""", _calls((4,), (4, 3, 6)))  # fmt: skip

COMPACT = Case("a-comprehension-of-a-compact-method", """\
class Block(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        return nn.relu(nn.Dense(self.width)(nn.LayerNorm()(x)))


class Net(nn.Module):
    features: Sequence[int]

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.features[0])(x)
        x = nn.Sequential([nn.Conv(f, (1,)) for f in self.features])(x)
        width = self.features[-1]
        return nn.Sequential([Block(width) for _ in range(2)])(x)
""", """\
class Block(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)

    def __call__(self, x):
        return nnx.relu(self.dense_0(self.layer_norm_0(x)))


class Net(nnx.Module):
    def __init__(self, in_features: int, features: Sequence[int], *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, features[0], rngs=rngs)
        layers = []
        features_ = features[0]
        for f in features:
            layers.append(nnx.Conv(features_, f, (1,), rngs=rngs))
            features_ = f
        self.sequential_0 = nnx.Sequential(*layers)
        width = features[-1]
        layers = []
        for _ in range(2):
            layers.append(Block(features_, width, rngs=rngs))
            features_ = width
        self.sequential_1 = nnx.Sequential(*layers)

    def __call__(self, x):
        x = self.dense_0(x)
        x = self.sequential_0(x)
        return self.sequential_1(x)
""", _calls((4,), (4, 3, 6)))  # fmt: skip

NESTED = Case("a-sequential-of-sequentials", """\
class Net(nn.Module):
    features: Sequence[int]

    def setup(self):
        stages = [nn.Dense(4)]
        for i, f in enumerate(self.features):
            width = f * 2
            for _ in range(i):
                stages.append(nn.Dense(width))
            stages.append(nn.Sequential([nn.Dense(width), nn.relu, nn.Dense(f)]))
        self.net = nn.Sequential(stages)
        self.again = nn.Sequential([nn.Sequential([nn.Dense(f), nn.LayerNorm()]) for f in self.features])

    def __call__(self, x):
        return self.again(self.net(x))
""", """\
class Net(nnx.Module):
    def __init__(self, in_features: int, features: Sequence[int], *, rngs: nnx.Rngs):
        stages = [nnx.Linear(in_features, 4, rngs=rngs)]
        features_ = 4
        for i, f in enumerate(features):
            width = f * 2
            features__ = features_
            for _ in range(i):
                stages.append(nnx.Linear(features__, width, rngs=rngs))
                features__ = f * 2
            stages.append(
                nnx.Sequential(
                    nnx.Linear(features__, width, rngs=rngs),
                    nnx.relu,
                    nnx.Linear(f * 2, f, rngs=rngs),
                )
            )
            features_ = f
        self.net = nnx.Sequential(*stages)
        layers = []
        for f in features:
            layers.append(
                nnx.Sequential(
                    nnx.Linear(features_, f, rngs=rngs), nnx.LayerNorm(f, rngs=rngs)
                )
            )
            features_ = f
        self.again = nnx.Sequential(*layers)

    def __call__(self, x):
        return self.again(self.net(x))
""", _calls((4,), (4, 3, 6)))  # fmt: skip
TWO = Case("two-lists-beside-each-other", """\
class Net(nn.Module):
    features: Sequence[int]

    def setup(self):
        layers = []
        for f in self.features:
            layers.append(nn.Dense(f))
        more = [nn.Dense(6)]
        n = 4
        for i, _ in enumerate(self.features):
            if i > 0:
                more += [nn.LayerNorm(), nn.Dense(n, use_bias=False)]
            else:
                more.append(nn.Dense(n + 2))
            n = n + 1
        self.down = nn.Sequential(layers)
        self.up = nn.Sequential(more)

    def __call__(self, x):
        return self.up(self.down(x))
""", "", _calls((4,), (4, 3, 6)))  # fmt: skip
CASES = [LOOP, COMPREHENSION, BOTH, COMPACT, NESTED]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(HEADER + case.before, AFTER + case.after)


@pytest.mark.parametrize("case", [*CASES, TWO], ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(HEADER + case.before, *case.calls)


def _setup(*lines: str, call: str = "return self.net(x)") -> str:
    body = "".join(f"        {line}\n" for line in lines)
    call = f"    def __call__(self, x, y=None, train=True):\n        {call}\n"
    return f"{HEADER}class Net(nn.Module):\n    sizes: Sequence[int]\n\n    def setup(self):\n{body}\n{call}"


def _compact(*lines: str) -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return f"{HEADER}class Net(nn.Module):\n    sizes: Sequence[int]\n\n    @nn.compact\n    def __call__(self, x):\n{body}"


_LOOP = ("layers = []", "for n in self.sizes:", "    layers.append(nn.Dense(n))")
_NET = "self.net = nn.Sequential(layers)"
REFUSED = {
    "a name": (_setup("layers = []", "for n in self.sizes:", "    layers.append(nn.Dense(n, name=f'd{n}'))", _NET), "MN204"),
    "read besides": (_setup(*_LOOP, "self.count = len(layers)", _NET), "MN101"),
    "two of them": (_setup(*_LOOP, _NET, "self.other = nn.Sequential(layers)", call="return self.net(self.other(x))"), "MN101"),
    "added to behind": (_setup(*_LOOP, _NET, "layers.append(nn.Dense(2))"), "MN101"),
    "a loop that ends early": (_setup(*_LOOP, "    break", _NET), "MN209"),
    "filled by a function": (_setup("layers = []", "def add(n):", "    layers.append(nn.Dense(n))", "add(3)", _NET), "MN209"),
    "filled while": (_setup("layers = []", "while len(layers) < 3:", "    layers.append(nn.Dense(2))", _NET), "MN209"),
    "a layer that a mode decides": (_setup(*_LOOP, "layers.append(nn.Dropout(0.5))", _NET, call="return self.net(x)"), "MN101"),
    "a layer with a mode of its own": (_setup("self.net = nn.Sequential([nn.BatchNorm(use_running_average=None) for _ in self.sizes])"), "MN101"),
    "a function that reads the module": (_setup("self.scale = nn.Dense(5)", *_LOOP, "layers.append(lambda h: self.scale(h))", _NET), "MN101"),
    "made before its size is known": (_setup("self.head = nn.Dense(1)", *_LOOP, _NET, call="return self.head(self.net(x))"), "MN108"),
    "called in a loop": (_setup(*_LOOP, _NET, call="\n        ".join(["for _ in range(2):", "    x = jnp.concatenate([self.net(x), x], -1)", "return x"])), "MN108"),
    "one half of a choice": (_setup("self.net = nn.Sequential([nn.Dense(n) for n in self.sizes]) if self.sizes else None", call="return self.net(x) if self.sizes else x"), "MN101"),
    "an element of a list": (_setup("self.nets = [nn.Sequential([nn.Dense(n) for n in self.sizes]), nn.Dense(2)]", call="return self.nets[1](self.nets[0](x))"), "MN101"),
    "elements of a list": (_setup("self.nets = [nn.Sequential([nn.Dense(n) for n in self.sizes]) for _ in range(2)]", call="return self.nets[1](self.nets[0](x))"), "MN101"),
    "inside of another": (_setup("self.net = nn.Sequential([nn.Dense(3), nn.Sequential([nn.Dense(n) for n in self.sizes])])"), "MN101"),
    "inside of one that a loop fills": (_setup("layers = []", "for n in self.sizes:", "    layers.append(nn.Sequential([nn.Dense(n) for _ in range(2)]))", _NET), "MN101"),
    "on a condition": (_setup("if self.sizes:", *(f"    {line}" for line in _LOOP), "    self.net = nn.Sequential(layers)", call="return self.net(x) if self.sizes else x"), "MN101"),
    "called on a condition": (_setup(*_LOOP, _NET, call="return self.net(x) if self.sizes else x"), "MN201"),
    "layers under a transform": (_setup("self.net = nn.Sequential([nn.remat(nn.Dense)(n) for n in self.sizes])"), "MN102"),
    "a comprehension with a test": (_setup("self.net = nn.Sequential([nn.Dense(n) for n in self.sizes if n])"), "MN101"),
    "a comprehension of another list": (_setup("dense = [nn.Dense(n) for n in self.sizes]", "self.net = nn.Sequential([d for d in dense])"), "MN101"),
    "functions between layers that are counted": (_compact("return nn.Sequential([nn.Dense(4), *[nn.Dense(n) for n in self.sizes]])(x)"), "MN204"),
    "a sequential in a loop": (_compact("for m in (2, 3):", "    x = nn.Sequential([nn.Dense(n) for n in self.sizes])(x)", "return x"), "MN204"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    check_refused(*REFUSED[name])
