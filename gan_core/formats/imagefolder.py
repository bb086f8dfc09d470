"""A folder a split, in it a folder a class, in it a PNG file an image, named by the image's number in the split."""

import io
from collections.abc import Iterator

import numpy as np

from gan_core.files import Place, find_below, is_local
from gan_core.formats.png import decode_png, encode_png, folder_names
from gan_core.formats.shards import Export, ExportSplit
from gan_core.images.labelled_images import LabelledImages

BLOCK = 4096  # bytes, of most file systems


def write_shard(folder: Place, split: ExportSplit, shard: int, images: LabelledImages) -> None:
    """Write the images of a shard, to an object store many at once; a shard written again gives the same files."""
    classes = [folder / split.name / name for name in folder_names(images.class_names)]
    numbered = zip(split.range(shard), images.labels, encode_png(images.images), strict=True)
    files = ((classes[label] / f"{number:08d}.png", image) for number, label, image in numbered)
    if is_local(folder):
        for path in classes:
            path.mkdir(parents=True, exist_ok=True)
        for path, image in files:
            path.write_bytes(image)
    else:
        folder.fs.pipe({path.path: image for path, image in files})


def finish(folder: Place, export: Export) -> None:
    """Nothing is left to do."""


def room(images: int, side: int) -> int:
    """A file takes whole blocks."""
    return images * -(-(side**2 // 2) // BLOCK) * BLOCK


def read(folder: Place, split: str) -> Iterator[tuple[np.ndarray, int]]:
    """The images, with the numbers of their folders as labels."""
    for path in sorted(find_below(folder / split, "*/*.png"), key=lambda path: path.name):
        yield decode_png(io.BytesIO(path.read_bytes())), int(path.parent.name.partition("_")[0])
