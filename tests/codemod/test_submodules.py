# ruff: noqa: E501
"""Submodules: layers of the catalog and classes of the project, their names, sizes, loops and modes."""

import pytest
from migrate_norm.catalog.automatic import rules
from migrate_norm.catalog.leaf import Leaf
from migrate_norm.catalog.mapping import loads

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    codes,
    f32,
    load,
    migrate,
    migrate_project,
    name_of,
    run_in_tree_mode,
    texts,
    with_header,
)
from .factories_transformed import IMPORTS
from .factories_transformed import TRANSFORMED as FACTORIES
from .loop_names_transformed import TRANSFORMED as LOOP_NAMES
from .merged_modes_transformed import TRANSFORMED as MERGED_MODES
from .setup_transformed import HEADER as SETUP_HEADER
from .setup_transformed import NNX_HEADER as SETUP_NNX_HEADER
from .setup_transformed import TRANSFORMED as SETUP
from .submodules_transformed import TRANSFORMED as PLAIN
from .wrappers_transformed import TRANSFORMED as WRAPPERS

TRANSFORMED = (*PLAIN, *LOOP_NAMES, *MERGED_MODES)

_COMPACT = "class L(nn.Module):\n    f: int = 4\n\n    @nn.compact\n    def __call__(self, x, y=None, train=False):\n"


def _body(*lines: str) -> str:
    return _COMPACT + "".join(f"        {line}\n" for line in lines)


