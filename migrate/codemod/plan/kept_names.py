"""What a class asks of a parent that stays Linen: that its variables keep their paths, that init has keys for it."""

import ast
from collections.abc import Iterator

from .layer_rules import ATTENTION
from .records import ClassPlan, Submodule
from .sequences import is_wrapper


def keeps_names(plan: ClassPlan) -> bool:
    """Tells whether every variable of a class has the path in NNX that it had in Linen."""
    variables = all(v.path == (v.linen,) for v in plan.every_variable)
    return variables and all(_keeps(s) for above in (plan, *plan.bases) for s in above.submodules)


def _keeps(submodule: Submodule) -> bool:
    if submodule.hoisted:
        return True
    if not submodule.path or submodule.path != submodule.linen:
        return False
    layer = submodule.construction.layer
    if layer is None:
        return submodule.child is not None and keeps_names(submodule.child)
    return all(moved.linen == (moved.nnx,) for moved in layer.variables)


def renames(plan: ClassPlan) -> bool:
    """Tells whether a module of the class has a variable by another name than the same module had in Linen."""
    variables = any(v.path != (v.linen,) for v in plan.every_variable)
    return variables or any(_renames(s) for above in (plan, *plan.bases) for s in above.submodules)


def _renames(submodule: Submodule) -> bool:
    layer = submodule.construction.layer
    if submodule.shares_scope:
        return True
    if layer is None:
        return submodule.child is None or renames(submodule.child)
    paths = ((path.split("/"), moved.nnx.split("/")) for moved in layer.variables for path in moved.linen)
    return is_wrapper(submodule.construction) or any(
        linen[:-1] == nnx[:-1] and linen != nnx for linen, nnx in paths
    )


def draws(plan: ClassPlan) -> bool:
    """Tells whether a class draws random numbers when it is called; NNX asks for their key in the constructor."""
    family = (plan, *plan.bases)
    return any(p.draws or any(_draws(s) for s in p.submodules) for p in family)


def _draws(submodule: Submodule) -> bool:
    construction = submodule.construction
    if construction.layer is None:
        return submodule.child is None or draws(submodule.child)
    rate = construction.given.get("dropout_rate")
    drops = rate is not None and not (isinstance(rate, ast.Constant) and rate.value in (0, None))
    return construction.kind == "Dropout" or (construction.kind in ATTENTION and drops)


def with_descendants(plan: ClassPlan) -> Iterator[str]:
    """Yields the names of the classes that a class is made of, its own first."""
    for above in (plan, *plan.bases):
        yield above.cls.name
        for submodule in above.submodules:
            if submodule.child is not None:
                yield from with_descendants(submodule.child)
