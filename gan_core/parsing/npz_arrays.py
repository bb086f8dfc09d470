"""The arrays of an NPZ file, row by row where they are large; nothing in it is executed."""

import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, cast

import numpy as np

from gan_core.errors import BadInput, say_error, unreadable
from gan_core.files import Place


@contextmanager
def opened(path: Place) -> Iterator[zipfile.ZipFile]:
    """The archive; BadInput for what is none, or is damaged."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            yield archive
    except (EOFError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise BadInput(
            f"Expected a whole NPZ file at {path}, got “{say_error(error)}”; fetch or save it again."
        ) from error
    except OSError as error:
        raise unreadable(error, path) from error


def read_header(path: Place, archive: zipfile.ZipFile, key: str) -> tuple[tuple[int, ...], np.dtype]:
    """The shape and the kind of an array."""
    with archive.open(f"{key}.npy") as member:
        shape, _, dtype = _read_header(path, key, member)
    return shape, dtype


def _read_header(path: Place, key: str, member: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """The shape of an array, whether it goes column by column, and its kind; BadInput for pickled objects."""
    file = cast(BinaryIO, member)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, by_columns, dtype = read(file)
    if dtype.hasobject:
        raise BadInput(
            f"Expected numbers or texts in {key} of {path}, got pickled objects, which could run any program; "
            "save it by numpy.savez with arrays of dtype uint8, int or str."
        )
    return shape, by_columns, dtype


def read_whole(path: Place, archive: zipfile.ZipFile, key: str) -> np.ndarray:
    """A small array."""
    read_header(path, archive, key)
    with archive.open(f"{key}.npy") as member:
        return np.lib.format.read_array(cast(BinaryIO, member), allow_pickle=False)


def read_rows(path: Place, archive: zipfile.ZipFile, key: str) -> Iterator[np.ndarray]:
    """The rows of an array, one after the other; an array that goes column by column is read as a whole."""
    with archive.open(f"{key}.npy") as member:
        (rows, *shape), by_columns, dtype = _read_header(path, key, member)
        if by_columns:
            yield from read_whole(path, archive, key)
            return
        for _ in range(rows):
            yield np.frombuffer(member.read(math.prod(shape) * dtype.itemsize), dtype).reshape(shape)


def find_range(path: Place, archive: zipfile.ZipFile, key: str) -> tuple[float, float]:
    """The least and the largest number of an array, of which bytes need not be looked at; NaN for what is none."""
    dtype = read_header(path, archive, key)[1]
    if dtype == np.uint8:
        return 0, 255
    if dtype.kind not in "biuf":
        return np.nan, np.nan
    ends = [(float(row.min()), float(row.max())) for row in read_rows(path, archive, key) if row.size] or [(0, 0)]
    return float(np.min(ends)), float(np.max(ends))