REFUSED = (
    Refusal("handed-on", "MN101", _body("return jnp.vectorize(nn.Dense(3))(x)")),
    Refusal("in-a-list", "MN101", _body("layers = [nn.Dense(3), nn.Dense(4)]", "for layer in reversed(layers):", "    x = layer(x)", "return x")),
    Refusal("bound-twice-on-a-condition", "MN101", _body("d = nn.Dense(3)", "x = d(x)", "if self.f > 3:", "    d = nn.Dense(3)", "return d(x)")),
    Refusal("returned", "MN101", _body("d = nn.Dense(3)", "return d")),
    Refusal("in-a-lambda", "MN101", _body("g = lambda v: nn.Dense(3)(v)", "return g(x)")),
    Refusal("in-a-function", "MN101", _body("def g(v):", "    return nn.Dense(3)(v)", "return jax.jit(g)(x)")),
    Refusal("called-in-a-function", "MN101", _body("d = nn.Dense(3)", "def g(v):", "    return d(v)", "return jax.jit(g)(x)")),
    Refusal("itself-in-a-loop", "MN101", "class L(nn.Module):\n    depth: int = 1\n\n    @nn.compact\n    def __call__(self, x):\n        for kind in (L,):\n            x = kind(self.depth - 1)(x) if self.depth else x\n        return x\n"),
    Refusal("itself-given-to-what-is-asked", "MN101", "class L(nn.Module):\n    n: int = 1\n\n    @nn.compact\n    def __call__(self, x):\n        assert isinstance(make(L), nn.Module)\n        return nn.Dense(3)(x)\n"),
    Refusal("itself-for-its-callers", "MN101", "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(3)(x)\n\n    def kinds(self):\n        return [L]\n"),
    Refusal("in-while", "MN201", _body("while x.sum() < 3:", "    x = nn.Dense(3)(x)", "return x")),
    Refusal("never-called", "MN101", _body("d = nn.Dense(3)", "print(d)", "return x")),
    Refusal("called-on-a-condition-alone", "MN201", _body("d = nn.Dense(3)", "if self.f > 2:", "    x = d(x)", "return nn.Dense(2)(x)")),
    Refusal("unknown-size", "MN108", _body("return nn.Dense(3)(frobnicate(x))")),
    Refusal("a-mask-may-have-one-feature", "MN108", _body("return nn.LayerNorm()(x * y)")),
    Refusal("one-of-two-fields-may-be-one", "MN108", _body("return nn.LayerNorm()(nn.Dense(self.f)(x) * nn.Dense(WIDTH)(x))")),
    Refusal("unknown-axis", "MN108", _body("return nn.Dense(3)(x.swapaxes(1, 2))")),
    Refusal("key-that-is-no-literal", "MN108", _body("return nn.Dense(3)(x[str(self.f)])")),
    Refusal("part-of-an-axis-that-may-be-the-last", "MN108", _body("return nn.Dense(3)(x[:, :2])")),
    Refusal("in-a-condition", "MN201", _body("if (h := nn.Dense(3)(x)).ndim == 2:", "    h = -h", "return h")),
    Refusal("in-the-condition-of-an-expression", "MN201", _body("return x if nn.Dense(3)(x).ndim == 2 else -x")),
    Refusal("argument-decides", "MN203", _body("if y is not None:", "    x = nn.Dense(4)(x)", "else:", "    x = nn.Dense(4)(2 * x)", "return x")),
    Refusal("argument-is-the-size", "MN202", _body("return nn.Dense(y)(x)")),
    Refusal("mode-decides", "MN203", _body("return nn.Dense(3 if train else 4)(x)")),
    Refusal("argument-decides-the-next-size", "MN108", _body("if train:", "    x = nn.Dense(3)(x)", "return nn.Dense(2)(x)")),
    Refusal("names-that-mix-rounds", "MN204", _body("for i in range(3):", "    x = nn.Dense(4)(x)", "    if i > 0:", "        x = nn.Dense(4)(x)", "return x")),
    Refusal("attention-that-decodes-by-a-partial", "MN109", _body("attend = partial(nn.SelfAttention, 2, decode=True)", "return attend()(x)").replace("class L", "from functools import partial\n\n\nclass L")),
    Refusal("attention-that-decodes-behind-jit", "MN206", "class B(nn.Module):\n    decode: bool = False\n\n    @nn.compact\n    def __call__(self, x):\n        return nn.SelfAttention(2, decode=self.decode)(x)\n\n\nclass L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.jit(B)()(x)\n"),
    Refusal("attention-of-ones-own", "MN109", _body("return nn.SelfAttention(2, attention_fn=self.f)(x)")),
    Refusal("attention-rng", "MN101", _body("return nn.SelfAttention(2)(x, dropout_rng=y)")),
    Refusal("loop-is-left", "MN201", _body("for i in range(3):", "    x = nn.Dense(4)(x)", "    if self.f == i:", "        break", "return x")),
    Refusal("counter-is-bound-again", "MN201", _body("for i, g in enumerate((1, 2)):", "    x = nn.Dense(g)(x) * i + g", "    i = 0", "return x")),
    Refusal("outlives-its-round", "MN101", _body("for i in range(3):", "    d = nn.Dense(6)", "return d(x)")),
    Refusal("name-in-a-loop", "MN204", _body("for g in (self.f, 9):", "    x = nn.Dense(g, name=f'd_{g}')(x)", "return x")),
    Refusal("name-counts-from-a-field", "MN204", _body("for i in range(self.f, 6):", "    x = nn.Dense(4, name=f'd_{i}')(x)", "return x")),
    Refusal("name-counts-down", "MN204", _body("for i in range(3):", "    x = nn.Dense(4, name=f'd_{3 - i}')(x)", "return x")),
    Refusal("name-counts-from-below-zero", "MN204", _body("for i in range(1, 3):", "    x = nn.Dense(4, name=f'd_{i - 2}')(x)", "return x")),
    Refusal("name-of-rounds-up-to-what-changes", "MN204", _body("n = 1", "for i in range(4):", "    if i < n:", "        x = nn.Dense(4, name=f'd_{i}')(x)", "    n = 5 - n", "return x")),
    Refusal("name-of-rounds-up-to-the-length-of-a-list-that-grows", "MN204", _body("ys = [x]", "for i in range(4):", "    if i < len(ys) - 1:", "        x = nn.Dense(4, name=f'd_{i}')(x)", "    if i != 1:", "        ys.append(x)", "return x")),
    Refusal("names-of-two-loops", "MN208", _body("for i in range(2):", "    x = nn.Dense(4, name=f'd_{i}')(x)", "for i in range(2, 4):", "    x = nn.Dense(4, name=f'd_{i}')(x)", "return x")),
    Refusal("names-of-two-loops-that-exclude-each-other", "MN208", _body("if self.f > 2:", "    for i in range(2):", "        x = nn.Dense(4, name=f'd_{i}')(x)", "else:", "    for i in range(1, 4):", "        x = nn.Dense(4, name=f'd_{i}')(x)", "return x")),
    Refusal("name-of-elements-that-skips", "MN204", "class L(nn.Module):\n    def setup(self):\n        self.d = [nn.Dense(3, name=f'd{2 * i}') for i in range(2)]\n\n    def __call__(self, x):\n        for d in self.d:\n            x = d(x)\n        return x\n"),
    Refusal("name-of-a-method", "MN208", _body("return nn.Dense(3, name='train')(x)")),
    Refusal("one-name-twice", "MN208", _body("x = nn.Dense(3, name='a')(x)", "return nn.Dense(3, name='a')(x)")),
    Refusal("unpacked", "MN101", _body("return nn.Dense(**y)(x)")),
    Refusal("parent", "MN101", _body("return nn.Dense(3, parent=None)(x)")),
    Refusal("no-mode", "MN101", _body("return nn.Dropout(0.1)(x)")),
    Refusal("two-modes", "MN101", _body("return nn.Dropout(0.1, deterministic=train)(x, deterministic=train)")),
    Refusal("mode-bound-again", "MN101", _body("d = nn.Dropout(0.1, deterministic=train)", "train = not train", "return d(x)")),
    Refusal("dropout-rate-in-a-loop", "MN201", _body("for i in range(3):", "    x = nn.Dropout(0.1 * i)(x, deterministic=train)", "return x")),
    Refusal("no-twin", "MN109", _body("return nn.ConvLocal(3, (3,))(x)")),
    Refusal("axes-of-a-norm", "MN109", _body("return nn.LayerNorm(feature_axes=(-2, -1))(x)")),
    Refusal("groups-over-axes", "MN109", _body("return nn.GroupNorm(2, reduction_axes=(-1,))(x)")),
    Refusal("groups-over-one-axis", "MN109", _body("return nn.GroupNorm(2, reduction_axes=-1)(x)")),
    Refusal("dot-general-cls", "MN109", _body("return nn.Dense(3, dot_general_cls=self.f)(x)")),
    Refusal("layer-without-a-call", "MN101", _body("kinds = {'dense': nn.Dense}", "return kinds['dense'](3)(x)")),
    Refusal("partial", "MN101", _body("conv = partial(nn.Conv, use_bias=False)", "return conv(3, (3, 3))(x)")),
    Refusal("method-that-tells-a-size-is-replaced", "MN104", "class B(nn.Module):\n    def setup(self):\n        self.d = nn.Dense(3)\n\n    def g(self, x):\n        return x[..., :4]\n\n    def __call__(self, x):\n        return self.d(self.g(x))\n\n\nclass L(B):\n    def g(self, x):\n        return x\n"),
    Refusal("size-after-a-flattening-sum", "MN108", _body("return nn.Dense(3)(jnp.cumsum(x))")),
    Refusal("half-of-an-expression-in-a-loop", "MN201", _body("for i in range(3):", "    x = nn.Dense(4)(x) if i > 0 else x", "return x")),
    Refusal("dropout-behind-an-early-return", "MN201", _body("for i in range(3):", "    x = nn.Dropout(0.1)(x, deterministic=not train)", "if self.f > 3:", "    return x", "return nn.Dense(4)(x)")),
    Refusal("function-that-builds", "MN101", "def dense(x, f):\n    return nn.Dense(f)(x)\n\n\ndef both(x):\n    return dense(x, 3)\n\n\n" + _body("return both(x)")),
    Refusal("name-of-a-layer", "MN101", "Layer = partial(nn.Dense, use_bias=False)\n\n\n" + _body("return Layer(3)(x)")),
    Refusal("in-a-plain-method", "MN101", "class L(nn.Module):\n    def g(self, x):\n        return nn.Dense(3)(x)\n\n    @nn.compact\n    def __call__(self, x):\n        return jax.vmap(self.g)(x)\n"),
    Refusal("setup-attribute-handed-on", "MN101", "class L(nn.Module):\n    def setup(self):\n        self.d = nn.Dense(3)\n\n    def __call__(self, x):\n        return run(self.d, x)\n"),
    Refusal("setup-pairs-of-two-kinds", "MN209", "class L(nn.Module):\n    def setup(self):\n        self.d, self.n = nn.Dense(3), 4\n\n    def __call__(self, x):\n        return self.d(x) * self.n\n"),
    Refusal("makes-another-of-its-class", "MN103", "class L(nn.Module):\n    def __call__(self, x):\n        return self.__class__()(x) + self.param('b', nn.initializers.ones, (3,))\n"),
    Refusal("setup-list-sliced", "MN101", "class L(nn.Module):\n    def setup(self):\n        self.d = [nn.Dense(3) for _ in range(2)]\n\n    def __call__(self, x):\n        for d in self.d[:-1]:\n            x = d(x)\n        return x\n"),
)  # fmt: skip


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(with_header(case.before), *case.calls)


