"""Damaged files: refused, or read as the library that wrote them reads the same bytes."""

import io
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
import pytest
import safetensors
from flax import serialization
from migrate_norm.checkpoint.formats import FormatError

from .values import Held, official_msgpack, official_npz, official_safetensors, read


def _msgpack(chunk: int) -> bytes:
    tree = {
        "params": {"Dense_0": {"kernel": np.arange(6, dtype=np.float32).reshape(2, 3)}, "empty": {}},
        "half": np.arange(3).astype(ml_dtypes.bfloat16),
        "step": 300,
        "list": [1.5, True, None, 2 - 1j],
        "scalar": np.int16(-3),
        "name": "resnet",
        "long": np.arange(20, dtype=np.uint8),
    }
    before, serialization.MAX_CHUNK_SIZE = serialization.MAX_CHUNK_SIZE, chunk
    try:
        return serialization.msgpack_serialize(tree)
    finally:
        serialization.MAX_CHUNK_SIZE = before


def _safetensors() -> bytes:
    arrays = {
        "params.kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
        "params.flag": np.array([True, False]),
        "step": np.int64(7),
        "empty.a": np.zeros((0, 3), np.float16),
    }
    specs = {
        name: safetensors.TensorSpec(
            dtype=array.dtype.name, shape=array.shape, data_ptr=array.ctypes.data, data_len=array.nbytes
        )
        for name, array in ((name, np.asarray(array)) for name, array in arrays.items())
    }
    return bytes(safetensors.serialize(specs, metadata={"format": "flax"}))


def _npz(save: Callable[..., Any]) -> bytes:
    file = io.BytesIO()
    kernel = np.arange(6, dtype=np.float32).reshape(2, 3)
    save(file, **{"p/kernel": kernel, "p/turned": kernel.T, "step": np.array(7), "big": np.arange(40.0)})
    return file.getvalue()


class Kind(NamedTuple):
    data: bytes
    official: Callable[[bytes], Held]


KINDS = {
    "msgpack": Kind(_msgpack(1 << 30), official_msgpack),
    "msgpack_chunked": Kind(_msgpack(16), official_msgpack),
    "safetensors": Kind(_safetensors(), official_safetensors),
    "npz_stored": Kind(_npz(np.savez), official_npz),
    "npz_deflated": Kind(_npz(np.savez_compressed), official_npz),
}


def _bit_flips(data: bytes) -> Iterator[bytes]:
    """Every single bit; of an archive, which is slow to read, every fifth."""
    for place in range(0, len(data) * 8, 5 if data.startswith(b"PK") else 1):
        damaged = bytearray(data)
        damaged[place // 8] ^= 1 << place % 8
        yield bytes(damaged)


def _truncations(data: bytes) -> Iterator[bytes]:
    yield from (data[:length] for length in range(len(data)))


def _wild(data: bytes) -> Iterator[bytes]:
    """A thousand mixtures of flipped, overwritten, removed, doubled and inserted bytes."""
    draw = random.Random(len(data))
    for _ in range(1000):
        damaged = bytearray(data)
        for _ in range(draw.randint(1, 4)):
            place, length = draw.randrange(len(damaged)), draw.randint(0, 9)
            stretch = bytes(damaged[draw.randrange(len(damaged)) :][:length])
            damaged[place : place + draw.choice([0, length])] = draw.choice([stretch, draw.randbytes(length)])
            damaged = damaged or bytearray(b"\0")
        yield bytes(damaged)


DAMAGES = {"bit_flips": _bit_flips, "truncations": _truncations, "wild": _wild}


def outcome(path: Path, kind: Kind, data: bytes) -> str:
    """Returns how reading ended; fails where it ended in values that are not in the file."""
    path.write_bytes(data)
    try:
        found = read(path)
    except FormatError as error:
        message = str(error)
        return "refused" if str(path) in message and len(message) < 1000 else message
    expected = kind.official(data)
    assert found.arrays == expected.arrays
    if kind.official is official_msgpack:
        assert found == expected
    return "equal"


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_damaged(tmp_path: Path, kind: str, damage: str) -> None:
    cases = list(DAMAGES[damage](KINDS[kind].data))
    found = [outcome(tmp_path / "file", KINDS[kind], data) for data in cases]
    assert len(found) >= (200 if damage == "truncations" else 1000)
    assert set(found) <= {"refused", "equal"}
    assert found.count("refused") > len(found) // 10


@pytest.mark.parametrize("kind", KINDS)
def test_undamaged(tmp_path: Path, kind: str) -> None:
    assert outcome(tmp_path / "file", KINDS[kind], KINDS[kind].data) == "equal"
