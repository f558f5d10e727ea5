"""Linen classes that inherit: fields, methods, and constructors that call each other."""

import pytest
from migrate_norm.codemod import migrate_files

from .check import (
    NNX_HEADER,
    Call,
    Case,
    Refusal,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    name_of,
    with_header,
)

TRANSFORMED = (
    Case(
        "generic",
        """\
from typing import Generic, TypeVar
T = TypeVar('T')
class L(nn.Module, Generic[T]):
    dim: int = 6
    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (self.dim,))
""",
        """\
from typing import Generic, TypeVar
T = TypeVar('T')
class L(nnx.Module, Generic[T]):
    def __init__(self, dim: int = 6, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (dim,)))

    def __call__(self, x):
        return x * self.w
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "base-fields",
        """\
class B(nn.Module):
    dim: int
    eps: float = 1e-5
class L(B):
    k: float = 2.0
    eps: float = 3.0
    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (self.dim,)) + self.eps * self.k
""",
        """\
class B(nnx.Module):
    def __init__(self, dim: int, eps: float = 1e-5, *, rngs: nnx.Rngs):
        pass
class L(B):
    def __init__(self, dim: int, eps: float = 3.0, k: float = 2.0, *, rngs: nnx.Rngs):
        super().__init__(dim=dim, eps=eps, rngs=rngs)
        self.eps = eps
        self.k = k
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (dim,)))

    def __call__(self, x):
        return x * self.w + self.eps * self.k
""",
        (Call("L", arguments={"dim": 6}, inputs=(f32(4, 6),)),),
    ),
    Case(
        "base-setup-super",
        """\
class B(nn.Module):
    dim: int = 6
    def setup(self):
        self.w = self.param('w', nn.initializers.ones, (self.dim,))
        self.e = jnp.exp(self.w)
    def __call__(self, x):
        return x * self.e
class L(B):
    def setup(self):
        super().setup()
        self.b = self.param('b', nn.initializers.ones, (self.dim,))
    def __call__(self, x):
        return super().__call__(x) + self.b + self.w + self.e
""",
        """\
class B(nnx.Module):
    def __init__(self, dim: int = 6, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (dim,)))

    def _e(self):
        return jnp.exp(self.w[...])

    def __call__(self, x):
        return x * self._e()
class L(B):
    def __init__(self, dim: int = 6, *, rngs: nnx.Rngs):
        super().__init__(dim=dim, rngs=rngs)
        self.b = nnx.Param(nnx.initializers.ones(rngs.params(), (dim,)))

    def __call__(self, x):
        return super().__call__(x) + self.b + self.w + self._e()
""",
        (
            Call("B", inputs=(f32(4, 6),)),
            Call("L", inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "base-hook",
        """\
class B(nn.Module):
    def init_fn(self):
        return nn.initializers.ones
    def size(self):
        return 6
    @nn.compact
    def __call__(self, x):
        return self.act(x * self.param('w', self.init_fn(), (self.size(),)))
    def act(self, x):
        return x
class L(B):
    def act(self, x):
        return jnp.tanh(x)
    def size(self):
        return 1
""",
        """\
class B(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.Param(self.init_fn()(rngs.params(), (self.size(),)))

    def init_fn(self):
        return nnx.initializers.ones
    def size(self):
        return 6
    def __call__(self, x):
        return self.act(x * self.w)
    def act(self, x):
        return x
class L(B):
    def act(self, x):
        return jnp.tanh(x)
    def size(self):
        return 1
""",
        (
            Call("B", inputs=(f32(4, 6),)),
            Call("L", inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "base-field-override-used-in-base",
        """\
class B(nn.Module):
    eps: float = 1e-5
    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (x.shape[-1],)) + self.eps
class L(B):
    eps: float = 7.0
""",
        """\
class B(nnx.Module):
    def __init__(self, in_features: int, eps: float = 1e-5, *, rngs: nnx.Rngs):
        self.eps = eps
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        return x * self.w + self.eps
class L(B):
    def __init__(self, in_features: int, eps: float = 7.0, *, rngs: nnx.Rngs):
        super().__init__(in_features, eps=eps, rngs=rngs)
""",
        (Call("L", sizes=(6,), inputs=(f32(4, 6),)),),
    ),
    Case(
        "base-classconst-override",
        """\
class B(nn.Module):
    K = 2
    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (self.K * 3,)) * self.K
class L(B):
    K = 1
""",
        """\
class B(nnx.Module):
    K = 2

    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (self.K * 3,)))

    def __call__(self, x):
        return x * self.w * self.K
class L(B):
    K = 1
""",
        (
            Call("B", inputs=(f32(4, 6),)),
            Call("L", inputs=(f32(4, 3),)),
        ),
    ),
)

REFUSED = (
    Refusal(
        "base-setup-nosuper",
        "MN104",
        """\
class B(nn.Module):
    dim: int = 6
    def setup(self):
        self.w = self.param('w', nn.initializers.ones, (self.dim,))
    def __call__(self, x):
        return x * self.w
