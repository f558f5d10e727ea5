"""Variables of all axes behind the batch, `x.shape[1:]`: what they are added to has as many axes as before."""

import pytest

from .check import HEADER, Call, check_equivalent, f32

_VIT = """\
class AddPositions(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x + {positions}


class ViT(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.Conv(6, (2, 2), (2, 2))(x)
        n, h, w, c = x.shape
        x = AddPositions()(x.reshape(n, h * w, c))
        return nn.Dense(3)(x[:, 0])
"""
_INIT = '"positions", nn.initializers.normal()'
_SPELLED = {
    "in-front": f"self.param({_INIT}, (1,) + x.shape[1:])",
    "unpacked": f"self.param({_INIT}, (1, *x.shape[1:]))",
    "bare": f"self.param({_INIT}, x.shape[1:])",
    "new-axis": f"self.param({_INIT}, x.shape[1:])[None]",
}


@pytest.mark.parametrize("positions", _SPELLED.values(), ids=_SPELLED)
def test_the_first_of_all_tokens_is_read(positions: str) -> None:
    text = HEADER + _VIT.format(positions=positions)
    for height in (4, 6):
        check_equivalent(text, Call("ViT", ((2, height, 4, 3),), {}, (f32(2, height, 4, 3),)))


def test_axes_that_nobody_knows_come_in_front_of_those_of_the_call() -> None:
    positions = f"self.param({_INIT}, x.shape[1:])[None] * FOREIGN[0](x)"
    text = f"{HEADER}FOREIGN = [lambda x: jnp.ones((2, 1, 1, 1))]\n\n\n{_VIT.format(positions=positions)}"
    check_equivalent(text, Call("ViT", ((2, 4, 4, 3),), {}, (f32(2, 4, 4, 3),)))
