"""Functions outside of classes that make the one or the other module, as what configuration says tells them."""

import pytest

from .check import (
    HEADER,
    NNX_HEADER,
    Call,
    changed,
    check_equivalent,
    check_transformed,
    f32,
    listed,
    migrate,
    refusals,
)

FUNCTIONS = '''\
def get_norm(kind, groups=2):
    """The norm of this name."""
    if kind == "layer":
        return nn.LayerNorm()
    elif kind == "group":
        return nn.GroupNorm(num_groups=groups)
    raise ValueError(f"unknown norm: {kind}")


def normed(x, kind, train):
    if kind is None:
        return x
    # statistics of the batch
    if kind == "batch":
        return nn.BatchNorm(use_running_average=not train)(x)
    return get_norm(kind)(x)


def projected(x, features, deep):
    h = nn.Dense(features)(x)
    return nn.Dense(features)(nn.relu(h)) if deep else h


'''
NET = """\
class Net(nn.Module):
    kind: str | None = "layer"
    deep: bool = False

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Dense(4)(x)
        x = get_norm(self.kind)(x) if self.deep else x
        x = normed(x, self.kind, train)
        x = x + projected(x, 4, self.deep)
        return nn.Dense(2)(x)
"""
BEFORE = (
    HEADER
    + '''\
def get_norm(kind, groups=2):
    """The norm of this name."""
    if kind == "layer":
        return nn.LayerNorm()
    elif kind == "group":
        return nn.GroupNorm(num_groups=groups)
    raise ValueError(f"unknown norm: {kind}")


def normed(x, kind, train):
    if kind not in (None, "batch", "layer"):
        raise ValueError(kind)
    # statistics of the batch
    if kind == "batch":
        return nn.BatchNorm(use_running_average=not train)(x)
    elif kind == "layer":
        return nn.LayerNorm()(x)
    return x


class First(nn.Module):
    kind: str = "layer"

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(4)(x)
        return get_norm(self.kind)(x)


class Second(nn.Module):
    kind: str | None = None

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Dense(4)(x)
        x = normed(x, self.kind, train)
        return nn.relu(x)


class Third(nn.Module):
    kind: str = "layer"

    def setup(self):
        self.dense = nn.Dense(4)
        self.norm = get_norm(self.kind, groups=4)

    def __call__(self, x):
        return self.norm(self.dense(x))
'''
)
AFTER = (
    NNX_HEADER
    + """\
class First(nnx.Module):
    def __init__(self, in_features: int, kind: str = "layer", *, rngs: nnx.Rngs):
        self.kind = kind
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        if kind == "layer":
            self.layer_norm_0 = nnx.LayerNorm(4, rngs=rngs)
        elif kind == "group":
            self.group_norm_0 = nnx.GroupNorm(4, num_groups=2, rngs=rngs)
        else:
            raise ValueError(f"unknown norm: {kind}")

    def __call__(self, x):
        x = self.dense_0(x)
        if self.kind == "layer":
            return self.layer_norm_0(x)
        elif self.kind == "group":
            return self.group_norm_0(x)
        else:
            raise ValueError(f"unknown norm: {self.kind}")


class Second(nnx.Module):
    def __init__(self, in_features: int, kind: str | None = None, *, rngs: nnx.Rngs):
        self.kind = kind
        self.dense_0 = nnx.Linear(in_features, 4, rngs=rngs)
        # statistics of the batch
        if kind == "batch":
            self.batch_norm_0 = nnx.BatchNorm(4, rngs=rngs)
        elif kind == "layer":
            self.layer_norm_0 = nnx.LayerNorm(4, rngs=rngs)

    def __call__(self, x, train: bool = False):
        x = self.dense_0(x)
        if self.kind not in (None, "batch", "layer"):
            raise ValueError(self.kind)
        # statistics of the batch
        if self.kind == "batch":
            x = self.batch_norm_0(x, use_running_average=not train)
        elif self.kind == "layer":
            x = self.layer_norm_0(x)
        return nnx.relu(x)


class Third(nnx.Module):
    def __init__(self, in_features: int, kind: str = "layer", *, rngs: nnx.Rngs):
        self.dense = nnx.Linear(in_features, 4, rngs=rngs)
        if kind == "layer":
            self.norm = nnx.LayerNorm(4, rngs=rngs)
        elif kind == "group":
            self.norm = nnx.GroupNorm(4, num_groups=4, rngs=rngs)
        else:
            raise ValueError(f"unknown norm: {kind}")

    def __call__(self, x):
        return self.norm(self.dense(x))
"""
)


def test_a_choice_stands_where_the_function_is_called() -> None:
    check_transformed(BEFORE, AFTER)


KINDS = ("layer", "group", "batch", None)