@pytest.mark.parametrize("case", SETUP, ids=name_of)
def test_setup(case: Case) -> None:
    check_transformed(SETUP_HEADER + case.before, SETUP_NNX_HEADER + case.after)
    check_equivalent(SETUP_HEADER + case.before, *case.calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)


IN_TREE_MODE = (
    *((IMPORTS + NNX_HEADER, case) for case in (*TRANSFORMED, *FACTORIES)),
    *((SETUP_NNX_HEADER, case) for case in SETUP),
    *(("", case) for case in WRAPPERS),
)


@pytest.mark.parametrize(("header", "case"), [pytest.param(*each, id=each[1].id) for each in IN_TREE_MODE])
def test_tree_mode(header: str, case: Case) -> None:
    twin = load(with_header(case.after, header))
    for call in case.calls:
        run_in_tree_mode(twin, call)


_FILES = {
    "pkg/__init__.py": "",
    "pkg/block.py": "from flax import linen as nn\n\n\nclass Block(nn.Module):\n    f: int\n\n    @nn.compact\n"
    "    def __call__(self, x):\n        return nn.relu(nn.Dense(self.f)(x))\n",
    "pkg/model.py": "from flax import linen as nn\n\nfrom .block import Block\n\n\nclass Model(nn.Module):\n"
    "    f: int = 5\n\n    @nn.compact\n    def __call__(self, x):\n        x = Block(self.f)(x)\n        return Block(2)(x)\n",
}


