"""One whole model: source by the codemod, variables by `migrate-checkpoint`, then both sides on the same input."""

import contextlib
import io
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from zlib import crc32

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
from flax import nnx
from migrate_norm.catalog.automatic import rules
from migrate_norm.catalog.findings import Severity
from migrate_norm.catalog.mapping import ClassMapping
from migrate_norm.cli import migrate_checkpoint
from migrate_norm.codemod import Options, Result, migrate_files
from migrate_norm.codemod.traced.records import Facts
from migrate_norm.equivalence import InputSpec, check_equivalence
from migrate_norm.equivalence.nnx_side import keyed, leaf_of

from ..census.attempt import Made, attempt
from ..census.calls import Call
from ..census.observed import Shown
from ..census.rows import CASCADES, UNTOLD
from ..census.sizes import Built, built
from ..census.traced import traced
from ..census.verify import own_collections
from ..census.ways import Known
from ..isolate import Isolated, MissingImportError, isolate
from ..load import load
from ..older import older_names
from ..oracle import Program
from .model import Model, opened
from .table import MODELS

REFUSED, UNEQUAL, SKIPPED = "refused", "OTHER OUTPUTS", "skipped"
TRACED = "sizes by a run of it"


class Row(NamedTuple):
    """What became of a model; `detail` is the refusal that stands in the way, what is wrong, or `TRACED`."""

    model: Model
    verdict: str
    leaves: int = 0
    detail: str = ""


def measure(model: Model, program: Program) -> Row:
    """Returns the row of a model."""
    path = next(path for path in program.files if path.endswith(model.path))
    try:
        isolated = isolate(program, path, model.name, *model.beside)
    except MissingImportError as error:
        return Row(model, SKIPPED, detail=f"needs {error}")
    result, how = migrate_files(isolated.files, Options()), ""
    if _found(model, isolated, result) is None and any(
        d.code == UNTOLD for f in result.files for d in f.diagnostics
    ):
        result, how = migrate_files(isolated.files, Options(), _facts(model, isolated)), TRACED
    if _found(model, isolated, result) is None:
        return Row(model, REFUSED, detail=_reasons(result))
    with tempfile.TemporaryDirectory() as folder, own_collections(), older_names():
        row = _compared(model, isolated, result, Path(folder))
        return row if row.detail else row._replace(detail=how)


_traced: dict[tuple[str, str, str], Facts] = {}


def _facts(model: Model, isolated: Isolated) -> Facts:
    """What runs of all rows of the class have shown, as one project has them traced."""
    if model[:3] not in _traced:
        shown = (Shown(n, isolated) for n, other in enumerate(MODELS) if other[:3] == model[:3])
        _traced[model[:3]] = traced(isolated, Known(shown=tuple(shown)))
    return _traced[model[:3]]


def _found(model: Model, isolated: Isolated, result: Result) -> ClassMapping | None:
    return result.mapping.find(f"{isolated.module}.{model.of or model.name}")


def _reasons(result: Result) -> str:
    """The codes of what stands in the way itself, with the first reason in full."""
    said = [d for file in result.files for d in file.diagnostics if d.severity is not Severity.NOTE]
    first = sorted(d for d in said if d.code not in CASCADES) or said
    codes = ", ".join(f"{code} x{count}" for code, count in sorted(Counter(d.code for d in first).items()))
    return f"{codes}: {first[0].message}"


def _compared(model: Model, isolated: Isolated, result: Result, folder: Path) -> Row:
    linen, given = opened(load(isolated.files, isolated.module, folder / "linen"), model)
    after = {file.path: file.after for file in result.files}
    twin = getattr(load(after, isolated.module, folder / "nnx"), isolated.name)
    call = Call(model.inputs, model.call)
    made = attempt(linen, given, call)
    if isinstance(made, str):
        return Row(model, SKIPPED, detail=made)
    mapping = _found(model, isolated, result)
    assert mapping is not None
    found, variables = (
        built(twin, mapping, made._replace(fields=model.arguments), model.sizes),
        random_values(made.variables),
    )
    (folder / "mapping.json").write_text(result.mapping.dumps())
    converted = through_the_command(folder, variables, found, mapping.name)
    if _trains_by_its_mode(result):
        converted.eval()  # as the codemod says of an apply without `mutable=`
    inputs = [jax.tree.map(_array, value) for value in model.inputs]
    theirs = linen(**given).apply(variables, *inputs, **model.call)
    leaves = len(jax.tree.leaves(variables))
    if not _same(converted(*inputs, **model.call), theirs):
        return Row(model, UNEQUAL, leaves)
    return Row(model, _verdict(linen(**given), mapping, made, found), leaves)


def _trains_by_its_mode(result: Result) -> bool:
    notes = (d for file in result.files for d in file.diagnostics if d.severity is Severity.NOTE)
    return any(d.code == "MN206" and "`eval()`" in d.message for d in notes)


def random_values(shapes: Mapping[str, Any]) -> Any:
    """Returns values in every leaf that no initializer gives; variances and counts have to stay positive."""

    def draw(path: Any, leaf: Any) -> Any:
        drawn = np.random.default_rng(crc32(jax.tree_util.keystr(path).encode())).uniform(
            0.1, 0.6, leaf.shape
        )
        return jnp.asarray(drawn, leaf.dtype)

    return jax.tree_util.tree_map_with_path(draw, dict(shapes))


def through_the_command(folder: Path, variables: Any, found: Built, name: str) -> nnx.Module:
    """Saves the variables as Linen does, converts them by `migrate-checkpoint`, and restores them."""
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(folder / "from", variables)
    with _importable(found), contextlib.redirect_stdout(io.StringIO()) as said:
        given = ["--mapping", str(folder / "mapping.json"), "--class", name, "--nnx", "whole_model:build"]
        if migrate_checkpoint.main([str(folder / "from"), str(folder / "to"), *given]) != 0:
            raise AssertionError(said.getvalue())
    model = found.build()
    with ocp.StandardCheckpointer() as checkpointer:
        state = nnx.state(model, nnx.Not(nnx.RngState))
        nnx.update(model, checkpointer.restore(folder / "to", state))
    return model


@contextlib.contextmanager
def _importable(found: Built) -> Iterator[None]:
    """Has the command find a function that builds the model."""
    module = ModuleType("whole_model")
    vars(module)["build"] = found.build
    sys.modules["whole_model"] = module
    try:
        yield
    finally:
        del sys.modules["whole_model"]


def _verdict(linen: Any, mapping: ClassMapping, made: Made, found: Built) -> str:
    """What the comparison says that is not about this one input."""
    leaves = [leaf_of(path, kind, value) for path, (kind, value) in keyed(found.parts).items()]
    (call, *_) = made.calls
    report = check_equivalence(
        linen, found.build, *call.inputs, kwargs=call.kwargs, variables=made.variables,
        mapping=rules(mapping, leaves), samples=1, steps=2, poison=False,
    )  # fmt: skip
    return str(report.verdict)


def _array(value: Any) -> Any:
    if not isinstance(value, InputSpec):
        return value
    return jnp.asarray(np.random.default_rng(0).normal(size=value.shape), value.dtype)


def _same(ours: Any, theirs: Any) -> bool:
    """Tells whether both outputs have the same arrays, bit by bit."""
    one, two = jax.tree.leaves(ours), jax.tree.leaves(theirs)
    return len(one) == len(two) and all(
        a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True) for a, b in zip(one, two, strict=True)
    )
