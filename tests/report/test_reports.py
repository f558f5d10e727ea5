"""Census, Markdown and JSON of a run."""

import json
import random

import pytest
from migrate_norm.catalog.codes import CODES
from migrate_norm.catalog.findings import Diagnostic, Outcome, Severity, Symbol
from migrate_norm.catalog.mapping import ClassMapping, Mapping
from migrate_norm.codemod.api import FileResult, Result
from migrate_norm.report.as_json import as_dict, as_json
from migrate_norm.report.as_markdown import as_markdown
from migrate_norm.report.census import census, symbols_of, total
from migrate_norm.report.findings import failed, needs_a_person, would_change

CODE = min(CODES)


def symbol(outcome: Outcome, name: str = "flax.linen.Module", path: str = "a.py", line: int = 1) -> Symbol:
    return Symbol(path, line, 1, name, outcome, "" if outcome is Outcome.MIGRATED else CODE)


def run(*symbols: Symbol, findings: tuple[Diagnostic, ...] = (), after: bytes = b"") -> Result:
    return Result((FileResult("a.py", b"", after, symbols, findings),))


def test_the_census_adds_up() -> None:
    draw = random.Random(3)
    symbols = [symbol(draw.choice(list(Outcome)), draw.choice("abcd"), line=line) for line in range(500)]
    counts = census(symbols)
    assert list(counts) == sorted(counts)
    assert sum(count.total for count in counts.values()) == total(counts.values()).total == 500
    for name, count in counts.items():
        own = [s.outcome.value for s in symbols if s.name == name]
        assert count._asdict() == {outcome.value: own.count(outcome.value) for outcome in Outcome}


def test_no_symbols_is_an_empty_census() -> None:
    assert census([]) == {}
    assert total([]).total == 0
    assert "|" not in as_markdown(run())


@pytest.mark.parametrize(
    ("result", "answers"),
    [
        (run(), (False, False, False)),
        (run(symbol(Outcome.MIGRATED), after=b"x"), (False, False, True)),
        (run(symbol(Outcome.LEFT)), (False, True, False)),
        (run(symbol(Outcome.REFUSED)), (False, True, False)),
        (run(findings=(Diagnostic("a.py", 1, 1, CODE, "m"),)), (False, True, False)),
        (run(findings=(Diagnostic("a.py", 1, 1, CODE, "m", severity=Severity.NOTE),)), (False, False, False)),
        (run(findings=(Diagnostic("a.py", 1, 1, CODE, "m", severity=Severity.ERROR),)), (True, False, False)),
    ],
)
def test_what_the_exit_code_is_made_of(result: Result, answers: tuple[bool, bool, bool]) -> None:
    assert (failed(result), needs_a_person(result), would_change(result)) == answers


def test_order_of_files_does_not_matter() -> None:
    files = [
        FileResult(p, b"", b"x", (symbol(Outcome.LEFT, path=p),), (Diagnostic(p, 2, 1, CODE, "m"),))
        for p in "cab"
    ]
    classes = [ClassMapping(name, ()) for name in ("z.Z", "a.A")]
    there = Result(tuple(files), Mapping(tuple(classes)))
    back = Result(tuple(reversed(files)), Mapping(tuple(reversed(classes))))
    assert as_json(there, ["y", "x"]) == as_json(back, ["x", "y"])
    assert as_markdown(there, not_entered=["y", "x"]) == as_markdown(back, not_entered=["x", "y"])


def test_the_schema() -> None:
    """Scripts depend on these keys: one that goes or changes its meaning raises `format`."""
    finding = Diagnostic("a.py", 3, 5, CODE, "why", "Norm")
    result = Result(
        (FileResult("a.py", b"", b"x", (symbol(Outcome.MIGRATED),), (finding,)),),
        Mapping((ClassMapping("a.Norm", (), ("d",)),)),
    )
    count = {"migrated": 1, "left": 0, "refused": 0}
    assert as_dict(result, ["build"]) == {
        "format": 1,
        "files": {"given": 1, "with_linen": 1, "changed": 1, "failed": 0},
        "census": {"flax.linen.Module": count},
        "total": count,
        "symbols": [
            {
                "path": "a.py",
                "line": 1,
                "column": 1,
                "name": "flax.linen.Module",
                "outcome": "migrated",
                "code": "",
            }
        ],
        "diagnostics": [
            {
                "path": "a.py",
                "line": 3,
                "column": 5,
                "severity": "refused",
                "code": CODE,
                "subject": "Norm",
                "message": "why",
                "fix": CODES[CODE].fix,
            }
        ],
        "changed": ["a.py"],
        "classes": [{"name": "a.Norm", "arguments": ["d"], "traced": False}],
        "not_entered": ["build"],
    }


def test_json_is_ascii_and_reads_back() -> None:
    result = run(findings=(Diagnostic("\udcff-ü.py", 1, 1, CODE, "ü"),))
    text = as_json(result)
    assert text.isascii()
    assert json.loads(text) == as_dict(result)


def test_every_symbol_is_in_the_report_once() -> None:
    twice = symbol(Outcome.MIGRATED)
    assert symbols_of(run(twice, symbol(Outcome.LEFT, line=2), twice)).count(twice) == 2


@pytest.mark.parametrize("severity", Severity)
def test_markdown_gives_place_code_reason_and_advice(severity: Severity) -> None:
    text = as_markdown(run(findings=(Diagnostic("a.py", 3, 5, CODE, "why", "Norm", severity),)))
    assert f"- a.py:3:5: {CODE} `Norm`: why\n" in text
    assert (f"  What to do: {CODES[CODE].fix}\n" in text) == (severity is not Severity.NOTE)