def test_a_child_of_another_file_gets_its_size() -> None:
    result = migrate_project(_FILES)
    assert not codes(result.files)
    after = texts(result)["pkg/model.py"]
    assert "self.block_0 = Block(in_features, f, rngs=rngs)" in after
    assert "self.block_1 = Block(f, 2, rngs=rngs)" in after


def test_a_child_that_stays_keeps_its_parents() -> None:
    files = _FILES | {
        "pkg/block.py": _FILES["pkg/block.py"].replace("nn.Dense(self.f)", "nn.ConvLocal(self.f, 3)")
    }
    result = migrate_project(files)
    assert codes(result.files) == {"MN109", "MN110"}
    assert texts(result) == files


def test_a_parent_that_stays_keeps_its_children() -> None:
    files = _FILES | {
        "pkg/model.py": _FILES["pkg/model.py"].replace("Block(2)(x)", "Block(2)(nn.ConvLocal(2, 3)(x))")
    }
    result = migrate_project(files)
    assert codes(result.files) == {"MN109", "MN302"}
    assert texts(result) == files


def test_automatic_names_that_depend_on_configuration_are_in_the_mapping() -> None:
    case = next(c for c in TRANSFORMED if c.id == "cond")
    _, _, mapping = migrate(with_header(case.before))
    found = loads(mapping.dumps()).find("L")
    assert found is not None
    leaf = Leaf(("dense_2", "kernel"), (4, 2), "float32", "params")
    first = Leaf(("dense_0", "kernel"), (6, 4), "float32", "params")
    assert {r.nnx: r.linen for r in rules(found, [leaf, first])} == {
        ("dense_0", "kernel"): ("Dense_0", "kernel"),
        ("dense_2", "kernel"): ("Dense_1", "kernel"),
    }


def test_an_argument_may_be_called_like_a_function_that_builds_the_class() -> None:
    before = (
        HEADER
        + _body("if train:", "    x = -x", "return nn.Dense(3)(x)")
        + "\n\ndef train():\n    return L()\n"
    )
    assert "class L(nnx.Module):" in migrate(before, calls_by_hand=True)[0]


def test_linen_names() -> None:
    before = (
        HEADER
        + "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(3)(x)\n"
    )
    text, _, _ = migrate(before, linen_names=True)
    assert "self.Dense_0 = nnx.Linear(in_features, 3, rngs=rngs)" in text
    check_equivalent(before, Call("L", (6,), {}, (f32(4, 6),)), linen_names=True)


@pytest.mark.parametrize(
    "block",
    [
        "if FAST:\n{}",
        "try:\n    import fast\nexcept ImportError:\n{}",
        "try:\n    from fast import Inner\nexcept ImportError:\n{}",
        "with hold():\n{}",
    ],
)
def test_what_builds_a_class_of_a_block_stays_with_it(block: str) -> None:
    inner = (
        "    class Inner(nn.Module):\n        @nn.compact\n        def __call__(self, x):\n"
        "            return nn.Dense(3)(x)\n"
    )
    outer = "\n\nclass Outer(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return Inner()(x)\n"
    check_refused(HEADER + block.format(inner) + outer, "MN110")
