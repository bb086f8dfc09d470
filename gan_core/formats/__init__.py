"""The formats that datasets are exported in, each one module that follows `Format`; equal images give equal bytes.

A new format is a module here and its line in FORMATS.
"""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import Protocol

import numpy as np

from gan_core.distribution import install_command
from gan_core.errors import BadInput
from gan_core.files import Place
from gan_core.formats import idx, imagefolder, npz, parquet, tfds, webdataset
from gan_core.formats.shards import Export, ExportSplit
from gan_core.images.labelled_images import LabelledImages


class Format(Protocol):
    """What a format's module does."""

    def write_shard(self, folder: Place, split: ExportSplit, shard: int, images: LabelledImages) -> None:
        """Write a shard, in any process and any order; one written again gives the same files."""

    def finish(self, folder: Place, export: Export) -> None:
        """Make of all shards what the format's readers expect."""

    def read(self, folder: Place, split: str) -> Iterator[tuple[np.ndarray, int]]:
        """Yield the images uint8 [side, side] of a split with their labels, in the order of their numbers."""

    def room(self, images: int, side: int) -> int:
        """The bytes that so many images take on a disk at least, while they are written too."""


FORMATS: dict[str, Format] = {
    "idx": idx,
    "npz": npz,
    "parquet": parquet,
    "imagefolder": imagefolder,
    "tfds": tfds,
    "webdataset": webdataset,
}
EXTRAS = {"tfds": "tensorflow_datasets"}  # the library that a format needs from the extra of its name


def require(formats: Iterable[str]) -> None:
    """Raise BadInput for a format whose library is not installed."""
    for name in formats:
        if name in EXTRAS and find_spec(EXTRAS[name]) is None:
            raise BadInput(
                f"Expected the library {EXTRAS[name]} for the format {name}, got none installed; "
                f"say {install_command(name)}."
            )
