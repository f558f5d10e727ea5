"""Sizes behind nested loops of a class, for a caller that says what they run through."""

import pytest

from .check import HEADER, Call, check_equivalent, f32, migrate, refusals

BACKBONE = """\
class Backbone(nn.Module):
    stage_sizes: tuple[int, ...]
    width: int = 4

    @nn.compact
    def __call__(self, x):
        for i, blocks in enumerate(self.stage_sizes):
            for j in range(blocks):
                x = nn.relu(nn.Dense(self.width * 2**i)(x))
        return x


class Classifier(nn.Module):
    def setup(self):
        self.backbone = Backbone({})
        self.head = nn.Dense(3)

    def __call__(self, x):
        return self.head(self.backbone(x))
"""
X = f32(2, 5)


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ("(2, 1)", "8"),
        ("(1, 2, 1), width=6", "24"),
        ("(2, 0)", "4"),
        ("(0, 0)", "in_features"),
    ],
)
def test_a_head_reads_what_the_last_round_gives(given: str, size: str) -> None:
    source = HEADER + BACKBONE.format(given)
    text, _, _ = migrate(source)
    assert f"self.head = nnx.Linear({size}, 3, rngs=rngs)" in text
    check_equivalent(source, Call("Classifier", (5,), {}, (X,)))


ZIPPED = BACKBONE.replace(
    "for i, blocks in enumerate(self.stage_sizes):", "for blocks, f in zip(self.stage_sizes, (3, 7)):"
)
ZIPPED = ZIPPED.replace("nn.Dense(self.width * 2**i)", "nn.Dense(f)")


def test_lists_that_are_run_through_together() -> None:
    source = HEADER + ZIPPED.format("(1, 2, 3)")
    text, _, _ = migrate(source)
    assert "self.head = nnx.Linear(7, 3, rngs=rngs)" in text
    check_equivalent(source, Call("Classifier", (5,), {}, (X,)))


def test_a_caller_that_does_not_know_reads_it_off_the_module() -> None:
    source = HEADER + BACKBONE.replace("    def setup", "    sizes: tuple = (1, 2)\n\n    def setup").format(
        "self.sizes"
    )
    text, _, _ = migrate(source)
    assert "self.head = nnx.Linear(self.backbone.out_features, 3, rngs=rngs)" in text
    check_equivalent(source, Call("Classifier", (5,), {"sizes": (2, 1)}, (X,)))


def test_a_loop_that_is_left_stays_linen() -> None:
    left = "                if j > self.width:\n                    break\n                x = nn.relu"
    text, file, _ = migrate(HEADER + BACKBONE.replace("                x = nn.relu", left).format("(2, 1)"))
    assert "class Classifier(nn.Module)" in text
    assert {d.code for d in refusals(file)} & {"MN108", "MN201"}
