"""`nn.Dense(8, dtype=d)` as what the constructor makes: `nnx.Linear(in_features, 8, dtype=d, rngs=rngs)`."""

import ast
from collections.abc import Mapping

import libcst as cst

from ...catalog.layer import Layer
from ...catalog.norms import CASTING_NORMS
from ..cells import CELLS
from ..constructions import Construction
from ..flow.terms import Kind, Term
from ..plan.input_dtypes import follows_input
from ..plan.layer_rules import ATTENTION, dropped_arguments
from ..plan.needs import spell
from ..plan.records import ClassPlan, Submodule
from ..plan.sequences import CHILDREN
from .sequences import layers
from .units import code_of

IDENTITY = "promote_dtype=lambda args, **_: args"
"""flax.nnx casts the input of a norm to `dtype` before the statistics, Linen does not."""
FOLLOWING = "promote_dtype=lambda args, **_: nnx.nn.dtypes.promote_dtype(args, dtype=args[0].dtype)"
"""The dtype of the input, which a constructor does not know."""
_AROUND: Mapping[str, tuple[str, ...]] = {**dict.fromkeys(CELLS, ("features",)), **CHILDREN}
"""The arguments of cells, and of layers around others, that NNX takes by position too."""

_ALWAYS: Mapping[str, tuple[str, ...]] = {
    "Dense": ("features",),
    "DenseGeneral": ("features",),
    "Conv": ("features", "kernel_size"),
    "ConvTranspose": ("features", "kernel_size"),
    **dict.fromkeys(CELLS, ("features",)),
}
"""Those that are written by position even where Linen's call named them: their name is another one in NNX."""


def arguments(submodule: Submodule, updated: cst.Call, plan: ClassPlan) -> tuple[str, list[str]]:
    """Returns what is called in the constructor, and with which arguments, as code."""
    if submodule.construction.kind == "Sequential" and submodule.construction.layer is not None:
        return "nnx.Sequential", layers(updated)
    codes = [(a.keyword.value if a.keyword else a.star or None, code_of(a.value)) for a in updated.args]
    return built(submodule, _function(submodule.construction, updated, plan), codes, plan)


def _function(made: Construction, updated: cst.Call, plan: ClassPlan) -> str:
    """What is called: of a class behind transforms, that class, or the field that holds it."""
    if made.lifted is None:
        return code_of(updated.func)
    field = made.factory.field
    return spell(plan, Term(Kind.FIELD, field)) if field else plan.cls.source.segment(made.lifted.nodes[0])


def built(
    submodule: Submodule, function: str, codes: list[tuple[str | None, str]], plan: ClassPlan
) -> tuple[str, list[str]]:
    """The same, from the code of each argument with the keyword that it has in Linen's call, or `**`."""
    spread = [f"**{code}" for name, code in codes if name == "**"]
    codes = [(name, code) for name, code in codes if name != "**"]
    factory = submodule.construction.factory
    own_codes = {name or factory.order[i]: code for i, (name, code) in enumerate(codes)}
    own_codes = {factory.takes.get(name, name): code for name, code in own_codes.items()}
    pairs = zip(submodule.sizes, plan.spelled.get(submodule, submodule.sizes), strict=True)
    sizes = [_said(submodule, size, own_codes, plan) or spell(plan, spelled) for size, spelled in pairs]
    if factory.function:
        own = [code if name is None else f"{name}={code}" for name, code in codes]
        return function, [*sizes, *own, "rngs=rngs"]
    return laid(submodule, function, codes, sizes, spread)


