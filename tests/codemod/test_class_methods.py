# ruff: noqa: E501
"""Class methods of submodules that are called without an instance: `Cell.empty(n)`."""

import pytest

from .check import HEADER, Call, Refusal, check_equivalent, f32, migrate, name_of, refusals

CELL = """\
class Cell(nn.Module):
    width: int

    @classmethod
    def empty(cls, batch: int, width: int):
        return jnp.zeros((batch, width)) + 1.0

    @nn.compact
    def __call__(self, x, state):
        return nn.Dense(self.width)(x) + state


class Block(nn.Module):
    width: int = 4

    def setup(self):
        self.cell = Cell(self.width)

    @classmethod
    def start(cls, batch: int, width: int):
        return Cell.empty(batch, width)

    def __call__(self, x):
        return self.cell(x, Cell.empty(x.shape[0], self.width))


class Model(nn.Module):
    @nn.compact
    def __call__(self, x):
        return Block()(x) + Block.start(x.shape[0], 4)
"""


def test_computes_the_same() -> None:
    check_equivalent(HEADER + CELL, *(Call(name, (5,), {}, (f32(3, 5),)) for name in ("Block", "Model")))


def _cell(old: str, new: str) -> str:
    assert old in CELL
    return HEADER + CELL.replace(old, new)


_BODY = "return jnp.zeros((batch, width)) + 1.0"
REFUSED = (
    Refusal("one-that-reads-its-class", "MN101", _cell(_BODY, "return jnp.zeros((batch, width)) + len(cls.__name__)")),
    Refusal("one-that-makes-its-class", "MN101", _cell(_BODY, "return cls(width)(jnp.ones((batch, 5)), 0.0)")),
    Refusal("one-that-asks-its-base", "MN101", _cell(_BODY, "return super().empty(batch, width)")),
    Refusal("one-that-makes-a-layer", "MN101", _cell(_BODY, "return nn.Dense(width)(jnp.ones((batch, 5)))")),
    Refusal("one-that-is-handed-on", "MN101", _cell("self.cell(x, Cell.empty(", "self.cell(x, jax.jit(Cell.empty, static_argnums=(0, 1))(")),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    text, file, _ = migrate(refusal.before)
    assert refusal.code in {d.code for d in refusals(file) if d.subject == "Block"}, file.diagnostics
    assert "class Block(nn.Module)" in text
