"""Features of pictures that no picture has shaped: a scattering transform of two orders, and the sense of its parts.

Wavelets of two scales and eight angles, moduli, wavelets again, moduli again, and a low-pass: 81 maps of a fourth of
the side for each colour (Bruna and Mallat 2012, arXiv:1203.1513; the filters are those of Kymatio, Andreux et al. 2018,
arXiv:1812.11214). Each picture is then normalised by itself in groups of three maps, since that helps private learning
most (Tramer and Boneh 2021, arXiv:2011.11660), and has length one.
"""

from collections.abc import Callable, Sequence
from functools import cache, reduce
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gan_core.compute.graphs import compile_graph
from gan_core.images.labelled_images import to_signed
from gan_core.images.mapped import walk
from gan_core.images.shape import ImageShape

ANGLES = 8
WIDTH, FREQUENCY, SLANT = 0.8, 3 * np.pi / 4, 0.5  # of the finer wavelets: pixels, radians a pixel, their proportions
MAPS = 1 + 2 * ANGLES + ANGLES**2  # of one colour
STRIDE = 4  # pixels from one value of a map to the next
GROUPS = 27  # of the maps of one colour
FLATNESS = 1e-5  # the variance of a group that begins to matter
SOFTNESS = 1e-12  # makes the modulus smooth at zero
PIXELS = 128 * 28 * 28  # at once
EDGES = 2  # values of a map at either end of the padded picture, of which none is kept


class Filters(NamedTuple):
    """For padded pictures of height H and width W."""

    fine: tf.Tensor  # float32 [1, 8, 2 H W], in the frequency domain, for the real and imaginary parts of a spectrum
    coarse: tf.Tensor  # float32 [4, 8, H W / 2], the same for the quarters of a spectrum
    smooth: tuple[tf.Tensor, tf.Tensor]  # float32 [h, H] and [w, W]
    smooth_half: tuple[tf.Tensor, tf.Tensor]  # float32 [h, H / 2] and [w, W / 2]


