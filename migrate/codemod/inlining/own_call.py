"""`jax.grad(self)(x)`, read as `jax.grad(self.__call__)(x)`: the module is not handed on, its call is transformed."""

import ast

from ..project import Project
from ..rewording import Rewording
from ..trees import walk

_TRANSFORMS = frozenset(
    f"jax.{name}"
    for name in [
        "grad",
        "hessian",
        "jacfwd",
        "jacobian",
        "jacrev",
        "jvp",
        "linearize",
        "value_and_grad",
        "vjp",
    ]
)
"""What calls the function that is given first, and does no more with it; a module behind `jax.vmap` may only read."""


def read_own_call(project: Project) -> list[Rewording]:
    """Returns the modules that are given to such a transform as functions."""
    return [
        Rewording(cls, this, f"{this.id}.__call__")
        for cls, method in project.methods
        for node in walk(method.node)
        if isinstance(node, ast.Call) and cls.names.resolve(node.func) in _TRANSFORMS
        for this in node.args[:1]
        if isinstance(this, ast.Name) and this.id == method.this
    ]  # fmt: skip
