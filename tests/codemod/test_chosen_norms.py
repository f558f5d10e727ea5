# ruff: noqa: E501
"""A local that stands for one of several norms, as configuration says, and is called at several places."""

import pytest

from .check import Call, Case, Refusal, check_equivalent, check_refused, check_transformed, f32, name_of

HEADER = "from functools import partial\n\nimport jax.numpy as jnp\nfrom flax import linen as nn\n\n\n"
AFTER = "from functools import partial\n\nimport jax.numpy as jnp\nfrom flax import nnx\n\n\n"
_X = f32(2, 5, 4)
KINDS = ({}, {"norm": "group"}, {"norm": "layer"})

BLOCK = Case("compact", """\
class Block(nn.Module):
    features: int = 4
    norm: str = "batch"

    @nn.compact
    def __call__(self, x, train: bool = True):
        if self.norm == "batch":
            norm = partial(nn.BatchNorm, use_running_average=not train, momentum=0.9)
        elif self.norm == "group":
            norm = partial(nn.GroupNorm, num_groups=2)
        else:
            norm = nn.LayerNorm
        y = nn.relu(norm()(nn.Dense(self.features)(x)))
        y = norm(epsilon=1e-3)(nn.Dense(self.features)(y))
        if x.shape != y.shape:
            x = norm(name="norm_proj")(nn.Dense(self.features)(x))
        return nn.relu(x + y)
""", """\
class Block(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: int = 4,
        norm: str = "batch",
        *,
        rngs: nnx.Rngs,
    ):
        self.norm = norm
        if self.norm == "batch":
            norm = partial(nnx.BatchNorm, momentum=0.9)
        elif self.norm == "group":
            norm = partial(nnx.GroupNorm, num_groups=2)
        else:
            norm = nnx.LayerNorm
        self.norm_0 = norm(features, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, features, rngs=rngs)
        self.norm_1 = norm(features, epsilon=1e-3, rngs=rngs)
        self.dense_1 = nnx.Linear(features, features, rngs=rngs)
        if in_features != features:
            self.norm_proj = norm(features, rngs=rngs)
            self.dense_2 = nnx.Linear(in_features, features, rngs=rngs)

    def __call__(self, x, train: bool = True):
        mode = {"use_running_average": not train} if self.norm == "batch" else {}
        y = nnx.relu(self.norm_0(self.dense_0(x), **mode))
        y = self.norm_1(self.dense_1(y), **mode)
        if x.shape != y.shape:
            x = self.norm_proj(self.dense_2(x), **mode)
        return nnx.relu(x + y)
""", tuple(Call("Block", (width,), {"features": 4, **given}, (f32(2, 5, width),), static)
           for given in KINDS for width in (4, 3) for static in ({}, {"train": False})))  # fmt: skip

EITHER = Case("either", """\
class Net(nn.Module):
    wide: tuple = (4, 6)
    frozen: bool = False
    batch: bool = True

    @nn.compact
    def __call__(self, x, train: bool = True):
        norm = (
            partial(nn.BatchNorm, use_running_average=not train or self.frozen)
            if self.batch
            else partial(nn.LayerNorm, epsilon=1e-4)
        )
        for width in self.wide:
            x = nn.tanh(norm()(nn.Dense(width)(x)))
        mode = x.mean()
        return norm()(x) + mode
""", """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        wide: tuple = (4, 6),
        frozen: bool = False,
        batch: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.frozen = frozen
        self.batch = batch
        norm = (
            nnx.BatchNorm
            if batch
            else partial(nnx.LayerNorm, epsilon=1e-4)
        )
        self.norm = nnx.List()
        self.dense = nnx.List()
        for width in wide:
            self.norm.append(norm(width, rngs=rngs))
            self.dense.append(nnx.Linear(in_features, width, rngs=rngs))
            in_features = width
        self.norm_1 = norm(in_features, rngs=rngs)

    def __call__(self, x, train: bool = True):
        modes = {"use_running_average": not train or self.frozen} if self.batch else {}
        for norm_layer, dense in zip(self.norm, self.dense):
            x = nnx.tanh(norm_layer(dense(x), **modes))
        mode = x.mean()
        return self.norm_1(x, **modes) + mode
""", tuple(Call("Net", (4,), given, (_X,)) for given in ({}, {"batch": False}, {"wide": (3, 4, 5)}, {"frozen": True})))  # fmt: skip

