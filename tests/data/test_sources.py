"""Laws of the sources: however people have their pictures, the sets are the same; what cannot be used gets one line."""

import gzip
import io
import logging
import lzma
import os
import re
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import striped_images, write_source
from PIL import Image
from sources import (
    BUILDERS,
    NAMES,
    add,
    coloured_sets,
    encode,
    normalized,
    write_colour_idx,
    write_folder,
    write_hub_parquet,
    write_keras_npz,
    write_pictures,
    write_table,
    write_webdataset,
    write_zip,
    zipped,
)

from gan_core.config import DataSettings, Experiment
from gan_core.errors import BadInput
from gan_core.files import sha256
from gan_core.formats import READERS, recognise
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.shape import ImageShape
from gan_core.parsing import unpack_archive
from gan_core.parsing.idx_arrays import write_idx
from gan_core.sources.class_numbers import number_classes
from gan_core.sources.listing import list_place
from tasks.data.check_experiment import check_experiment
from tasks.data.download import locate
from tasks.data.normalize import normalize
from tasks.data.open_source import open_source

SETS = coloured_sets()
GREY = ImageShape(12, 12, 1)


@pytest.fixture(autouse=True)
def isolated(elsewhere: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "synthetic_data")


def assert_equal(some: dict[str, LabelledImages], others: dict[str, LabelledImages]) -> None:
    for name, images in some.items():
        assert images.class_names == others[name].class_names
        assert np.array_equal(images.labels, others[name].labels)
        assert np.array_equal(images.images, others[name].images)


def refused(source: Path, folder: Path, **settings: object) -> str:
    """The one sentence with which a source is refused."""
    with pytest.raises(BadInput) as caught:
        normalized(source, folder, **settings)
    told = str(caught.value)
    assert re.match("Expected .*, got .*; ", told) and told.isprintable(), told
    return told


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LabelledImages]:
    folder = tmp_path_factory.mktemp("reference")
    return normalized(write_folder(folder / "reference", SETS), folder)


def test_the_sets_hold_the_pictures_of_the_folder(expected: dict[str, LabelledImages]) -> None:
    assert np.array_equal(expected["test"].images, SETS["test"].images)
    learnt = [*expected["train"].images, *expected["validation"].images]
    assert sorted(map(bytes, learnt)) == sorted(map(bytes, SETS["train"].images))
    for images in expected.values():
        shares = images.images.reshape(len(images), -1).mean(axis=1) // 50
        assert np.array_equal(shares - 1, images.labels) and images.class_names == NAMES


@pytest.mark.parametrize("kind", [name for name in BUILDERS if name != "folder"])
def test_however_the_pictures_are_stored_the_sets_are_the_same(
    kind: str, expected: dict[str, LabelledImages], tmp_path: Path
) -> None:
    source = BUILDERS[kind](tmp_path / "source", SETS)
    columns = {"label_column": "fine"} if kind == "the hub's Parquet" else {}
    assert_equal(normalized(source, tmp_path, **columns), expected)
    experiment = {"source": str(source), "data": columns, "dataset": {"per_class": 3}}
    check_experiment(Experiment.model_validate(experiment))


@pytest.mark.parametrize("kind", BUILDERS)
def test_the_digest_changes_with_a_label_and_with_a_pixel(kind: str, tmp_path: Path) -> None:
    columns = DataSettings(label_column="fine") if kind == "the hub's Parquet" else DataSettings()

    def digest(name: str, train: LabelledImages) -> str:
        source = BUILDERS[kind](tmp_path / name, {**SETS, "train": train})
        return normalize.fn(source, tmp_path / "made", columns, seed=0).digest

    train, labels, pixels = SETS["train"], SETS["train"].labels.copy(), SETS["train"].images.copy()
    labels[0], pixels[1, 2, 3, 0] = 2, 7
    changed = LabelledImages(pixels, train.labels, NAMES), LabelledImages(train.images, labels, NAMES)
    same = digest("first", train), digest("again", train)
    if not kind.startswith(("ZIP", "TAR")):
        assert same[0] == same[1]
    assert len({same[0], *(digest(f"other {number}", each) for number, each in enumerate(changed))}) == 3


def test_cifar_is_read_from_its_binary_files(tmp_path: Path) -> None:
    sets = coloured_sets(ImageShape(32, 32, 3))
    train = np.array_split(np.arange(len(sets["train"])), 5)
    batches = {f"data_batch_{number}.bin": sets["train"].take(part) for number, part in enumerate(train, 1)}
    (folder := tmp_path / "cifar-10-batches-bin").mkdir()
    for name, images in (batches | {"test_batch.bin": sets["test"]}).items():
        flat = images.images.transpose(0, 3, 1, 2).reshape(len(images), -1)
        (folder / name).write_bytes(np.concatenate([images.labels[:, None], flat], axis=1).tobytes())
    (folder / "batches.meta.txt").write_text("\n".join([*NAMES, ""]))
    assert_equal(normalized(folder, tmp_path), normalized(write_folder(tmp_path / "folder", sets), tmp_path))
    check_experiment(Experiment.model_validate({"source": str(folder), "dataset": {"per_class": 3}}))
    (folder / "data_batch_2.bin").write_bytes(b"cut short")
    assert "data_batch_2.bin" in refused(folder, tmp_path)
    (folder / "data_batch_2.bin").unlink()
    assert "data_batch_2.bin" in refused(folder, tmp_path)


