# ruff: noqa: E501
"""Dicts of arrays: as inputs, as what a method gives, and what is changed in one."""

import jax
import pytest

from .check import Call, check_equivalent, listed, migrate, refusals, with_header


def _random(*shape: int) -> jax.Array:
    return jax.random.normal(jax.random.key(len(shape)), shape)


_STATE = {"a": _random(2, 5), "b": _random(2, 8)}
_IMAGE = {"image": _random(2, 4, 4, 3), "b": _random(2, 8)}
_CHILD = """\
def change(state, b):
    if b.ndim > 1:
        state.update(y=b)


class Child(nn.Module):
    @nn.compact
    def __call__(self, s):
        y = nn.Dense(4)(s["a"]) * nn.Dense(4)(s["b"])
        return {"y": y, "z": nn.Dense(2)(y)}


"""


_NET = """\
class Net(nn.Module):
    n: int = 3

    def change(self, state, b):
        state["y"] = b

    @nn.compact
    def __call__(self, s):
"""


def _net(rows: str) -> str:
    return with_header(_CHILD + _NET + "".join(f"        {row}\n" for row in rows.splitlines()))


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [
        ('return nn.Dense(3)(s["a"])', (5,)),
        ('return nn.Dense(3)(s["a"]) + nn.Dense(3)(s["b"])', (5, 8)),
        ('return nn.Dense(3)(jnp.concatenate([s["a"], s["b"]], -1))', (5, 8)),
        ('t = {"x": s["a"], "y": jnp.concatenate([s["a"], s["a"]], -1)}\nreturn nn.Dense(3)(t["y"])', (5,)),
        ('t = {"x": {"y": s["a"]}}\nreturn nn.Dense(3)(t["x"]["y"])', (5,)),
        ('t = {**{"x": s["a"], "y": s["a"]}, "y": s["b"]}\nreturn nn.Dense(3)(t["y"])', (8,)),
        ('t = {"y": s["b"], **{"x": s["a"], "y": s["a"]}}\nreturn nn.Dense(3)(t["y"])', (5,)),
        (
            'if self.n > 2:\n    t = {"y": s["b"]}\nelse:\n    t = {"y": s["b"] * 2}\nreturn nn.Dense(3)(t["y"])',
            (8,),
        ),
        ('out = Child()({"a": s["b"], "b": nn.Dense(7)(s["a"])})\nreturn nn.Dense(3)(out["z"])', (8, 5)),
        ('out = Child()(s)\nreturn nn.Dense(3)(out["y"])', (5, 8)),
        (
            't = {}\nt["x"] = nn.Dense(4)(s["a"])\nt["y"] = nn.Dense(6)(s["b"])\nreturn nn.Dense(3)(jnp.concatenate([t["x"], t["y"]], -1))',
            (5, 8),
        ),
        (
            't = {"x": s["a"]}\nt["x"] = jnp.concatenate([t["x"], s["a"]], -1)\nreturn nn.Dense(3)(t["x"])',
            (5,),
        ),
        (
            't = {"x": s["a"]}\nu = t.copy()\nu["x"] = s["b"]\nreturn nn.Dense(3)(t["x"]) + nn.Dense(3)(u.get("x"))',
            (5, 8),
        ),
        ('t = {"x": s["a"]}\nif self.n > 2:\n    t["x"] = s["b"]\nreturn nn.Dense(3)(t["x"])', (8, 5)),
    ],
)
def test_equal(rows: str, sizes: tuple[int, ...]) -> None:
    check_equivalent(_net(rows), Call("Net", sizes, {}, (_STATE,)))


def test_images() -> None:
    rows = 'x = nn.Conv(4, (3, 3))(s["image"])\nx = x.reshape((x.shape[0], -1))\nreturn nn.Dense(3)(jnp.concatenate([x, s["b"]], -1))'
    check_equivalent(_net(rows), Call("Net", ((4, 4, 3), 8), {}, (_IMAGE,)))


_TWICE = 'jnp.concatenate([s["a"], s["a"]], -1)'


