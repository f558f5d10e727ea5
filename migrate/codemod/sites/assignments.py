"""Reads assignments: constructions, inits, applies that return updates, and names for variables."""

import ast
from dataclasses import replace
from functools import partial

from ..edits import Edit, Insert, Remove
from .calls import Apply, Init, NotRead, collection_names, literal_key, read_init
from .construct import confirmed, construction, movable
from .expressions import Reader
from .init_keys import Key, TextOf, nnx_name
from .mentions import Mentions
from .records import Refused
from .scopes import Scope, is_spelled
from .text import Text
from .values import PARAMS, SOWN, Foreign, Mixed, Model, Site, Tree, Value, outdate


class Assignments(Reader):
    """Adds what binds names; `previous` is the statement before each in its block."""

    def __init__(self, mentions: Mentions, text: Text, scope: Scope) -> None:
        super().__init__(mentions, text)
        self.scope = scope
        self.sites: dict[ast.Call, Site] = {}
        self.within: dict[Site, list[Edit]] = {}
        self.made: set[Site] = set()
        self.bound: dict[str, Site] = {}
        self.previous: dict[ast.stmt, ast.stmt] = {}

    def assign(self, statement: ast.stmt, target: ast.expr, value: ast.expr) -> None:
        if self._constructs(statement, target, value) or self._initialises(statement, target, value):
            return
        if self._unpacks_updates(target, value) or self._pairs(statement, target, value):
            return
        result = None if self.updated_output(value) else self.value(value)
        if not isinstance(result, Tree):
            if isinstance(result, Model | Mixed):
                raise self.escape(result.site, value)
            self.forget(target)
        elif isinstance(target, ast.Name):
            self.bind(target.id, result)
            self.remove(statement)
        elif self._carries_forward(target, result):
            self.remove(statement)
        else:
            raise self.escape(result.site, value)

    def bind(self, name: str, value: Model | Tree) -> None:
        self.env[name] = value
        self.bound[name] = value.site

    def forget(self, target: ast.AST) -> None:
        """Reads a target that is bound to something else."""
        self.unbind(target)
        self.consume(target)

    def unbind(self, target: ast.AST) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                self.env[node.id] = Foreign.VALUE

    def remove(self, statement: ast.stmt) -> None:
        self.edits.append(Remove(self.mentions.source.span(statement)))

    def _constructs(self, statement: ast.stmt, target: ast.expr, value: ast.expr) -> bool:
        if not (
            isinstance(target, ast.Name) and isinstance(value, ast.Call) and value.func in self.mentions.found
        ):
            return False
        site = self._site(value, target.id, statement)
        self.env = outdate(self.env, site, site.collections | {PARAMS})
        self.bind(target.id, Model(site))
        return True

    def _site(self, call: ast.Call, name: str, owner: ast.stmt) -> Site:
        constructor = self.mentions.classes[self.mentions.found[call.func]]
        site = self.sites.setdefault(call, Site(call, constructor, name, owner))
        arguments = [*call.args, *call.keywords]
        self.within[site] = self.inside(*arguments)
        self.understood.add(call.func)
        return site

    def _initialises(self, statement: ast.stmt, target: ast.expr, value: ast.expr) -> bool:
        try:
            init = read_init(value, self.mentions.names, self.is_ours)
        except NotRead as reason:
            raise self._not_read(value, reason) from reason
        if init is None:
            return False
        site, direct = self._raw(statement, init)
        given = [init.key, *init.args, *init.keywords]
        inner = [*self.inside(*given), *self.within[site]]
        spell = partial(self.text.of, inner=inner)
        try:
            code = construction(site, init, self.mentions.names, spell, Key(init.key, self.scope))
            self.mentions.ranked.update(confirmed(site, init, self.mentions.names))
        except NotRead as reason:
            raise self.refused(site, reason.node, reason.message) from reason
        self._place(statement, target, value, init, site, code, direct, spell)
        return True

    def _not_read(self, value: ast.expr, reason: NotRead) -> Refused:
        found = [node for node in ast.walk(value) if isinstance(node, ast.expr) and self.is_ours(node)]
        return Refused(self.class_of(found[0]), reason.node, reason.message)

    def _raw(self, statement: ast.stmt, init: Init) -> tuple[Site, bool]:
        """Returns the module that an init is the first use of, and whether the init constructs it itself."""
        if isinstance(init.receiver, ast.Call):
            site = self._site(init.receiver, "model", statement)
            if is_spelled("model", self.scope):
                raise self.refused(site, init.receiver, "the module has no name: give it one before its init")
            return site, True
        value = self.value(init.receiver)
        if not isinstance(value, Model) or value.live:
            name = self.text.of(init.receiver)
            raise Refused(self.class_of(init.receiver), init.call, f"`{name}` is initialised a second time")
        return value.site, False

    def _place(
        self,
        statement: ast.stmt,
        target: ast.expr,
        value: ast.expr,
        init: Init,
        site: Site,
        code: str,
        direct: bool,
        spell: TextOf,
    ) -> None:
        """Puts the construction where the module was made or, if it needs what comes later, at its init."""
        output, name = self._targets(target, init, site)
        here = not direct and self.previous.get(statement) is site.owner
        if here and (init.with_output or not self._prefers_init(statement, site)):
            self.span_edit(site.call, code)
            if output is None:
                self.remove(statement)
        else:
            self._check_movable(statement, site, init, direct)
            if not direct:
                self.remove(site.owner)
            if output is None:
                self.span_edit(target, site.name)
                self.span_edit(value, code)
            else:
                self._put_ahead(statement, site, f"{site.name} = {code}\n")
        if output is not None:
            arguments = ", ".join(spell(given) for given in [*init.args, *init.keywords])
            self.span_edit(target, self.text.of(output, self.inside(output)))
            self.span_edit(value, f"{site.name}({arguments})")
            self.unbind(output)
        self._born(site, name, init.pick)

    def _put_ahead(self, statement: ast.stmt, site: Site, code: str) -> None:
        if not self.text.has_lines_of_its_own(statement):
            raise self.refused(site, statement, "it shares its line with another statement")
        self.edits.append(Insert(self.mentions.source.span(statement), code, "ahead"))

    def _born(self, site: Site, name: str, pick: str) -> None:
        self.made.add(site)
        collections = site.collections | {PARAMS}
        self.env = outdate(self.env, site, collections)
        self.bind(site.name, Model(site, live=True))
        tree = Tree(site, collections, collections)
        if pick and pick not in collections:
            raise self.refused(site, site.call, f"the class has no collection `{pick}`")
        self.bind(name, tree.pick(pick) if pick else tree)

    def _targets(self, target: ast.expr, init: Init, site: Site) -> tuple[ast.expr | None, str]:
        """Returns what the output is bound to, if there is one, and the name for the variables."""
        if not init.with_output and isinstance(target, ast.Name):
            return None, target.id
        if init.with_output and not init.pick and isinstance(target, ast.Tuple) and len(target.elts) == 2:
            output, variables = target.elts
            if site.collections - {PARAMS}:
                raise self.refused(
                    site, init.call, "init_with_output of a class with state may update it in NNX"
                )
            if init.method is None and isinstance(variables, ast.Name):
                return output, variables.id
        raise self.refused(site, init.call, "what init returns is not given a name of its own")

    def _prefers_init(self, statement: ast.stmt, site: Site) -> bool:
        """Keeps the one comment when only the init has one."""
        above = self.text.has_comment_above
        return above(statement) and not above(site.owner) and self._moves(site, []) and _is_plain(statement)

    def _check_movable(self, statement: ast.stmt, site: Site, init: Init, direct: bool) -> None:
        if direct and _is_plain(statement):
            return
        between = [node for node in ast.walk(self.scope) if _lies_between(node, site.owner, statement)]
        if direct or not _is_plain(statement) or not self._moves(site, between):
            message = "the construction cannot be moved to its init: put the two next to each other"
            raise self.refused(site, init.call, message)

    def _moves(self, site: Site, between: list[ast.AST]) -> bool:
        single = isinstance(site.owner, ast.Assign) and site.owner.value is site.call
        return single and not self.within[site] and movable(site.call, between)

    def _unpacks_updates(self, target: ast.expr, value: ast.expr) -> bool:
        apply = self.apply_of(value)
        if (
            apply is None
            or apply.mutable is None
            or not isinstance(target, ast.Tuple)
            or len(target.elts) != 2
        ):
            return False
        output, updates = target.elts
        if not isinstance(updates, ast.Name):
            return False
        if collection_names(apply.mutable) == frozenset({SOWN}):
            site = self._capture(apply, value)
            self.consume(output)
            self.unbind(output)
            self.env[updates.id] = self.sown[updates.id] = Mixed(site)
            return True
        site, changed = self._update(apply, value)
        self.span_edit(target, self.text.of(output, self.inside(output)))
        self.unbind(output)
        self.bind(updates.id, Tree(site, changed, changed))
        return True

    def _capture(self, apply: Apply, value: ast.expr) -> Site:
        """Reads an apply that collects what is sown: `nnx.capture(model, nnx.Intermediate)(x)` gives the same two."""
        site, nnx = self.applied(apply), nnx_name(self.mentions.names)
        function, _, given = self.called(apply, site).partition("(")
        self.span_edit(value, f"{nnx}.capture({function}, {nnx}.Intermediate)({given}")
        return site

    def updated_output(self, node: ast.expr) -> bool:
        """Reads `model.apply(..., mutable=...)[0]`, which keeps the output alone."""
        first = (
            isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == 0
        )
        return isinstance(node, ast.Subscript) and first and self.discarded(node.value, node)

    def discarded(self, node: ast.expr, whole: ast.expr) -> bool:
        """Reads an apply with `mutable=` whose updates are dropped; `whole` is what the call replaces."""
        apply = self.apply_of(node)
        if apply is None or apply.mutable is None:
            return False
        self._update(apply, whole)
        return True

    def _update(self, apply: Apply, whole: ast.expr) -> tuple[Site, frozenset[str]]:
        site = self.applied(apply)
        changed = self.changed_by(apply, site)
        self.span_edit(whole, self.called(apply, site))
        self.env = outdate(self.env, site, changed)
        return site, changed

    def _pairs(self, statement: ast.stmt, target: ast.expr, value: ast.expr) -> bool:
        """Reads `a, b = c, d`, all of which is variables or none of it."""
        if not (isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)):
            return False
        pairs = list(zip(target.elts, value.elts, strict=False))
        plain = not any(isinstance(node, ast.Starred) for node in [*target.elts, *value.elts])
        if len(target.elts) != len(value.elts) or not plain:
            return False
        rest = [pair for pair in pairs if not self._constructs(statement, *pair)]
        values = [self.value(given) for _, given in rest]
        trees = [each for each in values if isinstance(each, Tree)]
        for (name, given), each in zip(rest, values, strict=True):
            self._pair(name, given, each, all_trees=len(trees) == len(pairs))
        if trees:
            self.remove(statement)
        return True

    def _pair(self, target: ast.expr, given: ast.expr, value: Value | None, all_trees: bool) -> None:
        if isinstance(value, Tree) and isinstance(target, ast.Name) and all_trees:
            self.bind(target.id, value)
        elif isinstance(value, Model | Tree | Mixed):
            raise self.escape(value.site, given)
        else:
            self.forget(target)

    def _carries_forward(self, target: ast.expr, value: Tree) -> bool:
        """Reads `variables["batch_stats"] = updates["batch_stats"]`."""
        if not (isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and value.bare):
            return False
        whole = self.env.get(target.value.id)
        if not isinstance(whole, Tree) or whole.bare or whole.site is not value.site:
            return False
        if literal_key(target) != value.bare:
            return False
        self.check_current(target, value)
        self.bind(
            target.value.id, replace(whole, has=whole.has | value.has, current=whole.current | value.current)
        )
        return True


def _is_plain(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign)


def _lies_between(node: ast.AST, first: ast.stmt, last: ast.stmt) -> bool:
    start = (first.end_lineno or first.lineno, first.end_col_offset or 0)
    line, column = getattr(node, "lineno", None), getattr(node, "col_offset", None)
    return (
        line is not None and column is not None and start <= (line, column) < (last.lineno, last.col_offset)
    )
