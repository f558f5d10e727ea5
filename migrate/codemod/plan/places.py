"""Where a submodule may be made, and what may be done with the name that holds it: it is called, no more."""

import ast
from collections.abc import Collection, Iterator

from ..appended import appended
from ..bindings import bound_to, loads, statements, stored, stored_outside
from ..constructions import Construction
from ..controls import is_run
from ..factories.followed import asks_whether_there
from ..filled_fields import filled_by
from ..flow.comprehended import runs_at_once
from ..flow.modules import is_turned
from ..getters import handed_out
from ..grown import Grown, grown_of
from ..kinds import is_asked, kind_of, of_another_kind
from ..listed import Listed, are_modules, list_of
from ..mapped_calls import is_mapped, mapped_around
from ..model import LinenClass, Method, MethodKind, Refused
from ..run_through import element_name, element_reads, in_dict
from ..trees import walk
from .alternatives import is_chosen, stores_of
from .last_apart import all_but_last, last_call
from .local_modules import holds_modules
from .optional_modules import optional
from .zipped import Lists, added, are_alike, are_all_reached, as_long, is_mixed, is_told, lists_of


def calls_of(cls: LinenClass, construction: Construction) -> list[ast.AST]:
    """What calls a submodule, as far as the source shows it; a list of them stands for a call that is not seen."""
    method, call = construction.method, construction.call
    above = method.parents[call]
    if isinstance(above, ast.Call) and above.func is call:
        return [above]
    if (written := list_of(method, call)) is not None:
        kind = kind_of(call.func, cls.names)
        found = _calls_of_elements(cls, written.attribute)
        return [c for m, c in found if not of_another_kind(m, c, kind, cls)]
    filled_list = next(iter(appended(method, [call])), None)
    if filled_list is not None and not filled_list.before and len(filled_list.each) == 1:
        return [c for _, c in _calls_of_elements(cls, filled_list.attribute)]
    target = bound_to(call, method.parents)
    if isinstance(target, ast.Name):
        return [method.parents[read] for read in loads(method.node.body, target.id)]
    if not isinstance(target, ast.Attribute):
        return [call]
    filled = filled_by(cls, call)
    own = (filled.asked, filled.given) if filled is not None else ()
    return [
        m.parents[n]
        for m in cls.methods.values()
        for n in walk(m.node)
        if m.is_this(n, target.attr)
        and isinstance(n, ast.Attribute)
        and isinstance(n.ctx, ast.Load)
        and n not in own
    ]


def calls_behind(cls: LinenClass, construction: Construction) -> list[ast.AST]:
    """The same, and what calls the elements of a list of submodules."""
    method = construction.method
    listed = method.parents[construction.call]
    if not isinstance(listed, ast.ListComp):
        return calls_of(cls, construction)
    target = bound_to(listed, method.parents)
    assert isinstance(target, ast.Attribute)
    return [c for _, c in _calls_of_elements(cls, target.attr)]


def _calls_of_elements(cls: LinenClass, attribute: str) -> Iterator[tuple[Method, ast.AST]]:
    for method in cls.methods.values():
        for node in walk(method.node):
            if method.is_this(node, attribute) and isinstance(getattr(node, "ctx", None), ast.Load):
                yield from ((method, call) for call in element_calls(method, node))


def element_calls(method: Method, node: ast.AST) -> list[ast.AST]:
    """Returns what calls elements of a list of submodules where a method mentions it."""
    if isinstance(node, ast.expr) and (reads := element_reads(method, node)) is not None:
        return [method.parents[n] for n in reads]
    above = method.parents[in_dict(method, node) or node]
    if isinstance(above, ast.Call):  # enumerate, zip or len
        above = method.parents[above]
    if isinstance(above, ast.Subscript):
        return [method.parents[above]]
    if not isinstance(above, ast.For):
        return []
    name = element_name(above, node) if isinstance(node, ast.expr) else None
    held = stored(above.target) if name is None else {name}
    names = (n for s in above.body for n in walk(s) if isinstance(n, ast.Name) and n.id in held)
    return [c for n in names if isinstance(c := method.parents[n], ast.Call) and c.func is n]


