"""From pictures as they were found to pictures of one shape: one look at the headers, then all are decoded."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from gan_core.config import DataSettings, Fit
from gan_core.images.decode import Unreadable, decode, is_grey, look, to_channels
from gan_core.images.fit import Size, choose_size, fit
from gan_core.images.mapped import pile
from gan_core.images.shape import ImageShape
from gan_core.sources.found_pictures import Label, Picture, Split

CHUNK = 512  # pictures that are decoded at once


@dataclass
class Survey:
    """What the headers of a split's pictures say."""

    sizes: Counter[Size] = field(default_factory=Counter)  # height and width of those that may be readable
    formats: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    labels: list[Label] = field(default_factory=list)  # of all
    grey: bool = True  # whether the mode of each is grey


@dataclass
class Gathered:
    """The pictures of a split in one shape."""

    images: np.ndarray  # uint8 [N, height, width, channels]
    labels: list[Label]
    names: list[str]
    unreadable: list[str]  # name and reason
    grey: bool  # whether the channels of each are equal


def survey(pictures: Iterable[Picture], transposed: bool = False) -> Survey:
    """Look at the header of each picture, whose rows and columns may be `transposed`."""
    found = Survey()
    for picture in pictures:
        found.labels.append(picture.label)
        try:
            seen = look(picture.content)
        except Unreadable:
            continue
        found.sizes[(seen.width, seen.height) if transposed else (seen.height, seen.width)] += 1
        found.formats[seen.format] += 1
        found.modes[seen.mode] += 1
        found.grey &= seen.grey
    return found


def choose_shape(surveys: Mapping[Split, Survey], settings: DataSettings) -> ImageShape | None:
    """The shape to bring all pictures to: as the settings say, else by the training pictures; None if none is readable.

    Pictures of a mode with colour are RGB, also where they may turn out to be grey.
    """
    sizes = surveys["train"].sizes
    if not sizes:
        return None
    size = settings.wanted_size or choose_size(sizes)
    grey = all(each.grey for each in surveys.values()) if settings.colour is None else settings.colour == "grey"
    return ImageShape(*size, 1 if grey else 3)


def gather(
    pictures: Iterable[Picture], count: int, shape: ImageShape, how: Fit, transposed: bool = False, *, folder: Path
) -> Gathered:
    """Decode at most `count` pictures and bring them to one shape; those that cannot be read are left out.

    Many lie in a nameless file of `folder`.
    """
    labels, names, unreadable, grey = list[Label](), list[str](), list[str](), True

    def fitted(picture: Picture) -> np.ndarray | str:
        try:
            pixels = to_channels(decode(picture.content, least=2 * max(shape.height, shape.width)), shape.channels)
        except Unreadable as error:
            return f"{picture.name} ({error})"
        return fit(pixels.swapaxes(0, 1) if transposed else pixels, (shape.height, shape.width), how)

    def readable(pool: ThreadPoolExecutor) -> Iterator[np.ndarray]:
        nonlocal grey
        for chunk in _chunks(pictures):
            decoded = any(isinstance(picture.content, np.ndarray) for picture in chunk)
            for picture, made in zip(chunk, (map if decoded else pool.map)(fitted, chunk), strict=True):
                if isinstance(made, str):
                    unreadable.append(made)
                    continue
                labels.append(picture.label)
                names.append(picture.name)
                grey = grey and is_grey(made)
                yield made

    with ThreadPoolExecutor() as pool:
        images = pile(readable(pool), count, shape, folder)
    return Gathered(images, labels, names, unreadable, grey)


def _chunks(pictures: Iterable[Picture]) -> Iterator[list[Picture]]:
    remaining = iter(pictures)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
