"""The errand of decoding: all pictures of a source in one shape, with a bar while it lasts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np

from gan_core.config import DataSettings
from gan_core.errors import BadInput
from gan_core.formats import read
from gan_core.images.decode import strict_pillow
from gan_core.images.labelled_images import LabelledImages
from gan_core.sources.class_numbers import Classes, number_classes
from gan_core.sources.found_pictures import Found, Label, Split
from gan_core.sources.gather import Gathered, Survey, choose_shape, gather, survey
from tasks.data.open_source import naming_archive
from tasks.places import cache_home
from tasks.progress import progress_bar, watched

NumberClasses = Callable[[Iterable[Label], tuple[str, ...] | None, object], Classes]


@dataclass(frozen=True)
class Pictures:
    """The pictures of a source, decoded."""

    sets: Mapping[Split, LabelledImages]
    names: Mapping[Split, list[str]]  # of the pictures in the sets
    surveys: Mapping[Split, Survey]
    classes: Classes
    unreadable: list[str]  # name and reason of each that was left out


def read_pictures(found: Found, data: DataSettings, number: NumberClasses = number_classes) -> Pictures:
    """Look at all pictures, then decode them; BadInput for a split in which none can be read.

    `number` finds the classes that their labels stand for.
    """
    labels = [part.labels for part in found.parts.values()]
    total = None if None in labels else sum(len(each or ()) for each in labels)
    with strict_pillow(), naming_archive(found.root, found.archive):
        with progress_bar("Looking at the pictures", total) as advance:
            surveys = {part: survey(watched(read(found, part), advance), data.transposed) for part in found.parts}
        classes = number(chain(*(each.labels for each in surveys.values())), found.class_names, found.root)
        gathered = decode_all(found, surveys, data, total)
    grey = data.colour is None and all(each.grey for each in gathered.values())
    sets = {split: _as_images(each, classes, grey) for split, each in gathered.items()}
    names = {split: each.names for split, each in gathered.items()}
    return Pictures(sets, names, surveys, classes, [name for each in gathered.values() for name in each.unreadable])


def decode_all(
    found: Found, surveys: Mapping[Split, Survey], data: DataSettings, total: int | None
) -> dict[Split, Gathered]:
    """All pictures in one shape; BadInput for a split in which none can be read."""
    shape, gathered = choose_shape(surveys, data), dict[Split, Gathered]()
    with progress_bar("Decoding the pictures", total) as advance:
        for split, seen in surveys.items():
            pictures = watched(read(found, split), advance)
            if shape:
                gathered[split] = gather(
                    *(pictures, len(seen.labels), shape, data.fit, data.transposed), folder=cache_home()
                )
            if split not in gathered or not gathered[split].labels:
                raise BadInput(
                    f"Expected {split} pictures that can be read in {found.root}, got {len(seen.labels):,} that "
                    "cannot; look at one of them in a viewer of pictures."
                )
    return gathered


def _as_images(gathered: Gathered, classes: Classes, grey: bool) -> LabelledImages:
    """The set, with one channel if all pictures are grey."""
    numbers = np.array([classes.numbers[label] for label in gathered.labels], np.uint8)
    return LabelledImages(gathered.images[..., :1] if grey else gathered.images, numbers, classes.names)
