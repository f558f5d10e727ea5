"""Joins the processes of `--distributed`."""

import re

from ._usage import UsageError


def join(spec: str) -> None:
    """Initializes `jax.distributed` from `HOST:PORT,N,I`, or from what the cluster tells where that is empty.

    Raises UsageError.
    """
    match = re.fullmatch(r"(\S+:[0-9]+),([0-9]+),([0-9]+)", spec)
    if spec and match is None:
        raise UsageError(f"--distributed {spec}: write HOST:PORT,N,I, such as 10.0.0.1:8476,4,0")
    import jax

    try:
        if match is None:
            jax.distributed.initialize()
        else:
            jax.distributed.initialize(match[1], int(match[2]), int(match[3]))
    except (RuntimeError, ValueError) as error:
        raise UsageError(_said(spec, error)) from error


def _said(spec: str, error: Exception) -> str:
    if spec:
        return f"--distributed {spec}: the processes did not find each other: {error}"
    return (
        "--distributed without HOST:PORT,N,I asks the cluster, and JAX knows none here: give the address of the"
        f" first process, how many there are, and which one this is ({error})"
    )
