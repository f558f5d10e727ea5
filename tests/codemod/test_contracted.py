"""`jnp.dot(x, w)` of a `w` with `x.shape[0]` rows: the size is that of the last axis, whatever else x has."""

import pytest

from .check import HEADER, NNX_HEADER, Call, check_equivalent, check_transformed, f32, migrate, refusals

LINEAR = """\
class Linear(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        w = self.param("w", nn.initializers.normal(), (x.shape[0], self.features))
        return jnp.dot(x, w)


class Net(nn.Module):
    widths: tuple[int, ...] = (4, 5)
    last: int = 0

    def setup(self):
        widths = list(self.widths)
        if self.last > 0:
            widths += [self.last]
        layers = []
        for i, width in enumerate(widths):
            layers.append(Linear(width, name=f"dense_{i}"))
            if i < len(widths) - 1:
                layers.append(nn.relu)
        self.layers = nn.Sequential(layers)

    def __call__(self, x):
        return self.layers(x)
"""
NNX_LINEAR = """\
class Linear(nnx.Module):
    def __init__(self, in_features: int, features: int, *, rngs: nnx.Rngs):
        self.w = nnx.Param(
            nnx.initializers.normal()(rngs.params(), (in_features, features))
        )

    def __call__(self, x):
        return jnp.dot(x, self.w[...])


class Net(nnx.Module):
    def __init__(
        self,
        in_features: int,
        widths: tuple[int, ...] = (4, 5),
        last: int = 0,
        *,
        rngs: nnx.Rngs,
    ):
        self.widths = widths
        widths = list(self.widths)
        if last > 0:
            widths += [last]
        layers = []
        for i, width in enumerate(widths):
            layers.append(Linear(in_features, width, rngs=rngs))
            if i < len(widths) - 1:
                layers.append(nnx.relu)
            in_features = width
        self.layers = nnx.Sequential(*layers)

    def __call__(self, x):
        return self.layers(x)
"""


def test_layers_of_vectors_in_a_list_that_grows_by_a_field() -> None:
    check_transformed(HEADER + LINEAR, NNX_HEADER + NNX_LINEAR)
    check_equivalent(
        HEADER + LINEAR,
        Call("Linear", (3,), {"features": 2}, (f32(3),)),
        *(Call("Net", (3,), {"last": last}, (f32(3),)) for last in (0, 2)),
    )


@pytest.mark.parametrize(
    "body",
    [
        "y = x.T\n        return jnp.dot(y, w)",
        "x = x.T\n        return jnp.dot(x, w)",
        "return jnp.dot(x, w) if x.ndim == 1 else x",
        "return jnp.dot(w.T, x)",
        "return jnp.tensordot(x, w, (0, 0))",
        "w = w + 1\n        return x @ w",
        "for _ in range(self.features):\n            x = x @ w\n        return x",
    ],
)
def test_another_product_says_nothing_of_the_last_axis(body: str) -> None:
    linear = LINEAR.partition("\n\n\nclass Net")[0]
    text, file, _ = migrate(HEADER + linear.replace("return jnp.dot(x, w)", body) + "\n")
    assert "in_features: int" not in text or refusals(file)
