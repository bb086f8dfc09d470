"""A folder a split, in it a folder a class, in it a PNG file an image, named by the image's number in the split."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import cast

from upath import UPath

from gan_core.config import DataSettings
from gan_core.files import file_system, is_local
from gan_core.formats.png import encode_png, folder_names
from gan_core.formats.shards import Export, ExportSplit
from gan_core.images.labelled_images import LabelledImages
from gan_core.sources.found import SPLITS, Found, Label, Part, Picture, Split
from gan_core.sources.listing import PICTURES, Listing, read_bytes, show_name, show_names
from gan_core.sources.split_names import split_of

NUMBERED = re.compile(r"(\d{1,3})(?:_.*)?")  # the folder of a class, as in 07_sneaker
BLOCK = 4096  # bytes, of most file systems


def write_shard(folder: Path, split: ExportSplit, shard: int, images: LabelledImages) -> None:
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
        file_system(folder).pipe({cast(UPath, path).path: image for path, image in files})


def finish(folder: Path, export: Export) -> None:
    """Nothing is left to do."""


def room(images: int, side: int) -> int:
    """A file takes whole blocks."""
    return images * -(-(side**2 // 2) // BLOCK) * BLOCK


def recognise(listing: Listing, settings: DataSettings) -> Found | None:
    """Pictures in folders of their classes, which may lie in folders of the splits; None if there are none.

    Pictures that lie elsewhere are left out and remarked on.
    """
    pictures = listing.with_suffix(*PICTURES)
    placed = _placed(pictures, len(_shared(pictures)))
    if not any(place for place in placed.values()):
        return None
    classes, numbers = _numbered({place[1] for place in placed.values() if place})
    kept = sorted((name for name in pictures if placed[name]), key=lambda name: (PurePosixPath(name).name, name))
    parts: dict[Split, Part] = {}
    for split in SPLITS:
        within = [name for name in kept if (place := placed[name]) and place[0] == split]
        labels = tuple(numbers[place[1]] for name in within if (place := placed[name]))
        if within:
            parts[split] = Part(tuple(listing.root / name for name in within), labels)
    return Found(
        *("imagefolder", "folder", listing.root, parts, classes),
        one_by_one=True,
        remarks=tuple(_remarks(listing, placed)),
        settings=settings,
    )


def read(found: Found, split: Split) -> Iterator[Picture]:
    """The pictures, by the names of their files; those of our own exports are named by their numbers."""
    part = found.parts[split]
    for path, label in zip(part.files, part.labels or (), strict=True):
        yield Picture(show_name(str(path.relative_to(found.root))), label, read_bytes(path))


def _shared(names: Sequence[str]) -> tuple[str, ...]:
    """The folders that all files lie in, but for the last that may be a class."""
    return tuple(
        level[0] for level in takewhile(lambda level: len(set(level)) == 1, zip(*(n.split("/")[:-2] for n in names)))
    )


def _placed(names: Sequence[str], above: int) -> dict[str, tuple[Split, str] | None]:
    """The split and the class of each picture `above` so many folders; None for one that lies in no class's folder."""
    within = {name: name.split("/")[above:-1] for name in names}
    if within and all(len(folders) > 1 and split_of(folders[1]) for folders in within.values()):  # cats/train/1.png
        within = {name: [folders[1], folders[0]] for name, folders in within.items()}
    if any(len(folders) > 1 and split_of(folders[0]) == "train" for folders in within.values()):
        splits = {name: split_of(folders[0]) if len(folders) > 1 else None for name, folders in within.items()}
        return {name: (split, within[name][1]) if split else None for name, split in splits.items()}
    return {name: ("train", folders[0]) if folders else None for name, folders in within.items()}


def _numbered(folders: set[str]) -> tuple[tuple[str, ...] | None, dict[str, Label]]:
    """The names of classes and their numbers, where all folders begin with their number as ours do; else themselves."""
    found = {name: int(match[1]) for name in folders if (match := NUMBERED.fullmatch(name))}
    if sorted(found.values()) != list(range(len(folders))):
        return None, {name: name for name in folders}
    return tuple(sorted(found, key=lambda name: found[name])), {**found}


def _remarks(listing: Listing, placed: Mapping[str, tuple[Split, str] | None]) -> Iterator[str]:
    if loose := [name for name, place in placed.items() if not place]:
        yield f"{len(loose):,} pictures lie in no class's folder and are left out, such as {show_names(loose, 1)}"
    full = {str(folder) for name in placed for folder in PurePosixPath(name).parents}
    beside = {str(PurePosixPath(name).parents[1]) for name, place in placed.items() if place}
    if empty := [
        name for name in listing.folders if name and name not in full and str(PurePosixPath(name).parent) in beside
    ]:
        yield f"{show_names(empty)} hold no picture and are no class"
    if links := [name for name in listing.leading_out]:
        yield f"{len(links):,} links lead out of the folder and are left out, such as {show_names(links, 1)}"
