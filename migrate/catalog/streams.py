"""Streams of `nnx.Rngs`: which layers keep one, and how a key is drawn from one."""

from collections.abc import Mapping
from types import MappingProxyType

from .layer import names

# Methods of `Rngs` whose names streams have too.
_METHODS = frozenset(
    names("""
    ball bernoulli beta binomial bits broadcast categorical cauchy chisquare choice delta_orthogonal dirichlet
    double_sided_maxwell exponential f fork gamma generalized_normal geometric glorot_normal glorot_uniform gumbel
    he_normal he_uniform items kaiming_normal kaiming_uniform laplace lecun_normal lecun_uniform loggamma logistic
    lognormal maxwell multinomial multivariate_normal normal orthogonal pareto permutation poisson rademacher
    randint rayleigh split t triangular truncated_normal uniform variance_scaling wald weibull_min xavier_normal
    xavier_uniform
    """)
)

DRAWING: Mapping[str, str] = MappingProxyType({"Dropout": "rate", "MultiHeadAttention": "dropout_rate"})
"""The NNX layers that draw in their calls, with the argument without which they do not; Linen's stream is `dropout`."""

KEEPING = frozenset({"RNN", "Bidirectional"})
"""The NNX layers that keep a stream from which they draw only for an initial carry."""


def key_from(rngs: str, stream: str) -> str:
    """Returns the code that draws a key: `rngs.noise()`, but `rngs["gumbel"]()`, since `rngs.gumbel()` is a number."""
    return f'{rngs}["{stream}"]()' if stream in _METHODS else f"{rngs}.{stream}()"