@pytest.mark.parametrize(
    "rows",
    [
        f's["a"] = {_TWICE}\nreturn nn.Dense(3)(s["a"])',
        f't = s\nt["a"] = {_TWICE}\nreturn nn.Dense(3)(s["a"])',
        f't = s\ns["a"] = {_TWICE}\nreturn nn.Dense(3)(t["a"])',
        f's.update(a={_TWICE})\nreturn nn.Dense(3)(s["a"])',
        's["a"] = s.pop("b")\nreturn nn.Dense(3)(s["a"])',
        's["a"] += 1\nreturn nn.Dense(3)(s["a"])',
        f't = {{"x": {{"y": s["a"]}}}}\nt["x"]["y"] = {_TWICE}\nreturn nn.Dense(3)(t["x"]["y"])',
        't = {"y": s["b"], **s}\nreturn nn.Dense(3)(t["y"])',
        't = {"y": s["a"]}\nfor _ in range(2):\n    t["y"] = jnp.concatenate([t["y"], t["y"]], -1)\nreturn nn.Dense(3)(t["y"])',
        't = {"y": s["a"]}\nreturn nn.Dense(3)(t["z"])',
        't = {"y": s["a"]}\ndef change():\n    t["y"] = s["b"]\nchange()\nreturn nn.Dense(3)(t["y"])',
        't = {"y": s["a"]}\ndef change():\n    t.update(y=s["b"])\nchange()\nreturn nn.Dense(3)(t["y"])',
        't = {"y": s["a"]}\nself.change(t, s["b"])\nreturn nn.Dense(3)(t["y"])',
        'self.change(s, s["b"])\nreturn nn.Dense(3)(s["y"])',
        't = {"y": s["a"]}\ndef change(t, b):\n    t["y"] = b\nchange(t, s["b"])\nreturn nn.Dense(3)(t["y"])',
        't = {"y": s["a"]}\nchange(t, s["b"])\nreturn nn.Dense(3)(t["y"])',
        't = {"y": s["a"]}\nwhile self.n > 4:\n    t["y"] = s["b"]\nreturn nn.Dense(3)(t["y"])',
        't = {"y": s["a"]}\n[t.update(y=s["b"]) for _ in range(1)]\nreturn nn.Dense(3)(t["y"])',
        't = {"y": s["a"]}\nu = t\nu["y"] = s["b"]\nreturn nn.Dense(3)(t["y"])',
        't = {}\nu = t\nu["y"] = s["a"]\nt["y"] = s["b"]\nreturn nn.Dense(3)(u["y"])',
        't = {"y": s["a"]}\nu = t if self.n > 2 else {"y": s["a"]}\nu["y"] = s["b"]\nreturn nn.Dense(3)(t["y"])',
        't = {"y": s["a"]}\nk = "y"\nt[k] = s["b"]\nreturn nn.Dense(3)(t["y"])',
        't = {"y": s["a"]}\nt |= {"y": s["b"]}\nreturn nn.Dense(3)(t["y"])',
        't = {}\nt["y"] = s["a"]\nif self.n > 2:\n    t["y"] = s["b"]\n    t["z"] = s["b"]\nreturn nn.Dense(3)(t["y"])',
        't = {}\nt["y"] = s["a"]\nfor _ in range(self.n):\n    y = nn.Dense(4)(t["y"])\n    t["y"] = jnp.concatenate([y, s["a"]], -1)\nreturn y',
    ],
)
def test_what_is_changed_is_not_followed(rows: str) -> None:
    _, file, _ = migrate(_net(rows))
    assert [d for d in refusals(file) if d.code == "MN108" and d.subject == "Net"], listed(file)


def test_modules_in_a_dict() -> None:
    _, file, _ = migrate(_net('t = {"m": nn.Dense(3)}\nreturn t["m"](s["a"])'))
    assert [d for d in refusals(file) if d.subject == "Net"], listed(file)


def test_call_sites() -> None:
    """The size is read off the dict that init is given, or off a name of one."""
    script = """\
obs = {"a": jnp.ones((1, 5)), "b": jnp.ones((1, 8))}
model = Child()
params = model.init(jax.random.key(0), obs)
out = model.apply(params, obs)
other = Child()
variables = other.init(jax.random.key(1), {"a": jnp.ones((1, 5)), "b": jnp.ones((1, 8))})
y = other.apply(variables, obs)
"""
    text, file, _ = migrate(with_header(_CHILD + script))
    assert not refusals(file), listed(file)
    assert 'Child(obs["a"].shape[-1], obs["b"].shape[-1], rngs=nnx.Rngs(0))' in text
    assert "Child(5, 8, rngs=nnx.Rngs(1))" in text


def test_dropout_with_axes_in_a_loop() -> None:
    rows = 'x = s["a"]\nfor _ in range(2):\n    x = nn.Dropout(0.5, broadcast_dims=(0,))(x, deterministic=True) + nn.Dense(5)(x)\nreturn x'
    check_equivalent(_net(rows), Call("Net", (5,), {}, (_STATE,)))