@pytest.mark.parametrize("kind", KINDS)
def test_computes_the_same(kind: str | None) -> None:
    calls = [Call("Second", (3,), {"kind": kind}, (f32(2, 3),), {"train": t}) for t in (False, True)]
    if kind in ("layer", "group"):
        calls = [Call(name, (3,), {"kind": kind}, (f32(2, 3),)) for name in ("First", "Third")]
    check_equivalent(BEFORE, *calls)


@pytest.mark.parametrize("deep", [True, False])
@pytest.mark.parametrize("kind", ["layer", "group", "batch", None])
def test_functions_that_call_others(kind: str | None, deep: bool) -> None:
    """The names of layers behind a choice count what it makes, as they do in Linen."""
    text = HEADER + FUNCTIONS + NET.replace("        x = get_norm(self.kind)(x) if self.deep else x\n", "")
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "def " in after
    assert "get_norm" not in after
    assert "def projected" not in after
    fields = {"kind": kind, "deep": deep}
    check_equivalent(text, *(Call("Net", (3,), fields, (f32(2, 3),), {"train": t}) for t in (False, True)))


DIRECT = """\
def norm(x, wide):
    if wide:
        return nn.LayerNorm()(x)
    return nn.Dense(3)(x)


class Net(nn.Module):
    wide: bool = True

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = norm(x, self.wide)
        return nn.Dense(2)(x)
"""


@pytest.mark.parametrize("wide", [True, False])
def test_a_name_that_depends_on_the_choice(wide: bool) -> None:
    check_equivalent(HEADER + DIRECT, Call("Net", (5,), {"wide": wide}, (f32(2, 5),)))


@pytest.mark.parametrize(
    "change",
    [
        ("norm(x, self.wide)", "norm(x, train)"),  # what exists would depend on the call
        ("norm(x, self.wide)", "norm(x, x.sum() > 0)"),
        ("    return nn.Dense(3)(x)\n\n", "\n"),  # a way that gives nothing
        ("    return nn.Dense(3)(x)\n", "    assert x.ndim\n    return nn.Dense(3)(x)\n"),
        ("    if wide:\n", "    while wide:\n"),
        ("        return nn.LayerNorm()(x)\n", "        del wide\n        return nn.LayerNorm()(x)\n"),
        ("x = norm(x, self.wide)", "x = [norm(x, w) for w in (self.wide, True)][-1]"),
    ],
    ids=str,
)
def test_stays(change: tuple[str, str]) -> None:
    text = HEADER + changed(DIRECT, change)
    after, file, _ = migrate(text)
    assert after == text
    assert {d.subject for d in refusals(file)} == {"Net"}, listed(file)


ONE_LINE = """\
def get_norm(wide):
    # one of two
    return nn.LayerNorm() if wide else nn.RMSNorm()


def norm_class(kind):
    return {"layer": nn.LayerNorm, "rms": nn.RMSNorm}[kind]


class Chosen(nn.Module):
    wide: bool = True

    @nn.compact
    def __call__(self, x):
        return get_norm(self.wide)(nn.Dense(4)(x))


class Called(nn.Module):
    kind: str = "layer"

    @nn.compact
    def __call__(self, x):
        norm = norm_class(self.kind)
        x = norm()(nn.Dense(4)(x))
        return norm(epsilon=1e-3)(x)


class Made(nn.Module):
    wide: bool = True
    kind: str = "layer"

    def setup(self):
        self.dense = nn.Dense(4)
        self.first = get_norm(self.wide)
        self.second = norm_class(self.kind)(epsilon=1e-3)

    def __call__(self, x):
        return self.second(self.first(self.dense(x)))
"""
MADE = """\
class Made(nnx.Module):
    def __init__(
        self,
        in_features: int,
        wide: bool = True,
        kind: str = "layer",
        *,
        rngs: nnx.Rngs,
    ):
        self.dense = nnx.Linear(in_features, 4, rngs=rngs)
        # one of two
        if wide:
            self.first = nnx.LayerNorm(4, rngs=rngs)
        else:
            self.first = nnx.RMSNorm(4, rngs=rngs)
        self.second = {"layer": nnx.LayerNorm, "rms": nnx.RMSNorm}[kind](
            4, epsilon=1e-3, rngs=rngs
        )

    def __call__(self, x):
        return self.second(self.first(self.dense(x)))
"""


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("kind", ["layer", "rms"])
def test_on_one_line(kind: str, wide: bool) -> None:
    """A choice between two modules is a statement, a table of classes stays one."""
    after, file, _ = migrate(HEADER + ONE_LINE)
    assert not refusals(file), listed(file)
    assert "def " not in after.split("class Chosen")[0]
    assert after.endswith(MADE)
    fields = {"Chosen": {"wide": wide}, "Called": {"kind": kind}, "Made": {"wide": wide, "kind": kind}}
    calls = (Call(name, (3,), given, (f32(2, 3),)) for name, given in fields.items())
    check_equivalent(HEADER + ONE_LINE, *calls)
