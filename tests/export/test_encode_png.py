import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from gan_core.exports.encode_png import BLOCK, encode_png
from gan_core.images.labelled_images import with_channels

Size = tuple[int, int, int]
Draw = Callable[[Size], np.ndarray]


def noisy(size: Size) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (BLOCK + 3, *size), dtype=np.uint8)


def smooth(size: Size) -> np.ndarray:
    """Slopes of all directions and strengths, with a little noise, as pictures have."""
    random = np.random.default_rng(0)
    height, width, channels = size
    down, right = random.uniform(-6, 6, (2, BLOCK + 3, 1, 1, channels))
    slopes = 128 + down * np.arange(height)[:, None, None] + right * np.arange(width)[:, None]
    return np.clip(slopes + random.normal(0, 2, slopes.shape), 0, 255).astype(np.uint8)


def by_pillow(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(file, "png")
    return file.getvalue()


@pytest.mark.parametrize("size", [(28, 28, 1), (32, 32, 3), (5, 8, 1), (1, 1, 1), (7, 1, 3), (1, 9, 3)], ids=str)
@pytest.mark.parametrize("draw", [noisy, smooth, lambda size: noisy(size) // 255])
def test_pillow_reads_the_same_pixels_and_equal_images_give_equal_bytes(draw: Draw, size: Size) -> None:
    images = draw(size)
    files = list(encode_png(images))
    opened = [Image.open(io.BytesIO(file)) for file in files]
    assert {image.mode for image in opened} == {"L" if size[2] == 1 else "RGB"}
    assert np.array_equal(with_channels(np.stack(list(map(np.asarray, opened)))), images)
    assert [next(encode_png(image[None])) for image in images] == files


@pytest.mark.parametrize("size", [(28, 28, 1), (32, 32, 3), (64, 64, 3)], ids=str)
@pytest.mark.parametrize("draw", [noisy, smooth])
def test_a_file_is_at_most_a_tenth_larger_than_pillows(draw: Draw, size: Size) -> None:
    images = draw(size)
    assert sum(map(len, encode_png(images))) <= 1.1 * sum(len(by_pillow(image)) for image in images)
