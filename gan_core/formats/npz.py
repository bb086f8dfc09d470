"""One NPZ file with the keys x_train, y_train, x_test, y_test, as `numpy.load` reads it."""

import math
import zipfile
from collections.abc import Iterator
from typing import IO, BinaryIO, cast

import numpy as np

from gan_core.files import Place, atomic_write
from gan_core.formats.parts import copy_parts, write_part
from gan_core.formats.shards import Export, ExportSplit
from gan_core.images.labelled_images import LabelledImages

NAME = "dataset.npz"


def write_shard(folder: Place, split: ExportSplit, shard: int, images: LabelledImages) -> None:
    """Keep the plain bytes."""
    write_part(folder, "x", split.stem(shard), images.images.tobytes())
    write_part(folder, "y", split.stem(shard), images.labels.tobytes())


def finish(folder: Place, export: Export) -> None:
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


def room(images: int, side: int) -> int:
    """Plain bytes, in pieces and joined."""
    return 2 * images * side**2


def read(folder: Place, split: str) -> Iterator[tuple[np.ndarray, int]]:
    """The images and labels of the archive, which may be larger than the memory."""
    with (
        (folder / NAME).open("rb") as file,
        zipfile.ZipFile(file) as archive,
        archive.open(f"x_{split}.npy") as images,
        archive.open(f"y_{split}.npy") as labels,
    ):
        yield from ((image, int(label)) for image, label in zip(_rows(images), _rows(labels), strict=True))


def _rows(member: IO[bytes]) -> Iterator[np.ndarray]:
    """The rows of an array in NumPy's format, as this module and `numpy.savez` write it, one after the other."""
    np.lib.format.read_magic(cast(BinaryIO, member))
    (rows, *shape), _, dtype = np.lib.format.read_array_header_1_0(cast(BinaryIO, member))
    for _ in range(rows):
        yield np.frombuffer(member.read(math.prod(shape) * dtype.itemsize), dtype).reshape(shape)
