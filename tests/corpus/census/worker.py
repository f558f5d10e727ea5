"""A process that compares classes one after the other, and is replaced when one takes too long or ends it."""

import multiprocessing
import os
import traceback
import warnings
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.connection import Connection
from typing import NamedTuple

from migrate_norm.codemod import Result
from migrate_norm.codemod.traced.records import Facts

from ..isolate import Isolated
from .traced import Trace, traced
from .verify import Found, Verdict, verify
from .ways import Known

LIMIT = 120.0  # seconds for one class


class Job(NamedTuple):
    """A class, what the codemod made of it, and what is known of how its package builds and calls it."""

    isolated: Isolated
    result: Result
    known: Known


class Worker:
    """Runs jobs in a process of its own. Close it when done."""

    def __init__(self, limit: float = LIMIT) -> None:
        self.limit = limit
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._ours.recv()  # it has imported what it needs: the limit is for the job alone

    def run(self, job: Job) -> Found:
        """Returns what the process found, or that it did not come back."""
        answer = self._answer(job)
        return answer if isinstance(answer, Found) else Found(Verdict.SLOW, str(answer))

    def trace(self, job: Trace) -> Facts:
        """Returns what the process recorded, nothing where it did not come back."""
        answer = self._answer(job)
        return answer if isinstance(answer, Facts) else Facts()

    def _answer(self, job: Job | Trace) -> Found | Facts | str:
        self._ours.send(job)
        try:
            if self._ours.poll(self.limit):
                found: Found | Facts = self._ours.recv()
                return found
            why = f"took longer than {self.limit:.0f} s"
        except EOFError:
            why = "ended its process"
        self.close()
        self._start()
        return why

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.join()
        self._ours.close()


def _serve(pipe: Connection) -> None:
    warnings.simplefilter("ignore")
    pipe.send(None)
    with open(os.devnull, "w") as null, redirect_stdout(null), redirect_stderr(null):
        while True:
            job: Job | Trace = pipe.recv()
            pipe.send(answer(job) if isinstance(job, Job) else traced(*job))


def answer(job: Job) -> Found:
    """Returns the verdict on one class, in this process."""
    try:
        return verify(*job)
    except (Exception, SystemExit) as error:  # whatever it is: it is the finding, and the other classes go on
        place = traceback.extract_tb(error.__traceback__)[-1]
        return Found(Verdict.FAILED, f"{type(error).__name__}: {error} at {place.filename}:{place.lineno}")
