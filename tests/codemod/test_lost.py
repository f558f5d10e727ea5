"""A size that cannot be told: the message names the expression that shapes were followed to."""

import pytest

from .check import HEADER, migrate

BODY = "class L(nn.Module):\n    f: int = 4\n\n    @nn.compact\n    def __call__(self, x, y=None):\n"

CASES = {
    "a function of somebody else": (["return nn.Dense(3)(other(x))"], "`other(x)`", 11),
    "by way of names": (["h = other(x)", "h = nn.relu(h) * 2", "return nn.Dense(3)(h)"], "`other(x)`", 11),
    "a long call": (
        [
            f"h = frobnicate(nn.relu(x), {', '.join(f'alpha_{k}=1.0' for k in range(5))})",
            "return nn.Dense(3)(h)",
        ],
        "`frobnicate(...)`",
        11,
    ),
    "an axis that may be the last": (
        ["h = nn.relu(x)", "h = jnp.swapaxes(h, 1, 2)", "return nn.Dense(3)(h)"],
        "`jnp.swapaxes(h, 1, 2)`",
        12,
    ),
    "two that may be broadcast": (["h = x * y", "return nn.LayerNorm()(h)"], "`x * y`", 11),
}


@pytest.mark.parametrize("case", CASES)
def test_the_message_says_where(case: str) -> None:
    lines, expression, line = CASES[case]
    _, file, _ = migrate(HEADER + BODY + "".join(f"        {each}\n" for each in lines))
    said = next(d.message for d in file.diagnostics if d.code == "MN108")
    assert said.endswith(
        f"cannot be told from the source: what {expression} gives (line {line}) is not known"
    )


def test_an_argument_itself_is_no_loss() -> None:
    lines = ["a, *b = y", "return nn.Dense(3)(a)"]
    _, file, _ = migrate(HEADER + BODY + "".join(f"        {each}\n" for each in lines))
    said = next(d.message for d in file.diagnostics if d.code == "MN108")
    assert said.endswith("cannot be told from the source")


def test_of_two_shapes_either_may_be_lost() -> None:
    lines = [
        "h = other(nn.Dense(self.f)(x))",
        "r = nn.relu(x)",
        "if r.shape != h.shape:",
        "    r = nn.Dense(self.f)(r)",
        "return r + h",
    ]
    _, file, _ = migrate(HEADER + BODY + "".join(f"        {each}\n" for each in lines))
    said = next(d.message for d in file.diagnostics if d.code == "MN108")
    assert said.endswith("it depends on whether `r.shape != h.shape`, which the source does not tell")
