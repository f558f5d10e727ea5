"""Modules whose names count several loops, or end in a text: they keep them, spelled in each round."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    migrate,
    refusals,
    with_header,
)

_STAGES = """\
class Stages(nn.Module):
    widths: tuple[int, ...] = (4, 5)
    depths: tuple[int, ...] = (2, 1)

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.widths[0], name="stage00")(x)
        for i in range(len(self.widths)):
            x = nn.LayerNorm(name=f"norm{i + 1}_pre")(x)
            for j in range(self.depths[i]):
                x = nn.Dense(self.widths[i], name=f"stage{i+1}{j}")(x)
        for j in range(2):
            x = nn.Dense(3, name=f"stage0{j + 1}")(x)
        return nn.Dense(2, name="head")(x)
"""
_NNX = """\
class Stages(nnx.Module):
    def __init__(
        self,
        in_features: int,
        widths: tuple[int, ...] = (4, 5),
        depths: tuple[int, ...] = (2, 1),
        *,
        rngs: nnx.Rngs,
    ):
        self.widths = widths
        self.depths = depths
        self.stage00 = nnx.Linear(in_features, widths[0], rngs=rngs)
        features = widths[0]
        for i in range(len(widths)):
            setattr(self, f"norm{i + 1}_pre", nnx.LayerNorm(features, rngs=rngs))
            for j in range(depths[i]):
                setattr(
                    self, f"stage{i+1}{j}", nnx.Linear(features, widths[i], rngs=rngs)
                )
                features = widths[i]
        for j in range(2):
            setattr(self, f"stage0{j + 1}", nnx.Linear(features, 3, rngs=rngs))
            features = 3
        self.head = nnx.Linear(features, 2, rngs=rngs)

    def __call__(self, x):
        x = self.stage00(x)
        for i in range(len(self.widths)):
            x = getattr(self, f"norm{i + 1}_pre")(x)
            for j in range(self.depths[i]):
                x = getattr(self, f"stage{i+1}{j}")(x)
        for j in range(2):
            x = getattr(self, f"stage0{j + 1}")(x)
        return self.head(x)
"""
_BLOCKS = """\
class Block(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x, train):
        x = nn.BatchNorm(use_running_average=not train)(nn.Dense(self.width)(x))
        for k in range(2):
            x = nn.Dense(self.width, name=f"mix{k + 1}")(x)
        return nn.Dropout(0.5)(x, deterministic=not train)


class Net(nn.Module):
    depths: tuple[int, ...] = (1, 12)

    @nn.compact
    def __call__(self, x, train=False):
        x = nn.Dense(4)(x)
        for j in range(2):
            x = Block(4, name=f"block0_{j + 2}")(x, train)
        for i, depth in enumerate(self.depths, 1):
            x = nn.LayerNorm(name=f"norm{i}")(x)
            for j in range(depth):
                x = Block(4, name=f"block{i}_{j + 2}")(x, train)
        for i in range(2):
            x = nn.Dense(4)(x)
        return x
"""
_X = f32(3, 4)


def test_transformed() -> None:
    check_transformed(HEADER + _STAGES, NNX_HEADER + _NNX)


@pytest.mark.parametrize("arguments", [{}, {"widths": (3, 4, 5), "depths": (0, 2, 11)}])
def test_computes_the_same(arguments: dict[str, tuple[int, ...]]) -> None:
    check_equivalent(with_header(_STAGES), Call("Stages", (4,), arguments, (_X,)))


@pytest.mark.parametrize("train", [False, True])
def test_what_they_hold_is_found_below_their_names(train: bool) -> None:
    check_equivalent(with_header(_BLOCKS), Call("Net", (4,), {}, (_X,), {"train": train}))


@pytest.mark.parametrize("names", [True, False])
def test_with_the_names_of_linen(names: bool) -> None:
    text, file, _ = migrate(with_header(_BLOCKS), linen_names=names)
    assert not refusals(file)
    assert 'setattr(self, f"block{i}_{j + 2}", Block(4, 4, rngs=rngs))' in text


_LOOPS = """\
class L(nn.Module):
    stage11: int = 4

    @nn.compact
    def __call__(self, x, y=None):
        {first}
        for i in range(2):
            for j in range(2):
                {made}
        return x
"""
REFUSED = {
    "a-field-of-such-a-name": ("pass", 'x = nn.Dense(4, name=f"stage{i}{j}")(x)', "MN208"),
    "a-list-of-such-a-name": (
        "x = nn.Dense(4)(x)",
        'x = nn.Dense(4, name=f"dense_{i}")(nn.Dense(4, name=f"dense_{i}0")(x))',
        "MN208",
    ),
    "an-automatic-name": ("x = nn.Dense(4)(x)", 'x = nn.Dense(4, name=f"dense_{i}{j}")(x)', ""),
    "a-counter-that-changes": ("pass", 'x = nn.Dense(4, name=f"a{i}{j}")(x); j = 0', "MN204"),
    "another-local": ("k = 3", 'x = nn.Dense(4, name=f"a{i}{j}{k}")(x)', "MN204"),
    "a-value": ("pass", 'x = nn.Dense(4, name=f"a{i}{x.shape[0]}")(x)', "MN204"),
    "a-format": ("pass", 'x = nn.Dense(4, name=f"a{i:02}{j}")(x)', "MN204"),
    "no-prefix": ("pass", 'x = nn.Dense(4, name=f"{i}{j}")(x)', "MN204"),
    "a-slash": ("pass", 'x = nn.Dense(4, name=f"a{i}/{j}")(x)', "MN204"),
    "of-a-number-that-changes": ("n = 0", 'n = n + 1; x = nn.Dense(4, name=f"a{i}{n}")(x)', "MN204"),
    "handed-on": ("pass", 'd = nn.Dense(4, name=f"a{i}{j}"); x = d(x)', "MN204"),
    "on-a-condition": ("pass", 'x = nn.Dense(4, name=f"a{i}{j}")(x) if i else x', "MN204"),
    "until-it-breaks": ("pass", 'x = nn.Dense(4, name=f"a{i}{j}")(x); break', "MN204"),
    "twice": ("pass", 'x = nn.Dense(4, name=f"a{i}{j}")(nn.Dense(4, name=f"a{i}{j + 2}")(x))', "MN208"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    first, made, code = REFUSED[name]
    text, file, _ = migrate(with_header(_LOOPS.format(first=first, made=made)))
    assert {d.code for d in refusals(file)} == ({code} if code else set()), file.diagnostics
    assert ("class L(nn.Module)" in text) is bool(code)


_TURNED = """\
class Turned(nn.Module):
    widths: tuple[int, ...] = (4, 5, 6)

    @nn.compact
    def __call__(self, x):
        levels = len(self.widths)
        for level in range(levels):
            for block in range(2):
                x = nn.Dense(self.widths[level], name=f"down_{level}.block_{block}")(x)
            if level != levels - 1:
                x = nn.relu(nn.Dense(3, name=f"down_{level}.sample")(x))
        for level, width in reversed(list(enumerate(self.widths))):
            x = nn.Dense(width, name=f"up_{level}.block")(x)
        return x
