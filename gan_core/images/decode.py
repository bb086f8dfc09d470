"""Pictures as people have them, made grey or RGB bytes: every mode that Pillow knows, upright, alpha over white."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, ImageOps

from gan_core.errors import say_error

GREY_MODES = {"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N", "F"}
DEEP_MODES = {"I", "I;16", "I;16B", "I;16L", "I;16N", "F"}  # of more than eight bits a pixel
TURNED = {5, 6, 7, 8}  # orientations in which width and height change places
WHITE = (255, 255, 255, 255)
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}  # of pixels, by their channels


class Unreadable(ValueError):
    """The bytes are no picture that can be read, or one that must not be; the message says why, without its name."""


@dataclass(frozen=True)
class Look:
    """What a picture's header says."""

    height: int  # pixels, once it is upright
    width: int
    grey: bool  # by its mode; other pictures may turn out to be grey
    format: str  # as in JPEG; empty for pixels
    mode: str  # as Pillow names them, such as L and RGB


@contextmanager
def strict_pillow() -> Iterator[None]:
    """Let Pillow say nothing of what it can read all the same, and refuse what may burst the memory."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\.")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def look(content: bytes | np.ndarray) -> Look:
    """The size and kind of a picture without its pixels; Unreadable if there is no telling."""
    if isinstance(content, np.ndarray):
        if not content.size:
            raise Unreadable("empty")
        mode = MODES[1 if content.ndim == 2 else content.shape[2]]
        return Look(content.shape[0], content.shape[1], mode in GREY_MODES, "", mode)
    with _opened(content) as image:
        height, width = image.height, image.width
        if image.getexif().get(ExifTags.Base.Orientation) in TURNED:
            height, width = width, height
        return Look(height, width, image.mode in GREY_MODES, image.format or "", image.mode)


def decode(content: bytes | np.ndarray, least: int | None = None) -> np.ndarray:
    """The pixels uint8 [height, width, channels], 1 or 3 of them, of an encoded picture or of pixels as found.

    A JPEG file may come in a smaller size, but not less than `least` pixels from edge to edge. Raises Unreadable.
    """
    if isinstance(content, np.ndarray):
        if content.ndim == 2:
            return content[..., None]
        if content.shape[2] in (1, 3):
            return content
        return _to_bytes(Image.fromarray(content))  # with alpha
    with _opened(content) as image:
        if least:
            image.draft(image.mode, (least, least))
        return _to_bytes(ImageOps.exif_transpose(image))


def to_channels(pixels: np.ndarray, channels: int) -> np.ndarray:
    """The same picture with 1 or 3 channels."""
    if pixels.shape[2] == channels:
        return pixels
    if channels == 3:
        return np.repeat(pixels, 3, axis=2)
    return np.asarray(Image.fromarray(pixels).convert("L"))[..., None]


def is_grey(pixels: np.ndarray) -> bool:
    """Whether all channels are equal."""
    return pixels.shape[-1] == 1 or bool((pixels == pixels[..., :1]).all())


@contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    try:
        with Image.open(io.BytesIO(content)) as image:
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable(f"more than the {Image.MAX_IMAGE_PIXELS:,} pixels that are safe to unpack") from error
    except Image.UnidentifiedImageError as error:
        raise Unreadable("empty" if not content else "no picture") from error
    except Unreadable:
        raise
    except Exception as error:  # what damaged bytes lead Pillow's decoders to: any error that there is
        raise Unreadable(say_error(error)) from error


def _to_bytes(image: Image.Image) -> np.ndarray:
    """Grey or RGB bytes of an image of any mode."""
    if image.mode in DEEP_MODES:
        return _shallow(np.asarray(image))[..., None]
    if image.has_transparency_data:
        grey = image.mode in GREY_MODES
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, WHITE), image).convert("L" if grey else "RGB")
    image = image.convert("L" if image.mode in GREY_MODES else "RGB")
    pixels = np.asarray(image)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def _shallow(values: np.ndarray) -> np.ndarray:
    """Values of 16 bits, or shares of 1, as bytes; Unreadable for others."""
    if not np.isfinite(values).all() or values.min() < 0 or values.max() > 65_535:
        raise Unreadable("pixels beyond 16 bits")
    if values.dtype.kind == "f" and values.max() <= 1:
        return np.rint(values * 255).astype(np.uint8)
    if values.dtype != np.uint16 and values.max() <= 255:  # wider than it would have to be
        return np.rint(values).astype(np.uint8)
    return np.rint(values / 257).astype(np.uint8)
