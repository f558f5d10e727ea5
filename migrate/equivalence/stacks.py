"""Stacked variables taken apart: a Linen `nn.scan` over layers has one array where a list of NNX layers has many."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from ..catalog.leaf import Leaf
from ..catalog.mapping import VariableMapping
from ..catalog.pairing import normal_form
from .side import Key, Leaves, Side


@dataclass(frozen=True)
class Stack:
    """A Linen leaf, the axis along which it is stacked, and the NNX leaves that are its layers, in order."""

    key: Key
    axis: int
    layers: tuple[Leaf, ...]

    @property
    def names(self) -> tuple[Key, ...]:
        """The keys of the layers."""
        return tuple((*self.key[:-1], f"{self.key[-1]}[{i}]") for i in range(len(self.layers)))

    @property
    def rules(self) -> Iterator[VariableMapping]:
        """Where each layer lives in NNX."""
        for name, layer in zip(self.names, self.layers, strict=True):
            yield VariableMapping(name[0], name[1:], layer.path, "")


def find_stacks(linen: Sequence[Leaf], nnx: Sequence[Leaf]) -> Iterator[Stack]:
    """Yields every Linen leaf that has no namesake in NNX, but one in each element of one list there.

    The layers have its shape without an axis of their number: the first if that fits (nn.scan's default).
    """
    taken = {(leaf.collection, normal_form(leaf.path)) for leaf in nnx}
    lists = _lists(nnx)
    for leaf in linen:
        name = (leaf.collection, normal_form(leaf.path))
        for layers in lists.get(name, {}).values() if name not in taken else ():
            ordered = tuple(layers[i] for i in sorted(layers))
            axes = [
                a for a, size in enumerate(leaf.shape) if size == len(ordered) and _fits(leaf, ordered, a)
            ]
            if axes and sorted(layers) == list(range(len(ordered))):
                yield Stack((leaf.collection, *leaf.path), axes[0], ordered)
                break


def _lists(nnx: Sequence[Leaf]) -> dict[Any, dict[Any, dict[int, Leaf]]]:
    """Returns the leaves by their names without one index, then by what is before and behind it, then by the index."""
    found: dict[Any, dict[Any, dict[int, Leaf]]] = {}
    for leaf in nnx:
        for place, element in enumerate(leaf.path):
            if element.isdecimal():
                before, behind = leaf.path[:place], leaf.path[place + 1 :]
                group = found.setdefault((leaf.collection, normal_form((*before, *behind))), {})
                group.setdefault((before, behind), {})[int(element)] = leaf
    return found


def _fits(leaf: Leaf, layers: Sequence[Leaf], axis: int) -> bool:
    rest = leaf.shape[:axis] + leaf.shape[axis + 1 :]
    return all((layer.shape, layer.dtype) == (rest, leaf.dtype) for layer in layers)


def taken_apart(variables: Mapping[str, Any], stacks: Sequence[Stack]) -> dict[str, Any]:
    """Returns variables with the layers of each stack in its place; shapes give shapes."""
    apart: dict[str, Any] = jax.tree.map(lambda leaf: leaf, dict(variables))
    for stack in stacks:
        *outer, last = stack.key
        node = apart
        for name in outer:
            node = node[name]
        whole = node.pop(last)
        for i, layer in enumerate(stack.names):
            node[layer[-1]] = _layer(whole, stack.axis, i)
    return apart


def _layer(whole: Any, axis: int, index: int) -> Any:
    def take(array: Any) -> Any:
        return jnp.take(array, index, axis)

    return (
        jax.eval_shape(take, whole) if isinstance(whole, jax.ShapeDtypeStruct) else take(jnp.asarray(whole))
    )


def restacked(side: Side, stacks: Sequence[Stack]) -> Side:
    """Returns a side on layers that stacks them for the module, and takes apart what it leaves."""

    def apply(leaves: Leaves, hidden: list[Any], args: Any, kwargs: Any) -> tuple[Any, Leaves, list[Any]]:
        given = dict(leaves)
        for stack in stacks:
            given[stack.key] = jnp.stack([given.pop(name) for name in stack.names], stack.axis)
        out, after, rest = side.apply(given, hidden, args, kwargs)
        for stack in stacks:
            whole = after.pop(stack.key)
            after |= {layer: _at(whole, stack.axis, i) for i, layer in enumerate(stack.names)}
        return out, after, rest

    return Side(side.name, apply, side.hidden, side.moved, side.notes) if stacks else side


def _at(whole: Any, axis: int, index: int) -> Any:
    return jax.lax.squeeze(jax.lax.slice_in_dim(whole, index, index + 1, axis=axis), (axis,))
