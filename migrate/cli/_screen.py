"""Standard output and standard error, whoever hangs up and whatever cannot be encoded."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TextIO


def show(content: str | bytes) -> None:
    """Writes a result to standard output. A reader that hung up is no error; any other failure is OSError."""
    if sys.stdout is None:  # closed by the caller (`>&-`)
        return
    try:
        _write(sys.stdout, content)
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:
        raise OSError(error.errno, f"standard output cannot be written: {error.strerror}") from error


def tell(message: str) -> None:
    """Writes a message to standard error, where it cannot mix with results."""
    if sys.stderr is None:
        return
    try:
        _write(sys.stderr, message.rstrip("\n") + "\n")
    except BrokenPipeError:
        _silence(sys.stderr)


def working(what: str) -> AbstractContextManager[object]:
    """Returns a context that shows a spinner while something long runs; nothing at all off a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(what)


def _write(stream: TextIO, content: str | bytes) -> None:
    buffer = getattr(stream, "buffer", None)
    if buffer is None:  # replaced by a StringIO
        stream.write(content if isinstance(content, str) else content.decode("utf-8", "surrogateescape"))
        return
    stream.flush()
    # A path may hold bytes that are no text, and a message may quote a name that the terminal lacks.
    data = content if isinstance(content, bytes) else content.encode(stream.encoding, "backslashreplace")
    buffer.write(data)
    buffer.flush()


def _silence(stream: TextIO) -> None:
    # The interpreter flushes at exit and would complain about the same pipe again.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
