"""The files of the original Fashion-MNIST: gzipped where Keras looks for them, and plain where torchvision does."""

import gzip
from collections.abc import Iterator
from pathlib import Path

from gan_core.config import DataSettings
from gan_core.exports.shards import Export, ExportSplit
from gan_core.exports.split_pieces import join_pieces, write_piece
from gan_core.files import Place, atomic_write
from gan_core.images.labelled_images import FASHION_MNIST_CLASSES, LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.parsing.idx_arrays import PICTURES, content_digest, count_images, idx_header, read_labels, read_rows
from gan_core.parsing.text_lines import read_lines
from gan_core.sources.array_conventions import require_pairs
from gan_core.sources.found_pictures import SPLITS, Found, Part, Picture, Split
from gan_core.sources.idx_file_names import KINDS, PREFIX, base_of, find_set, folder_of, meaning_of, set_of
from gan_core.sources.listing import Listing, list_place

FASHION_MNIST_LABELS = "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"  # of what is in the file
KERAS, TORCHVISION = Path("datasets", "fashion-mnist"), Path("FashionMNIST", "raw")


def write_shard(folder: Place, split: ExportSplit, shard: int, images: LabelledImages) -> None:
    """Keep the plain and the gzipped bytes; gzip members one after another are one gzip file."""
    for kind, array in (("images", images.images), ("labels", images.labels)):
        content = array.tobytes()
        write_piece(folder, kind, split.stem(shard), content)
        write_piece(folder, f"{kind}.gz", split.stem(shard), _zipped(content))


def finish(folder: Place, export: Export) -> None:
    """Join the pieces behind headers that say how many images there are."""
    for split in export.splits:
        for kind, shape in (("images", (split.images, *export.shape.stored)), ("labels", (split.images,))):
            name, header = f"{PREFIX[split.name]}-{kind}-idx{len(shape)}-ubyte", idx_header(shape)
            _join(folder / TORCHVISION / name, header, folder, kind, split)
            _join(folder / KERAS / f"{name}.gz", _zipped(header), folder, f"{kind}.gz", split)


def room(images: int, shape: ImageShape) -> int:
    """Plain and gzipped bytes, the latter half as many, in pieces and joined."""
    return 3 * images * shape.values


def recognise(listing: Listing, settings: DataSettings) -> Found | None:
    """Files of images and labels under any of their usual names, in a folder or below it; None if there are none.

    Raises InvalidIdx for files that are damaged or do not fit each other, and IncompleteSource where one lacks, or
    where there are several sets.
    """
    whole = list_place(listing.root) if listing.alone and meaning_of(listing.names[0]) else listing
    place, files = find_set(whole, listing.names[0] if listing.alone else None)
    if not files:
        return None
    parts: dict[Split, Part] = {}
    for split in SPLITS:
        if (split, "images") in files:
            images, labels = (listing.root / files[split, kind] for kind in KINDS)
            numbers = tuple(map(int, read_labels(labels)))
            require_pairs(count_images(images), len(numbers), images, labels)
            parts[split] = Part((images, labels), numbers)
    names = _names(whole, listing.root / place, listing.root / files["train", "labels"])
    return Found("idx", "IDX files", listing.root, parts, names)


def read(found: Found, split: Split) -> Iterator[Picture]:
    """The images of a file, row by row."""
    part = found.parts[split]
    rows = zip(read_rows(part.files[0], *PICTURES), part.labels or (), strict=True)
    for number, (pixels, label) in enumerate(rows):
        yield Picture(f"{part.files[0].name}, image {number}", label, pixels)


def _names(listing: Listing, place: Place, labels: Place) -> tuple[str, ...] | None:
    """Fashion-MNIST's classes, known by its labels, or those of EMNIST's table of codes beside the files."""
    if content_digest(labels) == FASHION_MNIST_LABELS:
        return FASHION_MNIST_CLASSES
    prefix = f"{set_of(labels.name)}-mapping.txt"
    tables = [
        name for name in listing.names if base_of(name).lower() == prefix and listing.root / folder_of(name) == place
    ]
    lines = [line.split() for name in tables for line in read_lines(listing.root / name)]
    codes = {int(line[0]): int(line[1]) for line in lines if len(line) > 1 and all(each.isdigit() for each in line)}
    return tuple(chr(codes[label]) for label in sorted(codes)) or None


def _join(path: Place, header: bytes, folder: Place, kind: str, split: ExportSplit) -> None:
    with atomic_write(path) as file:
        file.write(header)
        join_pieces(folder, kind, split, file)


def _zipped(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=6, mtime=0)
