# ruff: noqa: E501
"""Bytes in, bytes out: newlines, encodings, comments and layout survive."""

import pytest
from migrate_norm.codemod import migrate_files

from .check import check_stable, check_transformed, refusals

_BEFORE = """from flax import linen as nn


class L(nn.Module):
    eps: float = 1.0

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.ones, (3,))
        return x * w + self.eps
"""
_AFTER = """from flax import nnx


class L(nnx.Module):
    def __init__(self, eps: float = 1.0, *, rngs: nnx.Rngs):
        self.eps = eps
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (3,)))

    def __call__(self, x):
        return x * self.w + self.eps
"""


def _check_bytes(before: bytes, after: bytes) -> None:
    file = migrate_files({"a.py": before}).files[0]
    assert not refusals(file)
    assert file.after == after
    check_stable(file)


def _with_newlines(text: str, end: str) -> bytes:
    return text.replace("\n", end).encode()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_newlines(end: str) -> None:
    _check_bytes(_with_newlines(_BEFORE, end), _with_newlines(_AFTER, end))


def test_crlf_where_a_type_and_lines_are_added() -> None:
    before = _BEFORE.replace("        return x * w + self.eps\n", "").replace("eps: float = 1.0", "eps: float = 1.0\n    " + "long_name: float = 2.0\n    " * 4)  # fmt: skip
    before = before.replace("    long_name", "    n{}_long_name")
    for i in range(4):
        before = before.replace("n{}", f"n{i}", 1)
    before += (
        "        v = self.variable('stats', 'v', jnp.zeros, (3,))\n"
        "        v.value += 1\n        return x * w * v.value + self.eps + self.n0_long_name\n"
    )
    before = "import jax.numpy as jnp\n" + before
    file = migrate_files({"a.py": _with_newlines(before, "\r\n")}).files[0]
    assert not refusals(file)
    assert file.changed
    assert file.after.count(b"\n") == file.after.count(b"\r\n")
    check_stable(file)


def test_byte_order_mark() -> None:
    _check_bytes(b"\xef\xbb\xbf" + _BEFORE.encode(), b"\xef\xbb\xbf" + _AFTER.encode())


def test_latin_1_cookie() -> None:
    cookie = "# -*- coding: latin-1 -*-\n"
    note = 'NAME = "Gr\u00fc\u00dfe"\n\n\n'
    before, after = (
        cookie + t.replace("class L", note + "class L").replace("linen as nn\n\n\n", "linen as nn\n\n").replace("import nnx\n\n\n", "import nnx\n\n")
        for t in (_BEFORE, _AFTER)
    )  # fmt: skip
    _check_bytes(before.encode("latin-1"), after.encode("latin-1"))


def test_wide_characters_before_an_edit() -> None:
    before = _BEFORE.replace(
        "return x * w + self.eps", 'print("\u00fc\U0001f600", w, "\u4e2d"); return x * w + self.eps'
    )
    after = _AFTER.replace(
        "return x * self.w + self.eps",
        'print("\u00fc\U0001f600", self.w[...], "\u4e2d"); return x * self.w + self.eps',
    )
    _check_bytes(before.encode(), after.encode())


@pytest.mark.parametrize("step", ["\t", "  ", "   ", "        "], ids=["tabs", "two", "three", "eight"])
def test_indentation(step: str) -> None:
    check_transformed(_BEFORE.replace("    ", step), _AFTER.replace("    ", step))


def test_no_newline_at_the_end() -> None:
    check_transformed(_BEFORE.rstrip("\n"), _AFTER.rstrip("\n"))


def test_form_feed_and_odd_spaces_elsewhere_stay() -> None:
    noise = "\x0c\nx = {  'a' :1 }   # odd\n\n\n\n\ny = [1,\n  2]\n"
    check_transformed(_BEFORE + noise, _AFTER + noise)


def test_docstrings_comments_and_quotes() -> None:
    check_transformed(
        """# head
from flax import linen as nn


# about L
class L(nn.Module):  # L itself
    '''Scales.

    More.
    '''

    # how large
    eps: float = 1.0  # small

    # the call
    @nn.compact
    def __call__(self, x):  # called
        '''Scales x.'''
        # the scale
        w = self.param('w', nn.initializers.ones, (3,))  # of ones
        # the result
        return x * w + self.eps  # done
""",
        """# head
from flax import nnx


# about L
class L(nnx.Module):  # L itself
    '''Scales.

    More.
    '''

    def __init__(
        self,
        # how large
        eps: float = 1.0,  # small
        *,
        rngs: nnx.Rngs,
    ):
        self.eps = eps
        # the scale
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (3,)))  # of ones

    # the call
    def __call__(self, x):  # called
        '''Scales x.'''
        # the result
        return x * self.w + self.eps  # done
""",
    )


@pytest.mark.parametrize("comment", ["how large", "small", "the scale", "of ones", "the result", "done"])
def test_no_comment_is_lost(comment: str) -> None:
    before = (
        "from flax import linen as nn\n\n\nclass L(nn.Module):\n    # how large\n    eps: float = 1.0  # small\n\n"
        "    @nn.compact\n    def __call__(self, x):\n        # the scale\n"
        "        w = self.param('w', nn.initializers.ones, (3,))  # of ones\n"
        "        # the result\n        return x * w + self.eps  # done\n"
    )
    assert f"# {comment}" in migrate_files({"a.py": before.encode()}).files[0].after.decode()


def test_comment_behind_an_import() -> None:
    why = "linen as nn  # noqa: why"
    check_transformed(
        _BEFORE.replace("linen as nn", why), _AFTER.replace("import nnx", "import nnx  # noqa: why", 1)
    )


