"""How large the networks are, known without TensorFlow: their maps, their weights, and the least that files take."""

import math
from itertools import pairwise

from gan_core.config import GanSettings
from gan_core.images.shape import ImageShape

COARSEST = 8  # pixels: the longer side of the coarsest maps is this at most, where the image has up to 128
LEAST = 4  # pixels: no side of them is shorter
FEATURES = 128  # numbers that the discriminator makes of an image
WEIGHT = 4  # bytes: all are float32
MOMENTS = 2  # that Adam keeps of each weight


def doublings(shape: ImageShape) -> int:
    """How often the sides double from the coarsest maps to the image: twice up to 32 pixels, then once more an octave.

    The last time `depth_to_space` does it, and the first of the discriminator's steps down is `space_to_depth`.
    """
    return max(2, math.ceil(math.log2(max(shape.height, shape.width) / COARSEST)))


def coarsest_maps(shape: ImageShape) -> tuple[int, int]:
    """Height and width of the coarsest maps; doubled so many times, they have room for the image."""
    scale = 2 ** doublings(shape)
    return max(LEAST, math.ceil(shape.height / scale)), max(LEAST, math.ceil(shape.width / scale))


def margins(shape: ImageShape) -> list[tuple[int, int]]:
    """Pixels above and below, left and right of an image in the networks' own size."""
    scale = 2 ** doublings(shape)
    free = [scale * maps - side for maps, side in zip(coarsest_maps(shape), shape, strict=False)]
    return [(pixels // 2, pixels - pixels // 2) for pixels in free]


def fine_width(width: int) -> int:
    """Channels at half the image side, where they cost most: 64 are enough for wider networks."""
    return min(width, 64)


def generator_weights(settings: GanSettings, shape: ImageShape, classes: int) -> int:
    """The numbers in the generator's kernels, those that are learned and carry nearly all."""
    width, embedding = settings.generator_width, settings.embedding_size if settings.conditional else 0
    widths = [*[width] * (doublings(shape) - 1), fine_width(width)]
    seed_map = (settings.latent_size + embedding) * math.prod(coarsest_maps(shape)) * width
    convolutions = [width**2, *(before * after for before, after in pairwise(widths))]
    return classes * embedding + seed_map + 9 * (sum(convolutions) + widths[-1] * 4 * shape.channels)


def discriminator_weights(settings: GanSettings, shape: ImageShape, classes: int) -> int:
    """The numbers in the discriminator's kernels."""
    width, fine, levels = settings.discriminator_width, fine_width(settings.discriminator_width), doublings(shape) - 1
    convolutions = 9 * (4 * shape.channels * fine + levels * width**2)
    steps_down = 4 * width * (fine + (levels - 1) * width)
    heads = FEATURES + (2 * FEATURES * classes if settings.conditional else 0)
    return convolutions + steps_down + math.prod(coarsest_maps(shape)) * width * FEATURES + heads


def generator_bytes(settings: GanSettings, shape: ImageShape, classes: int) -> int:
    """What the file of a generator takes at least."""
    return WEIGHT * generator_weights(settings, shape, classes)


def checkpoint_bytes(settings: GanSettings, shape: ImageShape, classes: int) -> int:
    """What a checkpoint takes at least: both players, what Adam keeps of them, and the averaged generator."""
    generator = generator_weights(settings, shape, classes)
    discriminator = discriminator_weights(settings, shape, classes)
    return WEIGHT * ((2 + MOMENTS) * generator + (1 + MOMENTS) * discriminator)
