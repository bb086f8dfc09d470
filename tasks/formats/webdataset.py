"""Tar files, one a shard, of .png and .cls pairs with the image's number as their key."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import numpy as np

from gan_core.files import atomic_write
from gan_core.images import LabelledImages
from tasks.formats.png import decoded, encoded
from tasks.shards import Export, Split


def write_shard(folder: Path, split: Split, shard: int, images: LabelledImages) -> None:
    """Write one tar file, without dates and owners."""
    with (
        atomic_write(folder / f"{split.name}-{shard:06d}.tar") as file,
        tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for number, label, image in zip(split.range(shard), images.labels, encoded(images.images), strict=True):
            _add(archive, f"{number:08d}.cls", str(label).encode())
            _add(archive, f"{number:08d}.png", image)


def finish(folder: Path, export: Export) -> None:
    """Nothing is left to do."""


def read(folder: Path, split: str) -> Iterator[tuple[np.ndarray, int]]:
    """The pairs of the tar files."""
    for path in sorted(folder.glob(f"{split}-*.tar")):
        with path.open("rb") as file, tarfile.open(fileobj=file) as archive:
            contents = (cast(IO[bytes], archive.extractfile(entry)).read() for entry in archive)
            for label in contents:
                yield decoded(io.BytesIO(next(contents))), int(label)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
