"""Laws of the array format: the range is invertible, files are the identity, what is wrong is refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import striped_images

from gan_core.errors import BadInput
from gan_core.files import load_arrays, read_frame, save_arrays, write_frame
from gan_core.images.labelled_images import (
    LabelledImages,
    concatenate,
    read_shape,
    repeat_small_sets,
    save_stream,
    to_pixels,
    to_signed,
)
from gan_core.images.shape import ImageShape

SHAPES = pytest.mark.parametrize("shape", [ImageShape(28, 28, 1), ImageShape(20, 30, 1), ImageShape(9, 5, 3)], ids=str)


def arrays(shape: ImageShape) -> tuple[np.ndarray, np.ndarray]:
    """Five images of noise and their labels."""
    random = np.random.default_rng(0)
    return random.integers(0, 256, (5, *shape), np.uint8), random.integers(0, 3, 5, np.uint8)


def test_the_signed_range_is_exact_and_invertible() -> None:
    pixels = np.arange(256, dtype=np.uint8)
    signed = to_signed(pixels.astype(np.float32))
    assert (signed.min(), signed.max()) == (-1.0, 1.0)
    assert np.array_equal(to_pixels(signed), pixels)


def test_what_is_beyond_the_range_is_clipped() -> None:
    assert to_pixels(np.array([-2.0, 2.0])).tolist() == [0, 255]


@SHAPES
def test_saving_and_loading_is_the_identity(tmp_path: Path, shape: ImageShape) -> None:
    real = LabelledImages(*arrays(shape))
    real.save(tmp_path / "images.npz")
    with np.load(tmp_path / "images.npz") as saved:
        assert saved["images"].shape == (5, *shape.stored)
    loaded = LabelledImages.load(tmp_path / "images.npz")
    assert np.array_equal(loaded.images, real.images)
    assert np.array_equal(loaded.labels, real.labels)
    assert loaded.class_names == real.class_names


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: np.random.default_rng(0).bytes(len(content)),
        lambda content: content[:-40],
        lambda content: content[:60],
        lambda content: b"",
    ],
)
@pytest.mark.parametrize("name", ["images", "arrays", "frame"])
def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, name: str, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / name
    if name == "images":
        striped_images(20, seed=0).save(path)
    elif name == "arrays":
        save_arrays(path, {"weights": np.arange(100)})
    else:
        write_frame(pd.DataFrame({"accuracy": [0.5]}), path)
    read = {"images": LabelledImages.load, "arrays": load_arrays, "frame": read_frame}[name]
    read(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BadInput, match=f"^Expected {path} as .+, got another or a damaged one; remove it") as said:
        read(path)
    assert "pickle" not in str(said.value)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        read(path)


@pytest.mark.parametrize(("few", "times"), [(4, 8), (9, 3), (25, 1), (30, 1)])
def test_a_small_set_is_repeated_until_it_counts_as_much_as_the_largest(few: int, times: int) -> None:
    small, large = striped_images(few, seed=0), striped_images(30, seed=1)
    both, places = repeat_small_sets([small, large])
    assert len(both) == few + 30
    shown = both.take(places)
    assert np.array_equal(shown.images[: few * times], np.concatenate([small.images] * times))
    assert np.array_equal(shown.labels[few * times :], large.labels) and len(places) == few * times + 30


@SHAPES
def test_the_shape_in_a_file_is_that_of_its_images(tmp_path: Path, shape: ImageShape) -> None:
    images = LabelledImages(*arrays(shape), class_names=("one", "two", "three"))
    images.save(tmp_path / "images.npz")
    assert read_shape(tmp_path / "images.npz") == (5, images.shape, 3)
    assert images.shape == shape


def test_beliefs_travel_with_their_images(tmp_path: Path) -> None:
    plain = striped_images(30, seed=0)
    soft_labels = np.random.default_rng(0).dirichlet(np.ones(10), 30).astype(np.float32)
    believed = LabelledImages(plain.images, plain.labels, plain.class_names, soft_labels)
    believed.take(np.array([7, 3])).save(tmp_path / "two.npz")
    loaded = LabelledImages.load(tmp_path / "two.npz").soft_labels
    assert loaded is not None and np.array_equal(loaded, soft_labels[[7, 3]])
    with pytest.raises(ValueError, match="soft labels"):
        concatenate([plain, believed])
    with pytest.raises(ValueError, match="soft labels"):
        LabelledImages(plain.images, plain.labels, plain.class_names, soft_labels[:7])


def test_a_file_has_the_same_bytes_however_it_was_streamed(tmp_path: Path) -> None:
    real = striped_images(30, seed=0)
    real.save(tmp_path / "whole.npz")
    batches = (real.take(np.arange(start, start + 10)) for start in (0, 10, 20))
    save_stream(tmp_path / "stream.npz", batches, count=30)
    assert (tmp_path / "whole.npz").read_bytes() == (tmp_path / "stream.npz").read_bytes()


@pytest.mark.parametrize("count", [29, 31])
def test_a_wrong_count_leaves_no_file(tmp_path: Path, count: int) -> None:
    with pytest.raises(ValueError, match="Expected"):
        save_stream(tmp_path / "images.npz", [striped_images(30, seed=0)], count=count)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (np.zeros((2, 28, 28, 1), np.float32), np.zeros(2, np.uint8)),
        (np.zeros((2, 28, 28), np.uint8), np.zeros(2, np.uint8)),
        (np.zeros((2, 28, 28, 2), np.uint8), np.zeros(2, np.uint8)),
        (np.zeros((2, 28, 28, 4), np.uint8), np.zeros(2, np.uint8)),
        (np.zeros((2, 784), np.uint8), np.zeros(2, np.uint8)),
        (np.zeros((2, 28, 28, 1), np.uint8), np.zeros(3, np.uint8)),
        (np.zeros((2, 28, 28, 1), np.uint8), np.zeros(2, np.int64)),
        (np.zeros((2, 28, 28, 1), np.uint8), np.full(2, 10, np.uint8)),
    ],
)
def test_other_arrays_are_refused(images: np.ndarray, labels: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"^Expected .* got .*\.$"):
        LabelledImages(images, labels)


def test_images_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        striped_images(3, seed=0).images[0] = 0


def test_the_array_of_the_caller_stays_as_it_is() -> None:
    pixels, labels = np.zeros((2, 28, 28, 1), np.uint8), np.zeros(2, np.uint8)
    LabelledImages(pixels, labels)
    pixels[0] = labels[0] = 1
    assert pixels.max() == 1


def test_sets_of_different_classes_are_not_joined() -> None:
    with pytest.raises(ValueError, match="same classes"):
        concatenate([striped_images(6, seed=0, classes=3), striped_images(6, seed=0, classes=2)])
