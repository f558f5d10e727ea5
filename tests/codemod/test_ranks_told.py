"""`jnp.concatenate([x, y], axis=1)`: whether that is the last axis is told by what else says how many there are."""

import pytest

from .check import HEADER, Call, check_equivalent, check_refused, f32, listed, migrate, refusals, with_header

_CRITIC = """\
class Critic(nn.Module):
    @nn.compact
    def __call__(self, obs, act):
        x = jnp.concatenate([obs, act], axis=1)
        x = nn.relu(nn.Dense(8)(x))
        return nn.Dense(1)(x)
"""
_CALLER = """\


class Both(nn.Module):
    @nn.compact
    def __call__(self, obs, act):
        {}
        return Critic()(obs, act), nn.Dense(4)(obs)
"""
_SAYS = "x = nn.relu(nn.Dense(8)(x))\n        {}\n"
_SEES = _CRITIC.replace("x = nn.relu(nn.Dense(8)(x))\n", _SAYS)


@pytest.mark.parametrize(
    "says", ["b, d = x.shape", "b, d = act.shape", "b, d = obs.shape\n        x = x / d"]
)
def test_a_later_statement(says: str) -> None:
    text = with_header(_SEES.format(says))
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "nnx.Linear(obs_features + act_features, 8, rngs=rngs)" in after
    check_equivalent(text, Call("Critic", (4, 3), {}, (f32(2, 4), f32(2, 3))))


@pytest.mark.parametrize(
    "says",
    [
        "if x.ndim == 2:\n            b, d = x.shape",
        "for _ in ():\n            b, d = x.shape",
        "if x.ndim == 3:\n            return x\n        b, d = x.shape",
        "b, *d = x.shape",
        "b, d = x.shape[:2]",
        "d = x.shape[-1]",
    ],
)
def test_what_says_nothing_of_every_call(says: str) -> None:
    found = refusals(migrate(with_header(_SEES.format(says)))[1])
    assert [d.code for d in found] == ["MN108"], found
    assert found[0].message.endswith("is not known, as axis 1 may be the last or not: count it from the end")


_BLOCK = """\
class Attention(nn.Module):
    @nn.compact
    def __call__(self, x):
        b, n, c = x.shape
        return nn.Dense(c)(x).reshape(b, n, c)


class Block(nn.Module):
    @nn.compact
    def __call__(self, x, token):
        u = jnp.concatenate([token, x], axis=1)
        u = nn.LayerNorm()(u)
        return token + Attention()(u)[:, :1]
"""


def test_a_submodule() -> None:
    """Of three axes this is not the last."""
    after, file, _ = migrate(with_header(_BLOCK))
    assert not refusals(file), listed(file)
    assert "self.layer_norm_0 = nnx.LayerNorm(in_features, rngs=rngs)" in after
    check_equivalent(with_header(_BLOCK), Call("Block", (6,), {}, (f32(2, 5, 6), f32(2, 1, 6))))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Attention()(u)[:, :1]", "(Attention()(u)[:, :1] if x.ndim == 3 else 0)"),
        (
            "Attention()(u)",
            "nn.vmap(Attention, variable_axes={'params': None}, split_rngs={'params': False})()(u)",
        ),
    ],
)
def test_a_submodule_that_does_not_tell(old: str, new: str) -> None:
    assert old in _BLOCK
    assert refusals(migrate(with_header(_BLOCK.replace(old, new)))[1])


def test_a_caller() -> None:
    text = with_header(_CRITIC + _CALLER.format("b, d = obs.shape"))
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "self.critic_0 = Critic(obs_features, act_features, rngs=rngs)" in after
    check_equivalent(text, Call("Both", (4, 3), {}, (f32(2, 4), f32(2, 3))))


@pytest.mark.parametrize("says", ["d = obs.shape[-1]", "b, t, d = obs.shape"])
def test_a_caller_that_does_not_tell_or_has_more(says: str) -> None:
    found = refusals(migrate(with_header(_CRITIC + _CALLER.format(says)))[1])
    assert {d.subject for d in found} == {"Critic", "Both"}, found


def test_vectors() -> None:
    """Along the first axis, which is the last one of a vector."""
    text = with_header(_SEES.replace(", axis=1", "").format("(d,) = x.shape"))
    check_equivalent(text, Call("Critic", (4, 3), {}, (f32(4), f32(3))))


_ACTIVATIONS = """\
class Mlp(nn.Module):
    features: tuple = (5, 4)
    activations: tuple = (nn.elu, jnp.tanh)

    @nn.compact
    def __call__(self, x):
        {}
        return nn.Dense(2)(x)
"""


_OF_LIST = "acts = [a for a in self.activations]\n        for f, g in zip(self.features, acts[:2]):\n"
_NUMBERED = "acts = list(self.activations)\n        for i, (f, g) in enumerate(zip(self.features, acts)):\n"


