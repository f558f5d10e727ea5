# ruff: noqa: E501
"""The size behind layers that setup makes of neighbours in a list of sizes."""

import pytest

from .check import HEADER, Call, Refusal, check_equivalent, f32, migrate, name_of, refusals

STAGES = """\
class Stage(nn.Module):
    before: int
    width: int
    depth: int = 1

    @nn.compact
    def __call__(self, x):
        return nn.tanh(nn.Dense(self.width)(x)) * self.depth


class Stages(nn.Module):
    sizes: tuple[int, ...]
    depths: tuple[int, ...]

    def setup(self):
        pairs = zip(self.sizes, self.sizes[1:])
        stages = [Stage(0, self.sizes[0], self.depths[0], name="0")]
        for i, ((before, width), depth) in enumerate(zip(pairs, self.depths[1:])):
            stages.append(Stage(before, width, depth, name=str(i + 1)))
        self.stages = stages

    def __call__(self, x):
        for stage in self.stages:
            x = stage(x)
        return x


class Whole(nn.Module):
    sizes: tuple[int, ...] = (3, 4, 5)
    depths: tuple[int, ...] = (2, 1, 1)

    def setup(self):
        self.stages = Stages(self.sizes, self.depths)
        self.head = nn.Dense(2)

    def __call__(self, x):
        return self.head(self.stages(x))
"""
_X = f32(3, 6)


def test_transformed() -> None:
    text, file, _ = migrate(HEADER + STAGES)
    assert not refusals(file), file.diagnostics
    assert "nnx.Linear(sizes[min(len(sizes), len(depths)) - 1], 2, rngs=rngs)" in text, text
    one = STAGES.replace(
        "(before, width), depth) in enumerate(zip(pairs, self.depths[1:]))",
        "before, width) in enumerate(pairs)",
    )
    text, file, _ = migrate(
        HEADER
        + one.replace("Stage(before, width, depth, name", "Stage(before, width, name").replace(
            "((before, width) in", "(before, width) in"
        )
    )
    assert not refusals(file), file.diagnostics
    assert "nnx.Linear(sizes[-1], 2, rngs=rngs)" in text, text


def test_computes_the_same() -> None:
    """As many rounds as the shortest of the lists allows."""
    lists = (
        ((3, 4, 5), (2, 1, 1)),
        ((3, 4, 5), (1, 2)),
        ((3, 4), (1, 1, 2)),
        ((3,), (1,)),
        ((3, 4, 5), (1,)),
    )
    check_equivalent(
        HEADER + STAGES, *(Call("Whole", (6,), {"sizes": s, "depths": d}, (_X,)) for s, d in lists)
    )


def _with(old: str, new: str) -> str:
    assert old in STAGES
    return HEADER + STAGES.replace(old, new)


REFUSED = (
    Refusal("left-early", "MN209", _with("name=str(i + 1)))", "name=str(i + 1)))\n            if depth > 3:\n                break")),
    Refusal("an-iterator-of-two-uses", "MN108", _with("        self.stages = stages\n", "        self.stages = stages\n        self.rest = len(list(pairs))\n")),
    Refusal("other-starts", "MN108", _with("self.depths[1:]", "self.depths[2:]")),
    Refusal("another-first-size", "MN108", _with("Stage(0, self.sizes[0]", "Stage(0, self.depths[0]")),
    Refusal("every-second", "MN108", _with("self.sizes, self.sizes[1:]", "self.sizes, self.sizes[1::2]")),
    Refusal("without-the-last", "MN108", _with("self.sizes, self.sizes[1:]", "self.sizes, self.sizes[1:-1]")),
    Refusal("in-another-order", "MN108", _with("self.sizes, self.sizes[1:]", "self.sizes, self.sizes[::-1]")),
    Refusal("strict", "MN108", _with("self.sizes[1:])", "self.sizes[1:], strict=True)")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject in ("Whole", "Stages")}, (
        file.diagnostics
    )
    assert "class Whole(nn.Module)" in text


BY_NUMBER = """\
class Stack(nn.Module):
    sizes: tuple[int, ...]

    @nn.compact
    def __call__(self, x):
        for i in range(len(self.sizes)):
            x = nn.tanh(nn.Dense(self.sizes[i])(x))
        return x


class Whole(nn.Module):
    sizes: tuple[int, ...] = (3, 4)

    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(Stack(self.sizes)(x))
"""
BEGUN = BY_NUMBER.replace(
    "for i in range(len", "x = nn.Dense(self.sizes[0])(x)\n        for i in range(1, len"
)


@pytest.mark.parametrize("before", [BY_NUMBER, BEGUN], ids=["from-the-first", "behind-the-first"])
def test_a_round_takes_the_size_of_its_number(before: str) -> None:
    text, file, _ = migrate(HEADER + before)
    assert not refusals(file), file.diagnostics
    assert "nnx.Linear(sizes[-1], 2, rngs=rngs)" in text, text
    check_equivalent(HEADER + before, *(Call("Whole", (6,), {"sizes": s}, (_X,)) for s in ((3, 4), (5,))))


@pytest.mark.parametrize(
    ("pair", "spelled"),
    [
        (("for i in range(len(self.sizes)):", "for i in range(len(self.sizes) - 1):"), "len(sizes) - 1 - 1"),
        (("self.sizes[i])", "self.sizes[-i])"), "-(len(sizes) - 1)"),
    ],
    ids=["without-the-last", "backwards"],
)
def test_another_number_of_the_last_round(pair: tuple[str, str], spelled: str) -> None:
    before = BY_NUMBER.replace(*pair)
    text, file, _ = migrate(HEADER + before)
    assert not refusals(file), file.diagnostics
    assert f"sizes[{spelled}] if len(sizes)" in text, text
    check_equivalent(HEADER + before, *(Call("Whole", (6,), {"sizes": s}, (_X,)) for s in ((3, 4, 5), (5,))))


OTHERWISE = (
    ("for i in range(len(self.sizes)):", "for i in range(1, len(self.sizes)):"),
    ("for i in range(len(self.sizes)):", "for n in self.sizes:\n            n = n * 2"),
)


@pytest.mark.parametrize("pair", OTHERWISE, ids=["other-starts", "bound-anew"])
def test_another_size_is_not_told(pair: tuple[str, str]) -> None:
    before = BY_NUMBER.replace(*pair)
    before = before.replace("self.sizes[i]", "n") if "for n" in before else before
    text, file, _ = migrate(HEADER + before)
    assert "MN108" in {d.code for d in refusals(file) if d.subject == "Whole"}, file.diagnostics
    assert "class Whole(nn.Module)" in text
