# ruff: noqa: E501
"""A field that holds one norm here and another there, of Flax or of the user's own, of which some take a mode."""

import pytest

from .check import (
    HEADER,
    Call,
    Refusal,
    changed,
    check_equivalent,
    check_transformed,
    codes,
    f32,
    listed,
    load,
    migrate,
    migrate_project,
    name_of,
    refusals,
    run_in_tree_mode,
    texts,
)

IMPORTS = "from functools import partial\nfrom typing import Any\n\n"
NNX_HEADER = HEADER.replace("from flax import linen as nn", "from flax import nnx")
RENORM = """\
class Renorm(nn.Module):
    use_running_average: bool | None = None
    momentum: float = 0.9

    @nn.compact
    def __call__(self, x, use_running_average: bool | None = None):
        use_running_average = nn.merge_param(
            "use_running_average", self.use_running_average, use_running_average
        )
        mean = self.variable("batch_stats", "mean", jnp.zeros, (x.shape[-1],))
        scale = self.param("scale", nn.initializers.ones, (x.shape[-1],))
        if use_running_average:
            m = mean.value
        else:
            m = jnp.mean(x, axis=tuple(range(x.ndim - 1)))
            if not self.is_initializing():
                mean.value = self.momentum * mean.value + (1 - self.momentum) * m
        return (x - m) * scale


"""
BLOCK = """\
class Block(nn.Module):
    hidden: int
    norm: Any = nn.LayerNorm

    @nn.compact
    def __call__(self, x):
        y = self.norm()(x)
        return x + nn.Dense(self.hidden)(y)


"""
NET = """\
class Net(nn.Module):
    widths: Any = (4, 4)
    momentum: float = 0.8

    @nn.compact
    def __call__(self, x, train: bool = False):
        norm = partial(
            Renorm,
            use_running_average=not train,
            momentum=self.momentum,
        )
        x = norm()(x)
        for width in self.widths:
            x = Block(width, norm)(x)
        return nn.Dense(1)(norm()(x))
"""
PLAIN = """\


class Plain(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = Block(4)(x)
        return Block(4, norm=nn.LayerNorm)(x)
"""
NNX_BLOCK = """\
class Block(nnx.Module):
    def __init__(
        self,
        in_features: int,
        hidden: int,
        norm: Any = nnx.LayerNorm,
        *,
        rngs: nnx.Rngs,
    ):
        self.norm_0 = norm(in_features, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, hidden, rngs=rngs)

    def __call__(self, x, **mode: bool):
        y = self.norm_0(x, **mode)
        return x + self.dense_0(y)


"""
NNX_NET = """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        widths: Any = (4, 4),
        momentum: float = 0.8,
        *,
        rngs: nnx.Rngs,
    ):
        norm = partial(
            Renorm,
            momentum=momentum,
        )
        self.renorm_0 = norm(in_features, rngs=rngs)
        self.block = nnx.List()
        for width in widths:
            self.block.append(Block(in_features, width, norm, rngs=rngs))
            in_features = width
        self.dense_0 = nnx.Linear(in_features, 1, rngs=rngs)
        self.renorm_1 = norm(in_features, rngs=rngs)

    def __call__(self, x, train: bool = False):
        x = self.renorm_0(x, use_running_average=not train)
        for block in self.block:
            x = block(x, use_running_average=not train)
        return self.dense_0(self.renorm_1(x, use_running_average=not train))
"""
NNX_PLAIN = """\


class Plain(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.block_0 = Block(in_features, 4, rngs=rngs)
        self.block_1 = Block(4, 4, norm=nnx.LayerNorm, rngs=rngs)

    def __call__(self, x):
        x = self.block_0(x)
        return self.block_1(x)
"""
WHOLE = IMPORTS + HEADER + RENORM + BLOCK + NET + PLAIN
_X = f32(3, 5, 4)
_NETS = tuple(Call("Net", (4,), inputs=(_X, train)) for train in (True, False))
_PLAIN = Call("Plain", (4,), inputs=(_X,))


def test_transformed() -> None:
    text, file, _ = migrate(WHOLE)
    assert not refusals(file), listed(file)
    assert text.endswith(NNX_BLOCK + NNX_NET + NNX_PLAIN), text


def test_computes_the_same() -> None:
    check_equivalent(WHOLE, *_NETS, _PLAIN)


@pytest.mark.parametrize("call", [*_NETS, _PLAIN], ids=str)
def test_in_tree_mode(call: Call) -> None:
    run_in_tree_mode(load(migrate(WHOLE)[0]), call)


