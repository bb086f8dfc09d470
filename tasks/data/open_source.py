"""The errand of looking into a source that is on this machine: unpacked, recognised, verified, with its splits."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from gan_core.config import DataSettings
from gan_core.errors import BadInput, unreadable
from gan_core.files import Place, remove_tree, sha256, writing_to
from gan_core.formats import recognise, webdataset
from gan_core.images.stratified_split import hold_out
from gan_core.parsing.unpack_archive import is_archive, unpack
from gan_core.sources.class_names import exported_formats
from gan_core.sources.class_numbers import Classes, number_classes
from gan_core.sources.found_pictures import Found, Part, Split
from gan_core.sources.listing import list_place
from tasks.data.checksums import verify_files
from tasks.locks import locked
from tasks.places import cache_home

OF_ONE_SIZE = ("cifar", "idx", "npz")  # formats whose pictures all have the size of the first

logger = logging.getLogger("synthetic_data.download")


def open_source(place: Path, data: DataSettings) -> Found:
    """What is in a folder, file or archive of this machine, its checksums verified if it brings some.

    There are training pictures at least, and test pictures wherever there are others: validation pictures stand in for
    them. Raises BadInput for what cannot be used.
    """
    require_present(place)
    try:
        folder = unpacked(place) if _is_packed(place, data) else place
        archive = None if folder is place else place
        listing = list_place(next((folder / name for name in exported_formats(folder)), folder))
        with naming_archive(folder, archive):
            found = recognise(listing, data)
            verify_files(found, listing)
            return replace(settle_splits(found), archive=archive)
    except OSError as error:
        raise unreadable(error, place) from error


def require_present(place: Path) -> None:
    """Raise BadInput for a place where nothing is, or that lies in a folder which must not be entered."""
    try:
        present = place.exists()
    except OSError as error:
        raise unreadable(error, place) from error
    if not present:
        raise BadInput(
            f"Expected a folder, a file or a URL as source, got {place}; check --source and SYNTHETIC_DATA_SOURCE."
        )


@contextmanager
def naming_archive(folder: Place, archive: Place | None) -> Iterator[None]:
    """Let a refusal name the archive, which people know, and not the folder that it was unpacked to."""
    try:
        yield
    except BadInput as error:
        if not archive:
            raise
        raise type(error)(str(error).replace(str(folder), str(archive))) from error


def _is_packed(place: Path, data: DataSettings) -> bool:
    """Whether a file is an archive that has to be unpacked, and none that is read as it is."""
    return place.is_file() and is_archive(place) and not _is_webdataset(place, data)


def _is_webdataset(place: Path, data: DataSettings) -> bool:
    return place.suffix.lower() == ".tar" and webdataset.recognise(list_place(place), data) is not None


def unpacked(archive: Path) -> Path:
    """The folder in the cache that has what is in an archive, unpacked once."""
    folder = cache_home() / "unpacked" / sha256(archive)
    with (
        writing_to(folder, "make room, or set XDG_CACHE_HOME elsewhere."),
        locked(folder.with_name(f"{folder.name}.lock")),
    ):
        if not folder.is_dir():
            logger.info("Unpacking %s", archive)
            half = folder.with_name(f".{folder.name}.{os.getpid()}")
            try:
                half.mkdir()
                unpack(archive, half)
                half.rename(folder)
            finally:
                remove_tree(half)
    return folder


def settle_splits(found: Found) -> Found:
    """The same with training pictures and, if there are others, test pictures; BadInput without training pictures."""
    parts: dict[Split, Part] = {split: part for split, part in found.parts.items() if part.labels != ()}
    if "train" not in parts:
        raise BadInput(
            f"Expected training pictures in {found.root}, got {' and '.join(parts) or 'none'} pictures; "
            "name their folder train, or name a folder with one folder for each class."
        )
    if "test" not in parts and "validation" in parts:
        parts["test"] = parts.pop("validation")
        return replace(found, parts=parts, remarks=(*found.remarks, "the validation pictures are the test pictures"))
    return replace(found, parts=parts)


@dataclass(frozen=True)
class Numbered:
    """The classes of a source's pictures by their numbers, before any picture is decoded."""

    classes: Classes
    train: np.ndarray  # uint8 [N], of the pictures to learn from and to choose by, without those held out for the test
    validation: np.ndarray | None  # of those that came to be chosen by


def number_labels(found: Found) -> Numbered | None:
    """The labels of what is learned from and chosen by; None where they are not known before the pictures are read."""
    labels = {split: part.labels for split, part in found.parts.items()}
    if None in labels.values():
        return None
    with naming_archive(found.root, found.archive):
        classes = number_classes(chain(*(each or () for each in labels.values())), found.class_names, found.root)
    numbers = {
        split: np.array([classes.numbers[label] for label in each or ()], np.uint8) for split, each in labels.items()
    }
    kept, _ = hold_out(numbers["train"], "test" in labels)
    return Numbered(classes, numbers["train"][kept], numbers.get("validation"))


def require_given_shape(found: Found, data: DataSettings) -> None:
    """Raise BadInput where a private run would choose its pictures' shape by a look at all of them."""
    if found.format not in OF_ONE_SIZE and not (data.size and data.colour):
        raise BadInput(
            f"Expected the size and the colour of the pictures in a private run of {found.kind}, as no budget covers a "
            "choice by all of them, got none; give --size and --colour, as --size 32 --colour rgb."
        )
