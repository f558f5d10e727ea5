"""A gated recurrent unit with all of Linen's parameters."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from flax.typing import Dtype, Initializer

Rngs = nnx.Rngs | nnx.RngStream

_ZEROS = nnx.initializers.zeros_init()
_NORMAL = nnx.initializers.lecun_normal()
_ORTHOGONAL = nnx.initializers.orthogonal()


class GRUCell(nnx.RNNCellBase):
    """Linen's gated recurrent unit (arXiv:1406.1078), bit by bit.

    With the carry `h`, `r = gate(W_ir x + b_ir + W_hr h)`, `z = gate(W_iz x + b_iz + W_hz h)`,
    `n = activation(W_in x + b_in + r * (W_hn h + b_hn))`, the new carry and output is `(1 - z) * n + z * h`.
    `nnx.GRUCell` has no `b_hn`, and draws the kernels of the gates as one matrix.

    Arguments:
        in_features: the size of the last axis of the inputs.
        hidden_features: the size of the last axis of the carry, and of the output.
        gate_fn: activation of the gates r and z.
        activation_fn: activation of n.
        kernel_init: initializer of the kernels that the inputs meet.
        recurrent_kernel_init: initializer of the kernels that the carry meets.
        bias_init: initializer of the biases.
        dtype: of the computation; by default what inputs and parameters promote to.
        param_dtype: passed to the initializers.
        carry_init: initializer of the carry; zeros by default.
    """

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        *,
        gate_fn: Callable[[jax.Array], jax.Array] = nnx.sigmoid,
        activation_fn: Callable[[jax.Array], jax.Array] = nnx.tanh,
        kernel_init: Initializer = _NORMAL,
        recurrent_kernel_init: Initializer = _ORTHOGONAL,
        bias_init: Initializer = _ZEROS,
        dtype: Dtype | None = None,
        param_dtype: Dtype = jnp.float32,
        carry_init: Initializer = _ZEROS,
        rngs: nnx.Rngs,
    ):
        self.in_features = in_features
        self.hidden_features = hidden_features
        self.gate_fn = gate_fn
        self.activation_fn = activation_fn
        self.param_dtype = param_dtype
        self.carry_init = carry_init
        dense = partial(
            nnx.Linear,
            out_features=hidden_features,
            bias_init=bias_init,
            dtype=dtype,
            param_dtype=param_dtype,
            rngs=rngs,
        )
        dense_i = partial(dense, in_features, kernel_init=kernel_init)
        dense_h = partial(dense, hidden_features, kernel_init=recurrent_kernel_init)
        self.ir, self.hr = dense_i(), dense_h(use_bias=False)
        self.iz, self.hz = dense_i(), dense_h(use_bias=False)
        self.in_, self.hn = dense_i(), dense_h()

    def __call__(self, carry: jax.Array, inputs: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Returns the new carry, and the same as the output. All axes but the last are batch axes."""
        r = self.gate_fn(self.ir(inputs) + self.hr(carry))
        z = self.gate_fn(self.iz(inputs) + self.hz(carry))
        n = self.activation_fn(self.in_(inputs) + r * self.hn(carry))
        new = (1.0 - z) * n + z * carry
        return new, new

    def initialize_carry(
        self, input_shape: tuple[int, ...], rngs: Rngs | None = None, carry_init: Initializer | None = None
    ) -> jax.Array:
        """Returns the first carry for inputs of one step; `rngs` needs a stream `carry`, or a default."""
        if rngs is None:
            raise ValueError("a carry is drawn: pass rngs, as to the cells of flax.nnx")
        stream: Any = rngs.carry if isinstance(rngs, nnx.Rngs) else rngs
        shape = (*input_shape[:-1], self.hidden_features)
        return (carry_init or self.carry_init)(stream(), shape, self.param_dtype)

    @property
    def num_feature_axes(self) -> int:
        """How many axes of the inputs are no batch axes."""
        return 1
