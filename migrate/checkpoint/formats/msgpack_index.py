"""The index of a msgpack file as flax.serialization and flax.training.checkpoints write it."""

from collections.abc import Iterator

from .limits import shown
from .msgpack_leaves import Leaf, Node
from .msgpack_tree import TreeReader
from .records import Content, FormatError, Index, Path, StoredArray
from .source import Source


def index_msgpack(source: Source) -> Index:
    """Returns where each leaf is. Raises FormatError for what Flax does not write."""
    contents: dict[StoredArray, Content] = {}
    empty: list[Path] = []
    texts: dict[str, str] = {}
    for path, node in _flat(TreeReader(source).read(), ()):
        if isinstance(node, Leaf):
            contents[node.at(path)] = node.content
        elif isinstance(node, str):
            if texts.setdefault("/".join(path), node) is not node:
                raise FormatError(f"{source.path}: two strings are called {shown('/'.join(path))}")
        else:
            empty.append(path)
    return Index("msgpack", contents, tuple(empty), texts, None)


def _flat(node: Node, path: Path) -> Iterator[tuple[Path, Node]]:
    if isinstance(node, dict) and node:
        for name, child in node.items():
            yield from _flat(child, (*path, name))
    elif isinstance(node, tuple) and node:
        for place, child in enumerate(node):
            yield from _flat(child, (*path, str(place)))
    else:
        yield path, node
