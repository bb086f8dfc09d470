"""Laws of copies: those that were planted are found, and no other picture is one."""

import numpy as np
import pytest
from textures import COPIES, SIDE, textured_images

from gan_core.inspection import duplicates
from gan_core.inspection.duplicates import find_equal, find_near, nearest_in_parts
from gan_core.inspection.thumbnails import average_areas, describe, shrink, shrink_to_bytes

CLEAN = textured_images(240, seed=1).images


def near(images: np.ndarray, seed: int = 0) -> set[tuple[int, int]]:
    return {(first, second) for first, second, _ in find_near(describe(images, duplicates.SIDE), seed)}


def random_vectors(count: int, length: int = 12) -> np.ndarray:
    vectors = np.random.default_rng(3).normal(size=(count, length)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("count", [1, 2, 3, 20, 240])
def test_pictures_that_differ_are_no_copies(count: int) -> None:
    assert not near(CLEAN[:count]) and not find_equal([CLEAN[:count]])


@pytest.mark.parametrize("kind", COPIES)
def test_copies_are_found_and_nothing_else(kind: str) -> None:
    planted = [3, 50, 128, 239]
    images = np.concatenate([CLEAN, np.stack([COPIES[kind](CLEAN[number]) for number in planted])])
    assert near(images) == {(number, len(CLEAN) + place) for place, number in enumerate(planted)}


def test_all_pairs_of_several_copies_are_found() -> None:
    images = np.concatenate([CLEAN, np.stack([copy(CLEAN[7]) for copy in list(COPIES.values())[:3]])])
    group = [7, 240, 241, 242]
    assert near(images) == {(first, second) for first in group for second in group if first < second}


def test_among_pictures_that_are_all_alike_a_copy_is_what_is_far_nearer() -> None:
    """As trousers are: a third of each is its own."""
    alike = (0.65 * CLEAN[0] + 0.35 * CLEAN).astype(np.uint8)
    assert not near(alike)
    images = np.concatenate([alike, COPIES["JPEG 90"](alike[9])[None]])
    assert near(images) == {(9, 240)}


def test_blank_pictures_are_no_copies_unless_they_are_equal() -> None:
    blank = np.stack([np.full((SIDE, SIDE, 3), shade, np.uint8) for shade in (0, 1, 0, 128, 255)])
    images = np.concatenate([CLEAN[:30], blank])
    assert not near(images)
    assert find_equal([images]) == [[30, 32]]


def test_equal_pictures_are_found_across_the_splits() -> None:
    train, test = np.concatenate([CLEAN[:9], CLEAN[2:4]]), CLEAN[[20, 3, 0, 2]]
    assert find_equal([train, test]) == [[0, 13], [2, 9, 14], [3, 10, 12]]


@pytest.mark.parametrize(("count", "rows"), [(40, 1024), (101, 3), (7, 2)])
def test_the_nearest_in_each_part_are_those_of_all_pairs(
    count: int, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "ROWS", rows)
    vectors, done = random_vectors(count), list[int]()
    parts = np.array_split(np.random.default_rng(4).permutation(count), 5)
    products = vectors @ vectors.T
    np.fill_diagonal(products, -1)
    expected = np.stack([products[:, part].max(axis=1) for part in parts], axis=1)
    assert nearest_in_parts(vectors, parts, done.append) == pytest.approx(expected, abs=1e-5)
    assert sum(done) == count


def test_the_seed_does_not_change_what_is_found() -> None:
    images = np.concatenate([CLEAN, np.stack([COPIES["JPEG 75"](each) for each in CLEAN[:20]])])
    assert near(images, seed=0) == near(images, seed=1) and len(near(images)) == 20


@pytest.mark.parametrize(("pixels", "parts"), [(28, 8), (8, 8), (9, 4), (31, 7)])
def test_thumbnails_keep_the_mean_and_are_the_pictures_where_they_are_as_large(pixels: int, parts: int) -> None:
    assert average_areas(pixels, parts).sum(axis=1) == pytest.approx(1)
    images = np.random.default_rng(0).integers(0, 256, (5, pixels, pixels, 3)).astype(np.uint8)
    (small,) = shrink(images, parts, parts)
    assert small.shape == (5, parts, parts, 3)
    assert small.mean(axis=(1, 2)) == pytest.approx(images.mean(axis=(1, 2)), rel=1e-4)
    assert pixels != parts or np.array_equal(small, images)


def test_pictures_that_are_small_enough_stay_as_they_are() -> None:
    assert np.array_equal(shrink_to_bytes([CLEAN[:5], CLEAN[5:9]], SIDE), CLEAN[:9])
    assert shrink_to_bytes([np.zeros((3, 100, 50, 1), np.uint8)], 32).shape == (3, 32, 16, 1)


def test_a_description_knows_neither_brightness_nor_contrast() -> None:
    images = (CLEAN[:9] // 3 + 50).astype(np.uint8)
    assert describe(images + 40, 8) == pytest.approx(describe(images, 8), abs=1e-4)
    assert describe(images * 2 - 100, 8) == pytest.approx(describe(images, 8), abs=1e-4)
    assert np.linalg.norm(describe(images, 8), axis=1) == pytest.approx(1, abs=1e-5)
