# ruff: noqa: E501
"""Sizes that a script reads off the sample which it initialises with, against the shape that the sample has."""

import ast

import jax.numpy as jnp
import numpy as np
import pytest
from migrate_norm.codemod.names import read_names
from migrate_norm.codemod.sites.sizes import rank, size

_NAMES = read_names(ast.parse("import jax.numpy as jnp\n"), "m")
_SPACE = {"jnp": jnp, "x": np.zeros((2, 5, 6, 3)), "s": (5, 6, 3), "n": 4}
_TEMPLATES = (
    "{}.shape[-1]",
    "{}.shape[-3]",
    "{}.shape[1]",
    "{}.shape",
    "{}.shape[-3:]",
    "{}.shape[1:]",
    "{}.size",
    "{}[0].size",
)

SAMPLES = {
    "x": ["x.shape[-1]", "x.shape[-3]", "x.shape[1]", "x.shape", "x.shape[-3:]", "x.shape[1:]", "x.size", "x[0].size"],
    "jnp.ones((2, 5, n, 3))": ["3", "5", "5", "(2, 5, n, 3)", "(5, n, 3)", "(5, n, 3)", "30 * n", "15 * n"],
    "jnp.zeros(x.shape)": ["x.shape[-1]", "x.shape[-3]", "(*x.shape,)[1]", "(*x.shape,)", "x.shape[-3:]", "(*x.shape,)[1:]", None, None],
    "jnp.zeros((1, *s))": ["s[-1]", "s[-3]", "(1, *s)[1]", "(1, *s)", "s[-3:]", "(1, *s)[1:]", None, None],
    "jnp.zeros((*s, 7))": ["7", "(*s, 7)[-3]", "(*s, 7)[1]", "(*s, 7)", "(*s, 7)[-3:]", "(*s, 7)[1:]", None, None],
    "jnp.zeros((1, 2) + x.shape)": ["x.shape[-1]", "x.shape[-3]", "2", "(1, 2, *x.shape)", "x.shape[-3:]", "(1, 2, *x.shape)[1:]", None, None],
    "jnp.zeros_like(x)": ["x.shape[-1]", "x.shape[-3]", "x.shape[1]", "x.shape", "x.shape[-3:]", "x.shape[1:]", "x.size", "x[0].size"],
}  # fmt: skip
REFUSED = ("jnp.zeros(s)", "jnp.zeros(s + (1,))", "jnp.zeros(f(n))", "jnp.zeros_like(x, shape=(3, 4))", "jnp.zeros_like(f(x))", "f(x)")  # fmt: skip


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_size_is_that_of_the_sample(sample: str) -> None:
    node = ast.parse(sample, mode="eval").body
    found = [size(template, node, sample, _NAMES) for template in _TEMPLATES]
    assert found == SAMPLES[sample]
    for template, text in zip(_TEMPLATES, found, strict=True):
        assert text is None or eval(text, _SPACE) == eval(template.format(f"({sample})"), _SPACE), template
    known = rank(node, _NAMES)
    assert known in (None, eval(sample, _SPACE).ndim)


@pytest.mark.parametrize("sample", REFUSED)
def test_what_is_not_plain_is_not_read(sample: str) -> None:
    node = ast.parse(sample, mode="eval").body
    assert size("{}.shape[-1]", node, sample, _NAMES) is None
    assert rank(node, _NAMES) is None
