"""The files of the original Fashion-MNIST: gzipped where Keras looks for them, and plain where torchvision does."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import cast

from gan_core.config import DataSettings
from gan_core.errors import BadInput
from gan_core.files import Place, atomic_write
from gan_core.formats.idx_codec import PICTURES, content_digest, count_images, idx_header, read_labels, read_rows
from gan_core.formats.parts import copy_parts, write_part
from gan_core.formats.shards import Export, ExportSplit
from gan_core.images.labelled_images import FASHION_MNIST_CLASSES, LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.sources.arrays import require_pairs
from gan_core.sources.found import SPLITS, Found, Part, Picture, Split
from gan_core.sources.listing import Listing, list_place, show_names
from gan_core.sources.split_names import split_of
from gan_core.sources.text_files import read_lines

PREFIX = {"train": "train", "test": "t10k"}
KINDS = ("images", "labels")
RANK = {"images": 3, "labels": 1}  # dimensions
ALIAS = re.compile(
    r"(?:(?P<set>.+)[-_.])?(?P<split>train|training|t10k|test|testing|val|valid|validation)[-_.]"
    r"(?P<kind>images|labels)[-_.]idx(?P<dimensions>[1234])[-_.](?:ubyte|byte|short|int)(?:\.gz)?",
    re.IGNORECASE,
)
STANDARD = re.compile(r"(?:train|t10k)-(?:images-idx3|labels-idx1)-ubyte\.gz")
PLACES = ("", "raw", "[^/]+/raw", "[^/]+", ".+")
FASHION_MNIST_LABELS = "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"  # of what is in the file
KERAS, TORCHVISION = Path("datasets", "fashion-mnist"), Path("FashionMNIST", "raw")


class IncompleteSource(BadInput):
    """A source lacks a file, or has those of several sets."""


def write_shard(folder: Place, split: ExportSplit, shard: int, images: LabelledImages) -> None:
    """Keep the plain and the gzipped bytes; gzip members one after another are one gzip file."""
    for kind, array in (("images", images.images), ("labels", images.labels)):
        content = array.tobytes()
        write_part(folder, kind, split.stem(shard), content)
        write_part(folder, f"{kind}.gz", split.stem(shard), _zipped(content))


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
    whole = list_place(listing.root) if listing.alone and _meaning(listing.names[0]) else listing
    place, files = _one_set(whole, listing.names[0] if listing.alone else None)
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


def _meaning(name: str) -> tuple[Split, str] | None:
    """What a name such as train-images.idx3-ubyte or test-labels-idx1-ubyte.gz stands for, if anything."""
    found = ALIAS.fullmatch(PurePosixPath(name).name)
    if not found or (found["kind"].lower() == "images") != (found["dimensions"] in "34"):
        return None
    return split_of(found["split"]) or "train", found["kind"].lower()


def _set(name: str) -> str:
    """Which of several sets in one folder a file is of, as in emnist-letters-train-images-idx3-ubyte.gz."""
    found = ALIAS.fullmatch(PurePosixPath(name).name)
    return ((found and found["set"]) or "").lower()


def _one_set(listing: Listing, named: str | None) -> tuple[str, dict[tuple[Split, str], str]]:
    """The folder and the files of the one set that there is, or of which a file was named; no files without any."""
    meant = [name for name in sorted({*listing.names, *listing.leading_out}) if _meaning(name)]
    if named:
        meant = [name for name in meant if _folder(name) == "" and _set(name) == _set(named)]
    folder = _chosen_folder(listing, {_folder(name) for name in meant})
    within = [name for name in meant if _folder(name) == folder]
    _require_one_set(listing.root / folder, within)
    candidates: dict[tuple[Split, str], list[str]] = {}
    for name in within:
        candidates.setdefault(cast(tuple[Split, str], _meaning(name)), []).append(name)
    files = {meaning: _chosen(listing.root, names) for meaning, names in candidates.items()}
    wanted = [("train", kind) for kind in KINDS] + [(split, kind) for split, _ in files for kind in KINDS]
    if files and (missing := sorted({meaning for meaning in wanted if meaning not in files}, reverse=True)):
        names = ", ".join(f"{PREFIX.get(split, split)}-{kind}-idx{RANK[kind]}-ubyte.gz" for split, kind in missing)
        raise IncompleteSource(
            f"Expected the files {names} in {listing.root / folder}, got {show_names([*map(_base, within)])}; "
            "add them or correct the names."
        )
    return folder, files


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _chosen_folder(listing: Listing, folders: set[str]) -> str:
    """The folder of the set: the source itself, or where torchvision and others unpack it, or any other one."""
    for pattern in PLACES:
        if len(found := sorted(folder for folder in folders if re.fullmatch(pattern, folder))) > 1:
            raise IncompleteSource(
                f"Expected one set of images in {listing.root}, got {show_names(found)}; name one of these folders."
            )
        if found:
            return found[0]
    return ""


def _require_one_set(folder: Place, names: list[str]) -> None:
    """Raise IncompleteSource unless all files in a folder are of one set."""
    sets = sorted({_set(name) for name in names})
    complete = [each for each in sets if len({_meaning(name) for name in names if _set(name) == each}) >= len(KINDS)]
    if len(complete) > 1 and len({_meaning(name) for name in names}) * len(complete) <= len(names):
        raise IncompleteSource(
            f"Expected one set of images in {folder}, got {show_names(complete)}; name a file of one of them, such as "
            f"{_base(next(name for name in names if _set(name) == complete[0]))}."
        )
    if len(sets) > 1:
        raise IncompleteSource(
            f"Expected four files of one set in {folder}, got {show_names([*map(_base, names)])}; "
            "put those of one set in a folder of their own."
        )


def _chosen(root: Place, names: list[str]) -> str:
    """The only one of these, or the only compressed one of the same name, or the one with the standard name."""
    standard = [name for name in names if STANDARD.fullmatch(_base(name))]
    compressed = [name for name in names if name.lower().endswith(".gz")]
    same = len({name.lower().removesuffix(".gz") for name in names}) == 1
    best = standard or (same and compressed) or names
    if len(best) > 1:
        raise IncompleteSource(
            f"Expected one file of each kind in {root / _folder(best[0])}, got {' and '.join(map(_base, best))}; "
            "leave one of them there."
        )
    return best[0]


def _names(listing: Listing, place: Place, labels: Place) -> tuple[str, ...] | None:
    """Fashion-MNIST's classes, known by its labels, or those of EMNIST's table of codes beside the files."""
    if content_digest(labels) == FASHION_MNIST_LABELS:
        return FASHION_MNIST_CLASSES
    prefix = f"{_set(labels.name)}-mapping.txt"
    tables = [name for name in listing.names if _base(name).lower() == prefix and listing.root / _folder(name) == place]
    lines = [line.split() for name in tables for line in read_lines(listing.root / name)]
    codes = {int(line[0]): int(line[1]) for line in lines if len(line) > 1 and all(each.isdigit() for each in line)}
    return tuple(chr(codes[label]) for label in sorted(codes)) or None


def _join(path: Place, header: bytes, folder: Place, kind: str, split: ExportSplit) -> None:
    with atomic_write(path) as file:
        file.write(header)
        copy_parts(folder, kind, split, file)


def _zipped(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=6, mtime=0)
