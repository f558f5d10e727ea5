"""Layers that take a batch or one input alone, listed in a class whose base calls them from several of its methods."""

import pytest

from .check import (
    HEADER,
    Call,
    Refusal,
    check_equivalent,
    check_refused,
    f32,
    listed,
    migrate,
    name_of,
    refusals,
)

_DENSE = """\
class Layer(nn.Module):
    features: int
    use_bias: bool = True

    @nn.compact
    def __call__(self, inputs):
        if inputs.ndim == 2:
            single = True
            inputs = jnp.expand_dims(inputs, axis=0)
        else:
            single = False
        batch, size, in_features = inputs.shape
        inputs = inputs.reshape((batch, size * in_features))
        kernel = self.param("kernel", nn.initializers.normal(), (size * in_features, size * self.features))
        y = jax.lax.dot(inputs, kernel).reshape((batch, size, self.features))
        if self.use_bias:
            bias = self.param("bias", nn.initializers.normal(), (size, self.features))
        else:
            bias = None
        if bias is not None:
            y = y + jnp.reshape(bias, (size, self.features))
        if single:
            y = y.squeeze(axis=0)
        return y


"""
_CONV = """\
def numbers(shape):
    ndim = len(shape)
    spec = (0, ndim - 1, *tuple(range(1, ndim - 1)))
    return jax.lax.ConvDimensionNumbers(spec, (ndim - 1, ndim - 2, *tuple(range(0, ndim - 2))), spec)


class Layer(nn.Module):
    features: int

    @nn.compact
    def __call__(self, inputs):
        if inputs.ndim == 2:
            single = True
            inputs = jnp.expand_dims(inputs, axis=0)
        else:
            single = False
        in_features = inputs.shape[-1]
        kernel = self.param("kernel", nn.initializers.normal(), (3, in_features, self.features))
        inputs = inputs[:, :-1, :]
        y = jnp.pad(inputs, ((0, 0), (3, 0), (0, 0)))
        y = jax.lax.conv_general_dilated(y, kernel, (1,), "VALID", dimension_numbers=numbers(y.shape))
        if single:
            y = y.squeeze(axis=0)
        return y


"""
_NETS = """\
class Base(nn.Module):
    def parts(self, inputs):
        x = jnp.expand_dims(inputs, axis=-1)
        for i in range(len(self._layers)):
            if i > 0 and hasattr(self, "activation"):
                x = self.activation(x)
            x = self._layers[i](x)
        return x.reshape((x.shape[0], -1, x.shape[-1]))

    def part(self, inputs, index):
        return self.parts(inputs)[:, index, :]

    def __call__(self, inputs):
        if inputs.ndim == 1:
            inputs = jnp.expand_dims(inputs, axis=0)
        return nn.softmax(self.parts(inputs))


class Net(Base):
    layers: int
    features: tuple
    activation: nn.Module = nn.relu

    def setup(self):
        self._layers = [Layer(features=self.features[i]) for i in range(self.layers)]
"""
_NETS = _NETS.replace("activation: nn.Module", "activation: object")
_F = {"layers": 3, "features": (4, 5, 2)}


@pytest.mark.parametrize(("layer", "sizes"), [(_DENSE, (6,)), (_CONV, ())], ids=("dense", "conv"))
def test_one_input_or_a_batch(layer: str, sizes: tuple[int, ...]) -> None:
    before = HEADER + layer + _NETS
    check_equivalent(
        before,
        Call("Net", sizes, _F, (f32(3, 6),)),
        Call("Net", sizes, _F, (f32(6),)),
        Call("Net", sizes, _F, (f32(3, 6), 2), method="part"),
        Call("Layer", (*sizes, 3), {"features": 4}, (f32(2, 6, 3),)),
        Call("Layer", (*sizes, 3), {"features": 4}, (f32(6, 3),)),
    )
    after = migrate(before)[0]
    assert f"Layer({'in_features, ' if sizes else ''}" in after, after


def test_a_layer_by_itself_without_its_bias() -> None:
    """What is None without a field is an array where its name is not None."""
    check_equivalent(
        HEADER + _DENSE,
        Call("Layer", (6, 3), {"features": 4, "use_bias": False}, (f32(2, 6, 3),)),
    )


def _caller(body: str, layer: str = _DENSE) -> str:
    return f"{HEADER}{layer}class L(nn.Module):\n    @nn.compact\n    def __call__(self, x):\n{body}"


REFUSED = (
    Refusal("a-single-input", "MN108", _caller("        return nn.Dense(3)(Layer(4)(x.reshape(6, 3)))\n")),
    Refusal("of-four-axes", "MN108", _caller("        return Layer(4)(x.reshape(2, 3, 6, 3))\n")),
    Refusal("of-any", "MN108", _caller("        return Layer(4)(other(x))\n")),
    Refusal(
        "numbers-of-another", "MN108",
        _caller("        return nn.Dense(3)(Layer(4)(x))\n", _CONV.replace("spec)\n", "other(spec))\n")),
    ),
)  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSED, ids=name_of)
def test_refused(refusal: Refusal) -> None:
    file = migrate(refusal.before)[1]
    assert refusal.code in {d.code for d in refusals(file)}, listed(file) or "nothing was refused"


def test_another_list_that_another_method_calls() -> None:
    """The calls of one method say nothing of elements that another one calls at a place of its own."""
    other = "    def first(self, inputs):\n        return self._layers[0](inputs)\n\n    def part("
    check_refused(HEADER + _DENSE + _NETS.replace("    def part(", other), "MN108")
