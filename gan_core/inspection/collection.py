"""All pictures of a source in one row, whatever split they came in, each with what a run would do with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gan_core.images.labelled_images import LabelledImages
from gan_core.sources.found_pictures import SPLITS, Split

UNUSED = "unused"


@dataclass(frozen=True)
class Collection:
    """The pictures of a source, numbered from 0 through its splits."""

    sets: Mapping[Split, LabelledImages]  # as they came
    names: Sequence[str]
    uses: np.ndarray  # str [N]: the set of a run that has the picture, or unused

    @property
    def parts(self) -> list[LabelledImages]:
        """The splits in their order."""
        return [self.sets[split] for split in SPLITS if split in self.sets]

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.sets["train"].class_names

    @cached_property
    def labels(self) -> np.ndarray:
        """The classes, uint8 [N]."""
        return np.concatenate([each.labels for each in self.parts])

    @cached_property
    def splits(self) -> np.ndarray:
        """The split that each picture came in, str [N]."""
        return np.repeat([split for split in SPLITS if split in self.sets], list(map(len, self.parts)))

    def __len__(self) -> int:
        return len(self.names)

    def take(self, numbers: Sequence[int]) -> np.ndarray:
        """The pictures of these numbers, uint8 [n, height, width, C]."""
        return np.stack([self._picture(number) for number in numbers])

    def label(self, number: int) -> str:
        """The name of a picture's class."""
        return self.class_names[self.labels[number]]

    def _picture(self, number: int) -> np.ndarray:
        for part in self.parts:
            if number < len(part):
                return part.images[number]
            number -= len(part)
        raise IndexError(f"Expected a picture below {len(self)}, got a number that is {number} beyond.")


def collect(
    sets: Mapping[Split, LabelledImages],
    names: Mapping[Split, Sequence[str]],
    places: Mapping[Split, tuple[Split, np.ndarray]],
) -> Collection:
    """The pictures of all splits; `places` are, for each set of a run, the split it is taken from and indices there."""
    uses = {split: np.full(len(images), UNUSED, dtype="<U10") for split, images in sets.items()}
    for use, (split, indices) in places.items():
        uses[split][indices] = use
    ordered = [split for split in SPLITS if split in sets]
    return Collection(
        sets,
        [name for split in ordered for name in names[split]],
        np.concatenate([uses[split] for split in ordered]),
    )
