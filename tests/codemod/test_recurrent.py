# ruff: noqa: E501
"""Recurrent cells: their first carries, and the layers that run them over a sequence."""

import jax.numpy as jnp
import pytest
from flax import nnx

from .carries_transformed import TRANSFORMED as CARRIES
from .check import (
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    listed,
    load,
    migrate,
    name_of,
    refusals,
    with_header,
)
from .rnn_transformed import TRANSFORMED as RUN

TRANSFORMED = (*CARRIES, *RUN)


def _body(*lines: str) -> str:
    body = "".join(f"        {line}\n" for line in lines)
    return f"class L(nn.Module):\n    f: bool = True\n\n    @nn.compact\n    def __call__(self, x):\n{body}"


_START = ".initialize_carry(jax.random.key(0), x.shape)"
_STEP = "return nn.GRUCell(4)(c, x)"
_CELL = (
    "class Cell(nn.RNNCellBase):\n    @nn.compact\n    def __call__(self, c, x):\n        {}\n\n    {}\n\n\n"
)
_OWN = "def initialize_carry(self, rng, shape):\n        return jnp.zeros((2, 4))"

REFUSED = (
    Refusal("named", "MN101", _body(f"c = nn.GRUCell(4, name='c'){_START}", _STEP)),
    Refusal("initializer-of-ones-own", "MN109", _body(f"c = nn.GRUCell(4, carry_init=nn.initializers.ones){_START}", _STEP)),
    Refusal("in-a-condition", "MN204", _body("c = 0", "if self.f:", f"    c = nn.GRUCell(4){_START}", _STEP)),
    Refusal("in-a-loop", "MN204", _body("for i in range(2):", f"    c = nn.GRUCell(4){_START}", _STEP)),
    Refusal("in-a-function", "MN204", _body("def c():", f"    return nn.GRUCell(4){_START}", _STEP.replace("c,", "c(),"))),
    Refusal("of-a-size-that-changes", "MN101", _body("n = 4", "c = nn.SimpleCell(n)", "n = 5", f"c = c{_START}", _STEP)),
    Refusal("of-another-size", "MN101", _body("n = 4", "s = nn.SimpleCell(n)", "n = 5", f"c = s{_START}", _STEP)),
    Refusal("of-a-computed-size", "MN101", _body(f"c = nn.SimpleCell(int(x.sum())){_START}", _STEP)),
    Refusal("of-an-attribute-without-a-call", "MN101", f"class L(nn.Module):\n    def setup(self):\n        self.c = nn.GRUCell(4)\n\n    def __call__(self, x):\n        return self.c{_START}\n"),
    Refusal("cell-that-is-shared", "MN101", _body("cell = nn.LSTMCell(4)", "return nn.RNN(cell)(nn.RNN(cell)(x))")),
    Refusal("rnn-of-a-transform", "MN102", _body("return nn.RNN(nn.remat(nn.LSTMCell)(4))(x)")),
    Refusal("rnn-behind-a-transform", "MN102", _body("return nn.remat(nn.RNN)(nn.LSTMCell(4))(x)")),
    Refusal("rnn-of-another-layer", "MN101", _body("return nn.RNN(nn.Dense(4))(x)")),
    Refusal("rnn-of-an-unknown-cell", "MN109", _body("return nn.RNN(nn.MGUCell(4))(x)")),
    Refusal("rnn-with-a-key", "MN101", _body("return nn.RNN(nn.LSTMCell(4))(x, init_key=jax.random.key(0))")),
    Refusal("rnn-with-params-of-each-step", "MN109", _body("return nn.RNN(nn.LSTMCell(4), variable_axes={'params': 0})(x)")),
    Refusal("rnn-with-other-draws", "MN109", _body("return nn.RNN(nn.LSTMCell(4), split_rngs={'params': False, 'dropout': False})(x)")),
    Refusal("rnn-that-may-return-its-carry", "MN108", _body("return nn.Dense(2)(nn.RNN(nn.LSTMCell(4), return_carry=self.f)(x))")),
    Refusal("rnn-of-statistics", "MN102", _CELL.format("return nn.BatchNorm(True)(c), x", "") + _body("return nn.RNN(Cell())(x, initial_carry=x[:, 0])")),
    Refusal("rnn-of-draws", "MN102", _CELL.format("return nn.Dropout(0.1)(c, deterministic=False), x", "") + _body("return nn.RNN(Cell())(x, initial_carry=x[:, 0])")),
    Refusal("rnn-of-a-carry-of-ones-own", "MN101", _CELL.format("return c, nn.Dense(4)(x)", _OWN) + _body("return nn.RNN(Cell())(x)")),
    Refusal("rnn-of-steps-without-features", "MN108", _CELL.format("return c, nn.Dense(4)(x)", "").replace("= 1", "= 0") + _body("return nn.RNN(Cell())(x, initial_carry=x[:, 0])")),
    Refusal("rnn-of-steps-without-features", "MN108", _CELL.format("return c, nn.Dense(4)(x)", "@property\n    def num_feature_axes(self):\n        return 0") + _body("return nn.RNN(Cell())(x, initial_carry=x[:, 0])")),
    Refusal("bidirectional-of-cells", "MN101", _body("return nn.Bidirectional(nn.LSTMCell(4), nn.LSTMCell(4))(x)")),
    Refusal("static-method-behind-a-transform", "MN108", "class L(nn.Module):\n    @staticmethod\n    @jax.vmap\n    def f(x):\n        return jnp.ones((x.shape[-1], 7))\n\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(2)(self.f(x))\n"),
    Refusal("key-that-is-no-literal", "MN108", _body("return nn.Dense(4)(x[str(self.f)])")),
)  # fmt: skip

