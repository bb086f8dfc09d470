"""The generator and the discriminator: convolutions at a half and a quarter of the image's sides, and below.

At full resolution a convolution costs most and gains least, so the generator ends in `depth_to_space` and the
discriminator begins with `space_to_depth` (Shi et al. 2016, arXiv:1609.05158). Its step down is the 2x2 convolution of
stride 2, written as `space_to_depth` and a dense layer, which takes half the time on a CPU.
"""

import math
from itertools import count

import tensorflow as tf

from gan_core.compute.convolution import convolve, convolve_up, depth_to_space, space_to_depth
from gan_core.compute.keras_settings import keras
from gan_core.compute.normalisation import BatchNormalisation
from gan_core.compute.precision import resolve_policy
from gan_core.config import GanSettings
from gan_core.gan.network_sizes import FEATURES, coarsest_maps, doublings, fine_width, margins
from gan_core.images.shape import ImageShape


class Generator(keras.Model):
    """Latents float32 [N, latent] and one-hot classes [N, K] to images float32 [N, height, width, C] in [-1, 1]."""

    def __init__(self, settings: GanSettings, *, shape: ImageShape, classes: int, seed: int) -> None:
        super().__init__(name="generator")
        layers = _Layers(settings.precision, seed)
        width, coarse = settings.generator_width, coarsest_maps(shape)
        self.latent_size, self.shape, self.classes = settings.latent_size, shape, classes
        self.embedding = layers.dense(settings.embedding_size, bias=False) if settings.conditional else None
        self.seed_map = layers.dense(math.prod(coarse) * width, bias=False)
        self.coarse = (*coarse, width)
        self.first_normalisation = BatchNormalisation()
        self.convolution = layers.convolution(width, bias=False)
        self.second_normalisation = BatchNormalisation()
        widths = [*[width] * (doublings(shape) - 2), fine_width(width)]
        self.up_convolutions = [layers.up_convolution(filters) for filters in widths]
        self.up_normalisations = [BatchNormalisation() for _ in widths]
        self.to_quarters = layers.convolution(4 * shape.channels)
        self(tf.zeros([1, self.latent_size]), tf.zeros([1, classes]))

    def call(self, latents: tf.Tensor, classes: tf.Tensor, training: bool = False) -> tf.Tensor:
        inputs = latents
        if self.embedding is not None:
            inputs = tf.concat([latents, tf.cast(self.embedding(classes), tf.float32)], axis=1)
        maps = tf.reshape(self.seed_map(inputs), [-1, *self.coarse])
        maps = tf.nn.relu(self.first_normalisation(maps, training=training))
        maps = self.convolution(maps)
        maps = tf.nn.relu(self.second_normalisation(maps, training=training))
        for convolution, normalisation in zip(self.up_convolutions, self.up_normalisations, strict=True):
            maps = tf.nn.relu(normalisation(convolution(maps), training=training))
        quarters = tf.cast(self.to_quarters(maps), tf.float32)
        return _crop(tf.tanh(depth_to_space(quarters)), self.shape)


