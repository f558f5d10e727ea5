"""Models that functions of the file are given, to initialise and apply them: `create_train_state(Net(), key)`.

The function is handed what makes the model instead, a class or a partial of it, and adds the sizes and the key.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..constructors import Constructor
from ..edits import Edit, Replace
from ..trees import walk
from .calls import NotRead
from .construct import own_fields
from .handed import passed
from .mentions import Mentions
from .records import Refused
from .references import is_rebound, references
from .scopes import direct
from .text import Text
from .values import Site


@dataclass(frozen=True, eq=False)
class Given:
    """The argument `name` of `function` is a model of one class, made by each of `calls`."""

    function: ast.FunctionDef
    name: str
    constructor: Constructor
    calls: tuple[ast.Call, ...]

    def site(self) -> Site:
        """The model as the function sees it: what makes it is called by the argument's name."""
        call = ast.Call(ast.Name(self.name, ast.Load()), [], [])
        return Site(call, self.constructor, self.name, self.function)


def given_models(mentions: Mentions) -> Iterator[tuple[ast.FunctionDef, list[Given]]]:
    """Yields the functions at the top of the file with the arguments that are a model wherever they are called."""
    for function in mentions.source.tree.body if mentions.found else ():
        if not isinstance(function, ast.FunctionDef) or any(n in mentions.found for n in direct(function)):
            continue
        found = list(_models(mentions, function))
        if found:
            yield function, found


def _models(mentions: Mentions, function: ast.FunctionDef) -> Iterator[Given]:
    calls = calls_of(mentions, function.name)
    for name in _plain(function) if calls else ():
        made = [_model(mentions, passed(function, call, 0).get(name)) for call in calls]
        known = tuple(model for model in made if model is not None)
        classes = {mentions.found[model.func] for model in known}
        if len(known) == len(made) and len(classes) == 1:
            yield Given(function, name, mentions.classes[classes.pop()], known)


def calls_of(mentions: Mentions, name: str) -> list[ast.Call]:
    """Returns the calls of what a name at the top of the file holds, if nothing else is done with it."""
    tree, calls = mentions.source.tree, []
    for use in references(tree, name):
        call = mentions.parents[use.node]
        if not (isinstance(call, ast.Call) and call.func is use.node):
            return []
        calls.append(call)
    return [] if is_rebound(tree, name) else calls


def _plain(function: ast.FunctionDef) -> Iterator[str]:
    """The arguments that have no default, no annotation, and are nothing else later."""
    arguments = function.args
    required = arguments.args[: len(arguments.args) - len(arguments.defaults)]
    for argument in (*arguments.posonlyargs, *required):
        if (
            argument.annotation is None
            and not arguments.posonlyargs
            and not is_rebound(function, argument.arg)
        ):
            yield argument.arg


def _model(mentions: Mentions, node: ast.expr | None) -> ast.Call | None:
    """The construction of a migrated class that `node` is, or that the variable holds which is read there alone."""
    if isinstance(node, ast.Call):
        return node if node.func in mentions.found else None
    if not isinstance(node, ast.Name):
        return None
    scope = mentions.around(node)
    bound = [n for n in direct(scope) if isinstance(n, ast.Assign) and _binds(n, node.id)]
    alone = [use.node for use in references(scope, node.id)] == [node] and not is_rebound(scope, node.id)
    value = bound[0].value if len(bound) == 1 and alone else None
    return value if isinstance(value, ast.Call) and value.func in mentions.found else None


def _binds(node: ast.Assign, name: str) -> bool:
    return len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name


def handed_over(mentions: Mentions, text: Text, given: Given) -> Iterator[Edit]:
    """Yields the edits of the constructions: the class, or a partial of it where it is given fields. Raises Refused."""
    name = given.constructor.name
    for call in given.calls:
        try:
            fields = list(own_fields(Site(call, given.constructor, "", given.function)))
        except NotRead as reason:
            raise Refused(name, reason.node, reason.message) from reason
        if call.args or any(n in mentions.found for keyword in call.keywords for n in walk(keyword)):
            raise Refused(name, call, "it is not made of fields that are given by their names")
        cls = text.of(call.func)
        inside = ", ".join([cls, *(text.of(keyword) for keyword in fields)])
        yield Replace(mentions.source.span(call), f"{partial_of(mentions)}({inside})" if fields else cls)


def partial_of(mentions: Mentions) -> str:
    """How the file spells `functools.partial`, which is imported where it is not yet."""
    aliases = mentions.names.aliases.items()
    spelled = {dotted: name for name, dotted in aliases}
    if "functools" in spelled and "functools.partial" not in spelled:
        return f"{spelled['functools']}.partial"
    return spelled.get("functools.partial", "partial")
