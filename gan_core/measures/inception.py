"""FID and KID: distances in an Inception network's features, where the user has its weights.

TensorFlow is imported when a network is read, since the list of all measures names these.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gan_core.errors import BadInput
from gan_core.images.labelled_images import to_signed
from gan_core.images.mapped import read, walk
from gan_core.measures.bootstrap import jackknife
from gan_core.measures.diversity_of_set import shuffle_points
from gan_core.measures.frechet_distance import half_and_floor_distance
from gan_core.measures.measure import Figure, Measure

if TYPE_CHECKING:
    import tensorflow as tf

    from gan_core.compute.keras_settings import keras

SIDE = 299  # pixels that the network was trained on
READING = 25  # images at once
SAMPLE = 5_000  # images of each kind at most: a kernel of all pairs stands in memory

INCEPTION_FID = Measure(
    name="inception_fid",
    title="FID in Keras's InceptionV3",
    aspect="diverse",
    meaning="How far apart means and covariances of real and synthetic images are in Inception; other weights, another "
    "way to resize and fewer images give other figures.",
    direction="lower is better",
    chance="nothing bounds it; compare it with that of real images",
    source="Heusel et al. 2017, arXiv:1706.08500, equation 6",
    highest=float("inf"),
    unit="distance",
)
INCEPTION_KID = Measure(
    name="inception_kid",
    title="KID in Keras's InceptionV3",
    aspect="diverse",
    meaning="How far apart real and synthetic images are in Inception by a cubic kernel, whatever their number.",
    direction="lower is better",
    chance="nothing bounds it; real images have 0 on average",
    source="Bińkowski et al. 2018, arXiv:1801.01401, equation 4",
    lowest=-float("inf"),
    highest=float("inf"),
    unit="distance",
)


def load_inception(path: Path) -> keras.Model:
    """InceptionV3 with the user's weights, up to its pooled features [N, 2048]; BadInput for another file.

    A file is .keras, .weights.h5 or .h5, as Keras's own with or without the top, whose classes are not needed.
    """
    from gan_core.compute.keras_settings import keras

    try:
        path.open("rb").close()  # before the network is built
        whole = keras.saving.load_model(path, compile=False) if path.suffix == ".keras" else _read_weights(path)
        return keras.Model(whole.inputs, keras.layers.GlobalAveragePooling2D()(whole.get_layer("mixed10").output))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"Expected weights of Keras's InceptionV3 in {path}, got “{str(error).splitlines()[0]}”; name another file."
        ) from error


def _read_weights(path: Path) -> keras.Model:
    """The network that the file has the weights of: that without the top, or else that with it."""
    from gan_core.compute.keras_settings import keras

    network = keras.applications.InceptionV3(weights=None, include_top=False)
    try:
        network.load_weights(path)
    except ValueError:
        network = keras.applications.InceptionV3(weights=None)
        network.load_weights(path)
    return network


def inception_features(network: keras.Model, images: np.ndarray) -> np.ndarray:
    """The pooled features of images uint8 [N, height, width, C], float32 [N, 2048]; grey ones are shown as RGB."""
    return np.concatenate([network(_shown(part)).numpy() for part in walk(images, READING)])


def measure_in_inception(
    network: keras.Model, real: np.ndarray, generated: np.ndarray, seed: int = 0, *, of: str = "synthetic"
) -> list[Figure]:
    """FID and KID of images uint8 [N, height, width, C] and [M, ...] with their intervals, and beside each figure that
    of two halves of the real images, as in `measure_set`."""
    chosen = (np.random.default_rng(seed).permutation(len(images))[:SAMPLE] for images in (real, generated))
    features = (
        inception_features(network, read(images, few)) for images, few in zip((real, generated), chosen, strict=True)
    )
    first, second = (shuffle_points(points, seed) for points in features)
    half, size = len(first) // 2, min(len(first) // 2, len(second))
    distance, floor = jackknife(half_and_floor_distance, first, second)
    [kernel] = jackknife(kernel_distance, first, second)
    [kernel_floor] = jackknife(kernel_distance, first[:half], first[half:])
    return [
        Figure(INCEPTION_FID, of, *distance, images=size),
        Figure(INCEPTION_FID, "real", *floor, images=size),
        Figure(INCEPTION_KID, of, *kernel, images=len(second)),
        Figure(INCEPTION_KID, "real", *kernel_floor, images=half),
    ]


def kernel_distance(first: np.ndarray, second: np.ndarray) -> float:
    """The unbiased estimate of the squared maximum mean discrepancy of points [N, F] and [M, F] with the kernel
    (x y / F + 1)^3 (Bińkowski et al. 2018, arXiv:1801.01401, equation 4); below zero as often as above for equal ones.
    """
    return _mean_of_pairs(first) + _mean_of_pairs(second) - 2 * float(_kernel(first, second).mean())


def _kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return (first.astype(np.float64) @ second.T.astype(np.float64) / first.shape[1] + 1) ** 3


def _mean_of_pairs(points: np.ndarray) -> float:
    """The mean of the kernel of each point with the others."""
    kernel = _kernel(points, points)
    return float((kernel.sum() - np.trace(kernel)) / (len(points) * (len(points) - 1)))


def _shown(images: np.ndarray) -> tf.Tensor:
    import tensorflow as tf

    colours = np.repeat(images, 3, axis=3) if images.shape[3] == 1 else images
    return to_signed(tf.image.resize(colours, (SIDE, SIDE), antialias=True))
