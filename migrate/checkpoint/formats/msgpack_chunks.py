"""Arrays over 1 GB, which flax.serialization cuts into a dict of chunks."""

from .dtypes import checked_size, numpy_dtype
from .limits import shown
from .msgpack_leaves import Leaf, Node, Number
from .records import FormatError
from .source import Extents

CHUNKED = "__msgpack_chunked_array__"


def unchunked(found: dict[str, Node]) -> Leaf:
    """Returns the one array of a dict that has the mark, a shape and numbered chunks. Raises FormatError."""
    if set(found) != {CHUNKED, "shape", "chunks"}:
        raise FormatError(f"it has to have a shape and chunks, not {shown(sorted(found))}")
    shape = [_integer(dim) for dim in _numbered(found["shape"], "shape")]
    chunks = [_chunk(node) for node in _numbered(found["chunks"], "chunks")]
    dtypes = {leaf.dtype for leaf, _ in chunks}
    if len(dtypes) != 1:
        raise FormatError(f"its chunks have to be of one dtype, not of {shown(sorted(dtypes))}")
    dtype, nbytes = dtypes.pop(), sum(leaf.nbytes for leaf, _ in chunks)
    spans = tuple(span for _, extents in chunks for span in extents.spans)
    source = chunks[0][1].source
    return Leaf(checked_size(shape, dtype, nbytes), dtype, nbytes, False, Extents(source, spans))


def _numbered(node: Node, what: str) -> list[Node]:
    if not isinstance(node, dict) or set(node) != set(map(str, range(len(node)))):
        raise FormatError(f"its {what} have to be numbered from 0 on without gaps")
    return [node[str(place)] for place in range(len(node))]


def _integer(node: Node) -> object:
    number = isinstance(node, Leaf) and isinstance(node.content, Number) and node.content.value
    return int(number) if number is not False and numpy_dtype(number.dtype.name).kind in "iu" else None


def _chunk(node: Node) -> tuple[Leaf, Extents]:
    if not isinstance(node, Leaf) or not isinstance(node.content, Extents) or len(node.shape) != 1:
        raise FormatError("each of its chunks has to be an array with one dimension")
    return node, node.content
