"""`nn.cond`, `nn.switch` and `nn.while_loop`: branches are handed the module, loops read it from around them."""

import pytest
from flax import nnx
from migrate_norm.equivalence import InputSpec

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    Case,
    changed,
    check_equivalent,
    check_refused,
    check_transformed,
    compare,
    f32,
    listed,
    load,
    migrate,
    name_of,
    run_in_tree_mode,
    run_on_shapes,
)

X, PRED, INDEX = f32(2, 5), InputSpec("bool", ()), InputSpec("int32", ())

BRANCHES = Case(
    "functions of the method, which make one module",
    """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x, pred):
        def true_fn(mdl, x):
            # as it is
            return nn.Dense(3, name="dense")(x)

        def false_fn(mdl, x):
            return -nn.Dense(3, name="dense")(x)

        y = nn.cond(pred, true_fn, false_fn, self, x)
        return nn.Dense(2)(y)
""",
    """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense = nnx.Linear(in_features, 3, rngs=rngs)
        self.dense_0 = nnx.Linear(3, 2, rngs=rngs)

    def __call__(self, x, pred):
        def true_fn(self, x):
            # as it is
            return self.dense(x)

        def false_fn(self, x):
            return -self.dense(x)

        y = nnx.cond(pred, true_fn, false_fn, self, x)
        return self.dense_0(y)
""",
    (Call("Net", (5,), {}, (X, PRED)),),
)
NUMBERED = Case(
    "Linen numbers each branch from the same start",
    """\
class Net(nn.Module):
    width: int = 3

    @nn.compact
    def __call__(self, x, i):
        h = nn.Dense(4)(x)
        branches = nn.switch(
            i,
            [
                lambda m, x: nn.Dense(m.width)(x),
                lambda m, y: nn.relu(nn.Dense(m.width)(y)),
                lambda m, x: nn.Dense(m.width)(2 * x),
            ],
            self,
            h,
            variables=True,
        )
        return nn.Dense(2)(branches)
""",
    """\
class Net(nnx.Module):
    def __init__(self, in_features: int, width: int = 3, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        self.dense_1 = nnx.Linear(4, width, rngs=rngs)
        self.dense_2 = nnx.Linear(width, 2, rngs=rngs)

    def __call__(self, x, i):
        h = self.dense_0(x)
        branches = nnx.switch(
            i,
            [
                lambda self, x: self.dense_1(x),
                lambda self, y: nnx.relu(self.dense_1(y)),
                lambda self, x: self.dense_1(2 * x),
            ],
            self,
            h,
        )
        return self.dense_2(branches)
""",
    (Call("Net", (5,), {}, (X, INDEX)),),
)
SETUP = Case(
    "submodules of setup, each in a branch of its own",
    """\
class Net(nn.Module):
    def setup(self):
        self.a = nn.Dense(4)
        self.b = nn.Dense(4, use_bias=False)

    def __call__(self, x, pred):
        if self.is_initializing():
            self.a(x), self.b(x)
        return nn.cond(pred, lambda mdl, x: mdl.a(x), lambda mdl, x: mdl.b(x), self, x)
""",
    """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.a = nnx.Linear(in_features, 4, rngs=rngs)
        self.b = nnx.Linear(in_features, 4, use_bias=False, rngs=rngs)

    def __call__(self, x, pred):
        return nnx.cond(pred, lambda self, x: self.a(x), lambda self, x: self.b(x), self, x)
""",
    (Call("Net", (5,), {}, (X, PRED)),),
)
METHODS = Case(
    "methods, which NNX would call with the module twice",
    """\
class Net(nn.Module):
    def setup(self):
        self.a = nn.Dense(4)

    def plus(self, x, y):
        return self.a(x) + y

    def minus(self, x, y):
        return y - self.a(x)

    def __call__(self, x, pred):
        return nn.cond(pred, self.plus, Net.minus, self, x, 2.0)
""",
    """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.a = nnx.Linear(in_features, 4, rngs=rngs)

    def plus(self, x, y):
        return self.a(x) + y

    def minus(self, x, y):
        return y - self.a(x)

    def __call__(self, x, pred):
        return nnx.cond(pred, lambda self, a0, a1: self.plus(a0, a1), lambda self, a0, a1: self.minus(a0, a1), self, x, 2.0)
""",  # noqa: E501
    (Call("Net", (5,), {}, (X, PRED)),),
)
SUBMODULE = Case(
    "a submodule in the place of the module",
    """\
class Net(nn.Module):
    def setup(self):
        self.a = nn.Dense(5)
        self.out = nn.Dense(2)

    def __call__(self, x, pred):
        y = nn.cond(pred, lambda m, x: m(x), lambda m, x: m(x * 2), self.a, x)
        return self.out(y)
""",
    """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.a = nnx.Linear(in_features, 5, rngs=rngs)
        self.out = nnx.Linear(5, 2, rngs=rngs)

    def __call__(self, x, pred):
        y = nnx.cond(pred, lambda self, x: self.a(x), lambda self, x: self.a(x * 2), self, x)
        return self.out(y)
""",
    (Call("Net", (5,), {}, (X, PRED)),),
)
LOCAL = Case(
    "a module that a local holds",
    """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x, pred):
        a = nn.Dense(5)
        y = nn.cond(pred, lambda m, x: m(x), lambda m, x: -m(x), a, x)
        return nn.Dense(2)(y)
""",
    """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 5, rngs=rngs)
        self.dense_1 = nnx.Linear(5, 2, rngs=rngs)

    def __call__(self, x, pred):
        y = nnx.cond(pred, lambda self, x: self.dense_0(x), lambda self, x: -self.dense_0(x), self, x)
        return self.dense_1(y)
""",
    (Call("Net", (5,), {}, (X, PRED)),),
)
EACH = Case(
    "branches with modules of their own, which init makes one by one",
    """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x, pred):
        def one(mdl, x):
            x = nn.Dense(8, name="one")(x)
            return nn.Dense(3, name="last")(nn.relu(x))

        def two(mdl, x):
            head = nn.Dense(3, name="two")
            return head(x)

        if self.is_initializing():
            one(self, x)
            two(self, x)
        return nn.cond(pred, one, two, self, x)
""",
    """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.one = nnx.Linear(in_features, 8, rngs=rngs)
        self.last = nnx.Linear(8, 3, rngs=rngs)
        self.two = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x, pred):
        def one(self, x):
            x = self.one(x)
            return self.last(nnx.relu(x))

        def two(self, x):
            return self.two(x)

        return nnx.cond(pred, one, two, self, x)
""",
    (Call("Net", (5,), {}, (X, PRED)),),
)
APART = Case(
    "what init makes otherwise: both branches call the first",
    """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x, pred):
        if self.is_initializing():
            nn.Dense(3)(x)
            y = nn.Dense(3)(x)
        else:
            y = nn.cond(pred, lambda m, x: nn.Dense(3)(x), lambda m, x: -nn.Dense(3)(x), self, x)
        return y
""",
    """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 3, rngs=rngs)
        self.dense_1 = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x, pred):
        y = nnx.cond(pred, lambda self, x: self.dense_0(x), lambda self, x: -self.dense_0(x), self, x)
        return y
""",
    (Call("Net", (5,), {}, (X, PRED)),),
)
SEVERAL = Case(
    "several operands and results, and a norm that one branch trains",
    """\
class Net(nn.Module):
    def setup(self):
        self.cell = nn.Dense(4)
        self.norm = nn.BatchNorm()
        self.out = nn.Dense(2)

    def __call__(self, x, c, pred, train=False):
        def step(mdl, h, c):
            h = mdl.norm(mdl.cell(h), use_running_average=not train)
            return h, c + 1

        def keep(mdl, h, c):
            return mdl.norm(mdl.cell(h), use_running_average=True), c

        h, c = nn.cond(pred, step, keep, self, x, c)
        return self.out(h), c
""",
    """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.cell = nnx.Linear(in_features, 4, rngs=rngs)
        self.norm = nnx.BatchNorm(4, rngs=rngs)
        self.out = nnx.Linear(4, 2, rngs=rngs)

    def __call__(self, x, c, pred, train=False):
        def step(self, h, c):
            h = self.norm(self.cell(h), use_running_average=not train)
            return h, c + 1

        def keep(self, h, c):
            return self.norm(self.cell(h), use_running_average=True), c

        h, c = nnx.cond(pred, step, keep, self, x, c)
        return self.out(h), c
""",
    tuple(Call("Net", (5,), {}, (X, f32(2), PRED), {"train": train}) for train in (False, True)),
)
DRAWN = Case(
    "one branch that draws random numbers",
    """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x, pred, train=False):
        def drop(mdl, x):
            return nn.Dropout(0.5, deterministic=not train)(x)

        x = nn.cond(pred, drop, lambda mdl, x: x, self, nn.Dense(4)(x))
        return nn.Dense(2)(nn.Dropout(0.5, deterministic=not train)(x))
""",
    """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dropout_0 = nnx.Dropout(0.5, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        self.dense_1 = nnx.Linear(4, 2, rngs=rngs)
        self.dropout_1 = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x, pred, train=False):
        def drop(self, x):
            return self.dropout_0(x, deterministic=not train)

        x = nnx.cond(pred, drop, lambda self, x: x, self, self.dense_0(x))
        return self.dense_1(self.dropout_1(x, deterministic=not train))
""",
    tuple(Call("Net", (5,), {}, (X, PRED), {"train": train}) for train in (False, True)),
)
CASES = (BRANCHES, NUMBERED, SETUP, METHODS, SUBMODULE, LOCAL, EACH, APART, SEVERAL, DRAWN)

