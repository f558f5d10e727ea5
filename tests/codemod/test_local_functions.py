# ruff: noqa: E501
"""Functions inside of a method that make modules, and methods that make one or none: read where they are called."""

import pytest
from migrate_norm.codemod import Options, migrate_files
from migrate_norm.codemod.traced.records import Facts

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Refusal,
    changed,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    name_of,
    run_in_tree_mode,
)

_NET = """\
class Net(nn.Module):
    wide: int | None = None
    use_bias: bool = True

    def setup(self):
        def dense(features, name):
            if features is None:
                return None
            doubled = 2 * features
            return nn.Dense(doubled, use_bias=self.use_bias, name=name)

        self.one = dense(self.wide, "first")
        self.two = dense(3, "second")

    def __call__(self, x):
        if self.one:
            x = self.one(x)
        return self.two(x)
"""
_NNX = """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        wide: int | None = None,
        use_bias: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        if wide is None:
            self.one = None
        else:
            doubled = 2 * wide
            self.one = nnx.Linear(in_features, doubled, use_bias=use_bias, rngs=rngs)
        doubled_1 = 2 * 3
        self.two = nnx.Linear(
            2 * wide if wide is not None else in_features,
            doubled_1,
            use_bias=use_bias,
            rngs=rngs,
        )

    def __call__(self, x):
        if self.one:
            x = self.one(x)
        return self.two(x)
"""
_ONE = """\
class Net(nn.Module):
    kind: str = "a"
    width: int = 4

    def setup(self):
        def layer(scale):
            if self.kind == "a":
                return nn.Dense(self.width * scale)
            elif self.kind == "b":
                scale = scale + more
                return nn.Dense(scale, use_bias=False)
            else:
                return nn.Dense(1)

        more = 1
        self.first = layer(2)
        more = self.width
        self.second = layer(scale=3)

    def __call__(self, x):
        return self.second(self.first(x))
"""
_METHOD = """\
class Net(nn.Module):
    wide: int | None = None

    def setup(self):
        self.one = self.dense(self.wide)
        self.two = self.dense(3)

    def dense(self, features):
        if features is not None:
            return nn.Dense(features)

        return None

    def __call__(self, x):
        x = self.one(x) if self.one is not None else x
        return self.two(x)
"""
_NAMED = """\
class Attention(nn.Module):
    heads: int = 2

    @nn.compact
    def __call__(self, x, y):
        # what is compared
        def dense(name, h, features):
            h = nn.DenseGeneral((self.heads, features // self.heads), name=name)(h)
            return h + x[..., :1, None]

        q = dense("query", x, 4)
        x = dense("value", y, features=6)
        return nn.DenseGeneral(3, axis=(-2, -1), name="out")(q), x
"""
_NNX_NAMED = """\
class Attention(nnx.Module):
    def __init__(
        self,
        x_features: int,
        y_features: int,
        heads: int = 2,
        *,
        rngs: nnx.Rngs,
    ):
        self.query = nnx.LinearGeneral(x_features, (heads, 4 // heads), rngs=rngs)
        self.value = nnx.LinearGeneral(y_features, (heads, 6 // heads), rngs=rngs)
        self.out = nnx.LinearGeneral((heads, 4 // heads), 3, axis=(-2, -1), rngs=rngs)

    def __call__(self, x, y):
        # what is compared
        q = self.query(x)
        q = q + x[..., :1, None]
        h = self.value(y)
        x = h + x[..., :1, None]
        return self.out(q), x
"""
_COUNTED = """\
class Net(nn.Module):
    widths: tuple[int, ...] = (4, 3)
    dense: type = nn.Dense
    rate: float = 0.5

    @nn.compact
    def __call__(self, x, train: bool = False):
        dense = self.dense
        dropout = nn.Dropout(self.rate)

        def update(i: int, x):
            x = dense(self.widths[i], name="hidden" + str(i + 1))(x)
            if i < 1:
                x = nn.relu(x)
            return dropout(x, deterministic=not train)

        for i in range(0, len(self.widths)):
            x = update(i, x)
        return x
"""
_NNX_COUNTED = """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        widths: tuple[int, ...] = (4, 3),
        dense: type = nnx.Linear,
        rate: float = 0.5,
        *,
        rngs: nnx.Rngs,
    ):
        self.dropout_0 = nnx.Dropout(rate, rngs=rngs)
        self.hidden = nnx.List()
        for i in range(0, len(widths)):
            self.hidden.append(dense(in_features, widths[i], rngs=rngs))
            in_features = widths[i]

    def __call__(self, x, train: bool = False):
        for i, hidden in enumerate(self.hidden):
            x = hidden(x)
            if i < 1:
                x = nnx.relu(x)
            x = self.dropout_0(x, deterministic=not train)
        return x
"""