def check_place(
    cls: LinenClass, construction: Construction, made: frozenset[ast.AST], handed: Collection[ast.expr] = (),
    inside: Collection[ast.expr] = (),
) -> None:  # fmt: skip
    """A submodule has to be called at once, or be bound to one name that is only ever called, or handed on.

    `inside` are the mentions as an argument of a function that calls it, and does no more.
    """
    method, call = construction.method, construction.call
    above = method.parents[call]
    at_once = isinstance(above, ast.Call) and above.func is call
    if at_once or call in inside or mapped_around(method, call, cls.names):
        return None
    listcomp = isinstance(above, ast.ListComp) and above.elt is call and method.kind is MethodKind.SETUP
    held = above if listcomp else call
    more = grown_of(method, call)
    if more is not None and made.issuperset(e.call for e in more.elements):
        return _check_grown(cls, more)
    if (written := list_of(method, call)) is not None and are_modules(written.elements, made, cls.names):
        return _check_attribute(cls, construction, written.attribute, made, many=True)
    for listed in appended(method, [call]):
        if made.issuperset((*listed.before, *listed.each)):
            return _check_attribute(cls, construction, listed.attribute, made, many=True)
    target = bound_to(held, method.parents)
    if isinstance(target, ast.Name) and any(n.id == target.id for n in handed if isinstance(n, ast.Name)):
        return None
    if isinstance(target, ast.Name) and held is call:
        return _check_local(cls, construction, target.id, made, inside)
    if target is not None and method.is_this(target) and method.kind is MethodKind.SETUP:
        assert isinstance(target, ast.Attribute)
        return _check_attribute(
            cls, construction, target.attr, made, handed, many=held is not call, inside=inside
        )
    raise Refused("MN101", call, f"it builds `{construction.kind}`, and hands it on instead of calling it")


def _check_local(
    cls: LinenClass, construction: Construction, name: str, made: Collection[ast.AST],
    inside: Collection[ast.expr],
) -> None:  # fmt: skip
    method = construction.method
    spelled = [n for n in walk(method.node) if isinstance(n, ast.Name) and n.id == name]
    bound = [n for n in spelled if not isinstance(n.ctx, ast.Load)]
    several = holds_modules(cls, method, name, made)
    if (len(bound) != 1 and not several) or name in method.parameters:
        raise Refused("MN101", construction.call, f"`{name}`, which holds a module, is bound more than once")
    if method.kind is MethodKind.SETUP:
        raise Refused("MN101", construction.call, f"setup keeps a module in the local `{name}`")
    reads = set(loads(method.node.body, name))
    every = set(spelled) - set(bound)
    for read in every:
        asked = several and asks_whether_there(method.parents[read], read)
        mapped = not several and is_mapped(method, read, cls.names)
        run = not several and _is_run(cls, method, read)
        if read not in reads or not (asked or mapped or run or read in inside or _is_called(method, read)):
            raise Refused("MN101", read, f"the module `{name}` is handed on instead of being called")
    loops = [a for a in method.above(construction.call) if isinstance(a, ast.For)]
    for read in reads:
        if any(loop not in method.above(read) for loop in loops):
            raise Refused("MN101", read, f"the module `{name}` outlives its round of the loop")


def not_followed(construction: Construction) -> Refused:
    """What is said of a submodule of which no call is known."""
    method, call = construction.method, construction.call
    loop = next((a for a in method.above(call) if isinstance(a, ast.While)), None)
    if loop is not None:
        return Refused("MN201", call, f"stands inside a while (line {loop.lineno}) that no counter ends")
    return Refused("MN101", call, f"where `{construction.kind}` is called is not followed")


def _is_called(method: Method, node: ast.expr) -> bool:
    inside = any(isinstance(a, ast.JoinedStr | ast.Lambda | ast.FunctionDef) for a in method.above(node))
    return _calls(method, node) and not inside


def _calls(method: Method, node: ast.expr) -> bool:
    """Tells whether the module, or a method of it, is called there, whoever runs that."""
    above = method.parents[node]
    if isinstance(above, ast.Attribute) and above.value is node:
        node, above = above, method.parents[above]
    return isinstance(above, ast.Call) and above.func is node