LOOP = Case(
    "a loop whose body makes the module",
    """\
class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        def cond_fn(mdl, c):
            return c.sum() < 10

        def body_fn(mdl, c):
            return nn.Dense(c.shape[-1])(c) ** 2 + 1

        if self.is_mutable_collection("params"):
            return body_fn(self, x)
        return nn.while_loop(cond_fn, body_fn, self, x)
""",
    """\
class Net(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, in_features, rngs=rngs)

    def __call__(self, x):
        def cond_fn(c):
            return c.sum() < 10

        def body_fn(c):
            return self.dense_0(c) ** 2 + 1

        return nnx.while_loop(cond_fn, body_fn, x)
""",
    (Call("Net", (5,), {}, (X,)),),
)
CARRIED = Case(
    "a loop over a submodule of setup, with a number beside",
    """\
class Net(nn.Module):
    def setup(self):
        self.a = nn.Dense(4)
        self.out = nn.Dense(2)

    def __call__(self, x):
        x = self.a(x)
        i, x = nn.while_loop(
            lambda _, c: c[0] < 3, lambda a, c: (c[0] + 1, a(c[1])), self.a, (0, x), split_rngs={"params": False}
        )
        return self.out(x)
""",
    """\
class Net(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.a = nnx.Linear(4, 4, rngs=rngs)
        self.out = nnx.Linear(4, 2, rngs=rngs)

    def __call__(self, x):
        x = self.a(x)
        i, x = nnx.while_loop(
            lambda c: c[0] < 3, lambda c: (c[0] + 1, self.a(c[1])), (0, x)
        )
        return self.out(x)
""",
    (Call("Net", (), {}, (f32(2, 4),)),),
)
WRITTEN = Case(
    "a loop that changes variables, which it carries with the module",
    """\
class Net(nn.Module):
    def setup(self):
        self.a = nn.Dense(4)
        self.norm = nn.BatchNorm(use_running_average=False)
        self.rounds = self.variable("state", "rounds", jnp.zeros, ())

    def __call__(self, x):
        x = self.norm(self.a(x))

        def cond_fn(mdl, c):
            return c[1] < 3

        def body_fn(mdl, c):
            x, i = c
            mdl.rounds.value = mdl.rounds.value + i
            return mdl.norm(mdl.a(x)), i + 1

        x, i = nn.while_loop(
            cond_fn, body_fn, self, (x, 0), carry_variables=["state", "batch_stats"], broadcast_variables="params"
        )
        return x + self.rounds.value
""",
    """\
@nnx.register_variable_name("state")
class State(nnx.Variable):
    \"\"\"Linen's collection `state`.\"\"\"


class Net(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.a = nnx.Linear(4, 4, rngs=rngs)
        self.norm = nnx.BatchNorm(4, use_running_average=False, rngs=rngs)
        self.rounds = State(jnp.zeros(()))

    def __call__(self, x):
        x = self.norm(self.a(x))

        def cond_fn(self, c):
            return c[1] < 3

        def body_fn(self, c):
            x, i = c
            self.rounds[...] = self.rounds[...] + i
            return self.norm(self.a(x)), i + 1

        x, i = nnx.while_loop(
            lambda carry: cond_fn(*carry),
            lambda carry: (carry[0], body_fn(*carry)),
            (self, (x, 0)),
        )[1]
        return x + self.rounds[...]
""",
    (Call("Net", (), {}, (f32(2, 4),)),),
)
LOOPS = (LOOP, CARRIED, WRITTEN)


