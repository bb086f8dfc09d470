"""A folder that TensorFlow loads: its signature takes latents and classes, and returns pictures."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import tensorflow as tf

from gan_core.files import Place, copy
from gan_core.generator_formats.plain_generator import Normalisation, PlainGenerator
from gan_core.sources.listing import files_in

RANDOM = "fingerprint.pb"  # which holds a number drawn at random, and is not needed


class Pictures(tf.Module):
    """Draws as `Generator` does, bit by bit, also under the optimisers of graphs that this program turns off."""

    def __init__(self, generator: PlainGenerator) -> None:
        super().__init__()
        self.plain = generator
        self.embedding = None if generator.embedding is None else tf.Variable(generator.embedding)
        self.seed_map = tf.Variable(generator.seed_map.reshape(len(generator.seed_map), -1))
        self.kernels = [tf.Variable(layer.kernel) for layer in generator.layers]
        normalisations = [generator.first, *(layer.normalisation for layer in generator.layers)]
        self.normalisations = [_variables(each) for each in normalisations]
        self.to_quarters, self.bias = tf.Variable(generator.to_quarters), tf.Variable(generator.bias)

    def signature(self) -> tf.types.experimental.PolymorphicFunction:
        """The function of latents, and of classes if they are told, that returns the pictures by their name."""
        latents = tf.TensorSpec([None, self.plain.latent_size], tf.float32, "latents")
        classes = [] if self.embedding is None else [tf.TensorSpec([None], tf.int32, "classes")]
        return tf.function(self.draw, autograph=False, input_signature=[latents, *classes])

    def draw(self, latents: tf.Tensor, classes: tf.Tensor | None = None) -> dict[str, tf.Tensor]:
        inputs = latents
        if self.embedding is not None:
            inputs = tf.concat([latents, tf.gather(self.embedding, classes)], axis=1)
        maps = tf.reshape(self._low(inputs) @ self._low(self.seed_map), [-1, *self.plain.seed_map.shape[1:]])
        maps = self._normalise(maps, 0)
        for number, (layer, kernel) in enumerate(zip(self.plain.layers, self.kernels, strict=True)):
            kernel = self._low(kernel)
            maps = _double(maps, kernel) if layer.doubles else tf.nn.conv2d(maps, kernel, 1, "SAME")
            maps = self._normalise(_alone(maps), number + 1)
        quarters = tf.nn.bias_add(tf.nn.conv2d(maps, self._low(self.to_quarters), 1, "SAME"), self._low(self.bias))
        images = tf.tanh(tf.nn.depth_to_space(tf.cast(quarters, tf.float32), 2))
        (top, left), shape = self.plain.corner, self.plain.shape
        images = images[:, top : top + shape.height, left : left + shape.width]
        return {"images": tf.cast(tf.clip_by_value(tf.round((images + 1.0) * 127.5), 0, 255), tf.uint8)}

    def _low(self, values: tf.Tensor) -> tf.Tensor:
        return tf.cast(values, tf.bfloat16 if self.plain.bfloat16 else tf.float32)

    def _normalise(self, maps: tf.Tensor, number: int) -> tf.Tensor:
        scale, offset, mean, variance = map(tf.convert_to_tensor, self.normalisations[number])
        normalised, *_ = tf.raw_ops.FusedBatchNormV3(
            x=maps,
            scale=scale,
            offset=offset,
            mean=mean,
            variance=variance,
            epsilon=self.plain.first.epsilon,
            is_training=False,
        )
        return tf.nn.relu(normalised)


def write(folder: Place, generator: PlainGenerator) -> None:
    """Write the folder; TensorFlow writes to this machine only, so its files come from a temporary one."""
    pictures = Pictures(generator)
    with TemporaryDirectory() as made:
        tf.saved_model.save(pictures, made, signatures=pictures.signature())
        for name in files_in(Path(made)):
            if name != RANDOM:
                copy(Path(made, name), folder / name)


def draw(folder: Place, latents: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """What TensorFlow makes of the folder, uint8 [N, height, width, C]."""
    with TemporaryDirectory() as fetched:
        for name in files_in(folder):
            copy(folder / name, Path(fetched, name))
        loaded = tf.saved_model.load(fetched)
    signature = loaded.signatures["serving_default"]
    _, named = signature.structured_input_signature
    given = {"latents": tf.constant(latents), "classes": tf.constant(classes)}
    return signature(**{name: given[name] for name in named})["images"].numpy()


def _variables(normalisation: Normalisation) -> Sequence[tf.Variable]:
    arrays = normalisation.scale, normalisation.offset, normalisation.mean, normalisation.variance
    return [tf.Variable(array) for array in arrays]


def _double(maps: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Maps of twice the sides."""
    count, height, width, _ = tf.unstack(tf.shape(maps))
    return tf.nn.conv2d_transpose(maps, kernel, [count, 2 * height, 2 * width, kernel.shape[2]], strides=2)


def _alone(maps: tf.Tensor) -> tf.Tensor:
    """The same maps; TensorFlow does not fuse what made them with what follows, as that would round otherwise."""
    return tf.ensure_shape(maps, maps.shape)
