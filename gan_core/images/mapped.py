"""Pictures that are too many for the memory: they lie in a mapped file, and are read where they are looked at.

All arrays here are uint8 [N, height, width, C], held or mapped alike; what is made of mapped ones is mapped too where
it is large. The system may drop what was read of a file, and is asked to after each stretch of it.
"""

import io
import math
import mmap
import struct
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

import numpy as np

from gan_core.files import BLOCK, naming

LARGE = 1 << 28  # bytes of pixels: more are not held in memory
STRETCH = 1 << 25  # bytes that are looked at in a row
PIECE = 64  # pictures here and there: for each of them the system may map two megabytes
LOCAL_HEADER, LENGTHS = 30, 26  # bytes of what stands before a ZIP file's member, and where the lengths of names are


class Mapping(mmap.mmap):
    """A file in the address space."""

    folder: Path  # that it lies in, or has room for others where it has no name


def map_pictures(file: BinaryIO, shape: Sequence[int], folder: Path, start: int = 0) -> np.ndarray:
    """The array of bytes of this shape that begins at `start` in a file of `folder`, read-only; none of it is read."""
    mapping = Mapping(file.fileno(), 0, access=mmap.ACCESS_READ)
    mapping.folder = folder
    return np.ndarray(tuple(shape), np.uint8, buffer=mapping, offset=start)


def map_member(path: Path, key: str) -> np.ndarray | None:
    """A large array of bytes in an NPZ file that is not compressed; None for another, which is to be read.

    Raises BadZipFile for bytes that are not as they were written.
    """
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        member = archive.getinfo(f"{key}.npy")
        if member.file_size <= LARGE or member.compress_type != zipfile.ZIP_STORED:
            return None
        with archive.open(member) as content:
            while content.read(BLOCK):  # to its end, where the checksum is compared
                pass
        file.seek(member.header_offset + LENGTHS)
        file.seek(member.header_offset + LOCAL_HEADER + sum(struct.unpack("<HH", file.read(4))))
        np.lib.format.read_magic(file)
        shape, by_columns, dtype = np.lib.format.read_array_header_1_0(file)
        return None if by_columns or dtype != np.uint8 else map_pictures(file, shape, path.parent, file.tell())


def pile(parts: Iterable[np.ndarray], count: int, shape: Sequence[int], folder: Path | None) -> np.ndarray:
    """All pictures of `parts`, `count` of this shape at most, in one array, read-only.

    It is mapped where it may be large and there is a folder with room for a nameless file.
    """
    if folder is None or count * math.prod(shape) <= LARGE:
        held = io.BytesIO()
        written = sum(held.write(part.tobytes()) for part in parts)
        return np.ndarray((written // math.prod(shape), *shape), np.uint8, buffer=held.getbuffer())
    folder.mkdir(parents=True, exist_ok=True)
    with naming(folder), tempfile.TemporaryFile(dir=folder) as file:
        written = sum(file.write(part.tobytes()) for part in parts)
        file.flush()
        if not written:  # nothing is not mapped
            return np.zeros((0, *shape), np.uint8)
        return map_pictures(file, (written // math.prod(shape), *shape), folder)


def pick(images: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The pictures at `places`, int or bool, in their order."""
    places = np.flatnonzero(places) if places.dtype == bool else places
    folder, shape = folder_of(images), images.shape[1:]
    if folder is None or len(places) * math.prod(shape) <= LARGE:
        return read(images, places)
    stretches = np.split(places, range(_rows(images), len(places), _rows(images)))
    return pile((read(images, part) for part in stretches), len(places), shape, folder)


def read(images: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The few pictures at `places` int [...], held: uint8 [..., height, width, C]."""
    mapping = _mapping_of(images)
    if mapping is None:
        return images[places]
    wanted, found = places.ravel(), np.empty((places.size, *images.shape[1:]), np.uint8)
    _ask_for(images, wanted, mapping)
    for start in range(0, len(wanted), PIECE):
        found[start : start + PIECE] = images[wanted[start : start + PIECE]]
        release(images)
    return found.reshape(*places.shape, *images.shape[1:])


def join(sets: Sequence[np.ndarray]) -> np.ndarray:
    """The pictures of all sets, one set after the other."""
    folder = next(filter(None, map(folder_of, sets)), None)
    if len(sets) == 1:
        return sets[0]
    if folder is None:
        return np.concatenate(sets)
    parts = (part for images in sets for part in walk(images))
    return pile(parts, sum(map(len, sets)), sets[0].shape[1:], folder)


def walk(images: np.ndarray, rows: int | None = None) -> Iterator[np.ndarray]:
    """Yield all pictures, so many `rows` at a time, or a stretch."""
    rows = rows or _rows(images)
    for start in range(0, len(images), rows):
        yield images[start : start + rows]
        release(images)


def batches(images: np.ndarray, orders: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield each order int [...] with its pictures uint8 [..., height, width, C]; a thread reads the next meanwhile."""
    with ThreadPoolExecutor(1) as pool:
        reading = ((order, pool.submit(read, images, order)) for order in orders)
        waiting = next(reading, None)
        while waiting:
            (order, pictures), waiting = waiting, next(reading, None)
            yield order, pictures.result()


def digests(images: np.ndarray) -> Iterator[bytes]:
    """Yield 16 bytes for each picture, the same for pictures that are equal in every pixel and for no others."""
    for part in walk(images):
        for image in part:
            yield blake2b(image.tobytes(), digest_size=16).digest()


def release(images: np.ndarray) -> None:
    """Let the system drop what was read of mapped pictures; who looks again reads again."""
    if mapping := _mapping_of(images):
        mapping.madvise(mmap.MADV_DONTNEED)


def folder_of(images: np.ndarray) -> Path | None:
    """The folder that mapped pictures lie in; None of held ones."""
    mapping = _mapping_of(images)
    return mapping.folder if mapping else None


def _ask_for(images: np.ndarray, places: np.ndarray, mapping: Mapping) -> None:
    """Let the system fetch pictures from the disk side by side, while none of them is waited for."""
    size, first = images.strides[0], images.ctypes.data - np.frombuffer(mapping, np.uint8).ctypes.data
    for start in (first + np.sort(places.astype(np.int64) % len(images)) * size).tolist():
        beyond = start % mmap.PAGESIZE
        mapping.madvise(mmap.MADV_WILLNEED, start - beyond, size + beyond)


def _rows(images: np.ndarray) -> int:
    """The pictures of a stretch."""
    return max(1, STRETCH // math.prod(images.shape[1:]))


def _mapping_of(images: np.ndarray) -> Mapping | None:
    """The file that the pictures lie in, if they do."""
    owner: object = images
    while isinstance(owner, np.ndarray):
        owner = owner.base
    return owner if isinstance(owner, Mapping) else None