EQUAL = {
    "made-between": _body("c, y = nn.GRUCell(4)(jnp.ones((2, 4)), x)", f"d = nn.GRUCell(4){_START}", "return nn.GRUCell(4)(c + d, x)"),
    "no-other-batch": _body("return nn.SimpleCell(4)(nn.SimpleCell(4).initialize_carry(jax.random.key(0), (4,)), x[0])"),
    "by-keywords": _body("c = nn.SimpleCell(4).initialize_carry(input_shape=(2, 9), rng=jax.random.key(0))", "return nn.SimpleCell(4)(c, x)"),
    "sum-of-tuples": _body("c = nn.SimpleCell(4).initialize_carry(jax.random.key(0), x.shape[:1] + (7,))", "return nn.SimpleCell(4)(c, x)"),
    "shape-of-a-local": _body("x = nn.Dense(7)(x)", f"c = nn.GRUCell(4){_START}", _STEP),
    "size-of-a-param": _body("w = self.param('w', nn.initializers.normal(), (4, 3))", f"c = nn.GRUCell(w.shape[0]){_START}", "return nn.GRUCell(4)(c, x)[1] @ w"),
    "twice": _body("cell = nn.LSTMCell(4)", f"c, y = cell(cell{_START}, x)", "return cell(c, x)"),
    "behind-a-scan": _body("cell = nn.scan(nn.LSTMCell, variable_broadcast='params', split_rngs={'params': False})(4)", "return cell(cell.initialize_carry(jax.random.key(0), (3,)), x)"),
    "size-of-a-static-method": "class L(nn.Module):\n    @staticmethod\n    def f(x, n):\n        return jnp.concatenate([x, jnp.ones((*x.shape[:-1], n))], -1)\n\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(2)(self.f(nn.Dense(4)(x), 3))\n",
    "items": "class M(nn.Module):\n    @nn.compact\n    def __call__(self, p):\n        b, a = p\n        return nn.Dense(2)(a) * nn.Dense(2)(p[0]), nn.Dense(2)(b)\n\n\n" + _body("return M()((nn.Dense(4)(x), x))"),
    "items-of-an-array": "class M(nn.Module):\n    @nn.compact\n    def __call__(self, p):\n        return nn.Dense(2)(p[0]) + nn.Dense(2)(p[1])\n\n\n" + _body("return M()(nn.Dense(4)(x))"),
}  # fmt: skip


