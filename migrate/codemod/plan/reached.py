"""Calls of what a submodule holds, `self.block.attention(x)`: of a module that its setup makes, under the same name."""

from ..model import MethodKind
from .automatic import attribute_target
from .records import ClassPlan, Form, Submodule

_PLAIN = frozenset(
    {"Dense", "DenseGeneral", "Conv", "ConvTranspose", "Embed", "LayerNorm", "GroupNorm", "RMSNorm"}
)
"""Layers that are called in NNX as they are in Linen."""


def reaches(child: ClassPlan, name: str) -> bool:
    """Tells whether `name` is a module of the class that anyone calls in NNX as in Linen, and that is always there."""
    found = [s for p in (child, *child.bases) for s in p.submodules if s.attribute == name]
    return len(found) == 1 and _is_there(found[0]) and _is_called_alike(found[0])


def _is_there(submodule: Submodule) -> bool:
    made = submodule.construction
    own = made.method.kind is MethodKind.SETUP and attribute_target(made) == submodule.attribute
    sure = submodule.guard is None and not submodule.tests and not submodule.hoisted
    return own and sure and submodule.form is Form.BIND and made.lifted is None and not made.choice


def _is_called_alike(submodule: Submodule) -> bool:
    """Tells whether the calls of the class that has it get no arguments of NNX."""
    layer, child = submodule.construction.layer, submodule.child
    known = layer.linen in _PLAIN if layer is not None else child is not None and not child.asked
    return known and not submodule.moved and not any(submodule.at_call.values()) and not submodule.within