@pytest.mark.parametrize("coarse", [True, False])
def test_of_cifars_hundred_classes_the_fine_ones_are_read_unless_the_coarse_are_asked_for(
    tmp_path: Path, coarse: bool
) -> None:
    sets = coloured_sets(ImageShape(32, 32, 3))
    for split, images in sets.items():
        flat = images.images.transpose(0, 3, 1, 2).reshape(len(images), -1)
        records = [images.labels[:, None] // 2, images.labels[:, None], flat]
        (tmp_path / f"{split}.bin").write_bytes(np.concatenate(records, axis=1).tobytes())
    (tmp_path / "fine_label_names.txt").write_text("\n".join(NAMES))
    (tmp_path / "coarse_label_names.txt").write_text("fruit\nother fruit")
    read = normalized(tmp_path, tmp_path, **({"label_column": "coarse"} if coarse else {}))["test"]
    assert read.class_names == (("fruit", "other fruit") if coarse else NAMES)
    assert np.array_equal(read.labels, sets["test"].labels // 2 if coarse else sets["test"].labels)


def test_each_reader_takes_what_is_its_own_and_no_other_does(tmp_path: Path) -> None:
    for kind, build in BUILDERS.items():
        source = build(tmp_path / kind, SETS)
        if source.suffix in (".zip", ".tar", ".xz"):
            continue
        columns = DataSettings(label_column="fine" if kind == "the hub's Parquet" else None)
        listing = list_place(source)
        claimed = [name for name, reader in READERS.items() if reader.recognise(listing, columns)]
        assert claimed[0] == recognise(listing, columns).format
        assert set(claimed) <= {"table", "imagefolder"} or len(claimed) == 1


@pytest.mark.parametrize(
    "names",
    [
        {"train": "Training", "validation": "VAL", "test": "Testing"},
        {"train": "train", "validation": "valid", "test": "test"},
        {"train": "a set/with more/train", "validation": "a set/with more/validation", "test": "a set/with more/t10k"},
    ],
)
def test_the_names_of_folders_tell_the_splits_and_validation_pictures_are_chosen_by(
    tmp_path: Path, names: dict[str, str]
) -> None:
    sets = {**SETS, "validation": SETS["test"], "test": SETS["train"].take(np.arange(30))}
    made = normalized(write_folder(tmp_path / "source", sets, names), tmp_path, tolerate_doubts=True)
    assert {name: len(images) for name, images in made.items()} == {"train": 48, "validation": 15, "test": 30}
    assert sorted(map(bytes, made["validation"].images)) == sorted(map(bytes, SETS["test"].images))
    some = normalized(tmp_path / "source", tmp_path, tolerate_doubts=True, validation_images=6, train_images=9)
    assert {name: len(images) for name, images in some.items()} == {"train": 9, "validation": 6, "test": 30}
    assert "validation_images" in refused(tmp_path / "source", tmp_path, validation_images=16)


def test_classes_at_the_top_are_cut_the_same_way_from_every_seed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = write_folder(tmp_path / "source", {"train": SETS["train"]}, {"train": "."})
    first, other = (normalize.fn(source, tmp_path / "made", DataSettings(), seed) for seed in (0, 1))
    assert "36 train" not in caplog.text and "40 train + 8 test" in caplog.text and "held out" in caplog.text
    assert first.test.read_bytes() == other.test.read_bytes() and first.train.read_bytes() != other.train.read_bytes()
    test, train = LabelledImages.load(first.test), LabelledImages.load(first.train)
    assert set(test.labels) == {0, 1, 2} and not {*map(bytes, test.images)} & {*map(bytes, train.images)}


def test_folders_of_classes_may_hold_those_of_the_splits(tmp_path: Path, expected: dict[str, LabelledImages]) -> None:
    for split, images in SETS.items():
        for number, (pixels, label) in enumerate(zip(images.images, images.labels, strict=True)):
            path = tmp_path / "source" / NAMES[label] / split / f"{number:08d}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode(pixels))
    assert_equal(normalized(tmp_path / "source", tmp_path), expected)


def test_validation_pictures_stand_in_for_missing_test_pictures(tmp_path: Path) -> None:
    made = normalized(write_folder(tmp_path / "source", SETS, {"test": "val"}), tmp_path)
    assert np.array_equal(made["test"].images, SETS["test"].images)


@pytest.mark.parametrize("name", ["Thumbs.db", ".hidden.png", "._0.png", "__MACOSX/x.png", ".ipynb_checkpoints/y.png"])
def test_litter_is_no_picture(tmp_path: Path, name: str, expected: dict[str, LabelledImages]) -> None:
    source = write_folder(tmp_path / "source", SETS)
    for folder in (source, source / "train", source / "train" / "pear"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"no picture")
    (source / "README.md").write_text("About these pictures.")
    assert_equal(normalized(source, tmp_path), expected)


def test_what_is_left_out_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = write_folder(tmp_path / "source", SETS)
    (source / "train" / "no pictures").mkdir()
    (source / "train" / "loose.png").write_bytes(encode(SETS["train"].images[0]))
    (outside := tmp_path / "outside.png").write_bytes(encode(SETS["train"].images[0]))
    (source / "train" / "pear" / "link.png").symlink_to(outside)
    (source / "train" / "plum").symlink_to(tmp_path)
    os.mkfifo(source / "train" / "pear" / "pipe.png")
    (source / "train" / "pear" / "inner.png").symlink_to(source / "test" / "pear" / "00000001.png")
    made = normalized(source, tmp_path, tolerate_doubts=True)
    assert len(made["train"]) + len(made["validation"]) == 49 and made["train"].class_names == NAMES
    (line,) = [
        line for line in caplog.messages if line.startswith("PNG folder, 3 classes, 49 train + 15 test, 12x10 RGB")
    ]
    for part in (
        "no classes: train/no pictures",
        "1 picture in no class's folder",
        "3 left out that are no plain files",
        "link.png",
    ):
        assert part in line


def test_numbers_sort_as_numbers_and_may_have_gaps(tmp_path: Path) -> None:
    sets = coloured_sets(names=("2", "10", "007"))
    assert normalized(write_folder(tmp_path / "source", sets), tmp_path)["train"].class_names == ("2", "007", "10")


def test_a_label_that_often_stands_for_none_is_told(tmp_path: Path) -> None:
    numbers = number_classes([-1, 0, 1], None, tmp_path)
    assert numbers.names == ("-1", "0", "1") and "often stands for none" in numbers.remark
    assert not number_classes([0, 1], None, tmp_path).remark


def test_names_of_files_may_hold_anything(tmp_path: Path, expected: dict[str, LabelledImages]) -> None:
    odd = (" b lank ", "quo\"te'", "li\nne", "🍏", "\udcff\udcfe", "%s", "a,b;c")
    source = write_folder(tmp_path / "source", SETS)
    for number, path in enumerate(sorted(source.glob("*/*/*.png"))):
        os.rename(path, path.with_name(f"{path.stem}{odd[number % len(odd)]}.png"))
    assert_equal(normalized(source, tmp_path), expected)


@pytest.mark.parametrize("name", ["li\nne", os.fsdecode(b"\xff\xfe"), "tab\t", " blank"])
def test_a_class_whose_name_is_no_line_is_refused(tmp_path: Path, name: str) -> None:
    source = write_folder(tmp_path / "source", SETS)
    os.rename(source / "train" / "pear", source / "train" / name)
    assert "one line of printable characters" in refused(source, tmp_path)
    with pytest.raises(BadInput, match="one line of printable"):
        check_experiment(Experiment(source=str(source)))


# Sizes and colours


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
@pytest.mark.parametrize(("size", "shape"), [("16", (16, 16, 3)), ("24x20", (20, 24, 3)), (None, (20, 30, 3))])
def test_pictures_of_several_sizes_are_brought_to_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fit: str, size: str | None, shape: tuple[int, int, int]
) -> None:
    source = tmp_path / "source"
    for number in range(30):
        path = source / NAMES[number % 3] / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20 + number, 20), (255, number, 0)).save(path)
    sizes = {} if size is None else {"size": size}
    made = normalized(source, tmp_path, fit=fit, **sizes)["train"]
    assert made.shape == (shape if size else (20, 34, 3))
    assert "20x20 to 49x20" in caplog.text and f"{made.shape.width}x{made.shape.height} RGB" in caplog.text
    assert (made.images[..., 0].min() == 0) == (fit == "pad")


