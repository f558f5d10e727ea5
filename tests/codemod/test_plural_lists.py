"""A list of variables whose name one variable has too: `M` and `M_0`, `M_1` of a comprehension."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
)

_SOURCE = """\
class Orbitals(nn.Module):
    sizes: tuple[int, ...]
    restricted: bool = True
    whole: bool = False

    def setup(self):
        if self.whole:
            M = self.param("M", nn.initializers.normal(), (3, 3))
            self.orbitals = M
        else:
            if self.restricted:
                M = self.param("M", nn.initializers.normal(), (3, self.sizes[0]))
                self.orbitals = [M for _ in self.sizes]
            else:
                self.orbitals = [
                    self.param(f"M_{i}", nn.initializers.normal(), (3, size))
                    for i, size in enumerate(self.sizes)
                ]

    def __call__(self, x):
        if self.whole:
            return x @ self.orbitals
        return [x @ M for M in self.orbitals]
"""
_AFTER = """\
class Orbitals(nnx.Module):
    def __init__(
        self,
        sizes: tuple[int, ...],
        restricted: bool = True,
        whole: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.sizes = sizes
        self.restricted = restricted
        self.whole = whole
        if whole:
            self.M = nnx.Param(nnx.initializers.normal()(rngs.params(), (3, 3)))
        else:
            if restricted:
                self.M = nnx.Param(
                    nnx.initializers.normal()(rngs.params(), (3, sizes[0]))
                )
            else:
                self.Ms = nnx.List(
                    [nnx.Param(nnx.initializers.normal()(rngs.params(), (3, size))) for i, size in enumerate(sizes)]
                )

    def _orbitals(self):
        if self.whole:
            M = self.M[...]
            orbitals = M
        else:
            if self.restricted:
                M = self.M[...]
                orbitals = [M for _ in self.sizes]
            else:
                orbitals = [
                    self.Ms[i][...]
                    for i, size in enumerate(self.sizes)
                ]
        return orbitals

    def __call__(self, x):
        if self.whole:
            return x @ self._orbitals()
        return [x @ M for M in self._orbitals()]
"""


def test_is_migrated() -> None:
    check_transformed(HEADER + _SOURCE, NNX_HEADER + _AFTER)


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("whole", [True, False])
def test_computes_the_same(restricted: bool, whole: bool) -> None:
    given = {"sizes": (2, 2, 2) if restricted else (2, 1, 4), "restricted": restricted, "whole": whole}
    check_equivalent(HEADER + _SOURCE, Call("Orbitals", (), given, (f32(4, 3),)))


def test_a_name_that_is_taken_in_the_plural_too_is_refused() -> None:
    check_refused(
        HEADER + _SOURCE.replace("    whole: bool = False\n", "    whole: bool = False\n    Ms: int = 3\n"),
        "MN204",
    )
