"""What a migrated class asks of people who know the Linen one: sizes, a start, a cache, a layer of ours."""

import ast
from collections.abc import Iterator

from ..catalog.findings import Diagnostic, Severity
from ..catalog.layer import FLAX
from .filled_fields import filled_fields
from .flow.terms import Kind
from .given_layers import given_layers
from .mixins import notes_on_mixins
from .plan.failing import failing
from .plan.layer_rules import decodes
from .plan.needs import spell
from .plan.records import ClassPlan, Form, Submodule
from .plan.sown import COLLECTION as SOWN
from .plan.training import COLLECTION, question_of
from .plan.uses import asked_by
from .requests import asked_for, done_without

_SHOWN = 4  # numbers that were seen


def notes(plan: ClassPlan) -> Iterator[Diagnostic]:
    """Yields the notes on one class."""
    yield from notes_on_mixins(plan.cls)
    if plan.unguarded is not None:
        message = "starts from the declared value: Linen's init writes this one too"
        yield _note(plan, "MN211", plan.unguarded, message)
    made = next((v for v in plan.variables if v.asked), None)
    if made is not None:
        message = (
            f"has `{made.attribute}` from the first call that asks for it: make that call, as Linen's init did, "
            "outside of nnx.jit(graph=False)"
        )
        yield _note(plan, "MN206", made.creation.call, message)
    trained = next((s for s in plan.submodules if question_of(s.construction) is not None), None)
    if trained is not None:
        message = (
            "trains from the start, as under `mutable=`: call `eval()` where apply had no "
            f'`mutable=["{COLLECTION}"]`, and `train()` to go on'
        )
        yield _note(plan, "MN206", trained.construction.call, message)
    sown = next((s for body in plan.bodies.values() for s in body.sown), None)
    if sown is not None:
        message = (
            "sows within nnx.capture alone: `y, sown = nnx.capture(model, nnx.Intermediate)(x)` is what an apply with "
            f'`mutable=["{SOWN}"]` was'
        )
        yield _note(plan, "MN207", sown, message)
    decoding = next((s for s in plan.submodules if decodes(s.construction)), None)
    if decoding is not None:
        message = (
            f"`{_spelled(decoding)}` keeps keys and values where `decode` holds: what Linen's init of a whole "
            "sequence did, `init_cache(shape, dtype)` does there"
        )
        yield _note(plan, "MN206", decoding.construction.call, message)
    for call, message in failing(plan):
        yield _note(plan, "MN101", call, message)
    for field, given in given_layers(plan.cls).items():
        message = f"takes what `{field}` is given to have as many features as what is built in its place"
        yield _note(plan, "MN108", given.built, message)
    for field, filled in filled_fields(plan.cls).items():
        message = (
            f"takes what `{field}` is given to give as many features as the module that is built in its place"
        )
        yield _note(plan, "MN108", filled.call, message)
    for (method, array), count in plan.flow.exact.items():
        if method in plan.scanned:
            message = (
                f"takes `{array}` to have {count} axes in each round, of which the last is `[{count - 1}]`"
            )
            yield _note(plan, "MN108", plan.scanned[method].lift.call, message)
    for place, kind in plan.taken_alike:
        message = (
            f"takes what the `{kind}` of its base is given to be as wide as there: the source does not tell"
        )
        yield _note(plan, "MN108", place, message)
    for unheld in plan.left_out:
        message = (
            f"`{unheld.name}` is None wherever it is constructed here: an array would be a leaf of nnx.state"
        )
        yield _note(plan, "MN105", unheld.statement, message)
    for call, uncalled in plan.uncalled:
        never = f"`{uncalled.name}` is None wherever it is constructed here"
        yield _note(plan, "MN101", call, f"{never}: a module that it makes would be new at every call")
    said = set[str]()
    for submodule in plan.submodules:
        call, layer = submodule.construction.call, submodule.construction.layer
        told = {t.value for (by, _), found in plan.told.items() if by is call for t in found.size.walk()}
        asked = (t for size in submodule.sizes for t in size.walk() if t.kind is Kind.ASKED)
        for term in (t for t in asked if t.value not in told):
            kind = submodule.construction.kind
            message = (
                f"asks for `{term.value}`: what `{kind}` is given has to be supplied by whoever constructs it"
            )
            yield _note(plan, "MN108", call, message)
        asking = asked_by(plan.cls, submodule.construction, plan.flow.found[call].uses)
        asking += _asked_where_made(plan, submodule) if layer is None or layer.variables else []
        if asking and submodule.guard is None:
            start = f"has `{_spelled(submodule)}` from the start"
            message = f"{start}, whose variables Linen makes in the first call {' and '.join(asking)}"
            yield _note(plan, "MN201", call, message)
        if submodule.construction in plan.shared and submodule.form is not Form.ITEM:
            path = "/".join(submodule.path)
            message = (
                f"shares `{submodule.attribute}` with submodules: nnx.state has it once, at {path}, and "
            )
            yield _note(plan, "MN105", call, message + "transforms of NNX take it in graph mode alone")
        for alike in plan.flow.found[call].alike:
            terms = (t for size in alike for t in (size.walk() if size is not None else ()))
            names = " and ".join(
                f"`{name}`" for name in sorted({t.value.array for t in terms if t.kind is Kind.DIM})
            )
            message = (
                f"takes {names} to have one number of features: a `{submodule.construction.kind}` reads both"
            )
            yield _note(plan, "MN108", call, message)
        if layer is not None and layer.home != FLAX and layer.nnx not in said:
            said.add(layer.nnx)
            message = f"takes `{layer.nnx}` from {layer.home}: that of flax.nnx computes something else"
            yield _note(plan, "MN109", call, message)
    for (call, name), found in plan.told.items():
        numbers = ", ".join(map(str, found.seen[:_SHOWN])) + (", ..." if len(found.seen) > _SHOWN else "")
        message = (
            f"traced models have told the size `{name}`: `{spell(plan, found.size)}`, which was {numbers}"
        )
        yield _note(plan, "MN113", call, message)


def _note(plan: ClassPlan, code: str, node: ast.AST, message: str) -> Diagnostic:
    span = plan.cls.source.span(node)
    place = (plan.cls.source.path, span.line, span.column + 1)
    text = f"{plan.cls.short} is migrated, and {message}"
    return Diagnostic(*place, code, text, plan.cls.short, Severity.NOTE)


def _asked_where_made(plan: ClassPlan, submodule: Submodule) -> list[str]:
    """The arguments with which Linen's compact method makes it, or without, and which NNX does not wait for."""
    method = submodule.construction.method
    above = method.above(submodule.construction.call)
    asked = [a for a in above if isinstance(a, ast.If | ast.IfExp) and a in plan.from_start]
    named = [(asked_for(method, condition), done_without(method, condition)) for condition in asked]
    return [f"with `{name}`" if name else f"without `{without}`" for name, without in named]


def _spelled(submodule: Submodule) -> str:
    """The attribute, or the place in the list that it keeps."""
    place = submodule.path[-1] if submodule.form in (Form.ELEMENT, Form.ADDED) else ""
    return f"{submodule.attribute}[{place}]" if place.isdecimal() else submodule.attribute
