"""A whole model that nobody here wrote, in a configuration that is tiny."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

import numpy as np
from flax import linen as nn
from migrate_norm.equivalence import InputSpec

_NONE: Mapping[str, Any] = MappingProxyType({})


class Model(NamedTuple):
    """One class: the arguments of its Linen constructor, and those of a call.

    Where `name` is a partial at the top of the file, `of` is the class that it makes. `beside` are names of the file
    that are migrated with it. `sizes` are what the NNX constructor is given in front, where these are more than a
    search can try. One that is `only_traced` is a configuration beside another, which needs its runs, and takes
    minutes to compare.
    """

    package: str
    path: str
    name: str
    arguments: Mapping[str, Any] = _NONE
    inputs: tuple[Any, ...] = ()
    call: Mapping[str, Any] = _NONE
    of: str = ""
    beside: tuple[str, ...] = ()
    sizes: Mapping[str, Any] = _NONE
    only_traced: bool = False

    def __str__(self) -> str:
        return f"{self.package} {self.name}"


def opened(module: ModuleType, model: Model) -> tuple[type[nn.Module], Mapping[str, Any]]:
    """Returns the class of a model and all of its arguments, those of a partial too."""
    kind = getattr(module, model.name)
    if not isinstance(kind, partial):
        return kind, model.arguments
    return kind.func, {**kind.keywords, **model.arguments}  # type: ignore[return-value]


@dataclass(frozen=True, eq=False)
class Member:
    """Equal to the member of this name of any enum: each side of a comparison has loaded a file of its own."""

    name: str

    def __eq__(self, other: object) -> bool:
        return getattr(other, "name", None) == self.name

    def __hash__(self) -> int:
        return hash(self.name)


@dataclass(frozen=True, eq=False)
class Constant:
    """An array that is part of a configuration, as netket's HashableArray: of a class that both sides share."""

    wrapped: np.ndarray[Any, Any]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        return np.array(self.wrapped, dtype, copy=copy)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what copies and pickles ask for
            raise AttributeError(name)
        return getattr(self.wrapped, name)


def f32(*shape: int) -> InputSpec:
    return InputSpec("float32", shape)
