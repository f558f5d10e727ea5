"""The census as a file: counts per package and in total, and how every class ended; and what is worse than it was."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .rows import BROKEN, CRASH, Class, Row
from .verify import Verdict

GOLDEN = Path(__file__).with_name("census.json")
VERIFIED = (Verdict.PROVED, Verdict.REASSOCIATED, Verdict.EQUAL)
WRONG = (Verdict.DIFFERENT, BROKEN, CRASH)
MIGRATED = (*Verdict, BROKEN, CRASH)


def entry(row: Row) -> dict[str, Any]:
    """Returns what the file holds of one package."""
    counted = counts(c.outcome for c in row.classes)
    whole = {"classes": row.whole.classes, "migrated": row.whole.migrated, "refused": dict(row.whole.refused)}
    violations = len(row.whole.violations) + len(row.beside.violations)
    sites = {"constructions": row.sites, "rewritten": row.rewritten, "violations": violations}
    sites["beside"] = row.beside.classes
    found = {"whole": whole | sites, "alone": counted, "classes": {c.key: c.outcome for c in row.classes}}
    # how those end whose sizes the source does not tell, once runs have shown them
    return found | {"traced": {c.key: c.traced for c in row.classes if c.traced}}


def counts(outcomes: Iterable[str]) -> dict[str, Any]:
    """Returns how many classes ended in which way."""
    ended = Counter(map(str, outcomes))
    migrated = {str(verdict): ended[verdict] for verdict in map(str, MIGRATED) if ended[verdict]}
    refused = {code: ended[code] for code in sorted(ended) if code.startswith("MN")}
    missing = sum(number for key, number in ended.items() if key.startswith("needs "))
    return {
        "seen": ended.total(),
        "missing imports": missing,
        "migrated": sum(migrated.values()),
        "verdicts": migrated,
        "refused": refused,
    }


def traced(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Returns how those classes of an entry ended whose sizes the source did not tell, once runs had shown them."""
    return counts(entry.get("traced", {}).values())


def total(packages: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the sums over all packages."""
    alone = counts(outcome for found in packages.values() for outcome in found["classes"].values())
    refused = Counter[str]()
    for found in packages.values():
        refused.update(found["whole"]["refused"])
    numbers = ("classes", "migrated", "constructions", "rewritten", "violations", "beside")
    whole = {name: sum(found["whole"][name] for found in packages.values()) for name in numbers}
    told = counts(end for found in packages.values() for end in found.get("traced", {}).values())
    return {"whole": whole | {"refused": dict(sorted(refused.items()))}, "alone": alone, "traced": told}


def load(path: Path = GOLDEN) -> dict[str, Any]:
    """Returns the entries by package; none where there is no file yet."""
    return dict(json.loads(path.read_text())["packages"]) if path.is_file() else {}


def save(packages: Mapping[str, Any], versions: Mapping[str, str], path: Path = GOLDEN) -> None:
    """Writes the file, packages in order."""
    data = {"versions": versions, "total": total(packages), "packages": dict(sorted(packages.items()))}
    path.write_text(json.dumps(data, indent=1) + "\n")


def worse(found: Iterable[Class], known: Mapping[str, str]) -> Iterator[str]:
    """Says of each class that is wrong, or that was better according to the file, what happened to it."""
    for each in found:
        before = known.get(each.key, "")
        lost = before in VERIFIED and each.outcome not in VERIFIED
        if {each.outcome, each.traced} & {*WRONG} or (lost and not each.outcome.startswith("needs ")):
            yield f"{each.key}: {each.outcome}, was {before or 'not known'}\n    {each.detail}"