def _is_run(cls: LinenClass, method: Method, node: ast.expr) -> bool:
    """`nn.cond(p, lambda self, x: self.head(x), ...)`: what calls the module there is a part of the method."""
    return _calls(method, node) and is_run(method, node, cls.names)


def _is_called_in_turn(method: Method, node: ast.expr) -> bool:
    """`(layer(x) for layer in (self.wq, self.wk))`: a round calls each, and does nothing else with it."""
    listed = method.parents[node]
    generator = method.parents.get(listed)
    if not isinstance(listed, ast.Tuple | ast.List) or not isinstance(generator, ast.comprehension):
        return False
    whole, target = method.parents[generator], generator.target
    at_once = isinstance(whole, ast.ListComp) or runs_at_once(method, whole)
    if generator.iter is not listed or not isinstance(target, ast.Name) or not at_once:
        return False
    reads = [n for n in walk(whole) if isinstance(n, ast.Name) and n.id == target.id and n is not target]
    return bool(reads) and all(_is_called(method, n) for n in reads)


def _check_attribute(
    cls: LinenClass, construction: Construction, name: str, made: Collection[ast.AST],
    handed: Collection[ast.expr] = (), *, many: bool, inside: Collection[ast.expr] = (),
) -> None:  # fmt: skip
    """Every use of `self.name` in the class has to be a call; one of a list, an element that is called."""
    once = is_chosen(cls, construction, name, made)
    choice = isinstance(construction.method.parents[construction.call], ast.IfExp)
    lists = lists_of(construction.method)
    filled = filled_by(cls, construction.call)
    alone = len(stores_of(cls, name)) == 1 and (not choice or filled is not None)
    if not (once and alone):  # None in its place can be given to a field as well, but not be looked into
        handed = [n for n in handed if optional(construction) and _is_argument(construction.method, n)]
    for method in cls.methods.values():
        for node in walk(method.node):
            if not method.is_this(node, name) or not isinstance(node, ast.Attribute):
                continue
            if isinstance(node.ctx, ast.Store):
                if not once and (method is not construction.method or not optional(construction)):
                    raise Refused("MN101", node, f"`self.{name}`, which holds a module, is assigned again")
            elif (
                (filled is not None and node in (filled.asked, filled.given))
                or node in handed
                or (not many and node in inside)
                or (optional(construction) and asks_whether_there(method.parents[node], node))
                or (not many and _is_got(cls, method, node))
                or (once and alone and not many and is_mapped(method, node, cls.names))
                or (not many and _is_run(cls, method, node))
            ):
                continue
            elif not (
                is_element(cls, method, node, lists)
                if many
                else _is_called(method, node) or _is_called_in_turn(method, node)
            ):
                raise Refused("MN101", node, f"the module `self.{name}` is handed on instead of being called")


def _is_argument(method: Method, node: ast.expr) -> bool:
    return isinstance(method.parents.get(node), ast.keyword | ast.Call)


def _is_got(cls: LinenClass, method: Method, node: ast.AST) -> bool:
    """Tells whether a property gives the module, and whoever asks for it in the class calls it."""
    uses = handed_out(cls, method, node)
    return uses is not None and all(_is_called(m, use) for m, use in uses)


def _check_grown(cls: LinenClass, found: Grown) -> None:
    """Elements of a list that setup goes on with are called one by one, where it is told which of them stands there."""
    for method in cls.methods.values():
        for node in walk(method.node):
            if not isinstance(node, ast.Attribute) or not method.is_this(node, found.attribute):
                continue
            above = method.parents[node]
            if isinstance(node.ctx, ast.Store) and method is found.method:
                continue
            if (
                not isinstance(above, ast.Subscript)
                or node is not above.value
                or not _is_called(method, above)
            ):
                reason = f"the list `self.{found.attribute}` is used for more than to call an element"
                raise Refused("MN101", node, reason)
            if found.at(method, above) is None:
                raise Refused(
                    "MN101", above, f"which module `{ast.unparse(above)}` is depends on configuration"
                )


