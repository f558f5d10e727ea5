# ruff: noqa: E501
"""Functions outside of classes that make one kind of module on every way through them: they make those of NNX."""

import pytest
from migrate_norm.equivalence import InputSpec

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_transformed,
    f32,
    migrate,
    name_of,
    refusals,
)

LINEAR = """\
def linear(features, given, bias=True):
    # one of the two
    if given is None:
        return nn.Dense(features=features, use_bias=bias)
    else:
        assert "weight" in given
        return nn.Dense(features=features, kernel_init=lambda *_: jnp.array(given["weight"]), use_bias=bias)


class Two(nn.Module):
    width: int = 3
    given: dict | None = None

    @nn.compact
    def __call__(self, x):
        x = linear(2 * self.width, None)(x)
        x = nn.relu(nn.Dense(5)(x))
        for _ in range(2):
            x = linear(4, self.given, bias=False)(x)
        return linear(given=None, features=7)(x)
"""
LINEAR_NNX = """\
def linear(in_features, features, given, bias=True, *, rngs):
    # one of the two
    if given is None:
        return nnx.Linear(in_features, features, use_bias=bias, rngs=rngs)
    else:
        assert "weight" in given
        return nnx.Linear(
            in_features,
            features,
            kernel_init=lambda *_: jnp.array(given["weight"]),
            use_bias=bias,
            rngs=rngs,
        )


class Two(nnx.Module):
    def __init__(
        self,
        in_features: int,
        width: int = 3,
        given: dict | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = linear(in_features, 2 * width, None, rngs=rngs)
        self.dense_1 = nnx.Linear(2 * width, 5, rngs=rngs)
        self.dense = nnx.List()
        features = 5
        for _ in range(2):
            self.dense.append(linear(features, 4, given, bias=False, rngs=rngs))
            features = 4
        self.dense_3 = linear(features, given=None, features=7, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        x = nnx.relu(self.dense_1(x))
        for dense in self.dense:
            x = dense(x)
        return self.dense_3(x)
"""
NORM = '''\
def normed(x, train, epsilon: float = 1e-3, given=None) -> jax.Array:
    """Normalizes."""
    if given is None:
        x = nn.BatchNorm(use_running_average=not train, momentum=0.5, epsilon=epsilon)(x)
    else:
        x = nn.BatchNorm(
            use_running_average=not train,
            momentum=0.5,
            epsilon=epsilon,
            scale_init=nn.initializers.constant(given),  # of a run
        )(x)

    return x


class Normed(nn.Module):
    frozen: bool = False

    @nn.compact
    def __call__(self, x, train: bool = True, on: bool = False):
        y = normed(x, train)
        y = normed(y + 1, (train or on) and not self.frozen, given=2.0)
        return normed(
            nn.Dense(2)(y) if self.frozen else y,
            train=False,
        ) if self.frozen else y
'''
NORM_NNX = '''\
def normed(num_features: int, epsilon: float = 1e-3, given=None, *, rngs: nnx.Rngs) -> nnx.BatchNorm:
    """Normalizes."""
    if given is None:
        return nnx.BatchNorm(num_features, momentum=0.5, epsilon=epsilon, rngs=rngs)
    else:
        return nnx.BatchNorm(
            num_features,
            momentum=0.5,
            epsilon=epsilon,
            scale_init=nnx.initializers.constant(given),
            rngs=rngs,
        )
'''
OTHERS = """\


def embedding(count, width, dtype="float32"):
    if count > 4:
        raise ValueError("too many")
    if width > 100:
        return nn.Embed(num_embeddings=count, features=width, dtype=dtype)
    return nn.Embed(count, width, dtype=dtype)


def layer_norm(given, bias=True, eps=1e-6, dtype="float32"):
    if given is None:
        return nn.LayerNorm(use_bias=bias, epsilon=eps, dtype=dtype)
    kwargs = {"use_bias": bias, "epsilon": eps, "dtype": dtype}
    if bias:
        kwargs["bias_init"] = lambda *_: jnp.array(given)
    return nn.LayerNorm(**kwargs)


def conv(width, stride=2):
    step = (stride, stride)
    if stride > 1:
        return nn.Conv(width, (3, 3), strides=step, padding="VALID")
    return nn.Conv(width, (3, 3), strides=step)


def swapped(features, use_bias):
    if use_bias:
        return nn.Dense(use_bias, features)
    return nn.Dense(use_bias, features)


class Words(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = layer_norm(None, eps=1e-3, dtype=jnp.bfloat16)(embedding(4, 6)(x))
        x = layer_norm(jnp.arange(6.0), dtype=jnp.bfloat16)(x)
        return swapped(use_bias=3, features=True)(x)


class Image(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = conv(4)(x)
        x = nn.relu(conv(stride=1, width=x.shape[-1] + 1)(x))
        return nn.Dense(2)(x)


class Held(nn.Module):
    def setup(self):
        self.first = layer_norm(None)
        self.layers = [swapped(False, width) for width in (3, 4)]

    def __call__(self, x):
        x = self.first(x)
        for layer in self.layers:
            x = layer(x)
        return x
"""
_X = f32(3, 5)


