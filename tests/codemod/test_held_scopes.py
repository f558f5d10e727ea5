# ruff: noqa: E501
"""Classes that wrap a Dense in a field: they ask it for its features, and its variables stand among theirs in Linen."""

import pytest
from flax import nnx

from .check import (
    NNX_HEADER,
    Call,
    changed,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    listed,
    load,
    migrate,
    refusals,
    with_header,
)

_LORA = with_header(
    """\
class Adapted(nn.Module):
    base: nn.Dense
    rank: int = 2

    def setup(self):
        # as if there were no wrapper
        nn.share_scope(self, self.base)

    @nn.compact
    def __call__(self, x):
        out = self.base.features
        a = self.param("a", nn.initializers.normal(), (x.shape[-1], self.rank))
        b = self.param("b", nn.initializers.normal(), (self.rank, out))
        y = self.base(x) + x @ a @ b
        return y + nn.Dense(out, use_bias=self.base.use_bias, name="more")(y)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = Adapted(nn.Dense(4))(x)
        x = nn.Dense(3)(x)
        x = Adapted(base=nn.Dense(5, use_bias=False), rank=1, name="mine")(x)
        x = Adapted(nn.Dense(4, name="last"))(x)
        return nn.Dense(2)(x)


class Stack(nn.Module):
    features: int = 4

    def setup(self):
        self.first = Adapted(nn.Dense(self.features))
        self.second = Adapted(nn.Dense(2 * self.features), rank=3)

    def __call__(self, x):
        return self.second(self.first(x))


class All(nn.Module):
    deep: bool = False

    @nn.compact
    def __call__(self, x):
        if self.deep:
            x = nn.Conv(3, (1,))(x)
        x = Net()(nn.Conv(4, (1,))(x))
        return Stack()(x)
"""
)
_WRITTEN = with_header(
    """\
class Adapted(nnx.Module):
    def __init__(
        self,
        in_features: int,
        base: nnx.Linear,
        rank: int = 2,
        *,
        rngs: nnx.Rngs,
    ):
        self.base = base
        out = base.out_features
        self.a = nnx.Param(
            nnx.initializers.normal()(rngs.params(), (in_features, rank))
        )
        self.b = nnx.Param(nnx.initializers.normal()(rngs.params(), (rank, out)))
        self.more = nnx.Linear(out, out, use_bias=base.use_bias, rngs=rngs)

    def __call__(self, x):
        y = self.base(x) + x @ self.a @ self.b
        return y + self.more(y)


class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.adapted_0 = Adapted(
            in_features, nnx.Linear(in_features, 4, rngs=rngs), rngs=rngs
        )
        self.dense_1 = nnx.Linear(4, 3, rngs=rngs)
        self.mine = Adapted(
            3, base=nnx.Linear(3, 5, use_bias=False, rngs=rngs), rank=1, rngs=rngs
        )
        self.adapted_1 = Adapted(5, nnx.Linear(5, 4, rngs=rngs), rngs=rngs)
        self.dense_3 = nnx.Linear(4, 2, rngs=rngs)

    def __call__(self, x):
""",
    NNX_HEADER,
)
_POST = (
    "    def setup(self):\n        # as if there were no wrapper\n        nn.share_scope(self, self.base)\n",
    '    def __post_init__(self):\n        """Shares."""\n        super().__post_init__()\n        # as if there were no wrapper\n        if self.scope is not None:\n            nn.share_scope(self, self.base)\n',
)
_X = f32(2, 6, 3)
_CALLS = (
    Call("Net", (3,), {}, (_X,)),
    Call("Stack", (3,), {}, (_X,)),
    Call("All", (3,), {}, (_X,)),
    Call("All", (3,), {"deep": True}, (_X,)),
)