def count_features(shape: ImageShape) -> int:
    """How many features a picture of this shape has."""
    return shape.channels * MAPS * (shape.height // STRIDE) * (shape.width // STRIDE)


def read_features(
    images: np.ndarray, into: np.ndarray | None = None, on_images: Callable[[int], None] = lambda count: None
) -> np.ndarray:
    """The features of images uint8 [N, height, width, C]; float32 [N, D], each of length one.

    They are computed in parts of one size, the last one filled up, so that what is rounded in one picture's features
    does not depend on the others. They are written to `into`, such as a file (np.memmap), if that is given;
    `on_images` is called with the number of images in each part.
    """
    shape = ImageShape(*images.shape[1:])
    rows = max(1, PIXELS // shape.values)
    read = np.empty((len(images), count_features(shape)), np.float32) if into is None else into
    for number, part in enumerate(walk(images, rows)):
        block = np.zeros((rows, *shape), np.float32)
        block[: len(part)] = part
        read[number * rows : (number + 1) * rows] = _compiled(shape)(to_signed(block))[: len(part)]
        on_images(len(part))
    return read


@cache
def _compiled(shape: ImageShape) -> tf.types.experimental.PolymorphicFunction:
    return compile_graph(features, input_signature=[tf.TensorSpec([None, *shape])])


def features(signed: tf.Tensor) -> tf.Tensor:
    """The features float32 [N, D] of pictures float32 [N, height, width, C] in [-1, 1]; gradients pass through.

    Each picture's depend on that picture alone. Their length is one, but for a black picture, which has none.
    """
    _, height, width, channels = signed.shape
    colours = tf.reshape(tf.transpose((signed + 1) / 2, [0, 3, 1, 2]), [-1, height, width])
    values = MAPS * (height // STRIDE) * (width // STRIDE)
    groups = tf.reshape(scatter(colours), [-1, GROUPS, values // GROUPS])
    deviations = groups - tf.reduce_mean(groups, axis=2, keepdims=True)
    variances = tf.reduce_mean(tf.square(deviations), axis=2, keepdims=True)
    normalised = tf.reshape(deviations * tf.math.rsqrt(variances + FLATNESS), [-1, channels * values])
    return normalised * tf.math.rsqrt(tf.maximum(tf.reduce_sum(tf.square(normalised), axis=1, keepdims=True), 1.0))


def scatter(pictures: tf.Tensor) -> tf.Tensor:
    """The maps float32 [N, 81, height / 4, width / 4] of pictures float32 [N, height, width] of one colour.

    The order is: low-pass, the eight finer and the eight coarser wavelets, each finer one's modulus by the coarser.
    Written so that gradients meet in pairs, see `gan_core.compute.graphs`.
    """
    height, width = pictures.shape[1:]
    filters = _filters(*map(_pad, (height, width)))
    before = [(_pad(side) - side) // 2 for side in (height, width)]
    after = [(_pad(side) - side + 1) // 2 for side in (height, width)]
    padded = tf.pad(pictures, [[0, 0], *zip(before, after, strict=True)], "REFLECT")[:, None]
    spectrum = _transform(padded)
    fine = _find_moduli(spectrum, filters.fine, step=1)
    coarse = _find_moduli(spectrum, filters.coarse, step=2)
    second = _find_moduli(_transform(fine), filters.coarse, step=2)
    half = tf.concat([coarse, second], axis=1)
    whole = tf.concat([padded, fine], axis=1)
    return tf.concat([_smooth(whole, *filters.smooth), _smooth(half, *filters.smooth_half)], axis=1)


def _pad(side: int) -> int:
    """The side of a padded picture: a multiple of the stride, with room for the edges."""
    return STRIDE * (side // STRIDE + EDGES)


def _transform(maps: tf.Tensor) -> tf.Tensor:
    return tf.signal.fft2d(tf.complex(maps, tf.zeros_like(maps)))


def _find_moduli(spectra: tf.Tensor, filters: tf.Tensor, *, step: int) -> tf.Tensor:
    """The moduli of maps with spectra [N, M, H, W], each convolved with all filters; [N, 8 M, H / step, W / step].

    One filter after another: what all of them make at once would not fit into the processor's cache.
    """
    maps, height, width = spectra.shape[1:]
    products = _multiply(spectra, filters, step)
    moduli = tf.stack([_modulus(tf.signal.ifft2d(product)) for product in products], axis=2)
    return tf.reshape(moduli, [-1, ANGLES * maps, height // step, width // step])


def _multiply(spectra: tf.Tensor, filters: tf.Tensor, step: int) -> list[tf.Tensor]:
    """Spectra [N, M, H, W] times each filter, read at every `step`th pixel; of each [N, M, H / step, W / step].

    What is left out by a step of two appears at half the frequency: the quarters of the spectrum add up.
    """
    weights = [tf.unstack(part) for part in tf.unstack(filters)]

    @tf.custom_gradient
    def multiply(spectra: tf.Tensor) -> tuple[list[tf.Tensor], Callable[..., tf.Tensor]]:
        def gradient(*upstream: tf.Tensor) -> tf.Tensor:
            return _join([_combine(upstream, of_part) for of_part in weights], step)

        parts = _cut(spectra, step)
        return [_combine(parts, of_angle) for of_angle in zip(*weights, strict=True)], gradient

    return multiply(spectra)


def _combine(spectra: Sequence[tf.Tensor], weights: Sequence[tf.Tensor]) -> tf.Tensor:
    """The sum of spectra complex64 [N, M, H, W], each times real weights [2 H W], one for either part of a number."""
    *maps, height, width = spectra[0].shape[1:]
    rows = (tf.reshape(tf.bitcast(each, tf.float32), [-1, 2 * height * width]) for each in spectra)
    summed = reduce(tf.add, (row * weight for row, weight in zip(rows, weights, strict=True)))
    return tf.bitcast(tf.reshape(summed, [-1, *maps, height, width, 2]), tf.complex64)


def _cut(spectra: tf.Tensor, step: int) -> list[tf.Tensor]:
    """Spectra [..., H, W] in `step` times `step` parts of [..., H / step, W / step]."""
    *others, height, width = spectra.shape
    parts = tf.reshape(spectra, [-1, *others[1:], step, height // step, step, width // step])
    return [part for row in tf.unstack(parts, axis=-4) for part in tf.unstack(row, axis=-2)]


def _join(parts: list[tf.Tensor], step: int) -> tf.Tensor:
    """What was cut into these parts."""
    *others, height, width = parts[0].shape
    rows = [tf.stack(parts[row : row + step], axis=-2) for row in range(0, len(parts), step)]
    return tf.reshape(tf.stack(rows, axis=-4), [-1, *others[1:], step * height, step * width])


@tf.custom_gradient
def _modulus(waves: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tf.Tensor]]:
    """The absolute value, and its gradient in fewer operations than TensorFlow's."""
    modulus = tf.sqrt(tf.square(tf.math.real(waves)) + tf.square(tf.math.imag(waves)) + SOFTNESS)
    return modulus, lambda upstream: waves * tf.cast(upstream / modulus, tf.complex64)


def _smooth(maps: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Maps [N, M, H, W], each with the two matrices applied: [N, M, h, w]."""
    across = tf.tensordot(maps, columns, [[3], [1]])
    return tf.transpose(tf.tensordot(across, rows, [[2], [1]]), [0, 1, 3, 2])


@cache
def _filters(height: int, width: int) -> Filters:
    with tf.init_scope():
        fine, coarse = (_as_filters(_wavelets(height, width, scale), step=scale + 1) for scale in (0, 1))
        matrices = [[tf.constant(each, tf.float32) for each in _low_pass(side)] for side in (height, width)]
        whole, half = zip(*matrices, strict=True)
        return Filters(fine, coarse, whole, half)


def _as_filters(spectra: np.ndarray, *, step: int) -> tf.Tensor:
    """Real spectra [8, H, W] in parts, each number twice: float32 [parts, 8, 2 H W / parts]."""
    parts = [np.repeat(part.numpy() / step**2, 2, axis=-1) for part in _cut(tf.constant(spectra, tf.float32), step)]
    return tf.constant(np.reshape(parts, [step**2, ANGLES, -1]), tf.float32)


def _wavelets(height: int, width: int, scale: int) -> np.ndarray:
    """Morlet wavelets g(u) (exp(i x u) - b), with the b that makes their sum zero: their real spectra [8, H, W]."""
    waves = []
    for angle in np.pi * (3 - np.arange(ANGLES)) / ANGLES:
        envelope, wave = (_gabor(height, width, 2.0**scale, angle, frequency) for frequency in (0.0, FREQUENCY))
        waves.append(wave - envelope * wave.sum() / envelope.sum())
    return np.fft.fft2(waves).real


def _gabor(height: int, width: int, scale: float, angle: float, frequency: float) -> np.ndarray:
    """A Gaussian, longer across the angle than along it, times a wave along it: complex128 [H, W] of one period."""
    rows, columns = np.arange(-2 * height, 3 * height)[:, None], np.arange(-2 * width, 3 * width)
    along = (rows * np.cos(angle) + columns * np.sin(angle)) / scale
    across = (columns * np.cos(angle) - rows * np.sin(angle)) / scale
    gauss = np.exp(-(along**2 + (SLANT * across) ** 2) / (2 * WIDTH**2) + 1j * frequency * along)
    periods = gauss.reshape(5, height, 5, width).sum(axis=(0, 2))
    return periods * SLANT / (2 * np.pi * (WIDTH * scale) ** 2)


def _low_pass(side: int) -> tuple[np.ndarray, np.ndarray]:
    """A Gaussian read at every fourth pixel but those at the ends, of maps of this side and of half of it."""
    places, width = np.arange(-2 * side, 3 * side), 2 * WIDTH
    gauss = np.exp(-(places**2) / (2 * width**2)).reshape(5, side).sum(axis=0) / (np.sqrt(2 * np.pi) * width)
    half = np.fft.irfft(np.fft.rfft(gauss)[: side // 4 + 1], side // 2)
    centres = STRIDE * np.arange(1, side // STRIDE - 1)[:, None]
    return gauss[(centres - np.arange(side)) % side], half[(centres // 2 - np.arange(side // 2)) % (side // 2)]
