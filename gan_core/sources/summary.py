"""What was understood of a source and what was done with it, in one line."""

from collections import Counter
from collections.abc import Mapping, Sequence

from gan_core.config import DataSettings
from gan_core.images.fit import Size
from gan_core.images.shape import ImageShape
from gan_core.sources.found_pictures import SPLITS, Found, Split
from gan_core.sources.gather import Survey

MODES = {  # what people call the modes of Pillow
    "1": "black and white",
    "L": "grey",
    "LA": "grey with alpha",
    "P": "palette",
    "PA": "palette with alpha",
    "RGB": "RGB",
    "RGBA": "RGB with alpha",
    "CMYK": "CMYK",
    "YCbCr": "YCbCr",
    "I;16": "16 bit grey",
    "I": "32 bit grey",
}
FITTED = {"crop": "scaled and cropped", "pad": "scaled and padded", "stretch": "stretched"}


def describe_source(
    found: Found,
    surveys: Mapping[Split, Survey],
    shape: ImageShape,
    settings: DataSettings,
    classes: int,
    counts: Mapping[Split, int],
    notes: Sequence[str],
) -> str:
    """One line, as in: JPEG folder, 10 classes, 50,000 train + 10,000 test, 32x32 RGB; and what was done, if anything.

    `counts` are the pictures of each split as they are used, `notes` what is to be said beside them.
    """
    formats = sum((each.formats for each in surveys.values()), Counter[str]())
    sizes = sum((each.sizes for each in surveys.values()), Counter[Size]())
    kind = " ".join(filter(None, ("/".join(name for name, _ in formats.most_common() if name), found.kind)))
    parts = " + ".join(f"{counts[split]:,} {split}" for split in SPLITS if counts.get(split))
    done = [FITTED[settings.fit]] if set(sizes) != {(shape.height, shape.width)} else []
    colour = "grey" if shape.channels == 1 else "RGB"
    span = f"{_span(sizes)} {' to '.join((*done, ''))}" if done else ""
    line = f"{kind}, {classes} classes, {parts}, {span}{shape.width}x{shape.height} {colour}"
    modes = sum((each.modes for each in surveys.values()), Counter[str]())
    deep = "pixels of 16 bits are divided by 257" if any(mode.startswith("I;16") for mode in modes) else ""
    return "; ".join(filter(None, (line, describe_modes(modes) if len(modes) > 1 else "", deep, *notes)))


def describe_modes(modes: Counter[str]) -> str:
    """How many pictures have each mode, the most frequent first, as in: 40 RGB, 3 grey."""
    return ", ".join(f"{count:,} {MODES.get(mode, mode)}" for mode, count in modes.most_common())


def _span(sizes: Counter[Size]) -> str:
    """The size of all pictures as WIDTHxHEIGHT, or the smallest and the largest by their pixels."""
    ordered = sorted(sizes, key=lambda size: size[0] * size[1])
    ends = dict.fromkeys(f"{width}x{height}" for height, width in (ordered[0], ordered[-1]))
    return " to ".join(ends)