SETUP = Case("setup", """\
class Net(nn.Module):
    norm: str = "group"

    def setup(self):
        if self.norm == "group":
            norm = partial(nn.GroupNorm, 2)
        else:
            norm = nn.RMSNorm
        self.first = norm()
        self.dense = nn.Dense(4)
        self.last = norm(use_scale=False)

    def __call__(self, x):
        return self.last(self.dense(self.first(x)))
""", """\
class Net(nnx.Module):
    def __init__(self, in_features: int, norm: str = "group", *, rngs: nnx.Rngs):
        self.norm = norm
        if self.norm == "group":
            norm = partial(nnx.GroupNorm, num_groups=2)
        else:
            norm = nnx.RMSNorm
        self.first = norm(in_features, rngs=rngs)
        self.dense = nnx.Linear(in_features, 4, rngs=rngs)
        self.last = norm(4, use_scale=False, rngs=rngs)

    def __call__(self, x):
        return self.last(self.dense(self.first(x)))
""", tuple(Call("Net", (4,), {"norm": kind}, (_X,)) for kind in ("group", "rms")))  # fmt: skip
TABLE = Case("a-table", """\
class Net(nn.Module):
    norm: str = "layer"

    @nn.compact
    def __call__(self, x):
        norm = {"layer": nn.LayerNorm, "rms": partial(nn.RMSNorm, epsilon=1e-3)}[self.norm]
        return norm()(nn.Dense(4)(norm()(x)))
""", """\
class Net(nnx.Module):
    def __init__(self, in_features: int, norm: str = "layer", *, rngs: nnx.Rngs):
        self.norm = norm
        norm = {"layer": nnx.LayerNorm, "rms": partial(nnx.RMSNorm, epsilon=1e-3)}[self.norm]
        self.norm_0 = norm(4, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        self.norm_1 = norm(in_features, rngs=rngs)

    def __call__(self, x):
        return self.norm_0(self.dense_0(self.norm_1(x)))
""", tuple(Call("Net", (4,), {"norm": kind}, (_X,)) for kind in ("layer", "rms")))  # fmt: skip

RENAMED = Case("a-field-whose-name-is-taken", """\
class Net(nn.Module):
    norm: str = "batch"

    @nn.compact
    def __call__(self, x, train: bool = True):
        if self.norm == "batch":
            norm = partial(nn.BatchNorm, use_running_average=not train)
        else:
            norm = partial(nn.LayerNorm, epsilon=1e-3)
        for i in range(2):
            x = nn.tanh(norm(name=f"norm{i}")(nn.Dense(4, name=f"dense{i}")(x)))
        return x
""", """\
class Net(nnx.Module):
    def __init__(self, in_features: int, norm: str = "batch", *, rngs: nnx.Rngs):
        self.use_norm = norm
        if self.use_norm == "batch":
            norm = nnx.BatchNorm
        else:
            norm = partial(nnx.LayerNorm, epsilon=1e-3)
        self.norm = nnx.List()
        self.dense = nnx.List()
        for _ in range(2):
            self.norm.append(norm(4, rngs=rngs))
            self.dense.append(nnx.Linear(in_features, 4, rngs=rngs))
            in_features = 4

    def __call__(self, x, train: bool = True):
        mode = {"use_running_average": not train} if self.use_norm == "batch" else {}
        for norm_layer, dense in zip(self.norm, self.dense):
            x = nnx.tanh(norm_layer(dense(x), **mode))
        return x
""", tuple(Call("Net", (4,), {"norm": kind}, (_X,)) for kind in ("batch", "layer")))  # fmt: skip
THUNKS = Case("functions-without-arguments", """\
class Net(nn.Module):
    norm: str = "group"
    groups: int = 2

    @nn.compact
    def __call__(self, x, train: bool = True):
        if self.norm == "group":
            norm = lambda: nn.GroupNorm(self.groups)
        elif self.norm == "batch":
            norm = lambda: nn.BatchNorm(use_running_average=not train)
        else:
            raise ValueError(self.norm)
        dense = lambda: nn.Dense(4, use_bias=False)
        return norm()(dense()(norm()(dense()(x))))
""", """\
class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        norm: str = "group",
        groups: int = 2,
        *,
        rngs: nnx.Rngs,
    ):
        self.norm = norm
        if self.norm == "group":
            norm = partial(nnx.GroupNorm, num_groups=groups)
        elif self.norm == "batch":
            norm = nnx.BatchNorm
        else:
            raise ValueError(self.norm)
        dense = partial(nnx.Linear, out_features=4, use_bias=False)
        self.norm_0 = norm(4, rngs=rngs)
        self.dense_0 = dense(4, rngs=rngs)
        self.norm_1 = norm(4, rngs=rngs)
        self.dense_1 = dense(in_features, rngs=rngs)

    def __call__(self, x, train: bool = True):
        mode = {"use_running_average": not train} if self.norm == "batch" else {}
        return self.norm_0(self.dense_0(self.norm_1(self.dense_1(x), **mode)), **mode)
""", tuple(Call("Net", (4,), {"norm": kind}, (_X,)) for kind in ("group", "batch")))  # fmt: skip
CASES = [BLOCK, EITHER, SETUP, TABLE, RENAMED, THUNKS]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_transformed(case: Case) -> None:
    check_transformed(HEADER + case.before, AFTER + case.after)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_computes_the_same(case: Case) -> None:
    check_equivalent(HEADER + case.before, *case.calls)


