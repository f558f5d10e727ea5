"""Sizes that the source does not tell, and runs of the models do."""

import pytest
from flax import nnx
from migrate_norm.catalog.findings import Severity
from migrate_norm.codemod import Options, Result, migrate_files
from migrate_norm.codemod.traced.records import Facts, read_facts
from migrate_norm.tracing.process import trace_models

from .check import check_stable, compare, listed, load, refusals, run_once
from .traced_cases import CASES, NOT_TOLD, OPAQUE, NotTold, Traced, entry

_ALL: dict[str, Traced | NotTold] = {case.id: case for case in (*CASES, *NOT_TOLD)}
_LINEN = OPAQUE.format(api="linen as nn")


def _module(name: str) -> str:
    return "case_" + name.replace("-", "_")


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Facts]:
    """Traces the models of all cases in one process."""
    folder = tmp_path_factory.mktemp("traced")
    paths = {name: folder / f"{_module(name)}.py" for name in _ALL}
    for name, path in paths.items():
        path.write_text(_LINEN + _ALL[name].before)
    asked = [(name, entry(_module(name), *model)) for name, case in _ALL.items() for model in case.models]
    answers = trace_models([e for _, e in asked], [*map(str, paths.values())], str(folder))
    runs: dict[str, list[dict[str, object]]] = {name: [] for name in _ALL}
    for (name, _), answer in zip(asked, answers, strict=True):
        assert not answer.error, f"{name}: {answer.error}"
        runs[name] += answer.runs
    return {name: read_facts(found, {str(paths[name]): "layer.py"}) for name, found in runs.items()}


def _migrated(name: str, facts: dict[str, Facts]) -> Result:
    return migrate_files({"layer.py": (_LINEN + _ALL[name].before).encode()}, Options(), facts[name])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_becomes(case: Traced, facts: dict[str, Facts]) -> None:
    result = _migrated(case.id, facts)
    (file,) = result.files
    after = OPAQUE.format(api="nnx") + case.after
    compile(after, "after.py", "exec", dont_inherit=True)
    assert file.after.decode() == after, f"{file.after.decode()}\n{listed(file)}"
    assert not refusals(file), listed(file)
    check_stable(file)
    assert {d.code for d in file.diagnostics} == {"MN113"}
    assert result.traced


@pytest.mark.parametrize("graph", [True, False], ids=["graph", "tree"])
@pytest.mark.parametrize("case", [c for c in CASES if c.calls], ids=lambda case: case.id)
def test_computes_the_same(case: Traced, graph: bool, facts: dict[str, Facts]) -> None:
    result = _migrated(case.id, facts)
    linen, twin = load(_LINEN + case.before), load(result.files[0].after)
    with nnx.set_graph_mode(graph), nnx.set_graph_updates(graph):
        for call in case.calls if graph else case.calls[-1:]:
            report = compare(linen, twin, result.mapping, call, samples=1, steps=2, poison=False)
            assert report.equal, report
            run_once(twin, call)


@pytest.mark.parametrize("case", NOT_TOLD, ids=lambda case: case.id)
def test_is_not_told(case: NotTold, facts: dict[str, Facts]) -> None:
    (file,) = _migrated(case.id, facts).files
    found = [d for d in file.diagnostics if d.severity is not Severity.NOTE and d.code == case.code]
    assert found, listed(file)
    assert any(case.reason in d.message for d in found), listed(file)
