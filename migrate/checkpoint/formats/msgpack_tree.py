"""The tree of a msgpack file that flax.serialization wrote: dicts, lists, arrays in chunks."""

from .limits import MAX_DEPTH, MAX_NODES, MAX_TEXT, shown
from .msgpack_chunks import CHUNKED, unchunked
from .msgpack_leaves import Leaf, Node, read_extension, read_number
from .msgpack_tokens import Cursor, Kind, Token
from .records import FormatError, Path
from .source import Source

_ELSEWHERE = "//GDAPlaceholder:"


class TreeReader:
    """Reads a whole file once, jumping over the data of its arrays."""

    def __init__(self, source: Source) -> None:
        self._cursor = Cursor(source)
        self._nodes = self._text = 0

    def read(self) -> Node:
        """Returns the tree. Raises FormatError for anything that Flax does not write."""
        node = self._node((), listed=False)
        if self._cursor.left():
            raise self._cursor.error(f"{self._cursor.left()} bytes behind the end of the tree")
        return node

    def _node(self, path: Path, listed: bool) -> Node:
        token = self._cursor.token()
        self._count(path, token)
        match token.kind:
            case Kind.NIL:
                return None
            case Kind.BOOL | Kind.INT | Kind.FLOAT:
                return read_number(token)
            case Kind.STR:
                return self._leaf_text(path, token)
            case Kind.EXT:
                return self._extension(path, token)
            case Kind.MAP:
                return self._map(path, token, listed)
            case Kind.LIST:
                self._check_count(token, 1)
                return tuple(self._node((*path, str(i)), listed=True) for i in range(token.length))
        raise self._cursor.error(
            f"{token.kind.value} at {shown(path)}, where an array should be", token.offset
        )

    def _count(self, path: Path, token: Token) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._cursor.error(f"more than {MAX_NODES} leaves and dicts", token.offset)
        if len(path) > MAX_DEPTH:
            raise self._cursor.error(f"dicts nested more than {MAX_DEPTH} deep", token.offset)

    def _check_count(self, token: Token, least: int) -> None:
        if token.length * least > self._cursor.left():
            raise self._cursor.error(
                f"{token.kind.value} of {token.length}, but only {self._cursor.left()} bytes follow",
                token.offset,
            )

    def _extension(self, path: Path, token: Token) -> Leaf:
        try:
            return read_extension(self._cursor, token)
        except FormatError as error:
            raise FormatError(f"{error} (leaf {shown('/'.join(path))})") from None

    def _map(self, path: Path, token: Token, listed: bool) -> Node:
        self._check_count(token, 2)
        found: dict[str, Node] = {}
        for _ in range(token.length):
            key = self._cursor.expect(Kind.STR, f"a name in {shown('/'.join(path))}")
            name = self._decoded(key)
            if name in found:
                raise self._cursor.error(f"a second entry {shown('/'.join((*path, name)))}", key.offset)
            found[name] = self._node((*path, name), listed)
        return self._unchunked(found, path, token, listed) if CHUNKED in found else found

    def _unchunked(self, found: dict[str, Node], path: Path, token: Token, listed: bool) -> Leaf:
        try:
            if listed:
                raise FormatError("Flax does not put chunked arrays together inside of lists")
            return unchunked(found)
        except FormatError as error:
            raise self._cursor.error(
                f"chunked array {shown('/'.join(path))}: {error}", token.offset
            ) from None

    def _decoded(self, token: Token) -> str:
        self._text += token.length
        if self._text > MAX_TEXT:
            raise self._cursor.error(f"more than {MAX_TEXT} bytes of names and texts", token.offset)
        try:
            return self._cursor.take(token.length).decode()
        except UnicodeDecodeError as error:
            raise self._cursor.error(f"a string that is not UTF-8: {error.reason}", token.offset) from None

    def _leaf_text(self, path: Path, token: Token) -> str:
        text = self._decoded(token)
        if text.startswith(_ELSEWHERE):
            raise self._cursor.error(
                f"leaf {shown('/'.join(path))} is not in this file: flax.training.checkpoints saved the arrays of"
                " several processes in the folder of the same name that ends with _gda; restore it with Flax",
                token.offset,
            )
        return text
