"""What `nn.vmap` and `nn.scan` say: which variables each round has of its own, which axes are taken apart."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .lifts import Lift, is_broadcast
from .model import Refused
from .names import Names

Axis = int | None
"""An axis; None for what every round gets as a whole."""

_BOTH = frozenset({"variable_axes", "split_rngs", "in_axes", "out_axes", "metadata_params"})
_KNOWN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "vmap": _BOTH | {"axis_size"},
        "scan": _BOTH | {"variable_broadcast", "length", "reverse", "unroll"},
    }
)
"""Arguments that are followed."""


@dataclass(frozen=True, eq=False)
class Iteration:
    """One vmap or scan. `stacked` collections have an axis 0 of rounds, `shared` ones are the same in all of them.

    `axes` is one axis for all arguments, or one for each; a scan's carry is not among them. `out` is the axis of
    what is put together again.
    """

    lift: Lift
    stacked: frozenset[str]
    shared: frozenset[str]
    split: Mapping[str, bool]
    axes: Axis | tuple[Axis, ...]
    out: int

    @property
    def carries(self) -> bool:
        return self.lift.name == "scan"

    def axis(self, place: int) -> Axis:
        """Returns the axis of one argument, counted without the carry. Raises IndexError for one too many."""
        return self.axes[place] if isinstance(self.axes, tuple) else self.axes


def read_iteration(lift: Lift, names: Names) -> Iteration:
    """Reads a transform. Raises Refused for what is not followed."""
    odd = next((k for k in lift.given if k not in _KNOWN[lift.name]), None)
    if odd is not None or lift.odd:
        raise Refused("MN102", lift.call, f"`{odd}` of nn.{lift.name} is not followed" if odd else lift.odd)
    return _Reader(lift, names).run()


class _Reader:
    def __init__(self, lift: Lift, names: Names):
        self.lift, self.names = lift, names

    def run(self) -> Iteration:
        axes = self._dict("variable_axes")
        if any(axis not in (0, None) or isinstance(axis, bool) for axis in axes.values()):
            node = self.lift.given["variable_axes"]
            raise Refused(
                "MN102", node, f"nn.{self.lift.name} stacks variables along an axis that is not the first"
            )
        given = self._dict("split_rngs")
        split = {name: answer for name, answer in given.items() if isinstance(answer, bool)}
        if len(split) < len(given):
            raise self._unknown("split_rngs")
        stacked = frozenset(name for name, axis in axes.items() if axis == 0)
        shared = frozenset(axes) - stacked | self._broadcast()
        out = self._literal("out_axes", 0)
        if not isinstance(out, int) or isinstance(out, bool):
            raise self._unknown("out_axes")
        return Iteration(self.lift, stacked, shared, split, self._axes(), out)

    def _unknown(self, name: str) -> Refused:
        node = self.lift.given[name]
        return Refused("MN102", node, f"`{name}={ast.unparse(node)}` of nn.{self.lift.name} is not followed")

    def _literal(self, name: str, default: object) -> object:
        node = self.lift.given.get(name)
        try:
            return default if node is None else ast.literal_eval(node)
        except (ValueError, TypeError) as unknown:
            raise self._unknown(name) from unknown

    def _dict(self, name: str) -> dict[str, object]:
        found = self._literal(name, {})
        if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
            raise self._unknown(name)
        return found

    def _broadcast(self) -> frozenset[str]:
        found = self._literal("variable_broadcast", ())
        names = {found} if isinstance(found, str) else found
        if names is False:
            return frozenset()
        if not isinstance(names, set | list | tuple) or not all(isinstance(n, str) for n in names):
            raise self._unknown("variable_broadcast")
        return frozenset(names)

    def _axes(self) -> Axis | tuple[Axis, ...]:
        node = self.lift.given.get("in_axes")
        if node is None:
            return 0
        if isinstance(node, ast.Tuple | ast.List):
            return tuple(self._axis(element) for element in node.elts)
        return self._axis(node)

    def _axis(self, node: ast.expr) -> Axis:
        if self.lift.name == "scan" and is_broadcast(node, self.names):
            return None
        try:
            axis = ast.literal_eval(node)
        except (ValueError, TypeError) as unknown:
            raise self._unknown("in_axes") from unknown
        whole = axis is None and self.lift.name == "vmap"
        if not whole and (not isinstance(axis, int) or isinstance(axis, bool)):
            raise self._unknown("in_axes")
        return None if whole else int(axis)