def test_what_is_written() -> None:
    text, file, _ = migrate(_LORA)
    assert not refusals(file), listed(file)
    assert text.startswith(_WRITTEN), text
    check_transformed(changed(_LORA, _POST), text)


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("changes", [[], [_POST]], ids=["setup", "post-init"])
def test_computes_the_same(changes: list[tuple[str, str]], graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(changed(_LORA, *changes), *_CALLS)


def test_without_a_scope_to_share() -> None:
    """The layer has a name of its own then: where it was made, or that of the field."""
    check_equivalent(changed(_LORA, (_POST[0] + "\n", "")), *_CALLS)


def test_the_mapping_says_where_they_were() -> None:
    _, _, mapping = migrate(_LORA)
    adapted, _, net, stack = (mapping.find(name) for name in ("Adapted", "All", "Net", "Stack"))
    assert adapted is not None
    assert net is not None
    assert stack is not None
    assert {(v.linen, v.nnx) for v in adapted.variables} >= {
        (("a",), ("a",)),
        (("kernel",), ("base", "kernel")),
        (("more", "bias"), ("more", "bias")),
    }
    found = {v.linen: v.nnx for v in (*net.variables, *stack.variables)}
    assert found["Dense_0", "a"] == ("adapted_0", "a")
    assert found["Dense_0", "kernel"] == ("adapted_0", "base", "kernel")
    assert found["Dense_0", "more", "kernel"] == ("adapted_0", "more", "kernel")
    assert found["Dense_1", "kernel"] == ("dense_1", "kernel")
    assert found["Dense_2", "b"] == ("mine", "b")
    assert found["last", "b"] == ("adapted_1", "b")
    assert found["first", "kernel"] == ("first", "base", "kernel")
    assert not {path[0] for path in found} & {"Adapted_0", "mine"}


def test_a_model_that_is_given_its_layer() -> None:
    """Linen has no other scope there: what is at the top is in the field."""
    import jax
    import jax.numpy as jnp
    from flax import linen as nn
    from migrate_norm.equivalence import check_equivalence

    text, _, mapping = migrate(_LORA)
    linen, twin = load(_LORA), load(text)
    x = jnp.ones((2, 3))
    made = linen.Adapted(nn.Dense(4))
    assert {*made.init(jax.random.key(0), x)["params"]} == {"a", "b", "kernel", "bias", "more"}
    report = check_equivalence(
        made,
        lambda: twin.Adapted(3, nnx.Linear(3, 4, rngs=nnx.Rngs(0)), rngs=nnx.Rngs(1)),
        f32(2, 3),
        mapping=mapping.find("Adapted").variables,  # type: ignore[union-attr]
        samples=1,
    )
    assert report.equal, report


_HELD = with_header(
    """\
class Held(nn.Module):
    dense: nn.Dense

    @nn.compact
    def __call__(self, x):
        y = self.dense(x)
        if self.dense.use_bias:
            y = y + nn.Dense(y.shape[-1])(y)
        z = nn.Dense(self.dense.features // 2)(y)
        return jnp.concatenate([z, nn.Dense(3)(z)], axis=-1)


class Top(nn.Module):
    n: int = 8
    bare: bool = False

    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(Held(nn.Dense(self.n, use_bias=not self.bare))(x))
"""
)


def test_the_features_say_what_comes_out() -> None:
    """Who gives the layer knows them: `Top` has no more of it than a number."""
    text, file, _ = migrate(_HELD)
    assert not refusals(file), listed(file)
    assert "nnx.Linear(n // 2 + 3, 2, rngs=rngs)" in text, text
    assert "nnx.Linear(dense.out_features // 2, 3, rngs=rngs)" in text, text
    call = Call("Top", (3,), {}, (f32(2, 3),))
    check_equivalent(_HELD, call, call._replace(arguments={"n": 6, "bare": True}))


def test_a_class_in_the_field() -> None:
    """Some annotate so a field that is given a class: whoever calls it makes the layer."""
    before = _HELD.replace("self.dense(x)", "self.dense(6)(x)").replace("Held(nn.Dense(self.n, use_bias=not self.bare))", "Held(nn.Dense)")  # fmt: skip
    check_refused(before, "MN101")
    made = before.replace("if self.dense.use_bias", "if True").replace("self.dense.features // 2", "5")
    check_equivalent(made, Call("Top", (3,), {}, (f32(2, 3),)))


def test_a_field_that_setup_replaces() -> None:
    replaced = "dense: nn.Dense\n\n    def setup(self):\n        self.dense = nn.Dense(5)\n"
    check_refused(changed(_HELD, ("dense: nn.Dense\n", replaced)), "MN105")


_ONE = _LORA.partition("\n\nclass Net")[0] + "\n"
_NET = "\n\nclass Net(nn.Module):\n    deep: bool = False\n\n    @nn.compact\n    def __call__(self, x):\n        {}\n"
_SHARE = "        # as if there were no wrapper\n        nn.share_scope(self, self.base)\n"


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("MN102", [("base: nn.Dense", "base: nn.Dense = nn.Dense(3)")]),
        ("MN102", [("base: nn.Dense", "base: nn.Dense | None")]),
        ("MN105", [("base: nn.Dense", "base: nn.Module")]),
        ("MN101", [("base: nn.Dense", "base: nn.BatchNorm")]),
        ("MN102", [(_SHARE, _SHARE.replace("nn.share", "if self.rank:\n            nn.share"))]),
        ("MN102", [(_SHARE, "        self.bare = not self.base.use_bias\n" + _SHARE)]),
        ("MN102", [("\n        nn.share_scope(self, self.base)", "\n        pass"), ("        out = self", "        nn.share_scope(self, self.base)\n        out = self")]),
        ("MN102", [('self.param("a"', 'self.param("bias"')]),
        ("MN102", [("y = self.base(x) + x", "y = x")]),
        ("MN103", [_POST, ("if self.scope is not None:", "if self.scope:")]),
        ("MN102", [_POST, ("        if self.scope is not None:\n    ", "")]),
        ("MN103", [_POST, ("        super()", "        self.rank = 3\n        super()")]),
        ("MN103", [_POST, ("    @nn", "    def setup(self):\n        self.other = nn.Dense(3)\n\n    @nn")]),
        ("MN105", [("self.base.features", "self.base.dtype")]),
        ("MN105", [("out = self.base.features", "out = self.base.kernel_init((3, 2)).shape[-1]")]),
        ("MN105", [("out = self.base.features", "base = self.base\n        out = base.features")]),
        ("MN105", [("return y +", "y = y @ self.base.variables['params']['kernel']\n        return y +")]),
        ("MN204", [("return y +", "y = y + self.get_variable('params', 'kernel').sum()\n        return y +")]),
    ],
    ids=[
        "default", "optional", "any-module", "other-layer", "on-a-condition", "asked-before", "in-a-call", "own-bias",
        "never-called", "truth", "always", "does-more", "setup-too", "not-kept", "called", "held", "looked-into", "own-look",
    ],
)  # fmt: skip
def test_wrappers_that_are_refused(code: str, changes: list[tuple[str, str]]) -> None:
    check_refused(changed(_ONE, *changes), code)


