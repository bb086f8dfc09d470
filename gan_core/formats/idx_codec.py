"""The IDX format of MNIST and its kin, gzipped or not: four magic bytes, big-endian sizes, then the array's bytes.

Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section on file formats.
"""

import gzip
import hashlib
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

import numpy as np

from gan_core.errors import BadInput
from gan_core.files import Place, atomic_write
from gan_core.images.labelled_images import LabelledImages

UNSIGNED_BYTES = 0x08  # the type code of the third magic byte; the fourth counts the dimensions
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


class WrongShape(InvalidIdx):
    """The images have sides that the networks cannot take."""


class WrongLabels(InvalidIdx):
    """A label, or the list of classes, is out of range."""


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
def open_idx(path: Place, dimensions: int) -> Iterator[tuple[IO[bytes], tuple[int, ...]]]:
    """An IDX file behind its header, and the shape of its array, which must have this number of dimensions."""
    magic = bytes([0, 0, UNSIGNED_BYTES, dimensions])
    with open_content(path) as file:
        header = file.read(4 + 4 * dimensions)
        if header.startswith(GZIP):
            raise WrongMagic(f"Expected an IDX file in {path}, got another gzip file; unpack it once.")
        if header[:4] != magic:
            raise WrongMagic(
                f"Expected the magic bytes {magic.hex()} in {path}, got {header[:4].hex() or 'none'}; "
                "check that images and labels were not swapped and hold unsigned bytes."
            )
        if len(header) < 4 + 4 * dimensions:
            raise WrongCount(f"Expected {dimensions} sizes in the header of {path}, got a file that ends before them.")
        yield file, struct.unpack(f">{dimensions}I", header[4:])


def read_idx(path: Place, dimensions: int) -> np.ndarray:
    """The uint8 array of an IDX file that must have this number of dimensions, read-only."""
    with open_idx(path, dimensions) as (file, shape):
        content = file.read()
    if len(content) != math.prod(shape):
        raise WrongCount(
            f"Expected {math.prod(shape)} bytes for {list(shape)} in {path}, got {len(content)}; write the file again."
        )
    return np.frombuffer(content, np.uint8).reshape(shape)


def read_rows(path: Place, dimensions: int) -> Iterator[np.ndarray]:
    """The same array, one row after the other and no more in memory."""
    with open_idx(path, dimensions) as (file, (rows, *shape)):
        for row in range(rows):
            content = file.read(math.prod(shape))
            if len(content) != math.prod(shape):
                raise WrongCount(f"Expected {rows} rows in {path}, got {row}; write the file again.")
            yield np.frombuffer(content, np.uint8).reshape(shape)
        if file.read(1):
            raise WrongCount(f"Expected {rows} rows in {path}, got more; write the file again.")


def read_images(path: Place) -> np.ndarray:
    """Grey images, uint8 [N, side, side]."""
    images = read_idx(path, dimensions=3)
    _, rows, columns = images.shape
    if rows != columns:
        raise WrongShape(f"Expected square images in {path}, got {rows} x {columns} pixels; crop or pad them.")
    return images


def read_labels(path: Place, classes: int) -> np.ndarray:
    """Labels, uint8 [N], each below `classes`."""
    labels = read_idx(path, dimensions=1)
    if len(labels) and labels.max() >= classes:
        remedy = "subtract 1 from each" if labels.min() == 1 and labels.max() == classes else "correct them"
        raise WrongLabels(
            f"Expected labels from 0 to {classes - 1} in {path}, got {labels.min()} to {labels.max()}; "
            f"{remedy}, or list one name for each class in classes.txt."
        )
    return labels


def count_labels(path: Place) -> int:
    """How many labels there are, as the header says."""
    with open_idx(path, dimensions=1) as (_, (count,)):
        return count


def read_pair(images_path: Place, labels_path: Place, class_names: tuple[str, ...]) -> LabelledImages:
    """Images with their labels, fit for the networks: at least two classes, and a side divisible by four."""
    if len(class_names) < 2:
        raise WrongLabels(f"Expected the names of at least two classes, got {len(class_names)}; add the missing names.")
    images, labels = read_images(images_path), read_labels(labels_path, len(class_names))
    if len(images) != len(labels) or not len(images):
        raise WrongCount(
            f"Expected as many labels as images, and some, in {labels_path} and {images_path}, "
            f"got {len(labels)} and {len(images)}; take both files from the same data set."
        )
    side = images.shape[1]
    if side == 0 or side % 4:
        raise WrongShape(
            f"Expected images with a side divisible by four in {images_path}, got {side} pixels; pad or scale them."
        )
    return LabelledImages(images, labels, class_names)


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
