"""Laws of the split: a partition that keeps each class's share, set by its seed alone, and of its three files."""

import logging
from pathlib import Path

import numpy as np
import pytest
from conftest import striped_images, write_source

from gan_core.config import DataSettings
from gan_core.errors import BadInput
from gan_core.images.labelled_images import FASHION_MNIST_CLASSES, LabelledImages
from gan_core.images.stratified_split import cut as cut_labels
from gan_core.images.stratified_split import divide, hold_out, split_validation
from tasks.data.checksums import CLASSES
from tasks.data.normalize import normalize


def cut(validation: int, train: int | None = None) -> DataSettings:
    return DataSettings(validation_images=validation, train_images=train)


def numbered_images(labels: list[int]) -> LabelledImages:
    """Images that carry their own number in their pixels."""
    numbers = np.arange(len(labels), dtype=np.uint32).view(np.uint8).reshape(-1, 2, 2, 1)
    return LabelledImages(numbers.copy(), np.array(labels, np.uint8))


def numbers(images: LabelledImages) -> list[int]:
    return images.images.copy().reshape(-1, 4).view(np.uint32)[:, 0].tolist()


UNEVEN = [0] * 500 + [1] * 250 + [2] * 49 + [9] * 1
REAL = numbered_images(UNEVEN)


@pytest.mark.parametrize("count", [1, 7, 80, 700])
def test_the_parts_are_a_partition_with_their_own_labels(count: int) -> None:
    train, validation = split_validation(REAL, cut(count), seed=0)
    assert len(validation) == count
    assert sorted(numbers(train) + numbers(validation)) == list(range(len(REAL)))
    for part in (train, validation):
        assert part.labels.tolist() == [UNEVEN[number] for number in numbers(part)]


@pytest.mark.parametrize("count", [1, 7, 80, 700])
def test_each_class_keeps_its_share_to_within_one_image(count: int) -> None:
    _, validation = split_validation(REAL, cut(count), seed=0)
    exact = np.bincount(UNEVEN) * count / len(UNEVEN)
    assert np.all(np.abs(np.bincount(validation.labels, minlength=10) - exact) < 1)


@pytest.mark.parametrize("count", [8, 20, 150])
def test_each_class_of_two_images_is_on_either_side_and_a_single_one_is_learned_from(count: int) -> None:
    uneven = numbered_images([0] * 180 + [1] * 2 + [2] * 2 + [3] * 2 + [4] * 2 + [5])
    train, validation = split_validation(uneven, cut(count), seed=0)
    assert len(validation) == count
    assert set(train.labels) == {0, 1, 2, 3, 4, 5} and set(validation.labels) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("few", [[2, 2, 2], [40, 2, 1], [2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [3, 2, 2, 2]])
def test_no_class_gives_its_last_image_away(few: list[int]) -> None:
    labels = np.repeat(np.arange(len(few)), few)
    kept, held = hold_out(labels, has_test=False)
    learnt_from, chosen_by = cut_labels(labels[kept], DataSettings(), seed=0)
    assert len(learnt_from) + len(chosen_by) + len(held) == len(labels)
    assert set(labels[kept][learnt_from]) == set(labels)
    assert set(labels[held]) == {label for label, images in enumerate(few) if images > 1}


def test_of_fewer_training_images_each_class_has_one() -> None:
    labels = np.repeat(np.arange(4), [300, 40, 2, 1])
    fewer = cut(20, train=8)
    assert set(labels[cut_labels(labels, fewer, seed=0)[0]]) == {0, 1, 2, 3}
    assert set(labels[divide(labels, labels, fewer, seed=0)[0]]) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("images", "validation"),
    [(60_000, 5_000), (1_000_000, 5_000), (12_000, 1_000), (5_500, 500), (1_000, 250), (200, 50), (30, 7), (3, 1)],
)
def test_validation_is_a_share_with_a_cap(images: int, validation: int) -> None:
    assert DataSettings().settled(images).validation_images == validation
    assert cut(7).settled(images) == cut(7)


def test_a_share_and_its_number_give_the_same_files(tiny_source: Path, tmp_path: Path) -> None:
    by_share = normalize.fn(tiny_source, tmp_path / "made", DataSettings(), seed=0)
    assert normalize.fn(tiny_source, tmp_path / "made", cut(150), seed=0) == by_share


def test_the_seed_and_nothing_else_sets_the_split() -> None:
    first, again, other = (split_validation(REAL, cut(80), seed) for seed in (3, 3, 4))
    assert [numbers(part) for part in first] == [numbers(part) for part in again]
    assert set(numbers(first[1])) != set(numbers(other[1]))


