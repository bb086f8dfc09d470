"""One NPZ file with the keys x_train, y_train, x_test, y_test, as `numpy.load` reads it."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from gan_core.files import atomic_write
from gan_core.images import LabelledImages
from tasks.formats.parts import copy_parts, write_part
from tasks.shards import Export, Split

NAME = "dataset.npz"


def write_shard(folder: Path, split: Split, shard: int, images: LabelledImages) -> None:
    """Keep the plain bytes."""
    write_part(folder, "x", split.stem(shard), images.images.tobytes())
    write_part(folder, "y", split.stem(shard), images.labels.tobytes())


def finish(folder: Path, export: Export) -> None:
    """Join the pieces behind NumPy's headers in one archive; class_names stand beside them."""
    with atomic_write(folder / NAME) as file, zipfile.ZipFile(file, "w") as archive:
        for split in export.splits:
            for kind, shape in (("x", (split.images, export.side, export.side)), ("y", (split.images,))):
                with archive.open(zipfile.ZipInfo(f"{kind}_{split.name}.npy"), "w", force_zip64=True) as member:
                    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(cast(BinaryIO, member), header)
                    copy_parts(folder, kind, split, cast(BinaryIO, member))
        with archive.open(zipfile.ZipInfo("class_names.npy"), "w") as member:
            np.lib.format.write_array(cast(BinaryIO, member), np.array(export.class_names), allow_pickle=False)


def read(folder: Path, split: str) -> Iterator[tuple[np.ndarray, int]]:
    """The images and labels of the archive."""
    with (folder / NAME).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        yield from zip(arrays[f"x_{split}"], arrays[f"y_{split}"], strict=True)
