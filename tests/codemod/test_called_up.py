# ruff: noqa: E501
"""`super().__call__(x)` of a base that makes submodules or variables there."""

import pytest
from migrate_norm.codemod import Options, migrate_files

from .check import (
    NNX_HEADER,
    Call,
    check_equivalent,
    check_transformed,
    f32,
    listed,
    migrate,
    refusals,
    with_header,
)

_MLP = """\
class MLP(nn.Module):
    sizes: tuple[int, ...] = (5, 6)

    @nn.compact
    def __call__(self, x):
        for size in self.sizes:
            x = nn.relu(nn.Dense(size)(x))
        return x


class QNetwork(MLP):
    scale: float = 2.0

    @nn.compact
    def __call__(self, obs, action):
        x = jnp.concatenate([obs, action], axis=-1)
        x = super().__call__(x)
        return nn.Dense(1)(x) * self.scale


class VNetwork(MLP):
    @nn.compact
    def __call__(self, obs):
        x = super().__call__(obs[..., :2])
        return nn.Dense(1)(nn.LayerNorm()(x))


class Twice(MLP):
    def __call__(self, x):
        return 2 * super().__call__(x)


class Agent(nn.Module):
    def setup(self):
        self.q = QNetwork((4,))
        self.twice = Twice()

    def __call__(self, obs, action):
        return self.q(obs, action) + self.twice(obs).sum()
"""
_WRITTEN = """\
class MLP(nnx.Module):
    def __init__(
        self,
        in_features: int,
        sizes: tuple[int, ...] = (5, 6),
        *,
        rngs: nnx.Rngs,
    ):
        self.dense = nnx.List()
        for size in sizes:
            self.dense.append(nnx.Linear(in_features, size, rngs=rngs))
            in_features = size

    def __call__(self, x):
        for dense in self.dense:
            x = nnx.relu(dense(x))
        return x


class QNetwork(MLP):
    def __init__(
        self,
        obs_features: int,
        action_features: int,
        sizes: tuple[int, ...] = (5, 6),
        scale: float = 2.0,
        *,
        rngs: nnx.Rngs,
    ):
        super().__init__(obs_features + action_features, sizes=sizes, rngs=rngs)
        self.scale = scale
        self.dense_1 = nnx.Linear(sizes[-1], 1, rngs=rngs)

    def __call__(self, obs, action):
        x = jnp.concatenate([obs, action], axis=-1)
        x = super().__call__(x)
        return self.dense_1(x) * self.scale


class VNetwork(MLP):
    def __init__(self, sizes: tuple[int, ...] = (5, 6), *, rngs: nnx.Rngs):
        super().__init__(2, sizes=sizes, rngs=rngs)
        self.dense_1 = nnx.Linear(sizes[-1], 1, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(sizes[-1], rngs=rngs)

    def __call__(self, obs):
        x = super().__call__(obs[..., :2])
        return self.dense_1(self.layer_norm_0(x))


class Twice(MLP):
    def __call__(self, x):
        return 2 * super().__call__(x)


class Agent(nnx.Module):
    def __init__(self, obs_features: int, action_features: int, *, rngs: nnx.Rngs):
        self.q = QNetwork(obs_features, action_features, (4,), rngs=rngs)
        self.twice = Twice(obs_features, rngs=rngs)

    def __call__(self, obs, action):
        return self.q(obs, action) + self.twice(obs).sum()
"""


def test_what_is_written() -> None:
    check_transformed(with_header(_MLP), with_header(_WRITTEN, NNX_HEADER))


def test_computes_the_same() -> None:
    obs, action = f32(3, 4), f32(3, 2)
    check_equivalent(
        with_header(_MLP),
        Call("QNetwork", (4, 2), inputs=(obs, action)),
        Call("QNetwork", (4, 2), {"sizes": (5, 5, 5)}, (obs, action)),
        Call("VNetwork", (), {}, (obs,)),
        Call("Twice", (4,), {}, (obs,)),
        Call("Agent", (4, 2), {}, (obs, action)),
    )


_BASE = """\
class Base(nn.Module):
    n: int = 4
    skip: bool = False

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(8)(x)
        if self.skip:
            return x
        return nn.relu(nn.Dense(8)(x))


"""


def _net(body: str, base: str = "Base", head: str = "", given: str = "x", compact: bool = True) -> str:
    rows = [f"class Net({base}):", *head.splitlines(), *["    @nn.compact"] * compact]
    rows += [f"    def __call__(self, {given}):", *(f"        {row}" for row in body.splitlines())]
    return "\n".join(rows) + "\n"


_LAST = "x = super().__call__(x)\nreturn nn.Dense(2)(x)"
_SCALED = _BASE.replace(
    "x = nn.Dense(8)(x)", "x = x * self.param('s', nn.initializers.normal(), (x.shape[-1],))"
)
_TRAINED = (
    _BASE.replace("self, x)", "self, x, train: bool = False)")
    .replace(
        "        if self.skip",
        "        x = nn.BatchNorm(use_running_average=not train)(x)\n        if self.skip",
    )
    .replace("nn.Dense(8)(x))", "nn.Dropout(0.5, deterministic=not train)(x))")
)
_HELPED = (
    "def scaled(mdl, x):\n    return x * mdl.param('s', nn.initializers.normal(), (x.shape[-1],))\n\n\n"
    + _BASE.replace("x = nn.Dense(8)(x)", "x = scaled(self, x)")
)
_BIASED = "x = super().__call__(x)\nreturn x + self.param('b', nn.initializers.normal(), (x.shape[-1],))"
_EARLIER = "class Middle(Base):\n    def twice(self, x):\n        return self(x) * 2\n\n\n"
_DEEPER = "class Middle(Base):\n    @nn.compact\n    def __call__(self, x):\n        return nn.LayerNorm()(super().__call__(x[..., :4]))\n\n\n"
_SETUP = "    def setup(self):\n        self.first = nn.Dense(6)\n        self.last = nn.Dense(3)\n"