"""


def test_names_may_have_dots_and_count_back() -> None:
    """`getattr` takes any name, and the conditions are those of the rounds."""
    text, file, mapping = migrate(HEADER + _TURNED)
    assert not refusals(file)
    assert 'setattr(\n                    self,\n                    f"down_{level}.block_{block}",' in text
    assert 'x = nnx.relu(getattr(self, f"down_{level}.sample")(x))' in text
    assert 'x = getattr(self, f"up_{level}.block")(x)' in text
    assert ("up_{}.block", "kernel") in {rule.linen for rule in mapping.classes[0].variables}
    calls = (Call("Turned", (3,), {"widths": w}, (f32(2, 3),)) for w in ((4,), (4, 5, 6)))
    check_equivalent(HEADER + _TURNED, *calls)


_FIRST = """\
class Net(nn.Module):
    widths: tuple[int, ...] = (3, 5, 4)

    @nn.compact
    def __call__(self, x):
        for i, width in enumerate(self.widths):
            if i == 0:
                x = nn.Dense(width, name="stem")(x)
            else:
                x = nn.Dense(width, name=f"down{i}")(x)
        return x
"""
_NNX_FIRST = """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        widths: tuple[int, ...] = (3, 5, 4),
        *,
        rngs: nnx.Rngs,
    ):
        self.widths = widths
        for i, width in enumerate(widths):
            if i == 0:
                self.stem = nnx.Linear(in_features, width, rngs=rngs)
            else:
                setattr(self, f"down{i}", nnx.Linear(in_features, width, rngs=rngs))
            in_features = width

    def __call__(self, x):
        for i, width in enumerate(self.widths):
            if i == 0:
                x = self.stem(x)
            else:
                x = getattr(self, f"down{i}")(x)
        return x
"""


def test_one_round_has_a_name_of_its_own() -> None:
    """Linen has each name once, so that no other round makes one."""
    check_transformed(HEADER + _FIRST, NNX_HEADER + _NNX_FIRST)
    check_equivalent(HEADER + _FIRST, *(Call("Net", (4,), {"widths": w}, (_X,)) for w in ((2,), (3, 5, 4))))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if i == 0:", "if width == 3:"),
        ("if i == 0:", "if x.shape[0] == 1:"),
    ],
)
def test_a_name_of_no_round_is_refused(old: str, new: str) -> None:
    text, file, _ = migrate(HEADER + _FIRST.replace(old, new))
    assert refusals(file)
    assert "class Net(nn.Module)" in text


_STEPS = """\
class Net(nn.Module):
    depth: int = 3

    @nn.compact
    def __call__(self, x):
        for i in range(self.depth - 1, -1, -1):
            x = nn.Dense(5 + i, name=f"up_{i}")(x)
        for i in range(1, 2 * self.depth, 2):
            x = nn.Dense(4, name=f"odd_{i}")(x)
        return x
"""
_NNX_STEPS = """\
class Net(nnx.Module):
    def __init__(self, in_features: int, depth: int = 3, *, rngs: nnx.Rngs):
        self.depth = depth
        for i in range(depth - 1, -1, -1):
            setattr(self, f"up_{i}", nnx.Linear(in_features, 5 + i, rngs=rngs))
            in_features = 5 + i
        for i in range(1, 2 * depth, 2):
            setattr(self, f"odd_{i}", nnx.Linear(in_features, 4, rngs=rngs))
            in_features = 4

    def __call__(self, x):
        for i in range(self.depth - 1, -1, -1):
            x = getattr(self, f"up_{i}")(x)
        for i in range(1, 2 * self.depth, 2):
            x = getattr(self, f"odd_{i}")(x)
        return x
"""


def test_numbers_may_be_left_out_and_counted_back() -> None:
    check_transformed(HEADER + _STEPS, NNX_HEADER + _NNX_STEPS)
    check_equivalent(HEADER + _STEPS, *(Call("Net", (4,), {"depth": n}, (_X,)) for n in (1, 3)))


@pytest.mark.parametrize(
    "numbers", ["range(2, -2, -1)", "range(2, self.depth, -1)", "range(self.depth, 9, 2)"]
)
def test_numbers_that_may_be_negative_are_refused(numbers: str) -> None:
    check_refused(HEADER + _STEPS.replace("range(1, 2 * self.depth, 2)", numbers), "MN204")