def test_another_norm_takes_no_mode() -> None:
    """What is given to the wrong one fails, as the mode of a BatchNorm does in a LayerNorm of Linen."""
    twin = load(migrate(WHOLE)[0])
    with pytest.raises(TypeError, match="use_running_average"):
        run_in_tree_mode(twin, Call("Block", (4, 4), inputs=(_X,), kwargs={"use_running_average": True}))


_LAYER = ("Renorm,\n            use", "nn.BatchNorm,\n            use")
_GROUPS = (
    "Renorm,\n            use_running_average=not train,\n            momentum=self.momentum,",
    "nn.GroupNorm, num_groups=2",
)
_REQUIRED = ((": Any = nn.LayerNorm", ": Any"), ("Block(4)", "Block(4, nn.LayerNorm)"))
_CALLED_TWICE = ("return x + nn.Dense(self.hidden)(y)", "return x + self.norm()(nn.Dense(self.hidden)(y))")
_TWO_FIELDS = (
    (": Any = nn.LayerNorm", ": Any = nn.LayerNorm\n    last: Any = nn.LayerNorm"),
    ("self.norm()(x)", 'self.norm(name="first")(x)'),
    ("return x + nn.Dense(self.hidden)(y)", 'return x + self.last(name="second")(nn.Dense(self.hidden)(y))'),
)
_FURTHER = ("        y = self.norm()(x)", "        mode = 2\n        y = self.norm()(x) * mode")
_SETUP = """\
class Block(nn.Module):
    hidden: int
    norm: Any = nn.LayerNorm

    def setup(self):
        self.first = self.norm()
        self.more = [self.norm() for _ in range(2)]
        self.out = nn.Dense(self.hidden)

    def __call__(self, x):
        y = self.first(x)
        for more in self.more:
            y = more(y)
        return x + self.out(y)


"""
_AROUND = (
    (BLOCK, BLOCK + """\
class Around(nn.Module):
    norm: Any = nn.LayerNorm

    @nn.compact
    def __call__(self, x):
        return Block(4, self.norm)(self.norm(name="first")(x))


"""),
    ("Block(width, norm)", "Around(norm)"),
    ("Block(4)", "Around()"),
)  # fmt: skip
_OPTIONAL = ("        y = self.norm()(x)\n", "        y = self.norm()(x) if self.norm is not None else x\n")
FOLLOWED = {
    "a field that is handed on": _AROUND,
    "in setup": ((BLOCK, _SETUP),),
    "in a loop": (("y = self.norm()(x)\n", 'y = x\n        for i in range(2):\n            y = self.norm(name=f"norm_{i}")(y)\n'),),
    "or none": (_OPTIONAL, ("norm=nn.LayerNorm)", "norm=None)")),
    "none by default": (_OPTIONAL, (": Any = nn.LayerNorm", ": Any = None")),
    "a layer with a mode": (_LAYER,),
    "layers without one": (_GROUPS,),
    "no default": _REQUIRED,
    "two calls": (_CALLED_TWICE,),
    "a local of that name": (_FURTHER,),
    "two fields": (*_TWO_FIELDS, ("Block(width, norm)", "Block(width, norm, norm)")),
    "by place": (("use_running_average=not train,\n            momentum=self.momentum", "not train,\n            self.momentum"),),
    "half precision": (_LAYER, ("self.norm()(x)", "self.norm(dtype=jnp.bfloat16)(x)")),
    "a partial that is called at once": (("nn.Dense(1)(norm()(x))", "nn.Dense(1)(partial(Renorm, use_running_average=not train)()(x))"),),
}  # fmt: skip


@pytest.mark.parametrize("changes", FOLLOWED.values(), ids=FOLLOWED)
def test_followed(changes: tuple[tuple[str, str], ...]) -> None:
    check_equivalent(changed(WHOLE, *changes), *_NETS, _PLAIN)


def test_layers_without_a_mode_are_called_as_before() -> None:
    text = migrate(changed(WHOLE, _GROUPS))[0]
    assert "    def __call__(self, x):\n        y = self.norm_0(x)\n" in text, text


def test_a_parameter_on_a_line_of_its_own() -> None:
    text = migrate(
        changed(WHOLE, (BLOCK, BLOCK.replace("(self, x)", "(\n        self,\n        x,\n    )")))
    )[0]
    assert "    def __call__(\n        self,\n        x,\n        **mode: bool,\n    ):\n" in text, text