def test_what_becomes_of_16_bits_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(8):
        path = tmp_path / "source" / NAMES[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), 257 * number, np.uint16)).save(path)
    made = normalized(tmp_path / "source", tmp_path)
    assert sorted(image.max() for each in made.values() for image in each.images) == [*range(8)]
    assert "pixels of 16 bits are divided by 257" in caplog.text


def test_large_pictures_come_out_at_64_pixels_and_equal_ones_that_fit_as_they_are(tmp_path: Path) -> None:
    large, fitting = coloured_sets(ImageShape(200, 300, 3)), coloured_sets(ImageShape(100, 128, 3))
    assert normalized(write_folder(tmp_path / "large", large), tmp_path)["train"].shape == (43, 64, 3)
    made = normalized(write_folder(tmp_path / "fitting", fitting), tmp_path)
    assert np.array_equal(made["test"].images, fitting["test"].images)


@pytest.mark.parametrize("size", ["7", "129", "32x", "x32", "0x0", "big", "32x200", "-32"])
def test_a_size_that_cannot_be_is_refused(size: str) -> None:
    with pytest.raises(ValueError, match="WIDTHxHEIGHT such as 64x48, each from 8 to 128 pixels"):
        DataSettings(size=size)


@pytest.mark.parametrize(
    ("stored", "asked", "channels"),
    [(1, None, 1), (3, None, 3), (1, "rgb", 3), (3, "grey", 1)],
)
def test_grey_stays_grey_and_colour_colour_unless_asked_otherwise(
    tmp_path: Path, stored: int, asked: str | None, channels: int
) -> None:
    source = write_folder(tmp_path / "source", coloured_sets(ImageShape(10, 12, stored)))
    made = normalized(source, tmp_path, **({"colour": asked} if asked else {}))
    assert all(images.shape == (10, 12, channels) for images in made.values())


def test_pictures_that_are_grey_in_files_of_colour_are_grey(tmp_path: Path) -> None:
    grey = coloured_sets(ImageShape(10, 12, 1))
    coloured = {
        split: LabelledImages(np.repeat(images.images, 3, axis=3), images.labels, NAMES)
        for split, images in grey.items()
    }
    some, others = (write_folder(tmp_path / name, sets) for name, sets in (("grey", grey), ("colour", coloured)))
    assert_equal(normalized(some, tmp_path), normalized(others, tmp_path))


# IDX and its kin


def emnist(folder: Path, name: str = "letters", first: int = 1) -> Path:
    """A set of EMNIST as it comes: labels from 1, pictures with rows and columns changed, its own table of names."""
    sets = coloured_sets(GREY)
    for split, images in sets.items():
        write_idx(folder / f"emnist-{name}-{split}-images-idx3-ubyte.gz", images.images[..., 0].swapaxes(1, 2))
        write_idx(folder / f"emnist-{name}-{split}-labels-idx1-ubyte.gz", images.labels + first)
    lines = [f"{number + first} {ord(letter)} {ord(letter.lower())}" for number, letter in enumerate("ABC")]
    (folder / f"emnist-{name}-mapping.txt").write_text("\n".join(lines))
    return folder


def test_emnist_is_read_with_its_names_and_transposed_by_an_option(tmp_path: Path) -> None:
    made = normalized(emnist(tmp_path / "source"), tmp_path, transposed=True)
    assert np.array_equal(made["test"].images, coloured_sets(GREY)["test"].images)
    assert np.array_equal(made["test"].labels, coloured_sets(GREY)["test"].labels)
    assert made["test"].class_names == ("A", "B", "C")


