# ruff: noqa: E501
"""Fields whose default is a module: NNX builds one where the field is given none, unless Linen shares it."""

import jax
import pytest
from migrate_norm.catalog.findings import Severity

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    arrays,
    build,
    changed,
    check_equivalent,
    check_transformed,
    f32,
    listed,
    load,
    migrate,
    name_of,
    refusals,
    run_in_tree_mode,
)

BODY = """\
class Body(nn.Module):
    width: int = 3

    @nn.compact
    def __call__(self, x):
        return nn.Dense(self.width)(x)


"""
HOLDER = """\
class Holder(nn.Module):
    \"\"\"Holds a body.\"\"\"

    body: nn.Module = Body()  # what it holds
    scale: float = 2.0

    @nn.compact
    def __call__(self, x):
        # twice
        return nn.Dense(4)(self.body(x) * self.scale)
"""
NNX_BODY = """\
class Body(nnx.Module):
    def __init__(self, in_features: int, width: int = 3, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, width, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(x)


"""
NNX_HOLDER = """\
class Holder(nnx.Module):
    \"\"\"Holds a body.\"\"\"

    def __init__(
        self,
        in_features: int,
        body: nnx.Module | None = None,  # what it holds
        scale: float = 2.0,
        *,
        rngs: nnx.Rngs,
    ):
        self.scale = scale
        self.body = Body(in_features, rngs=rngs) if body is None else body
        self.dense_0 = nnx.Linear(3, 4, rngs=rngs)

    def __call__(self, x):
        # twice
        return self.dense_0(self.body(x) * self.scale)
"""
SOURCE = HEADER + BODY + HOLDER
FACTORIES = """\


class Two(nn.Module):
    body: nn.Module = field(default_factory=lambda: Body(5))
    norm: nn.Module = field(default_factory=nn.LayerNorm)
    last: nn.Module = field(default_factory=partial(nn.Dense, 2))

    def setup(self):
        \"\"\"Makes one more.\"\"\"
        # and says so
        self.first = nn.Dense(4)

    def __call__(self, x):
        return self.last(self.norm(self.body(self.first(x))))
"""
NNX_FACTORIES = """\


class Two(nnx.Module):
    def __init__(
        self,
        in_features: int,
        body: nnx.Module | None = None,
        norm: nnx.Module | None = None,
        last: nnx.Module | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.body = Body(4, 5, rngs=rngs) if body is None else body
        self.norm = nnx.LayerNorm(5, rngs=rngs) if norm is None else norm
        self.last = nnx.Linear(5, 2, rngs=rngs) if last is None else last
        # and says so
        self.first = nnx.Linear(in_features, 4, rngs=rngs)

    def __call__(self, x):
        return self.last(self.norm(self.body(self.first(x))))
"""
MADE = "from dataclasses import field\nfrom functools import partial\n\n"
_X = f32(2, 6)


def test_transformed() -> None:
    check_transformed(SOURCE, NNX_HEADER + NNX_BODY + NNX_HOLDER)
    check_transformed(
        MADE + HEADER + BODY + FACTORIES.lstrip(), NNX_HEADER + NNX_BODY + NNX_FACTORIES.lstrip()
    )


def test_of_any_kind() -> None:
    text, file, _ = migrate("from typing import Any\n\n" + changed(SOURCE, ("body: nn.Module", "body: Any")))
    assert "        body: Any = None,  # what it holds\n" in text, listed(file)
    text, file, _ = migrate(
        "from collections.abc import Callable\n\n"
        + changed(SOURCE, ("body: nn.Module", "body: Callable[..., jax.Array]"))
    )
    assert "        body: Callable[..., jax.Array] | None = None,  # what it holds\n" in text, listed(file)


def test_what_is_said() -> None:
    _, file, _ = migrate(SOURCE)
    notes = [d.message for d in file.diagnostics if d.severity is Severity.NOTE]
    assert any("`body` is given to give as many features" in message for message in notes)


NESTED = """\


class Outer(nn.Module):
    holder: Holder = Holder(scale=3.0)

    def __call__(self, x):
        return self.holder(x) + 1
"""
MODES = """\


class Modes(nn.Module):
    norm: nn.Module = nn.BatchNorm()
    drop: nn.Module = nn.Dropout(0.5)

    def __call__(self, x, train=False):
        x = self.norm(x, use_running_average=not train)
        return self.drop(x, deterministic=not train)
"""
LAYER = """\


class Normed(nn.Module):
    norm: nn.Module = nn.LayerNorm(epsilon=1e-3)
    width: int = 4

    def setup(self):
        self.dense = nn.Dense(self.width)

    def __call__(self, x):
        return jax.vmap(self.norm)(self.dense(x)) + self.shift()

    @nn.nowrap
    def shift(self):
        return self.width
"""


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (SOURCE, "Holder"),
        (SOURCE + NESTED, "Outer"),
        (MADE + HEADER + BODY + FACTORIES, "Two"),
        (HEADER + LAYER, "Normed"),
        (HEADER + MODES, "Modes"),
    ],
)
def test_computes_the_same(source: str, name: str) -> None:
    call = Call(name, (6,), {}, (_X,))
    check_equivalent(source, call)
    run_in_tree_mode(load(migrate(source)[0]), call)


