"""Tar files of .png and .cls pairs with the image's number as their key, enough for many processes that read them."""

import io
import tarfile
from collections.abc import Iterator
from itertools import groupby
from typing import IO, cast

import numpy as np

from gan_core.files import Place, atomic_write, find_below
from gan_core.formats.png import decode_png, encode_png
from gan_core.formats.shards import Export, ExportSplit
from gan_core.images.labelled_images import LabelledImages

WORKERS = 16  # that may read a split at once, each a file of its own, which the library's reader wants


def write_shard(folder: Place, split: ExportSplit, shard: int, images: LabelledImages) -> None:
    """Write the tar files of a shard, without dates and owners."""
    each, numbered = (
        images_in_tar(split),
        zip(split.range(shard), images.labels, encode_png(images.images), strict=True),
    )
    for tar, pairs in groupby(numbered, lambda pair: pair[0] // each):
        with (
            atomic_write(folder / f"{split.name}-{tar:06d}.tar") as file,
            tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive,
        ):
            for number, label, image in pairs:
                _add(archive, f"{number:08d}.cls", str(label).encode())
                _add(archive, f"{number:08d}.png", image)


def images_in_tar(split: ExportSplit) -> int:
    """As many as a shard or the largest part of it that gives a split of enough images WORKERS files or more."""
    parts = (split.shard_images // number for number in range(1, split.shard_images) if not split.shard_images % number)
    return next((part for part in parts if part * WORKERS <= split.images), 1)


def finish(folder: Place, export: Export) -> None:
    """Nothing is left to do."""


def room(images: int, side: int) -> int:
    """Two headers, a label and the PNG bytes, half as many as there are pixels, in whole blocks."""
    return images * (3 + -(-(side**2 // 2) // tarfile.BLOCKSIZE)) * tarfile.BLOCKSIZE


def read(folder: Place, split: str) -> Iterator[tuple[np.ndarray, int]]:
    """The pairs of the tar files."""
    for path in find_below(folder, f"{split}-*.tar"):
        with path.open("rb") as file, tarfile.open(fileobj=file) as archive:
            contents = (cast(IO[bytes], archive.extractfile(entry)).read() for entry in archive)
            for label in contents:
                yield decode_png(io.BytesIO(next(contents))), int(label)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
