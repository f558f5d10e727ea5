"""Constructions of a Linen class: from its defaults, its annotations, and what the package passes to it."""

import ast
import dataclasses
import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flax import linen as nn
from flax import nnx
from migrate_norm.catalog.layers import find

from ..oracle import Program, dotted
from .guess import attribute, field

Fields = Mapping[str, Any]
OWN = {"parent", "name"}  # fields that Linen adds
CONFIGS = frozenset({"config", "cfg"})  # what a configuration object is called
SINGLE = 6  # flags that are turned round one by one


class Configuration:
    """Stands for a configuration object: it has the attributes that the source reads, and is equal to itself only."""

    def __init__(self, names: tuple[str, ...]) -> None:
        for name in names:
            setattr(self, name, attribute(name))


def constructions(kind: type[nn.Module], seen: tuple[Fields, ...], read: tuple[str, ...]) -> Iterator[Fields]:
    """Yields arguments to try, the most ordinary first."""
    fields = [f for f in dataclasses.fields(kind) if f.init and f.name not in OWN]
    guessed = {f.name: value for f in fields if (value := _guess(f, read)) is not None}
    required = {f.name for f in fields if _is_required(f)}
    plain = {name: value for name, value in guessed.items() if name in required}
    yield plain
    yield from ({**plain, **found} for found in seen if found.keys() <= {f.name for f in fields})
    yield {
        f.name: guessed[f.name] for f in fields if f.name in guessed and (f.name in required or _is_size(f))
    }


def flipped(kind: type[nn.Module], given: Fields) -> Iterator[Fields]:
    """Yields the construction with its flags turned round, each alone and then all of them."""
    flags = {f.name: f.default for f in dataclasses.fields(kind) if isinstance(f.default, bool)}
    for name in [*flags][:SINGLE]:
        yield {**given, name: not given.get(name, flags[name])}
    if len(flags) > 1:
        yield {**given, **{name: not given.get(name, value) for name, value in flags.items()}}


def as_nnx(value: Any) -> Any:
    """Returns what stands for a value on the NNX side: layers are of the other namespace."""
    if isinstance(value, functools.partial):
        return functools.partial(as_nnx(value.func), *value.args, **value.keywords)
    if isinstance(value, nn.Embed):
        keys = ("dtype", "param_dtype", "embedding_init")
        options = {key: getattr(value, key) for key in keys}
        return nnx.Embed(value.num_embeddings, value.features, **options, rngs=nnx.Rngs(0))
    layer = find(value.__name__) if isinstance(value, type) and issubclass(value, nn.Module) else None
    return getattr(nnx, layer.nnx) if layer and layer.nnx else value


def _is_required(found: dataclasses.Field[Any]) -> bool:
    return found.default is dataclasses.MISSING and found.default_factory is dataclasses.MISSING


def _is_size(found: dataclasses.Field[Any]) -> bool:
    return isinstance(found.default, int) and not isinstance(found.default, bool)


def _guess(found: dataclasses.Field[Any], read: tuple[str, ...]) -> Any:
    kind = found.type if isinstance(found.type, str) else getattr(found.type, "__name__", "")
    return Configuration(read) if "Config" in kind or found.name in CONFIGS else field(kind, found.name)


def calls_by_name(program: Program) -> Mapping[str, list[ast.Call]]:
    """Returns the calls of a package by the last part of what is called."""
    found: defaultdict[str, list[ast.Call]] = defaultdict(list)
    for file in program.files.values():
        for call in ast.walk(file.tree):
            if isinstance(call, ast.Call):
                found[dotted(call.func).rpartition(".")[2]].append(call)
    return found


def seen(calls: Iterable[ast.Call], order: tuple[str, ...]) -> tuple[Fields, ...]:
    """Returns the literal arguments of calls that construct a class with these fields."""
    found = []
    for call in calls:
        pairs = [*zip(order, call.args, strict=False), *((k.arg or "", k.value) for k in call.keywords)]
        found.append({key: value for key, node in pairs if (value := _literal(node)) is not None})
    unique = {repr(sorted(entry.items())): entry for entry in found if entry and entry.keys() <= set(order)}
    return tuple(unique.values())


def _literal(node: ast.expr) -> Any:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        return None
    return tuple(value) if isinstance(value, list) else value


def attributes_read(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Returns the names that follow `config.` in the files."""
    nodes = (node for text in files.values() for node in ast.walk(ast.parse(text)))
    chains = (dotted(node).split(".") for node in nodes if isinstance(node, ast.Attribute))
    pairs = ((chain[-2], chain[-1]) for chain in chains if len(chain) > 1)
    return tuple(sorted({name for head, name in pairs if head in CONFIGS}))