def _net(binding: str, rest: str = "x = norm()(x)\nreturn norm()(x)") -> str:
    lines = "".join(f"        {line}\n" for line in f"{binding}\n{rest}".splitlines())
    fields = "    batch: bool = True\n    other: bool = True\n\n"
    return f"{HEADER}class Net(nn.Module):\n{fields}    @nn.compact\n    def __call__(self, x, train: bool = True):\n{lines}"


_MODE = "partial(nn.BatchNorm, use_running_average={})"
REFUSED = [
    Refusal("twice-the-same", "MN101", _net("norm = partial(nn.LayerNorm, epsilon=1e-3) if self.batch else nn.LayerNorm")),
    Refusal("no-norm", "MN101", _net("norm = nn.Dropout if self.batch else nn.LayerNorm")),
    Refusal("one-that-is-none", "MN101", _net("norm = nn.LayerNorm if self.batch else None")),
    Refusal("others-count", "MN204", _net("norm = nn.RMSNorm if self.batch else nn.LayerNorm", "return norm()(nn.LayerNorm()(x))")),
    Refusal("two-locals", "MN204", _net("norm = nn.RMSNorm if self.batch else nn.LayerNorm\nlast = nn.RMSNorm if self.other else nn.LayerNorm", "return last()(norm()(x))")),
    Refusal("a-mode-of-a-local", "MN101", _net(f"old = not train and self.other\nnorm = {_MODE.format('old')} if self.batch else nn.LayerNorm")),
    Refusal("as-an-argument-says", "MN101", _net(f"norm = {_MODE.format('not train')} if train else nn.LayerNorm")),
    Refusal("another-axis", "MN101", _net("norm = partial(nn.LayerNorm, feature_axes=1) if self.batch else nn.RMSNorm")),
    Refusal("a-mode-in-a-table", "MN101", _net(f"norm = {{True: {_MODE.format('not train')}, False: nn.LayerNorm}}[self.batch]")),
    Refusal("a-table-that-is-kept", "MN101", _net("norms = {True: nn.RMSNorm, False: nn.LayerNorm}\nnorm = norms[self.batch]")),
    Refusal("a-function-that-reads-what-changes", "MN101", _net("n = 2\nnorm = lambda: nn.GroupNorm(n)\nx = norm()(x)\nn = 1")),
    Refusal("a-function-with-an-argument", "MN101", _net("norm = lambda groups: nn.GroupNorm(groups)", "return norm(2)(x)")),
    Refusal("bound-again", "MN101", _net("norm = nn.RMSNorm if self.batch else nn.LayerNorm\nx = norm()(x)\nnorm = nn.LayerNorm")),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_refused(case: Refusal) -> None:
    check_refused(case.before, case.code)
