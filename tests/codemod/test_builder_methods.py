# ruff: noqa: E501
"""Methods that make the layers of one stage and write down what each gives: texts, items and first values in them."""

import pytest

from .check import Call, changed, check_equivalent, f32, listed, migrate, refusals, with_header

_NET = """\
class Net(nn.Module):
    deep: bool = False
    classes: int = 5
    kernel_init: Any = nn.initializers.lecun_normal()
    head: bool = True
    weights: Any = None

    @nn.compact
    def __call__(self, x, train: bool = True):
        mean = jnp.array([0.5, 0.25, 0.125]).reshape(1, 1, 1, -1)
        x = x - mean
        found = {}
        x = self._stage(x, 4, 2, number=1, found=found)
        x = self._stage(x, 8, 1 if self.deep else 2, number=2, found=found)
        if self.head:
            x = x.reshape(x.shape[0], -1)
            x = self._head(x, 6, 3, found, act=True)
            x = self._head(x, self.classes, 4, found)
        return x, found

    def _stage(self, x, features, depth, number, found):
        # several convolutions
        for i in range(depth):
            name = f'conv{number}_{i + 1}'
            init = self.kernel_init if self.weights is None else lambda *_: jnp.array(self.weights[name])
            x = nn.Conv(features, (3, 3), kernel_init=init, name=name)(x)
            found[name] = x
            x = nn.relu(x)  # as it goes on
            found[f'relu{number}_{i + 1}'] = x
        return nn.max_pool(x, (2, 2), strides=(2, 2))

    def _head(self, x, features, number, found, act=False):
        name = f'fc{number}'
        x = nn.Dense(features, name=name)(x)
        found[name] = x
        if act:
            # what comes out of it
            found[f'{{act}}{number}'] = nn.relu(x)
        return x
"""
_WRITTEN = """\
        mean = jnp.array([0.5, 0.25, 0.125]).reshape(1, 1, 1, -1)
        x = x - mean
        found = {}
        # several convolutions
        for i, conv1 in enumerate(self.conv1):
            name = f'conv1_{i + 1}'
            x = conv1(x)
            found[name] = x
            x = nnx.relu(x)  # as it goes on
            found[f'relu1_{i + 1}'] = x
        x = nnx.max_pool(x, (2, 2), strides=(2, 2))
        # several convolutions
        for i, conv2 in enumerate(self.conv2):
            name = f'conv2_{i + 1}'
            x = conv2(x)
            found[name] = x
            x = nnx.relu(x)  # as it goes on
            found[f'relu2_{i + 1}'] = x
        x = nnx.max_pool(x, (2, 2), strides=(2, 2))
        if self.head:
            x = x.reshape(x.shape[0], -1)
            x = self.fc3(x)
            found['fc3'] = x
            # what comes out of it
            found['{act}3'] = nnx.relu(x)
            x = self.fc4(x)
            found['fc4'] = x
        return x, found
"""
_X = f32(2, 8, 8, 3)


def _source(*changes: tuple[str, str]) -> str:
    return changed("from typing import Any\n\n" + with_header(_NET), *changes)


def test_what_is_written() -> None:
    text, file, _ = migrate(_source())
    assert not refusals(file), listed(file)
    assert text.endswith(_WRITTEN), text
    assert "for i in range(1 if deep else 2):" in text
    assert "def _stage" not in text
    assert "def _head" not in text


@pytest.mark.parametrize("deep", [True, False])
def test_computes_the_same(deep: bool) -> None:
    call = Call("Net", ((8, 8, 3),), {"deep": deep}, (_X,))
    check_equivalent(_source(), call, call._replace(arguments={"head": False}))


def test_weights_that_are_given() -> None:
    """Each layer is made with the first values of its own name, as the loop has it by then."""
    import jax.numpy as jnp
    from flax import nnx

    from .check import load

    text, file, _ = migrate(_source())
    assert not refusals(file), listed(file)
    shapes = {
        "conv1_1": (3, 3, 3, 4),
        "conv1_2": (3, 3, 4, 4),
        "conv2_1": (3, 3, 4, 8),
        "conv2_2": (3, 3, 8, 8),
    }
    weights = {name: jnp.full(shape, float(k)) for k, (name, shape) in enumerate(shapes.items())}
    net = load(text).Net((8, 8, 3), weights=weights, rngs=nnx.Rngs(0))
    kernels = [layer.kernel[...] for layer in (*net.conv1, *net.conv2)]
    assert [(k.shape, float(k.max())) for k in kernels] == [
        (s, float(k)) for k, s in enumerate(shapes.values())
    ]


