"""What a reader finds in a place: splits of labelled pictures, before any of them is decoded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gan_core.errors import show_name
from gan_core.files import Place, name_below, read_bytes

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
Label = int | str  # a number counts the class names if there are any


@dataclass(frozen=True)
class Picture:
    """A picture as it was found."""

    name: str  # for messages
    label: Label
    content: bytes | np.ndarray  # an encoded file, or pixels uint8 [height, width] or [height, width, channels]


@dataclass(frozen=True)
class Part:
    """A split, and what its reader must know to read it."""

    files: tuple[Place, ...]
    labels: tuple[Label, ...] | None  # of the pictures in their order; None where that takes as long as to read all
    keys: tuple[str, ...] = ()  # of arrays, columns or records
    ends: tuple[float, float] = (0, 255)  # the least and the largest pixel of all splits, where they are no bytes


@dataclass(frozen=True)
class Found:
    """What was recognised in a place."""

    format: str  # its name among the readers
    kind: str  # what people call it
    root: Place
    parts: Mapping[Split, Part]
    class_names: tuple[str, ...] | None = None  # where the format knows them, in the order of their numbers
    one_by_one: bool = False  # whether each file is a picture, so that names and labels belong to the digest
    remarks: tuple[str, ...] = ()  # on what is left out
    archive: Place | None = None  # that the root was unpacked from

    @property
    def files(self) -> Iterator[Place]:
        """The files that its digest is made of."""
        return (path for part in self.parts.values() for path in part.files)


def read_files(root: Place, part: Part) -> Iterator[Picture]:
    """The picture in each file, with its label; BadInput for a file that may not be read."""
    for path, label in zip(part.files, part.labels or (), strict=True):
        yield Picture(show_name(name_below(root, path)), label, read_bytes(path))
