"""Lists that rounds fill with arrays of one shape, and what stands beside them: branches that are concatenated."""

import pytest

from .check import HEADER, Call, check_equivalent, check_refused, f32, migrate

_BRANCHES = """\
class Branches(nn.Module):
    rates: tuple[int, ...] = (1, 2)
    width: int = 4

    @nn.compact
    def __call__(self, x):
        {outs}
        {more}
        return nn.Conv(5, (1, 1))(jnp.concatenate({joined}, axis=-1))
"""
_EACH = "nn.relu(nn.Conv(self.width, (3, 3), kernel_dilation=(r, r))(x))"
_LISTED = f"outs = [{_EACH} for r in self.rates]"
_LOOPED = f"outs = []\n        for r in self.rates:\n            outs.append({_EACH})"
_TWO = f"{_LOOPED}\n            outs.append(nn.Conv(3, (1, 1))(x))"
_X = f32(1, 6, 6, 3)


def _text(outs: str, more: str = "pass", joined: str = "outs") -> str:
    return HEADER + _BRANCHES.format(outs=outs, more=more, joined=joined)


def _check(text: str) -> None:
    for rates in ((1, 2), (3,)):
        check_equivalent(text, Call("Branches", (3,), {"rates": rates}, (_X,)))


@pytest.mark.parametrize("outs", [_LISTED, _LOOPED, _TWO], ids=["listed", "looped", "two-a-round"])
@pytest.mark.parametrize("joined", ["outs + [x]", "[x] + outs", "[x, *outs]", "[*outs, x, x]"])
def test_beside_others(outs: str, joined: str) -> None:
    _check(_text(outs, joined=joined))


@pytest.mark.parametrize("outs", [_LISTED, _LOOPED, _TWO], ids=["listed", "looped", "two-a-round"])
@pytest.mark.parametrize(
    "more",
    ["outs.append(x)", f"r = 1\n        outs.append({_EACH})", "outs += [x]"],
    ids=["another", "one-more", "added"],
)
def test_with_more_behind(outs: str, more: str) -> None:
    _check(_text(outs, more))


def test_the_size_is_spelled() -> None:
    text = migrate(_text(_LISTED, "outs.append(x)"))[0]
    assert "nnx.Conv(len(rates) * width + in_features, 5, (1, 1), rngs=rngs)" in text


@pytest.mark.parametrize(
    "more",
    [
        "outs.pop()",
        "outs.insert(0, x)",
        "outs[0] = jnp.tile(outs[0], 2)",
        "del outs[0]",
        "other = outs\n        other.append(x)",
        "grow = lambda: outs.append(x)\n        grow()",
        "if self.width > 4:\n            outs.append(x)",
        "outs = outs[1:] + [x]",
    ],
    ids=["popped", "inserted", "another-shape", "gone", "alias", "in-a-function", "on-a-condition", "a-part"],
)
def test_what_is_changed_otherwise_stays(more: str) -> None:
    check_refused(_text(_LISTED, more), "MN108")


def test_rounds_of_sizes_of_their_own_stay() -> None:
    check_refused(_text("outs = [nn.Conv(r, (3, 3))(x) for r in self.rates]"), "MN108")
