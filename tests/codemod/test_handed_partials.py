"""Partials of classes that a script hands to fields: `critic_cls = partial(Critic, base_cls=partial(MLP, ...))`."""

import jax
import numpy as np
import pytest
from flax import nnx

from .check import HEADER, Call, check_equivalent, f32, listed, load, migrate, refusals
from .test_either_class import equal

IMPORTS = "from functools import partial\nfrom typing import Any, Sequence\n\n"
CLASSES = """\
class MLP(nn.Module):
    dims: Sequence[int]
    rate: float = 0.0

    @nn.compact
    def __call__(self, x, training=False):
        for size in self.dims:
            x = nn.relu(nn.Dense(size)(x))
            x = nn.Dropout(self.rate)(x, deterministic=not training)
        return x


class Critic(nn.Module):
    base_cls: type[nn.Module]

    @nn.compact
    def __call__(self, obs, act, *args, **kwargs):
        x = self.base_cls()(jnp.concatenate([obs, act], axis=-1), *args, **kwargs)
        return nn.Dense(1)(x).squeeze(-1)


class Ensemble(nn.Module):
    net_cls: type[nn.Module]
    num: int = 2

    @nn.compact
    def __call__(self, obs, act):
        ensemble = nn.vmap(
            self.net_cls,
            variable_axes={"params": 0},
            split_rngs={"params": True, "dropout": True},
            in_axes=None,
            out_axes=0,
            axis_size=self.num,
        )
        return ensemble()(obs, act)


"""
NNX_CLASSES = """\
class MLP(nnx.Module):
    def __init__(
        self,
        in_features: int,
        dims: Sequence[int],
        rate: float = 0.0,
        *,
        rngs: nnx.Rngs,
    ):
        self.dims = dims
        self.dense = nnx.List()
        for size in dims:
            self.dense.append(nnx.Linear(in_features, size, rngs=rngs))
            in_features = size
        self.dropout_0 = nnx.Dropout(rate, rngs=rngs)

    def __call__(self, x, training=False):
        for dense in self.dense:
            x = nnx.relu(dense(x))
            x = self.dropout_0(x, deterministic=not training)
        return x


class Critic(nnx.Module):
    def __init__(
        self,
        obs_features: int,
        act_features: int,
        base_cls: type[nnx.Module],
        *,
        rngs: nnx.Rngs,
    ):
        self.mlp_0 = base_cls(obs_features + act_features, rngs=rngs)
        self.dense_0 = nnx.Linear(self.mlp_0.dims[-1], 1, rngs=rngs)

    def __call__(self, obs, act, *args, **kwargs):
        x = self.mlp_0(jnp.concatenate([obs, act], axis=-1), *args, **kwargs)
        return self.dense_0(x).squeeze(-1)


class Ensemble(nnx.Module):
    def __init__(
        self,
        obs_features: int,
        act_features: int,
        net_cls: type[nnx.Module],
        num: int = 2,
        *,
        rngs: nnx.Rngs,
    ):
        @nnx.split_rngs(splits=num)
        @nnx.vmap(in_axes=0, out_axes=0)
        def create(rngs: nnx.Rngs):
            return net_cls(obs_features, act_features, rngs=rngs)

        self.vmap_critic_0 = create(rngs)

    def __call__(self, obs, act):
        @nnx.vmap(in_axes=(0, None, None), out_axes=0)
        def call(critic, obs, act):
            return critic(obs, act)

        return call(self.vmap_critic_0, obs, act)


"""
SCRIPT = """\
def create(key, dims, obs, act):
    base_cls = partial(MLP, dims=dims)
    critic_cls = partial(Critic, base_cls=base_cls)
    critic = Ensemble(critic_cls, num=3)
    params = critic.init(key, obs, act)["params"]
    return critic.apply({"params": params}, obs, act)
"""
NNX_SCRIPT = """\
def create(key, dims, obs, act):
    base_cls = partial(MLP, dims=dims)
    critic_cls = partial(Critic, base_cls=base_cls)
    critic = Ensemble(
        obs.shape[-1], act.shape[-1], critic_cls, num=3, rngs=nnx.Rngs(key)
    )
    return critic(obs, act)
"""
AT_TOP = """\
Base = partial(MLP, dims=(6, 5))
Twin = partial(Critic, base_cls=Base)


def make(key, x):
    model = Ensemble(Twin)
    variables = model.init(key, x, x)
    return model.apply(variables, x, x)
"""
_X, _A = f32(4, 3), f32(4, 2)