@pytest.mark.parametrize("case", [*CASES, *LOOPS], ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(HEADER + case.before, NNX_HEADER + case.after)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(HEADER + case.before, *case.calls)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_computes_the_same_in_tree_mode(case: Case) -> None:
    with nnx.set_graph_mode(False), nnx.set_graph_updates(False):
        check_equivalent(HEADER + case.before, *case.calls)


@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize("case", LOOPS, ids=name_of)
def test_loops_compute_the_same(case: Case, tree: bool) -> None:
    """JAX has no gradients of such loops, backwards."""
    (call,) = case.calls
    text, _, mapping = migrate(HEADER + case.before)
    linen, twin = load(HEADER + case.before), load(text)
    with nnx.set_graph_mode(not tree), nnx.set_graph_updates(not tree):
        report = compare(linen, twin, mapping, call, samples=2, gradients=False, poison=False)
        assert report.equal, report
        run_on_shapes(twin, call)


@pytest.mark.parametrize("case", [*CASES, *LOOPS], ids=name_of)
def test_runs_in_tree_mode(case: Case) -> None:
    twin = load(NNX_HEADER + case.after)
    for call in case.calls:
        run_in_tree_mode(twin, call)


WHILE = "nn.while_loop(cond_fn, body_fn, self, x"
CUT = "        y = nn.cond(pred, true_fn, false_fn, self, x)\n"


@pytest.mark.parametrize(
    ("case", "old", "new", "why"),
    [
        (BRANCHES, "-nn.Dense(3,", "-nn.Dense(3, use_bias=False,", "with different arguments"),
        (BRANCHES, "self, x)", "self, x, rngs='params')", "`rngs='params'`"),
        (BRANCHES, "nn.cond(pred", "nn.cond(*pred", "nn.cond"),
        (BRANCHES, "self, x)", "nn.Dense(3), x)", "which nn.cond runs, is not followed"),
        (BRANCHES, "true_fn, f", "f[0], f", "is no function of the method"),
        (BRANCHES, CUT, f"{CUT}        y = map(true_fn, y)\n", "is used otherwise as well"),
        (BRANCHES, CUT, CUT + CUT, "run in several places"),
        (BRANCHES, CUT, f"        for _ in range(3):\n    {CUT}", "run in several places"),
        (BRANCHES, "return -nn.Dense(3", "n = 3\n            return -nn.Dense(n", "made of `n`"),
        (BRANCHES, "return -nn", "return -mdl.param('k', jnp.zeros, ()) * nn", "uses `mdl.param`"),
        (BRANCHES, "return -nn", "mdl.sow('intermediates', 'x', x)\n            return -nn", "uses `mdl.sow`"),
        (BRANCHES, "return -nn", "return x if x.ndim == 1 else -nn", "on a condition"),
        (BRANCHES, "return -nn", "return -nn.remat(nn.Dense)(3)(x) + nn", "behind a transform"),
        (BRANCHES, "return -nn", "mdl = x\n            return -nn", "binds `mdl` again"),
        (BRANCHES, "        def false_fn", "        @jax.jit\n        def false_fn", "how nn.cond calls"),
        (NUMBERED, "            h,\n", "            nn.Dense(4)(h),\n", "in one statement"),
        (NUMBERED, "branches = nn.switch", "branches = nn.Dense(4)(h) + nn.switch", "in one statement"),
        (EACH, ', name="two"', "", "otherwise than a call"),
        (LOOP, WHILE, f"{WHILE}, carry_variables=x.shape", "`carry_variables=x.shape`"),
        (LOOP, WHILE, "nn.while_loop(lambda m, c: c < 1, body_fn, self, x, carry_variables='a'", "define it with"),
        (WRITTEN, "mdl.norm(", "self.norm(", "reaches `self.norm` from outside"),
        (WRITTEN, "mdl.rounds.value + i", "self.rounds.value + i", "reaches `self.rounds` from outside"),
        (LOOP, WHILE, f"{WHILE}, split_rngs={{'dropout': True}}", "is not followed"),
        (LOOP, "c.sum()", "c.sum() * mdl.is_mutable_collection('params')", "uses `mdl.is_mutable_collection`"),
        (LOOP, "body_fn(mdl, c)", "body_fn(mdl, c, d=0)", "how nn.while_loop calls"),
        (DRAWN, "lambda mdl, x: x", "lambda mdl, x: drop(mdl, x)", "is used otherwise"),
        (DRAWN, "lambda mdl, x: x", "lambda mdl, x: nn.Dropout(0.5, deterministic=not train)(x)", "draws the same"),
    ],
)  # fmt: skip
def test_refused(case: Case, old: str, new: str, why: str) -> None:
    before = HEADER + changed(case.before, (old, new))
    file = check_refused(before, "MN102")
    assert why in listed(file), listed(file)