_BLOCKS = """\
class Net(nn.Module):
    n: int = 2
    norm: bool = True
    dense: type = nn.Dense

    @nn.compact
    def __call__(self, x):
        dense = self.dense

        def layer(x, features):
            'One layer.'
            return nn.relu(dense(features)(x))

        # two of them
        def block(h, features, norm=True):
            # the first one
            y = layer(h, features)
            if norm:
                y = nn.LayerNorm()(y)
            return h + layer(y, h.shape[-1])

        def idle(x):
            return nn.Dense(3)(x)

        x = block(x, 4)
        for _ in range(self.n):
            x = block(x, 3, False)
        if self.norm:
            x = block(x, 5, norm=self.n > 1)
        return layer(layer(x, 6), 2)
"""
_NNX_BLOCKS = """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        n: int = 2,
        norm: bool = True,
        dense: type = nnx.Linear,
        *,
        rngs: nnx.Rngs,
    ):
        self.n = n
        self.norm = norm
        self.dense_0 = dense(in_features, 4, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(4, rngs=rngs)
        self.dense_1 = dense(4, in_features, rngs=rngs)
        self.dense_2 = nnx.List()
        self.dense_3 = nnx.List()
        for _ in range(n):
            self.dense_2.append(dense(in_features, 3, rngs=rngs))
            self.dense_3.append(dense(3, in_features, rngs=rngs))
        if norm:
            self.dense_4 = dense(in_features, 5, rngs=rngs)
            if n > 1:
                self.layer_norm_1 = nnx.LayerNorm(5, rngs=rngs)
            self.dense_5 = dense(5, in_features, rngs=rngs)
        self.dense_6 = dense(in_features, 6, rngs=rngs)
        self.dense_7 = dense(6, 2, rngs=rngs)

    def __call__(self, x):
        # the first one
        y = nnx.relu(self.dense_0(x))
        y = self.layer_norm_0(y)
        x = x + nnx.relu(self.dense_1(y))
        for dense_2, dense_3 in zip(self.dense_2, self.dense_3):
            # the first one
            y = nnx.relu(dense_2(x))
            x = x + nnx.relu(dense_3(y))
        if self.norm:
            # the first one
            y = nnx.relu(self.dense_4(x))
            if self.n > 1:
                y = self.layer_norm_1(y)
            x = x + nnx.relu(self.dense_5(y))
        h = nnx.relu(self.dense_6(x))
        return nnx.relu(self.dense_7(h))
"""

_EACH = """\
class Net(nn.Module):
    n: int = 2

    @nn.compact
    def __call__(self, x, train: bool = False):
        y = x

        def block(h, name):
            y = nn.Dense(4)(h) * self.param(name, nn.initializers.normal(), (4,))
            return nn.Dropout(0.5)(nn.relu(y), deterministic=not train)

        x = block(x, "a")
        with jax.named_scope("b"):
            x += block(block(x, "b"), "c")
        i = 0
        while i < self.n:
            x = block(x, f"w_{i}")
            i += 1
        return x + y.sum()
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [(_NET, _NNX), (_NAMED, _NNX_NAMED), (_COUNTED, _NNX_COUNTED), (_BLOCKS, _NNX_BLOCKS)],
)
def test_transformed(before: str, after: str) -> None:
    check_transformed(HEADER + before, NNX_HEADER + after)


def test_what_the_function_reads_of_its_method_is_not_hidden() -> None:
    check_equivalent(HEADER + _NAMED, Call("Attention", (5, 7), {}, (f32(2, 3, 5), f32(2, 3, 7))))


CASES = [
    (_NET, [{"wide": None}, {"wide": 2}]),
    (_ONE, [{"kind": kind} for kind in "abc"]),
    (_METHOD, [{"wide": None}, {"wide": 2}]),
    (_COUNTED, [{}, {"widths": (2,)}, {"widths": ()}]),
    (_BLOCKS, [{}, {"n": 1, "norm": False}]),
    (_EACH, [{}, {"n": 1}]),
]


@pytest.mark.parametrize(("before", "given"), CASES)
def test_both_compute_the_same(before: str, given: list[dict[str, int]]) -> None:
    calls = [Call("Net", (5,), arguments, (f32(2, 5),)) for arguments in given]
    check_equivalent(HEADER + before, *calls)
    run_in_tree_mode(load(migrate(HEADER + before)[0]), calls[0])


def test_names_of_the_function_are_those_of_the_layers() -> None:
    _, _, mapping = migrate(HEADER + _NET)
    assert {(v.linen[0], v.nnx[0]) for v in mapping.classes[0].variables} == {
        ("first", "one"),
        ("second", "two"),
    }


_LOCAL = """\
class Net(nn.Module):
    n: int = 2

    @nn.compact
    def __call__(self, x):
        k = 3

        def block(x):
            y = nn.Dense(k)(x)
            return nn.relu(y)

        x = block(x)
        return block(x)