@pytest.mark.parametrize(
    ("source", "call"),
    [
        pytest.param(_BASE + _net(_LAST), Call("Net", (5,), {}, (f32(2, 5),)), id="returns-late"),
        pytest.param(_BASE + _net(_LAST), Call("Net", (5,), {"skip": True}, (f32(2, 5),)), id="returns-early"),
        pytest.param(_BASE + _net("x = nn.LayerNorm()(x)\n" + _LAST), Call("Net", (5,), {}, (f32(2, 5),)), id="another-class-before"),
        pytest.param(_BASE + _EARLIER + _net(_LAST, "Middle"), Call("Net", (5,), {}, (f32(2, 5),)), id="of-the-base-above"),
        pytest.param(_BASE + _DEEPER + _net(_LAST, "Middle"), Call("Net", (), {}, (f32(2, 5),)), id="one-after-the-other"),
        pytest.param(_TRAINED + _net(_LAST.replace("(x)\n", "(x, train=train)\n"), given="x, train: bool = False"), Call("Net", (5,), {}, (f32(2, 5),), {"train": True}), id="modes"),
        pytest.param(_BASE + _net("x = super().__call__(self.first(x))\nreturn self.last(x)", head=_SETUP, compact=False), Call("Net", (5,), {}, (f32(2, 5),)), id="setup"),
        pytest.param(_BASE + _net("x = super().__call__(x)\nfor _ in range(3):\n    x = nn.Dense(8)(x)\nreturn x"), Call("Net", (5,), {}, (f32(2, 5),)), id="loop-behind"),
        pytest.param(_MLP[: _MLP.index("class QN")] + _net("x = super().__call__(x)\nfor _ in range(3):\n    x = nn.Dense(6)(x)\nreturn x", "MLP"), Call("Net", (5,), {}, (f32(2, 5),)), id="loop-behind-loop"),
        pytest.param(_BASE + _net("x = super(Net, self).__call__(x)\nreturn nn.Dense(self.in_features)(x)", head="    in_features: int = 3\n"), Call("Net", (5,), {}, (f32(2, 5),)), id="field-of-that-name"),
        pytest.param(_SCALED + _net(_BIASED), Call("Net", (5,), {}, (f32(2, 5),)), id="variables"),
        pytest.param(_HELPED + _net(_BIASED), Call("Net", (5,), {}, (f32(2, 5),)), id="variables-of-a-helper"),
        pytest.param(_MLP[: _MLP.index("class QN")].replace("for size", "x = x.reshape((x.shape[0], -1))\n        for size") + _net("x = nn.Conv(3, (3, 3), strides=2)(x)\n" + _LAST, "MLP"), Call("Net", ((4, 4, 2),), {}, (f32(2, 4, 4, 2),)), id="images"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("linen_names", [False, True])
def test_equal(source: str, call: Call, linen_names: bool) -> None:
    check_equivalent(with_header(source), call, linen_names=linen_names)


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        (_BASE + _net("if self.n > 2:\n    x = super().__call__(x)\nreturn nn.Dense(2)(x)"), "MN104", "does not call that once"),
        (_BASE + _net("return super().__call__(super().__call__(x))"), "MN104", "does not call that once"),
        (_BASE + _net("if self.n > 2:\n    return x\n" + _LAST), "MN104", "does not call that once"),
        (_BASE + _net("return nn.Dense(2)(self.deep(x))", head="    def deep(self, x):\n        return super().__call__(x)\n"), "MN104", "does not call that once"),
        (_BASE + _DEEPER + _net(_LAST.replace("super()", "super(Middle, self)"), "Middle"), "MN101", "it hands on the class `Middle`"),
        (_BASE + _net("x = nn.Dense(2)(x)\n" + _LAST), "MN204", "before its base makes one"),
        (_BASE + _net("return nn.Dense(2)(super().__call__(x))"), "MN204", "before its base makes one"),
        (_BASE + _net(_LAST.replace("_(x)\n", "_(unknown(x))\n")), "MN108", "`in_features` of its base `Base`"),
        (_BASE + _net("for n in (3, 4):\n    x = nn.LayerNorm()(x.repeat(n, -1))\n" + _LAST), "MN108", "`in_features` of its base `Base`"),
    ],
)  # fmt: skip
def test_refused(source: str, code: str, said: str) -> None:
    _, file, _ = migrate(with_header(source))
    assert [d for d in refusals(file) if d.code == code and said in d.message], listed(file)


def test_a_base_of_another_file_counts_first() -> None:
    """Where names depend on configuration, what is made is counted by its places: those of the base come first."""
    base = with_header("\n" * 40 + _BASE)
    net = with_header("from base import Base\n\n\n" + _net(_LAST))
    result = migrate_files({"base.py": base.encode(), "net.py": net.encode()}, Options())
    mapping = result.mapping.find("Net")
    assert mapping is not None
    groups = {slot.nnx[0]: slot.group for slot in mapping.slots}
    assert sorted(groups, key=groups.__getitem__) == ["dense_0", "dense_1", "dense_2"]
