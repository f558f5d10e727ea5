"""A bar of bytes on a terminal; nothing at all off one."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Meter = Callable[[int, int], None]


@contextmanager
def progress(what: str) -> Iterator[Meter | None]:
    """Gives what is to be told bytes done and bytes in all; None where nobody would see it."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=min(done, total), total=total)

        yield tell