class Discriminator(keras.Model):
    """Images float32 [N, height, width, C] and one-hot classes [N, K] to realness [N] and class logits [N, K].

    Realness is a linear reading of the features plus their projection on the embedding of the class
    (Miyato and Koyama 2018, arXiv:1802.05637); the class logits are those of an auxiliary head (Odena et al. 2017,
    arXiv:1610.09585). Nothing here looks at the other images of the batch. An unconditional discriminator
    ignores the classes, and its class logits are zero.
    """

    def __init__(self, settings: GanSettings, *, shape: ImageShape, classes: int, seed: int) -> None:
        super().__init__(name="discriminator")
        layers = _Layers(settings.precision, seed)
        width = settings.discriminator_width
        self.shape, levels = shape, range(doublings(shape) - 1)
        self.first_convolution = layers.convolution(fine_width(width))
        steps = [(layers.dense(width), layers.convolution(width)) for _ in levels]
        self.steps_down, self.convolutions = map(list, zip(*steps, strict=True))
        self.features = layers.dense(FEATURES)
        self.realness = layers.dense(1, precision="float32")
        self.conditional = settings.conditional
        if self.conditional:
            self.embedding = layers.dense(FEATURES, bias=False, precision="float32")
            self.class_head = layers.dense(classes, precision="float32")
        self(tf.zeros([1, *shape]), tf.zeros([1, classes]))

    def call(self, images: tf.Tensor, classes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        maps = space_to_depth(_pad(images, self.shape))
        maps = tf.nn.leaky_relu(self.first_convolution(maps), 0.2)
        for step_down, convolution in zip(self.steps_down, self.convolutions, strict=True):
            maps = tf.nn.leaky_relu(step_down(space_to_depth(maps)), 0.2)
            maps = tf.nn.leaky_relu(convolution(maps), 0.2)
        flat = tf.reshape(maps, [-1, math.prod(maps.shape[1:])])
        features = tf.cast(tf.nn.leaky_relu(self.features(flat), 0.2), tf.float32)
        judged = tf.identity(features)  # so that gradients meet in pairs, see `gan_core.compute.graphs`
        realness = tf.squeeze(self.realness(judged), axis=1)
        if not self.conditional:
            return realness, tf.zeros_like(classes)
        projection = tf.reduce_sum(self.embedding(classes) * judged, axis=1)
        return realness + projection, self.class_head(features)


class Convolution(keras.layers.Layer):
    """Maps [N, height, width, C] to [N, height, width, filters] by a 3x3 convolution."""

    def __init__(self, filters: int, bias: bool, initializer: keras.initializers.Initializer, precision: str) -> None:
        super().__init__(dtype=precision)
        self.filters, self.use_bias, self.initializer = filters, bias, initializer

    def build(self, shape: tuple[int, ...]) -> None:
        kernel = (3, 3, shape[-1], self.filters)
        self.kernel = self.add_weight(shape=kernel, initializer=self.initializer, name="kernel")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias") if self.use_bias else None

    def call(self, maps: tf.Tensor) -> tf.Tensor:
        bias = None if self.bias is None else tf.convert_to_tensor(self.bias)
        return convolve(maps, tf.convert_to_tensor(self.kernel), bias)


class UpConvolution(keras.layers.Layer):
    """Maps [N, height, width, C] to [N, 2 height, 2 width, filters]: the 3x3 convolution, without a bias, of the maps
    after nearest-neighbour upsampling.

    That would read most pixels several times, each time with another weight. Reading them once with the sums of these
    weights is a transposed convolution with the kernel spread over 2x2 pixels: four ninths of the multiplications.
    """

    def __init__(self, filters: int, initializer: keras.initializers.Initializer, precision: str) -> None:
        super().__init__(dtype=precision)
        self.filters, self.initializer = filters, initializer

    def build(self, shape: tuple[int, ...]) -> None:
        kernel = (3, 3, shape[-1], self.filters)
        self.kernel = self.add_weight(shape=kernel, initializer=self.initializer, autocast=False, name="kernel")

    def call(self, maps: tf.Tensor) -> tf.Tensor:
        return convolve_up(maps, tf.cast(self.spread_kernel(), self.compute_dtype))

    def spread_kernel(self) -> tf.Tensor:
        """The kernel of the transposed convolution, float32 [4, 4, filters, channels]."""
        written = tf.reverse(self.kernel, axis=[0, 1])  # where a convolution reads, its transpose writes
        kernel = tf.transpose(written, [0, 1, 3, 2])
        for axis in (0, 1):
            nothing = tf.zeros_like(tf.gather(kernel, [0], axis=axis))
            kernel = tf.concat([kernel, nothing], axis) + tf.concat([nothing, kernel], axis)
        return kernel


class _Layers:
    """Makes layers of one precision, each initialised from a seed of its own."""

    def __init__(self, precision: str, seed: int) -> None:
        self.precision = resolve_policy(precision)
        self.seeds = (1_000 * seed + number for number in count())

    def dense(self, units: int, *, bias: bool = True, precision: str | None = None) -> keras.layers.Dense:
        return keras.layers.Dense(
            units, use_bias=bias, kernel_initializer=self._initializer(), dtype=precision or self.precision
        )

    def convolution(self, filters: int, *, bias: bool = True) -> Convolution:
        return Convolution(filters, bias, self._initializer(), self.precision)

    def up_convolution(self, filters: int) -> UpConvolution:
        return UpConvolution(filters, self._initializer(), self.precision)

    def _initializer(self) -> keras.initializers.Initializer:
        return keras.initializers.GlorotUniform(seed=next(self.seeds))


def _pad(images: tf.Tensor, shape: ImageShape) -> tf.Tensor:
    """The images in the middle of the networks' own size, if theirs is another."""
    free = margins(shape)
    return tf.pad(images, [(0, 0), *free, (0, 0)]) if any(map(any, free)) else images


def _crop(images: tf.Tensor, shape: ImageShape) -> tf.Tensor:
    """The middle of images in the networks' own size, if that is another."""
    (top, _), (left, _) = free = margins(shape)
    if not any(map(any, free)):
        return images
    return images[:, top : top + shape.height, left : left + shape.width]
