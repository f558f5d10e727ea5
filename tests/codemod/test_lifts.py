# ruff: noqa: E501
"""Transforms around submodules and methods: remat, jit, vmap and scan."""

import pytest
from flax import nnx

from .check import (
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
    with_header,
)
from .iterations_transformed import TRANSFORMED as ITERATIONS
from .lifts_transformed import REMAT
from .recurrent_transformed import TRANSFORMED as RECURRENT

TRANSFORMED = (*REMAT, *ITERATIONS, *RECURRENT)

_BLOCK = """\
class Block(nn.Module):
    f: int = 3

    @nn.compact
    def __call__(self, x, train=False, mask=None):
        return nn.Dense(self.f)(x)

    def other(self, x):
        return x


"""
_L = """\
class L(nn.Module):
    flag: bool = True

    @nn.compact
    def __call__(self, x, train=False):
"""


def _body(*lines: str) -> str:
    block = _BLOCK if any("Block" in line for line in lines) else ""
    return block + _L + "".join(f"        {line}\n" for line in lines)


REFUSED = (
    Refusal("default-is-traced", "MN102", _body("return nn.remat(Block)()(x)")),
    Refusal("static-by-name", "MN102", _body("return nn.remat(Block, static_argnums=(2,))()(x, train=train)")),
    Refusal("static-not-literal", "MN102", _body("return nn.remat(Block, static_argnums=self.flag)()(x, train)")),
    Refusal("static-of-partitioning-not-literal", "MN102", "from flax import linen as nn\nfrom flax.linen import partitioning\n\n\n" + _body("return partitioning.remat(Block, static_argnums=(self.flag,))()(x, train)")),
    Refusal("static-self", "MN102", _body("return nn.remat(Block, static_argnums=(0, 2))()(x, train)")),
    Refusal("variables", "MN102", _body("return nn.remat(Block, variables='params')()(x, train)")),
    Refusal("methods", "MN102", _body("return nn.remat(Block, methods=['other'])()(x, train)")),
    Refusal("other-method", "MN101", _body("b = nn.remat(Block)(name='b')", "b(x, train)", "return b.other(x)")),
    Refusal("layer-with-modes", "MN102", "class L(nn.Module):\n    @nn.compact\n    def __call__(self, x, train):\n        return nn.remat(nn.Dropout)(0.5, deterministic=not train)(x)\n"),
    Refusal("name-on-a-condition", "MN204", _body("b = nn.remat(Block) if self.flag else Block", "return b()(x, train)")),
    Refusal("of-an-instance", "MN102", _body("return nn.remat(Block())(x)")),
    Refusal("two-classes", "MN102", _body("b = nn.remat(Block) if self.flag else nn.Dense", "return b(3, name='b')(x)")),
    Refusal("local-of-a-loop", "MN102", _body("for c in (3, 4):", "    b = nn.remat(Block)", "    x = b(3)(x, train)", "return x")),
    Refusal("handed-on", "MN101", _body("b = nn.remat(Block)()", "return jax.jit(b)(x)")),
    Refusal("local-bound-again", "MN102", _body("b = Block", "x = b()(x, train)", "b = nn.remat(b)", "return b()(x, train)")),
    Refusal("class-handed-on", "MN101", _body("b = nn.remat(Block)", "y = b()(x, train)", "print(b)", "return y")),
    Refusal("jit-of-static-by-name", "MN102", _body("return nn.jit(Block, static_argnums=(2,))()(x, train=train)")),
    Refusal("jit-of-donated", "MN102", _body("return nn.jit(Block, donate_argnums=(1,))()(x, train)")),
    Refusal("remat-scan", "MN102", _body("return nn.remat_scan(Block, lengths=(2, 2))()(x)")),
    Refusal("map-variables", "MN102", _body("return nn.map_variables(Block, 'params')()(x)")),
    Refusal("decorated-default", "MN102", "class L(nn.Module):\n    @nn.remat\n    @nn.compact\n    def __call__(self, x, train=False):\n        return nn.Dense(3)(x)\n"),
    Refusal("argument-of-setup", "MN102", _BLOCK
        + "class L(nn.Module):\n    flag: bool = True\n\n    def setup(self):\n        self.b = nn.remat(Block, prevent_cse=self.flag)()\n\n    def __call__(self, x):\n        return self.b(x, None)\n"),
)  # fmt: skip


_AXES = "variable_axes={'params': 0}"
_SPLIT = "split_rngs={'params': True}"
_BOTH = f"{_AXES}, {_SPLIT}, "
_SHARED = "variable_axes={'params': None}, split_rngs={'params': False}, "


def _vmap(options: str, call: str = "x, train", inner: str = "Block", made: str = "()") -> str:
    return _body(f"return nn.vmap({inner}, {options}){made}({call})")


def _scan(options: str, call: str = "x, None", inner: str = "Step") -> str:
    step = """\
class Step(nn.Module):
    draws: bool = False

    @nn.compact
    def __call__(self, carry, x):
        return nn.Dropout(0.5)(nn.Dense(6)(carry), deterministic=False), x


"""
    return step + _body(f"return nn.scan({inner}, {options})()({call})")


