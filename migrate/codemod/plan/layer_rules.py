"""What a catalog layer's arguments mean in NNX: which are refused, which become arguments of the call."""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from ...catalog.layer import FLAX, Layer
from ...catalog.norms import FEATURE_NORMS, TWINS
from ..bindings import stored
from ..cells import CELLS, split_streams
from ..constructions import Construction
from ..factories.records import Bound, Factory
from ..factories.resolve import depends
from ..flow.values import Use
from ..model import LinenClass, Method, Refused
from .training import MODE, question_of

_DEFAULT = {
    "feature_axes": "-1", "force_float32_reductions": "True", "dot_general": "None",
    "dot_general_cls": "None", "conv_general_dilated": "None", "conv_general_dilated_cls": "None", "mask": "None",
    "batch_dims": "()", "rng_collection": "'dropout'", "force_fp32_for_softmax": "False",
    "qk_attn_weights_einsum_cls": "None", "attn_weights_value_einsum_cls": "None", "attention_fn": "",
    "carry_init": "", "variable_axes": "{}", "variable_broadcast": "'params'", "variable_carry": "False",
    "split_rngs": "{'params': False}",
    "qkv_dot_general": "None", "out_dot_general": "None", "qkv_dot_general_cls": "None", "out_dot_general_cls": "None",
}  # fmt: skip
"""Arguments that have no counterpart, or another meaning, unless they say what they say by default."""

_DEFAULT_OF: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"GroupNorm": MappingProxyType({"reduction_axes": "None"})}
)
"""Those of one layer alone: NNX's GroupNorm takes other statistics over given axes, its other norms do not."""

_ALIKE = frozenset({("Dropout", "rng_collection")})
"""What one layer takes in NNX as well."""

Moved = tuple[str, ast.expr | str]
"""An argument that the call gets: its value, or the name of an argument of the method that has it."""

ATTENTION = ("MultiHeadDotProductAttention", "MultiHeadAttention", "SelfAttention")
_MODES = MappingProxyType(
    {
        "BatchNorm": ("use_running_average",),
        "Dropout": ("deterministic",),
        **dict.fromkeys(ATTENTION, ("deterministic", "decode")),
    }
)
"""What Linen takes in the constructor, some of it in the call instead, and NNX in either."""

_CALL: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "Dropout": ("inputs", "deterministic", "rng"),
        "Einsum": ("inputs", "einsum_str"),
        **dict.fromkeys(
            ATTENTION[:2], ("inputs_q", "inputs_k", "inputs_v", "inputs_kv", "mask", "deterministic")
        ),
        "SelfAttention": ("inputs_q", "mask", "deterministic"),
        **dict.fromkeys(CELLS, ("carry", "inputs")),
        **dict.fromkeys(
            ("RNN", "Bidirectional"),
            ("inputs", "initial_carry", "seq_lengths", "return_carry", "time_major", "reverse", "keep_order"),
        ),
        "BatchNorm": ("x", "use_running_average", "mask"),
        "SpectralNorm": ("update_stats",),
        "WeightNorm": (),
        **dict.fromkeys(FEATURE_NORMS, ("x", "mask")),
    }
)
_POSITIONAL = MappingProxyType(
    {
        "Dropout": 2,
        "Einsum": 2,
        "BatchNorm": 2,
        "SelfAttention": 3,
        **dict.fromkeys(CELLS, 2),
        **dict.fromkeys(ATTENTION[:2], 3),
    }
)
GONE = "-"
"""What NNX calls an argument of a call that its constructor takes instead."""

KEYWORD_ONLY = MappingProxyType(
    {
        "Dropout": {1: "deterministic"},
        "Einsum": {1: GONE},
        "SelfAttention": {1: "mask", 2: "deterministic"},
    }
)
"""Positional arguments of a Linen call that NNX takes by name, or in the constructor."""

_RENAMED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"Dropout": MappingProxyType({"rng": "rngs"}), "Einsum": MappingProxyType({"einsum_str": GONE})}
)


def call_names(layer: Layer, call: ast.Call) -> tuple[str, ...]:
    """Returns what NNX calls the arguments of a call, in their order; nothing for one that stays as it is."""
    by_place, by_name = KEYWORD_ONLY.get(layer.linen, {}), _RENAMED.get(layer.linen, {})
    places = (by_place.get(place, "") for place in range(len(call.args)))
    return (*places, *(by_name.get(k.arg or "", "") for k in call.keywords))


