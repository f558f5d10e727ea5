"""Names of `flax.linen` that are not layers: the same in `flax.nnx`, under which name, or without a twin.

Names are relative to `flax.linen` and `flax.nnx`. Every public name of `flax.linen` is in exactly one table
of this file or in `layers.py`; a test holds the tables against the installed flax.
"""

from collections.abc import Mapping
from types import MappingProxyType

from .private_norms import PRIVATE


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ACTIVATIONS = _names(
    """
    celu elu gelu glu hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu log_sigmoid log_softmax logsumexp
    one_hot relu relu6 selu sigmoid silu soft_sign softmax softplus standardize swish tanh
    """
)
_INITIALIZERS = _names(
    """
    Initializer constant delta_orthogonal glorot_normal glorot_uniform he_normal he_uniform kaiming_normal
    kaiming_uniform lecun_normal lecun_uniform normal ones orthogonal truncated_normal uniform
    variance_scaling xavier_normal xavier_uniform zeros
    """
)
SAME_OBJECT: frozenset[str] = frozenset(
    {
        *_ACTIVATIONS,
        *(f"initializers.{name}" for name in _INITIALIZERS),
        *("PARTITION_NAME", "avg_pool", "logical_axis_rules", "max_pool", "pool"),
    }
)
"""The identical object in both namespaces: swap the namespace, nothing else changes."""

SAME_RESULT: frozenset[str] = frozenset(
    {
        *("initializers.ones_init", "initializers.zeros_init"),
        *("combine_masks", "make_attention_mask", "make_causal_mask"),
    }
)
"""Another object of the same name that returns the same for the same arguments."""

RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "dtypes.canonicalize_dtype": "nn.dtypes.canonicalize_dtype",
        "normalize": "standardize",
        "ones": "initializers.ones",
        "ones_init": "initializers.ones_init",
        "pooling.min_pool": "min_pool",
        "zeros": "initializers.zeros",
        "zeros_init": "initializers.zeros_init",
    }
)
"""The same object, or one that returns the same, under another name."""

IN_SUBMODULES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            _names(
                """
                ConvGeneralDilatedT DotGeneralT LaxPadding PaddingLike PrecisionLike canonicalize_padding
                default_embed_init default_kernel_init _canonicalize_tuple _conv_dimension_numbers _normalize_axes
                """
            ),
            "linear",
        ),
        "_canonicalize_axes": "normalization",
    }
)
"""Names that a submodule has and `flax.linen` itself does not: its namesake in `flax.nnx.nn` has the same one."""

FOR_SOME_ARGUMENTS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "dot_product_attention_weights": (
            "nn.attention.dot_product_attention_weights",
            (
                *("query", "key", "bias", "mask", "broadcast_dropout", "dropout_rng", "dropout_rate"),
                *("deterministic", "dtype", "precision"),
            ),
        ),
    }
)
"""Functions whose twin returns the same for these arguments, in this order: what comes behind them differs."""

NARROWER: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType({**FOR_SOME_ARGUMENTS, **PRIVATE})
"""The same, with those that are private."""

PARITY: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "dot_product_attention": (
            (
                *(
                    "query",
                    "key",
                    "value",
                    "bias",
                    "mask",
                    "broadcast_dropout",
                    "dropout_rng",
                    "dropout_rate",
                ),
                *("deterministic", "dtype", "precision"),
            ),
            ("force_fp32_for_softmax",),
        ),
    }
)
"""Functions of which `migrate_norm.layers.nnx` has a twin, for these arguments in this order, and these by name."""

TUPLED: Mapping[str, str] = MappingProxyType({"dtypes.promote_dtype": "nn.dtypes.promote_dtype"})
"""Functions whose twin takes the positional arguments as one tuple, and returns a tuple instead of a list."""

PLAIN: frozenset[str] = frozenset({"FrozenDict", "with_logical_constraint"})
"""Values and functions that know nothing of modules: NNX code may go on using Linen's."""

SUBMODULES: frozenset[str] = _names(
    """
    activation attention batch_apply combinators dtypes fp8_ops initializers kw_only_dataclasses linear meta
    module normalization pooling recurrent spmd stochastic summary transforms
    """
)
"""Submodules of `flax.linen`; `activation.relu` is `relu`, and so on."""

MODULE_SYSTEM: frozenset[str] = frozenset({"Module", "Variable", "compact", "merge_param", "nowrap"})
"""Names that are not swapped one for one: the codemod reads what they mean and writes it the NNX way."""

_LIFTED = "lifts variable collections and rng streams by name; NNX's takes state filters"
_OPERAND = "build what its branches call in setup, and hand the module to NNX's as the first operand"
_CARRY = "build what it calls in setup; NNX's takes the module as a part of what it carries"
_NAMED_CALL = "NNX has no switch for it: wrap the method in jax.named_scope"
_BOXES = "NNX keeps the sharding on the Variable, not in a box around the value"
_FP8 = "flax.nnx has no fp8 operator; keep the layer in Linen"