def test_returned() -> None:
    check_transformed(HEADER + LINEAR, NNX_HEADER + LINEAR_NNX)


def test_called() -> None:
    text, file, _ = migrate(
        HEADER + NORM.replace("nn.Dense(2)(y) if self.frozen else y", "y"), line_length=110
    )
    assert not refusals(file), file.diagnostics
    assert NORM_NNX in text, text
    assert "y = self.batch_norm_0(x, use_running_average=not train)" in text
    assert "self.batch_norm_1(y + 1, use_running_average=not ((train or on) and not self.frozen))" in text


def test_computes_the_same() -> None:
    norm = NORM.replace("nn.Dense(2)(y) if self.frozen else y", "y")
    calls = [
        Call("Two", (5,), {}, (_X,)),
        *(
            Call("Normed", (5,), {"frozen": f}, (_X,), {"train": t})
            for f in (True, False)
            for t in (True, False)
        ),
        Call("Words", (), {}, (InputSpec("int32", (2, 3)),)),
        Call("Image", (3,), {}, (f32(1, 9, 9, 3),)),
        Call("Held", (5,), {}, (_X,)),
    ]
    check_equivalent("\n\n".join([HEADER + LINEAR, norm, OTHERS]), *calls)


ONE = """\
class One(nn.Module):
    width: int = 3

    @nn.compact
    def __call__(self, x, train: bool = False):
        return made(x.shape[-1] + 1)(x)


def made(width, wide=True):
    if wide:
        return nn.Dense(width)
    return nn.Dense(width, use_bias=False)
"""
CALLED = """\
class One(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool = False):
        return made(x, train)


def made(x, train, slow=None):
    if slow:
        x = nn.BatchNorm(use_running_average=not train, momentum=0.9)(x)
    else:
        x = nn.BatchNorm(use_running_average=not train)(x)
    return x
"""


def _one(old: str, new: str, source: str = ONE) -> str:
    assert old in source
    return HEADER + source.replace(old, new)


_CALL = "made(x.shape[-1] + 1)(x)"
_LAST = "    return nn.Dense(width, use_bias=False)\n"
REFUSED = (
    Refusal("decorated", "MN101", _one("def made", "@jax.jit\ndef made")),
    Refusal("the-class-itself", "MN108", _one(_LAST, "    return nn.Dense\n").replace(_CALL, "made(4)(3)(x)")),
    Refusal("a-partial", "MN101", _one("nn.Dense(width)", "jax.tree_util.Partial(nn.Dense, width)")),
    Refusal("a-parent", "MN101", _one("nn.Dense(width)", "nn.Dense(width, parent=None)")),
    Refusal("a-try", "MN101", _one(_LAST, "    try:\n        return nn.Dense(width)\n    except ValueError:\n        return nn.Dense(3)\n")),
    Refusal("a-module-on-the-way", "MN101", _one("    if wide", "    print(nn.Dense(3))\n    if wide")),
    Refusal("any-number-of-arguments", "MN101", _one("wide=True):", "wide=True, **more):")),
    Refusal("bound-again", "MN101", _one("def made", "made = None\n\n\ndef made")),
    Refusal("unpacked", "MN101", _one(_CALL, "made(*[4])(x)")),
    Refusal("unpacked-by-name", "MN101", _one(_CALL, "made(**{'width': 4})(x)")),
    Refusal("an-argument-that-it-has-not", "MN101", _one(_CALL, "made(4, features=3)(x)")),
    Refusal("an-argument-too-many", "MN101", _one(_CALL, "made(4, True, 3)(x)")),
    Refusal("handed-on", "MN101", _one(_CALL, "jax.tree.map(made, [4])[0](x)")),
    Refusal("a-partial-of-it", "MN101", _one(_CALL, "functools.partial(made, 4)()(x)").replace("import jax\n", "import functools\nimport jax\n", 1)),
    Refusal("called-and-handed-on", "MN101", _one(_CALL, f"{_CALL} if made else x")),
    Refusal("used-by-a-script", "MN101", _one("def made", "def script():\n    return made(3)\n\n\ndef made")),
    Refusal("used-by-what-stays", "MN101", _one("def made", "class Two(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        self.sow('a', 'b', x)\n        return made(3)(x)\n\n\ndef made")),
    Refusal("features-of-which-nobody-knows", "MN108", _one(_LAST, "    return nn.Dense(width + 1)\n").replace(_CALL, f"nn.Dense(2)({_CALL})")),
    Refusal("strides-of-which-nobody-knows", "MN108", _one("nn.Dense(width)", "nn.Conv(width, (3, 3), strides=(width, 1))").replace(_LAST, "    return nn.Conv(width, (3, 3))\n").replace(_CALL, "nn.Dense(2)(made(4)(x).reshape(x.shape[0], -1))")),
    Refusal("a-mode-that-decides-more", "MN203", _one("if slow", "if train", CALLED)),
    Refusal("one-in-another", "MN101", _one("made(x, train)", "made(made(x, train), train)", CALLED)),
    Refusal("a-walrus", "MN101", _one("made(x, train)", "made(x, train, slow=(x := x + 1) is None)", CALLED)),
    Refusal("a-class-without-the-mode", "MN203", _one("nn.BatchNorm", "Mine", CALLED) + "\n\nclass Mine(nn.Module):\n    use_running_average: bool = False\n    momentum: float = 1.0\n\n    def __call__(self, x):\n        return x * self.momentum if self.use_running_average else x\n"),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject == "One"}, text
    assert (
        text[text.index("def made") :].split("class ")[0]
        == refusal.before[refusal.before.index("def made") :].split("class ")[0]
    )


