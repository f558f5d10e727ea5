"""Sizes that the source does not tell, as arguments that the constructor asks for by name."""

import ast
from collections.abc import Mapping

from ..constructors import SizeArgument
from ..factories.program import heirs
from ..flow.found import Found
from ..flow.run import called_methods
from ..flow.terms import Kind, Term
from ..model import LinenClass
from ..project import Project
from ..sizes import Parameter
from .named import Named
from .records import ClassPlan, Form


def asked_size(
    plan: ClassPlan, found: Found, named: Named, name: str, child: ClassPlan | None, alike: bool = False
) -> Term | None:
    """Returns the argument that stands for the size `name` of one submodule, and adds it to the plan.

    None where one argument would have to stand for more than one size: a submodule of a loop or a list, unless they
    are known to be `alike`, or one of several classes.
    """
    above = found.construction.method.above(found.construction.call)
    if found.construction.choice or not found.uses:
        return None
    several = named.form is not Form.BIND or any(isinstance(a, ast.For | ast.ListComp) for a in above)
    if several and not alike:
        return None
    argument = _name(plan, named.attribute, name)
    wanted = {p.name: p.annotation for p in child.every_parameter} if child is not None else {}
    annotation = _annotation(found, name, wanted)
    asked = SizeArgument(argument, found.uses[0].method, "", "")
    plan.parameters.append(Parameter(argument, annotation, asked))
    plan.asked_sizes[argument] = (found, name)
    return Term(Kind.ASKED, argument)


def _annotation(found: Found, name: str, wanted: Mapping[str, str]) -> str:
    layer = found.construction.layer
    several = layer is not None and layer.linen == "DenseGeneral"
    return wanted.get(name, "int | tuple[int, ...]" if several else "int")


def _name(plan: ClassPlan, attribute: str, name: str) -> str:
    """`dense_1_in_features`: whose size it is has to be plain to whoever supplies it."""
    taken = {*(f.name for f in plan.fields), *(p.name for p in plan.every_parameter), "rngs", "self"}
    argument = f"{attribute}_{name}".lstrip("_")
    while argument in taken:
        argument += "_"
    return argument


def is_hooked(cls: LinenClass, project: Project) -> bool:
    """Tells whether subclasses replace methods that the class calls: they tell what these give."""
    called = called_methods(cls)
    return bool(called) and any(called & other.methods.keys() for other in heirs(cls, project))