def dropped_arguments(construction: Construction) -> set[str]:
    """Returns the arguments that have no counterpart, and say what is said by default, or what NNX does."""
    layer = construction.layer
    if layer is None or layer.linen in TWINS:
        return set()
    if split_streams(construction.given.get("split_rngs")) is not None:
        return _as_by_default(layer, construction.every) | {"split_rngs"}
    return _as_by_default(layer, construction.every) | (
        {MODE} if question_of(construction) is not None else set()
    )


def default_arguments(factory: Factory) -> set[str]:
    """Returns those that a partial binds."""
    given = {name: bound.node for name, bound in factory.bound.items()}
    return _as_by_default(factory.layer, given) if factory.layer is not None else set()


def _as_by_default(layer: Layer, given: Mapping[str, ast.expr]) -> set[str]:
    known = defaults(layer).items()
    return {name for name, default in known if name in given and ast.unparse(given[name]) == default}


def defaults(layer: Layer) -> Mapping[str, str]:
    """Returns what each of these arguments says by default, as source; nothing for what no source can say."""
    every = {**_DEFAULT, **_DEFAULT_OF.get(layer.linen, {})}
    return {name: default for name, default in every.items() if (layer.linen, name) not in _ALIKE}


def check_layer(cls: LinenClass, construction: Construction) -> None:
    """Raises Refused for an argument that would mean something else."""
    layer = construction.layer
    assert layer is not None
    for name, node in construction.every.items() if layer.linen not in TWINS else ():
        if name in defaults(layer) and (
            name in construction.spread or name not in dropped_arguments(construction)
        ):
            reason = f"`{name}` of nn.{layer.linen} has no counterpart of the same meaning"
            raise Refused("MN109", node if name in construction.given else construction.call, reason)
    _check_promotion(construction, layer)
    if "decode" in construction.bound and ast.unparse(construction.bound["decode"].node) != "False":
        reason = f"a partial binds `decode` of nn.{layer.linen}, which every call of it gives in NNX"
        raise Refused("MN109", construction.call, reason)
    if layer.home != FLAX:
        _check_import(cls, construction, layer)


def _check_promotion(construction: Construction, layer: Layer) -> None:
    if "promote_dtype" in construction.every:
        reason = (
            f"`promote_dtype` of nn.{layer.linen} is called with several arrays, that of NNX with a tuple"
        )
        raise Refused("MN109", construction.given.get("promote_dtype", construction.call), reason)


def _check_import(cls: LinenClass, construction: Construction, layer: Layer) -> None:
    """A layer of ours is imported by its name, where it is constructed."""
    name, own = layer.spelled, f"{layer.home}.{layer.nnx}"
    if cls.names.aliases.get(name, own) != own or name in stored(cls.source.tree):
        reason = f"the file has a `{name}`, which is what the `{layer.nnx}` of {layer.home} would be called"
        raise Refused("MN208", construction.call, reason)
    if not construction.factory.direct:
        reason = f"nn.{layer.linen} becomes a layer of {layer.home}, and is not constructed by its own name"
        raise Refused("MN101", construction.call, reason)


def moved_arguments(construction: Construction, uses: Collection[Use]) -> tuple[Moved, ...]:
    """Returns the constructor arguments that depend on the call, and checks how the layer is called."""
    layer = construction.layer
    if layer is None:
        return tuple(_merged(construction, uses))
    allowed = _CALL.get(layer.linen, ("inputs",))
    modes = _MODES.get(layer.linen, ())
    for use in uses:
        _check_call(construction, use, allowed)
    moved: list[Moved] = []
    for mode in modes:
        node = construction.given.get(mode)
        told = node is not None and question_of(construction) is None
        if node is not None and told and _of_the_call(construction, mode, node):
            above = construction.method.parents[construction.call]
            if not (isinstance(above, ast.Call) and above.func is construction.call):
                _check_once(construction.method, node)
            moved.append((mode, node))
        bound = construction.bound.get(mode)
        if bound is not None and bound.at_call:
            moved.append((mode, at_call(mode, bound)))
        for use in uses:
            _check_mode(construction, use, mode, node if bound is None else bound.node)
    return tuple(moved)