def laid(
    submodule: Submodule,
    function: str,
    codes: list[tuple[str | None, str]],
    sizes: list[str],
    spread: list[str],
) -> tuple[str, list[str]]:
    """The same with the `sizes` as code, and what is unpacked behind `**` apart."""
    factory = submodule.construction.factory
    layer = factory.layer
    if layer is None:
        named = (
            factory.order if factory.placed else ()
        )  # sizes come before what a partial has bound by position
        gone = {"name", "parent", *submodule.construction.merged}
        pairs = zip(_by_name(codes, named), _by_name(codes, factory.order), strict=True)
        own = [
            code if name is None else f"{name}={code}"
            for (name, code), (field, _) in pairs
            if field not in gone
        ]
        return function, [*sizes, *own, *spread, "rngs=rngs"]
    function = layer.spelled if factory.direct else function
    given = {name or factory.order[i]: (code, name is None) for i, (name, code) in enumerate(codes)}
    gone = {
        "name",
        "parent",
        *dropped_arguments(submodule.construction),
        *(["dtype"] if follows_input(submodule.construction) else []),
        *(name for name, _ in submodule.moved),
    }
    kept = {name: value for name, value in given.items() if name not in gone}
    if "padding" in kept:
        code, positional = kept["padding"]
        kept["padding"] = (_frozen(code), positional)
    if layer.linen == "Einsum":
        kept |= {"shape": (_as_tuple(kept["shape"][0]), False)}
        following = [FOLLOWING] if follows_input(submodule.construction) else []
        own = _einsum(sizes, {name: code for name, (code, _) in kept.items()}, layer)
        return function, [*own, *following, "rngs=rngs"]
    if layer.linen in ATTENTION:
        return function, _attention(sizes, {name: code for name, (code, _) in kept.items()})
    order = layer.placed or _AROUND.get(layer.linen, ())
    always = _ALWAYS.get(layer.linen, ())
    rows: list[str] = []
    keywords = False
    for name in order:
        if name not in kept:
            keywords = True
            continue
        code, positional = kept[name]
        # what a partial has bound by name cannot be given by position
        keywords = keywords or name in factory.bound
        if not keywords and (positional or name in always):
            rows.append(code)
            del kept[name]
    rows += [f"{layer.renamed.get(name, name)}={code}" for name, (code, _) in kept.items()]
    if follows_input(submodule.construction):
        rows.append(FOLLOWING)
    if casts(layer) and kept.get("dtype", ("None",))[0] != "None":
        rows.append(IDENTITY)
    if layer.linen == "SimpleCell" and "dtype" not in submodule.construction.every:
        rows.append("dtype=None")  # NNX's default is float32, Linen's is what the inputs are
    return function, [*sizes, *rows, *spread, *(["rngs=rngs"] if layer.rngs else [])]


def casts(layer: Layer) -> bool:
    """Tells whether NNX's layer casts before the statistics, unless it is told not to."""
    return layer.linen in CASTING_NORMS


def _said(submodule: Submodule, size: Term, given: Mapping[str, str], plan: ClassPlan) -> str:
    """The argument that says a size too, where it is a choice: the names in it are shorter than what they stand for."""
    values = plan.flow.found[submodule.construction.call].values
    alike = (code for name, code in given.items() if values.get(name) == size)
    return next(alike, "") if any(term.kind is Kind.CHOICE for term in size.walk()) else ""


def _by_name(codes: list[tuple[str | None, str]], named: tuple[str, ...]) -> list[tuple[str | None, str]]:
    """Gives positional arguments their names, as far as there are any."""
    return [(name or (named[i] if i < len(named) else None), code) for i, (name, code) in enumerate(codes)]


def _frozen(code: str) -> str:
    """Pairs that are lists as tuples: Linen makes them of what it is given, NNX takes nothing else."""
    node = ast.parse(code, mode="eval").body
    if isinstance(node, ast.List | ast.Tuple) and any(isinstance(pair, ast.List) for pair in node.elts):
        pairs = [ast.Tuple(pair.elts) if isinstance(pair, ast.List) else pair for pair in node.elts]
        return ast.unparse(ast.Tuple(pairs))
    return code


def _as_tuple(code: str) -> str:
    """A shape that is a list as a tuple: lists of a module are its own."""
    node = ast.parse(code, mode="eval").body
    return ast.unparse(ast.Tuple(node.elts)) if isinstance(node, ast.List) else code


def _einsum(sizes: list[str], kept: Mapping[str, str], layer: Layer) -> list[str]:
    """NNX's einsum is made with its equation, in front of the shape, and with the shape of its bias behind that."""
    own = kept.get("einsum_str", "None")
    equation, *bias = sizes if own == "None" else [own, *sizes]
    rest = {name: code for name, code in kept.items() if name not in ("shape", "einsum_str", "use_bias")}
    named = [f"{layer.renamed.get(name, name)}={code}" for name, code in rest.items()]
    return [equation, kept["shape"], *(f"bias_shape={b}" if " else None" in b else b for b in bias), *named]


def _attention(sizes: list[str], kept: Mapping[str, str]) -> list[str]:
    """NNX's attention has other arguments between those of Linen's, so all of them are named."""
    rows = [f"num_heads={kept['num_heads']}"] if "num_heads" in kept else []
    rows += [f"in_features={sizes[0]}"]
    rows += [f"in_kv_features={size}" for size in sizes[1:]]
    rows += [f"{name}={code}" for name, code in kept.items() if name not in ("num_heads", "decode")]
    return [*rows, f"decode={kept.get('decode', 'False')}", "rngs=rngs"]
