"""Recurrent cells and the layers that run or chain others."""

from types import MappingProxyType

from .layer import OURS, Layer, Moved, kept, names

_CELL = names(
    """
    features gate_fn activation_fn kernel_init recurrent_kernel_init bias_init dtype param_dtype carry_init
    """
)
_ADDED = names("promote_dtype keep_rngs kernel_metadata recurrent_kernel_metadata bias_metadata")
_HIDDEN = MappingProxyType({"features": "hidden_features"})
_CARRY = MappingProxyType({"carry_init": ("initializers.zeros_init()", "None")})


def _joined(gates: str, nnx: str) -> Moved:
    leaf = nnx.rpartition("/")[2]
    return Moved(tuple(f"{gate}/{leaf}" for gate in gates.split()), nnx)


RECURRENT = (
    Layer(
        "LSTMCell",
        "LSTMCell",
        _CELL,
        sizes=("in_features",),
        renamed=_HIDDEN,
        added=_ADDED,
        defaults=_CARRY,
        # `if` is a keyword, so the attribute could not be written
        variables=(
            Moved(("if/kernel",), "if_/kernel"),
            *kept("ii/kernel", "ig/kernel", "io/kernel"),
            *kept(*(f"h{gate}/{leaf}" for gate in "ifgo" for leaf in ("kernel", "bias"))),
        ),
    ),
    Layer(
        "OptimizedLSTMCell",
        "OptimizedLSTMCell",
        _CELL,
        sizes=("in_features",),
        renamed=_HIDDEN,
        added=_ADDED,
        defaults=_CARRY,
        variables=(
            _joined("ii if ig io", "dense_i/kernel"),
            _joined("hi hf hg ho", "dense_h/kernel"),
            _joined("hi hf hg ho", "dense_h/bias"),
        ),
        difference="NNX multiplies by one joined kernel (1e-6 off) and draws it as one matrix at the start",
    ),
    Layer(
        "GRUCell",
        "GRUCell",
        _CELL,
        sizes=("in_features",),
        renamed=_HIDDEN,
        added=_ADDED,
        defaults=_CARRY,
        variables=(
            _joined("ir iz in", "dense_i/kernel"),
            _joined("ir iz in", "dense_i/bias"),
            _joined("hr hz hn", "dense_h/kernel"),
        ),
        difference="NNX has no bias hn/bias: equal (6e-8) only when that is zero",
    ),
    Layer(
        "SimpleCell",
        "SimpleCell",
        names(
            """
            features activation_fn kernel_init recurrent_kernel_init bias_init dtype param_dtype carry_init
            residual
            """
        ),
        sizes=("in_features",),
        renamed=_HIDDEN,
        added=_ADDED,
        defaults=MappingProxyType({**_CARRY, "dtype": ("None", "jnp.float32")}),
        variables=(
            Moved(("i/kernel",), "dense_i/kernel"),
            Moved(("i/bias",), "dense_i/bias"),
            Moved(("h/kernel",), "dense_h/kernel"),
        ),
    ),
    Layer(
        "RNN",
        "RNN",
        names(
            """
            cell time_major return_carry reverse keep_order unroll variable_axes variable_broadcast
            variable_carry split_rngs
            """
        ),
        gone=names("variable_axes variable_broadcast variable_carry split_rngs"),
        added=names("state_axes broadcast_rngs"),
        call_renamed=MappingProxyType({"init_key": "rngs"}),
        children=MappingProxyType({"cell": "cell"}),
        rngs="optional",
    ),
    Layer(
        "Bidirectional",
        "Bidirectional",
        names("forward_rnn backward_rnn merge_fn time_major return_carry"),
        call_renamed=MappingProxyType({"init_key": "rngs"}),
        children=MappingProxyType({"forward_rnn": "forward_rnn", "backward_rnn": "backward_rnn"}),
        rngs="optional",
    ),
    Layer(
        "Sequential",
        "Sequential",
        ("layers",),
        # one list becomes one argument for each of its elements
        renamed=MappingProxyType({"layers": "fns"}),
        children=MappingProxyType({"layers_{}": "layers/{}"}),
        rngs="",
    ),
)

GRU_TWIN = Layer(
    "GRUCell",
    "GRUCell",
    _CELL,
    sizes=("in_features",),
    renamed=_HIDDEN,
    variables=(
        *kept(*(f"{kind}{gate}/kernel" for kind in "ih" for gate in "rz"), "hn/kernel", "hn/bias"),
        *kept("ir/bias", "iz/bias"),
        *(Moved((f"in/{leaf}",), f"in_/{leaf}") for leaf in ("kernel", "bias")),
    ),
    home=OURS,
)
"""The parity twin of Linen's GRUCell: that of flax.nnx has no bias `hn/bias`."""
