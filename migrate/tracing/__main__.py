"""The worker: a request on standard input, one line of JSON for each model in answer."""

import json
import os
import sys
import warnings
from collections.abc import Mapping
from typing import Any, TextIO

from .models import ModelError, first_line
from .runs import trace
from .watched import watching


def main() -> None:
    """Answers `ready`, and then each entry in order."""
    answers = _own_output()
    request = json.load(sys.stdin)
    warnings.simplefilter("ignore")
    sys.path[:0] = request["paths"]
    _say(answers, {"ready": True})
    files = frozenset(request["files"])
    with watching(files):
        for entry in request["entries"]:
            _say(answers, _answer(entry, files, request["seconds"]))


def _answer(entry: Mapping[str, Any], files: frozenset[str], seconds: float) -> dict[str, Any]:
    try:
        return {
            "runs": trace(entry, files, seconds),
            "file": getattr(sys.modules[entry["module"]], "__file__", ""),
        }
    except ModelError as error:
        return {"error": str(error)}
    except (Exception, SystemExit) as error:  # whatever the user's code does: it is the finding, others go on
        return {"error": first_line(error)}


def _say(answers: TextIO, answer: Mapping[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


def _own_output() -> TextIO:
    """What the user's code prints must not be taken for an answer."""
    own = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return own


if __name__ == "__main__":
    main()
