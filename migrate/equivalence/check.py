"""The public questions: are these two modules the same function, and are these two models?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flax import linen as nn
from flax import nnx

from ..catalog.mapping import VariableMapping
from . import linen_side
from .inputs import arguments
from .report import Report
from .run import Options, run
from .twins import Start, twins


def check_equivalence(
    linen: nn.Module,
    nnx: nnx.Module | Callable[[], nnx.Module],
    *inputs: Any,
    variables: Mapping[str, Any] | None = None,
    mapping: Sequence[VariableMapping] = (),
    kwargs: Mapping[str, Any] | None = None,
    method: str = "__call__",
    samples: int = 2,
    steps: int = 3,
    seed: int = 0,
    gradients: bool = True,
    poison: bool = True,
) -> Report:
    """Compares a Linen module with its NNX twin on random weights and inputs; neither is changed.

    `inputs` and `kwargs` are the call's arguments: arrays are used as they are, `InputSpec` and
    `jax.ShapeDtypeStruct` are drawn anew for every call, anything else is a fixed Python value. Weights are
    drawn for every sample; `variables`, where given, are the values of the first (shapes will do, they
    replace `init`). Leaves are paired by `mapping`, then by name. Each sample makes `steps` successive calls
    that carry the state.

    Raises EquivalenceError when the two cannot be compared: other leaves, code that fails, random draws.
    """
    options = Options(samples, steps, seed, gradients, poison)
    linen_side.require_module(linen)
    call = arguments(inputs, kwargs)
    known = linen_side.plain(variables) if variables is not None else linen_side.abstract(linen, call, method)
    both = twins(linen, known, nnx, method, mapping)

    def start(sample: int) -> Start:
        if sample == 0 and not both.abstract:
            given = both.linen_values()
            return Start(given, given, both.nnx.hidden)
        return both.draw(seed, sample)

    return run(both, call, start, options)


def compare_models(
    linen: nn.Module,
    variables: Mapping[str, Any],
    model: nnx.Module | Callable[[], nnx.Module],
    inputs: Sequence[Any],
    kwargs: Mapping[str, Any] | None = None,
    method: str = "__call__",
    mapping: Sequence[VariableMapping] = (),
    *,
    samples: int = 2,
    steps: int = 3,
    seed: int = 0,
    gradients: bool = True,
    poison: bool = True,
) -> Report:
    """Compares two models that hold their values already, such as a checkpoint before and after conversion.

    Every leaf has to be equal bit for bit. All else as in `check_equivalence`, with these values throughout.
    """
    linen_side.require_module(linen)
    both = twins(linen, linen_side.plain(variables), model, method, mapping)
    start = Start(both.linen_values(), both.nnx_values(), both.nnx.hidden)
    return run(
        both, arguments(inputs, kwargs), lambda _: start, Options(samples, steps, seed, gradients, poison)
    )


def assert_equivalent(
    linen: nn.Module, nnx: nnx.Module | Callable[[], nnx.Module], *inputs: Any, **options: Any
) -> None:
    """Raises AssertionError with the report unless `check_equivalence` (same arguments) says EQUAL."""
    report = check_equivalence(linen, nnx, *inputs, **options)
    if not report.equal:
        raise AssertionError(str(report))
