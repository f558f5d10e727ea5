"""Arrays padded by pairs that loops have put on a list: the last pair says whether the last axis stays."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    load,
    migrate,
    run_in_tree_mode,
)

_NET = """\
class Net(nn.Module):
    sizes: tuple = (3,)
    widths: tuple = (4, 2)
    acts: tuple = (nn.elu, nn.relu)
    wrapped: bool = True

    @nn.compact
    def __call__(self, x):
        pads = [(0, 0)]
        for f in self.sizes:
            if self.wrapped:
                pads.append((0, f - 1))
            else:
                pads.append((1, f - 2))
        pads.append((0, 0))
        acts = [f for f in self.acts]
        for c, f in zip(self.widths, acts):
            if self.wrapped:
                x = jnp.pad(x, pads, "wrap")
            x = f(nn.Conv(c, self.sizes, padding="VALID")(x))
        return x
"""
_NNX = """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        sizes: tuple = (3,),
        widths: tuple = (4, 2),
        acts: tuple = (nnx.elu, nnx.relu),
        wrapped: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.sizes = sizes
        self.acts = acts
        self.wrapped = wrapped
        acts = [f for f in self.acts]
        self.conv = nnx.List()
        for c, f in zip(widths, acts):
            self.conv.append(
                nnx.Conv(in_features, c, sizes, padding="VALID", rngs=rngs)
            )
            in_features = c

    def __call__(self, x):
        pads = [(0, 0)]
        for f in self.sizes:
            if self.wrapped:
                pads.append((0, f - 1))
            else:
                pads.append((1, f - 2))
        pads.append((0, 0))
        acts = [f for f in self.acts]
        for conv, f in zip(self.conv, acts):
            if self.wrapped:
                x = jnp.pad(x, pads, "wrap")
            x = f(conv(x))
        return x
"""


def _model(old: str = "", new: str = "") -> str:
    assert old in _NET
    return HEADER + _NET.replace(old, new, 1)


def test_the_last_axis_stays() -> None:
    check_transformed(_model(), NNX_HEADER + _NNX)


def test_both_compute_the_same() -> None:
    calls = [
        Call("Net", (2,), {"wrapped": False}, (f32(3, 12, 2),)),
        Call("Net", (2,), {"sizes": (3, 3)}, (f32(3, 8, 8, 2),)),
    ]
    check_equivalent(_model(), *calls)
    run_in_tree_mode(load(migrate(_model())[0]), calls[1])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("        pads.append((0, 0))\n        acts", "        acts"),  # the last pair is that of a loop
        ("        pads.append((0, 0))\n", "        pads.append((0, 0))\n        pads.reverse()\n"),
        ("            else:\n                pads.append", "                pads.append"),  # a pair or two
        ("zip(self.widths, acts):\n", "zip(self.widths, acts):\n            f = strange(f)\n"),
    ],
)
def test_what_may_widen_it_is_refused(old: str, new: str) -> None:
    check_refused(_model(old, new), "MN108")