GIVEN = """\


class Other(nn.Module):
    scale: float = 3.0
    width: int = 6

    def __call__(self, x):
        return x * self.scale


class Inner(nn.Module):
    body: nn.Module = Body()

    def setup(self):
        self.width = self.body.width

    def __call__(self, x):
        return self.body(x) * self.width + self.body.width


class Model(nn.Module):
    def setup(self):
        self.one = Inner()
        self.other = Inner(body=Other(width=2))
        self.last = Inner(Body(5))

    def __call__(self, x):
        return self.one(x).sum() + self.last(x).sum() + self.other(x)


class Compact(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Inner(Body(6))(x) + Inner()(x).sum()
"""


@pytest.mark.parametrize("name", ["Model", "Compact", "Inner"])
def test_others_may_be_given(name: str) -> None:
    check_equivalent(HEADER + BODY + GIVEN.lstrip(), Call(name, (6,), {}, (_X,)))


def test_what_is_given_keeps_what_is_read_of_it() -> None:
    text, _, _ = migrate(HEADER + BODY + GIVEN.lstrip())
    assert text.count("self.width = width\n") == 2
    gone = changed(
        HEADER + BODY + GIVEN.lstrip(), ("    width: int = 6\n", ""), ("Other(width=2)", "Other()")
    )
    _, file, _ = migrate(gone)
    assert any("which `Other` does not keep" in d.message for d in refusals(file)), listed(file)


def test_linen_shares_them() -> None:
    """Two of one model have the variables of the first, two models do not."""
    linen = load(SOURCE + PAIR)
    params = linen.Pair().init(jax.random.key(0), arrays(f32(2, 4)))["params"]
    assert [name for name in params if "body" in params[name]] == ["Holder_0"]


def test_two_models_share_nothing() -> None:
    twin = load(migrate(SOURCE)[0])
    one, two = (build(twin, Call("Holder", (6,))) for _ in range(2))
    assert one.body is not two.body  # type: ignore[attr-defined]


PAIR = """\


class Pair(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Holder()(Holder()(x))
"""
LISTED = """\


class Many(nn.Module):
    def setup(self):
        self.layers = [Holder() for _ in range(3)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x
"""
LOOP = """\


class Many(nn.Module):
    @nn.compact
    def __call__(self, x):
        for _ in range(3):
            x = Holder()(x)
        return x
"""
SCAN = """\


class Many(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.vmap(Holder, variable_axes={"params": 0}, split_rngs={"params": True})()(x)
"""
ONE = """\


class One(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Holder()(x)


class Top(nn.Module):
    def setup(self):
        self.a, self.b = One(), One()

    def __call__(self, x):
        return self.b(self.a(x))
"""
FIELDS = """\


class Top(nn.Module):
    a: nn.Module = Holder()
    b: nn.Module = Holder()

    def __call__(self, x):
        return self.b(self.a(x))
"""
HELD = """\


class Top(nn.Module):
    layer: type = Holder

    @nn.compact
    def __call__(self, x):
        return self.layer()(x)
"""
BUILT = """\


def holder():
    return Holder()


class Top(nn.Module):
    @nn.compact
    def __call__(self, x):
        return holder()(holder()(x))
"""
GLOBAL = """\


KIND = Holder


class Top(nn.Module):
    @nn.compact
    def __call__(self, x):
        return KIND()(KIND()(x))
"""
PASSED = """\


class Top(nn.Module):
    a: nn.Module
    b: nn.Module

    def __call__(self, x):
        return self.b(self.a(x))


model = Top(Holder(), Holder())
"""
ITSELF = """\


class Deep(nn.Module):
    depth: int = 2
    body: nn.Module = Body(6)

    @nn.compact
    def __call__(self, x):
        return Deep(self.depth - 1)(x) if self.depth else self.body(x)
"""
BELOW = """\


class Wide(Holder):
    width: int = 3
"""


def _as_factory(text: str) -> str:
    return (
        "from dataclasses import field\n\n"
        + changed(SOURCE, ("body: nn.Module = Body()", "body: nn.Module = field(default_factory=Body)"))
        + text
    )


