"""Comprehensions: those of a compact method that make and call submodules, and those that call one several times."""

import pytest

from .check import HEADER, Call, Case, check_equivalent, check_refused, check_transformed, f32

_X = f32(3, 5)
_TRAIN = (False, True)

CASES = (
    Case(
        "heads",
        """\
class L(nn.Module):
    heads: int

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(6)(x)
        outs = [nn.Dense(4)(x) for _ in range(self.heads)]
        return nn.Dense(3)(jnp.stack(outs, axis=1))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, heads: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(in_features, 6, rngs=rngs)
        self.dense = nnx.List(nnx.Linear(6, 4, rngs=rngs) for _ in range(heads))
        self.dense_2 = nnx.Linear(4, 3, rngs=rngs)

    def __call__(self, x):
        x = self.dense_0(x)
        outs = [dense(x) for dense in self.dense]
        return self.dense_2(jnp.stack(outs, axis=1))
""",
        (Call("L", (5,), {"heads": 3}, (_X,)), Call("L", (5,), {"heads": 1}, (_X,))),
    ),
    Case(
        "side-by-side",
        """\
class L(nn.Module):
    heads: int

    @nn.compact
    def __call__(self, x):
        x = jnp.concatenate([nn.relu(nn.Dense(4, name=f"head_{i}")(x)) for i in range(self.heads)], axis=-1)
        return nn.Dense(3)(x)
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, heads: int, *, rngs: nnx.Rngs):
        self.head = nnx.List(
            nnx.Linear(in_features, 4, rngs=rngs) for _ in range(heads)
        )
        self.dense_0 = nnx.Linear(heads * 4, 3, rngs=rngs)

    def __call__(self, x):
        x = jnp.concatenate([nnx.relu(head(x)) for head in self.head], axis=-1)
        return self.dense_0(x)
""",
        (Call("L", (5,), {"heads": 3}, (f32(2, 3, 5),)),),
    ),
    Case(
        "what-a-round-reads",
        """\
class L(nn.Module):
    features: tuple
    scales: tuple

    @nn.compact
    def __call__(self, x):
        outs = [nn.Dense(f)(x).sum(-1) * s for f, s in zip(self.features, self.scales)]
        more = [nn.Dense(f)(x).sum(-1) * i for i, f in enumerate(self.features, 1)]
        more += [nn.Dense(f)(x).sum(-1) * i / f for i, f in enumerate(self.features)]
        return sum(outs) + sum(more)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: tuple,
        scales: tuple,
        *,
        rngs: nnx.Rngs,
    ):
        self.features = features
        self.scales = scales
        self.dense = nnx.List(
            nnx.Linear(in_features, f, rngs=rngs) for f, s in zip(features, scales)
        )
        self.dense_1 = nnx.List(nnx.Linear(in_features, f, rngs=rngs) for f in features)
        self.dense_2 = nnx.List(nnx.Linear(in_features, f, rngs=rngs) for f in features)

    def __call__(self, x):
        outs = [dense(x).sum(-1) * s for dense, s in zip(self.dense, self.scales)]
        more = [dense_1(x).sum(-1) * i for i, dense_1 in enumerate(self.dense_1, 1)]
        more += [dense_2(x).sum(-1) * i / f for i, (dense_2, f) in enumerate(zip(self.dense_2, self.features))]
        return sum(outs) + sum(more)
""",
        (Call("L", (5,), {"features": (4, 7), "scales": (2.0, 3.0)}, (_X,)),),
    ),
    Case(
        "a-zip-with-options-stays-whole",
        """\
class L(nn.Module):
    features: tuple
    scales: tuple

    @nn.compact
    def __call__(self, x):
        outs = [s * nn.Dense(f)(x) for f, s in zip(self.features, self.scales, strict=False)]
        more = [nn.Dense(3)(x) + i for i, (f, s) in enumerate(zip(self.features, self.scales, strict=True))]
        return outs, sum(more)
""",
        """\
class L(nnx.Module):
    def __init__(
        self,
        in_features: int,
        features: tuple,
        scales: tuple,
        *,
        rngs: nnx.Rngs,
    ):
        self.features = features
        self.scales = scales
        self.dense = nnx.List(
            nnx.Linear(in_features, f, rngs=rngs)
            for f, s in zip(features, scales, strict=False)
        )
        self.dense_1 = nnx.List(
            nnx.Linear(in_features, 3, rngs=rngs)
            for (f, s) in zip(features, scales, strict=True)
        )

    def __call__(self, x):
        outs = [s * dense(x) for dense, (f, s) in zip(self.dense, zip(self.features, self.scales, strict=False))]
        more = [dense_1(x) + i for i, dense_1 in enumerate(self.dense_1)]
        return outs, sum(more)
""",
        (Call("L", (5,), {"features": (4, 7), "scales": (2.0, 3.0)}, (_X,)),),
    ),
    Case(
        "several-in-a-round",
        """\
class L(nn.Module):
    kernels: tuple = (1, 3)

    @nn.compact
    def __call__(self, x, train):
        outs = [
            nn.BatchNorm(use_running_average=not train)(nn.Conv(6, (k,))(nn.relu(nn.Conv(4, (k,))(x))))
            for k in self.kernels
        ]
        x = nn.Dropout(0.5, deterministic=not train)(outs[0])
        return nn.Dense(2)(x + sum(outs))
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, kernels: tuple = (1, 3), *, rngs: nnx.Rngs):
        self.batch_norm = nnx.List(nnx.BatchNorm(6, rngs=rngs) for _ in kernels)
        self.conv_0 = nnx.List(nnx.Conv(4, 6, (k,), rngs=rngs) for k in kernels)
        self.conv_1 = nnx.List(
            nnx.Conv(in_features, 4, (k,), rngs=rngs) for k in kernels
        )
        self.dropout_0 = nnx.Dropout(0.5, rngs=rngs)
        self.dense_0 = nnx.Linear(6, 2, rngs=rngs)

    def __call__(self, x, train):
        outs = [
            batch_norm(conv_0(nnx.relu(conv_1(x))), use_running_average=not train)
            for batch_norm, conv_0, conv_1 in zip(self.batch_norm, self.conv_0, self.conv_1)
        ]
        x = self.dropout_0(outs[0], deterministic=not train)
        return self.dense_0(x + sum(outs))
""",
        tuple(Call("L", (5,), {}, (f32(2, 8, 5), train)) for train in _TRAIN),
    ),
    Case(
        "own-classes-on-a-condition",
        """\
class Critic(nn.Module):
    hidden: int

    @nn.compact
    def __call__(self, x):
        return nn.Dense(1)(nn.relu(nn.Dense(self.hidden)(x)))


class L(nn.Module):
    n: int = 2
    twice: bool = True

    @nn.compact
    def __call__(self, obs, act):
        x = jnp.concatenate([obs, act], axis=-1)
        if self.twice:
            values = [Critic(4)(x) for _ in range(self.n)]
        else:
            values = [x]
        return jnp.concatenate(values, axis=-1)
""",
        """\
class Critic(nnx.Module):
    def __init__(self, in_features: int, hidden: int, *, rngs: nnx.Rngs):
        self.dense_0 = nnx.Linear(hidden, 1, rngs=rngs)
        self.dense_1 = nnx.Linear(in_features, hidden, rngs=rngs)

    def __call__(self, x):
        return self.dense_0(nnx.relu(self.dense_1(x)))


class L(nnx.Module):
    def __init__(
        self,
        obs_features: int,
        act_features: int,
        n: int = 2,
        twice: bool = True,
        *,
        rngs: nnx.Rngs,
    ):
        self.twice = twice
        if twice:
            self.critic = nnx.List(
                Critic(obs_features + act_features, 4, rngs=rngs) for _ in range(n)
            )

    def __call__(self, obs, act):
        x = jnp.concatenate([obs, act], axis=-1)
        if self.twice:
            values = [critic(x) for critic in self.critic]
        else:
            values = [x]
        return jnp.concatenate(values, axis=-1)
""",
        tuple(Call("L", (5, 2), {"twice": twice}, (_X, f32(3, 2))) for twice in (True, False)),
    ),
    Case(
        "one-module-called-each-time",
        """\
class L(nn.Module):
    def setup(self):
        self.embed = nn.Dense(4)
        self.drop = nn.Dropout(0.5)

    @nn.compact
    def __call__(self, a, b, c, train):
        norm = nn.BatchNorm(use_running_average=not train)
        pair = [norm(self.embed(x)) for x in (a, b)]
        total = sum(self.embed(x).sum() for x in [b, c])
        y = self.drop(pair[0] + pair[1], not train)
        return y, total, {k: self.embed(v) for k, v in enumerate((a, c))}
""",
        """\
class L(nnx.Module):
    def __init__(self, in_features: int, *, rngs: nnx.Rngs):
        self.embed = nnx.Linear(in_features, 4, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)
        self.batch_norm_0 = nnx.BatchNorm(4, rngs=rngs)

    def __call__(self, a, b, c, train):
        pair = [self.batch_norm_0(self.embed(x), use_running_average=not train) for x in (a, b)]
        total = sum(self.embed(x).sum() for x in [b, c])
        y = self.drop(pair[0] + pair[1], deterministic=not train)
        return y, total, {k: self.embed(v) for k, v in enumerate((a, c))}
""",
        (Call("L", (5,), {}, (_X, _X, f32(2, 5), False)),),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_transformed(case: Case) -> None:
    check_transformed(HEADER + case.before, HEADER.replace("linen as nn", "nnx") + case.after)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_equivalent(case: Case) -> None:
    check_equivalent(HEADER + case.before, *case.calls)


def _method(*lines: str) -> str:
    body = "".join(f"        {line}\n" for line in lines)
    head = "class L(nn.Module):\n    n: int = 2\n    features: tuple = (3, 4)\n\n    @nn.compact\n"
    return f"{HEADER}{head}    def __call__(self, x, train):\n{body}"


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("MN101", "return [[nn.Dense(2)(x) for _ in range(self.n)] for _ in range(2)]"),
        ("MN101", "return [nn.Dense(2)(x) for i in range(self.n) if i]"),
        ("MN101", "return [nn.Dense(i)(x) for i in self.features for _ in range(2)]"),
        ("MN101", "return [nn.Dense(2)(x) if i else x for i in range(self.n)]"),
        ("MN101", "return [i for i in nn.Dense(2)(x)]"),
        ("MN201", "return sum(nn.Dense(2)(x) for i in range(self.n))"),
        ("MN108", "return [nn.Dense(2)(y) for y in x]"),
        ("MN204", "return [nn.Dense(2, name=f'd{f}')(x) for f in self.features]"),
        # the sizes of the elements differ, so that nothing is known of one of them
        ("MN108", "return nn.Dense(2)([nn.Dense(f)(x) for f in self.features][0])"),
        ("MN108", "return nn.Dense(2)(jnp.concatenate([nn.Dense(f)(x) for f in self.features], -1))"),
        # what the layer was made with is something else where it is called
        ("MN101", "b = nn.BatchNorm(use_running_average=train); return [b(train) for train in (x, x)]"),
    ],
)
def test_what_is_not_followed_stays(code: str, line: str) -> None:
    check_refused(_method(*line.split("; ")), code)


def test_in_a_loop() -> None:
    loop = ("for _ in range(2):", "    x = sum([nn.Dense(5)(x) for _ in range(self.n)])", "return x")
    check_refused(_method(*loop), "MN101")
