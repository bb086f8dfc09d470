"""One NPZ file with the keys x_train, y_train, x_test, y_test, as `numpy.load` reads it."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO, cast

import numpy as np

from gan_core.config import DataSettings
from gan_core.errors import BadInput, show_names
from gan_core.exports.shards import Export, ExportSplit
from gan_core.exports.split_pieces import join_pieces, write_piece
from gan_core.files import Place, atomic_write
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.parsing.npz_arrays import find_range, opened, read_header, read_rows, read_whole
from gan_core.sources.array_conventions import DEPTHS, as_labels, count_bits, picture_axes, require_pairs, to_bytes
from gan_core.sources.found_pictures import SPLITS, Found, Part, Picture, Split
from gan_core.sources.listing import Listing
from gan_core.sources.split_names import split_of

NAME = "dataset.npz"
PICTURES, LABELS = ("images", "image", "imgs", "x", "data"), ("labels", "label", "y", "targets", "target")
CLASS_NAMES = ("class_names", "label_names", "classes")


def write_shard(folder: Place, split: ExportSplit, shard: int, images: LabelledImages) -> None:
    """Keep the plain bytes."""
    write_piece(folder, "x", split.stem(shard), images.images.tobytes())
    write_piece(folder, "y", split.stem(shard), images.labels.tobytes())


def finish(folder: Place, export: Export) -> None:
    """Join the pieces behind NumPy's headers in one archive; class_names stand beside them."""
    with atomic_write(folder / NAME) as file, zipfile.ZipFile(file, "w") as archive:
        for split in export.splits:
            for kind, shape in (("x", (split.images, *export.shape.stored)), ("y", (split.images,))):
                with archive.open(zipfile.ZipInfo(f"{kind}_{split.name}.npy"), "w", force_zip64=True) as member:
                    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                    np.lib.format.write_array_header_1_0(cast(BinaryIO, member), header)
                    join_pieces(folder, kind, split, cast(BinaryIO, member))
        with archive.open(zipfile.ZipInfo("class_names.npy"), "w") as member:
            np.lib.format.write_array(cast(BinaryIO, member), np.array(export.class_names), allow_pickle=False)


def room(images: int, shape: ImageShape) -> int:
    """Plain bytes, in pieces and joined."""
    return 2 * images * shape.values


def recognise(listing: Listing, settings: DataSettings) -> Found | None:
    """An archive with arrays of pictures and labels, as MedMNIST, Keras and this program name them; None without one.

    Raises BadInput for several, for arrays that do not fit each other, and for pickled objects.
    """
    archives = {name: keys for name in listing.with_suffix(".npz") if (keys := _keys(listing.root / name))}
    if not archives:
        return None
    if len(archives) > 1:
        raise BadInput(
            f"Expected one set of images in {listing.root}, got {show_names([*archives])}; name one of them."
        )
    (name, keys), *_ = archives.items()
    path = listing.root / name
    with opened(path) as archive:
        ends = _find_ends(path, archive, [pictures for pictures, _ in keys.values()])
        parts = {split: replace(_part(path, archive, pair), ends=ends) for split, pair in keys.items()}
        named = [key for key in CLASS_NAMES if f"{key}.npy" in archive.namelist()]
        names = read_whole(path, archive, named[0]) if named else None
    known = None if names is None else tuple(map(str, names))
    return Found("npz", "NPZ file", listing.root, parts, known, remarks=tuple(_remarks(ends)))


def read(found: Found, split: Split) -> Iterator[Picture]:
    """The pictures of an array, row by row, as it may be larger than the memory."""
    part = found.parts[split]
    path, key = part.files[0], part.keys[0]
    with opened(path) as archive:
        shape, dtype = read_header(path, archive, key)
        place = f"{key} of {path}"
        arrange, convert = picture_axes(shape, place), to_bytes(dtype, *part.ends, place)
        for number, row in enumerate(read_rows(path, archive, key)):
            yield Picture(f"{key}[{number}]", (part.labels or ())[number], arrange(convert(row)))


def _find_ends(path: Place, archive: zipfile.ZipFile, keys: Sequence[str]) -> tuple[float, float]:
    """The least and the largest pixel of the arrays that are no bytes; 0 and 255 if all are.

    All splits go by them: each by its own would be lighter or darker than the others.
    """
    others = [key for key in keys if read_header(path, archive, key)[1] != np.uint8]
    ends = [find_range(path, archive, key) for key in others] or [(0, 255)]
    return float(np.min(ends)), float(np.max(ends))


def _remarks(ends: tuple[float, float]) -> Iterator[str]:
    """How pixels of more than eight bits are read."""
    if 255 < (most := ends[1]) < 2 ** DEPTHS[-1]:
        yield f"pixels up to {most:,.0f} are read as {count_bits(most)} bits and scaled to 8"


def _keys(path: Place) -> dict[Split, tuple[str, str]]:
    """The names of the arrays of pictures and of labels by their splits."""
    with opened(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    found: dict[tuple[Split, str], str] = {}
    for name in reversed(names):
        words = re.split(r"[^a-z0-9]+", name.lower())
        splits = [split for word in words if (split := split_of(word))]
        for kind, known in (("pictures", PICTURES), ("labels", LABELS)):
            if len(splits) <= 1 and [word for word in words if not split_of(word)] in ([word] for word in known):
                found[splits[0] if splits else "train", kind] = name
    return {
        split: (found[split, "pictures"], found[split, "labels"])
        for split in SPLITS
        if (split, "pictures") in found and (split, "labels") in found
    }


def _part(path: Place, archive: zipfile.ZipFile, keys: tuple[str, str]) -> Part:
    pictures, labels = keys
    (count, *_), _ = shape, _ = read_header(path, archive, pictures)
    picture_axes(shape, f"{pictures} of {path}")
    found = as_labels(read_whole(path, archive, labels), f"{labels} of {path}")
    require_pairs(count, len(found), f"{pictures} of {path}", labels)
    return Part((path,), found, keys)
