"""What no command expects: a defect of ours, and an interrupt in the middle of a library's own start."""

import os
from collections.abc import Sequence

INTERRUPTED = 130


def defect(error: BaseException) -> str:
    """Returns a line that says what to report: a traceback would end in exit code 1, which means something else."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f" ({os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno})" if trace else ""
    return f"internal error, please report it: {type(error).__name__}: {error}{place}"


def leave_interrupted(argv: Sequence[str] | None) -> int:
    """Returns the exit code; as a command of its own it ends here, as JAX that is half imported ends in a segfault."""
    if argv is None:
        os._exit(INTERRUPTED)
    return INTERRUPTED
