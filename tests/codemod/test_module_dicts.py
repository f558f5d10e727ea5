# ruff: noqa: E501
"""Dicts of submodules that setup writes down: `self.heads = {"mean": nn.Dense(2), "std": nn.Dense(2)}`."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32, refusals

_SETUP = """class Net(nn.Module):
    f: int = 3

    def setup(self):
        self.heads = {{{}}}

    def __call__(self, x):
{}"""


def _net(entries: str, *lines: str) -> str:
    return _SETUP.format(entries, "".join(f"        {line}\n" for line in lines))


_HEADS = '"mean": nn.Dense(self.f), "std": nn.Dense(2, use_bias=False)'
_CHAIN = '"a": nn.Dense(5), "b": nn.LayerNorm(), "c": nn.Dense(4)'


def test_it_is_an_nnx_dict() -> None:
    check_transformed(
        HEADER + _net(_HEADS, 'return self.heads["mean"](x), self.heads["std"](x)'),
        NNX_HEADER
        + """class Net(nnx.Module):
    def __init__(self, in_features: int, f: int = 3, *, rngs: nnx.Rngs):
        self.heads = nnx.Dict(
            {
                "mean": nnx.Linear(in_features, f, rngs=rngs),
                "std": nnx.Linear(in_features, 2, use_bias=False, rngs=rngs),
            }
        )

    def __call__(self, x):
        return self.heads["mean"](x), self.heads["std"](x)
""",
    )


def test_comments_between_the_entries_stay() -> None:
    entries = "\n            # the first\n            'mean': nn.Dense(2),\n            'std': nn.Dense(2),  # the other\n        "
    text = HEADER + _net(entries, "return self.heads['mean'](x) * self.heads['std'](x)")
    check_transformed(
        text,
        NNX_HEADER
        + """class Net(nnx.Module):
    def __init__(self, in_features: int, f: int = 3, *, rngs: nnx.Rngs):
        self.heads = nnx.Dict(
            {
                # the first
                'mean': nnx.Linear(in_features, 2, rngs=rngs),
                'std': nnx.Linear(in_features, 2, rngs=rngs),  # the other
            }
        )

    def __call__(self, x):
        return self.heads['mean'](x) * self.heads['std'](x)
""",
    )


USES = {
    "by key": _net(_HEADS, 'return self.heads["mean"](x), self.heads["std"](x)'),
    "one behind the other": _net(
        _CHAIN, 'return self.heads["b"](self.heads["c"](jnp.tanh(self.heads["a"](x))))'
    ),
    "twice": _net('"a": nn.Dense(4)', 'return self.heads["a"](self.heads["a"](x))'),
    "a dict of all": _net(_HEADS, "return {k: head(x) for k, head in self.heads.items()}"),
    "a dict that is read": _net(
        _HEADS, "out = {k: head(x) for k, head in self.heads.items()}", 'return nn.Dense(2)(out["mean"])'
    ).replace("    def __call__", "    @nn.compact\n    def __call__"),
    "a list of all": _net(
        _HEADS, "return jnp.concatenate([head(x) for head in self.heads.values()], axis=-1)"
    ),
    "a loop over values": _net(_CHAIN, "for layer in self.heads.values():", "    x = layer(x)", "return x"),
    "a loop over items": _net(
        _CHAIN, "for name, layer in self.heads.items():", "    x = layer(x) * len(name)", "return x"
    ),
    "asked": _net(
        _HEADS,
        'y = self.heads["mean"](x) * ("mean" in self.heads)',
        'return y, self.heads["std"](x) / len(self.heads)',
    ),
    "names of their own": _net(
        '"mean": nn.Dense(2, name="mu"), "std": nn.Dense(2)',
        'return self.heads["mean"](x), self.heads["std"](x)',
    ),
    "a class of the file": "class Head(nn.Module):\n    n: int\n\n    @nn.compact\n    def __call__(self, x):\n        return nn.Dense(self.n)(nn.LayerNorm()(x))\n\n\n"
    + _net('"a": Head(2), "b": Head(5)', "return {k: head(x) for k, head in self.heads.items()}"),
}


@pytest.mark.parametrize("before", USES.values(), ids=USES)
def test_it_computes_the_same(before: str) -> None:
    check_equivalent(HEADER + before, Call("Net", (4,), inputs=(f32(5, 4),)))


_OUT_OF_ORDER = '"b": nn.Dense(4), "a": nn.Dense(4)'
REFUSED = {
    "another order": (_net(_OUT_OF_ORDER, "for d in self.heads.values():", "    x = d(x)", "return x"), "goes by the order of the keys"),
    "another order of a dict": (_net(_OUT_OF_ORDER, "return {k: d(x) for k, d in self.heads.items()}"), "goes by the order of the keys"),
    "a name of nnx.Dict": (_net('"items": nn.Dense(4)', 'return self.heads["items"](x)'), "hands it on"),
    "a name of nnx.Module": (_net('"train": nn.Dense(4)', 'return self.heads["train"](x)'), "hands it on"),
    "no name": (_net('"a b": nn.Dense(4)', 'return self.heads["a b"](x)'), "hands it on"),
    "a number": (_net("0: nn.Dense(4)", "return self.heads[0](x)"), "hands it on"),
    "something between": (_net('"a": nn.Dense(4), "b": 3', 'return self.heads["a"](x)'), "hands it on"),
    "one that is not there": (_net('"a": nn.Dense(4)', 'return self.heads["b"](x)'), "handed on"),
    "any": (_net('"a": nn.Dense(4)', "for k in self.heads:", "    x = self.heads[k](x)", "return x"), "handed on"),
    "handed on": (_net('"a": nn.Dense(4)', "return run(self.heads, x)"), "handed on"),
    "pairs": (_net('"a": nn.Dense(4)', "return run(self.heads.items(), x)"), "handed on"),
    "twice the same": (_net('"a": nn.Dense(4), "a": nn.Dense(3)', 'return self.heads["a"](x)'), "hands it on"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_followed(before: str, why: str) -> None:
    file = check_refused(HEADER + before, "MN101")
    assert any(why in d.message for d in refusals(file)), file.diagnostics
