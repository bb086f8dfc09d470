from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from gan_core.images.labelled_images import LabelledImages, with_channels
from gan_core.images.shape import ImageShape
from gan_core.reports.pictures import BETWEEN, GAP, SCALE, WHITE, grid, mosaic, save_gif, save_png

CLASSES = ("bag", "shoe", "hat")
GREY, OBLONG, COLOUR = ImageShape(6, 6, 1), ImageShape(5, 8, 1), ImageShape(8, 5, 3)
SHAPES = pytest.mark.parametrize("shape", [GREY, OBLONG, COLOUR], ids=str)


def noise(count: int, shape: ImageShape = GREY, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (count, *shape), dtype=np.uint8)


def labelled(labels: list[int], shape: ImageShape = GREY, seed: int = 0) -> LabelledImages:
    return LabelledImages(noise(len(labels), shape, seed), np.array(labels, np.uint8), CLASSES)


def cells(picture: Image.Image, shape: ImageShape) -> list[np.ndarray]:
    """An independent reading of a grid: every cell in reading order."""
    pixels = with_channels(np.asarray(picture)[np.newaxis])[0, ::SCALE, ::SCALE]
    return [
        pixels[top : top + shape.height, left : left + shape.width]
        for top in range(0, pixels.shape[0], shape.height + GAP)
        for left in range(0, pixels.shape[1], shape.width + GAP)
    ]


def size(shape: ImageShape, columns: int, rows: int) -> tuple[int, int]:
    """Width and height of a grid, in screen pixels."""
    return SCALE * (columns * (shape.width + GAP) - GAP), SCALE * (rows * (shape.height + GAP) - GAP)


@SHAPES
@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (6, 3, 2), (7, 3, 3), (2, 5, 1)])
def test_a_grid_holds_every_image_in_reading_order_and_white(
    shape: ImageShape, count: int, columns: int, rows: int
) -> None:
    images = noise(count, shape)
    picture = grid(images, columns)
    assert picture.size == size(shape, columns, rows) and picture.mode == ("RGB" if shape == COLOUR else "L")
    found = cells(picture, shape)
    assert np.array_equal(found[:count], images)
    assert all((cell == WHITE).all() for cell in found[count:])


@pytest.mark.parametrize("images", [noise(0), noise(2).astype(np.float32), noise(2)[0]])
def test_a_grid_wants_uint8_images(images: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8 images"):
        grid(images, 2)


@SHAPES
def test_a_mosaic_shows_synthetic_images_left_and_real_ones_right_and_leaves_missing_cells_white(
    shape: ImageShape,
) -> None:
    synthetic, real = labelled([2, 0, 0], shape), labelled([0, 1, 2, 0, 1, 2], shape, seed=1)
    pixels = np.asarray(mosaic(synthetic, real, per_class=2))
    width, height = size(shape, columns=2, rows=3)
    right = Image.fromarray(pixels[-height:, -width:])
    left = Image.fromarray(pixels[-height:, -2 * width - BETWEEN : -width - BETWEEN])
    blank = np.full(shape, WHITE)
    assert np.array_equal(cells(right, shape), real.images[[0, 3, 1, 4, 2, 5]])
    assert np.array_equal(cells(left, shape), [*synthetic.images[[1, 2]], blank, blank, synthetic.images[0], blank])
    assert (pixels[-height:, -width - BETWEEN : -width] == WHITE).all()


def test_pictures_that_are_large_enough_are_not_enlarged() -> None:
    shape = ImageShape(8, 49, 3)
    real = labelled([0, 1, 2, 0, 1, 2], shape)
    assert grid(real.images, 3).size == (3 * (49 + GAP) - GAP, 2 * (8 + GAP) - GAP)
    pixels = np.asarray(mosaic(real, real, per_class=2))
    assert np.array_equal(pixels[-(3 * (8 + GAP) - GAP) :, -(2 * (49 + GAP) - GAP) :][:8, :49], real.images[0])


def test_a_mosaic_names_each_class_and_both_halves() -> None:
    data = labelled([0, 1, 2])
    pixels = np.asarray(mosaic(data, data, per_class=1))
    _, height = size(GREY, columns=1, rows=3)
    names = pixels[-height:, : -2 * SCALE * 6 - BETWEEN]
    assert (names < WHITE).any() and (pixels[:-height] < WHITE).any()


@pytest.mark.parametrize("shape", [GREY, OBLONG, COLOUR])
def test_a_mosaic_wants_the_same_classes_and_the_same_shape(shape: ImageShape) -> None:
    classes = ("car", "ship", "bird") if shape == GREY else CLASSES
    other = LabelledImages(noise(1, shape), np.zeros(1, np.uint8), classes)
    with pytest.raises(ValueError, match="same classes"):
        mosaic(labelled([0]), other)


@SHAPES
def test_a_saved_png_is_the_picture_and_equal_pictures_give_equal_bytes(tmp_path: Path, shape: ImageShape) -> None:
    picture = grid(noise(4, shape), 2)
    for name in ("a.png", "b.png"):
        save_png(picture, tmp_path / name)
    with Image.open(tmp_path / "a.png") as saved:
        assert saved.tobytes() == picture.tobytes() and saved.size == picture.size and saved.mode == picture.mode
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@SHAPES
@pytest.mark.parametrize("from_files", [False, True])
def test_a_gif_has_the_frames_it_was_given_and_rests_on_the_last(
    tmp_path: Path, from_files: bool, shape: ImageShape
) -> None:
    pictures = [grid(noise(4, shape, seed=seed), 2) for seed in range(3)]
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for picture, path in zip(pictures, paths, strict=True):
        save_png(picture, path)
    save_gif(paths if from_files else pictures, tmp_path / "film.gif", milliseconds=100)
    with Image.open(tmp_path / "film.gif") as film:
        frames = [(frame.convert(pictures[0].mode), frame.info["duration"]) for frame in ImageSequence.Iterator(film)]
    assert [duration for _, duration in frames] == [100, 100, 400]
    for (frame, _), picture in zip(frames, pictures, strict=True):
        assert np.abs(np.asarray(frame, int) - np.asarray(picture, int)).max() <= (8 if shape == COLOUR else 0)


def test_a_film_of_equal_frames_lasts_as_long_as_one_of_different_frames(tmp_path: Path) -> None:
    picture = grid(noise(4), 2)
    save_gif([picture] * 3, tmp_path / "film.gif", milliseconds=100)
    with Image.open(tmp_path / "film.gif") as film:
        assert sum(frame.info["duration"] for frame in ImageSequence.Iterator(film)) == 600


def test_a_film_wants_frames(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frames"):
        save_gif([], tmp_path / "film.gif", milliseconds=100)
