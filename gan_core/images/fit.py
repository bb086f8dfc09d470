"""Pictures of any size brought to one: cropped, padded or stretched."""

from collections.abc import Mapping
from statistics import median

import numpy as np
from PIL import Image, ImageOps

from gan_core.config import LEAST_SIDE, MOST_SIDE, Fit

Size = tuple[int, int]  # height and width, pixels

LONGEST = 64  # pixels of the longer side where nobody has said a size


def choose_size(sizes: Mapping[Size, int]) -> Size:
    """The size to bring pictures to, of so many in each size: their own if they share one that the networks take.

    Else the median height and width, scaled down so that the longer is LONGEST at most.
    """
    if len(sizes) == 1 and all(LEAST_SIDE <= side <= MOST_SIDE for side in next(iter(sizes))):
        return next(iter(sizes))
    height, width = (median(np.repeat([size[axis] for size in sizes], list(sizes.values()))) for axis in (0, 1))
    scale = min(1.0, LONGEST / max(height, width))
    return max(LEAST_SIDE, round(height * scale)), max(LEAST_SIDE, round(width * scale))


def fit(pixels: np.ndarray, size: Size, how: Fit) -> np.ndarray:
    """The picture uint8 [height, width, channels] in another size; one that has it already stays as it is.

    To crop is to scale until the size is covered, and to cut what hangs over; to pad is to scale until the picture fits
    in, and to add black; either leaves the centre in the centre. To stretch changes what is round.
    """
    if pixels.shape[:2] == size:
        return pixels
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    height, width = size
    if how == "crop":
        fitted = ImageOps.fit(image, (width, height))
    elif how == "pad":
        fitted = ImageOps.pad(image, (width, height))
    else:
        fitted = image.resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(fitted).reshape(height, width, -1)
