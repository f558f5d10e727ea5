"""What a test of the codemod asks: it became exactly this, it was refused for that, it computes the same."""

import itertools
import sys
import types
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx
from migrate_norm.catalog.automatic import rules
from migrate_norm.catalog.findings import Diagnostic, Outcome, Severity
from migrate_norm.catalog.mapping import ClassMapping, VariableMapping
from migrate_norm.catalog.mapping import Mapping as MappingFile
from migrate_norm.codemod import FileResult, Options, Result, migrate_files
from migrate_norm.equivalence import InputSpec, Report, check_equivalence
from migrate_norm.equivalence.nnx_side import keyed, leaf_of, split

HEADER = "import jax\nimport jax.numpy as jnp\nfrom flax import linen as nn\n\n\n"
NNX_HEADER = "import jax\nimport jax.numpy as jnp\nfrom flax import nnx\n\n\n"

_numbers = itertools.count()
_registered: set[str] = set()
"""Collections that the sources of earlier tests have registered."""


class Call(NamedTuple):
    """How to build a class on each side and what to call it with; `sizes` stand in front of the NNX arguments."""

    name: str
    sizes: tuple[Any, ...] = ()
    arguments: Mapping[str, Any] = {}
    inputs: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = {}
    method: str = "__call__"


def f32(*shape: int) -> InputSpec:
    return InputSpec("float32", shape)


def migrate(before: str, path: str = "layer.py", **options: Any) -> tuple[str, FileResult, MappingFile]:
    """Returns the migrated text, the file's result and the mapping."""
    result = migrate_files({path: before.encode()}, Options(**options))
    return result.files[0].after.decode(), result.files[0], result.mapping


def check_transformed(before: str, after: str, **options: Any) -> None:
    """`before` becomes exactly `after`, which compiles, has no refusal, and which a second run leaves alone."""
    compile(after, "after.py", "exec", dont_inherit=True)
    text, file, _ = migrate(before, **options)
    assert text == after, f"{text}\n{listed(file)}"
    assert not refusals(file), listed(file)
    assert all(s.outcome is Outcome.MIGRATED for s in file.symbols), file.symbols
    assert file.symbols
    check_stable(file, **options)


def check_stable(file: FileResult, **options: Any) -> None:
    """A second run changes nothing and has nothing to say."""
    again = migrate_files({file.path: file.after}, Options(**options)).files[0]
    assert again.after == file.after
    assert not refusals(again), listed(again)


def check_refused(before: str, code: str, line: int | None = None) -> FileResult:
    """Nothing changes, and somebody is told where, why and what to do."""
    text, file, mapping = migrate(before)
    assert text == before, text
    found = refusals(file)
    assert code in {d.code for d in found}, listed(file) or "nothing was refused"
    assert all(d.message and d.path == "layer.py" and d.line and d.column for d in found)
    if line is not None:
        assert line in {d.line for d in found if d.code == code}, listed(file)
    assert file.symbols
    assert all(s.outcome is not Outcome.MIGRATED and s.code for s in file.symbols), file.symbols
    assert not mapping.classes
    return file


def check_unchanged(before: str) -> None:
    """Nothing in the file is Linen: not a word about it."""
    text, file, _ = migrate(before)
    assert text == before
    assert not file.diagnostics


def refusals(file: FileResult) -> list[Diagnostic]:
    return [d for d in file.diagnostics if d.severity is not Severity.NOTE]


def listed(file: FileResult) -> str:
    return "\n".join(map(str, file.diagnostics))


def load(text: str | bytes, name: str = "") -> types.ModuleType:
    """Runs a source text as a module of its own; collections that an earlier one registered are free again."""
    known = nnx.variablelib.VariableTypeCache
    for collection in _registered & known.keys():
        del known[collection]
    before = set(known)
    module = types.ModuleType(name or f"case_{next(_numbers)}")
    sys.modules[module.__name__] = module
    exec(compile(text, f"{module.__name__}.py", "exec", dont_inherit=True), vars(module))
    _registered.update(known.keys() - before)
    return module


def check_equivalent(before: str, *calls: Call, **options: Any) -> None:
    """`before` is migrated whole; both sides compute the same in each call, the new one without warnings."""
    text, file, mapping = migrate(before, **options)
    assert not refusals(file), listed(file)
    linen, twin = load(before), load(text)
    for call in calls:
        report = compare(linen, twin, mapping, call, samples=1, steps=2, poison=False)
        assert report.equal, f"{call}\n{report}\n{text}"
        run_on_shapes(twin, call)


def compare(linen: Any, twin: Any, mapping: MappingFile, call: Call, **options: Any) -> Report:
    """Asks migrate_norm.equivalence with random values in every leaf."""
    found = mapping.find(call.name)
    module = getattr(linen, call.name)(**call.arguments)
    return check_equivalence(
        module, lambda: build(twin, call), *call.inputs,
        kwargs=call.kwargs, method=call.method, mapping=pairs(found, on_shapes(twin, call)), **options,
    )  # fmt: skip


def pairs(found: ClassMapping | None, model: nnx.Module) -> tuple[VariableMapping, ...]:
    """Returns the mapping's rules for the leaves that a model has."""
    if found is None:
        return ()
    parts = split(model)
    return rules(found, [leaf_of(path, kind, value) for path, (kind, value) in keyed(parts).items()])


def build(twin: Any, call: Call) -> nnx.Module:
    return getattr(twin, call.name)(*call.sizes, **call.arguments, rngs=nnx.Rngs(0))


def on_shapes(twin: Any, call: Call) -> nnx.Module:
    """Builds the NNX class with shapes for values: nothing is computed."""
    return nnx.eval_shape(lambda: build(twin, call))


def run_once(twin: Any, call: Call) -> Any:
    """Builds and calls the NNX class; a warning is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = build(twin, call)
        inputs = [arrays(value) for value in call.inputs]
        return getattr(model, call.method)(*inputs, **call.kwargs)


def run_on_shapes(twin: Any, call: Call) -> None:
    """Builds and calls the NNX class on shapes; a warning is an error."""
    inputs = [arrays(value) for value in call.inputs]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        jax.eval_shape(lambda: getattr(build(twin, call), call.method)(*inputs, **call.kwargs))


def run_in_tree_mode(twin: Any, call: Call) -> None:
    """Builds and calls the NNX class in tree mode, on shapes; a warning is an error."""
    with nnx.set_graph_mode(False), nnx.set_graph_updates(False):
        run_on_shapes(twin, call)


def arrays(value: Any) -> Any:
    return jnp.ones(value.shape, value.dtype) if isinstance(value, InputSpec) else value


def migrate_project(files: Mapping[str, str], **options: Any) -> Result:
    return migrate_files({path: text.encode() for path, text in files.items()}, Options(**options))


def texts(result: Result) -> dict[str, str]:
    return {file.path: file.after.decode() for file in result.files}


def codes(files: Iterable[FileResult]) -> set[str]:
    return {d.code for file in files for d in refusals(file)}


class Case(NamedTuple):
    """A class before and after, without the usual imports, and calls to compare the two with."""

    id: str
    before: str
    after: str
    calls: tuple[Call, ...] = ()


class Refusal(NamedTuple):
    """A class that stays Linen, and the code that says why."""

    id: str
    code: str
    before: str


def name_of(case: Case | Refusal) -> str:
    return case.id


def with_header(text: str, header: str = HEADER) -> str:
    """Puts the usual imports in front, unless the text has its own."""
    return text if "from flax" in text or "import flax" in text else header + text


def changed(text: str, *changes: tuple[str, str]) -> str:
    """Returns a text with other pieces, old by new, each of which has to be there."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text
