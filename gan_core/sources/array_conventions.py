"""Arrays of pictures and labels as people save them: other axes, other numbers, labels in a column or one-hot."""

from collections.abc import Callable

import numpy as np

from gan_core.errors import BadInput
from gan_core.sources.found_pictures import Label

CHANNELS = (1, 3, 4)
DEPTHS = (8, 10, 12, 16)  # bits of a pixel
SMALLEST = 64  # numbers in a flat row that may be a picture


def picture_axes(shape: tuple[int, ...], place: str) -> Callable[[np.ndarray], np.ndarray]:
    """What makes pictures [height, width] or [height, width, channels] of rows of an array of this shape.

    Rows may have their channels first, or be flat if they are square. Raises BadInput for others.
    """
    if len(shape) == 3 or (len(shape) == 4 and shape[3] in CHANNELS):
        return lambda row: row
    if len(shape) == 4 and shape[1] in CHANNELS:
        return lambda row: np.moveaxis(row, 0, -1)
    if len(shape) == 2 and shape[1] >= SMALLEST and (side := round(shape[1] ** 0.5)) ** 2 == shape[1]:
        return lambda row: row.reshape(side, side)
    raise BadInput(
        f"Expected pictures [N, height, width] or [N, height, width, 1, 3 or 4] in {place}, got {list(shape)}; "
        "save them so."
    )


def to_bytes(dtype: np.dtype, least: float, most: float, place: str) -> Callable[[np.ndarray], np.ndarray]:
    """What makes uint8 of an array of this kind whose numbers go from `least` to `most`; BadInput for other numbers."""
    if dtype == np.uint8:
        return lambda row: row
    if dtype.kind not in "biuf":
        raise BadInput(f"Expected pixels that are numbers in {place}, got {dtype}; save them as uint8.")
    if dtype.kind == "f" and not np.isfinite([least, most]).all():
        raise BadInput(
            f"Expected pixels that are numbers in {place}, got some that are infinite or none (NaN); correct them."
        )
    if dtype.kind == "b" or (dtype.kind == "f" and least >= 0 and most <= 1):
        return lambda row: np.rint(row.astype(np.float64) * 255).astype(np.uint8)
    if dtype.kind in "iuf" and least >= 0 and most <= 255:
        return lambda row: np.rint(row).astype(np.uint8)
    if dtype.kind in "iu" and least >= 0 and most < 2 ** DEPTHS[-1]:
        times = (2 ** count_bits(most) - 1) / 255
        return lambda row: np.rint(row / times).astype(np.uint8)
    raise BadInput(
        f"Expected pixels from 0 to 255, shares from 0 to 1 or whole numbers of 16 bits in {place}, got {dtype} from "
        f"{least:g} to {most:g}; save them as uint8."
    )


def count_bits(most: float) -> int:
    """The bits of a pixel where the largest is so large, of those that cameras and scanners have."""
    return next(bits for bits in DEPTHS if most < 2**bits)


def as_labels(array: np.ndarray, place: str) -> tuple[Label, ...]:
    """The label of each picture, from [N], [N, 1] or one-hot [N, K]; BadInput for several labels a picture."""
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim == 2 and array.dtype.kind in "biuf" and len(array) and _is_one_hot(array):
        array = array.argmax(axis=1)
    whole = array.dtype.kind in "biu" or (array.dtype.kind == "f" and bool((array == np.rint(array)).all()))
    if array.ndim != 1 or not (whole or array.dtype.kind in "US"):
        raise BadInput(
            f"Expected one label for each picture in {place}, a whole number or a name, got {array.dtype} "
            f"{list(array.shape)}; keep one of them."
        )
    if array.dtype.kind == "S":
        return tuple(label.decode("utf-8", "backslashreplace") for label in array.tolist())
    return tuple(map(int, array.tolist())) if whole else tuple(map(str, array.tolist()))


def _is_one_hot(array: np.ndarray) -> bool:
    return bool(((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all())


def require_pairs(pictures: int, labels: int, images_place: object, labels_place: object) -> None:
    """Raise BadInput unless there are as many labels as pictures."""
    if pictures != labels:
        raise BadInput(
            f"Expected as many labels as images in {labels_place} and {images_place}, got {labels:,} and {pictures:,}; "
            "take both from the same data set."
        )