LINEN_ONLY: Mapping[str, str] = MappingProxyType(
    {
        "DenyList": "a Linen collection filter: write an NNX filter such as nnx.Not(nnx.BatchStat)",
        "Fp8DirectDotGeneralOp": _FP8,
        "Fp8DotGeneral": _FP8,
        "Fp8DotGeneralOp": _FP8,
        "Fp8Einsum": _FP8,
        "LogicallyPartitioned": _BOXES,
        "NANOOFp8DotGeneralOp": _FP8,
        "Partitioned": _BOXES,
        "add_metadata_axis": "use nnx.with_metadata or the transform's own metadata argument",
        "apply": "an NNX module holds its variables: call a method of it",
        "broadcast": "a marker for lifted transforms: NNX transforms take in_axes of None",
        "checkpoint": "another name of nn.remat, which " + _LIFTED,
        "compact_name_scope": "NNX has no name scopes: a submodule is an attribute",
        "disable_named_call": _NAMED_CALL,
        "enable_named_call": _NAMED_CALL,
        "fold_rngs": "NNX modules hold their own rng streams: see nnx.split_rngs and nnx.fork_rngs",
        "get_logical_axis_rules": "use flax.core.spmd.get_logical_axis_rules",
        "get_sharding": "use nnx.get_named_sharding on the state",
        "init": "an NNX module has its variables from its constructor",
        "init_with_output": "an NNX module has its variables from its constructor",
        "intercept_methods": "NNX does not intercept calls: wrap the method, or use nnx.iter_modules",
        "logical_to_mesh": "use flax.core.spmd and nnx.get_partition_spec",
        "logical_to_mesh_axes": "use flax.core.spmd and nnx.get_partition_spec",
        "logical_to_mesh_sharding": "use flax.core.spmd and nnx.get_named_sharding",
        "map_variables": "transform the values where they are read: NNX has no lifted mapping of collections",
        "named_call": _NAMED_CALL,
        "override_named_call": _NAMED_CALL,
        "remat_scan": "write it as nnx.scan over nnx.remat",
        "set_logical_axis_rules": "use flax.core.spmd.set_logical_axis_rules",
        "share_scope": "NNX has no scopes: hand the submodule's variables over as attributes",
        "unbox": _BOXES,
        "with_logical_partitioning": "use nnx.with_partitioning, or sharding metadata of nnx.Param",
    }
)
"""Names without a twin, and why or what to do instead."""

DIFFERENT: Mapping[str, str] = MappingProxyType(
    {
        "cond": _OPERAND,
        "custom_vjp": _LIFTED,
        "dot_product_attention": (
            "nnx's calls jax.nn.dot_product_attention: 2e-7 off in f32, 8e-3 in bf16; "
            "that of migrate_norm.layers.nnx computes the same without module and own einsums, called at once"
        ),
        "get_partition_spec": "reads boxes in Linen, Variables in NNX",
        "grad": _LIFTED,
        "jit": _LIFTED,
        "jvp": _LIFTED,
        "remat": _LIFTED,
        "scan": _LIFTED,
        "switch": _OPERAND,
        "tabulate": "takes a module and rng keys in Linen, a module that has its variables in NNX",
        "value_and_grad": _LIFTED,
        "vjp": _LIFTED,
        "vmap": _LIFTED,
        "while_loop": _CARRY,
        "with_partitioning": "boxes the value in Linen, puts metadata on the Variable in NNX",
    }
)
"""Names that both sides have and that mean different things: a swap of the namespace would be wrong."""

_VARIABLES = "an NNX module holds its variables as attributes"
_CONSTRUCTED = "an NNX module has its variables from its constructor"

MODULE_METHODS: Mapping[str, str] = MappingProxyType(
    {
        "apply": _VARIABLES + ": call the method",
        "bind": _VARIABLES + ": nothing to bind",
        "clone": "use nnx.clone, or construct it again",
        "copy": "use nnx.clone, or construct it again",
        "get_variable": _VARIABLES,
        "has_rng": "ask the rngs object that the constructor was given",
        "has_variable": _VARIABLES + ": use hasattr",
        "init": _CONSTRUCTED,
        "init_with_output": _CONSTRUCTED,
        "is_initializing": _CONSTRUCTED + ": no call is an initialising one",
        "is_mutable_collection": "every NNX variable can be written; nnx.split decides what is carried on",
        "lazy_init": "use nnx.eval_shape around the constructor",
        "make_rng": "draw from an nnx.Rngs stream: rngs.dropout()",
        "module_paths": "use nnx.iter_modules",
        "param": "nnx.Param(init(rngs.params(), shape)) in the constructor",
        "path": "an NNX module does not know its parent: use nnx.iter_modules on the root",
        "put_variable": _VARIABLES + ": assign to it",
        "setup": "what creates variables belongs to the constructor",
        "tabulate": "use nnx.tabulate",
        "unbind": "use nnx.split",
        "variable": "a Variable of the collection's type in the constructor",
        "variables": "use nnx.state",
    }
)
"""Public attributes of `flax.linen.Module` that `flax.nnx.Module` lacks, and what to do instead."""


def nnx_name(name: str) -> str | None:
    """Returns what `flax.linen.<name>` is called under `flax.nnx` when it computes the same, else None.

    >>> nnx_name("activation.relu"), nnx_name("ones"), nnx_name("scan")
    ('relu', 'initializers.ones', None)
    """
    if name in RENAMED:
        return RENAMED[name]
    if name in SAME_OBJECT or name in SAME_RESULT:
        return name
    if name in IN_SUBMODULES:
        return f"nn.{IN_SUBMODULES[name]}.{name}"
    if name in NARROWER:
        return NARROWER[name][0]
    submodule, _, rest = name.partition(".")
    return nnx_name(rest) if rest and submodule in SUBMODULES and submodule != "initializers" else None