REFUSED += (
    Refusal("vmap-axis", "MN102", _vmap("variable_axes={'params': 1}, split_rngs={'params': True}, axis_size=3")),
    Refusal("vmap-without-a-size", "MN102", _vmap(_BOTH + "in_axes=(0, None)")),
    Refusal("vmap-same-draws", "MN102", _vmap(_AXES + ", split_rngs={'params': False}, axis_size=3")),
    Refusal("vmap-same-dropout", "MN102", _vmap(_AXES + ", split_rngs={'params': True, 'dropout': False}, axis_size=3")),
    Refusal("vmap-no-draws", "MN102", _vmap(_AXES + ", axis_size=3")),
    Refusal("vmap-axes-as-a-field", "MN102", _vmap("variable_axes=self.flag, " + _SPLIT)),
    Refusal("vmap-in-axes-as-a-field", "MN102", _vmap(_BOTH + "in_axes=self.flag, axis_size=3")),
    Refusal("vmap-nested-axes", "MN102", _vmap(_BOTH + "in_axes=((0, 1), None), axis_size=3")),
    Refusal("vmap-axes-of-too-many", "MN102", _vmap(_BOTH + "in_axes=(0, None, 0), axis_size=3")),
    Refusal("vmap-out-axes", "MN102", _vmap(_BOTH + "out_axes=(0, 1), axis_size=3")),
    Refusal("vmap-keyword", "MN102", _vmap(_BOTH + "in_axes=0, axis_size=3", "x, train=train")),
    Refusal("vmap-axis-name", "MN102", _vmap(_BOTH + "in_axes=0, axis_size=3, axis_name='i'")),
    Refusal("vmap-methods", "MN102", _vmap(_BOTH + "axis_size=3, methods=['other']")),
    Refusal("vmap-of-no-variables", "MN102", _vmap(_BOTH + "axis_size=3", "x", "nn.Dropout", "(0.5, deterministic=True)")),
    Refusal("vmap-of-modes", "MN102", _vmap("variable_axes={'params': 0, 'batch_stats': 0}, axis_size=3, " + _SPLIT, "x", "nn.BatchNorm", "(True)")),
    Refusal("vmap-of-an-unsaid-collection", "MN102", _vmap(_BOTH + "axis_size=3", "x", "Norm", "()").replace("class L", "class Norm(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.BatchNorm(True)(x)\n\n\nclass L")),
    Refusal("vmap-of-shared-statistics", "MN102", _vmap("variable_axes={'params': 0, 'batch_stats': None}, axis_size=3, " + _SPLIT, "x", "Norm", "()").replace("class L", "class Norm(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.BatchNorm(True)(x)\n\n\nclass L")),
    Refusal("vmap-of-vmap", "MN102", _vmap(_BOTH + "axis_size=3", inner="nn.vmap(Block, " + _SHARED + "in_axes=(0, None))")),
    Refusal("vmap-in-a-loop", "MN102", _body("for i in range(2):", f"    x = nn.vmap(Block, {_BOTH}axis_size=3)(6)(x, None)", "return x")),
    Refusal("vmap-in-a-test", "MN102", _body(f"if nn.vmap(Block, {_BOTH}axis_size=3)()(x, None).sum() > 0:", "    x = -x", "return x")),
    Refusal("vmap-behind-a-colon", "MN102", _body(f"if self.flag: x = nn.vmap(Block, {_BOTH}in_axes=None, axis_size=3)()(x, None)", "return x")),
    Refusal("vmap-twice-in-a-statement", "MN102", _body(f"e = nn.vmap(Block, {_BOTH}in_axes=None, axis_size=3)()", "return e(x, None) + e(x, None)")),
    Refusal("vmap-in-a-function", "MN101", _body(f"e = nn.vmap(Block, {_BOTH}in_axes=None, axis_size=3)()", "def f(v):", "    return e(v, None)", "return jax.jit(f)(x)")),
    Refusal("vmap-on-a-condition", "MN102", _body("b = Block", "if self.flag:", f"    b = nn.vmap(b, {_BOTH}axis_size=3)", "return b(name='b')(x, None)")),
    Refusal("scan-of-a-dropout-that-is-shared", "MN102", _scan("variable_broadcast='params', split_rngs={'params': False, 'dropout': True}")),
    Refusal("vmap-of-a-local-bound-again", "MN102", _body(f"e = nn.vmap(Block, {_BOTH}in_axes=None, axis_size=2)", "y = e()(x, None)", f"e = nn.vmap(nn.Dense, {_BOTH}in_axes=None, axis_size=3)", "return y, e(4)(x)")),
    Refusal("vmap-class-handed-on", "MN101", _body(f"e = nn.vmap(Block, {_BOTH}in_axes=None, axis_size=3)", "y = e()(x, None)", "print(e)", "return y")),
    Refusal("scan-carry", "MN102", _scan("variable_carry='params'")),
    Refusal("scan-both", "MN102", _scan("variable_axes={'params': 0, 'x': 0}, variable_broadcast='params', " + _SPLIT)),
    Refusal("scan-computed-broadcast", "MN102", _scan(_BOTH + "in_axes=nn.broadcast, length=3", "x, jnp.sin(x)")),
    Refusal("scan-data-transform", "MN102", _scan(_BOTH + "length=3, data_transform=self.flag")),
    Refusal("sharded", "MN210", "class P(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return x * self.param('w', nn.with_partitioning(nn.initializers.ones, ('a',)), (6,))\n\n\nclass L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.vmap(P, " + _BOTH + "in_axes=None, axis_size=3, metadata_params={nn.PARTITION_NAME: 'e'})()(x)\n"),
    Refusal("inherited", "MN104", "class B(nn.Module):\n    def setup(self):\n        self.d = nn.vmap(nn.Dense, " + _BOTH + "in_axes=None, axis_size=3)(2)\n\n    def __call__(self, x):\n        return self.d(x)\n\n\nclass L(B):\n    def more(self, x):\n        return self.d(x) * 2\n"),
)  # fmt: skip


