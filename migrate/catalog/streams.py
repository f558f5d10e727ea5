"""How a key is drawn from a stream of `nnx.Rngs`, some of whose methods have names that streams have too."""

from .layer import names

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


def key_from(rngs: str, stream: str) -> str:
    """Returns the code that draws a key: `rngs.noise()`, but `rngs["gumbel"]()`, since `rngs.gumbel()` is a number."""
    return f'{rngs}["{stream}"]()' if stream in _METHODS else f"{rngs}.{stream}()"