def test_transformed() -> None:
    text, file, _ = migrate(IMPORTS + HEADER + CLASSES + SCRIPT)
    assert not refusals(file), listed(file)
    assert NNX_CLASSES + NNX_SCRIPT in text, text


def test_the_script_runs() -> None:
    module = load(migrate(IMPORTS + HEADER + CLASSES + SCRIPT)[0])
    given = jax.numpy.ones((4, 3)), jax.numpy.ones((4, 2))
    for graph in (True, False):
        with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
            found = module.create(jax.random.key(0), (5, 7), *given)
            assert found.shape == (3, 4)
            assert len(np.unique(found)) > 1


@pytest.mark.parametrize(
    ("name", "field", "given"), [("Ensemble", "net_cls", "Twin"), ("Critic", "base_cls", "Base")]
)
def test_computes_the_same(name: str, field: str, given: str) -> None:
    equal(IMPORTS + HEADER + CLASSES + AT_TOP, given, Call(name, (3, 2), {}, (_X, _A)), field)


_CALL = "x = self.base_cls()(jnp.concatenate([obs, act], axis=-1), *args, **kwargs)"
OF_ANY = CLASSES.replace("(self, obs, act):\n        ensemble", "(self, *args):\n        ensemble").replace(
    "ensemble()(obs, act)", "ensemble()(*args)"
)
BOTH = """\
class Both(nn.Module):
    @nn.compact
    def __call__(self, obs, act):
        wide = partial(Critic, base_cls=partial(MLP, dims=(4, 3)))
        return Ensemble(wide, num=3)(obs, act)
"""


def test_arguments_that_are_handed_on() -> None:
    """What `*args` holds is known by what the class in the field calls it, and where the init is."""
    text, file, _ = migrate(IMPORTS + HEADER + OF_ANY + SCRIPT)
    assert not refusals(file), listed(file)
    before, behind = (
        """\
    def __call__(self, obs, act):
        @nnx.vmap(in_axes=(0, None, None), out_axes=0)
        def call(critic, obs, act):
            return critic(obs, act)

        return call(self.vmap_critic_0, obs, act)
""",
        """\
    def __call__(self, *args):
        @nnx.vmap(in_axes=(0, None), out_axes=0)
        def call(critic, args):
            return critic(*args)

        return call(self.vmap_critic_0, args)
""",
    )
    assert NNX_CLASSES.replace(before, behind) + NNX_SCRIPT in text, text


def test_arguments_that_are_handed_on_compute_the_same() -> None:
    equal(IMPORTS + HEADER + OF_ANY + AT_TOP, "Twin", Call("Ensemble", (3, 2), {}, (_X, _A)), "net_cls")


def test_arguments_that_a_class_hands_on() -> None:
    check_equivalent(IMPORTS + HEADER + OF_ANY + BOTH, Call("Both", (3, 2), {}, (_X, _A)))


