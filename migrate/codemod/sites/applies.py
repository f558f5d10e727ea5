"""Uses of `model.apply` where variables are values: each is a merge, or the function `apply` that does one."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ..edits import Edit, Replace
from .calls import NotRead, collection_names
from .construct import method_name
from .functional import Parts
from .initialised import Initialised
from .mentions import Mentions
from .references import references
from .scopes import Scope
from .sizes import is_chain
from .text import Text
from .unpacked import in_string
from .values import PARAMS

_OPTIONS = frozenset({"method", "capture_intermediates"})


@dataclass(frozen=True)
class Use:
    """`node` spells `model.apply`; `call` is there if it is called on the spot."""

    node: ast.Attribute
    call: ast.Call | None

    @property
    def is_literal(self) -> bool:
        """Whether it is handed a dict that is written there."""
        return self.call is not None and bool(self.call.args) and isinstance(self.call.args[0], ast.Dict)


def uses_of(
    mentions: Mentions, scope: Scope, model: Initialised, inits: Collection[ast.AST] = ()
) -> Iterator[Use]:
    """Yields what `scope` does with a model besides its init, or `inits`. Raises Refused."""
    for use in references(scope, model.site.name):
        if use.node in (inits or {model.init.receiver}):
            continue
        node = mentions.parents[use.node]
        if not (isinstance(node, ast.Attribute) and node.attr == "apply"):
            text = ast.unparse(node if isinstance(node, ast.Attribute) else use.node)
            raise model.refused(use.node, f"`{text}` is neither the init of the model nor its apply")
        if in_string(mentions, node):
            raise model.refused(use.node, f"`{ast.unparse(node)}` stands inside of an f-string")
        if not use.deferred and use.node.lineno < model.from_line:
            raise model.refused(use.node, "it is applied before it is initialised")
        call = mentions.parents[node]
        yield Use(node, call if isinstance(call, ast.Call) and call.func is node else None)


@dataclass(frozen=True)
class Rewriter:
    """Rewrites the uses of one model, which is split into `parts`."""

    mentions: Mentions
    text: Text
    model: Initialised
    parts: Parts

    def edit(self, use: Use, inner: Sequence[Edit], understood: set[ast.AST]) -> Replace:
        """Returns what replaces `use`; `inner` are the edits so far, some of them inside of it. Raises Refused."""
        span = self.mentions.source.span
        if self.parts.apply:
            if use.call is not None:
                self._check(use.call)
            return Replace(span(use.node), self.parts.apply)
        assert use.call is not None
        options = self._options(use.call)
        method = self._method(use.call, options.get("method"))
        understood |= set(ast.walk(options["method"])) if "method" in options else set()
        own = (keyword for keyword in use.call.keywords if keyword.arg not in options)
        given = ", ".join(self.text.of(argument, inner) for argument in (*use.call.args[1:], *own))
        merged = self._merged(use.call.args[0], inner)
        return Replace(span(use.call), f"{merged if method == '__call__' else f'{merged}.{method}'}({given})")

    def _check(self, call: ast.Call) -> None:
        """Refuses a call that the function `apply` would not take as Linen's did."""
        match call.args[:1]:
            case [ast.Dict(keys=keys)] if all(isinstance(key, ast.Constant) for key in keys):
                named = {key.value for key in keys if isinstance(key, ast.Constant)}
                for missing in sorted({*self.model.collections} - named):
                    raise self.model.refused(call, f"apply is called without `{missing}`")
        for keyword in call.keywords:
            if keyword.arg in _OPTIONS or (keyword.arg == "rngs" and not self.parts.draws):
                raise self.model.refused(keyword.value, f"`{keyword.arg}=` is not followed here")
            if keyword.arg == "mutable" and not self._takes(keyword.value):
                raise self.model.refused(
                    keyword.value, f"`mutable={self.text.of(keyword.value)}` is not followed"
                )

    def _takes(self, mutable: ast.expr) -> bool:
        """Tells whether `mutable=` is off, names all that changes, or is decided while the code runs."""
        match mutable:
            case ast.Constant(value=False):
                return True
            case ast.Constant() | ast.List() | ast.Tuple():
                return collection_names(mutable) == frozenset(self.model.collections) - {PARAMS}
        return True

    def _options(self, call: ast.Call) -> dict[str, ast.expr]:
        """Returns the keywords that are meant for Linen's apply, which say nothing here but the method."""
        if not call.args or isinstance(call.args[0], ast.Starred):
            raise self.model.refused(call, "the variables of apply are not an argument by themselves")
        if any(keyword.arg is None for keyword in call.keywords):
            raise self.model.refused(call, "`**` in the call may hold mutable, method or rngs")
        options = {str(k.arg): k.value for k in call.keywords if k.arg in (*_OPTIONS, "mutable", "rngs")}
        for name, value in options.items():
            if name != "method" and not _says_nothing(name, value):
                raise self.model.refused(value, f"`{name}=` has no counterpart in a call of an NNX module")
        return options

    def _method(self, call: ast.Call, given: ast.expr | None) -> str:
        constructor = self.model.site.constructor
        receiver = ast.Name(self.model.site.name, ast.Load())
        try:
            method = method_name(given, receiver, (constructor.name, self.mentions.names))
        except NotRead as reason:
            raise self.model.refused(reason.node, reason.message) from reason
        if method not in constructor.methods:
            raise self.model.refused(call, f"the class has no public method `{method}`")
        return method

    def _merged(self, variables: ast.expr, inner: Sequence[Edit]) -> str:
        match variables:
            case ast.Dict(keys=[ast.Constant(value="params")], values=[params]):
                return self.parts.merge([self.text.of(params, inner)])
            case ast.Name() | ast.Attribute():
                spelled = self.text.of(variables, inner)
                return self.parts.merge([spelled if self.parts.bare else f'{spelled}["params"]'])
        shown = self.text.of(variables)
        raise self.model.refused(variables, f"what `{shown}` consists of is not followed")


def _says_nothing(name: str, value: ast.expr) -> bool:
    """Keys for a module that draws nothing say nothing, and neither do options that are off."""
    if name == "rngs" and isinstance(value, ast.Dict):
        return all(is_chain(key) for key in value.values)
    return isinstance(value, ast.Constant) and value.value in (None, False)