@pytest.mark.parametrize(
    "loop",
    [
        "for i, f in enumerate(self.features):\n            x = self.activations[i](nn.Dense(f)(x))",
        "for f, g in zip(self.features, self.activations):\n            x = g(nn.Dense(f)(x))",
        _OF_LIST + "            x = g(nn.Dense(f)(x))",
        _NUMBERED + "            x = g(nn.Dense(f)(x)) * i",
    ],
)
def test_one_of_several_activations(loop: str) -> None:
    text = with_header(_ACTIVATIONS.format(loop))
    assert not refusals(file := migrate(text)[1]), listed(file)
    check_equivalent(text, Call("Mlp", (3,), {}, (f32(2, 3),)))


def test_one_of_several_functions() -> None:
    """What is not called an activation may give any shape."""
    text = with_header(_ACTIVATIONS.replace("activations", "functions"))
    loop = "for f, g in zip(self.features, self.functions):\n            x = g(nn.Dense(f)(x))"
    assert {d.code for d in refusals(migrate(text.format(loop))[1])} == {"MN108"}


_TURNED = """\
def turned(x, base=2.0):
    batch, length, heads, size = x.shape
    angles = jnp.arange(length)[:, None] / base ** jnp.arange(size)
    return x * jnp.cos(angles)[None, :, None]


class Attention(nn.Module):
    heads: int = 2

    @nn.compact
    def __call__(self, x):
        qkv = nn.DenseGeneral((3, self.heads, 3))(x)
        q, k, v = qkv[:, :, 0], qkv[:, :, 1], qkv[:, :, 2]
        q, k = turned(q), turned(k, base=3.0)
        y = nn.dot_product_attention(q, k, v)
        return nn.DenseGeneral(4, axis=(-2, -1))(y)
"""


def test_a_function_that_unpacks_a_shape() -> None:
    text = with_header(_TURNED)
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "nnx.LinearGeneral(\n            (heads, 3), 4, axis=(-2, -1), rngs=rngs\n" in after
    check_equivalent(text, Call("Attention", (5,), {}, (f32(2, 4, 5),)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    batch, length", "    x = x[0]\n    length"),
        ("    batch, length", "    if x.ndim == 3:\n        return x\n    batch, length"),
        ("    batch, length", "    *batch, length"),
        ("turned(q), turned(k, base=3.0)", "jax.vmap(turned)(q), k"),
        ("        q, k = turned(q)", "        turned = jnp.copy\n        q, k = turned(q)"),
        (
            "q, k = turned(q), turned(k, base=3.0)",
            "q, k = (turned(q), turned(k)) if self.heads > 9 else (q, k)",
        ),
    ],
    ids=[
        "of something else",
        "that may return before",
        "any number",
        "mapped",
        "of another name",
        "that may not run",
    ],
)
def test_a_function_that_does_not_tell(old: str, new: str) -> None:
    file = migrate(with_header(_TURNED.replace(old, new)))[1]
    assert "MN108" in {d.code for d in refusals(file)}, listed(file)


_WAVES = """\
class Waves(nn.Module):
    @nn.compact
    def __call__(self, x):
        {}y = x[:, :, None]
        return nn.Dense(3)(y)
"""


def test_a_new_axis_is_said_to_need_the_number_of_the_others() -> None:
    (found,) = refusals(migrate(with_header(_WAVES.format("")))[1])
    assert found.code == "MN108"
    assert found.message.endswith("is not known, as `x` may have more axes: `_, _ = x.shape` says how many")
    text = with_header(_WAVES.format("_, _ = x.shape\n        "))
    check_equivalent(text, Call("Waves", (), {}, (f32(2, 4),)))


def test_what_tells_the_axes_of_a_shape_is_named() -> None:
    body = "x = nn.Dense(4)(x)\n        x = x.reshape(x.shape[0], -1)\n        return nn.Dense(3)(x)\n"
    text = f"{HEADER}class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        {body}"
    (found,) = refusals(migrate(text)[1])
    assert found.message.endswith("as `x` may have any number of axes: `b, n, c = x.shape` says how many")
    told = text.replace("        x = x.reshape", "        b, n, c = x.shape\n        x = x.reshape")
    check_equivalent(told, Call("L", ((5, 3),), {}, (f32(2, 5, 3),)))


def test_a_class_that_builds_itself_says_so() -> None:
    body = "if self.depth:\n            x = Deep(self.depth - 1)(x)\n        return nn.Dense(3)(x)\n"
    text = f"class Deep(nn.Module):\n    depth: int\n\n    @nn.compact\n    def __call__(self, x):\n        {body}"
    (found,) = refusals(check_refused(HEADER + text, "MN110"))
    assert "it builds `Deep`, its own class" in found.message