def test_each_of_them_draws_its_own() -> None:
    """What is handed on sets the keys of every round."""
    kept = SCRIPT.replace(
        '    return critic.apply({"params": params}, obs, act)', "    return params, critic.apply"
    )
    drawing = kept.replace("dims=dims", "dims=dims, rate=0.5")
    text, file, _ = migrate(IMPORTS + HEADER + OF_ANY + drawing)
    assert not refusals(file), listed(file)
    assert 'nnx.reseed(model, policy="match_shape", **(rngs or {}))' in text
    params, apply = load(text).create(
        jax.random.key(0), (8, 8), jax.numpy.ones((4, 3)), jax.numpy.ones((4, 2))
    )
    given = {"params": params}, jax.numpy.ones((4, 3)), jax.numpy.ones((4, 2))
    one, two, again = (apply(*given, True, rngs={"dropout": jax.random.key(n)}) for n in (1, 2, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, two)
    assert len(np.unique(apply(*given))) == 3  # no draw: all rows of the input are the same


_CHANGED = """\
    def __post_init__(self):
        self.dims = (*self.dims, 3)
        super().__post_init__()

"""
NEAR_MISSES = {
    "read for more": ("MN301", SCRIPT, "    critic = ", "    print(base_cls)\n    critic = "),
    "made by itself": ("MN301", SCRIPT, "    critic = ", "    base_cls().init(key, obs)\n    critic = "),
    "bound again": (
        "MN101",
        SCRIPT,
        "    critic_cls",
        "    base_cls = partial(base_cls, rate=0.1)\n    critic_cls",
    ),
    "by position": ("MN101", SCRIPT, "partial(MLP, dims=dims)", "partial(MLP, dims)"),
    "a name": ("MN101", SCRIPT, "dims=dims)", "dims=dims, name='base')"),
    "unpacked": ("MN101", SCRIPT, "dims=dims)", "**dims)"),
    "another one elsewhere": (
        "MN101",
        SCRIPT,
        "    critic = ",
        "    Critic(base_cls=partial(MLP, dims=dims, rate=0.1)).init(key, obs, act)\n    critic = ",
    ),
    "a layer": ("MN101", SCRIPT, "partial(MLP, dims=dims)", "partial(nn.Dense, features=4)"),
    "in one statement": (
        "MN108",
        CLASSES,
        f"{_CALL}\n        return nn.Dense(1)(x).squeeze(-1)",
        "return nn.Dense(1)(self.base_cls()(jnp.concatenate([obs, act], axis=-1))).squeeze(-1)",
    ),
    "in a loop": (
        "MN108",
        CLASSES,
        _CALL,
        "x = obs\n        for _ in range(2):\n            x = self.base_cls()(x)",
    ),
    "in another branch": (
        "MN108",
        CLASSES,
        f"{_CALL}\n",
        "if True:\n            x = self.base_cls()(obs)\n        else:\n            x = self.base_cls()(act)\n",
    ),
    "unpacked in front": ("MN108", CLASSES, "(jnp.concatenate([obs, act], axis=-1), *args", "(*args"),
    "changed by the class": (
        "MN108",
        CLASSES,
        "    @nn.compact\n    def __call__(self, x, training",
        _CHANGED + "    @nn.compact\n    def __call__(self, x, training",
    ),
    "with another one in front": ("MN108", OF_ANY, "ensemble()(*args)", "ensemble()(args[0], *args[1:])"),
    "along axes of each": ("MN102", OF_ANY, "in_axes=None", "in_axes=(None, None)"),
    "bound anew": ("MN108", OF_ANY, "return ensemble()", "args = args[::-1]\n        return ensemble()"),
    "behind remat": ("MN101", CLASSES, "nn.vmap(", "nn.remat("),
}


@pytest.mark.parametrize("case", NEAR_MISSES)
def test_refused(case: str) -> None:
    code, part, old, new = NEAR_MISSES[case]
    assert part.count(old) == 1, case
    whole = (OF_ANY if part == OF_ANY else CLASSES) + SCRIPT
    before = IMPORTS + HEADER + whole.replace(part, part.replace(old, new))
    if case == "behind remat":
        start = before.index("            variable_axes")
        before = before[:start] + before[before.index("        )\n        return ensemble") :]
    _, file, _ = migrate(before)
    found = refusals(file)
    assert code in {d.code for d in found}, listed(file) or "nothing was refused"
    assert {"Critic", "Ensemble"} & {d.subject for d in found}, listed(file)


def test_a_class_of_its_own_partial_stays() -> None:
    """What the class itself has as default may be read there: it is no script's."""
    own = CLASSES.replace("base_cls: type[nn.Module]", "base_cls: Any = partial(MLP, dims=(6, 5))")
    text, file, _ = migrate(IMPORTS + HEADER + own[: own.index("class Ensemble")])
    assert not refusals(file), listed(file)
    assert "self.dense_0 = nnx.Linear(5, 1, rngs=rngs)" in text, text
