"""Pictures to look at: grids, the mosaic of synthetic beside real images, and the film of a training."""

import io
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gan_core.files import Place, atomic_write
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape

SCALE = 2  # screen pixels for a pixel of a small image
SMALL = 48  # pixels: a longer side is shown as it is
GAP = 1  # image pixels between neighbours
BETWEEN = 36  # screen pixels between the synthetic and the real half of a mosaic
FONT_SIZE = 17  # screen pixels
WHITE, INK = 255, 40


def grid(images: np.ndarray, columns: int) -> Image.Image:
    """Uint8 images [N, height, width, C] in rows of `columns` on white, small ones enlarged without smoothing."""
    if images.dtype != np.uint8 or images.ndim != 4 or not len(images):
        raise ValueError(
            f"Expected one or more uint8 images [N, height, width, C], got {images.dtype} {list(images.shape)}."
        )
    _, height, width, channels = images.shape
    rows = -(-len(images) // columns)
    sheet = np.full((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, channels), WHITE, np.uint8)
    for place, image in enumerate(images):
        top, left = place // columns * (height + GAP), place % columns * (width + GAP)
        sheet[top : top + height, left : left + width] = image
    scale = scale_of(height, width)
    enlarged = sheet.repeat(scale, axis=0).repeat(scale, axis=1)
    return Image.fromarray(enlarged[..., 0] if channels == 1 else enlarged)


def scale_of(height: int, width: int) -> int:
    """Screen pixels for a pixel of images of this size."""
    return SCALE if max(height, width) <= SMALL else 1


def mosaic(synthetic: LabelledImages, real: LabelledImages, per_class: int = 10) -> Image.Image:
    """One row a class: its name, its first synthetic images, its first real ones; cells without an image stay white."""
    if synthetic.class_names != real.class_names or synthetic.shape != real.shape:
        raise ValueError("Expected synthetic and real images of the same classes and the same shape.")
    halves = {
        "synthetic": grid(_by_class(synthetic, per_class), per_class),
        "real": grid(_by_class(real, per_class), per_class),
    }
    return side_by_side(halves, real.class_names, real.shape)


def side_by_side(parts: Mapping[str, Image.Image], rows: Sequence[str], shape: ImageShape) -> Image.Image:
    """Grids of the same rows of images of this shape beside each other, by their headings; each row has its name."""
    font, scale = ImageFont.load_default(FONT_SIZE), scale_of(shape.height, shape.width)
    first = next(iter(parts.values()))
    top, left = 2 * FONT_SIZE, FONT_SIZE + round(max(map(font.getlength, rows)))
    width = sum(part.width for part in parts.values()) + BETWEEN * (len(parts) - 1)
    picture = Image.new(first.mode, (left + width, top + first.height), "white")
    draw, ink = ImageDraw.Draw(picture), f"rgb({INK},{INK},{INK})"
    for row, name in enumerate(rows):
        middle = top + scale * (row * (shape.height + GAP) + shape.height / 2)
        draw.text((left - FONT_SIZE, middle), name, ink, font, anchor="rm")
    for heading, part in parts.items():
        draw.text((left, top / 2), heading, ink, font, anchor="lm")
        picture.paste(part, (left, top))
        left += part.width + BETWEEN
    return picture


def _by_class(data: LabelledImages, per_class: int) -> np.ndarray:
    """The first `per_class` images of each class, uint8 [classes * per_class, ...], filled up with white."""
    cells = np.full((len(data.class_names), per_class, *data.shape), WHITE, np.uint8)
    for label, row in enumerate(cells):
        found = data.images[np.flatnonzero(data.labels == label)[:per_class]]
        row[: len(found)] = found
    return cells.reshape(-1, *data.shape)


def save_png(image: Image.Image, path: Place) -> None:
    """Write a PNG file."""
    with atomic_write(path) as file:
        file.write(encode_png(image))


def encode_png(image: Image.Image) -> bytes:
    """The bytes of a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def save_gif(frames: Sequence[Place | Image.Image], path: Place, milliseconds: int) -> None:
    """Write an endless film that shows each frame for `milliseconds` and the last one four times as long.

    The format has no two equal frames in a row: they become one, shown for the sum of their times.
    """
    with ExitStack() as opened:
        shown = [
            frame if isinstance(frame, Image.Image) else Image.open(opened.enter_context(frame.open("rb")))
            for frame in frames
        ]
        content = encode_gif(shown, milliseconds)
    with atomic_write(path) as file:
        file.write(content)


def encode_gif(frames: Sequence[Image.Image], milliseconds: int) -> bytes:
    """The bytes of such a film."""
    if not frames:
        raise ValueError("Expected one or more frames.")
    durations = [milliseconds] * (len(frames) - 1) + [4 * milliseconds]
    first, *rest = frames
    buffer = io.BytesIO()
    first.save(buffer, format="GIF", save_all=True, append_images=rest, duration=durations, loop=0)
    return buffer.getvalue()
