"""Lists of layers and of their norms that setup makes side by side: `zip(self.convs, self.norms)`."""

import pytest

from .check import HEADER, Call, changed, check_equivalent, check_refused, f32, listed, migrate, refusals

_ENCODER = """\
class Encoder(nn.Module):
    features: tuple[int, ...] = (4, 8)

    def setup(self):
        self.convs = [nn.Conv(f, (3, 3), 2) for f in self.features]
        self.norms = [nn.BatchNorm(momentum=0.8) for _ in self.features]
        self.head = nn.Dense(3)

    def __call__(self, x, train=False):
        for conv, norm in zip(self.convs, self.norms):
            x = nn.relu(norm(conv(x), use_running_average=not train))
        return self.head(x.reshape((x.shape[0], -1)))
"""


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("features", [(4, 8), (5,)])
def test_a_norm_with_a_mode_beside_each_layer(features: tuple[int, ...], train: bool) -> None:
    call = Call("Encoder", ((8, 6, 3),), {"features": features}, (f32(2, 8, 6, 3),), {"train": train})
    check_equivalent(HEADER + _ENCODER, call)


def test_the_mode_may_be_the_layers_own() -> None:
    own = changed(
        _ENCODER, ("momentum=0.8", "use_running_average=True"), (", use_running_average=not train", "")
    )
    text, file, _ = migrate(HEADER + own)
    assert not refusals(file), listed(file)
    assert "            self.norms.append(nnx.BatchNorm(f, use_running_average=True, rngs=rngs))\n" in text


def test_a_norm_that_is_called_out_of_sight_stays() -> None:
    again = "        last = self.norms[-1]\n        x = last(x, use_running_average=True)\n        return self.head"
    check_refused(HEADER + changed(_ENCODER, ("        return self.head", again)), "MN108")
