"""A folder a split, in it a folder a class, in it a PNG file an image, named by the image's number in the split."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import NamedTuple

from gan_core.config import DataSettings
from gan_core.errors import show_count, show_names
from gan_core.exports.class_folders import folder_names
from gan_core.exports.encode_png import encode_png
from gan_core.exports.shards import Export, ExportSplit
from gan_core.files import Place, is_local
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.sources.found_pictures import SPLITS, Found, Label, Part, Picture, Split, read_files
from gan_core.sources.listing import PICTURES, Listing
from gan_core.sources.split_names import split_of

NUMBERED = re.compile(r"(\d{1,3})(?:_.*)?")  # the folder of a class, as in 07_sneaker
BLOCK = 4096  # bytes, of most file systems


def write_shard(folder: Place, split: ExportSplit, shard: int, images: LabelledImages) -> None:
    """Write the images of a shard, to an object store many at once; a shard written again gives the same files."""
    classes = [folder / split.name / name for name in folder_names(images.class_names)]
    numbered = zip(split.range(shard), images.labels, encode_png(images.images), strict=True)
    if is_local(folder):
        for path in classes:
            path.mkdir(parents=True, exist_ok=True)
        for number, label, image in numbered:
            with open(f"{classes[label]}/{number:08d}.png", "wb") as file:  # a Path for each takes a tenth longer
                file.write(image)
    else:
        folder.fs.pipe({f"{classes[label].path}/{number:08d}.png": image for number, label, image in numbered})


def finish(folder: Place, export: Export) -> None:
    """Nothing is left to do."""


def room(images: int, shape: ImageShape) -> int:
    """A file takes whole blocks."""
    return images * -(-(shape.values // 2) // BLOCK) * BLOCK


def recognise(listing: Listing, settings: DataSettings) -> Found | None:
    """Pictures in folders of their classes, which may lie in folders of the splits; None if there are none.

    Pictures that lie elsewhere are left out and remarked on.
    """
    places = _places(listing.with_suffix(*PICTURES))
    if not any(places.values()):
        return None
    names, labels = _number({place.label for place in places.values() if place})
    kept = [(name, place) for name, place in places.items() if place]
    kept.sort(key=lambda pair: (pair[0].rpartition("/")[2], pair[0]))
    parts: dict[Split, Part] = {}
    for split in SPLITS:
        if within := [(listing.root / name, labels[place.label]) for name, place in kept if place.split == split]:
            files, numbers = zip(*within, strict=True)
            parts[split] = Part(files, numbers)
    remarks = tuple(_remarks(listing, places))
    return Found("imagefolder", "folder", listing.root, parts, names, one_by_one=True, remarks=remarks)


def read(found: Found, split: Split) -> Iterator[Picture]:
    """The pictures, by the names of their files; those of our own exports are named by their numbers."""
    return read_files(found.root, found.parts[split])


class _Place(NamedTuple):
    """What the folders that a picture lies in say of it."""

    split: Split
    label: str
    folder: str  # of the class


def _places(names: Sequence[str]) -> dict[str, _Place | None]:
    """The place of each picture; None for one that lies in no class's folder."""
    shared = _shared(names)
    within = {name: name.split("/")[len(shared) : -1] for name in names}
    if within and all(len(folders) > 1 and split_of(folders[1]) for folders in within.values()):  # cats/train/1.png
        return {name: _place(shared, folders, split=1, label=0) for name, folders in within.items()}
    if all(len(folders) == 1 and split_of(folders[0]) for folders in within.values()):  # train/1.png, test/2.png
        return dict.fromkeys(names)
    said = {split_of(folders[0]) if len(folders) > 1 else None for folders in within.values()}
    if "train" in said or None not in said:
        return {name: _place(shared, folders, split=0, label=1) for name, folders in within.items()}
    return {name: _place(shared, ["train", *folders], split=0, label=1, of=1) for name, folders in within.items()}


def _place(shared: Sequence[str], folders: Sequence[str], *, split: int, label: int, of: int = 0) -> _Place | None:
    """The place by the folders that say the split and the class; the first `of` folders are not there."""
    said = split_of(folders[split]) if len(folders) > 1 else None
    return _Place(said, folders[label], "/".join((*shared, *folders[of:2]))) if said else None


def _shared(names: Sequence[str]) -> list[str]:
    """The folders that all files lie in, but for the last, which may be that of a class."""
    levels = zip(*(name.split("/")[:-2] for name in names), strict=False)
    return [level[0] for level in takewhile(lambda level: len(set(level)) == 1, levels)]


def _number(folders: set[str]) -> tuple[tuple[str, ...] | None, dict[str, Label]]:
    """The names of the classes and their numbers, where all folders begin with it as ours do; else themselves."""
    found = {name: int(match[1]) for name in folders if (match := NUMBERED.fullmatch(name))}
    if sorted(found.values()) != list(range(len(folders))):
        return None, {name: name for name in folders}
    return tuple(sorted(found, key=lambda name: found[name])), {**found}


def _remarks(listing: Listing, places: Mapping[str, _Place | None]) -> Iterator[str]:
    """What is left out."""
    if loose := [name for name, place in places.items() if not place]:
        yield f"{show_count(len(loose), 'picture')} in no class's folder left out, such as {show_names(loose, 1)}"
    classes = {place.folder for place in places.values() if place}
    beside = {folder.rpartition("/")[0] for folder in classes}
    if empty := [
        name for name in listing.folders if name and name.rpartition("/")[0] in beside and name not in classes
    ]:
        yield f"folders without pictures are no classes: {show_names(empty)}"
    if links := listing.leading_out:
        yield f"{len(links):,} left out that are no plain files within it, such as {show_names(links, 1)}"
