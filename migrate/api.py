"""One source text to its NNX form, without files: what editors, notebooks and tests call."""

import io
import tokenize
from dataclasses import dataclass, field
from typing import AnyStr, Generic

from .catalog.findings import Diagnostic, Symbol
from .catalog.mapping import Mapping
from .codemod import Options, migrate_files


@dataclass(frozen=True)
class SourceResult(Generic[AnyStr]):
    """What became of one text. `code` equals what was given where nothing was rewritten.

    `diagnostics` say what was refused or could not be parsed, `symbols` how each use of Linen ended;
    `mapping` is what `migrate-norm --mapping` records.
    """

    code: AnyStr
    changed: bool
    symbols: tuple[Symbol, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    mapping: Mapping = field(default_factory=Mapping)


def migrate_source(
    source: AnyStr, *, path: str = "<string>", options: Options | None = None
) -> SourceResult[AnyStr]:
    """Migrates one Python file, given as text or as bytes, and returns the same kind.

    `path` is what diagnostics and the mapping call the file; it is not opened. What cannot be parsed or
    migrated comes back as it was, with a diagnostic. A project of several files goes through
    `migrate_files`, which resolves classes across them.
    """
    encoding = _encoding(source) if isinstance(source, str) else ""
    given = source.encode(encoding) if isinstance(source, str) else source
    result = migrate_files({path: given}, options)
    (file,) = result.files
    code = file.after.decode(encoding) if isinstance(source, str) else file.after
    return SourceResult(code, file.changed, file.symbols, file.diagnostics, result.mapping)


def _encoding(text: str) -> str:
    """Returns the encoding that the text declares, so that its bytes are the file it would be."""
    try:
        name, _ = tokenize.detect_encoding(io.BytesIO(text.encode()).readline)
        name = name.removesuffix("-sig")  # the mark, where there is one, is in the text
        text.encode(name)
    except (SyntaxError, UnicodeEncodeError):
        return "utf-8"  # and parsing the bytes says what is wrong
    return name
