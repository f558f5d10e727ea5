# ruff: noqa: E501
"""Conditions of setup that decide about a transform around a submodule, and about nothing else."""

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
from .lifts_transformed import _BLOCK, _NNX_BLOCK

_X = f32(4, 6)


def _calls(field: str) -> tuple[Call, ...]:
    return tuple(
        Call("L", (6,), {field: on}, (_X,), {"train": train})
        for on in (False, True)
        for train in (False, True)
    )


def _setup(*lines: str, call: str = "self.block(x, train)", fields: str = "remat: bool = False") -> str:
    rows = "".join(f"        {line}\n" for line in lines)
    return f"{_BLOCK}class L(nn.Module):\n    {fields}\n\n    def setup(self):\n{rows}\n    def __call__(self, x, train):\n        return {call}\n"


def _nnx(
    *lines: str,
    test: str = "self.remat",
    call: str = "call_block(self.block, x, train)",
    options: str = "",
    fields: str = "remat: bool = False",
) -> str:
    rows = "".join(f"        {line}\n" for line in lines)
    return (
        f"{_NNX_BLOCK}class L(nnx.Module):\n    def __init__(self, in_features: int, {fields}, *, rngs: nnx.Rngs):\n{rows}\n"
        f"    def __call__(self, x, train):\n        call_block = Block.__call__\n        if {test}:\n"
        f"            call_block = nnx.remat(call_block, static_argnums=(2,){options})\n        return {call}\n"
    )


_KEPT = ("self.remat = remat", "self.block = Block(in_features, 5, rngs=rngs)")
_REMAT = "nn.remat(Block, static_argnums=(2,))"

