"""What stands in a constructor for expressions of the method that it takes over: sizes, fields, variables, answers."""

import ast
from collections.abc import Collection

from ..filled_fields import filled_fields
from ..model import Creation, Method, MethodKind
from ..plan.needs import spell
from ..plan.records import FALSE, TRUE, ClassPlan, Form, Variable
from ..plan.streams import asked_stream
from ..plan.variable_reads import stands_for_array
from ..reads import variable_reads
from ..source import Span
from .creation import drawn

Code = dict[Span, str]


def replacements(plan: ClassPlan, method: Method, this: str, variables: Collection[Variable]) -> Code:
    """Returns the code for each place; `this` is what the constructor calls the module."""
    return {
        **plan.references,
        **plan.sizes,
        **_terms(plan),
        **_locals(plan, method, this, variables),
        **_attributes(plan, method),
        **_fields(plan, method),
        **_computed(plan, method),
        **_answers(plan, method),
    }


def _terms(plan: ClassPlan) -> Code:
    spelled = {span: spell(plan, term) for span, term in plan.size_terms.items()}
    return {
        span: f"({code})" if span in plan.grouped and not code.isidentifier() else code
        for span, code in spelled.items()
    }


def _locals(plan: ClassPlan, method: Method, this: str, variables: Collection[Variable]) -> Code:
    """Locals that the method binds to a variable are attributes in the constructor."""
    by_creation = {v.creation: v for v in variables}
    found = variable_reads(method, by_creation).items()
    meant = {read: by_creation[creation] for read, creation in found if isinstance(creation, Creation)}
    return {plan.cls.source.span(n): f"{this}.{v.attribute}{v.read}" for n, v in meant.items()}


def _attributes(plan: ClassPlan, method: Method) -> Code:
    """Attributes that setup has given a variable to are called like it; the value of a Variable is read as such."""
    targets = ((v.creation.target, v) for v in plan.every_variable if v.form is Form.BIND)
    bound = ((t.attr, v) for t, v in targets if isinstance(t, ast.Attribute))
    names = {name: v for name, v in bound if name != v.attribute or not v.creation.is_param}
    nodes = ast.walk(method.node) if method.kind is MethodKind.SETUP and names else ()
    reads = (n for n in nodes if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load))
    found: dict[ast.AST, str] = {}
    for node in (n for n in reads if method.is_this(n) and n.attr in names):
        found |= _read(names[node.attr], method, node)
    return {plan.cls.source.span(node): code for node, code in found.items()}


def _read(variable: Variable, method: Method, node: ast.Attribute) -> dict[ast.AST, str]:
    """The code for the read of an attribute, or for what takes the value of the variable that it holds."""
    held, creation = f"self.{variable.attribute}", variable.creation
    if not creation.is_param and creation.node is creation.call:
        return {method.parents[node]: f"{held}{variable.read}"}
    bare = variable.conditional or stands_for_array(method, node)
    return {node: held if bare else f"{held}{variable.read}"}


def _fields(plan: ClassPlan, method: Method) -> Code:
    """A field is the constructor's own argument, unless a local hides it or `__post_init__` replaced it."""
    names = {f.name for f in plan.fields}
    stored = {field: attribute for attribute, field in plan.stores}
    found = {}
    filled = filled_fields(plan.cls)
    for node in ast.walk(method.node):
        if isinstance(node, ast.Attribute) and method.is_this(node) and node.attr in names:
            if (one := filled.get(node.attr)) is not None and node not in (one.asked, one.given):
                continue  # the module, whoever made it
            replaced = stored.get(node.attr, node.attr) if method.kind is MethodKind.POST_INIT else None
            attribute = plan.through_self.get(node.attr) or replaced
            found[plan.cls.source.span(node)] = f"self.{attribute}" if attribute else node.attr
    return found


def _computed(plan: ClassPlan, method: Method) -> Code:
    """What setup computes of fields has a method of its own, which needs no more than the fields."""
    once = plan.computed_once if any(taken is method for taken, _ in plan.takeover) else ()
    names = {d.attribute: f"self.{d.method}()" for d in plan.derived if d.early}
    names |= {name: name for name in once}
    return {
        plan.cls.source.span(node): names[node.attr]
        for node in ast.walk(method.node)
        if isinstance(node, ast.Attribute)
        and method.is_this(node)
        and isinstance(node.ctx, ast.Load)
        and node.attr in names
    }


def _answers(plan: ClassPlan, method: Method) -> Code:
    """A constructor is what Linen calls initializing; keys come from its own streams; of a fold one side stays."""
    answers = {"is_initializing": TRUE, "has_variable": FALSE}
    found = {}
    for call in (n for n in ast.walk(method.node) if isinstance(n, ast.Call)):
        if isinstance(call.func, ast.Attribute) and method.is_this(call.func):
            span = plan.cls.source.span(call)
            if call.func.attr in answers:
                found[span] = answers[call.func.attr]
            elif call.func.attr == "make_rng" and not isinstance(asked_stream(call), ast.Attribute):
                found[span] = drawn(call)  # no declaration draws from a stream that a field names
    kept = {plan.cls.source.span(f.condition.test): TRUE if f.kept else FALSE for f in method.folds}
    return found | kept
