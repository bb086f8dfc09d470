"""The files of the original Fashion-MNIST: gzipped where Keras looks for them, and plain where torchvision does."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gan_core.files import Place, atomic_write
from gan_core.formats.idx_codec import idx_header, read_rows
from gan_core.formats.parts import copy_parts, write_part
from gan_core.formats.shards import Export, ExportSplit
from gan_core.images.labelled_images import LabelledImages

PREFIX = {"train": "train", "test": "t10k"}
KERAS, TORCHVISION = Path("datasets", "fashion-mnist"), Path("FashionMNIST", "raw")


def write_shard(folder: Place, split: ExportSplit, shard: int, images: LabelledImages) -> None:
    """Keep the plain and the gzipped bytes; gzip members one after another are one gzip file."""
    for kind, array in (("images", images.images), ("labels", images.labels)):
        content = array.tobytes()
        write_part(folder, kind, split.stem(shard), content)
        write_part(folder, f"{kind}.gz", split.stem(shard), _zipped(content))


def finish(folder: Place, export: Export) -> None:
    """Join the pieces behind headers that say how many images there are."""
    for split in export.splits:
        for kind, shape in (("images", (split.images, export.side, export.side)), ("labels", (split.images,))):
            name, header = f"{PREFIX[split.name]}-{kind}-idx{len(shape)}-ubyte", idx_header(shape)
            _join(folder / TORCHVISION / name, header, folder, kind, split)
            _join(folder / KERAS / f"{name}.gz", _zipped(header), folder, f"{kind}.gz", split)


def room(images: int, side: int) -> int:
    """Plain and gzipped bytes, the latter half as many, in pieces and joined."""
    return 3 * images * side**2


def read(folder: Place, split: str) -> Iterator[tuple[np.ndarray, int]]:
    """The images and labels of the gzipped files."""
    images = read_rows(folder / KERAS / f"{PREFIX[split]}-images-idx3-ubyte.gz", dimensions=3)
    labels = read_rows(folder / KERAS / f"{PREFIX[split]}-labels-idx1-ubyte.gz", dimensions=1)
    yield from ((image, int(label)) for image, label in zip(images, labels, strict=True))


def _join(path: Place, header: bytes, folder: Place, kind: str, split: ExportSplit) -> None:
    with atomic_write(path) as file:
        file.write(header)
        copy_parts(folder, kind, split, file)


def _zipped(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=6, mtime=0)
