"""U-Nets that push their skip connections on one list on the way down and pop them on the way up."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_refused, check_transformed, f32

LEVELS = """\
class UNet(nn.Module):
    width: int

    @nn.compact
    def __call__(self, x):
        skips = []
        x = nn.relu(nn.Conv(self.width, (3, 3))(x))
        skips.append(x)
        x = nn.relu(nn.Conv(self.width * 2, (3, 3), 2)(x))
        skips.append(x)
        x = nn.relu(nn.Conv(self.width * 3, (3, 3), 2)(x))
        x = nn.ConvTranspose(5, (2, 2), (2, 2))(x)
        x = jnp.concatenate([x, skips.pop()], axis=-1)
        x = nn.ConvTranspose(4, (2, 2), (2, 2))(x)
        x = jnp.concatenate([x, skips.pop()], axis=-1)
        return nn.Dense(3)(x)
"""
NNX_LEVELS = """\
class UNet(nnx.Module):
    def __init__(self, in_features: int, width: int, *, rngs: nnx.Rngs):
        self.conv_0 = nnx.Conv(in_features, width, (3, 3), rngs=rngs)
        self.conv_1 = nnx.Conv(width, width * 2, (3, 3), 2, rngs=rngs)
        self.conv_2 = nnx.Conv(width * 2, width * 3, (3, 3), 2, rngs=rngs)
        self.conv_transpose_0 = nnx.ConvTranspose(
            width * 3, 5, (2, 2), (2, 2), rngs=rngs
        )
        self.conv_transpose_1 = nnx.ConvTranspose(
            5 + width * 2, 4, (2, 2), (2, 2), rngs=rngs
        )
        self.dense_0 = nnx.Linear(4 + width, 3, rngs=rngs)

    def __call__(self, x):
        skips = []
        x = nnx.relu(self.conv_0(x))
        skips.append(x)
        x = nnx.relu(self.conv_1(x))
        skips.append(x)
        x = nnx.relu(self.conv_2(x))
        x = self.conv_transpose_0(x)
        x = jnp.concatenate([x, skips.pop()], axis=-1)
        x = self.conv_transpose_1(x)
        x = jnp.concatenate([x, skips.pop()], axis=-1)
        return self.dense_0(x)
"""
ROUNDS = """\
class Rounds(nn.Module):
    depth: int = 2
    width: int = 4

    @nn.compact
    def __call__(self, x):
        x = nn.Dense(self.width)(x)
        skips = [x]
        for _ in range(self.depth):
            x = nn.tanh(nn.Dense(self.width)(x))
            skips.append(x)
        x = nn.Dense(5)(x)
        for _ in range(self.depth):
            skip = skips.pop()
            x = nn.Dense(5)(jnp.concatenate([x, skip], -1))
        return x + nn.Dense(5)(skips.pop())


class Between(nn.Module):
    @nn.compact
    def __call__(self, x):
        seen = [nn.Dense(3)(x), nn.Dense(4)(x)]
        x = nn.Dense(6)(seen.pop())
        seen.append(x)
        y = nn.Dense(2)(seen[-1]) + nn.Dense(2)(seen[0])
        y = y + nn.Dense(2)(seen.pop())
        return y + nn.LayerNorm()(seen.pop()).sum(-1, keepdims=True)
"""


def test_transformed() -> None:
    check_transformed(HEADER + LEVELS, NNX_HEADER + NNX_LEVELS)


def test_computes_the_same() -> None:
    check_equivalent(
        f"{HEADER}{LEVELS}\n\n{ROUNDS}",
        Call("UNet", (3,), {"width": 2}, (f32(1, 4, 4, 3),)),
        *(Call("Rounds", (3,), {"depth": depth}, (f32(2, 3),)) for depth in (0, 3)),
        Call("Between", (7,), {}, (f32(2, 7),)),
    )


@pytest.mark.parametrize(
    "body",
    [
        "if x.ndim > 2:\n            seen.pop()\n        return nn.Dense(2)(seen[-1])",
        "y = seen.pop() if x.ndim > 2 else x\n        return nn.Dense(2)(seen[-1])",
        "y = seen.pop(0)\n        return nn.Dense(2)(seen[0])",
        "y = jnp.add(seen.pop().sum(), seen.pop().sum())\n        return nn.Dense(2)(seen.pop())",
        "up = lambda: seen.pop()\n        y = up()\n        return nn.Dense(2)(seen.pop())",
        "y = [seen.pop() for _ in range(2)]\n        return nn.Dense(2)(seen.pop())",
        "other = seen\n        y = other.pop()\n        return nn.Dense(2)(seen.pop())",
        "y = take(seen)\n        return nn.Dense(2)(seen.pop())",
        "while x.ndim > 2:\n            x = seen.pop()\n        return nn.Dense(2)(seen.pop())",
    ],
    ids=[
        "in-a-branch",
        "in-a-half",
        "the-first",
        "twice",
        "lambda",
        "listed",
        "alias",
        "handed-on",
        "while",
    ],
)
def test_what_is_not_followed_stays(body: str) -> None:
    take = "def take(seen):\n    return seen.pop()\n\n\n"
    head = f"{take}class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n"
    made = "        seen = [nn.Dense(3)(x), nn.Dense(4)(x), nn.Dense(5)(x)]\n"
    check_refused(f"{HEADER}{head}{made}        {body}\n", "MN108")