"""


def _local(*pairs: tuple[str, str]) -> str:
    return HEADER + changed(_LOCAL, *pairs)


_IN = "            return nn.relu(y)\n"
_NOT_READ = {
    "handed on": _local(("return block(x)", "return jax.checkpoint(block)(x)")),
    "called in a comprehension": _local(("return block(x)", "return [block(x) for _ in range(2)]")),
    "called on a condition of an expression": _local(("return block(x)", "return block(x) if self.n > 1 else x")),
    "bound again": _local(("return block(x)", "block = nn.relu\n        return block(x)")),
    "a default that is a local": _local(("def block(x)", "def block(x, k=k)")),
    "a result that is thrown away": _local(("return block(x)", "block(x)\n        return x")),
    "it does something else": _local((_IN, "            print(y)\n" + _IN)),
    "it returns what runs later": _local((_IN, "            return sum((y + i for i in range(2)), 0)\n")),
    "it calls itself": _local((_IN, "            return block(y)\n")),
    "another has a local of what it reads": _local(
        ("        x = block(x)\n", "        def two(x):\n            k = 5\n            x = block(x)\n            return block(x) + k\n\n        x = two(x)\n"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _NOT_READ)
def test_functions_that_are_not_read_where_they_are_called(name: str) -> None:
    check_refused(_NOT_READ[name], "MN101")


_CALL = 'self.two = dense(3, "second")'
_ROUNDS = """\
        for i in range(0, len(self.widths)):
            x = update(i, x)
        return x
"""
REFUSED = (
    Refusal("its-name-is-counted-and-it-is-handed-on", "MN101", _COUNTED.replace(_ROUNDS, "        return jax.lax.fori_loop(0, 2, update, x)\n")),
    Refusal("what-it-calls-is-another-module-then", "MN101", _COUNTED.replace(_ROUNDS, "        dropout = nn.Dropout(0.1)\n" + _ROUNDS)),
    Refusal("handed-on", "MN209", _NET.replace(_CALL, 'make = dense\n        self.two = make(3, "second")')),
    Refusal("called-in-a-comprehension", "MN209", _NET.replace(_CALL, "self.two = [dense(n, None) for n in (3, 4)]")),
    Refusal("bound-again", "MN101", _NET.replace(_CALL, _CALL + "\n        dense = nn.Dense\n        self.three = dense(3)")),
    Refusal("decorated", "MN209", _NET.replace("def dense", "@partial(nn.nowrap)\n        def dense")),
    Refusal("default-of-a-local", "MN209", _NET.replace("        def dense(features, name)", "        size = 3\n\n        def dense(features, name, size=size)").replace(_CALL, "size = 4\n        " + _CALL)),
    Refusal("it-returns-on-one-side-alone", "MN209", _NET.replace("return None", "features = 3").replace("            return nn", "            if self.use_bias:\n                return nn")),
    Refusal("it-changes-the-locals", "MN106", _NET.replace("doubled = 2", "nonlocal count\n            doubled = count = 2").replace("        def dense", "        count = 0\n\n        def dense")),
    Refusal("it-calls-itself", "MN209", _NET.replace("return None", 'return dense(3, "again")')),
)  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(HEADER + case.before, case.code)


def test_the_runs_of_models_may_tell_nothing() -> None:
    """Places of what ran are looked up in the file without the functions, of which nothing is left."""
    before = (HEADER + _NET).encode()
    (untraced,), (traced,) = (
        migrate_files({"net.py": before}, Options(), facts).files for facts in (None, Facts())
    )
    assert traced.after == untraced.after != before
