"""Images as PNG files in memory, and class names as names of folders."""

import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
from PIL import Image


def encode_png(images: np.ndarray) -> Iterator[bytes]:
    """Each image uint8 [N, height, width, 1 or 3] as a PNG file; equal images give equal bytes."""
    for image in images:
        file = io.BytesIO()
        Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(file, "png", compress_level=6)
        yield file.getvalue()


def decode_png(file: BinaryIO) -> np.ndarray:
    """The image uint8 [height, width, channels] of a PNG file that `encode_png` wrote."""
    with Image.open(file) as image:
        return np.atleast_3d(np.asarray(image))


def folder_names(class_names: Sequence[str]) -> list[str]:
    """A folder name for each class: its number, with as many digits as sort well, and its name in plain letters.

    Loaders sort the names, so that the number comes first; what is left of a name cannot leave its folder.
    """
    digits = len(str(len(class_names) - 1))
    return [f"{number:0{digits}d}_{_plain(name)}".rstrip("_") for number, name in enumerate(class_names)]


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:40]
