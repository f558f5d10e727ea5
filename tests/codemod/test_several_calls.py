"""Several calls of functions that make modules, in one statement: one statement for each, in the order of Python."""

import pytest

from .check import Call, check_equivalent, f32, listed, migrate, refusals, with_header

_FUNCTIONS = """\
def block(x, features, scale=1.0):
    x = nn.Dense(features)(x)
    x = nn.relu(x)
    return x * scale


def pair(x, features):
    h = nn.Dense(features)(x)
    return h, nn.Dense(features)(h)


def head(x, features):
    return nn.Dense(features)(block(block(x, 3), features) + 1)


"""
_MODEL = """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        width = 4
        {}
        return nn.Dense(2)(x)
"""
_BODIES = {
    "one in the other": (
        "x = block(block(x, 3), width)",
        """\
        h = self.dense_0(x)
        h = nnx.relu(h)
        h = h * 1.0
        x = self.dense_1(h)
        x = nnx.relu(x)
        x = x * 1.0
""",
    ),
    "by name": ("x = block(x=block(features=3, x=x), features=width)", ""),
    "side by side": ("x = block(x, 3) - block(x, 3, 2.0)", ""),
    "a list": ("x = jnp.concatenate([block(x, 3), x, block(x, width)], axis=-1)", ""),
    "a list that is unpacked": (
        "xs = [x, x]\n        x = jnp.concatenate([*xs, block(x, 3), block(x, 2)], axis=-1)",
        "",
    ),
    "a part of another": ("x = x[:, 1 - 1 : 5 - 1] * block(block(x, 3), 4)", ""),
    "a dict": ("parts = {'a': block(x, 3), 'b': block(x, 3)}\n        x = parts['a'] - parts['b']", ""),
    "a tuple": ("a, b = block(x, 3), block(x, 3)\n        x = a - b", ""),
    "a layer that is made before its input": (
        "x = nn.Dense(3)(block(x, width))",
        """\
        x_1 = self.dense_1(x)
        x_1 = nnx.relu(x_1)
        x = self.dense_0(x_1 * 1.0)
""",
    ),
    "layers around it": ("x = nn.Dense(3)(nn.Dense(5)(block(x, width)))", ""),
    "a layer before it": ("x = nn.Dense(3)(x) - block(x, 3)", ""),
    "a layer behind it": ("x = block(x, 3) - nn.Dense(3)(x)", ""),
    "a layer between": ("x = block(x, 3) - nn.Dense(3)(x) * block(x, 3)", ""),
    "what is pure before it": ("x = jnp.tanh(x[:, :1]).sum() * block(x, 3)", ""),
    "an operator": ("x -= block(block(x, 3), x.shape[-1])", ""),
    "a method of it": ("x = block(block(x, 3), 3).reshape((-1, 3))", ""),
    "over some lines": ("x = block(\n            block(x, 3),\n            features=width,\n        )", ""),
    "in a loop": ("for f in (3, width):\n            x = block(block(x, f), f) + nn.Dense(f)(x)", ""),
    "a function with two of them": ("x = head(head(x, 3), width)", ""),
    "two results": ("a, b = pair(block(x, 3), 3)\n        x = a - b", ""),
}


@pytest.mark.parametrize("name", _BODIES)
def test_each_call_has_a_statement_of_its_own(name: str) -> None:
    body, written = _BODIES[name]
    used = [part for part in _FUNCTIONS.split("\n\n\n") if part[4:9] in ("block", *_called(body))]
    text = with_header("\n\n\n".join([*used, _MODEL.format(body)]))
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert written in after
    assert "def block" not in after
    check_equivalent(text, Call("Net", (6,), {}, (f32(2, 6),)))


def _called(body: str) -> list[str]:
    return [name for name in ("pair(", "head(") if name in body]


_METHOD = """\
class Net(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x):
        h = 1.0
        x = self._block(self._block(x, 3), self.width) * h
        return nn.Dense(2)(self._block(x, 3) + self._block(x, 3))

    def _block(self, x, features):
        y = nn.Dense(features)(x)
        y = nn.relu(y)
        return y
"""


def test_methods() -> None:
    text = with_header(_METHOD)
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "def _block" not in after
    check_equivalent(text, Call("Net", (6,), {}, (f32(2, 6),)))


@pytest.mark.parametrize(
    "body",
    [
        "x = block(block(x, 3), 3) if x.ndim == 2 else x",
        "x = x.ndim == 3 or block(block(x, 3), 3)",
        "x = sum(block(block(x, 3), 3) for _ in range(2))",
        "x = (y := block(block(x, 3), 3)) + y",
        "x = jnp.stack([*block(x, 3), *block(x, 3)])",
        "x = jnp.stack([*reversed([x, x]), block(x, 6), block(x, 6)])",
        "x = x[: len(x) - 1] * block(block(x, 3), 6)[: len(x) - 1]",
        "x = x[:, block(x, 3).shape[-1] :] * block(x, 3)",
        "y = x = block(block(x, 3), 3)",
        "x = block(block(x, 3),  # the first\n                  3)",
        "x = 0 < block(x, 3).mean() < block(x, 3).mean()",
        "f = block\n        x = f(block(x, 3), 3)",
    ],
)
def test_what_is_not_read(body: str) -> None:
    """What may not run, or runs again, and what a comment belongs to; nothing is changed."""
    text = with_header(_FUNCTIONS.partition("\n\n\n")[0] + "\n\n\n" + _MODEL.format(body))
    after, file, _ = migrate(text)
    assert refusals(file), after
    assert file.before == file.after
