"""When two shapes differ, as a test of the sizes and strides that decide."""

import pytest
from migrate_norm.codemod.flow.terms import Term

from .oracle import engine, spelled

CASES = {
    "same": ("y = jnp.sin(x)", "x.shape != y.shape", None),
    "features": ("y = x @ jnp.ones((6, 9))", "x.shape != y.shape", "x[-1] != 9"),
    "equal": ("y = x @ jnp.ones((6, 9))", "x.shape == y.shape", "x[-1] == 9"),
    "literal-strides": (
        "y = nn.max_pool(x, (1, 1), (2, 2), 'SAME')",
        "x.shape != y.shape",
        "x[-2] != (x[-2] + 1) // 2 or x[-3] != (x[-3] + 1) // 2",
    ),
    "strides": (
        "y = nn.max_pool(x, (1, 1), (self.width, self.width), 'SAME')",
        "x.shape != y.shape",
        "width != 1",
    ),
    "pairs": (
        "y = nn.max_pool(x, (1, 1), (self.sizes[0], self.sizes[1]), 'SAME')",
        "x.shape != y.shape",
        "sizes != (1, 1)",
    ),
    "pairs-turned": (
        "y = nn.max_pool(x, (1, 1), (self.sizes[1], self.sizes[0]), 'SAME')",
        "x.shape != y.shape",
        "sizes[0] != 1 or sizes[1] != 1",
    ),
    "one-stride-twice": (
        "z = nn.max_pool(x, (1, 1), (self.width, 1), 'SAME')\ny = nn.max_pool(z, (1, 1), (self.width, 1), 'SAME')",
        "x.shape != y.shape",
        "width != 1",
    ),
    "two-strides": (
        "z = nn.max_pool(x, (1, 1), (1, self.width), 'SAME')\ny = nn.max_pool(z, (1, 1), (1, 3), 'SAME')",
        "x.shape != y.shape",
        "x[-2] != ((x[-2] + (width - 1)) // width + 2) // 3",
    ),
    "rank": ("y = x[..., None]", "x.shape != y.shape", None),
    "unknown-axis": ("y = foreign(x)", "x.shape != y.shape", None),
    "other-array": ("z = y", "x.shape != z.shape", None),
    "somewhere": ("z = x + y\ny = x + y", "z.shape != y.shape", None),
    "order": ("y = x @ jnp.ones((6, 9))", "x.shape < y.shape", None),
}


@pytest.mark.parametrize("name", CASES)
def test_the_sizes_that_decide(name: str) -> None:
    before, test, expected = CASES[name]
    flow = engine(f"{before}\nreturn {test}")
    found = flow.returns["__call__"]
    assert (spelled(found) if isinstance(found, Term) else None) == expected
