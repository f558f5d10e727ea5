"""`nn.share_scope(self, self.child)`: in Linen the variables of a submodule stand among those of the class itself.

In NNX they are those of the submodule, as any: the mapping says where they were.
"""

import ast
from collections.abc import Sequence

from ..bindings import loads
from ..constructions import Construction
from ..held_scopes import held_scopes
from ..model import LinenClass, Method, MethodKind
from .automatic import attribute_target
from .called_each import loops_around
from .local_modules import local_of
from .records import SharedScope
from .sequences import holds_layers, is_wrapper, place_of


def shared_scopes(cls: LinenClass, made: Sequence[Construction]) -> list[SharedScope]:
    """Returns the statements that share the scope of the class with a submodule before anything else is done to it."""
    found = [SharedScope(one.statement, one.mention, ()) for one in held_scopes(cls)]
    for method in cls.methods.values():
        for statement in method.node.body if method.kind in (MethodKind.SETUP, MethodKind.COMPACT) else ():
            match statement:
                case ast.Expr(
                    value=ast.Call(
                        func=function, args=[ast.Name(id=method.this), ast.expr() as mention], keywords=[]
                    )
                ) if cls.names.linen(function) == "share_scope":
                    own = _meant(method, statement, mention, made)
                    if own and all(_is_alone(c, made) for c in own):
                        found.append(SharedScope(statement, mention, own))
    return found


def _meant(
    method: Method, statement: ast.stmt, mention: ast.expr, made: Sequence[Construction]
) -> tuple[Construction, ...]:
    """The submodules that an attribute of setup, or a local of a compact method, stands for."""
    mine = [c for c in made if c.method is method]
    if isinstance(mention, ast.Name):
        own = [c for c in mine if local_of(c) == mention.id]
        named: list[ast.expr] = [*loads(method.node.body, mention.id)]
    else:
        own = [c for c in mine if method.is_this(mention, attribute_target(c) or "")]
        reads = (n for n in ast.walk(method.node) if method.is_this(n) and isinstance(n, ast.Attribute))
        named = [n for n in reads if isinstance(n.ctx, ast.Load) and n.attr == getattr(mention, "attr", "")]
    first = min(named, key=lambda n: (n.lineno, n.col_offset), default=None)
    before = all((c.call.end_lineno or 0) < statement.lineno for c in own)
    return tuple(own) if first is mention and before else ()


def _is_alone(construction: Construction, made: Sequence[Construction]) -> bool:
    """Tells whether it is a module of its own, which Linen makes below the class: none of a list or of a transform."""
    layer = construction.layer
    plain = construction.lifted is None and not construction.choice and not construction.applied
    inside = place_of(construction, made) is not None or is_wrapper(construction) or holds_layers(layer)
    return plain and not inside and not loops_around(construction) and "parent" not in construction.every
