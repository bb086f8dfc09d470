"""Laws of large sets: mapped pictures are what held ones are, to the bit, and little of them is ever in memory."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import colour_images, striped_images, surroundings
from PIL import Image

from gan_core.config import DataSettings
from gan_core.images import mapped
from gan_core.images.labelled_images import LabelledImages, concatenate
from gan_core.images.mapped import batches, digests, folder_of, join, map_pictures, pick, pile, walk
from gan_core.images.plausibility import describe_images, find_doubts, find_leak
from tasks.data.normalize import normalize

HELD = colour_images(60, seed=0)

MEMORY = """
import sys
from pathlib import Path
import numpy as np
from gan_core.config import STANDARD
from gan_core.images.labelled_images import LabelledImages, concatenate, save_stream
from gan_core.images import mapped
from gan_core.images.mapped import batches, walk
from tasks.data.normalize import normalize

folder, parts, rows = Path(sys.argv[1]), 16, 1_000
names, mapped.LARGE, mapped.STRETCH = ("one", "other"), 1 << 24, 1 << 20

def noise(part):
    random = np.random.default_rng(part)
    return LabelledImages(
        random.integers(0, 256, (rows, 64, 64, 3), np.uint8), random.integers(0, 2, rows, np.uint8), names
    )

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()  # getrusage begins with the memory of the parent
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))

for source, part in (("little", 1), ("much", parts)):  # the first loads all libraries
    before = peak()
    save_stream(folder / f"{source}.npz", map(noise, range(part)), count=part * rows)
    splits = normalize.fn(folder / f"{source}.npz", folder / "normalized", STANDARD.data, 0)
train, test = LabelledImages.load(splits.train), LabelledImages.load(splits.test)
both = concatenate([train, test])
shuffled = both.take(np.random.default_rng(0).permutation(len(both)))
seen = sum(part.sum(dtype=np.int64) for part in walk(shuffled.images))
read = batches(both.images, np.array_split(np.arange(len(both)), 200))
assert seen == sum(images.sum(dtype=np.int64) for _, images in read)
print(before, peak(), both.images.nbytes)
"""


@pytest.fixture
def all_mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every set counts as large."""
    monkeypatch.setattr(mapped, "LARGE", 0)


def saved(images: LabelledImages, folder: Path) -> LabelledImages:
    """The same images, mapped."""
    images.save(folder / "images.npz")
    found = LabelledImages.load(folder / "images.npz")
    assert folder_of(found.images) == folder
    return found


def picture_folder(folder: Path) -> Path:
    """PNG files in RGB, of which all are grey."""
    for number, (image, label) in enumerate(zip(striped_images(60, 3).images, np.arange(60) % 3, strict=True)):
        (folder / f"class {label}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.repeat(image, 3, axis=2)).save(folder / f"class {label}" / f"{number}.png")
    return folder


@pytest.mark.usefixtures("all_mapped")
@pytest.mark.parametrize("images", [HELD, striped_images(60, seed=0)], ids=["colour", "grey"])
def test_a_mapped_set_is_the_set_that_was_saved_and_cannot_be_written_to(
    tmp_path: Path, images: LabelledImages
) -> None:
    found = saved(images, tmp_path)
    assert np.array_equal(found.images, images.images) and np.array_equal(found.labels, images.labels)
    assert not found.images.flags.writeable
    found.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "images.npz").read_bytes()


@pytest.mark.usefixtures("all_mapped")
def test_what_is_made_of_a_mapped_set_is_what_is_made_of_a_held_one_and_mapped_too(tmp_path: Path) -> None:
    found, order = saved(HELD, tmp_path), np.random.default_rng(0).permutation(len(HELD))
    for chosen in (order[:50], HELD.labels == 1):
        assert np.array_equal(pick(found.images, chosen), HELD.images[chosen])
        assert folder_of(pick(found.images, chosen)) == tmp_path and folder_of(pick(HELD.images, chosen)) is None
    assert np.array_equal(mapped.read(found.images[..., ::-1], order - 60), HELD.images[..., ::-1][order - 60])
    assert np.array_equal(join([HELD.images, found.images]), np.concatenate([HELD.images, HELD.images]))
    both = concatenate([found, HELD.take(order)])
    assert folder_of(both.images) == tmp_path and np.array_equal(both.images[60:], HELD.images[order])
    assert [path.name for path in tmp_path.iterdir()] == ["images.npz"]  # the others have no names


