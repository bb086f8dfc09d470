"""Laws of FID and KID, in a network of random weights: files are read or refused, equal images have no distance."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_core.errors import BadInput
from gan_core.measures.inception import inception_features, kernel_distance, load_inception, measure_in_inception

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras, as it saves
RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.integers(0, 256, (44, 8, 8, 1), np.uint8)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    """InceptionV3 as Keras makes it, with random weights."""
    keras.utils.set_random_seed(0)
    return keras.applications.InceptionV3(weights=None, include_top=False)


def test_weights_are_read_from_keras_files(network: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "inception.weights.h5"
    network.save_weights(path)
    read = load_inception(path)
    images = PICTURES[:2]
    expected = network(tf.image.resize(np.repeat(images, 3, axis=3), (299, 299), antialias=True) / 127.5 - 1)
    found = inception_features(read, images)
    assert found.shape == (2, 2048)
    assert np.allclose(found, np.mean(expected, axis=(1, 2)), atol=1e-5)


@pytest.mark.parametrize("name", ["none.h5", "text.weights.h5", "text.keras"])
def test_other_files_are_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    if name != "none.h5":
        (tmp_path / name).write_text("no weights")
    with pytest.raises(BadInput, match=r"^Expected weights of Keras's InceptionV3 in .*; name another file\.$"):
        load_inception(tmp_path / name)


def test_another_network_is_refused(tmp_path: Path) -> None:
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    other.save(tmp_path / "other.keras")
    with pytest.raises(BadInput, match="InceptionV3"):
        load_inception(tmp_path / "other.keras")


class Averages(keras.Model):
    """Stands for the network: how bright the picture is, and four of its pixels."""

    def call(self, images: tf.Tensor) -> tf.Tensor:
        return tf.concat([tf.reduce_mean(images, axis=(1, 2)), images[:, 20, 20], images[:, 280, 280]], axis=1)


def test_fresh_images_are_near_and_inverted_ones_far() -> None:
    dark = (PICTURES // 3).astype(np.uint8)
    fresh = (RANDOM.integers(0, 256, (44, 8, 8, 1), np.uint8) // 3).astype(np.uint8)
    near, far = (measure_in_inception(Averages(), dark, other) for other in (fresh, 255 - fresh))
    assert [(each.measure.name, each.of, each.images) for each in near] == [
        ("inception_fid", "synthetic", 22),
        ("inception_fid", "real", 22),
        ("inception_kid", "synthetic", 44),
        ("inception_kid", "real", 22),
    ]
    assert all(each.low <= each.value <= each.high for each in (*near, *far))
    assert near[2].low < 0 < near[2].high and near[3].low < 0 < near[3].high
    assert far[0].value > 5 * near[0].value and far[2].low > near[2].high
    assert near == measure_in_inception(Averages(), dark[::1], fresh)


def test_the_kernel_distance_is_the_mean_over_pairs_of_other_points() -> None:
    first, second = RANDOM.normal(size=(7, 3)), RANDOM.normal(size=(5, 3))

    def kernel(one: np.ndarray, other: np.ndarray) -> float:
        return float((one @ other / 3 + 1) ** 3)

    own = [
        np.mean([kernel(one, other) for place, one in enumerate(points) for other in np.delete(points, place, axis=0)])
        for points in (first, second)
    ]
    between = np.mean([kernel(one, other) for one in first for other in second])
    assert kernel_distance(first, second) == pytest.approx(sum(own) - 2 * between)


def test_the_kernel_distance_of_equal_clouds_is_zero_on_average_however_few_the_points_are() -> None:
    for count in (5, 50):
        found = [kernel_distance(*RANDOM.normal(size=(2, count, 3))) for _ in range(400)]
        assert abs(np.mean(found)) < 3 * np.std(found) / 20