def test_of_several_sets_in_a_folder_the_one_is_read_of_which_a_file_is_named(tmp_path: Path) -> None:
    for name, first in (("letters", 1), ("digits", 0)):
        emnist(tmp_path / "source", name, first)
    assert "emnist-digits, emnist-letters; name a file of one" in refused(tmp_path / "source", tmp_path)
    named = tmp_path / "source" / "emnist-letters-train-images-idx3-ubyte.gz"
    assert_equal(normalized(named, tmp_path), normalized(emnist(tmp_path / "alone"), tmp_path))


def test_training_files_alone_are_enough(tmp_path: Path) -> None:
    images = coloured_sets(GREY)["train"]
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", images.images[..., 0])
    (tmp_path / "train-labels.idx1-int").write_bytes(
        bytes([0, 0, 0x0C, 1, 0, 0, 0, len(images)]) + (images.labels * 3).astype(">i4").tobytes()
    )
    made = normalized(tmp_path, tmp_path / "cache")
    assert made["train"].class_names == ("0", "3", "6") and len(made["test"]) == 8


@pytest.mark.parametrize(
    ("labels", "told"),
    [(np.arange(48) % 4, "labels from 0 to 2 in .* got 0 to 3"), (np.arange(48) % 3 + 2, "got 0 to 4")],
)
def test_labels_outside_of_the_names_are_refused(tmp_path: Path, labels: np.ndarray, told: str) -> None:
    source = write_colour_idx(tmp_path / "source", SETS)
    write_idx(source / "train-labels-idx1-ubyte.gz", labels.astype(np.uint8))
    assert re.search(told, refused(source, tmp_path))


def test_labels_from_one_stand_for_the_names_in_their_order_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, expected: dict[str, LabelledImages]
) -> None:
    source = write_colour_idx(tmp_path / "source", SETS)
    for prefix, split in (("train", "train"), ("t10k", "test")):
        write_idx(source / f"{prefix}-labels-idx1-ubyte.gz", SETS[split].labels + 1)
    assert_equal(normalized(source, tmp_path), expected)
    assert "the labels begin with 1" in caplog.text


# Archives


def unpacked_in(home: Path) -> list[Path]:
    """The folders that archives were unpacked to."""
    return [path for path in (home / "cache").glob("synthetic-data/unpacked/*") if path.is_dir()]


@pytest.mark.parametrize("name", ["../out.png", "/out.png", "a/../../out.png", "..\\out.png", "C:/out.png"])
def test_no_member_of_an_archive_leaves_its_folder(tmp_path: Path, name: str, elsewhere: Path) -> None:
    archive = zipped(tmp_path / "evil.zip", {"a/1.png": encode(SETS["train"].images[0]), name: b"evil"})
    assert "lie or lead elsewhere" in refused(archive, tmp_path)
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as packed:
        add(packed, "a/1.png", encode(SETS["train"].images[0]))
        add(packed, name if "\\" not in name and ":" not in name else "../out.png", b"evil")
    if name != "/out.png":  # tar's filter takes the root away
        assert "lie or lead elsewhere" in refused(tmp_path / "evil.tar.gz", tmp_path)
    outside = [tmp_path / "out.png", Path("/out.png"), *(elsewhere / "cache").rglob("*.png")]
    assert not any(path.exists() for path in outside)
    assert not unpacked_in(elsewhere)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_no_member_of_an_archive_leads_out_or_is_a_device(tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as packed:
        entry = tarfile.TarInfo("a/link")
        entry.type, entry.linkname = kind, "../../../etc/passwd"
        packed.addfile(entry)
    assert "lie or lead elsewhere" in refused(tmp_path / "evil.tar", tmp_path)


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    assert "lie or lead elsewhere" in refused(tmp_path / "evil.zip", tmp_path)


@pytest.mark.filterwarnings("ignore:Duplicate name")  # zipfile's, as it is written
def test_a_zip_with_two_files_of_one_name_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as archive:
        for content in ("one", "other"):
            archive.writestr("train/cat/1.png", content)
    assert "got train/cat/1.png twice" in refused(tmp_path / "twice.zip", tmp_path)


@pytest.mark.parametrize("ending", ["zip", "tar.xz", "tgz"])
def test_an_archive_that_would_fill_the_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, elsewhere: Path
) -> None:
    monkeypatch.setattr(unpack_archive, "ALWAYS_BYTES", 1 << 20)
    archive, content = tmp_path / f"bomb.{ending}", bytes(30 << 20)
    if ending == "zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("a/1.png", content)
    else:
        with (lzma if ending == "tar.xz" else gzip).open(archive, "wb") as file, tarfile.open(None, "w", file) as tar:
            add(tar, "a/1.png", content)
    assert "unpack it and name the folder" in refused(archive, tmp_path)
    assert not unpacked_in(elsewhere)


