"""The public questions: are these two modules the same function, and are these two models?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flax import linen as nn
from flax import nnx

from ..catalog.mapping import ClassMapping, VariableMapping
from . import linen_side
from .answer import answer
from .inputs import arguments
from .report import Report
from .run import Options
from .twins import Start, Twins, twins


def check_equivalence(
    linen: nn.Module,
    nnx: nnx.Module | Callable[[], nnx.Module],
    *inputs: Any,
    variables: Mapping[str, Any] | None = None,
    mapping: Sequence[VariableMapping] | ClassMapping = (),
    kwargs: Mapping[str, Any] | None = None,
    method: str = "__call__",
    samples: int = 2,
    steps: int = 3,
    seed: int = 0,
    gradients: bool = True,
    poison: bool = True,
    proof: bool = True,
    unroll: bool = False,
) -> Report:
    """Compares a Linen module with its NNX twin, for all inputs if that can be proved, else on samples of them.

    Neither module is changed. Give the NNX side as a function that builds it, and nothing is computed or
    allocated for a proof.

    `inputs` and `kwargs` are the call's arguments: arrays are used as they are, `InputSpec` and
    `jax.ShapeDtypeStruct` are drawn anew for every call, anything else is a fixed Python value. Weights are
    drawn for every sample; `variables`, where given, are the values of the first (shapes will do, they
    replace `init`). Leaves are paired by `mapping` (rules, or what a mapping
    file says of the class), then by name. Each sample makes `steps` successive calls
    that carry the state; `samples=0` asks for a proof or nothing, `proof=False` for samples alone. Compared are
    outputs, the state after a call and, if asked for, `gradients`; samples also disturb each leaf (`poison`).
    `unroll` compares scans turn by turn, so that `nn.scan` over layers may be a list of layers in NNX.

    Raises EquivalenceError when the two cannot be compared: other leaves, code that fails, or that draws random
    numbers in a way that is neither proved nor can be replayed. Raises ValueError for fewer steps than one.
    """
    options = Options(samples, steps, seed, gradients, poison, proof)
    linen_side.require_module(linen)
    call = arguments(inputs, kwargs)
    known = linen_side.plain(variables) if variables is not None else linen_side.abstract(linen, call, method)
    both = twins(linen, known, nnx, method, mapping, unroll)

    def start(sides: Twins, sample: int) -> Start:
        if sample == 0 and not sides.abstract:
            given = sides.linen_values()
            return Start(given, given, sides.nnx.hidden)
        return sides.draw(seed, sample)

    return answer(both, call, start, options)


def compare_models(
    linen: nn.Module,
    variables: Mapping[str, Any],
    model: nnx.Module | Callable[[], nnx.Module],
    inputs: Sequence[Any],
    kwargs: Mapping[str, Any] | None = None,
    method: str = "__call__",
    mapping: Sequence[VariableMapping] | ClassMapping = (),
    *,
    samples: int = 2,
    steps: int = 3,
    seed: int = 0,
    gradients: bool = True,
    poison: bool = True,
    proof: bool = True,
    unroll: bool = False,
) -> Report:
    """Compares two models that hold their values already, such as a checkpoint before and after conversion.

    Every leaf has to be equal bit for bit. All else as in `check_equivalence`, with these values throughout.
    """
    linen_side.require_module(linen)
    both = twins(linen, linen_side.plain(variables), model, method, mapping, unroll).with_values()
    begin = Start(both.linen_values(), both.nnx_values(), both.nnx.hidden)
    options = Options(samples, steps, seed, gradients, poison, proof)
    return answer(both, arguments(inputs, kwargs), lambda *_: begin, options, given=begin)


def assert_equivalent(
    linen: nn.Module, nnx: nnx.Module | Callable[[], nnx.Module], *inputs: Any, **options: Any
) -> None:
    """Raises AssertionError with the report if `check_equivalence` (same arguments) says DIFFERENT."""
    report = check_equivalence(linen, nnx, *inputs, **options)
    if not report.equal:
        raise AssertionError(str(report))