SHARED = "which Linen shares between all of a model that take it"
REFUSED = (
    Refusal("two", SHARED, SOURCE + PAIR),
    Refusal("listed", SHARED, SOURCE + LISTED),
    Refusal("in-a-loop", SHARED, SOURCE + LOOP),
    Refusal("under-a-transform", SHARED, SOURCE + SCAN),
    Refusal("two-further-up", SHARED, SOURCE + ONE),
    Refusal("two-fields", SHARED, SOURCE + FIELDS),
    Refusal("in-a-field", SHARED, SOURCE + HELD),
    Refusal("by-a-function", SHARED, SOURCE + BUILT),
    Refusal("by-another-name", SHARED, SOURCE + GLOBAL),
    Refusal("by-a-script", SHARED, SOURCE + PASSED),
    Refusal("inside-of-itself", SHARED, HEADER + BODY + ITSELF.lstrip()),
    Refusal("inherited", "or that another inherits from", SOURCE + BELOW),
    Refusal("or-none", "may be None as well", changed(SOURCE, ("body: nn.Module", "body: nn.Module | None"))),
    Refusal("optional", "may be None as well", "from typing import Optional\n\n" + changed(SOURCE, ("body: nn.Module", "body: Optional[nn.Module]"))),
    Refusal("given-none", "is given None", SOURCE + PAIR.replace("Holder()(Holder()(x))", "Holder(None)(x)").replace("Holder(None)", "Holder(body=None)")),
    Refusal("by-its-place", "is given None", SOURCE + PAIR.replace("Holder()(Holder()(x))", "Holder(None)(x)")),
    Refusal("asked-for", "is handed on instead of being called", changed(SOURCE, ("self.body(x) * self.scale", "self.body(x) if self.body else x"))),
    Refusal("handed-on", "is handed on instead of being called", changed(SOURCE, ("self.body(x) * self.scale", "jax.tree.map(self.body, x)"))),
    Refusal("of-the-class-body", "names of the file", changed(SOURCE, ("body: nn.Module = Body()", "width = 3\n    body: nn.Module = Body(width)"))),
    Refusal("of-a-call", "names of the file", changed(SOURCE, ("Body()", "Body(next(NUMBERS))"), (HEADER, HEADER + "NUMBERS = iter(range(9))\n\n\n"))),
    Refusal("with-a-name", "is declared with more than that", changed(SOURCE, ("= Body()", "= Body(name='own')"))),
    Refusal("by-name-alone", "is declared with more than that", "from dataclasses import field\n\n" + changed(SOURCE, ("= Body()", "= field(default_factory=Body, kw_only=True)"))),
    Refusal("in-quotes", "may be None as well", changed(SOURCE, ("body: nn.Module", "body: 'Body'"))),
    Refusal("of-a-name-that-is-another-there", "names of the file", changed(SOURCE, ("= Body()", "= Body(width=WIDTH)"), (HEADER, HEADER + "WIDTH = 3\n\n\n"), ("        # twice", "        WIDTH = 2"), ("* self.scale", "* WIDTH"))),
    Refusal("called-on-a-condition", "on a condition", changed(SOURCE, ("self.body(x) * self.scale", "self.body(x) if self.scale else x"))),
    Refusal("called-in-another-way", "is called in another way in NNX", changed(SOURCE, ("= Body()", "= nn.Dropout(0.5)"), ("self.body(x)", "self.body(x, deterministic=False, rng=jax.random.key(0))"))),
    Refusal("factory-in-a-compact-method", "which Linen makes, and names, in the method", _as_factory(ONE)),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert any(refusal.code in d.message for d in refusals(file)), f"{listed(file)}\n{text}"
    assert "class Holder(nn.Module)" in text or "class Deep(nn.Module)" in text


def test_a_factory_makes_one_for_each() -> None:
    source = _as_factory(LISTED.replace("Holder()", "Holder()").replace("range(3)", "range(2)"))
    check_equivalent(source, Call("Many", (4,), {}, (f32(2, 4),)))


def test_one_of_a_model_is_enough() -> None:
    source = SOURCE + ONE.replace("self.a, self.b = One(), One()", "self.a = One()").replace(
        "self.b(self.a(x))", "self.a(x)"
    )
    check_equivalent(source, Call("Top", (4,), {}, (f32(2, 4),)))


def test_scripts_may_make_several_models() -> None:
    script = """

def train(x):
    model = Holder()
    variables = model.init(jax.random.key(0), x)
    return model.apply(variables, x)


def evaluate(x):
    model = Holder(scale=1.0)
    variables = model.init(jax.random.key(1), x)
    return model.apply(variables, x)
"""
    text, file, _ = migrate(SOURCE + script)
    assert not refusals(file), listed(file)
    assert "Holder(x.shape[-1], rngs=" in text
