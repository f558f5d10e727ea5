"""Functions outside of the class that read fields of the module that they are given: `widths = widths_of(self)`."""

import pytest
from flax import nnx

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

_X = f32(4, 3)

TRANSFORMED = (
    Case(
        "in-setup-for-the-sizes-of-a-list",
        """\
def widths_of(net):
    \"\"\"The widths of all layers.\"\"\"
    if isinstance(net.width, int):
        return [net.width] * (net.depth - 1) + [len(net.out)]
    return net.width


class Base(nn.Module):
    out: tuple[float, ...]


class Net(Base):
    width: int | tuple[int, ...] = 5
    depth: int = 2

    def setup(self):
        widths = widths_of(self)
        self.layers = [nn.Dense(widths[i]) for i in range(self.depth)]

    def __call__(self, x):
        for layer in self.layers:
            x = nn.relu(layer(x))
        return x * jnp.array(self.out)
""",
        """\
def widths_of(net):
    \"\"\"The widths of all layers.\"\"\"
    if isinstance(net.width, int):
        return [net.width] * (net.depth - 1) + [len(net.out)]
    return net.width


class Base(nnx.Module):
    def __init__(self, out: tuple[float, ...], *, rngs: nnx.Rngs):
        pass


class Net(Base):
    def __init__(
        self,
        in_features: int,
        out: tuple[float, ...],
        width: int | tuple[int, ...] = 5,
        depth: int = 2,
        *,
        rngs: nnx.Rngs,
    ):
        super().__init__(out=out, rngs=rngs)
        self.out = out
        self.width = width
        self.depth = depth
        widths = widths_of(self)
        self.layers = nnx.List()
        for i in range(depth):
            self.layers.append(nnx.Linear(in_features, widths[i], rngs=rngs))
            in_features = widths[i]

    def __call__(self, x):
        for layer in self.layers:
            x = nnx.relu(layer(x))
        return x * jnp.array(self.out)
""",
        (Call("Net", (3,), {"out": (1.0, 2.0, 3.0)}, (_X,)),),
    ),
    Case(
        "in-a-call-and-for-a-variable",
        """\
class Scaled(nn.Module):
    factor: float = 2.0
    width: int = 4
    name_of: str = "w"

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(), shape_of(self, 3))
        return scaled(x @ w, module=self)


def shape_of(module, rows):
    return (rows, module.width)


def scaled(x, *, module):
    return x * module.factor
""",
        """\
class Scaled(nnx.Module):
    def __init__(
        self,
        factor: float = 2.0,
        width: int = 4,
        name_of: str = "w",
        *,
        rngs: nnx.Rngs,
    ):
        self.factor = factor
        self.width = width
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), shape_of(self, 3)))

    def __call__(self, x):
        return scaled(x @ self.w, module=self)


def shape_of(module, rows):
    return (rows, module.width)


def scaled(x, *, module):
    return x * module.factor
""",
        (Call("Scaled", (), {}, (_X,)),),
    ),
)

_NET = """\
{function}


class Net(nn.Module):
    table: jax.Array
    width: int = 5
    widths: list[int] = (5, 6)
    inner: nn.Module | None = None
    act: object = nn.relu

    @nn.compact
    def __call__(self, x):
        {body}
"""


def _net(function: str, body: str = "return nn.Dense(read(self))(x)") -> str:
    return _NET.format(function=function, body=body)


REFUSED = (
    Refusal("reads-what-is-no-field", "MN107", _net("def read(net): return net.scope.size")),
    Refusal("reads-a-method", "MN107", _net("def read(net): return net.__call__")),
    Refusal("reads-a-module", "MN107", _net("def read(net): return net.inner.size")),
    Refusal("reads-an-array", "MN107", _net("def read(net): return net.table.size")),
    Refusal("hands-it-on", "MN107", _net("def read(net): return len(repr(net))")),
    Refusal("calls-a-field", "MN107", _net("def read(net): return net.act(3)")),
    Refusal(
        "calls-what-it-is-given",
        "MN107",
        _net("def read(net, made): return made(net.width)", "return read(self, nn.Dense)(x)"),
    ),
    Refusal(
        "calls-what-is-not-known",
        "MN107",
        _net("from elsewhere import made\n\n\ndef read(net): return made(net.width)"),
    ),
    Refusal("keeps-it", "MN107", _net("def read(net): return (lambda: net.width)()")),
    Refusal("writes", "MN107", _net("def read(net):\n    net.width = 3\n    return net.width")),
    Refusal("binds-it-again", "MN107", _net("def read(net):\n    net = 3\n    return net")),
    Refusal("is-wrapped", "MN107", _net("@jax.jit\ndef read(net): return net.width")),
    Refusal("takes-all", "MN107", _net("def read(*nets): return nets[0].width")),
    Refusal("asks-for-a-tuple", "MN107", _net("def read(net): return 3 + isinstance(net.widths, tuple)")),
    Refusal("compares-a-list", "MN107", _net("def read(net): return 3 + (net.widths == (5, 6))")),
    Refusal(
        "is-a-local",
        "MN107",
        _net("def read(net): return net.width", "read = len\n        return read(self)"),
    ),
    Refusal("is-bound-twice", "MN107", _net("def read(net): return net.width\nread = len")),
    Refusal("is-not-seen", "MN107", _net("from elsewhere import read")),
)


@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_is_migrated(case: Case) -> None:
    check_transformed(with_header(case.before), with_header(case.after, NNX_HEADER))


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("case", TRANSFORMED, ids=name_of)
def test_computes_the_same(case: Case, graph: bool) -> None:
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        check_equivalent(with_header(case.before), *case.calls)


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_is_refused(case: Refusal) -> None:
    check_refused(with_header(case.before), case.code)
