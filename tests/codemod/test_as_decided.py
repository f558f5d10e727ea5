"""Classes whose fields choose between axes: where a construction holds literals, what it gives is known."""

import pytest

from .check import Call, check_equivalent, f32, migrate, refusals, with_header

_MIX = """\
class Mix(nn.Module):
    width: int
    grid: bool = False
    ratio: int = 1

    @nn.compact
    def __call__(self, x):
        y = nn.Dense(self.width)(x)
        if self.grid:
            batch, length, channels = y.shape
            side = int(length ** 0.5)
            y = nn.Conv(self.width, (3, 3))(y.reshape(batch, side, side, channels))
            y = y.reshape(batch, -1, channels)
        y = nn.gelu(y) if self.ratio > 1 else nn.tanh(y).reshape(x.shape[0], 4, -1, self.width)
        return nn.Dense(self.width)(y)


class Around(nn.Module):
    deep: bool = True

    @nn.compact
    def __call__(self, x):
        return Mix(6, ratio=2)(x) if not self.deep else nn.LayerNorm()(Mix(6, ratio=2)(x))


class Place(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x + self.param("place", nn.initializers.normal(), (1, x.shape[1], x.shape[2], x.shape[3]))


"""
_TOP = """\
class Top(nn.Module):
    flag: bool = False

    @nn.compact
    def __call__(self, x):
        x = Place()(nn.Conv(6, (3, 3), 2, "SAME")(x))
        x = Place()(nn.Conv(5, (3, 3), 2, "SAME")({mixed}))
        return nn.Dense(2)(x)
"""
_IMAGE = f32(2, 8, 8, 3)


def _model(mixed: str) -> str:
    return with_header(_MIX + _TOP.format(mixed=mixed))


@pytest.mark.parametrize(
    "mixed",
    [
        "Mix(6, ratio=2)(x)",
        "Mix(width=6, grid=False, ratio=3)(x)",
        "Mix(6)(x)",  # the length is divided by four
        "Around()(x)",
        "Around(False)(x)",
    ],
)
def test_what_a_construction_decides_is_known(mixed: str) -> None:
    text, _, _ = migrate(_model(mixed))
    assert "class Top(nnx.Module)" in text
    check_equivalent(_model(mixed), Call("Top", ((8, 8, 3),), inputs=(_IMAGE,)))


@pytest.mark.parametrize(
    "mixed",
    [
        "Mix(6, self.flag, 2)(x)",  # one further up knows
        "Mix(6, ratio=choose())(x)",
        "Mix(6, **options)(x)",
    ],
)
def test_what_it_does_not_decide_is_refused(mixed: str) -> None:
    _check_left(_model(mixed))


def test_a_window_that_a_construction_spells_has_its_axes() -> None:
    """Of a kernel in a field alone, it is not known how many axes `mean` leaves."""
    before = with_header("""\
class Block(nn.Module):
    kernel: list[int]

    @nn.compact
    def __call__(self, x):
        return nn.Conv(6, self.kernel)(x)


class Net(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(Block([3, 3])(x).mean(axis=(1, 2)))
""")
    check_equivalent(before, Call("Net", (3,), inputs=(f32(2, 8, 8, 3),)))
    text, file, _ = migrate(before.replace("Block([3, 3])", "Block(KERNEL)"))
    assert "class Net(nn.Module)" in text
    assert {d.code for d in refusals(file) if d.subject == "Net"} == {"MN108"}


def test_a_class_that_changes_its_fields_is_left_alone() -> None:
    method = (
        "    def __post_init__(self):\n        self.grid = not self.grid\n        super().__post_init__()\n"
    )
    changed = _MIX.replace("    ratio: int = 1\n", f"    ratio: int = 1\n\n{method}")
    _check_left(with_header(changed + _TOP.format(mixed="Mix(6, ratio=2)(x)")))


def _check_left(before: str) -> None:
    text, file, _ = migrate(before)
    assert "class Top(nn.Module)" in text
    assert {d.code for d in refusals(file) if d.subject == "Top"} & {"MN108", "MN101", "MN110"}
