"""The two models of `--linen` and `--nnx`, and the comparison that has to pass before DST appears."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flax import linen as nn
from flax import nnx

from ..catalog.mapping import ClassMapping, VariableMapping
from ..checkpoint import ConversionError
from ..checkpoint.conversion import Verify
from ..checkpoint.nnx_leaves import Model
from ..equivalence import EquivalenceError, Report, check_equivalence, compare_models
from ._specs import load_expression, parse_arguments
from ._usage import UsageError


@dataclass(frozen=True)
class Evidence:
    """Two comparisons: of the checkpoints' own values, and of random ones, which hide less than zeros.

    A proof is for all values, so there is nothing left for random ones.
    """

    stored: Report
    random: Report | None

    @property
    def equal(self) -> bool:
        return self.stored.equal and (self.random is None or self.random.equal)

    def __str__(self) -> str:
        if self.random is None:
            return str(self.stored)
        return f"with the values of the checkpoint: {self.stored}\nwith random values: {self.random}"


def nnx_model(spec: str) -> Model:
    """Returns what `--nnx` names. Raises SpecError or UsageError."""
    model: Any = load_expression(spec)
    if not callable(model) and not isinstance(model, nnx.Module):
        raise UsageError(
            f"--nnx {spec} is a {type(model).__name__}, neither an nnx.Module nor a function for one"
        )
    return model  # type: ignore[no-any-return]


def verification(
    given: argparse.Namespace, model: Model, mapping: Sequence[VariableMapping] | ClassMapping
) -> Verify | None:
    """Returns the comparison with `--linen`, None if there is none. Raises SpecError or UsageError."""
    if given.linen is None:
        return None
    linen: Any = load_expression(given.linen)
    if not isinstance(linen, nn.Module):
        raise UsageError(f"--linen {given.linen} is a {type(linen).__name__}, not a flax.linen.Module")
    inputs, kwargs = parse_arguments(given.input)

    def verify(variables: Mapping[str, Any], converted: nnx.Module) -> Evidence:
        try:
            stored = compare_models(linen, variables, converted, inputs, kwargs, mapping=mapping)
            if stored.proved:
                return Evidence(stored, None)
            return Evidence(stored, check_equivalence(linen, model, *inputs, kwargs=kwargs, mapping=mapping))
        except EquivalenceError as error:
            raise ConversionError(f"the two models cannot be compared: {error}") from error

    return verify
