"""From pictures as they were found to labelled images of one shape: one look at the headers, then all are decoded."""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from gan_core.config import Fit
from gan_core.images.decode import Unreadable, decode, is_grey, look, to_channels
from gan_core.images.fit import Size, fit
from gan_core.sources.found import Label, Picture

CHUNK = 512  # pictures that are decoded at once


@dataclass
class Survey:
    """What the headers of a split's pictures say."""

    sizes: Counter[Size] = field(default_factory=Counter)  # height and width of those that may be readable
    formats: Counter[str] = field(default_factory=Counter)
    labels: list[Label] = field(default_factory=list)  # of all
    grey: bool = True  # whether the mode of each is grey


@dataclass
class Gathered:
    """The pictures of a split in one shape."""

    images: np.ndarray  # uint8 [N, height, width, channels]
    labels: list[Label]
    unreadable: list[str]  # name and reason
    grey: bool  # whether the channels of each are equal


def survey(pictures: Iterable[Picture]) -> Survey:
    """Look at the header of each picture."""
    found = Survey()
    for picture in pictures:
        found.labels.append(picture.label)
        try:
            seen = look(picture.content)
        except Unreadable:
            continue
        found.sizes[seen.height, seen.width] += 1
        found.formats[seen.format] += 1
        found.grey &= seen.grey
    return found


def gather(pictures: Iterable[Picture], count: int, size: Size, how: Fit, channels: int) -> Gathered:
    """Decode at most `count` pictures and bring them to one size and number of channels; the unreadable are left out."""
    images = np.zeros((count, *size, channels), np.uint8)
    labels, unreadable, grey = list[Label](), list[str](), True

    def fitted(picture: Picture) -> np.ndarray | str:
        try:
            pixels = to_channels(decode(picture.content, least=2 * max(size)), channels)
        except Unreadable as error:
            return f"{picture.name} ({error})"
        return fit(pixels, size, how)

    with ThreadPoolExecutor() as pool:
        for chunk in _chunks(pictures):
            for picture, made in zip(chunk, pool.map(fitted, chunk), strict=True):
                if isinstance(made, str):
                    unreadable.append(made)
                    continue
                images[len(labels)] = made
                labels.append(picture.label)
                grey = grey and is_grey(made)
    return Gathered(images[: len(labels)], labels, unreadable, grey)


def _chunks(pictures: Iterable[Picture]) -> Iterator[list[Picture]]:
    remaining = iter(pictures)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