def _decorated(options: str, *lines: str, parameters: str = "carry, x") -> str:
    head = (
        f"class L(nn.Module):\n    flag: bool = True\n\n    @partial(nn.scan, {options})\n    @nn.compact\n"
    )
    body = "".join(f"        {line}\n" for line in lines)
    return f"from functools import partial\n\n\n{head}    def __call__(self, {parameters}):\n{body}"


_TIME = "variable_broadcast='params', split_rngs={'params': False}"
_STEP = ("return nn.Dense(4)(carry) + nn.Dense(4)(x), x",)
REFUSED += (
    Refusal("gru-of-another-name", "MN101", _body("cell = nn.GRUCell", "return cell(4)(x, x)")),
    Refusal("gru-beside-another", "MN208", "LinenGRUCell = None\n\n\nclass GRUCell(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n        return nn.GRUCell(4)(x, x)\n"),
    Refusal("mgu", "MN109", _body("return nn.MGUCell(4)(x, x)")),
    Refusal("carry-init", "MN109", _body("return nn.LSTMCell(4, carry_init=nn.initializers.ones)((x, x), x)")),
    Refusal("decorated-params-of-their-own", "MN102", _decorated("variable_axes={'params': 0}, split_rngs={'params': True}, length=3", *_STEP)),
    Refusal("decorated-other-collections", "MN102", _decorated(_TIME, "return carry, nn.BatchNorm(True)(x)")),
    Refusal("decorated-draws", "MN102", _decorated(_TIME, "return carry, nn.Dropout(0.1)(nn.Dense(3)(x), deterministic=False)")),
    Refusal("decorated-default", "MN102", _decorated(_TIME, *_STEP, parameters="carry, x, train=False")),
    Refusal("decorated-broadcast", "MN102", _decorated(_TIME + ", in_axes=nn.broadcast, length=3", *_STEP)),
    Refusal("decorated-axis-from-the-end", "MN102", _decorated(_TIME + ", in_axes=-1", *_STEP)),
    Refusal("decorated-axes-that-do-not-fit", "MN102", _decorated(_TIME + ", in_axes=(0, 0)", *_STEP)),
    Refusal("decorated-whole-shape", "MN108", _decorated(_TIME, "w = self.param('w', nn.initializers.ones, x.shape)", "return carry, x * w")),
    Refusal("decorated-vmap", "MN102", _decorated(_TIME, *_STEP).replace("nn.scan", "nn.vmap").replace("variable_broadcast='params', ", "")),
    Refusal("decorated-twice", "MN102", _decorated(_TIME, *_STEP).replace("    @nn.compact", "    @nn.remat\n    @nn.compact")),
)  # fmt: skip


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(with_header(case.before), *(case.calls if graph else case.calls[-1:]))


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)


_STEP_CLASS = """\
class Step(nn.Module):
    @nn.compact
    def __call__(self, carry, x):
        carry = carry + nn.Dense(6)(carry)
        return carry, carry * 2


class Block(nn.Module):
    @nn.compact
    def __call__(self, x, mask=None):
        return nn.Dense(6)(x)


"""
_ENSEMBLE = f"nn.vmap(Block, {_BOTH}in_axes=None, axis_size=3)"
_LAYERS = f"nn.scan(Step, {_BOTH}length=3)"
CORNERS = {
    "called-twice": (f"e = {_ENSEMBLE}()", "y = e(x)", "z = e(x * 2)", "return y + z"),
    "names-that-are-taken": ("call, block = x, x + 1", f"y = {_ENSEMBLE}()(call, block)", "return y + call"),
    "places-in-a-statement": (f"return -(nn.remat(Block)()(x, None) + {_ENSEMBLE}()(x))",),
    "on-a-condition": ("if self.flag:", f"    x, _ = {_LAYERS}()(nn.Dense(6)(x), None)", "return x"),
}


@pytest.mark.parametrize("name", CORNERS)
def test_corners(name: str) -> None:
    body = "".join(f"        {line}\n" for line in CORNERS[name])
    check_equivalent(
        with_header(_STEP_CLASS + _L.replace(", train=False", "") + body), Call("L", (6,), {}, (f32(4, 6),))
    )
