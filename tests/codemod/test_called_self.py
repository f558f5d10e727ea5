"""Methods that call their module something else than `self`: they are read, and written, with `self`."""

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

_X = f32(4, 3)

TRANSFORMED = (
    Case(
        "of-a-method-and-of-a-compact-one",
        """\
class Scaled(nn.Module):
    features: int

    def widened(net, x):
        # of the net
        factors = [net.features + i for i in range(2)]
        return jnp.expand_dims(x, -1) * (lambda: net.features)() * sum(factors)

    @nn.compact
    def __call__(module, x):
        \"\"\"Calls the module.\"\"\"
        x = module.widened(x)[..., 0]
        w = module.param("w", nn.initializers.normal(), (module.features,))
        return nn.Dense(module.features)(x) * w
""",
        """\
class Scaled(nnx.Module):
    def __init__(self, in_features: int, features: int, *, rngs: nnx.Rngs):
        self.features = features
        self.w = nnx.Param(nnx.initializers.normal()(rngs.params(), (features,)))
        self.dense_0 = nnx.Linear(in_features, features, rngs=rngs)

    def widened(self, x):
        # of the net
        factors = [self.features + i for i in range(2)]
        return jnp.expand_dims(x, -1) * (lambda: self.features)() * sum(factors)

    def __call__(self, x):
        \"\"\"Calls the module.\"\"\"
        x = self.widened(x)[..., 0]
        return self.dense_0(x) * self.w
""",
        (Call("Scaled", (3,), {"features": 5}, (_X,)),),
    ),
    Case(
        "of-setup-with-an-annotation-and-of-a-base",
        """\
class Base(nn.Module):
    def flat(this: nn.Module, x: jax.Array):
        return x.reshape(x.shape[0], -1)

    def __call__(self, x):
        return self.dense(self.flat(x))


class Net(Base):
    features: int = 2

    def setup(me):
        me.dense = nn.Dense(me.features)
""",
        """\
class Base(nnx.Module):
    def __init__(self, *, rngs: nnx.Rngs):
        pass

    def flat(self: nnx.Module, x: jax.Array):
        return x.reshape(x.shape[0], -1)

    def __call__(self, x):
        return self.dense(self.flat(x))


class Net(Base):
    def __init__(self, in_features: int, features: int = 2, *, rngs: nnx.Rngs):
        super().__init__(rngs=rngs)
        self.dense = nnx.Linear(in_features, features, rngs=rngs)
""",
        (Call("Net", (3,), {}, (_X,)),),
    ),
)

_HELPED = """\
class Net(nn.Module):
    features: int = 2

    def helped({head}):
        {body}

    def __call__(self, x):
        return x * {use}
"""


def _helped(head: str, body: str, use: str = "self.helped(x)") -> str:
    return _HELPED.format(head=head, body=body, use=use)


REFUSED = (
    Refusal("bound-again", "MN106", _helped("net, x", "net = net.features; return net")),
    Refusal("of-an-inner-function", "MN106", _helped("net, x", "return (lambda net: net)(net.features)")),
    Refusal("of-a-comprehension", "MN106", _helped("net, x", "return sum(net for net in (1, 2))")),
    Refusal("self-is-something-else", "MN106", _helped("net, self", "return self * net.features")),
    Refusal("all-arguments", "MN106", _helped("*net", "return net[0].features")),
    Refusal("taken-from-the-class", "MN106", _helped("x", "return x.features", "Net.helped(self)")),
    Refusal("taken-from-its-type", "MN106", _helped("x", "return x.features", "type(self).helped(self)")),
    Refusal("handed-on", "MN107", _helped("net, x", "return repr(net)")),
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
