"""Context managers around what makes layers and variables: which of them a constructor may do without."""

NAMES = frozenset(
    {
        "contextlib.nullcontext",
        "flax.linen.logical_axis_rules",
        "jax.named_scope",
        "jax.profiler.StepTraceAnnotation",
        "jax.profiler.TraceAnnotation",
    }
)
"""They concern names, profiles and places alone: the call keeps them, the constructor has no use for them."""

NUMERICS = frozenset({"jax.default_matmul_precision", "jax.ensure_compile_time_eval"})
"""They say how values are computed, initial values too: the constructor has them as the call does."""
