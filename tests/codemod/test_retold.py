# ruff: noqa: E501
"""Classes that replace a method of a base whose `setup` makes submodules: the sizes are those of the new method."""

import pytest

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

_BASE = """\
class Base(nn.Module):
    n: int = 4

    def setup(self):
        self.a = nn.Dense(self.n)
        self.b = nn.Dense(self.n * 2)

    def encode(self, x):
        return nn.relu(self.a(x))

    def __call__(self, x):
        return self.b(self.encode(x))


"""
_WRITTEN = """\
class Base(nnx.Module):
    def __init__(self, in_features: int, n: int = 4, *, rngs: nnx.Rngs):
        self.a = nnx.Linear(in_features, n, rngs=rngs)
        self.b = nnx.Linear(n, n * 2, rngs=rngs)

    def encode(self, x):
        return nnx.relu(self.a(x))

    def __call__(self, x):
        return self.b(self.encode(x))


class Net(Base):
    def __init__(self, n: int = 4, *, rngs: nnx.Rngs):
        super().__init__(3, n=n, rngs=rngs)
        self.c = nnx.Linear(n * 2, 5, rngs=rngs)

    def __call__(self, x):
        return self.c(self.b(self.encode(x[..., :3])))
"""
_UP = "        super().setup()\n"


def _net(
    body: str,
    setup: str | None = _UP + "        self.c = nn.Dense(5)\n",
    more: str = "",
    base: str = "Base",
    given: str = "x",
) -> str:
    made = f"    def setup(self):\n{setup}\n" if setup is not None else ""
    called = (
        f"    def __call__(self, {given}):\n" + "".join(f"        {row}\n" for row in body.splitlines())
        if body
        else ""
    )
    return f"class Net({base}):\n{made}{more}{called}"


_TOP = "\n\nclass Top(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(2)(Net()(x))\n"


def test_what_is_written() -> None:
    before = _BASE + _net("return self.c(self.b(self.encode(x[..., :3])))")
    check_transformed(with_header(before), with_header(_WRITTEN, NNX_HEADER))


_MIDDLE = "class Middle(Base):\n    def setup(self):\n        super().setup()\n        self.m = nn.Dense(6)\n\n    def __call__(self, x):\n        return self.m(super().__call__(x))\n\n\n"
_LIST = "class Base(nn.Module):\n    def setup(self):\n        self.layers = [nn.Dense(5) for _ in range(3)]\n\n    def __call__(self, x):\n        x = x[..., :5]\n        for layer in self.layers:\n            x = layer(x)\n        return x\n\n\n"
_MODES = "class Base(nn.Module):\n    def setup(self):\n        self.d = nn.Dropout(0.5)\n        self.a = nn.Dense(3)\n        self.bn = nn.BatchNorm()\n\n    def __call__(self, x, det=True):\n        return self.d(self.bn(self.a(x), use_running_average=det), deterministic=det)\n\n\n"
_IMAGES = "class Base(nn.Module):\n    def setup(self):\n        self.conv = nn.Conv(4, (3, 3))\n        self.out = nn.Dense(3)\n\n    def __call__(self, x):\n        x = self.conv(x)\n        return self.out(x.reshape((x.shape[0], -1)))\n\n\n"
_FREE = "class Base(nn.Module):\n    def features(self, x):\n        return x\n\n    def __call__(self, x):\n        return self.features(x) * 2\n\n\n"
_WIDER = "    def features(self, x):\n        return jnp.concatenate([x, x], -1)\n\n"
_TEMPLATE = """\
class Template(nn.Module):
    def __call__(self, x, train: bool = False):
        h = self.body(x)
        h = self.drop(h, deterministic=not train)
        return self.head(h)


class Net(Template):
    width: int = 6

    def setup(self):
        self.body = nn.Sequential([nn.Dense(self.width), nn.relu, nn.Dense(5)])
        self.drop = nn.Dropout(0.1)
        self.head = nn.Dense(3)
"""
_HOOK = "class Base(nn.Module):\n    def features(self, x):\n        raise NotImplementedError\n\n    def __call__(self, x):\n        return nn.relu(self.features(x))\n\n\n"
_DEEPER = "    def encode(self, x):\n        return nn.relu(self.c(nn.relu(self.a(x))))\n"
_MASKED = """\
class Base(nn.Module):
    def setup(self):
        self.a = nn.Dense(6)

    def mask(self, n):
        return None

    def __call__(self, x):
        y = self.a(x)
        mask = self.mask(x.shape[0])
        return y if mask is None else mask @ y


class Net(Base):
    def mask(self, n):
        return jnp.tril(jnp.ones((n, n)))
"""
_ONE = (8,), f32(2, 8)


