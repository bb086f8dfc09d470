"""The errand of giving arrays of images and labels a place, from which an audit reads its sets."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np

from gan_core.errors import BadInput
from gan_core.files import save_arrays, sha256, writing_to
from gan_core.sources.array_conventions import picture_axes, to_bytes
from tasks.audit.check_set import calling_it

NAME = "images.npz"
CALLED = "these images"


@contextmanager
def placed(images: Any, labels: Any) -> Iterator[tuple[str, str | None]]:
    """The place of a set, and what stands for it: a place that was named, or a file of the arrays while the block runs.

    Raises BadInput for what is neither; one that is raised in the block names the arrays in place of the file.
    """
    if isinstance(images, str | PathLike):
        if labels is not None:
            raise BadInput("Expected labels beside images, got them beside the name of a set; leave them out.")
        yield fspath(images), None
        return
    arrays = {"images": to_array(images, "images"), "labels": to_array(labels, "labels")}
    require_pictures(arrays["images"])
    with tempfile.TemporaryDirectory(prefix="synthetic-data-") as folder:
        file = Path(folder, NAME)
        with writing_to(file, "make room there."):
            save_arrays(file, arrays)
        with calling_it(f" of {file}", ""), calling_it(str(file), CALLED):
            yield str(file), f"arrays/images-{sha256(file)}"


def require_pictures(array: np.ndarray) -> None:
    """Raise BadInput for an array that has no pictures, or pixels that no file of pictures may have."""
    picture_axes(array.shape, CALLED)
    if not array.size:
        raise BadInput(f"Expected pictures in {CALLED}, got an array {list(array.shape)} of none; give some.")
    least, most = (array.min(), array.max()) if array.dtype.kind in "biuf" else (np.nan, np.nan)
    to_bytes(array.dtype, least, most, CALLED)


def to_array(values: Any, name: str) -> np.ndarray:
    """The values as an array that a file can hold; BadInput for none, and for objects but texts."""
    if values is None:
        raise BadInput(f"Expected an array of {name}, got none; give images and labels, or the name of a set.")
    try:
        array = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise BadInput(f"Expected {name} of one shape, got “{error}”; stack them by numpy.stack.") from error
    if array.dtype.hasobject and all(isinstance(value, str) for value in array.flat):
        array = array.astype(str)
    if array.dtype.hasobject:
        raise BadInput(f"Expected an array of {name} that are numbers, got one of objects; stack them by numpy.stack.")
    return array