def is_element(cls: LinenClass, method: Method, node: ast.expr, lists: Lists) -> bool:
    """`self.layers[i](x)`, `for layer in self.layers`, `len(self.layers)`, where `layer` is only called."""
    above = method.parents[node]
    found = lists.get(node.attr) if isinstance(node, ast.Attribute) else None
    if isinstance(found, Listed) and found.keys:
        return _is_entry(cls, method, node, found)
    match above:
        case ast.Subscript(slice=ast.Slice()) if above.value is node and added(above, lists) is not None:
            return is_element(cls, method, above, lists)
        case ast.Subscript() if above.value is node and all_but_last(above) is node:
            return _is_run_through(cls, method, above, lists) and isinstance(node, ast.Attribute)
        case ast.Subscript(slice=index) if above.value is node and not isinstance(index, ast.Slice):
            return _is_called(method, above) and is_told(node, index, lists)
        case ast.For(target=ast.Name(id=name)) if above.iter is node:
            return _only_called(cls, method, above, name)
        case ast.Call(func=ast.Name(id="len")):
            return True
        case ast.Call(func=ast.Name(id="reversed"), args=[_], keywords=[]) if are_alike(node, lists):
            return is_element(cls, method, above, lists)
        case ast.Subscript(slice=index) if (
            above.value is node and is_turned(index) and are_alike(node, lists)
        ):
            return is_element(cls, method, above, lists)
        case _ if (reads := element_reads(method, node)) is not None:
            return are_all_reached(method, node, lists) and all(_is_called(method, n) for n in reads)
        case ast.Call(func=ast.Name(id="enumerate" | "zip" as function)) if not is_mixed(node, lists):
            loop = method.parents[above]
            if not isinstance(loop, ast.For) or not isinstance(loop.target, ast.Tuple):
                return False
            place = 1 if function == "enumerate" else above.args.index(node)
            target = loop.target.elts[place] if place < len(loop.target.elts) else None
            whole = function == "enumerate" or place == 0 or as_long(above.args, lists)
            return isinstance(target, ast.Name) and whole and _only_called(cls, method, loop, target.id)
    return False


def _is_entry(cls: LinenClass, method: Method, node: ast.expr, found: Listed) -> bool:
    """The same of a dict: `self.heads["a"](x)`, `for name, head in self.heads.items()`, `"a" in self.heads`."""
    above, through = method.parents[node], in_dict(method, node)
    match above:
        case ast.Subscript(value=whole, slice=ast.Constant(value=key)) if whole is node:
            return _is_called(method, above) and key in found.keys
        case ast.Call(func=ast.Name(id="len")):
            return True
        case ast.Compare(left=ast.Constant(), ops=[ast.In() | ast.NotIn()]):
            return True
    if through is not None and not found.in_order:
        reason = (
            f"`{ast.unparse(through)}` goes by the order of the keys in NNX: write the dict in that order"
        )
        raise Refused("MN101", through, reason)
    if through is not None and isinstance(loop := method.parents[through], ast.For):
        name = element_name(loop, node)
        return name is not None and _only_called(cls, method, loop, name)
    reads = element_reads(method, node) if through is not None else None
    return reads is not None and all(_is_called(method, n) for n in reads)


def _is_run_through(cls: LinenClass, method: Method, node: ast.Subscript, lists: Lists) -> bool:
    """`self.layers[:-1]` in the head of a loop, behind which the last one is called."""
    loop = next((a for a in method.above(node) if isinstance(a, ast.For)), None)
    assert isinstance(node.value, ast.Attribute)
    alone = loop is not None and last_call(method, loop, node.value.attr) is not None
    return alone and are_alike(node.value, lists) and is_element(cls, method, node, lists)


def _only_called(cls: LinenClass, method: Method, loop: ast.For, name: str) -> bool:
    again = sum(
        name in stored_outside(s) for s in statements(method.node.body) if not isinstance(s, ast.If | ast.For)
    )
    loops = sum(
        isinstance(s, ast.For) and name in stored(s.target) and s is not loop and _is_within(method, s, loop)
        for s in statements(method.node.body)
    )
    uses = [n for n in walk(loop) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]
    return not again and not loops and all(_is_called(method, n) or is_asked(method, n, cls) for n in uses)


def _is_within(method: Method, one: ast.For, two: ast.For) -> bool:
    """Tells whether one of two loops stands in the other."""
    return one in method.above(two) or two in method.above(one)
