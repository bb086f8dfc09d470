"""Pictures as different as photographs, of classes that a small classifier tells apart, and copies of them."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

from gan_core.images.labelled_images import LabelledImages

SIDE = 24
NAMES = ("cat", "dog", "owl")


def textured_images(count: int, seed: int, names: tuple[str, ...] = NAMES) -> LabelledImages:
    """Clouds, tinted a little, with stripes of a width that is that of their class."""
    random = np.random.default_rng(seed)
    labels = (np.arange(count) % len(names)).astype(np.uint8)
    shades, tints = random.integers(0, 200, (count, 7, 7, 1)), random.integers(0, 56, (count, 7, 7, 3))
    coarse = (shades + tints).astype(np.uint8)
    clouds = np.stack(
        [np.asarray(Image.fromarray(each).resize((SIDE, SIDE), Image.Resampling.BICUBIC)) for each in coarse]
    )
    stripes = np.sin(2 * np.pi * np.outer(1 + 2 * labels, np.arange(SIDE) / SIDE))[:, :, None, None]
    pixels = (0.7 * clouds + 45 + 45 * stripes).clip(0, 255).astype(np.uint8)
    return LabelledImages(pixels, labels, names)


def compressed(quality: int) -> Callable[[np.ndarray], np.ndarray]:
    """Saves a picture as a JPEG file, and reads it."""

    def compress(pixels: np.ndarray) -> np.ndarray:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file))

    return compress


def brightened(by: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda pixels: (pixels.astype(int) + by).clip(0, 255).astype(np.uint8)


def contrasted(by: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda pixels: ((pixels - 127.5) * by + 127.5).clip(0, 255).astype(np.uint8)


def scaled(pixels: np.ndarray) -> np.ndarray:
    """The picture in two thirds of its size, and back in its own."""
    small = Image.fromarray(pixels).resize((SIDE * 2 // 3, SIDE * 2 // 3), Image.Resampling.BICUBIC)
    return np.asarray(small.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


COPIES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "JPEG 90": compressed(90),
    "JPEG 75": compressed(75),
    "JPEG 50": compressed(50),
    "brighter": brightened(25),
    "darker": brightened(-25),
    "contrast": contrasted(1.25),
    "pale": contrasted(0.6),
    "scaled": scaled,
}