@pytest.mark.parametrize("name", ["Net", "Top"])
@pytest.mark.parametrize(
    ("source", "sizes", "given"),
    [
        pytest.param(_BASE + _net("return self.c(super().__call__(x))"), *_ONE, id="called-up"),
        pytest.param(_BASE + _net("return self.c(self.b(self.a(x)))"), *_ONE, id="called-itself"),
        pytest.param(_BASE + _net("return self.c(self.b(self.encode(x[..., :3])))"), (), f32(2, 8), id="another-size"),
        pytest.param(_BASE + _net("return self.b(self.encode(x[..., :3]))", None), (), f32(2, 8), id="no-setup"),
        pytest.param(_BASE + _net("return self.c(super().__call__(x))", "        self.c = nn.Dense(5)\n" + _UP), *_ONE, id="setup-behind"),
        pytest.param(_BASE + _MIDDLE + _net("return self.c(super().__call__(x[..., :5]))", base="Middle"), (), f32(2, 8), id="two-bases"),
        pytest.param(_BASE + "class Middle(Base):\n    def extra(self, x):\n        return x\n\n\n" + _net("return self.c(super().__call__(x))", base="Middle"), *_ONE, id="base-between"),
        pytest.param(_LIST + _net("x = x[..., :5]\nfor layer in self.layers:\n    x = nn.relu(layer(x))\nreturn self.c(x)"), (), f32(2, 8), id="list"),
        pytest.param(_MODES + _net("return self.c(self.bn(self.d(self.a(x), deterministic=det), use_running_average=det))", given="x, det=True"), *_ONE, id="modes"),
        pytest.param(_IMAGES + _net("return self.c(super().__call__(x))"), ((4, 4, 3),), f32(2, 4, 4, 3), id="images"),
        pytest.param(_TEMPLATE, *_ONE, id="template"),
        pytest.param(_HOOK + "class Net(Base):\n    def setup(self):\n        self.a = nn.Dense(3)\n\n    def features(self, x):\n        return self.a(x)\n", *_ONE, id="hook"),
        pytest.param(_BASE + _net("", _UP + "        self.c = nn.Dense(self.n)\n", _DEEPER), *_ONE, id="hook-with-more"),
        pytest.param(_MASKED, *_ONE, id="hook-without-modules"),
        pytest.param(_FREE + _net("return self.c(super().__call__(x))", "        self.c = nn.Dense(5)\n", _WIDER), *_ONE, id="method-that-the-base-calls"),
    ],
)  # fmt: skip
def test_equal(source: str, sizes: tuple[object, ...], given: object, name: str) -> None:
    check_equivalent(with_header(source + _TOP), Call(name, sizes, {}, (given,)))


def test_a_method_of_the_base_gives_what_the_class_says() -> None:
    before = _FREE + "class Net(Base):\n" + _WIDER + _TOP
    check_equivalent(with_header(before), Call("Top", (8,), {}, (f32(2, 8),)))


def test_methods_of_the_base_are_followed() -> None:
    """`self(x)` in a class whose base has the method."""
    before = _BASE + _net("", more="    def score(self, x):\n        return self.c(self(x))\n")
    check_equivalent(with_header(before), Call("Net", (8,), {}, (f32(2, 8),), method="score"))


def test_arguments_that_change_places() -> None:
    base = "class Base(nn.Module):\n    def setup(self):\n        self.a = nn.Dense(4)\n        self.b = nn.Dense(4)\n\n    def __call__(self, x, y):\n        return self.a(x) + self.b(y)\n\n\n"
    before = base + _net("return self.a(y) * self.b(x)", None, given="x, y")
    check_equivalent(with_header(before), Call("Net", (5, 8), {}, (f32(2, 8), f32(2, 5))))