def _of_the_call(construction: Construction, mode: str, node: ast.expr) -> bool:
    """Tells whether a mode may be another at each call: of what decides about a cache, by an argument alone."""
    if mode == "decode":
        return construction.decodes_by_call(mode, node)
    return depends(construction.method, node)


def _merged(construction: Construction, uses: Collection[Use]) -> Iterator[Moved]:
    """Yields the modes of a class of the project that its calls are given instead of its constructor."""
    for mode in sorted(construction.merged):
        node = construction.given[mode]
        above = construction.method.parents[construction.call]
        if not isinstance(above, ast.Call):
            _check_once(construction.method, node)
        _check_merged(construction, mode, uses)
        yield mode, node
    for mode, bound in sorted(construction.modes_bound.items()):
        _check_merged(construction, mode, uses)
        yield mode, at_call(mode, bound)


def _check_merged(construction: Construction, mode: str, uses: Collection[Use]) -> None:
    for use in uses:
        if use.method != "__call__" or mode in _keywords(use):
            reason = f"`{mode}` of `{construction.kind}` is given to the constructor, and this call"
            raise Refused("MN101", use.call, f"{reason} does not take it from there")


def at_call(mode: str, bound: Bound) -> ast.expr | str:
    """Returns what a call passes for a mode that a partial binds: its value, or what the method itself was given."""
    if bound.field:
        return mode
    assert bound.scope.method is not None
    _check_once(bound.scope.method, bound.node)
    return bound.node


def decodes(construction: Construction) -> bool:
    """Tells whether the layer may keep keys and values from one call to the next: `init_cache` makes room for them."""
    decode = construction.given.get("decode")
    return (
        construction.kind in ATTENTION and decode is not None and ast.unparse(decode) not in ("False", "None")
    )


def has_modes(construction: Construction) -> bool:
    """Tells whether the layer behaves differently in training, by an argument of the constructor or the call."""
    return construction.layer is not None and construction.kind in _MODES


def _keywords(use: Use) -> list[str | None]:
    """The keywords of a call; of one inside of a holder, with those that it hands on behind `**`."""
    return [*use.keywords] if use.inside is not None else [k.arg for k in use.call.keywords]


def _check_call(construction: Construction, use: Use, allowed: Sequence[str]) -> None:
    if use.method == "attend" and construction.kind == "Embed":
        allowed = ("query",)
    elif use.method != "__call__":
        raise Refused("MN101", use.call, f"it calls `{use.method}` of nn.{construction.kind}")
    keywords = _keywords(use)
    starred = any(isinstance(a, ast.Starred) for a in use.spelled.args)
    positional = _POSITIONAL.get(construction.kind, 1)
    hidden = use.inside is not None and any(k in _RENAMED.get(construction.kind, {}) for k in keywords)
    twice = "inputs_kv" in keywords and (len(use.spelled.args) > 1 or {"inputs_k", "inputs_v"} & {*keywords})
    if (
        starred
        or twice
        or hidden
        or len(use.spelled.args) > positional
        or any(k not in allowed for k in keywords)
    ):
        reason = f"the arguments of this call of nn.{construction.kind} are not followed"
        raise Refused("MN101", use.call, reason)


def _check_mode(construction: Construction, use: Use, mode: str, node: ast.expr | None) -> None:
    """Linen wants the mode in exactly one place; NNX would take a default instead of an error."""
    if mode == "decode":
        return  # which no call of Linen takes
    places = {"Dropout": 1, "BatchNorm": 1, "SelfAttention": 2}
    by_place = len(use.spelled.args) > places.get(construction.kind, 9)
    at_call = by_place or mode in _keywords(use)
    given = node is not None and not (isinstance(node, ast.Constant) and node.value is None)
    if construction.kind in ATTENTION and not (at_call and given):
        return  # without dropout it needs no mode, with it both sides ask for one
    if at_call == given:
        where = "both in the constructor and in the call" if given else "nowhere"
        raise Refused("MN101", use.call, f"`{mode}` of nn.{construction.kind} is given {where}")


def _check_once(method: Method, node: ast.expr) -> None:
    """The value has to be the same where the layer is made and where it is called."""
    for name in {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}:
        bound = sum(
            isinstance(n, ast.Name) and n.id == name and not isinstance(n.ctx, ast.Load)
            for n in ast.walk(method.node)
        )
        if bound > (name not in method.parameters):
            raise Refused("MN101", node, f"`{name}` is bound more than once")