_OUTER = "class Outer(nn.Module):\n    layer: nn.Module\n\n    @nn.compact\n    def __call__(self, x):\n        return self.layer(x)\n\n\n"
_SETUP = ("@nn.compact\n    def __call__(self, x):\n        ", "def setup(self):\n        self.made = ")
_CALLED = "\n\n    def __call__(self, x):\n        return self.made(x)"


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize(
    ("body", "setup", "linen", "path"),
    [
        ("for n in (4, 5):\n            x = Adapted(nn.Dense(n))(x)\n        return x", False, "Dense_{}", ("adapted", "{}")),
        ("return nn.Sequential([Adapted(nn.Dense(3)), nn.relu])(x)", False, "Dense_0", ("sequential_0", "layers", "0")),
        ("return Outer(Adapted(nn.Dense(3)))(x)", False, "Dense_0", ("outer_0", "layer")),
        ("[Adapted(nn.Dense(3)) for _ in range(2)]" + _CALLED.replace("return", "for made in self.made:\n            x =").replace("self.made(x)", "made(x)\n        return x"), True, "made_{}", ("made", "{}")),
        ("nn.Sequential([nn.relu, Adapted(nn.Dense(3))])" + _CALLED, True, "made/layers_1", ("made", "layers", "1")),
        ("Outer(Adapted(nn.Dense(3)))" + _CALLED, True, "made/layer", ("made", "layer")),
    ],
    ids=["loop", "sequential", "field", "list-of-setup", "sequential-of-setup", "field-of-setup"],
)  # fmt: skip
def test_one_of_several(body: str, setup: bool, linen: str, path: tuple[str, ...], graph: bool) -> None:
    net = _NET.replace(*_SETUP) if setup else _NET
    before = _ONE + "\n\n" + _OUTER + net.format(body).strip("\n") + "\n"
    _, file, mapping = migrate(before)
    assert not refusals(file), listed(file)
    made = mapping.find("Net")
    assert made is not None
    found = {v.linen: v.nnx for v in made.variables}
    assert found[*linen.split("/"), "a"] == (*path, "a")
    assert found[*linen.split("/"), "kernel"] == (*path, "base", "kernel")
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(before, Call("Net", (3,), {}, (f32(2, 3),)))


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("MN105", "dense = nn.Dense(3)\n        return Adapted(dense)(x)"),
        ("MN105", "dense = nn.Dense(3)\n        return Adapted(dense)(x) + Adapted(dense, rank=1)(x)"),
        ("MN105", "return Adapted(nn.DenseGeneral(3))(x)"),
        ("MN105", "return Adapted(nn.Embed(3, 4))(x)"),
        ("MN102", "return nn.remat(Adapted)(nn.Dense(3))(x)"),
        ("MN102", "return Adapted(nn.remat(nn.Dense)(3))(x)"),
        ("MN204", "for _ in range(2 + self.deep):\n            x = Adapted(nn.Dense(3))(x)\n        return Adapted(nn.Dense(4))(x)"),
        ("MN204", "if self.deep:\n            x = nn.Dense(3)(x)\n        return Adapted(nn.Dense(3))(x)"),
        ("MN204", "if self.deep:\n            x = Adapted(nn.Dense(3))(x)\n        return nn.Dense(3)(x)"),
    ],
    ids=["local", "shared", "general", "embed", "transformed", "inner", "loop", "counted-after", "counts-others"],
)  # fmt: skip
def test_who_makes_one_that_is_refused(code: str, body: str) -> None:
    text, file, _ = migrate(_ONE + _NET.format(body))
    assert code in {d.code for d in refusals(file)}, listed(file)
    assert "class Net(nn.Module)" in text, text


def test_who_inherits_from_one() -> None:
    heir = "\n\nclass Heir(Adapted):\n    def setup(self):\n        pass\n"
    check_refused(_ONE + heir, "MN102")