class L(B):
    def setup(self):
        self.w = self.param('b', nn.initializers.ones, (self.dim,))
""",
    ),
    Refusal(
        "base-creates-in-helper",
        "MN201",
        """\
class B(nn.Module):
    def stat(self, name):
        return self.variable('stats', name, jnp.zeros, (6,))
class L(B):
    @nn.compact
    def __call__(self, x):
        s = self.stat('m')
        s.value = x.mean(0)
        return x - s.value
""",
    ),
    Refusal(
        "mixin",
        "MN104",
        """\
class Mixin:
    def act(self, x):
        return jnp.tanh(x) * self.dim
class L(Mixin, nn.Module):
    dim: int = 6
    @nn.compact
    def __call__(self, x):
        return self.act(x * self.param('w', nn.initializers.ones, (6,)))
""",
    ),
    Refusal(
        "mixin-fields",
        "MN104",
        """\
import dataclasses
@dataclasses.dataclass
class Mixin:
    dim: int = 6
class L(Mixin, nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (self.dim,))
""",
    ),
    Refusal(
        "mixin-param",
        "MN104",
        """\
class Mixin:
    def scale(self):
        return self.param('w', nn.initializers.ones, (6,))
class L(Mixin, nn.Module):
    @nn.compact
    def __call__(self, x):
        return x * self.scale()
""",
    ),
)


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_is_migrated(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(with_header(case.before), *case.calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_is_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)


_BASE = b"""\
import jax.numpy as jnp
from flax import linen as nn


class Base(nn.Module):
    scale_init: nn.initializers.Initializer = nn.initializers.ones
    dtype: type = jnp.float32
"""
_CHILD = b"""\
from flax import linen
from base import Base


class Child(Base):
    n: int = 3

    @linen.compact
    def __call__(self, x):
        return x * self.param("w", self.scale_init, (self.n,), self.dtype)
"""


def test_a_field_inherited_from_another_file_is_spelled_for_this_one() -> None:
    child = b"import jax.numpy as jnp\n" + _CHILD
    file = migrate_files({"base.py": _BASE, "child.py": child}).files[1]
    assert not file.diagnostics
    assert b"scale_init: nnx.initializers.Initializer = nnx.initializers.ones," in file.after
    assert b"linen" not in file.after


def test_what_a_field_inherited_from_another_file_names_is_imported() -> None:
    base = _BASE.replace(b"\n\n\n", b"\nfrom collections.abc import Sequence as Many, Callable\n\n\n", 1)
    base += b"    act: Callable = jnp.tanh\n    sizes: Many[int] = ()\n"
    result = migrate_files({"base.py": base, "child.py": _CHILD})
    assert not any(file.diagnostics for file in result.files)
    assert result.files[1].after.startswith(
        b"from flax import nnx\n"
        b"from collections.abc import Callable\n"
        b"from collections.abc import Sequence as Many\n"
        b"import jax.numpy as jnp\n"
        b"from base import Base\n"
    )
    assert not any(file.changed for file in migrate_files({f.path: f.after for f in result.files}).files)


def test_a_name_that_both_files_bind_to_the_same_is_that() -> None:
    rest = b"DTYPE = jnp.int32\nDim = int\n"
    base = _BASE.replace(b"dtype: type = jnp.float32", b"dtype: Dim = DTYPE").replace(b"\n\n\n", b"\n" + rest)
    child = b"import jax.numpy as jnp\nDim = object\nDTYPE = jnp.int32\n" + _CHILD
    assert not any(file.diagnostics for file in migrate_files({"base.py": base, "child.py": child}).files)


@pytest.mark.parametrize(
    ("base", "child"),
    [
        pytest.param(_BASE, b"jnp = 3\n" + _CHILD, id="name-of-its-own"),
        pytest.param(_BASE, _CHILD + b"        return jnp\n", id="name-that-may-be-a-builtin"),
        pytest.param(_BASE, b"from somewhere import *\n" + _CHILD, id="star"),
        pytest.param(
            _BASE.replace(b"jnp.float32", b"DTYPE") + b"DTYPE = jnp.int32\n", _CHILD, id="no-import"
        ),
        pytest.param(
            _BASE.replace(b"jnp.float32", b"DTYPE") + b"DTYPE = jnp.int32\n",
            b"DTYPE = bool\n" + _CHILD,
            id="the-same-name-for-something-else",
        ),
        pytest.param(b"from .types import T\n" + _BASE.replace(b"jnp.float32", b"T"), _CHILD, id="relative"),
        pytest.param(b"jnp = 3\n" + _BASE, _CHILD, id="bound-there-as-well"),
        pytest.param(
            _BASE.replace(b"import jax.numpy", b"if True:\n    import jax.numpy"), _CHILD, id="on-a-condition"
        ),
    ],
)
def test_a_field_inherited_from_another_file_that_names_what_is_not_imported_here_is_refused(
    base: bytes, child: bytes
) -> None:
    result = migrate_files({"base.py": base, "child.py": child})
    assert not any(file.changed for file in result.files)
    assert "MN104" in {d.code for file in result.files for d in file.diagnostics}
