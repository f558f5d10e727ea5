# ruff: noqa: E501
"""Dataclass fields, properties and `__post_init__`."""

import pytest

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
        "fields-factory-lambda",
        """\
import dataclasses
from typing import Any
class L(nn.Module):
    a: list = dataclasses.field(default_factory=lambda : [1, 2])
    b: Any = dataclasses.field(default_factory=lambda: 2 if True else 3)
    c: Any = dataclasses.field(default_factory=lambda n=4: n)
    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (6,)) * len(self.a) * self.b * self.c
""",
        """\
from typing import Any
class L(nnx.Module):
    def __init__(
        self,
        a: list | None = None,
        b: Any | None = None,
        c: Any | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.a = [1, 2] if a is None else a
        self.b = (2 if True else 3) if b is None else b
        self.c = (lambda n=4: n)() if c is None else c
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (6,)))

    def __call__(self, x):
        return x * self.w * len(self.a) * self.b * self.c
""",
        (
            Call("L", inputs=(f32(4, 6),)),
            Call("L", arguments={"a": [1], "b": 0.5, "c": 2}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "fields-factory",
        """\
import dataclasses
from typing import ClassVar, Any, Optional
class L(nn.Module):
    ''' doc '''
    n: int
    KIND: ClassVar[str] = 'k'
    xs: list = dataclasses.field(default_factory=lambda: [1, 2])
    d: dict = dataclasses.field(default_factory=dict)
    k: int = dataclasses.field(default=3, kw_only=True)
    z: Any = None
    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (x.shape[-1],)) * self.n * self.k * len(self.xs) + len(self.d) + len(self.KIND)
""",
        """\
from typing import ClassVar, Any, Optional
class L(nnx.Module):
    ''' doc '''
    KIND: ClassVar[str] = 'k'

    def __init__(
        self,
        in_features: int,
        n: int,
        xs: list | None = None,
        d: dict | None = None,
        z: Any = None,
        *,
        k: int = 3,
        rngs: nnx.Rngs,
    ):
        self.n = n
        self.xs = [1, 2] if xs is None else xs
        self.d = dict() if d is None else d
        self.k = k
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        return x * self.w * self.n * self.k * len(self.xs) + len(self.d) + len(self.KIND)
""",
        (
            Call("L", sizes=(6,), arguments={"n": 2}, inputs=(f32(4, 6),)),
            Call(
                "L",
                sizes=(6,),
                arguments={"n": 2, "k": 5, "xs": [1, 2, 3], "d": {"a": 1}},
                inputs=(f32(4, 6),),
            ),
        ),
    ),
    Case(
        "string-behind-the-fields-is-of-the-class",
        """\
class L(nn.Module):
    n: int
    k: int = 3
    '''
    Scales.

    n: how many
    k: by what
    '''

    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (self.n,)) * self.k


class M(nn.Module):
    n: int

    '''Scales.'''

    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (self.n,))


class N(nn.Module):
    n: int
    '''How many.'''

    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (self.n,))
""",
        """\
class L(nnx.Module):
    '''
    Scales.

    n: how many
    k: by what
    '''

    def __init__(self, n: int, k: int = 3, *, rngs: nnx.Rngs):
        self.k = k
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (n,)))

    def __call__(self, x):
        return x * self.w * self.k


class M(nnx.Module):
    '''Scales.'''

    def __init__(self, n: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (n,)))

    def __call__(self, x):
        return x * self.w


class N(nnx.Module):
    def __init__(
        self,
        # How many.
        n: int,
        *,
        rngs: nnx.Rngs,
    ):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (n,)))

    def __call__(self, x):
        return x * self.w
""",
        (
            Call("L", arguments={"n": 6}, inputs=(f32(4, 6),)),
            Call("M", arguments={"n": 6}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "fields-keyword-only",
        """\
import dataclasses
class L(nn.Module):
    n: int
    _: dataclasses.KW_ONLY
    k: int = 3

    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (self.n,)) * self.k
""",
        """\
class L(nnx.Module):
    def __init__(self, n: int, *, k: int = 3, rngs: nnx.Rngs):
        self.k = k
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (n,)))

    def __call__(self, x):
        return x * self.w * self.k
""",
        (Call("L", arguments={"n": 6, "k": 2}, inputs=(f32(4, 6),)),),
    ),
    Case(
        "field-factory-in-size",
        """\
import dataclasses
class L(nn.Module):
    xs: tuple = dataclasses.field(default_factory=lambda: (6,))
    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, self.xs)
""",
        """\
class L(nnx.Module):
    def __init__(self, xs: tuple | None = None, *, rngs: nnx.Rngs):
        self.xs = (6,) if xs is None else xs
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), self.xs))

    def __call__(self, x):
        return x * self.w
""",
        (
            Call("L", inputs=(f32(4, 6),)),
            Call("L", arguments={"xs": (1, 6)}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "train-field",
        """\
class L(nn.Module):
    train: bool = True
    eval: bool = False
    @nn.compact
    def __call__(self, x):
        y = x * self.param('w', nn.initializers.ones, (x.shape[-1],))
        return y + 1 if self.train and not self.eval else y
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        train: bool = True,
        eval: bool = False,
        *,
        rngs: nnx.Rngs,
    ):
        self.train_mode = train
        self.eval_mode = eval
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        y = x * self.w
        return y + 1 if self.train_mode and not self.eval_mode else y
""",
        (
            Call("L", sizes=(6,), inputs=(f32(4, 6),)),
            Call("L", sizes=(6,), arguments={"train": False}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "deterministic-field",
        """\
class L(nn.Module):
    deterministic: bool = False
    use_running_average: bool | None = None
    @nn.compact
    def __call__(self, x):
        y = x * self.param('w', nn.initializers.ones, (x.shape[-1],))
        return y + 1 if self.deterministic or self.use_running_average else y
""",
        '''\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        deterministic: bool = False,
        use_running_average: bool | None = None,
        *,
        rngs: nnx.Rngs,
    ):
        self.deterministic = deterministic
        self.use_running_average = use_running_average
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (in_features,)))

    def __call__(self, x):
        y = x * self.w
        return y + 1 if self.deterministic or self.use_running_average else y

    def set_view(self, deterministic: bool | None = None, use_running_average: bool | None = None) -> None:
        """Called by nnx.view: sets the mode where it is given."""
        if deterministic is not None:
            self.deterministic = deterministic
        if use_running_average is not None:
            self.use_running_average = use_running_average
''',
        (
            Call("L", sizes=(6,), inputs=(f32(4, 6),)),
            Call("L", sizes=(6,), arguments={"deterministic": True}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "property-on-param",
        """\
class L(nn.Module):
    def setup(self):
        self.w = self.param('w', nn.initializers.ones, (6,))
    @property
    def norm(self):
        return jnp.sum(self.w ** 2)
    def __call__(self, x):
        return x / self.norm
""",
        """\
class L(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (6,)))

    @property
    def norm(self):
        return jnp.sum(self.w ** 2)
    def __call__(self, x):
        return x / self.norm
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
    Case(
        "post-init",
        """\
class L(nn.Module):
    dim: int = 6
    scale: float | None = None
    def __post_init__(self):
        if self.scale is None:
            self.scale = 1.0 / self.dim
        super().__post_init__()
    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (self.dim,)) * self.scale
""",
        """\
class L(nnx.Module):
    def __init__(self, dim: int = 6, scale: float | None = None, *, rngs: nnx.Rngs):
        self.dim = dim
        self.scale = scale
        if self.scale is None:
            self.scale = 1.0 / self.dim
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (dim,)))

    def __call__(self, x):
        return x * self.w * self.scale
""",
        (
            Call("L", inputs=(f32(4, 6),)),
            Call("L", arguments={"scale": 2.0}, inputs=(f32(4, 6),)),
        ),
    ),
    Case(
        "post-init-reads-method",
        """\
class L(nn.Module):
    dim: int = 6
    def __post_init__(self):
        super().__post_init__()
        self.check()
    def check(self):
        if self.dim < 1:
            raise ValueError(self.dim)
    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (self.dim,))
""",
        """\
class L(nnx.Module):
    def __init__(self, dim: int = 6, *, rngs: nnx.Rngs):
        self.dim = dim
        self.check()
        self.w = nnx.Param(nnx.initializers.ones(rngs.params(), (dim,)))

    def check(self):
        if self.dim < 1:
            raise ValueError(self.dim)
    def __call__(self, x):
        return x * self.w
""",
        (Call("L", inputs=(f32(4, 6),)),),
    ),
)

REFUSED = (
    Refusal(
        "trap-15-a-list-is-a-tuple-in-linen",
        "MN105",
        """\
class L(nn.Module):
    dims: list
    @nn.compact
    def __call__(self, x):
        w = self.param('w', nn.initializers.ones, (3,))
        return x * w if self.dims == (1, 2) else x
""",
    ),
    Refusal(
        "field-factory-array",
        "MN105",
        """\
import dataclasses
from typing import Any
from jax import random
class L(nn.Module):
    rng: Any = dataclasses.field(default_factory=lambda : random.PRNGKey(0))
    @nn.compact
    def __call__(self, x):
        return x[self.rng] * self.param('w', nn.initializers.ones, (6,))
""",
    ),
    Refusal(
        "field-none-factory",
        "MN106",
        """\
import dataclasses
class L(nn.Module):
    xs: list | None = dataclasses.field(default_factory=lambda: [1, 2])
    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (x.shape[-1],)) * (len(self.xs) if self.xs is not None else 10)
""",
    ),
    Refusal(
        "class-method-that-constructs-and-is-called",
        "MN301",
        """\
class L(nn.Module):
    heads: int = 2
    dim: int = 3
    @property
    def total(self):
        return self.heads * self.dim
    @staticmethod
    def two():
        return 2
    @classmethod
    def make(cls):
        return cls(heads=1, dim=6)
    def half(self):
        return self.total // self.two()
    @nn.compact
    def __call__(self, x):
        return x * self.param('w', nn.initializers.ones, (self.total,)) * self.half() + self.param('v', nn.initializers.ones, (self.half() * 2,))


model = L.make()
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
