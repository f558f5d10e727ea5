"""Arguments that some models are never given: what is made with those alone is made where they are announced."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_transformed, f32, migrate, refusals

HEAD = """\
class Head(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x, cond=None):
        x = nn.Dense(self.features)(x)
        if cond is not None:
            x = x + nn.Dense(self.features)(cond)
        return nn.Dense(3)(x)
"""
NNX_HEAD = """\
class Head(nnx.Module):
    def __init__(
        self,
        x_features: int,
        cond_features: int | None,
        features: int,
        *,
        rngs: nnx.Rngs,
    ):
        self.dense_0 = nnx.Linear(x_features, features, rngs=rngs)
        if cond_features is not None:
            self.dense_1 = nnx.Linear(cond_features, features, rngs=rngs)
        self.dense_2 = nnx.Linear(features, 3, rngs=rngs)

    def __call__(self, x, cond=None):
        x = self.dense_0(x)
        if cond is not None:
            x = x + self.dense_1(cond)
        return self.dense_2(x)
"""
MODELS = """\


class With(nn.Module):
    @nn.compact
    def __call__(self, x, c):
        return Head(8)(x, c)


class Without(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Head(8)(x)


class Either(nn.Module):
    conditional: bool

    @nn.compact
    def __call__(self, x, c):
        embedded = nn.Dense(6)(c) if self.conditional else None
        return Head(8)(x, embedded)
"""
NNX_MODELS = """\


class With(nnx.Module):
    def __init__(self, x_features: int, c_features: int, *, rngs: nnx.Rngs):
        self.head_0 = Head(x_features, c_features, 8, rngs=rngs)

    def __call__(self, x, c):
        return self.head_0(x, c)


class Without(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.head_0 = Head(in_features, None, 8, rngs=rngs)

    def __call__(self, x):
        return self.head_0(x)
"""
CALLS = (
    Call("With", (5, 4), inputs=(f32(2, 5), f32(2, 4))),
    Call("Without", (5,), inputs=(f32(2, 5),)),
)
SETUP = """\
class Head(nn.Module):
    features: int

    def setup(self):
        self.inner = nn.Dense(self.features)
        self.shift = nn.Dense(self.features)

    def __call__(self, x, cond=None):
        x = self.inner(x)
        if cond is not None:
            x = x + self.shift(cond)
        return x
"""


def test_a_submodule_is_made_where_the_size_of_its_argument_is_given() -> None:
    models = MODELS.partition("\n\nclass Either")[0]
    check_transformed(HEADER + HEAD + models, NNX_HEADER + NNX_HEAD + NNX_MODELS)
    check_equivalent(HEADER + HEAD + models, *CALLS)


@pytest.mark.parametrize("conditional", [True, False])
def test_fields_may_say_whether_it_is_given(conditional: bool) -> None:
    text, _, _ = migrate(HEADER + HEAD + MODELS)
    assert "Head(x_features, 6 if conditional else None, 8, rngs=rngs)" in text
    call = Call("Either", (4, 5), {"conditional": conditional}, (f32(2, 5), f32(2, 4)))
    check_equivalent(HEADER + HEAD + MODELS, call)


def test_all_who_give_it_keep_the_plain_form() -> None:
    model = MODELS.partition("\n\nclass Without")[0]
    text, _, _ = migrate(HEADER + HEAD + model)
    assert "cond_features: int," in text
    assert " is not None:" in text.partition("def __call__")[2]
    assert "if cond_features" not in text


def test_setup_makes_what_calls_with_the_argument_alone_use() -> None:
    models = MODELS.partition("\n\nclass Either")[0]
    text, _, _ = migrate(HEADER + SETUP + models)
    assert "if cond_features is not None:\n            self.shift = nnx.Linear(cond_features" in text
    check_equivalent(HEADER + SETUP + models, *CALLS)


IN_BETWEEN = """\


class Body(nn.Module):
    @nn.compact
    def __call__(self, x, cond=None):
        return Head(8)(nn.relu(x), cond)


class With(nn.Module):
    @nn.compact
    def __call__(self, x, c):
        return Body()(x, c)


class Without(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Body()(x)
"""


@pytest.mark.parametrize("head", [HEAD, SETUP])
def test_who_hands_it_on_announces_what_it_is_told(head: str) -> None:
    text, _, _ = migrate(HEADER + head + IN_BETWEEN)
    assert "Head(x_features, cond_features, 8, rngs=rngs)" in text
    assert "def __init__(self, x_features: int, cond_features: int | None, *, rngs: nnx.Rngs):" in text
    check_equivalent(HEADER + head + IN_BETWEEN, *CALLS)


def test_a_half_of_a_choice_is_such_a_submodule() -> None:
    head = HEAD.replace(
        "        if cond is not None:\n            x = x + nn.Dense(self.features)(cond)\n", ""
    )
    chosen = "        x = x + (nn.Dense(self.features)(cond) if cond is not None else 1.0)\n        return"
    check_equivalent(HEADER + head.replace("        return", chosen) + IN_BETWEEN, *CALLS)


WIDER = """\
class Head(nn.Module):
    @nn.compact
    def __call__(self, x, mask=None):
        x = nn.Dense(4)(x)
        if mask is not None:
            x = jnp.concatenate([x, nn.Dense(7)(x * mask)], axis=-1)
        return nn.Dense(3)(x)


class With(nn.Module):
    @nn.compact
    def __call__(self, x, mask):
        return Head()(x, mask)


class Without(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Head()(x)
"""


def test_without_a_size_of_it_a_flag_announces_it() -> None:
    text, _, _ = migrate(HEADER + WIDER)
    assert "has_mask: bool" in text
    assert "nnx.Linear(4 + 7 if has_mask else 4, 3" in text or "nnx.Linear(11 if has_mask else 4, 3" in text
    assert "Head(in_features, True, rngs=rngs)" in text
    assert "Head(in_features, False, rngs=rngs)" in text
    calls = (Call("With", (5,), inputs=(f32(2, 5), f32(2, 1))), Call("Without", (5,), inputs=(f32(2, 5),)))
    check_equivalent(HEADER + WIDER, *calls)


LOOPS = """\
class MLP(nn.Module):
    depth: int = 2
    width: int = 6

    @nn.compact
    def __call__(self, x, condition=None):
        samples = x.shape[1]
        for _ in range(self.depth):
            x = nn.relu(nn.Dense(self.width)(x))
        sigma = nn.Dense(1)(x)
        if condition is not None:
            bottleneck = nn.Dense(self.width)(x)
            condition = jnp.tile(condition[:, None, :], (1, samples, 1))
            x = jnp.concatenate([bottleneck, condition], axis=-1)
            for _ in range(self.depth):
                x = nn.relu(nn.Dense(self.width // 2)(x))
        return nn.Dense(3)(x), sigma


class Field(nn.Module):
    use_viewdirs: bool = True

    @nn.compact
    def __call__(self, samples, viewdirs):
        if self.use_viewdirs:
            return MLP()(samples, viewdirs)
        return MLP()(samples)
"""


@pytest.mark.parametrize("uses", [True, False])
def test_what_stands_behind_has_the_size_of_either_way(uses: bool) -> None:
    text, _, _ = migrate(HEADER + LOOPS)
    assert "features_ if condition_features is not None else features" in text
    inputs = (f32(2, 3, 5), f32(2, 4))
    sizes = (5, 4) if "samples_features: int,\n        viewdirs_features" in text else (4, 5)
    check_equivalent(HEADER + LOOPS, Call("Field", sizes, {"use_viewdirs": uses}, inputs))


SCRIPT = """\


model = {}
variables = model.init(jax.random.key(0), {})
y = model.apply(variables, {})
"""


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("jnp.ones((2, 5))", "Head(5, None, 8, rngs=nnx.Rngs(0))"),
        ("jnp.ones((2, 5)), None", "Head(5, None, 8, rngs=nnx.Rngs(0))"),
        ("jnp.ones((2, 5)), jnp.ones((2, 4))", "Head(5, 4, 8, rngs=nnx.Rngs(0))"),
    ],
)
def test_a_script_says_what_its_init_gives(given: str, made: str) -> None:
    text, _, _ = migrate(HEADER + HEAD + SCRIPT.format("Head(8)", given, given))
    assert f"model = {made}" in text


def test_a_script_gives_a_flag() -> None:
    text, _, _ = migrate(
        HEADER + WIDER.partition("\n\nclass")[0] + SCRIPT.format("Head()", *["jnp.ones((2, 5))"] * 2)
    )
    assert "model = Head(5, False, rngs=nnx.Rngs(0))" in text


REFUSED = {
    "a parameter of its own": HEAD.replace(
        "x + nn.Dense(self.features)(cond)",
        "x * self.param('scale', nn.initializers.ones, (self.features,)) + nn.Dense(self.features)(cond)",
    ),
    "a layer of a size that only it has": HEAD.replace(
        "        if cond is not None:\n            x = x + nn.Dense(self.features)(cond)\n",
        "        y = nn.Dense(self.features)(cond)\n        if cond is not None:\n            x = x + y\n",
    ),
    "what is bound anew in between": HEAD.replace(
        "        if cond is not None:",
        "        cond = cond if cond is None else cond[0]\n        if cond is not None:",
    ),
}


@pytest.mark.parametrize("head", REFUSED.values(), ids=REFUSED.keys())
def test_near_misses_stay_linen(head: str) -> None:
    text, file, _ = migrate(HEADER + head + MODELS.partition("\n\nclass Either")[0])
    assert "class Head(nn.Module)" in text
    assert {d.code for d in refusals(file) if d.subject == "Head"} & {"MN108", "MN202", "MN203", "MN302"}


BOTH = """\


class Without(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Head(8)(x)


class Both(nn.Module):
    def setup(self):
        self.head = Head(8)

    def __call__(self, x, c):
        return self.head({}) + self.head({})
"""


@pytest.mark.parametrize("calls", [("x", "x, c"), ("x, c", "x")])
def test_what_one_call_gives_is_there_for_the_other_too(calls: tuple[str, str]) -> None:
    source = HEADER + SETUP + BOTH.format(*calls)
    text, _, _ = migrate(source)
    assert "self.head_0 = Head(in_features, None, 8, rngs=rngs)" in text
    assert "self.head = Head(x_features, c_features, 8, rngs=rngs)" in text
    check_equivalent(source, Call("Both", (5, 4), {}, (f32(2, 5), f32(2, 4))))


WIDENED = """\
class Block(nn.Module):
    features: int | None = None

    @nn.compact
    def __call__(self, x, cond, skip=None):
        if skip is not None:
            x = jnp.concatenate([x, skip], axis=-1)
        *_, c = x.shape
        features = c if self.features is None else self.features
        h = nn.Dense(features)(nn.LayerNorm()(x))
        if cond is not None:
            h = h + nn.Dense(features)(cond)
        if c != features:
            x = nn.Dense(features)(x)
        return x + h


class Down(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Block(4)(x, None)


class Up(nn.Module):
    @nn.compact
    def __call__(self, x, c):
        return Block()(Block(3)(x, c), c, x)
"""
NNX_WIDENED = """\
class Block(nnx.Module):
    def __init__(
        self,
        x_features: int,
        skip_features: int | None,
        cond_features: int | None,
        features: int | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.features = features
        c = x_features + skip_features if skip_features is not None else x_features
        features = c if self.features is None else self.features
        self.dense_0 = nnx.Linear(c, features, rngs=rngs)
        self.layer_norm_0 = nnx.LayerNorm(c, rngs=rngs)
        if cond_features is not None:
            self.dense_1 = nnx.Linear(cond_features, features, rngs=rngs)
        if c != features:
            self.dense_2 = nnx.Linear(c, features, rngs=rngs)
"""


def test_what_an_argument_widens_has_the_one_size_or_the_other() -> None:
    """An argument that has to be given may be None as well, if the method asks."""
    text, file, _ = migrate(HEADER + WIDENED)
    assert not refusals(file)
    assert NNX_WIDENED in text
    assert "self.block_0 = Block(in_features, None, None, 4, rngs=rngs)" in text
    check_equivalent(
        HEADER + WIDENED,
        Call("Down", (5,), inputs=(f32(2, 5),)),
        Call("Up", (5, 2), inputs=(f32(2, 5), f32(2, 2))),
    )


GIVING = """\
class Block(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x, extra=None):
        y = nn.relu(nn.Dense(self.features)(x))
        return jnp.concatenate([y, extra], axis=-1) if extra is not None else y


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.LayerNorm()(Block(4)(x))
        return nn.Dense(3)(Block(5)(x, x) if x.ndim > 2 else Block(6)(x))


class Plain(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.LayerNorm()(Block(4)(Block(3)(x)))
"""


def test_what_a_call_leaves_out_decides_what_it_gives() -> None:
    source = HEADER + GIVING.replace("Block(5)(x, x) if x.ndim > 2 else Block(6)(x)", "Block(5)(x, x)")
    text, file, _ = migrate(source)
    assert not refusals(file)
    assert "self.layer_norm_0 = nnx.LayerNorm(4, rngs=rngs)" in text
    assert "self.dense_0 = nnx.Linear(9, 3, rngs=rngs)" in text
    check_equivalent(source, *(Call(n, (3,), {}, (f32(2, 3),)) for n in ("Net", "Plain")))
    assert refusals(migrate(HEADER + GIVING)[1])