_TWO = "class Base(nn.Module):\n    def setup(self):\n        self.a = nn.Dense(4)\n        self.b = nn.Dense(4)\n\n    def __call__(self, x):\n        return self.a(x) + self.b(x)\n\n\n"
_CUT = "class Middle(Base):\n    def __call__(self, x):\n        return self.b(self.encode(x[..., :6]))\n\n\n"


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        (_BASE + _net("return self.c(super().__call__(x))", "        self.c = nn.Dense(5)\n"), "MN104", "does not call that once"),
        (_BASE + _net("return self.b(self.a(x))", "        if self.n > 3:\n            super().setup()\n"), "MN104", "does not call that once"),
        (_BASE + _net("return self.c(self.encode(x))"), "MN104", "which calls a `Dense` that nothing calls here"),
        (_BASE + _net("", None, "    def encode(self, x):\n        return jnp.concatenate([self.a(x), x], -1)\n"), "MN108", "that its base `Base` makes may be of another size"),
        (_TWO + _net("return self.a(x) * self.b(x[..., :3])", None), "MN108", "that its base `Base` makes may be of another size"),
        (_BASE + _CUT + _net("return self.c(self.b(self.a(x[..., :5])))", base="Middle"), "MN108", "that its base `Base` makes may be of another size"),
        (_TWO + _net("return self.a(unknown(x)) * self.b(unknown(x))", None), "MN108", "`in_features` of its base `Base`"),
        (_TEMPLATE.replace("self.drop(h, ", "self.drop(nn.relu(h) if self.quick else h, ").replace("    def __call__", "    quick: bool = False\n\n    def __call__", 1).replace("return self.head(h)", "return h if self.quick else self.head(h)"), "MN201", "calls the `Dense`, which makes its variables, on a condition"),
        (_TEMPLATE.replace("Dropout(0.1)", "Dropout(0.1, deterministic=self.width > 3)"), "MN101", "both in the constructor and in the call"),
        (_BASE + _net("", _UP + "        self.c = nn.Dense(4)\n", _DEEPER), "MN108", "that its base `Base` makes may be of another size"),
        (_TEMPLATE.replace("nn.Dropout(0.1)", "nn.vmap(nn.Dense, in_axes=None, axis_size=2, variable_axes={'params': 0}, split_rngs={'params': True})(3)").replace(", deterministic=not train", ""), "MN104", "would have to call it otherwise in NNX"),
        (_TEMPLATE.replace("return self.head(h)", "return self.head(h) + jax.vmap(self.head)(h)"), "MN104", "reads `self.head` (line 10), and the `Dense` is not followed there"),
        (_TEMPLATE.replace("return self.head(h)", "for head in self.heads:\n            h = head(h) * head.features\n        return h").replace("self.head = nn.Dense(3)", "self.heads = [nn.Dense(5) for _ in range(3)]"), "MN104", "reads `self.heads` (line 10)"),
        (_TEMPLATE.replace("h = self.body(x)", "h = self.body(x)\n        if self.quick:\n            return h").replace("    def __call__", "    quick: bool = False\n\n    def __call__", 1), "MN201", "on a condition"),
        ("class Base(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        x = nn.Dense(4)(x)\n        return self.more(x)\n\n    def more(self, x):\n        return x\n\n\nclass Net(Base):\n    @nn.compact\n    def more(self, x):\n        return nn.Dense(4)(x)\n", "MN101", "two methods build submodules with automatic names"),
    ],
)  # fmt: skip
def test_refused(source: str, code: str, said: str) -> None:
    _, file, _ = migrate(with_header(source))
    assert [d for d in refusals(file) if d.code == code and said in d.message], listed(file)


def test_what_is_not_known_is_said() -> None:
    """A Dense that the base makes fails for an input of another size: it is taken to be the same, with a note."""
    before = _BASE + _net("return self.b(unknown(self.encode(x)))", None)
    _, file, _ = migrate(with_header(before))
    assert not refusals(file), listed(file)
    assert "takes what the `Dense` of its base is given to be as wide as there" in listed(file)
    before = before.replace("nn.Dense(self.n * 2)", "nn.LayerNorm()")
    _, file, _ = migrate(with_header(before))
    assert "`LayerNorm` that its base `Base` makes may be of another size" in listed(file)


def test_a_method_of_the_class_tells_what_its_base_hands_on() -> None:
    """Whoever calls `features` gives it what `__call__` of the base hands on as it is."""
    source = (
        _HOOK
        + "class Net(Base):\n    def setup(self):\n        self.a = nn.Dense(3)\n\n    def features(self, x):\n        return self.a(x)\n"
    )
    top = "\n\nclass Top(nn.Module):\n    def setup(self):\n        self.net = Net()\n\n    def __call__(self, x):\n        return self.net.features(x[..., :5])\n"
    check_equivalent(with_header(source + top), Call("Top", (), {}, (f32(2, 8),)))


def test_a_hook_that_hands_on_something_else() -> None:
    """`__call__` of the base is not replaced, and what it gives to `a` is not its own input any more."""
    more = "    def encode(self, x):\n        return super().encode(jnp.concatenate([x, x], -1))\n"
    before = with_header(_BASE + _net("", None, more) + _TOP)
    check_equivalent(before, Call("Net", (8,), {}, (f32(2, 8),)), Call("Top", (8,), {}, (f32(2, 8),)))
    text, _, _ = migrate(before)
    assert "super().__init__(2 * in_features, n=n, rngs=rngs)" in text


