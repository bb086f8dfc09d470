"""The generator and the discriminator: convolutions at a half and a quarter of the image side only.

At full resolution a convolution costs most and gains least, so the generator ends in `depth_to_space` and the
discriminator begins with `space_to_depth` (Shi et al. 2016, arXiv:1609.05158). Its step down is the 2x2 convolution of
stride 2, written as `space_to_depth` and a dense layer, which takes half the time on a CPU.
"""

from itertools import count

import tensorflow as tf

from gan_core.compute.keras_settings import keras
from gan_core.compute.precision import resolve_policy
from gan_core.compute.replicas import replicas, total
from gan_core.config import GanSettings


class Generator(keras.Model):
    """Latents float32 [N, latent] and one-hot classes float32 [N, K] to images float32 [N, side, side] in [-1, 1]."""

    def __init__(self, settings: GanSettings, *, side: int, classes: int, seed: int) -> None:
        super().__init__(name="generator")
        layers = _Layers(settings.precision, seed)
        width, quarter = settings.generator_width, side // 4
        self.latent_size, self.side, self.classes = settings.latent_size, side, classes
        self.embedding = layers.dense(settings.embedding_size, bias=False) if settings.conditional else None
        self.seed_map = layers.dense(quarter * quarter * width, bias=False)
        self.to_map = keras.layers.Reshape((quarter, quarter, width))
        self.first_normalisation = BatchNormalisation()
        self.convolution = layers.convolution(width, bias=False)
        self.second_normalisation = BatchNormalisation()
        self.fine_convolution = layers.up_convolution(_fine(width))
        self.third_normalisation = BatchNormalisation()
        self.to_quarters = layers.convolution(4)
        self(tf.zeros([1, self.latent_size]), tf.zeros([1, classes]))

    def call(self, latents: tf.Tensor, classes: tf.Tensor, training: bool = False) -> tf.Tensor:
        inputs = latents
        if self.embedding is not None:
            inputs = tf.concat([latents, tf.cast(self.embedding(classes), tf.float32)], axis=1)
        maps = self.to_map(self.seed_map(inputs))
        maps = tf.nn.relu(self.first_normalisation(maps, training=training))
        maps = self.convolution(maps)
        maps = tf.nn.relu(self.second_normalisation(maps, training=training))
        maps = self.fine_convolution(maps)
        maps = tf.nn.relu(self.third_normalisation(maps, training=training))
        quarters = tf.cast(self.to_quarters(maps), tf.float32)
        return tf.squeeze(tf.tanh(tf.nn.depth_to_space(quarters, 2)), axis=3)