def test_one_norm_of_the_users_own() -> None:
    """Where a field holds nothing else, its mode has to be given."""
    alone = IMPORTS + HEADER + RENORM + BLOCK.replace(" = nn.LayerNorm", "") + NET
    text = migrate(alone)[0]
    assert "    def __call__(self, x, *, use_running_average: bool):\n" in text, text
    assert "        y = self.renorm_0(x, use_running_average=use_running_average)\n" in text, text
    check_equivalent(alone, *_NETS)


def test_in_other_files() -> None:
    files = {
        "norms.py": HEADER + RENORM,
        "blocks.py": IMPORTS + HEADER + BLOCK,
        "net.py": IMPORTS + HEADER + "from blocks import Block\nfrom norms import Renorm\n\n\n" + NET,
        "plain.py": IMPORTS + HEADER + "from blocks import Block\n" + PLAIN,
    }
    result = migrate_project(files)
    assert not codes(result.files), [listed(file) for file in result.files]
    assert NNX_BLOCK.rstrip() in texts(result)["blocks.py"]


def test_a_second_run_changes_nothing() -> None:
    check_transformed(
        IMPORTS + HEADER + BLOCK + PLAIN.lstrip().replace("norm=nn.LayerNorm", "norm=nn.RMSNorm"),
        IMPORTS
        + NNX_HEADER
        + NNX_BLOCK.replace(", **mode: bool", "").replace(", **mode", "")
        + NNX_PLAIN.lstrip().replace("norm=nnx.LayerNorm", "norm=nnx.RMSNorm"),
    )


_OTHERS = ("return (x - m) * scale", "return ((x - m) * scale)[..., :4]")
_MORE_SIZES = (
    '"scale", nn.initializers.ones, (x.shape[-1],)',
    '"scale", nn.initializers.ones, (x.shape[-2], x.shape[-1])',
)
_AGAIN = "            x = Block(width, norm)(x)"


def _refused(name: str, code: str, *changes: tuple[str, str]) -> Refusal:
    return Refusal(name, code, changed(WHOLE, *changes))


REFUSED = (
    _refused("one that gives another shape", "MN108", _OTHERS),
    _refused("and is what the field holds first", "MN108", _OTHERS, *_REQUIRED),
    _refused("one of two sizes", "MN108", _MORE_SIZES),
    _refused("an argument of the class", "MN101", ("self.norm()(x)", "self.norm(momentum=0.5)(x)")),
    _refused("a method with other keywords", "MN101", ("def __call__(self, x):\n        y", "def __call__(self, x, **rest):\n        y")),
    _refused("a local that is called so", "MN208", ("        y = self.norm()(x)", "        use_running_average = 2\n        y = self.norm()(x) * use_running_average")),
    _refused("a mode in the call", "MN101", ("self.norm()(x)", "self.norm()(x, use_running_average=True)")),
    _refused("a mode in two places", "MN101", ("nn.Dense(1)(norm()(x))", "nn.Dense(1)(norm()(x, use_running_average=True))")),
    _refused("one of them beside it", "MN204", ("self.norm()(x)", "self.norm()(nn.LayerNorm()(x))")),
    _refused("the other beside it", "MN204", ("self.norm()(x)", "self.norm()(Renorm()(x, True))")),
    _refused("one field with a mode and one without", "MN101", *_TWO_FIELDS, (_AGAIN, f"{_AGAIN}\n{_AGAIN.replace(', norm)', ', norm, norm)')}")),
    _refused("a mode for some and for all", "MN101", (": Any = nn.LayerNorm", ": Any = nn.LayerNorm\n    last: Any = None"), ("return x + nn.Dense(self.hidden)(y)", 'return x + self.last(name="second")(nn.Dense(self.hidden)(y))'), ("Block(width, norm)", "Block(width, norm, norm)")),
    _refused("a local that may be either", "MN101", ("        x = norm()(x)", "        own = norm if self.widths else nn.LayerNorm\n        x = norm()(x)"), ("Block(width, norm)", "Block(width, own)")),
    _refused("behind a transform", "MN101", ("Block(width, norm)(x)", "nn.remat(Block)(width, norm)(x)")),
    _refused("a layer that is no norm", "MN101", ("norm=nn.LayerNorm)", "norm=partial(nn.Dense, 4))")),
    _refused("a norm of another axis", "MN101", ("norm=nn.LayerNorm)", "norm=partial(nn.LayerNorm, feature_axes=-2))")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file)}, f"{listed(file)}\n{text}"
    assert "class Block(nn.Module)" in text or "class Net(nn.Module)" in text, text
