"""Arguments that are spelled with what a loop has made of a size: `nn.Conv(x.shape[-1] // 2, ...)` behind it."""

import pytest

from .check import Call, check_equivalent, f32, listed, migrate, refusals, with_header

_GROWS = """\
class Grows(nn.Module):
    growth: int

    @nn.compact
    def __call__(self, x):
        y = nn.Conv(self.growth, (3, 3), use_bias=False)(x)
        return jnp.concatenate([x, y], axis=-1)


"""
_DENSENET = """\
def transition(x, train, reduction=0.5):
    x = nn.relu(nn.BatchNorm(use_running_average=not train)(x))
    x = nn.Conv(int(x.shape[-1] * reduction), (1, 1), use_bias=False)(x)
    return nn.avg_pool(x, (2, 2), strides=(2, 2))


class DenseNet(nn.Module):
    blocks: tuple[int, ...] = (2, 3)
    growth: int = 4

    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Conv(2 * self.growth, (3, 3))(x)
        for i, n in enumerate(self.blocks):
            for _ in range(n):
                x = Grows(self.growth)(x)
            if i < len(self.blocks) - 1:
                x = transition(x, train)
        return nn.Dense(10)(x.mean((1, 2)))
"""
_TWO = """\
class Two(nn.Module):
    n: int = 2
    growth: int = 4

    @nn.compact
    def __call__(self, x):
        for _ in range(self.n):
            x = Grows(self.growth)(x)
        skip = x
        for _ in range(self.n):
            x = Grows(self.growth + 1)(x)
        y = nn.Conv(skip.shape[-1] // 2, (1, 1))(x)
        return y.sum() + nn.Dense(x.shape[-1])(skip)
"""
_BESIDE = """\
class Beside(nn.Module):
    n: int = 2
    growth: int = 4

    @nn.compact
    def __call__(self, x):
        h = x
        for i in range(self.n):
            h = Grows(self.growth)(h)
            if i > 0:
                h = nn.Conv(h.shape[-1] + 1, (1, 1))(h)
        c = h.shape[-1]
        for _ in range(self.n):
            x = Grows(2)(x)
            x = nn.Conv(c, (1, 1))(x)
        return x * nn.Dense(x.shape[-1] * c)(h).mean()
"""
_HELD = """\
class Held(nn.Module):
    n: int = 2

    def setup(self):
        self.layers = [Grows(3) for _ in range(self.n)]

    @nn.compact
    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return nn.Dense(x.shape[-1] * 2)(x)
"""


@pytest.mark.parametrize("text", [_TWO, _BESIDE, _HELD], ids=["two", "beside", "held"])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_equivalent(text: str, n: int) -> None:
    name = text[len("class ") : text.index("(")]
    check_equivalent(with_header(_GROWS + text), Call(name, (3,), {"n": n}, (f32(2, 5, 5, 3),)))


@pytest.mark.parametrize("blocks", [(2, 3), (1, 2, 2)], ids=str)
def test_densenet(blocks: tuple[int, ...]) -> None:
    text = with_header(_GROWS + _DENSENET)
    after, file, _ = migrate(text)
    assert not refusals(file), listed(file)
    assert "int(features_ * 0.5)" in after
    check_equivalent(text, Call("DenseNet", (3,), {"blocks": blocks}, (f32(2, 8, 8, 3),)))
