"""Images as PNG files in memory; equal images give equal bytes."""

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image


def encode_png(images: np.ndarray) -> Iterator[bytes]:
    """Each image uint8 [N, height, width, 1 or 3] as a PNG file; equal images give equal bytes."""
    for image in images:
        file = io.BytesIO()
        Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(file, "png", compress_level=6)
        yield file.getvalue()