class Discriminator(keras.Model):
    """Images float32 [N, side, side] and one-hot classes [N, K] to realness [N] and class logits [N, K], in float32.

    Realness is a linear reading of the features plus their projection on the embedding of the class
    (Miyato and Koyama 2018, arXiv:1802.05637); the class logits are those of an auxiliary head (Odena et al. 2017,
    arXiv:1610.09585). Nothing here looks at the other images of the batch. An unconditional discriminator
    ignores the classes, and its class logits are zero.
    """

    def __init__(self, settings: GanSettings, *, side: int, classes: int, seed: int) -> None:
        super().__init__(name="discriminator")
        layers = _Layers(settings.precision, seed)
        width, features = settings.discriminator_width, 128
        self.first_convolution = layers.convolution(_fine(width))
        self.step_down = layers.dense(width)
        self.second_convolution = layers.convolution(width)
        self.flatten = keras.layers.Flatten()
        self.features = layers.dense(features)
        self.realness = layers.dense(1, precision="float32")
        self.conditional = settings.conditional
        if self.conditional:
            self.embedding = layers.dense(features, bias=False, precision="float32")
            self.class_head = layers.dense(classes, precision="float32")
        self(tf.zeros([1, side, side]), tf.zeros([1, classes]))

    def call(self, images: tf.Tensor, classes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        maps = tf.nn.space_to_depth(images[..., tf.newaxis], 2)
        maps = tf.nn.leaky_relu(self.first_convolution(maps), 0.2)
        maps = tf.nn.leaky_relu(self.step_down(tf.nn.space_to_depth(maps, 2)), 0.2)
        maps = tf.nn.leaky_relu(self.second_convolution(maps), 0.2)
        features = tf.cast(tf.nn.leaky_relu(self.features(self.flatten(maps)), 0.2), tf.float32)
        judged = tf.identity(features)  # so that gradients meet in pairs, see `gan_core.compute.graphs`
        realness = tf.squeeze(self.realness(judged), axis=1)
        if not self.conditional:
            return realness, tf.zeros_like(classes)
        projection = tf.reduce_sum(self.embedding(classes) * judged, axis=1)
        return realness + projection, self.class_head(features)


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
        written = tf.reverse(self.kernel, axis=[0, 1])  # where a convolution reads, its transpose writes
        kernel = tf.transpose(written, [0, 1, 3, 2])
        for axis in (0, 1):
            nothing = tf.zeros_like(tf.gather(kernel, [0], axis=axis))
            kernel = tf.concat([kernel, nothing], axis) + tf.concat([nothing, kernel], axis)
        count, height, width, _ = tf.unstack(tf.shape(maps))
        shape = [count, 2 * height, 2 * width, self.filters]
        return tf.nn.conv2d_transpose(maps, tf.cast(kernel, self.compute_dtype), shape, strides=2)


class BatchNormalisation(keras.layers.Layer):
    """Batch normalisation (Ioffe and Szegedy 2015, arXiv:1502.03167) of [N, height, width, C] in TensorFlow's fused
    kernel: a fifth of the time that Keras' own layer takes on a CPU. Statistics and scale are float32.

    In training the statistics are those of the whole batch, also where replicas have shares of it.
    """

    def __init__(self, momentum: float = 0.99, epsilon: float = 1e-3) -> None:
        super().__init__(dtype="float32", autocast=False)
        self.momentum, self.epsilon = momentum, epsilon

    def build(self, shape: tuple[int, ...]) -> None:
        channels = (shape[-1],)
        self.scale = self.add_weight(shape=channels, initializer="ones", name="scale")
        self.offset = self.add_weight(shape=channels, initializer="zeros", name="offset")
        self.mean = self.add_weight(shape=channels, initializer="zeros", trainable=False, name="mean")
        self.variance = self.add_weight(shape=channels, initializer="ones", trainable=False, name="variance")

    def call(self, maps: tf.Tensor, training: bool = False) -> tf.Tensor:
        several = training and replicas() > 1
        normalised, mean, variance = self._together(maps) if several else self._alone(maps, training)
        if training:
            self.mean.assign(self.momentum * self.mean + (1 - self.momentum) * mean)
            self.variance.assign(self.momentum * self.variance + (1 - self.momentum) * variance)
        return normalised

    def _alone(self, maps: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        normalised, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=maps,
            scale=tf.convert_to_tensor(self.scale),
            offset=tf.convert_to_tensor(self.offset),
            mean=[] if training else tf.convert_to_tensor(self.mean),
            variance=[] if training else tf.convert_to_tensor(self.variance),
            epsilon=self.epsilon,
            is_training=training,
        )
        return normalised, mean, variance

    def _together(self, maps: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """The same by all replicas; written so that gradients meet in pairs, see `gan_core.compute.graphs`."""
        shown, count = tf.cast(maps, tf.float32), replicas() * tf.cast(tf.size(maps[..., 0]), tf.float32)
        mean = total(tf.reduce_sum(shown, axis=[0, 1, 2])) / count
        deviations = shown - mean
        variance = total(tf.reduce_sum(tf.square(deviations), axis=[0, 1, 2])) / count
        normalised = deviations * (tf.math.rsqrt(variance + self.epsilon) * self.scale) + self.offset
        return tf.cast(normalised, maps.dtype), mean, variance * count / (count - 1)


class _Layers:
    """Makes layers of one precision, each initialised from a seed of its own."""

    def __init__(self, precision: str, seed: int) -> None:
        self.precision = resolve_policy(precision)
        self.seeds = (1_000 * seed + number for number in count())

    def dense(self, units: int, *, bias: bool = True, precision: str | None = None) -> keras.layers.Dense:
        return keras.layers.Dense(
            units, use_bias=bias, kernel_initializer=self._initializer(), dtype=precision or self.precision
        )

    def convolution(self, filters: int, *, bias: bool = True) -> keras.layers.Conv2D:
        return keras.layers.Conv2D(
            filters,
            3,
            padding="same",
            use_bias=bias,
            kernel_initializer=self._initializer(),
            dtype=self.precision,
        )

    def up_convolution(self, filters: int) -> UpConvolution:
        return UpConvolution(filters, self._initializer(), self.precision)

    def _initializer(self) -> keras.initializers.Initializer:
        return keras.initializers.GlorotUniform(seed=next(self.seeds))


def _fine(width: int) -> int:
    """Channels at half the image side, where they cost most: 64 are enough for wider networks."""
    return min(width, 64)