@pytest.mark.parametrize("kept", [0, 40, -40])
@pytest.mark.parametrize("ending", ["zip", "tar", "tar.gz"])
def test_a_damaged_archive_is_refused_and_leaves_nothing(
    tmp_path: Path, ending: str, kept: int, elsewhere: Path
) -> None:
    source = write_zip(tmp_path / "source", SETS)
    if ending != "zip":
        kind = "tar" if ending == "tar" else "gztar"
        source = Path(shutil.make_archive(str(tmp_path / "packed"), kind, tmp_path / "source" / "pictures"))
        kept = kept or 100
    source.write_bytes(source.read_bytes()[: kept if kept != -40 else len(source.read_bytes()) // 2])
    told = refused(source, tmp_path)
    assert re.search(f"whole ZIP or TAR|{re.escape(str(source.name))}", told) and ":”" not in told
    assert not unpacked_in(elsewhere)


def test_an_archive_is_unpacked_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = write_zip(tmp_path / "source", SETS)
    for _ in range(2):
        open_source(source, DataSettings())
    assert sum("Unpacking" in line for line in caplog.messages) == 1


@pytest.mark.parametrize(
    ("contents", "told"),
    [
        ({"train.zip": b"PK"}, "got the archive train.zip within; unpack it"),
        ({"a.csv": b"path,label\ngone.png,a\n"}, "got none at gone.png"),
        ({"a/1.png": b"", "a/2.png": b""}, "two classes or more"),
        ({"test/a/1.png": b"", "val/b/1.png": b""}, "Expected training pictures"),
        ({f"{name}/{number}.png": b"" for name in "ab" for number in (1, 2)}, "train pictures that can be read"),
    ],
)
def test_what_is_wrong_in_an_archive_is_told_of_the_archive(
    tmp_path: Path, elsewhere: Path, contents: dict[str, bytes], told: str
) -> None:
    archive = zipped(tmp_path / "packed.zip", contents)
    said = refused(archive, tmp_path)
    assert told in said and str(archive) in said and str(elsewhere / "cache") not in said


# Bad input


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("train.pkl", "pickle train.pkl"),
        ("cifar-10-batches-py/data_batch_1", "pickle .*data_batch_1.*binary version"),
        ("model.pt", "pickle"),
        ("train_32x32.mat", r"got train_32x32\.mat"),
        ("movie.mp4", r"got movie\.mp4"),
    ],
)
def test_what_is_no_source_is_refused_with_what_would_be_one(tmp_path: Path, name: str, told: str) -> None:
    path = tmp_path / "source" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"whatever")
    for place in (tmp_path / "source", path):
        assert re.search(told, refused(place, tmp_path))


def test_pickled_objects_in_an_archive_of_arrays_are_refused(tmp_path: Path) -> None:
    objects = np.array([None, {"a": 1}], object)
    np.savez(tmp_path / "evil.npz", x_train=np.zeros((2, 8, 8), np.uint8), y_train=objects, allow_pickle=True)
    assert "pickled objects, which could run any program; save it by numpy.savez" in refused(
        tmp_path / "evil.npz", tmp_path
    )


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"x_train": np.zeros((4, 8, 8)) - 1, "y_train": np.arange(4) // 2}, "float64 from -1 to -1"),
        ({"x_train": np.zeros((4, 8, 8), np.uint8), "y_train": np.arange(5)}, "as many labels as images"),
        ({"x_train": np.zeros((4, 8, 8, 5), np.uint8), "y_train": np.arange(4)}, r"got \[4, 8, 8, 5\]"),
        ({"x_train": np.zeros((4, 8, 8), np.uint8), "y_train": np.zeros((4, 14), int)}, "one label for each picture"),
        ({"x_train": np.zeros((4, 8, 8), np.uint8), "y_train": np.zeros(4, int)}, "two classes or more"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, arrays: dict[str, np.ndarray], told: str) -> None:
    np.savez(tmp_path / "set.npz", allow_pickle=False, **arrays)
    assert re.search(told, refused(tmp_path / "set.npz", tmp_path))