@pytest.mark.parametrize(
    "changes",
    [
        [("found[name] = x\n            x = nn.relu", "found[name], _ = x, x\n            x = nn.relu")],
        [("found[name] = x\n            x = nn.relu", "found[i:] = x\n            x = nn.relu")],
        [("found[name] = x\n            x = nn.relu", "OTHER[name] = x\n            x = nn.relu"), ("class Net", "OTHER = {}\n\n\nclass Net")],
        [("f'fc{number}'", "f'fc{number:02d}'")],
        [("f'fc{number}'", "f'fc{number!r}'")],
        [("f'fc{number}'", "f'fc\\\\n{number}'")],
        [("kernel_init=init, name=name)(x)", "kernel_init=init, name=name)(init(x))")],
        [("init = self.kernel_init if", "x, init = x, self.kernel_init if")],
        [("lambda *_: jnp.array(self.weights[name])", "lambda *x: jnp.array(self.weights[name])")],
    ],
    ids=["two", "part", "global", "format", "repr", "escape", "called", "unpacked", "hides"],
)  # fmt: skip
def test_what_is_not_read(changes: list[tuple[str, str]]) -> None:
    text, file, _ = migrate(_source(*changes))
    assert {d.code for d in refusals(file)} & {"MN101", "MN204"}, listed(file)
    assert "class Net(nn.Module)" in text


def test_arguments_that_the_statements_change() -> None:
    """What an argument is made of is read before the method puts something else in its place."""
    before = with_header(
        "class Net(nn.Module):\n"
        "    def block(self, x, found, last, more):\n"
        "        found['x'] = nn.Dense(3)(x)\n"
        "        return found['x'] + last + more\n\n"
        "    @nn.compact\n"
        "    def __call__(self, x):\n"
        "        found = {'x': x}\n"
        "        y = self.block(x, found, found['x'], 2 * found['x'])\n"
        "        z = self.block(x, {}, y, found['x'])\n"
        "        return y, z\n"
    )
    text, file, _ = migrate(before)
    assert not refusals(file), listed(file)
    assert "last = found['x']" in text
    assert "found_1 = {}" in text
    check_equivalent(before, Call("Net", (3,), {}, (f32(2, 3),)))


_NAMED = """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        for i in range(2):
            name = f"layer_{i}"
            x = nn.Dense(4, name=name)(x)
        name = "last"
        return nn.Dense(3, name=name)(x)
"""


_NAMED_CALL = """\
        self.layer = nnx.List()
        for _ in range(2):
            self.layer.append(nnx.Linear(in_features, 4, rngs=rngs))
            in_features = 4
        self.last = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x):
        for layer in self.layer:
            x = layer(x)
        return self.last(x)
"""


def test_a_name_that_a_local_holds() -> None:
    before = with_header(_NAMED)
    text, file, mapping = migrate(before)
    assert not refusals(file), listed(file)
    assert {v.linen[0] for v in mapping.classes[0].variables} == {"layer_{}", "last"}
    assert text.endswith(_NAMED_CALL), text
    check_equivalent(before, Call("Net", (3,), {}, (f32(2, 3),)))


@pytest.mark.parametrize(
    "change",
    [
        ('            name = f"layer_{i}"\n', '            name = f"layer_{i}"\n            i = i + 1\n'),
        ('        for i in range(2):\n            name = f"layer_{i}"\n', '        i = 0\n        name = f"layer_{i}"\n        for _ in range(1):\n            i = 3\n'),
        ('name = f"layer_{i}"', 'name = names[i]'),
        ('            name = f"layer_{i}"\n', '            name = f"layer_{i}"\n            if i:\n                name = f"other_{i}"\n'),
    ],
    ids=["counts-on", "before-the-loop", "of-a-list", "one-of-two"],
)  # fmt: skip
def test_a_name_that_is_not_told(change: tuple[str, str]) -> None:
    assert change[0] in _NAMED
    file = migrate(with_header(_NAMED.replace(*change)))[1]
    assert "MN204" in {d.code for d in refusals(file)}, listed(file)