LISTS = {
    "loop": _body("for i in range(3):", "    x = nn.RNN(nn.LSTMCell(4))(x)", "return nn.Dense(2)(x)"),
    "named": _body("x = nn.Dense(4)(x)", "for i in range(3):", "    x += nn.RNN(nn.GRUCell(4), name=f'l_{i}')(x)", "return x"),
    "among others": _body("x = nn.RNN(nn.LSTMCell(4))(x)", "for i in range(2):", "    x = nn.RNN(nn.LSTMCell(4))(x)", "return nn.RNN(nn.LSTMCell(5))(x)"),
    "two in a round": _body("for i in range(2):", "    x = nn.RNN(nn.LSTMCell(4))(x)", "    x = nn.RNN(nn.LSTMCell(5))(x)", "return x"),
    "some rounds": _body("for i in range(3):", "    if i > 0:", "        x = nn.RNN(nn.LSTMCell(4))(x)", "return nn.Dense(2)(x)"),
    "both ways": _body("for n in (4, 5):", "    x = nn.Bidirectional(nn.RNN(nn.LSTMCell(n)), nn.RNN(nn.GRUCell(3)))(x)", "return x"),
    "setup": "class L(nn.Module):\n    def setup(self):\n        self.first = nn.RNN(nn.LSTMCell(4))\n        self.more = [nn.RNN(nn.LSTMCell(4)) for _ in range(2)]\n\n    def __call__(self, x):\n        x = self.first(x)\n        for layer in self.more:\n            x = layer(x)\n        return x\n",
}  # fmt: skip


_RUN = "class B(nn.Module):\n    @nn.compact\n    def __call__(self, x, _=None):\n        return nn.RNN(nn.LSTMCell(3))(x), None\n\n\n"
LISTS |= {
    "remat": _RUN + _body("return nn.remat(B)()(x)[0]"),
    "jit": _RUN + _body("return nn.jit(B)()(x)[0]"),
    "stacked": _RUN + _body("x, _ = nn.scan(B, variable_axes={'params': 0}, split_rngs={'params': True}, in_axes=nn.broadcast, length=2)()(x, None)", "return x"),
    "shared": _RUN + _body("x, _ = nn.scan(B, variable_broadcast='params', split_rngs={'params': False}, in_axes=nn.broadcast, length=2)()(x, None)", "return x"),
    "side by side": _RUN + _body("y, _ = nn.vmap(B, variable_axes={'params': 0}, split_rngs={'params': True}, in_axes=None, axis_size=2)()(x, None)", "return y"),
}  # fmt: skip


@pytest.mark.parametrize("before", LISTS.values(), ids=LISTS)
def test_lists_compute_the_same(before: str) -> None:
    check_equivalent(with_header(before), Call("L", (3,), {}, (f32(2, 5, 3),)))


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(with_header(case.before), case.after)


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
def test_computes_the_same(case: Case, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(with_header(case.before), *(case.calls if graph else case.calls[-1:]))


@pytest.mark.parametrize("before", EQUAL.values(), ids=EQUAL)
def test_computes_the_same_without_more_ado(before: str) -> None:
    check_equivalent(with_header(before), Call("L", (3,), {}, (f32(2, 3),)))


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)


def test_a_cell_may_be_made_by_what_is_not_known() -> None:
    start = "class M(nn.Module):\n    @staticmethod\n    def start(n):\n        return nn.GRUCell(4).initialize_carry(jax.random.key(0), (n, 4))\n\n\n"
    _, file, mapping = migrate(with_header(start + _body("c = x.start(2)", _STEP)))
    assert {d.code for d in refusals(file)} == {"MN204"}
    assert [c.name for c in mapping.classes] == ["layer.M"]


_CELLS = """class Cell(nn.Module):
    n: int

    @nn.compact
    def __call__(self, c, p):
        x, reset = p
        return nn.SimpleCell(self.n)(jnp.where(reset, 0.0, c), x)

    @staticmethod
    def start(batch, n):
        return nn.SimpleCell(n).initialize_carry(jax.random.key(0), (batch, n))


"""