def test_what_setup_of_the_base_keeps() -> None:
    """`self.hidden` is there when the class's own part of the constructor runs."""
    base = _BASE.replace("        self.a = ", "        self.hidden = self.n * 2\n        self.a = ")
    before = base + _net(
        "return self.c(super().__call__(x))", _UP + "        self.c = nn.Dense(self.hidden)\n"
    )
    check_equivalent(with_header(before), Call("Net", (8,), {}, (f32(2, 8),)))


_CLASSIFIER = """\
class Classifier(nn.Module):
    classes: int = 3

    def backbone(self, x, train):
        raise NotImplementedError

    @nn.compact
    def __call__(self, x, train: bool = False):
        h = self.backbone(x, train)
        h = nn.Dropout(0.1)(h, deterministic=not train)
        return nn.Dense(self.classes)(h)


class Net(Classifier):
    width: int = 4

    @nn.compact
    def backbone(self, x, train):
        x = nn.relu(nn.Conv(self.width, (3, 3))(x))
        x = nn.BatchNorm(use_running_average=not train)(x)
        return x.reshape((x.shape[0], -1))


class Wide(Classifier):
    def setup(self):
        self.a = nn.Dense(9)

    def backbone(self, x, train):
        return self.a(x.reshape((x.shape[0], -1)))
"""


def test_a_size_that_a_hook_gives() -> None:
    """Only subclasses know what `backbone` gives: the base asks for it, and they tell it."""
    given = f32(2, 4, 4, 3)
    check_equivalent(
        with_header(_CLASSIFIER), Call("Net", ((4, 4, 3),), {}, (given,)), Call("Wide", (48,), {}, (given,))
    )
    text, file, _ = migrate(with_header(_CLASSIFIER))
    assert "super().__init__(9, classes=classes, rngs=rngs)" in text
    assert "asks for `dense_0_in_features`" in listed(file)


def test_a_size_that_a_subclass_does_not_tell() -> None:
    unknown = "return unknown(x)"
    before = _CLASSIFIER.replace("        self.a = nn.Dense(9)\n", "        self.a = 9\n")
    _, file, _ = migrate(with_header(before.replace("return self.a(x.reshape((x.shape[0], -1)))", unknown)))
    assert [d for d in refusals(file) if "`dense_0_in_features` of its base `Classifier`" in d.message], (
        listed(file)
    )


def test_a_base_that_somebody_constructs() -> None:
    """Nobody can tell what its own hook gives."""
    top = "\n\nclass Top(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return Classifier()(x)\n"
    _, file, _ = migrate(with_header(_CLASSIFIER + top))
    assert [d for d in refusals(file) if d.subject == "Top" and d.code == "MN108"], listed(file)


def test_automatic_names_of_a_base_and_its_hook() -> None:
    """Linen counts the two methods as one: which Dense is the first depends on where the hook is called."""
    _, file, _ = migrate(
        with_header(
            _CLASSIFIER.replace(
                "return x.reshape((x.shape[0], -1))", "return nn.Dense(4)(x.reshape((x.shape[0], -1)))"
            )
        )
    )
    assert [d for d in refusals(file) if d.subject == "Net" and d.code == "MN101"], listed(file)


def test_a_variable_whose_size_a_hook_gives() -> None:
    """The base makes `g` as wide as its own `features` gives: for the class it would be another."""
    base = _FREE.replace("    def __call__(self, x):\n", "    @nn.compact\n    def __call__(self, x):\n")
    made = "h = self.features(x)\n        g = self.param('g', nn.initializers.normal(), (h.shape[-1],))\n        return nn.Dense(3)(x) * (h * g).sum()"
    base = base.replace("return self.features(x) * 2", made)
    _, file, _ = migrate(with_header(base + "class Net(Base):\n" + _WIDER))
    assert [
        d for d in refusals(file) if "a size that its base `Base` reads may be another one" in d.message
    ], listed(file)
    check_equivalent(
        with_header(base + "class Net(Base):\n    def more(self, x):\n        return x\n"),
        Call("Net", (8,), {}, (f32(2, 8),)),
    )


def test_a_submodule_that_is_called_on_a_condition() -> None:
    body = "h = self.b(self.encode(x))\nif self.n > 5:\n    return h\nreturn x"
    check_equivalent(with_header(_BASE + _net(body, None)), Call("Net", (8,), {"n": 6}, (f32(2, 8),)))
    body = "if self.n > 5:\n    return self.b(self.encode(x))\nreturn x"
    _, file, _ = migrate(with_header(_BASE + _net(body, None)))
    assert [d for d in refusals(file) if d.code == "MN201" and "that its base `Base` makes" in d.message], (
        listed(file)
    )
