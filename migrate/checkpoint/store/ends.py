"""Chunks that are a file of their own: does the file end where the chunk does? Looks at frames, decodes nothing."""

import struct
from pathlib import Path
from typing import BinaryIO

import zstandard

from .zarr import ArrayMeta

HEADER = 18
"""The longest header of a zstd frame."""
RLE = 1
"""The type of a zstd block that is one byte, repeated."""
INDEX = 20
"""The end of a zarr 3 shard with one chunk in it: its offset and length, and a checksum."""
NONE = 2**64 - 1
"""What a shard's index says of a chunk that is not stored."""


def ends_early(file: Path, about: ArrayMeta) -> bool:
    """Whether a chunk's file is shorter or longer than what it begins with. Raises OSError."""
    size = file.stat().st_size
    with file.open("rb") as data:
        if about.zarr3:
            return _sharded(about) and not _is_shard(data, size)
        codec = (about.raw.get("compressor") or {}).get("id")
        if codec is None and not about.raw.get("filters"):
            return size != about.chunk_bytes
        return codec == "zstd" and not _is_frame(data, size, about.chunk_bytes)


def _sharded(about: ArrayMeta) -> bool:
    codec = about.raw["codecs"][0]
    return (
        codec["name"] == "sharding_indexed" and tuple(codec["configuration"]["chunk_shape"]) == about.chunks
    )


def _is_shard(data: BinaryIO, size: int) -> bool:
    if size < INDEX:
        return False
    data.seek(size - INDEX)
    start, length = struct.unpack("<QQ", data.read(16))
    return bool(start == length == NONE or start + length == size - INDEX)


def _is_frame(data: BinaryIO, size: int, content: int) -> bool:
    """Follows the blocks of a frame from one to the next."""
    head = data.read(HEADER)
    try:
        about = zstandard.get_frame_parameters(head)
        place = zstandard.frame_header_size(head)
    except zstandard.ZstdError:
        return False
    last = False
    while not last:
        data.seek(place)
        word = data.read(3)
        if len(word) < 3:
            return False
        block = int.from_bytes(word, "little")
        last, kind, length = bool(block & 1), block >> 1 & 3, block >> 3
        place += 3 + (1 if kind == RLE else length)
    known = about.content_size in (content, zstandard.CONTENTSIZE_UNKNOWN)
    return bool(known and place + 4 * about.has_checksum == size)
