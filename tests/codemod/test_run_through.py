"""Comprehensions and loops of several methods that run through lists of submodules which setup has made."""

import pytest

from .check import (
    HEADER,
    Call,
    Case,
    check_equivalent,
    check_refused,
    check_transformed,
    f32,
    migrate,
    refusals,
)

_X = f32(2, 5)
_BLOCK = """\
class Block(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x, train):
        x = nn.Dense(self.features)(x)
        return nn.Dropout(0.5, deterministic=not train)(nn.BatchNorm(use_running_average=not train)(x))


"""
_NNX_BLOCK = """\
class Block(nnx.Module):
    def __init__(self, in_features: int, features: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, features, rngs=rngs)
        self.dropout_0 = nnx.Dropout(0.5, rngs=rngs)
        self.batch_norm_0 = nnx.BatchNorm(features, rngs=rngs)

    def __call__(self, x, train):
        x = self.dense_0(x)
        return self.dropout_0(self.batch_norm_0(x, use_running_average=not train), deterministic=not train)


"""

CASES = (
    Case(
        "list-and-sum",
        _BLOCK
        + """\
class L(nn.Module):
    n: int

    def setup(self):
        self.blocks = [Block(4) for _ in range(self.n)]
        self.heads = [nn.Dense(3) for _ in range(self.n)]
        self.last = nn.Dense(2)

    def __call__(self, x, train):
        y = jnp.stack([block(x, train) for block in self.blocks], axis=1)
        return self.last(y), sum(head(x) * i for i, head in enumerate(self.heads))
""",
        _NNX_BLOCK
        + """\
class L(nnx.Module):
    def __init__(self, in_features: int, n: int, *, rngs: nnx.Rngs):
        self.blocks = nnx.List(Block(in_features, 4, rngs=rngs) for _ in range(n))
        self.heads = nnx.List(nnx.Linear(in_features, 3, rngs=rngs) for _ in range(n))
        self.last = nnx.Linear(4, 2, rngs=rngs)

    def __call__(self, x, train):
        y = jnp.stack([block(x, train) for block in self.blocks], axis=1)
        return self.last(y), sum(head(x) * i for i, head in enumerate(self.heads))
""",
        tuple(Call("L", (5,), {"n": 3}, (_X, train)) for train in (True, False)),
    ),
    Case(
        "side-by-side",
        """\
class L(nn.Module):
    n: int

    def setup(self):
        self.convs = [nn.Dense(5) for _ in range(self.n)]
        self.norms = [nn.LayerNorm() for _ in range(self.n)]
        self.drops = [nn.Dropout(0.5) for i in range(self.n)]

    def __call__(self, x, train=False):
        y = [norm(conv(x)) for conv, norm in zip(self.convs, self.norms)]
        for norm, drop in zip(self.norms, self.drops):
            x = drop(norm(sum(y)), deterministic=not train)
        return x
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, n: int, *, rngs: nnx.Rngs):
        self.convs = nnx.List(nnx.Linear(in_features, 5, rngs=rngs) for _ in range(n))
        self.norms = nnx.List(nnx.LayerNorm(5, rngs=rngs) for _ in range(n))
        self.drops = nnx.List(nnx.Dropout(0.5, rngs=rngs) for i in range(n))

    def __call__(self, x, train=False):
        y = [norm(conv(x)) for conv, norm in zip(self.convs, self.norms)]
        for norm, drop in zip(self.norms, self.drops):
            x = drop(norm(sum(y)), deterministic=not train)
        return x
""",
        tuple(Call("L", (5,), {"n": 2}, (_X, train)) for train in (True, False)),
    ),
    Case(
        "there-and-back",
        """\
class L(nn.Module):
    widths: tuple = (4, 3)

    def setup(self):
        self.encoder = [nn.Dense(width) for width in self.widths]
        self.decoder = [nn.Dense(width) for width in reversed(self.widths)]
        self.drops = [nn.Dropout(0.5) for _ in self.widths]
        self.out = nn.Dense(2)

    def encode(self, x, train=False):
        for layer in self.encoder:
            x = nn.relu(layer(x))
        for layer in self.drops:
            x = layer(x, deterministic=not train)
        return x

    def decode(self, z):
        for layer in self.decoder:
            z = nn.relu(layer(z))
        return self.out(z)

    def __call__(self, x, train=False):
        return self.decode(self.encode(x, train))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, widths: tuple = (4, 3), *, rngs: nnx.Rngs):
        self.encoder = nnx.List()
        for width in widths:
            self.encoder.append(nnx.Linear(in_features, width, rngs=rngs))
            in_features = width
        self.decoder = nnx.List()
        features = in_features
        for width in reversed(widths):
            self.decoder.append(nnx.Linear(features, width, rngs=rngs))
            features = width
        self.drops = nnx.List(nnx.Dropout(0.5, rngs=rngs) for _ in widths)
        self.out = nnx.Linear(features, 2, rngs=rngs)

    def encode(self, x, train=False):
        for layer in self.encoder:
            x = nnx.relu(layer(x))
        for layer in self.drops:
            x = layer(x, deterministic=not train)
        return x

    def decode(self, z):
        for layer in self.decoder:
            z = nnx.relu(layer(z))
        return self.out(z)

    def __call__(self, x, train=False):
        return self.decode(self.encode(x, train))
""",
        (Call("L", (5,), {}, (_X, True)), Call("L", (5,), {"widths": ()}, (_X,))),
    ),
    Case(
        "named-as-a-layer",
        """\
class SelfAttention(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x, *, deterministic=True):
        return x + nn.Dropout(0.5)(nn.Dense(self.features)(x), deterministic=deterministic)


class L(nn.Module):
    def setup(self):
        self.blocks = [SelfAttention(5) for _ in range(2)]

    def __call__(self, x, train=False):
        for block in self.blocks:
            x = block(x, deterministic=not train)
        return x
""",
        """\
class SelfAttention(nnx.Module):
    def __init__(self, in_features: int, features: int, *, rngs: nnx.Rngs):
        self.dropout_0 = nnx.Dropout(0.5, rngs=rngs)
        self.dense_0 = nnx.Linear(in_features, features, rngs=rngs)

    def __call__(self, x, *, deterministic=True):
        return x + self.dropout_0(self.dense_0(x), deterministic=deterministic)


class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.blocks = nnx.List()
        for _ in range(2):
            self.blocks.append(SelfAttention(in_features, 5, rngs=rngs))
            in_features = 5

    def __call__(self, x, train=False):
        for block in self.blocks:
            x = block(x, deterministic=not train)
        return x
""",
        (Call("L", (5,), {}, (_X, True)), Call("L", (5,), {}, (_X, False))),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_transformed(case: Case) -> None:
    check_transformed(
        HEADER + case.before, HEADER.replace("linen as nn", "nnx") + case.after, line_length=110
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_equivalent(case: Case) -> None:
    check_equivalent(HEADER + case.before, *case.calls)


_LISTS = """\
class L(nn.Module):
    n: int = 2
    m: int = 3

    def setup(self):
        self.a = [nn.Dense(5) for _ in range(self.n)]
        self.b = [nn.Dense(5) for _ in range(self.m)]

    def __call__(self, x, train):
        return {returned}
"""


@pytest.mark.parametrize(
    "returned",
    [
        "[a(x) for a in self.a if train], [b(x) for b in self.b]",
        "next(a(x) for a in self.a), [b(x) for b in self.b]",
        "any(a(x).sum() > 0 for a in self.a), [b(x) for b in self.b]",
        "[a for a in self.a][0](x), [b(x) for b in self.b]",
        "[(lambda: a(x))() for a in self.a], [b(x) for b in self.b]",
        "[f(a, x) for a in self.a for f in (nn.tanh,)], [b(x) for b in self.b]",
        # the longer list has modules that are never called
        "[a(x) + b(x) for a, b in zip(self.a, self.b)]",
        "[b(x) for a, b in zip(self.a, self.b)], [a(x) for a in self.a]",
        "[a(b(x)) for i, (a, b) in enumerate(zip(self.a, self.b))]",
        "[[a(x) for a in a] for a in (self.a, self.b)]",
    ],
)
def test_what_is_not_followed_stays(returned: str) -> None:
    check_refused(HEADER + _LISTS.format(returned=returned), "MN101")


def test_lists_that_are_assigned_twice_may_be_longer() -> None:
    source = _LISTS.format(returned="[a(x) + b(x) for a, b in zip(self.a, self.b)]")
    again = source.replace("range(self.m)", "range(self.n)").replace(
        "    def __c", "        self.n = 3\n\n    def __c"
    )
    check_refused(HEADER + again, "MN101")


_ENCODED = """\
class L(nn.Module):
    widths: tuple = (4, 3)

    def setup(self):
        self.encoder = [nn.Dense(width) for width in self.widths]
        self.out = nn.Dense(2)

    def encode(self, x):
        for layer in self.encoder:
            x = layer(x)
        return x

    def __call__(self, x, y):
"""


@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("MN108", "return self.encode(x), self.encode(y)"),
        ("MN101", "return self.encode(self.encode(x))"),
        ("MN108", "for _ in range(2):\n            x = self.encode(x)\n        return self.out(x)"),
        ("MN108", "for layer in self.encoder:\n            y = layer(y)\n        return self.encode(x), y"),
    ],
)
def test_what_starts_from_several_sizes_stays(code: str, body: str) -> None:
    check_refused(f"{HEADER}{_ENCODED}        {body}\n", code)


def test_what_a_list_starts_from_is_what_the_calls_say() -> None:
    calls = "x = self.out(x)\n        return self.encode(x) + y\n"
    check_equivalent(f"{HEADER}{_ENCODED}        {calls}", Call("L", (5,), {}, (_X, f32(2, 3))))


_SEEN = """
    def seen(self, x):
        found = []
        for layer in self.encoder:
            found.append(x)
            x = layer(x)
        return found, {behind}
"""


def test_another_method_that_runs_through_the_list() -> None:
    source = (
        f"{HEADER}{_ENCODED}        return self.out(self.encode(x)) + y\n{_SEEN.format(behind='self.out(x)')}"
    )
    calls = Call("L", (5,), {}, (_X, f32(2, 2))), Call("L", (5,), {}, (_X,), method="seen")
    check_equivalent(source, *calls)


def test_what_another_method_alone_tells_stays() -> None:
    source = f"{HEADER}{_ENCODED}        return self.encode(x) + y\n{_SEEN.format(behind='self.out(x)')}"
    check_refused(source, "MN108")


_FLOW = """\
class Coupling(nn.Module):
    dim: int

    @nn.compact
    def __call__(self, x):
        x = nn.leaky_relu(nn.Dense(7)(x))
        return nn.tanh(nn.Dense(self.dim)(x)), nn.Dense(self.dim)(x)


class Flow(nn.Module):
    dim: int
    depth: int = 3

    def setup(self):
        self.nets = [Coupling(self.dim) for _ in range(self.depth)]
        self.masks = [jnp.arange(self.dim) % 2 == i % 2 for i in range(self.depth)]

    def forward(self, z):
        for net, mask in zip(self.nets, self.masks):
            s, t = net(z * mask)
            z = z * mask + (1 - mask) * (z * jnp.exp(s) + t)
        return z

    def __call__(self, x):
        for net, mask in zip(reversed(self.nets), reversed(self.masks)):
            s, t = net(x * mask)
            x = x * mask + (1 - mask) * ((x - t) * jnp.exp(-s))
        return x
"""


def test_a_flow_and_its_inverse() -> None:
    text = migrate(HEADER + _FLOW)[0]
    assert "nnx.List(Coupling(dim, dim, rngs=rngs) for _ in range(depth))\n" in text
    assert "for net, mask in zip(reversed(self.nets), reversed(self._masks())):" in text
    calls = [Call("Flow", (), {"dim": 4}, (f32(3, 4),), {}, name) for name in ("__call__", "forward")]
    check_equivalent(HEADER + _FLOW, *calls)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(1 - mask) * ((x - t) * jnp.exp(-s))", "(1 - mask) * unknown(x)"),
        ("[Coupling(self.dim) for _ in range(self.depth)]", "[Coupling(self.dim), Coupling(self.dim)]"),
        ("x = x * mask + (1 - mask) * ((x - t) * jnp.exp(-s))", "x = jnp.concatenate([t, s], -1)"),
        ("reversed(self.nets)", "reversed(self.nets[1:])"),
        ("reversed(self.nets)", "reversed(self.nets + [])"),
    ],
    ids=["unknown", "several", "another-size", "a-part", "a-sum"],
)
def test_a_flow_that_is_not_followed(old: str, new: str) -> None:
    assert old in _FLOW
    found = refusals(migrate(HEADER + _FLOW.replace(old, new))[1])
    assert "Flow" in {d.subject for d in found}, found