def test_fewer_training_images_are_a_balanced_part_of_them_and_leave_validation_alone() -> None:
    train, validation = split_validation(REAL, cut(80), seed=0)
    fewer, same = split_validation(REAL, cut(80, train=72), seed=0)
    assert numbers(same) == numbers(validation)
    assert len(fewer) == 72 and set(numbers(fewer)) < set(numbers(train))
    assert np.all(np.abs(np.bincount(fewer.labels, minlength=10) - np.bincount(train.labels, minlength=10) / 10) <= 1)


def test_images_come_in_no_order_of_classes() -> None:
    train, _ = split_validation(REAL, cut(80), seed=0)
    assert 1 in train.labels[:50] and 0 in train.labels[-50:]


def test_a_split_that_leaves_too_little_is_refused() -> None:
    with pytest.raises(BadInput, match=r"at most 796 validation images.*lower data.validation_images"):
        split_validation(REAL, cut(797), seed=0)
    with pytest.raises(BadInput, match="train_images"):
        split_validation(REAL, cut(80, train=721), seed=0)


DATA = cut(100)


def test_the_files_hold_the_split_and_the_test_images(tiny_source: Path, tmp_path: Path) -> None:
    splits = normalize.fn(tiny_source, tmp_path / "made", DATA, seed=0)
    train, validation = split_validation(striped_images(600, seed=1), DATA, seed=0)
    expected = {splits.train: train, splits.validation: validation, splits.test: striped_images(200, seed=2)}
    for path, images in expected.items():
        loaded = LabelledImages.load(path)
        np.testing.assert_array_equal(loaded.images, images.images)
        np.testing.assert_array_equal(loaded.labels, images.labels)
        assert loaded.class_names == images.class_names


def test_complete_files_are_used_again_and_others_made_anew(tiny_source: Path, tmp_path: Path) -> None:
    splits = normalize.fn(tiny_source, tmp_path / "made", DATA, seed=0)
    before = splits.train.stat().st_mtime_ns
    assert normalize.fn(tiny_source, tmp_path / "made", DATA, seed=0) == splits
    assert splits.train.stat().st_mtime_ns == before
    splits.test.unlink()
    normalize.fn(tiny_source, tmp_path / "made", DATA, seed=0)
    assert splits.test.is_file()


def test_files_that_are_used_again_are_not_called_the_source(
    tiny_source: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "synthetic_data.normalize")
    for _ in range(2):
        caplog.clear()
        splits = normalize.fn(tiny_source, tmp_path / "made", DATA, seed=0)
    assert f"They were read before; the sets made of them are in {splits.train.parent}" in caplog.messages


@pytest.mark.parametrize("text", ["", "{}", "[1]", "{"])
def test_damaged_notes_beside_the_files_are_named(tiny_source: Path, tmp_path: Path, text: str) -> None:
    notes = normalize.fn(tiny_source, tmp_path / "made", DATA, seed=0).train.with_name("understood.json")
    notes.write_text(text)
    with pytest.raises(BadInput, match=f"^Expected {notes} as .+; remove it"):
        normalize.fn(tiny_source, tmp_path / "made", DATA, seed=0)


def test_the_digest_changes_with_each_thing_the_files_depend_on(tiny_source: Path, tmp_path: Path) -> None:
    def digest(data: DataSettings = DATA, seed: int = 0) -> str:
        return normalize.fn(tiny_source, tmp_path / "made", data, seed).digest

    first = digest()
    digests = {first, digest(seed=1), digest(data=cut(100, train=50))}
    (tiny_source / CLASSES).write_text("\n".join(FASHION_MNIST_CLASSES))
    digests.add(digest())
    write_source(tiny_source, striped_images(600, seed=3), striped_images(200, seed=2))
    assert len(digests | {digest()}) == 5


def test_without_classes_txt_the_classes_of_another_set_are_numbered(tiny_source: Path, tmp_path: Path) -> None:
    (tiny_source / CLASSES).unlink()
    splits = normalize.fn(tiny_source, tmp_path / "made", DATA, seed=0)
    assert LabelledImages.load(splits.test).class_names == tuple(map(str, range(10)))


def test_test_images_of_another_size_are_brought_to_that_of_the_training_images(tmp_path: Path) -> None:
    raw = write_source(tmp_path / "raw", striped_images(600, seed=1), striped_images(200, seed=2, side=32))
    splits = normalize.fn(raw, tmp_path / "made", DATA, seed=0)
    assert LabelledImages.load(splits.test).shape == LabelledImages.load(splits.train).shape == (28, 28, 1)