@pytest.mark.parametrize(("most", "bits"), [(255, 8), (256, 10), (765, 10), (1023, 10), (4000, 12), (4096, 16)])
@pytest.mark.parametrize("kind", [np.int64, np.uint16])
def test_whole_numbers_have_the_bits_of_the_largest_in_all_splits_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, most: int, bits: int, kind: type
) -> None:
    ramp: np.ndarray = np.linspace(0, most, 64).astype(kind).reshape(8, 8)
    labels = np.arange(24) % 2
    pictures = {"x_train": np.tile(ramp, (24, 1, 1)), "x_test": np.tile(ramp // 4, (24, 1, 1))}
    np.savez(tmp_path / "set.npz", allow_pickle=False, **pictures, y_train=labels, y_test=labels)
    made = normalized(tmp_path / "set.npz", tmp_path)
    for name, values in (("train", ramp), ("test", ramp // 4)):
        assert np.array_equal(made[name].images[0, ..., 0], np.rint(values * (255 / (2**bits - 1))).astype(np.uint8))
    assert (f"pixels up to {most:,} are read as {bits} bits and scaled to 8" in caplog.text) == (bits > 8)


@pytest.mark.parametrize("place", [0, 7])
@pytest.mark.parametrize("key", ["x_train", "x_test"])
def test_pixels_that_are_no_numbers_are_refused_wherever_they_are(tmp_path: Path, place: int, key: str) -> None:
    pictures = {name: np.full((8, 8, 8), 0.5) for name in ("x_train", "x_test")}
    pictures[key][place, 3, 3] = np.nan
    np.savez(tmp_path / "set.npz", allow_pickle=False, **pictures, y_train=np.arange(8) % 2, y_test=np.arange(8) % 2)
    assert "none (NaN); correct them" in refused(tmp_path / "set.npz", tmp_path)


def damage(source: Path, share: int) -> None:
    """Cut every `share`th picture short."""
    for path in sorted(source.glob("*/*/*.png"))[::share]:
        path.write_bytes(path.read_bytes()[:100])


def test_a_few_unreadable_pictures_are_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = write_folder(tmp_path / "source", SETS)
    damage(source, 16)
    made = normalized(source, tmp_path)
    assert sum(map(len, made.values())) == 63 - 4
    (told,) = [line for line in caplog.messages if "cannot be read" in line]
    assert told.startswith("4 of 63 pictures cannot be read and are left out: train/apple/00000003.png (")


def test_a_tenth_of_unreadable_pictures_stops_a_run_unless_it_is_told_to_go_on(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "source", SETS)
    damage(source, 7)
    assert "9 of 63 that cannot" in refused(source, tmp_path)
    assert sum(map(len, normalized(source, tmp_path, tolerate_doubts=True).values())) == 54
    damage(source, 1)
    refused(source, tmp_path, tolerate_doubts=True)


def test_a_bomb_and_a_page_of_text_are_pictures_that_cannot_be_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = write_folder(tmp_path / "source", SETS)
    file = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(file, "png")
    for name, content in (("bomb", file.getvalue()), ("page", b"<html>"), ("empty", b"")):
        (source / "train" / "pear" / f"{name}.png").write_bytes(content)
    normalized(source, tmp_path)
    for told in ("bomb.png (more than the 89,478,485 pixels", "page.png (no picture)", "empty.png (empty)"):
        assert told in caplog.text


def test_a_folder_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_folder(tmp_path / "source", SETS)
    (source / "train" / "pear").chmod(0)
    if os.access(source / "train" / "pear", os.R_OK):
        pytest.skip("who runs this may read everything")
    try:
        assert "Permission denied" in refused(source, tmp_path)
    finally:
        (source / "train" / "pear").chmod(0o755)


def test_a_place_in_a_folder_that_must_not_be_entered_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_folder(tmp_path / "source", SETS)
    monkeypatch.setattr(Path, "exists", lambda path: path.stat())
    monkeypatch.setattr(Path, "stat", lambda path, **_: forbid(path))
    for look in (lambda: open_source(source, DataSettings()), lambda: locate(str(source))):
        with pytest.raises(BadInput, match=r"to read .*source, got “Permission denied”; change who"):
            look()


def forbid(path: Path) -> None:
    raise PermissionError(13, "Permission denied", str(path))


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_folder(tmp_path / "source", SETS)
    read = Path.read_bytes

    def guarded(path: Path) -> bytes:
        if path.name == "00000001.png":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", guarded)
    assert re.search(r"read .*00000001\.png, got “Permission denied”", refused(source, tmp_path))


def test_three_hundred_classes_are_refused(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / "source" / f"class {number}").mkdir(parents=True)
        (tmp_path / "source" / f"class {number}" / "1.png").write_bytes(encode(SETS["train"].images[0]))
    assert "at most 256 classes" in refused(tmp_path / "source", tmp_path)
    for number in range(300):
        (tmp_path / "source" / f"class {number}").rename(tmp_path / "source" / f"{number}")
    assert re.search("256 classes, got 300; leave some out", refused(tmp_path / "source", tmp_path))


def test_one_class_is_refused(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "source", SETS)
    for name in ("pear", "quince"):
        for split in SETS:
            shutil.rmtree(source / split / name)
    assert "two classes or more" in refused(source, tmp_path) and "got apple" in refused(source, tmp_path)


def test_a_class_of_one_picture_is_learned_from_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = write_folder(tmp_path / "source", {"train": SETS["train"]}, {"train": "."})
    (source / "only").mkdir()
    (source / "only" / "1.png").write_bytes(encode(SETS["train"].images[0] // 2))
    made = normalized(source, tmp_path)
    number = made["train"].class_names.index("only")
    assert (made["train"].labels == number).sum() == 1
    assert any("fewer than 10 training images of only (1)" in line for line in caplog.messages)


def test_classes_that_differ_in_case_or_blanks_alone_are_doubted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    normalized(write_folder(tmp_path / "source", coloured_sets(names=("hot dog", "Hotdog", "cat"))), tmp_path)
    assert "'Hotdog' and 'hot dog' differ in case, blanks or encoding alone; are they one class?" in caplog.text
    caplog.clear()
    normalized(write_folder(tmp_path / "other", SETS), tmp_path)
    assert "are they one class" not in caplog.text


def test_classes_of_one_picture_each_leave_nothing_to_test_and_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        path = tmp_path / "source" / name / "1.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(encode(SETS["train"].images[0]))
    assert "two pictures or more" in refused(tmp_path / "source", tmp_path)
    with pytest.raises(BadInput, match="two pictures or more"):
        check_experiment(Experiment(source=str(tmp_path / "source")))


def test_a_pipe_is_no_source_and_no_table_or_list_of_names(tmp_path: Path, expected: dict[str, LabelledImages]) -> None:
    os.mkfifo(tmp_path / "pipe.npz")
    assert "got the pipe or device" in refused(tmp_path / "pipe.npz", tmp_path)
    source = write_folder(tmp_path / "source", SETS)
    for name in ("classes.txt", "labels.csv"):
        os.mkfifo(source / name)
    assert_equal(normalized(source, tmp_path), expected)


def test_a_link_that_leads_nowhere_is_left_out_and_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = write_folder(tmp_path / "source", SETS)
    name = next((source / "train").iterdir()).name
    (source / "train" / name / "gone.png").symlink_to(tmp_path / "nowhere.png")
    assert len(normalized(source, tmp_path)["train"]) + len(normalized(source, tmp_path)["validation"]) == len(
        SETS["train"]
    )
    assert any("1 left out that are no plain files within it, such as" in line for line in caplog.messages)


def test_test_pictures_alone_are_refused(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "source", SETS, {"train": "val"})
    assert "Expected training pictures" in refused(source, tmp_path)


def test_a_table_whose_columns_are_not_known_is_not_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = write_table(tmp_path / "source", SETS)
    text = (source / "list.csv").read_text("utf-8-sig").replace("File Name;Class", "where;kind of fruit")
    (source / "list.csv").write_text(text, "utf-8")
    told = "column with the paths of the pictures in list.csv, got where, kind of fruit, split; say which"
    assert told in refused(source, tmp_path) == refused(source / "list.csv", tmp_path)
    beside = write_folder(tmp_path / "folder", SETS)
    shutil.copy(source / "list.csv", beside)
    normalized(beside, tmp_path)
    assert "list.csv has no known column of pictures and is left out" in caplog.text
    assert "got where, kind of fruit, split" in refused(beside, tmp_path, image_column="Where")
    assert "with the labels in list.csv" in refused(beside, tmp_path, image_column="where")


def test_a_table_may_name_pictures_without_their_endings(tmp_path: Path, expected: dict[str, LabelledImages]) -> None:
    source = write_table(tmp_path / "source", SETS)
    text = (source / "list.csv").read_text("utf-8-sig").replace(".png", "")
    (source / "list.csv").write_text(text, "utf-8")
    assert_equal(normalized(source, tmp_path), expected)
    shutil.copy(source / "all of them" / "train 003.png", source / "all of them" / "train 003.PNG")
    told = r"got none at all of them/train 003, though there is all of them/train 003.PNG, all of them/train 003.png;"
    assert told in refused(source, tmp_path)
    (source / "list.csv").write_text(text.replace("all of them/", ""), "utf-8")
    assert "though there is all of them/train 000.png; add" in refused(source, tmp_path)


@pytest.mark.parametrize("name", ["list.csv", "list.jsonl", "list.parquet"])
def test_an_empty_cell_in_a_table_is_told_with_its_row(tmp_path: Path, name: str) -> None:
    source = tmp_path / "source"
    rows = [{"path": path, "label": label} for path, label, _ in write_pictures(source, SETS)]
    frame = pd.DataFrame(rows)
    frame.loc[6, "path"] = None
    if name == "list.csv":
        frame.to_csv(source / name, index=False)
    elif name == "list.jsonl":
        frame.to_json(source / name, orient="records", lines=True)
    else:
        frame.to_parquet(source / name)
    assert "got an empty cell in row 7 below the names of the columns" in refused(source, tmp_path)


@pytest.mark.parametrize("content", [b'{"path": "a.png"}\n{"label": 1}', b"path,label\na.png\n"])
def test_a_row_that_lacks_a_column_has_an_empty_cell_there(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / ("list.jsonl" if content[:1] == b"{" else "list.csv")).write_bytes(content)
    refused(source, tmp_path)


def test_rows_without_a_label_are_counted_and_left_out(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    rows = ["path,label"]
    for number, (pixels, label) in enumerate(zip(SETS["train"].images, SETS["train"].labels, strict=True)):
        (source / f"{number}.png").write_bytes(encode(pixels))
        rows.append(f"{number}.png,{label if number >= 3 else ''}")
    (source / "list.csv").write_text("\n".join(rows), encoding="utf-8")
    found = open_source(source, DataSettings())
    assert found.remarks == ("3 rows of list.csv without a label left out",)
    assert sum(len(part.labels or ()) for part in found.parts.values()) == len(rows) - 4


def test_labels_of_a_column_with_gaps_are_whole_numbers(tmp_path: Path) -> None:
    rows = [{"bytes": encode(pixels), "path": None} for pixels in SETS["train"].images]
    labels = SETS["train"].labels.astype(float)
    labels[0] = np.nan
    pd.DataFrame({"image": rows, "label": labels}).to_parquet(tmp_path / "set.parquet")
    made = normalized(tmp_path / "set.parquet", tmp_path)
    assert made["train"].class_names == ("0", "1", "2") and sum(map(len, made.values())) == 47
    assert open_source(tmp_path / "set.parquet", DataSettings()).remarks == ("1 row without a label left out",)


@pytest.mark.parametrize("split", ["train", "test", "val"])
def test_pictures_in_no_class_are_not_classed_by_their_split(tmp_path: Path, split: str) -> None:
    for name in ("test", split):
        for number in range(4):
            path = tmp_path / "source" / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode(SETS["train"].images[number]))
    refused(tmp_path / "source", tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("train 003", "train 999"), r"got none at all of them/train 999\.png"),
        (lambda text: text.replace("all of them/train 003", "../../etc/passwd"), "pictures below"),
        (lambda text: text.replace("all of them/train 003", "/etc/passwd"), "pictures below"),
        (
            lambda text: text.replace("all of them/train 003.png;", "all of them/train 003.png;so;"),
            "more in row [0-9]+",
        ),
        (lambda text: text.replace("File Name;Class;split", "File Name;Class;Class"), "got Class twice"),
    ],
)
def test_a_table_that_points_elsewhere_or_is_not_clear_is_refused(
    tmp_path: Path, change: Callable[[str], str], told: str
) -> None:
    source = write_table(tmp_path / "source", SETS)
    (source / "list.csv").write_text(change((source / "list.csv").read_text("utf-8-sig")), "utf-8")
    for place in (source, source / "list.csv"):
        assert re.search(told, refused(place, tmp_path))


def test_two_columns_of_one_name_in_parquet_are_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = [pa.array(["a.png", "b.png"]), pa.array(["cat", "dog"]), pa.array(["dog", "cat"])]
    pq.write_table(pa.table(columns, names=["path", "label", "label"]), tmp_path / "list.parquet")
    assert "got label twice" in refused(tmp_path, tmp_path / "elsewhere")


def test_empty_cells_beyond_the_last_column_of_a_table_say_nothing(
    tmp_path: Path, expected: dict[str, LabelledImages]
) -> None:
    source = write_table(tmp_path / "source", SETS)
    first, *rows = (source / "list.csv").read_text("utf-8-sig").splitlines()
    (source / "list.csv").write_text("\n".join([first, *(f"{row};;" for row in rows)]), "utf-8")
    assert_equal(normalized(source, tmp_path), expected)


def test_the_columns_of_a_table_can_be_named(tmp_path: Path, expected: dict[str, LabelledImages]) -> None:
    source = write_table(tmp_path / "source", SETS)
    text = (source / "list.csv").read_text("utf-8-sig").replace("File Name;Class", "where;kind of fruit")
    (source / "list.csv").write_text(text, "utf-8")
    assert "where, kind of fruit, split" in refused(source / "list.csv", tmp_path)
    columns = {"image_column": "where", "label_column": "kind of fruit"}
    assert_equal(normalized(source, tmp_path, **columns), expected)


def test_a_parquet_file_of_pictures_is_read_when_it_is_named_alone(tmp_path: Path) -> None:
    folder = write_hub_parquet(tmp_path / "source", {"train": SETS["train"]})
    for file in (folder / "data").glob("*.parquet"):
        file.rename(tmp_path / f"alone-{file.name[6:11]}.parquet")
    first, second = (
        normalized(tmp_path / f"alone-0000{number}.parquet", tmp_path, label_column="fine") for number in (0, 1)
    )
    assert sum(map(len, [*first.values(), *second.values()])) == len(SETS["train"])


def test_labels_that_are_kept_secret_leave_a_split_out(tmp_path: Path) -> None:
    secret = LabelledImages(SETS["test"].images, SETS["test"].labels, NAMES)
    source = write_hub_parquet(tmp_path / "source", {"train": SETS["train"]})
    import pyarrow as pa
    import pyarrow.parquet as pq

    first = pq.read_table(next(source.glob("data/train-00000*")))
    rows = [{"bytes": encode(pixels), "path": None} for pixels in secret.images]
    table = pa.table({"img": rows, "fine": np.full(len(secret), -1)}, schema=first.schema)
    pq.write_table(table, source / "data" / "test-00000-of-00001.parquet")
    made = normalized(source, tmp_path, label_column="fine")
    assert sum(map(len, made.values())) == len(SETS["train"])


def test_an_empty_cell_in_parquet_is_a_picture_that_cannot_be_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    cells: list[dict[str, object] | None] = [{"bytes": encode(pixels), "path": None} for pixels in SETS["train"].images]
    cells[4], cells[5] = None, {"bytes": None, "path": None}
    labels = [NAMES[label] for label in SETS["train"].labels]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    pq.write_table(pa.table({"image": pa.array(cells, kind), "label": labels}), tmp_path / "set.parquet")
    assert sum(map(len, normalized(tmp_path / "set.parquet", tmp_path).values())) == 46
    assert (
        "2 of 48 pictures cannot be read and are left out: set.parquet, row 4 (empty); set.parquet, row 5"
        in caplog.text
    )
    cells[5] = {"bytes": None, "path": "../gone.png"}
    pq.write_table(pa.table({"image": pa.array(cells, kind), "label": labels}), tmp_path / "set.parquet")
    assert "got gone.png elsewhere in row 5" in refused(tmp_path / "set.parquet", tmp_path)


def test_a_picture_without_a_label_in_a_webdataset_is_refused(tmp_path: Path) -> None:
    source = write_webdataset(tmp_path / "source", SETS)
    with tarfile.open(source / "train-000009.tar", "w") as archive:
        add(archive, "0.json", b'{"label": 0}')
        add(archive, "0.png", encode(SETS["train"].images[0]))
        add(archive, "1.png", encode(SETS["train"].images[1]))
    assert "got none for 1" in refused(source, tmp_path)


def test_labels_of_two_kinds_are_not_mixed_in_a_webdataset(tmp_path: Path) -> None:
    source = write_webdataset(tmp_path / "source", SETS)  # whose labels are in .json files
    for path in source.glob("*.tar"):
        with tarfile.open(path, "a") as archive:
            add(archive, "b/9.json", b'{"label": 1}')
            add(archive, "b/9.png", encode(SETS["train"].images[1]))
            if path.name == "test-000002.tar":
                add(archive, "b/9.cls", b"2")
    assert "in a .cls file as others have it, got none for a/000000" in refused(source, tmp_path)
    made = normalized(source, tmp_path, label_column="label", tolerate_doubts=True)
    assert sum(map(len, made.values())) == 63 + 6 and made["test"].labels[-1] == 1


@pytest.mark.parametrize("name", ["set.npz", "data/train-00000-of-00002.parquet", "train-000001.tar"])
def test_a_file_that_is_cut_short_is_named(tmp_path: Path, name: str) -> None:
    build = {"z": write_keras_npz, "t": write_hub_parquet, "r": write_webdataset}[name[-1]]
    build(tmp_path / "source", SETS)
    path = tmp_path / "source" / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 - 100])
    assert path.name in refused(tmp_path / "source", tmp_path, label_column="fine" if "parquet" in name else None)


def test_a_refused_source_leaves_no_half_made_set(tmp_path: Path) -> None:
    source = write_folder(tmp_path / "source", SETS)
    damage(source, 1)
    refused(source, tmp_path)
    assert not list((tmp_path / "made").rglob("*.npz"))


def test_the_check_before_a_run_decodes_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_folder(tmp_path / "source", SETS)
    damage(source, 1)
    monkeypatch.setattr("gan_core.images.decode.decode", None)
    check_experiment(Experiment(source=str(source)))
    (pictures := tmp_path / "flat").mkdir()
    write_pictures(pictures / "x", SETS)
    with pytest.raises(BadInput, match="two classes or more"):
        check_experiment(Experiment(source=str(pictures)))


def test_a_source_of_four_idx_files_gives_the_bytes_that_it_always_gave(tmp_path: Path) -> None:
    """What is written here was made by the program before it knew other sources."""
    source = write_source(tmp_path / "source", striped_images(600, seed=1), striped_images(200, seed=2))
    splits = normalize.fn(source, tmp_path / "made", DataSettings(), seed=0)
    assert splits.digest == "ed9db7368264b4e686403add566f8092296209f3cae12762697c3914e1e28475"
    assert sha256(splits.train) == "4236f51ccf76fa9fa6682615c64e8b5574e8c7a4a9c56ebee64ad4a25d790872"
    assert sha256(splits.validation) == "c979c7267c4992c50d4f1c9da5a7bf4d2baefb6ba7039367560e83b6f93686d2"
    assert sha256(splits.test) == "c367077b80c1e7d5faeb023204c2ecb5ad04412bbfc4b29b4e7b7c9802d8112f"