def test_semicolons() -> None:
    check_transformed(
        "from flax import linen as nn\n\n\nclass L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
        "        w = self.param('w', nn.initializers.ones, (3,)); x = x + 1; return x * w\n",
        "from flax import nnx\n\n\nclass L(nnx.Module):\n    def __init__(self, *, rngs: nnx.Rngs):\n"
        "        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (3,)))\n\n    def __call__(self, x):\n"
        "        x = x + 1; return x * self.w\n",
    )


def test_lines_of_other_code_stay_as_they_are() -> None:
    other = "\n\n\ndef f( a,b ):\n    return {'x':a,\n            'y' : b}\n"
    check_transformed(_BEFORE + other, _AFTER + other)


def test_strings_that_describe_fields_become_comments() -> None:
    check_transformed(
        '''from flax import linen as nn


class L(nn.Module):
    """Scales."""

    width: int
    """How many."""
    # about eps
    eps: float = 1.0  # small
    r"""Added, \\epsilon of

        a paper
    that has a title which is so long that it has to be broken somewhere, as it is here.
    """

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.ones, (self.width,))
        return x * w + self.eps
''',
        '''from flax import nnx


class L(nnx.Module):
    """Scales."""

    def __init__(
        self,
        # How many.
        width: int,
        # about eps
        # Added, \\epsilon of
        #
        #     a paper
        # that has a title which is so long that it has to be broken somewhere, as it is
        # here.
        eps: float = 1.0,  # small
        *,
        rngs: nnx.Rngs,
    ):
        self.eps = eps
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (width,)))

    def __call__(self, x):
        return x * self.w + self.eps
''',
    )


def test_calls_that_became_short_and_blocks_that_lost_their_first_line() -> None:
    check_transformed(
        """from flax import linen as nn


class L(nn.Module):
    on: bool = True

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(3, name="a")(
            x,
        )
        x = nn.Dense(4, name="b")(
            x,  # as it is
        )
        if self.on:
            w = self.param("w", nn.initializers.ones, (4,))

            x = x + w
        return x
""",
        """from flax import nnx


class L(nnx.Module):
    def __init__(self, in_features: int, on: bool = True, *, rngs: nnx.Rngs):
        self.on = on
        self.a = nnx.Linear(in_features, 3, rngs=rngs)
        self.b = nnx.Linear(3, 4, rngs=rngs)
        if on:
            self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (4,)))

    def __call__(self, x):
        x = self.a(x)
        x = self.b(
            x,  # as it is
        )
        if self.on:
            x = x + self.w
        return x
""",
    )


def test_long_arguments_are_broken_too() -> None:
    check_transformed(
        """from flax import linen as nn


class L(nn.Module):
    scale_of_the_kernel: float = 1.0

    @nn.compact
    def __call__(self, x):
        a = self.param("a", nn.initializers.variance_scaling(self.scale_of_the_kernel, "fan_in", distribution="normal"), (3, 3))
        return nn.Dense(3, kernel_init=nn.initializers.variance_scaling(self.scale_of_the_kernel, "fan_in", "normal"))(x @ a)
""",
        """from flax import nnx


class L(nnx.Module):
    def __init__(self, scale_of_the_kernel: float = 1.0, *, rngs: nnx.Rngs):
        self.a = nnx.Param(
            nnx.initializers.variance_scaling(
                scale_of_the_kernel, "fan_in", distribution="normal"
            )(rngs.params(), (3, 3))
        )
        self.dense_0 = nnx.Linear(
            3,
            3,
            kernel_init=nnx.initializers.variance_scaling(
                scale_of_the_kernel, "fan_in", "normal"
            ),
            rngs=rngs,
        )

    def __call__(self, x):
        return self.dense_0(x @ self.a)
""",
    )


def test_constructions_elsewhere_are_broken_where_they_are_long() -> None:
    before = """from flax import linen as nn
import jax
import jax.numpy as jnp


class L(nn.Module):
    scale_of_the_kernel: float = 1.0
    scale_of_the_bias: float = 1.0

    @nn.compact
    def __call__(self, x):
        return x * self.param("w", nn.initializers.ones, (3,)) * self.scale_of_the_kernel * self.scale_of_the_bias


class Stays(nn.Module):
    @nn.compact
    def __call__(self, x):
        seen = self.sow("intermediates", "x", x)
        return L(
            scale_of_the_kernel=jnp.sqrt(2.0) * 3.0,
            scale_of_the_bias=jnp.sqrt(2.0) * 3.0,
        )(x)


def main():
    model = L(scale_of_the_kernel=1.5, scale_of_the_bias=2.5)
    variables = model.init(jax.random.fold_in(jax.random.key(0), 1), jnp.ones((1, 3)))
    return model.apply(variables, jnp.ones((1, 3)))
"""
    text = migrate_files({"a.py": before.encode()}).files[0].after.decode()
    assert """
        return nnx.bridge.to_linen(
            L,
            scale_of_the_kernel=jnp.sqrt(2.0) * 3.0,
            scale_of_the_bias=jnp.sqrt(2.0) * 3.0,
            name="L_0",
        )(x)
""" in text, text  # fmt: skip
    assert """
    model = L(
        scale_of_the_kernel=1.5,
        scale_of_the_bias=2.5,
        rngs=nnx.Rngs(jax.random.fold_in(jax.random.key(0), 1)),
    )
    return model(jnp.ones((1, 3)))
""" in text, text  # fmt: skip