TRANSFORMED = (
    Case(
        "lists",
        _BLOCK
        + """\
class L(nn.Module):
    depth: int = 2
    checkpointing: bool = False

    def setup(self):
        # every layer is computed twice
        if self.checkpointing:
            Checkpointed = nn.remat(Block, static_argnums=(2,))
            self.layers = [
                Checkpointed(5, name=str(i))
                for i in range(self.depth)
            ]
        else:
            self.layers = [Block(5, name=str(i)) for i in range(self.depth)]
        self.head = nn.Dense(3)

    def __call__(self, x, train):
        \"\"\"Runs the layers.\"\"\"
        for layer in self.layers:
            x = layer(x, train)
        return self.head(x)
""",
        _NNX_BLOCK
        + """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        depth: int = 2,
        checkpointing: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.checkpointing = checkpointing
        # every layer is computed twice
        self.layers = nnx.List()
        for i in range(depth):
            self.layers.append(Block(in_features, 5, rngs=rngs))
            in_features = 6
        self.head = nnx.Linear(in_features, 3, rngs=rngs)

    def __call__(self, x, train):
        \"\"\"Runs the layers.\"\"\"
        call_layer = Block.__call__
        if self.checkpointing:
            call_layer = nnx.remat(call_layer, static_argnums=(2,))
        for layer in self.layers:
            x = call_layer(layer, x, train)
        return self.head(x)
""",
        _calls("checkpointing"),
    ),
    Case(
        "the-plain-side-first",
        _setup("if not self.remat:", "    self.block = Block(5)", "else:", f"    self.block = {_REMAT}(5)"),
        _nnx(*_KEPT, test="self.remat"),
        _calls("remat"),
    ),
    Case(
        "a-choice-of-classes",
        _setup(f"block = {_REMAT} if self.remat else Block", "self.block = block(5)"),
        _nnx(*_KEPT),
        _calls("remat"),
    ),
    Case(
        "a-class-bound-again",
        _setup("block = Block", "if self.remat:", "    block = nn.remat(block, static_argnums=(2,))", "self.block = block(5)"),
        _nnx(*_KEPT),
        _calls("remat"),
    ),
    Case(
        "an-attribute-of-setup-decides",
        _setup("self.save = self.depth > 3", f"block = {_REMAT} if self.save else Block", "self.block = block(5)", fields="depth: int = 2"),
        _nnx("self.save = depth > 3", "self.block = Block(in_features, 5, rngs=rngs)", test="self.save", fields="depth: int = 2"),
        tuple(Call("L", (6,), {"depth": d}, (_X,), {"train": True}) for d in (2, 4)),
    ),
    Case(
        "names-that-are-taken",
        _setup(f"block = {_REMAT} if self.remat else Block", "self.block = block(5)", call="self.block(call_block, train)").replace("__call__(self, x,", "__call__(self, call_block,", 2).replace("__call__(self, call_block,", "__call__(self, x,", 1),
        _nnx(*_KEPT, call="call_block_(self.block, call_block, train)").replace("        call_block = Block", "        call_block_ = Block").replace("call_block = nnx.remat(call_block,", "call_block_ = nnx.remat(call_block_,").replace("__call__(self, x,", "__call__(self, call_block,", 2).replace("__call__(self, call_block,", "__call__(self, x,", 1),
        _calls("remat"),
    ),
    Case(
        "a-field-that-is-called-otherwise",
        _setup(f"block = {_REMAT} if not self.eval else Block", "self.block = block(5)", fields="eval: bool = False"),
        _nnx("self.eval_mode = eval", "self.block = Block(in_features, 5, rngs=rngs)", test="not self.eval_mode", fields="eval: bool = False"),
        _calls("eval"),
    ),
    Case(
        "behind-an-error",
        _setup(
            "if self.f < 0:",
            "    raise ValueError(self.f)",
            "elif self.remat:",
            "    B = nn.remat(Block, static_argnums=(2,))",
            "    self.block = B(self.f)",
            "else:",
            "    self.block = Block(self.f)",
            fields="f: int = 5\n    remat: bool = True",
        ),
        "",
        _calls("remat"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", [c for c in TRANSFORMED if c.after], ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(with_header(case.before), *(case.calls if graph else case.calls[-1:]))


_PLAIN = "self.block = Block(5)"
REFUSED = (
    Refusal("beside-another-module", "MN101", _setup("if self.f > 5:", "    if self.remat:", f"        self.block = {_REMAT}(7)", "    else:", "        self.block = Block(7)", "else:", f"    {_PLAIN}", fields="f: int = 5\n    remat: bool = True")),
    Refusal("other-arguments", "MN101", _setup("if self.remat:", f"    self.block = {_REMAT}(6)", "else:", f"    {_PLAIN}")),
    Refusal("transforms-on-both-sides", "MN101", _setup("if self.remat:", f"    self.block = {_REMAT}(5)", "else:", f"    self.block = {_REMAT}(5)")),
    Refusal("the-class-is-read-again", "MN101", _setup("if self.remat:", f"    B = {_REMAT}", "    self.block = B(5)", "else:", f"    {_PLAIN}", "self.other = B")),
    Refusal("another-class", "MN101", _setup("if self.remat:", f"    self.block = {_REMAT}(5)", "else:", "    self.block = nn.Dense(5)")),
    Refusal("something-more", "MN101", _setup("if self.remat:", f"    self.block = {_REMAT}(5)", "    self.n = 2", "else:", f"    {_PLAIN}")),
    Refusal("a-local-decides", "MN102", _setup("remat = self.remat", f"block = {_REMAT} if remat else Block", "self.block = block(5)")),
    Refusal("a-function-decides", "MN102", _setup("if jax.device_count() > self.remat:", f"    self.block = {_REMAT}(5)", "else:", f"    {_PLAIN}")),
    Refusal("two-conditions", "MN102", _setup("block = Block", "if self.remat:", "    block = nn.remat(block, static_argnums=(2,))", "if self.remat:", "    block = Block", "self.block = block(5)")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    check_refused(with_header(refusal.before), refusal.code)
