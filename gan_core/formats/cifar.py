"""The binary version of CIFAR-10 and CIFAR-100: records of labels and 3 x 32 x 32 bytes, channel by channel."""

from collections.abc import Iterator
from pathlib import PurePosixPath

import numpy as np

from gan_core.config import DataSettings
from gan_core.errors import BadInput, show_name
from gan_core.files import Place, read_bytes
from gan_core.parsing.text_lines import read_lines
from gan_core.sources.found_pictures import Found, Part, Picture, Split
from gan_core.sources.listing import Listing

SIDE, CHANNELS = 32, 3
PIXELS = SIDE * SIDE * CHANNELS
TEN: dict[Split, tuple[str, ...]] = {
    "train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
    "test": ("test_batch.bin",),
}
HUNDRED: dict[Split, tuple[str, ...]] = {"train": ("train.bin",), "test": ("test.bin",)}
NAMES, FINE, COARSE = "batches.meta.txt", "fine_label_names.txt", "coarse_label_names.txt"


def recognise(listing: Listing, settings: DataSettings) -> Found | None:
    """The files of CIFAR-10 with batches.meta.txt, or those of CIFAR-100 with its names; None if there are none."""
    places = {PurePosixPath(name).name: name for name in listing.names}
    if TEN["train"][0] in places and NAMES in places:
        return _found(listing, places, TEN, NAMES, before=0, labels=1)
    if HUNDRED["train"][0] in places and FINE in places:
        coarse = settings.label_column == "coarse"  # the twenty classes of classes
        return _found(listing, places, HUNDRED, COARSE if coarse else FINE, before=0 if coarse else 1, labels=2)
    return None


def read(found: Found, split: Split) -> Iterator[Picture]:
    """The pictures of all records."""
    part = found.parts[split]
    labels = iter(part.labels or ())
    for path in part.files:
        for number, record in enumerate(_records(path, len(part.keys))):
            pixels = record[-PIXELS:].reshape(CHANNELS, SIDE, SIDE).transpose(1, 2, 0)
            yield Picture(f"{show_name(path.name)}, record {number}", next(labels), pixels)


def _found(
    listing: Listing,
    places: dict[str, str],
    files: dict[Split, tuple[str, ...]],
    names: str,
    *,
    before: int,
    labels: int,
) -> Found:
    """What is found where each record has so many `labels`, so many of them `before` the one that counts."""
    parts: dict[Split, Part] = {}
    for split, wanted in files.items():
        if missing := [name for name in wanted if name not in places]:
            raise BadInput(f"Expected all files of CIFAR in {listing.root}, got no {missing[0]}; add it.")
        paths = tuple(listing.root / places[name] for name in wanted)
        found = [int(label) for path in paths for label in _records(path, labels)[:, before]]
        parts[split] = Part(paths, tuple(found), ("label",) * labels)
    kind = "CIFAR's binary files"
    return Found("cifar", kind, listing.root, parts, tuple(read_lines(listing.root / places[names])))


def _records(path: Place, labels: int) -> np.ndarray:
    """The records uint8 [N, labels + pixels]; BadInput for a file that is cut short."""
    content = np.frombuffer(read_bytes(path), np.uint8)
    if len(content) % (labels + PIXELS) or not len(content):
        raise BadInput(
            f"Expected records of {labels + PIXELS:,} bytes in {path}, got {len(content):,} bytes; fetch it again."
        )
    return content.reshape(-1, labels + PIXELS)
