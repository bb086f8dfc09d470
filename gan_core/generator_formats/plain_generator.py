"""A generator as plain arrays, from which each format builds it again in the operations of its own library."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from gan_core.compute.keras_settings import keras
from gan_core.compute.normalisation import BatchNormalisation
from gan_core.gan.network_sizes import margins
from gan_core.gan.networks import Generator, UpConvolution
from gan_core.images.shape import ImageShape


@dataclass(frozen=True)
class Normalisation:
    """The statistics and the scale of a batch normalisation, each float32 [C].

    Of maps it makes `(maps - mean) * factor + offset`; other orders round otherwise, which bfloat16 would multiply.
    """

    scale: np.ndarray
    offset: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    epsilon: float

    @property
    def factor(self) -> np.ndarray:
        return self.scale / np.sqrt(self.variance + np.float32(self.epsilon))


@dataclass(frozen=True)
class Layer:
    """A convolution without a bias, normalised, and all below zero set to zero."""

    kernel: np.ndarray  # float32 [3, 3, before, after], or [4, 4, after, before] of a transposed one of stride 2
    doubles: bool  # whether it is a transposed one, which doubles the maps' sides
    normalisation: Normalisation


@dataclass(frozen=True)
class PlainGenerator:
    """Latents float32 [N, L] and classes int32 [N] to pictures uint8 [N, height, width, C], as `Generator` draws them.

    Where its arithmetic is bfloat16, so are the kernels, and each result of a layer is rounded to that.
    """

    shape: ImageShape
    class_names: tuple[str, ...]
    latent_size: int
    bfloat16: bool
    embedding: np.ndarray | None  # float32 [classes, E], None where no class is told
    seed_map: np.ndarray  # float32 [L + E, height, width, C] of the coarsest maps
    first: Normalisation
    layers: tuple[Layer, ...]
    to_quarters: np.ndarray  # float32 [3, 3, before, 4 C]
    bias: np.ndarray  # float32 [4 C]
    guarantee: str  # of its privacy, a sentence for whoever is to decide; empty if none is promised

    @property
    def corner(self) -> tuple[int, int]:
        """The row and the column of the picture's first pixel in the last maps, which may be larger."""
        (top, _), (left, _) = margins(self.shape)
        return top, left


def flatten_generator(generator: Generator, class_names: tuple[str, ...], guarantee: str = "") -> PlainGenerator:
    """The arrays of a generator, rounded as it computes with them on this machine, with what must be told of it."""
    bfloat16 = generator.convolution.compute_dtype == "bfloat16"
    maps = generator.coarse

    def rounded(kernel: keras.Variable | tf.Tensor) -> np.ndarray:
        array = kernel.numpy()
        return tf.cast(tf.cast(array, tf.bfloat16), tf.float32).numpy() if bfloat16 else array

    convolutions = [generator.convolution, *generator.up_convolutions]
    normalisations = [generator.second_normalisation, *generator.up_normalisations]
    return PlainGenerator(
        shape=generator.shape,
        class_names=class_names,
        latent_size=generator.latent_size,
        bfloat16=bfloat16,
        embedding=None if generator.embedding is None else rounded(generator.embedding.kernel),
        seed_map=rounded(generator.seed_map.kernel).reshape(-1, *maps),
        first=_normalisation(generator.first_normalisation),
        layers=tuple(
            Layer(rounded(_kernel(convolution)), isinstance(convolution, UpConvolution), _normalisation(normalisation))
            for convolution, normalisation in zip(convolutions, normalisations, strict=True)
        ),
        to_quarters=rounded(generator.to_quarters.kernel),
        bias=rounded(generator.to_quarters.bias),
        guarantee=guarantee,
    )


def _kernel(convolution: keras.layers.Conv2D | UpConvolution) -> keras.Variable | tf.Tensor:
    return convolution.spread_kernel() if isinstance(convolution, UpConvolution) else convolution.kernel


def _normalisation(layer: BatchNormalisation) -> Normalisation:
    scale, offset, mean, variance = (each.numpy() for each in (layer.scale, layer.offset, layer.mean, layer.variance))
    return Normalisation(scale, offset, mean, variance, layer.epsilon)
