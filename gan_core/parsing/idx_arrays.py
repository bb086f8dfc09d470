"""The IDX format of MNIST and its kin, gzipped or not: four magic bytes, big-endian sizes, then the array's bytes.

Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section on file formats.
"""

import gzip
import hashlib
import math
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, NamedTuple, cast

import numpy as np

from gan_core.errors import BadInput
from gan_core.files import Place, atomic_write

UNSIGNED_BYTES = 0x08  # the type code of the third magic byte; the fourth counts the dimensions
BYTES = {UNSIGNED_BYTES: "u1"}
WHOLE = {UNSIGNED_BYTES: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4"}
PICTURES = (3, 4)  # dimensions, the last of four being channels
GZIP = b"\x1f\x8b"  # begins such a file
BLOCK = 1 << 20  # bytes


class InvalidIdx(BadInput):
    """A file that is no IDX file of images or labels."""


class BrokenGzip(InvalidIdx):
    """The compressed file is cut short or damaged, or no compressed file at all."""


class WrongMagic(InvalidIdx):
    """The first four bytes announce another type or number of dimensions."""


class WrongCount(InvalidIdx):
    """The sizes in the header fit neither the bytes that follow nor the other file."""


class Header(NamedTuple):
    """What an IDX file says of its array."""

    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def size(self) -> int:
        """The bytes of the array."""
        return math.prod(self.shape) * self.dtype.itemsize


@contextmanager
def open_content(path: Place) -> Iterator[IO[bytes]]:
    """What is in a file that gzip may have compressed; damage found while it is read becomes a `BrokenGzip`.

    Not the name tells, for browsers unpack a file and keep its name, but the first byte, which in an IDX file is zero.
    """
    try:
        with path.open("rb") as stored:
            first = stored.read(1)
            stored.seek(0)
            if first == b"\0":
                yield stored
                return
            with gzip.GzipFile(fileobj=stored) as file:
                yield cast(IO[bytes], file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BrokenGzip(f"Expected a whole gzip file at {path}, got “{error}”; fetch or compress it again.") from error


def require_whole(path: Place) -> None:
    """Read a file to its end, where gzip's own checksum stands."""
    content_digest(path)


def content_digest(path: Place) -> str:
    """The SHA-256 digest of what is in a file, uncompressed."""
    with open_content(path) as file:
        digest = hashlib.sha256()
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def open_idx(path: Place, *dimensions: int, kinds: Mapping[int, str] = BYTES) -> Iterator[tuple[IO[bytes], Header]]:
    """An IDX file behind its header, which must announce one of these numbers of dimensions and kinds of numbers."""
    with open_content(path) as file:
        magic = file.read(4)
        if magic.startswith(GZIP):
            raise WrongMagic(f"Expected an IDX file in {path}, got another gzip file; unpack it once.")
        if len(magic) < 4 or magic[:2] != bytes(2) or magic[2] not in kinds or magic[3] not in dimensions:
            expected = bytes([0, 0, UNSIGNED_BYTES, dimensions[0]])
            raise WrongMagic(
                f"Expected the magic bytes {expected.hex()} in {path}, got {magic.hex() or 'none'}; "
                "check that images and labels were not swapped and hold unsigned bytes."
            )
        sizes = file.read(4 * magic[3])
        if len(sizes) < 4 * magic[3]:
            raise WrongCount(f"Expected {magic[3]} sizes in the header of {path}, got a file that ends before them.")
        yield file, Header(struct.unpack(f">{magic[3]}I", sizes), np.dtype(kinds[magic[2]]))


def read_idx(path: Place, *dimensions: int, kinds: Mapping[int, str] = BYTES) -> np.ndarray:
    """The array of an IDX file that must have one of these numbers of dimensions and kinds, read-only."""
    with open_idx(path, *dimensions, kinds=kinds) as (file, header):
        content = file.read()
    if len(content) != header.size:
        raise WrongCount(
            f"Expected {header.size} bytes for {list(header.shape)} in {path}, got {len(content)}; "
            "write the file again."
        )
    return np.frombuffer(content, header.dtype).reshape(header.shape)


def read_rows(path: Place, *dimensions: int) -> Iterator[np.ndarray]:
    """The same array of bytes, one row after the other and no more in memory."""
    with open_idx(path, *dimensions) as (file, header):
        rows, *shape = header.shape
        for row in range(rows):
            content = file.read(math.prod(shape))
            if len(content) != math.prod(shape):
                raise WrongCount(f"Expected {rows} rows in {path}, got {row}; write the file again.")
            yield np.frombuffer(content, np.uint8).reshape(shape)
        if file.read(1):
            raise WrongCount(f"Expected {rows} rows in {path}, got more; write the file again.")


def read_labels(path: Place) -> np.ndarray:
    """The label of each image, of any kind of whole numbers; the first column where there are several, as in QMNIST."""
    labels = read_idx(path, 1, 2, kinds=WHOLE)
    return labels if labels.ndim == 1 else labels[:, 0]


def count_images(path: Place) -> int:
    """How many pictures there are in a file that is whole, from end to end."""
    with open_idx(path, *PICTURES) as (file, header):
        held = sum(map(len, iter(lambda: file.read(BLOCK), b"")))
    if held != header.size:
        raise WrongCount(
            f"Expected {header.size} bytes for {list(header.shape)} in {path}, got {held}; write the file again."
        )
    return header.shape[0]


def write_idx(path: Place, array: np.ndarray) -> None:
    """Write a uint8 array as a gzipped IDX file; equal arrays give equal bytes."""
    if array.dtype != np.uint8:
        raise ValueError(f"Expected a uint8 array, got {array.dtype}.")
    with atomic_write(path) as file, gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as compressed:
        compressed.write(idx_header(array.shape) + array.tobytes())


def idx_header(shape: tuple[int, ...]) -> bytes:
    """What an IDX file of unsigned bytes with this shape begins with; BadInput for 2**32 or more along an axis."""
    if max(shape) >= 2**32:
        raise BadInput(
            f"Expected at most {2**32 - 1:,} images in an IDX file, got {max(shape):,}; choose another format."
        )
    return bytes([0, 0, UNSIGNED_BYTES, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
