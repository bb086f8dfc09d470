from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from gan_core.images.labelled_images import LabelledImages
from gan_core.reports.pictures import BETWEEN, GAP, SCALE, WHITE, grid, mosaic, save_gif, save_png

CLASSES = ("bag", "shoe", "hat")


def noise(count: int, side: int = 6, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (count, side, side, 1), dtype=np.uint8)


def labelled(labels: list[int], seed: int = 0) -> LabelledImages:
    return LabelledImages(noise(len(labels), seed=seed), np.array(labels, np.uint8), CLASSES)


def cells(picture: Image.Image, side: int) -> list[np.ndarray]:
    """An independent reading of a grid: every cell in reading order."""
    pixels = np.asarray(picture)[::SCALE, ::SCALE]
    pitch = side + GAP
    return [
        pixels[top : top + side, left : left + side]
        for top in range(0, pixels.shape[0], pitch)
        for left in range(0, pixels.shape[1], pitch)
    ]


@pytest.mark.parametrize(("count", "columns", "rows"), [(1, 1, 1), (6, 3, 2), (7, 3, 3), (2, 5, 1)])
def test_a_grid_holds_every_image_in_reading_order_and_white(count: int, columns: int, rows: int) -> None:
    images = noise(count)
    picture = grid(images, columns)
    assert picture.size == (SCALE * (columns * 7 - GAP), SCALE * (rows * 7 - GAP))
    found = cells(picture, 6)
    assert np.array_equal(found[:count], images)
    assert all((cell == WHITE).all() for cell in found[count:])


@pytest.mark.parametrize("images", [noise(0), noise(2).astype(np.float32), noise(2)[0]])
def test_a_grid_wants_uint8_images(images: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8 images"):
        grid(images, 2)


def test_a_mosaic_shows_synthetic_images_left_and_real_ones_right_and_leaves_missing_cells_white() -> None:
    synthetic, real = labelled([2, 0, 0]), labelled([0, 1, 2, 0, 1, 2], seed=1)
    pixels = np.asarray(mosaic(synthetic, real, per_class=2))
    width, height = SCALE * (2 * 7 - GAP), SCALE * (3 * 7 - GAP)
    right = Image.fromarray(pixels[-height:, -width:])
    left = Image.fromarray(pixels[-height:, -2 * width - BETWEEN : -width - BETWEEN])
    blank = np.full((6, 6), WHITE)
    assert np.array_equal(cells(right, 6), real.images[[0, 3, 1, 4, 2, 5]])
    assert np.array_equal(cells(left, 6), [*synthetic.images[[1, 2]], blank, blank, synthetic.images[0], blank])
    assert (pixels[-height:, -width - BETWEEN : -width] == WHITE).all()


def test_a_mosaic_names_each_class_and_both_halves() -> None:
    data = labelled([0, 1, 2])
    pixels = np.asarray(mosaic(data, data, per_class=1))
    height = SCALE * (3 * 7 - GAP)
    names = pixels[-height:, : -2 * SCALE * 6 - BETWEEN]
    assert (names < WHITE).any() and (pixels[:-height] < WHITE).any()


def test_a_mosaic_wants_the_same_classes() -> None:
    other = LabelledImages(noise(1), np.zeros(1, np.uint8), ("car", "ship", "bird"))
    with pytest.raises(ValueError, match="same classes"):
        mosaic(labelled([0]), other)


def test_a_saved_png_is_the_picture_and_equal_pictures_give_equal_bytes(tmp_path: Path) -> None:
    picture = grid(noise(4), 2)
    for name in ("a.png", "b.png"):
        save_png(picture, tmp_path / name)
    with Image.open(tmp_path / "a.png") as saved:
        assert saved.tobytes() == picture.tobytes() and saved.size == picture.size
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("from_files", [False, True])
def test_a_gif_has_the_frames_it_was_given_and_rests_on_the_last(tmp_path: Path, from_files: bool) -> None:
    pictures = [grid(noise(4, seed=seed), 2) for seed in range(3)]
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for picture, path in zip(pictures, paths, strict=True):
        save_png(picture, path)
    save_gif(paths if from_files else pictures, tmp_path / "film.gif", milliseconds=100)
    with Image.open(tmp_path / "film.gif") as film:
        frames = [(np.asarray(frame.convert("L")), frame.info["duration"]) for frame in ImageSequence.Iterator(film)]
    assert [duration for _, duration in frames] == [100, 100, 400]
    assert all(
        np.array_equal(pixels, np.asarray(picture)) for (pixels, _), picture in zip(frames, pictures, strict=True)
    )


def test_a_film_of_equal_frames_lasts_as_long_as_one_of_different_frames(tmp_path: Path) -> None:
    picture = grid(noise(4), 2)
    save_gif([picture] * 3, tmp_path / "film.gif", milliseconds=100)
    with Image.open(tmp_path / "film.gif") as film:
        assert sum(frame.info["duration"] for frame in ImageSequence.Iterator(film)) == 600


def test_a_film_wants_frames(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frames"):
        save_gif([], tmp_path / "film.gif", milliseconds=100)