READ_IN_PLACE = {
    "two-kinds": _one(_LAST, "    return nn.Embed(width, 3)\n"),
    "a-way-without": _one(_LAST, ""),
    "none-at-the-end": _one(_LAST, "    return None\n"),
    "a-name": _one("nn.Dense(width)", "nn.Dense(width, name='d')"),
    "a-layer-in-a-layer": _one("nn.Dense(width)", "nn.Sequential([nn.Dense(width)])").replace(_LAST, "    return nn.Sequential([])\n"),
    "a-layer-with-a-mode": _one("nn.Dense(width)", "nn.Dropout(0.5, deterministic=wide)").replace(_LAST, "    return nn.Dropout(0.5)\n"),
    "an-argument-of-the-size's-name": _one("wide", "in_features"),
    "a-generator-of-keys": _one("wide", "rngs"),
    "a-loop": _one("    if wide", "    for _ in range(2):\n        width += 1\n    if wide"),
    "on-one-line": _one("    return x\n", "    x = nn.BatchNorm(use_running_average=not train)(x); return x\n", CALLED),
    "another-mode-elsewhere": _one("not train)(x)\n    return", "train)(x)\n    return", CALLED),
    "a-mode-by-place": _one("use_running_average=not train)", "not train)", CALLED),
    "the-array-decides": _one("if slow", "if x.ndim > 2", CALLED),
    "the-array-once-more": _one("return x\n", "return x + 1\n", CALLED),
    "an-array-bound-before": _one("    if slow", "    x = x + 1\n    if slow", CALLED),
    "features-bound-anew": _one("    if wide", "    width = 2 * width\n    if wide").replace(_CALL, f"nn.Dense(2)({_CALL})"),
    "a-module-in-the-array": _one("made(x, train)", "made(nn.Dense(3)(x), train)", CALLED),
}  # fmt: skip


@pytest.mark.parametrize("name", READ_IN_PLACE)
def test_read_in_place(name: str) -> None:
    """Functions that are no such makers, but whose statements can stand where they are called."""
    before = READ_IN_PLACE[name]
    after, file, _ = migrate(before)
    assert not refusals(file), after
    assert "def made" not in after
    size = (2, 5) if name == "the-array-decides" else 5
    modes = [{"train": True}, {"train": False}] if "train" in before else [{}]
    check_equivalent(before, *(Call("One", (size,), {}, (f32(2, 5),), mode) for mode in modes))


RIGHT = """\
class Names(nn.Module):
    deep: bool = True

    @nn.compact
    def __call__(self, x):
        y = layer(3)(x)
        x = nn.Dense(4)(y)
        if self.deep:
            x = layer(2, wide=False)(x)
        x = nn.Dense(5)(x)
        return layer(width=x.shape[-1])(x)


class Base(nn.Module):
    width: int = 3

    def setup(self):
        self.one = layer(self.width)

    def __call__(self, x):
        return self.one(x)


class Child(Base):
    def twice(self, x):
        return self.one(self.one(x))


class Scaled(nn.Module):
    train: bool | None = None
    axis: int = -1
    shift: float = 0.0

    @nn.compact
    def __call__(self, x, train: bool | None = None):
        train = nn.merge_param("train", self.train, train)
        scale = self.param("scale", nn.initializers.ones, (x.shape[-1],))
        return x * scale + train + self.shift


def scaled(x, shift=0.5):
    if shift > 1:
        return Scaled(train=True, shift=shift)(x)
    return Scaled(shift=shift, train=True)(x)


class Outer(nn.Module):
    shift: float = 0.5

    @nn.compact
    def __call__(self, x):
        x = scaled(x[..., 1:])
        x = Scaled()(x, train=False)
        return nn.Dense(2)(scaled(x, self.shift * 2))


def layer(width, wide=True):
    if wide:
        return nn.Dense(width)
    return nn.Dense(width, use_bias=False)
"""


def test_right() -> None:
    calls = [Call("Names", (5,), {"deep": deep}, (_X,)) for deep in (True, False)]
    calls += [
        Call("Child", (3,), {}, (f32(2, 3),), method="twice"),
        Call("Outer", (5,), {"shift": 0.7}, (_X,)),
    ]
    check_equivalent(HEADER + RIGHT, *calls)