@pytest.mark.usefixtures("all_mapped")
def test_all_pictures_are_walked_in_stretches_and_read_in_batches(tmp_path: Path) -> None:
    found, orders = saved(HELD, tmp_path), list(np.random.default_rng(0).integers(0, 60, (7, 10, 9)))
    assert [len(part) for part in walk(found.images, 25)] == [25, 25, 10]
    assert np.array_equal(np.concatenate(list(walk(found.images))), HELD.images)
    assert list(digests(found.images)) == list(digests(HELD.images)) and len(set(digests(HELD.images))) == 60
    read = list(batches(found.images, iter(orders)))
    assert len(read) == 7
    for order, (told, images) in zip(orders, read, strict=True):
        assert told is order and np.array_equal(images, HELD.images[order])


@pytest.mark.usefixtures("all_mapped")
def test_the_same_is_said_of_mapped_sets_as_of_held_ones(tmp_path: Path) -> None:
    held = (HELD, HELD.take(np.arange(9)), HELD.take(np.arange(20)))
    sets = tuple(map(saved, held, (tmp_path / name for name in "abc")))
    told: list[Callable[..., object]] = [
        describe_images,
        lambda *of: list(find_doubts(*of)),
        lambda *of: list(find_leak(*of)),
    ]
    assert [say(*sets) for say in told] == [say(*held) for say in told] and told[2](*held)


@pytest.mark.parametrize("kind", ["IDX", "PNG"])
def test_the_sets_of_a_source_have_the_same_bytes_whether_its_pictures_are_held_or_mapped(
    tmp_path: Path, elsewhere: Path, tiny_source: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    source = tiny_source if kind == "IDX" else picture_folder(tmp_path / "pictures")
    data = DataSettings(validation_images=12, tolerate_doubts=True)
    held = normalize.fn(source, tmp_path / "held", data, 0)
    monkeypatch.setattr(mapped, "LARGE", 0)
    by_file = normalize.fn(source, tmp_path / "mapped", data, 0)
    for path in (held.train, held.validation, held.test, held.train.with_name("understood.json")):
        assert (by_file.train.parent / path.name).read_bytes() == path.read_bytes()
    assert [path.name for path in (elsewhere / "cache" / "synthetic-data").iterdir()] == []


def test_places_beyond_two_gigabytes_are_read_by_small_numbers(tmp_path: Path) -> None:
    count, shape = 200_000, (64, 64, 3)
    with (tmp_path / "pictures").open("w+b") as file:  # a hole, but for its end
        file.truncate(count * 64 * 64 * 3)
        file.seek(-1, os.SEEK_END)
        file.write(b"\7")
        file.flush()
        images = map_pictures(file, (count, *shape), tmp_path)
    last = mapped.read(images, np.array([[count - 1, 0]], np.int32))
    assert last.shape == (1, 2, *shape) and last.sum() == last[0, 0, -1, -1, -1] == 7


def test_a_compressed_array_is_read_and_not_mapped(tmp_path: Path, all_mapped: None) -> None:
    names = np.array(HELD.class_names)
    np.savez_compressed(tmp_path / "images.npz", images=HELD.images, labels=HELD.labels, class_names=names)
    found = LabelledImages.load(tmp_path / "images.npz")
    assert folder_of(found.images) is None and np.array_equal(found.images, HELD.images)


@pytest.mark.usefixtures("all_mapped")
@pytest.mark.parametrize("parts", [[], [HELD.images[:0]]])
def test_a_pile_of_nothing_is_an_empty_set(tmp_path: Path, parts: list[np.ndarray]) -> None:
    assert pile(parts, 10, (20, 30, 3), tmp_path).shape == (0, 20, 30, 3)
    assert pile(parts, 10, (20, 30, 3), None).shape == (0, 20, 30, 3)


def test_a_large_set_is_decoded_cut_joined_and_shuffled_in_less_memory_than_its_pixels_take(tmp_path: Path) -> None:
    cache = surroundings(XDG_CACHE_HOME=tmp_path / "cache")
    run = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path)], env=cache, stdout=subprocess.PIPE, text=True, check=True
    )
    before, peak, pixels = map(int, run.stdout.split())
    assert pixels > 180e6 and peak - before < pixels / 2