def test_scripts_call_static_methods_and_pass_tuples() -> None:
    script = """def run(x, reset):
    cell = Cell(n=4)
    c = Cell.start(2, 4)
    variables = cell.init(jax.random.key(0), c, (x, reset))
    return cell.apply(variables, c, (x, reset))
"""
    text, file, _ = migrate(with_header(_CELLS + script))
    assert not refusals(file)
    assert text.endswith("""def run(x, reset):
    c = Cell.start(2, 4)
    cell = Cell(x.shape[-1], n=4, rngs=nnx.Rngs(0))
    return cell(c, (x, reset))
""")
    h, y = load(text).run(jnp.ones((2, 3)), jnp.zeros((2, 1), bool))
    assert h.shape == y.shape == (2, 4)


def test_a_tuple_that_has_a_name() -> None:
    script = "def run(c, p):\n    cell = Cell(4)\n    variables = cell.init(jax.random.key(0), c, p)\n    return cell.apply(variables, c, p)\n"
    text, *_ = migrate(with_header(_CELLS + script))
    assert "cell = Cell(p[0].shape[-1], 4, rngs=nnx.Rngs(0))" in text


_RESET = next(case for case in CARRIES if case.id == "reset-by-a-static-method")


def _counted(before: str) -> str:
    """`ins.shape[1]`, as PureJaxRL has it: nothing but the layer says that it is the last axis."""
    return before.replace("ins.shape[-1]", "ins.shape[1]")


def test_features_counted_from_the_front() -> None:
    text, file, _ = migrate(_counted(_RESET.before))
    assert text == _counted(_RESET.after)
    assert "takes `x[0]` to have 2 axes in each round, of which the last is `[1]`" in listed(file)
    check_equivalent(_counted(_RESET.before), *_RESET.calls)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("nn.GRUCell(features=ins.shape[1])", "nn.GRUCell(features=ins.shape[1] + ins.shape[2])"),
        ("rnn_in = (embedding, dones)", "rnn_in = (embedding.reshape(5, 2, 2, 2), dones)"),
        ("nn.relu(nn.Dense(4)(x))", "nn.Conv(4, (3, 3))(x)"),
    ],
    ids=["two-axes", "of-another-number", "of-images"],
)
def test_features_that_are_another_axis(old: str, new: str) -> None:
    before = _counted(_RESET.before)
    assert old in before
    found = refusals(migrate(before.replace(old, new))[1])
    assert {d.code for d in found} & {"MN108"}, found


def test_a_class_that_stays_counts_the_cells_of_a_static_method() -> None:
    old = """class Old(nn.Module):
    @nn.compact
    def __call__(self, x):
        seen = self.sow("intermediates", "x", x)
        return nn.SimpleCell(4)(Cell.start(2, 4), x)
"""
    text, file, mapping = migrate(with_header(_CELLS + old))
    assert text == with_header(_CELLS + old)
    assert {d.code for d in refusals(file)} == {"MN101", "MN207", "MN302"}
    assert not mapping.classes


_OWN_NAME = """class GRUCell(nn.Module):
    features: int

    @nn.compact
    def __call__(self, carry, x):
        carry, y = nn.GRUCell(features=self.features)(carry, x)
        return carry, y * 2


class Net(nn.Module):
    @nn.compact
    def __call__(self, carry, x):
        carry, y = GRUCell(4)(carry, x)
        return nn.GRUCell(features=4)(carry, y)
"""


def test_a_class_called_like_one_of_our_twins() -> None:
    before = with_header(_OWN_NAME)
    text, file, _ = migrate(before)
    assert not refusals(file), listed(file)
    assert "from migrate_norm.layers.nnx import GRUCell as LinenGRUCell\n" in text
    assert (
        "self.gru_cell_0 = GRUCell(in_features, 4, rngs=rngs)\n        self.gru_cell_1 = LinenGRUCell(4, 4, rngs=rngs)"
        in text
    )
    check_equivalent(before, Call("Net", (3,), {}, (f32(2, 4), f32(2, 3))))
    taken = with_header("LinenGRUCell = None\n\n\n" + _OWN_NAME)
    assert {d.code for d in refusals(migrate(taken)[1])} >= {"MN208"}
