"""What a class does with a submodule apart from calling it, which a wrapped NNX module has no answer to."""

import ast
from collections.abc import Iterator

from ..constructions import Construction
from ..model import LinenClass, Method
from ..project import Project
from ..trees import remembered, walk
from .automatic import attribute_target


def mentions(cls: LinenClass, construction: Construction) -> Iterator[tuple[Method, ast.expr]]:
    """Yields what stands for a submodule, with its method: its attribute or its local, else the call that makes it."""
    call, method = construction.call, construction.method
    above = method.parents[call]
    attribute = attribute_target(construction)
    if attribute is not None:
        for other in cls.methods.values():
            yield from ((other, n) for n in ast.walk(other.node) if other.is_this(n, attribute))  # type: ignore[misc]
    elif isinstance(above, ast.Assign) and isinstance(above.targets[0], ast.Name):
        yield from ((method, n) for n in _named(method.node, above.targets[0].id))
    else:
        yield method, call


def other_uses(cls: LinenClass, construction: Construction) -> Iterator[ast.AST]:
    """Yields what does more with a submodule than to bind it, call it, or ask whether it is there."""
    listed = isinstance(construction.method.parents[construction.call], ast.ListComp)
    elements = listed and attribute_target(construction) is not None
    known = _calls_elements if elements else _only_calls
    yield from (node for method, node in mentions(cls, construction) if not known(method, node))


def is_looked_into(cls: LinenClass, construction: Construction, project: Project) -> bool:
    """Tells whether other classes, or code outside of them, may ask the submodule for what its class `cls` defines.

    `self.body.words.table` asks the `words` of another module, and a wrapped module has no `table`.
    """
    attribute, this = attribute_target(construction), construction.method.this
    stores = (n for m in cls.methods.values() for n in walk(m.node) if m.is_this(n))
    stored = {n.attr for n in stores if isinstance(n, ast.Attribute) and not isinstance(n.ctx, ast.Load)}
    own = {*cls.methods, *(f.name for f in cls.fields), *stored}
    return any(
        asked in own and not (isinstance(holder, ast.Name) and holder.id == this)
        for source in project.sources.values()
        for holder, asked in _asked(source.tree).get(attribute or "", ())
    )


@remembered
def _asked(tree: ast.Module) -> dict[str, list[tuple[ast.expr, str]]]:
    """Returns what a file asks of attributes: by the attribute, who holds it, and what it is asked for."""
    found: dict[str, list[tuple[ast.expr, str]]] = {}
    for node in walk(tree):
        match node:
            case ast.Attribute(value=ast.Attribute(value=holder, attr=attribute), attr=asked):
                found.setdefault(attribute, []).append((holder, asked))
    return found


def _named(root: ast.AST, name: str) -> Iterator[ast.Name]:
    return (n for n in ast.walk(root) if isinstance(n, ast.Name) and n.id == name)


def _only_calls(method: Method, node: ast.AST) -> bool:
    above = method.parents[node]
    bound = isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
    called = isinstance(above, ast.Call) and above.func is node
    asked = isinstance(above, ast.Compare) and all(isinstance(c, ast.Constant) for c in above.comparators)
    return bound or called or asked


def _calls_elements(method: Method, node: ast.AST) -> bool:
    """Tells whether a list of submodules is indexed and called, or a loop over it only calls its variable."""
    above = method.parents[node]
    if isinstance(above, ast.Subscript):
        called = method.parents[above]
        return isinstance(called, ast.Call) and called.func is above
    if isinstance(above, ast.For) and above.iter is node and isinstance(above.target, ast.Name):
        return all(_only_calls(method, use) for use in _named(above, above.target.id))
    return not isinstance(getattr(node, "ctx", None), ast.Load)
