"""The set that is audited comes from anywhere, and is read as images like the real ones."""

from pathlib import Path

import numpy as np
import pytest
from conftest import colour_images, striped_images

from gan_core.errors import BadInput
from gan_core.exports.class_folders import folder_names
from gan_core.files import write_text
from gan_core.images.labelled_images import LabelledImages
from tasks.audit.audit_set import save_set
from tasks.audit.read_set import read_set
from tasks.data.normalize import RealSets
from tasks.runs.run_folder import Run

REAL = striped_images(40, seed=1)


@pytest.mark.parametrize("names", [REAL.class_names, tuple(folder_names(REAL.class_names)), tuple("0123456789")])
def test_classes_are_found_by_name_by_folder_and_by_number(
    tmp_path: Path, elsewhere: Path, names: tuple[str, ...]
) -> None:
    made = striped_images(60, seed=2)
    LabelledImages(made.images, made.labels, names).save(tmp_path / "set.npz")
    found = read_set(str(tmp_path / "set.npz"), REAL.shape, REAL.class_names)
    assert np.array_equal(found.images, made.images)
    assert np.array_equal(found.labels, made.labels)
    assert found.class_names == REAL.class_names


def test_a_missing_class_leaves_the_others_their_numbers(tmp_path: Path, elsewhere: Path) -> None:
    made = striped_images(60, seed=2)
    kept = np.flatnonzero(made.labels > 0)
    LabelledImages(made.images[kept], made.labels[kept] - np.uint8(1), made.class_names[1:]).save(tmp_path / "set.npz")
    assert np.array_equal(read_set(str(tmp_path / "set.npz"), REAL.shape, REAL.class_names).labels, made.labels[kept])


def test_other_classes_are_refused_in_a_sentence(tmp_path: Path, elsewhere: Path) -> None:
    made = striped_images(60, seed=2)
    LabelledImages(made.images, made.labels, tuple("abcdefghij")).save(tmp_path / "set.npz")
    with pytest.raises(BadInput, match=r"Expected classes among stripes 0, .* got a, b"):
        read_set(str(tmp_path / "set.npz"), REAL.shape, REAL.class_names)


def test_sets_of_other_sizes_and_colours_are_brought_to_those_of_the_real_images(
    tmp_path: Path, elsewhere: Path
) -> None:
    made = colour_images(40, seed=3, classes=4)
    LabelledImages(made.images, made.labels, REAL.class_names[:4]).save(tmp_path / "set.npz")
    assert read_set(str(tmp_path / "set.npz"), REAL.shape, REAL.class_names).shape == REAL.shape


def test_a_run_keeps_its_file_only_where_its_classes_have_the_real_ones_numbers(
    tmp_path: Path, elsewhere: Path
) -> None:
    made, turned = striped_images(60, seed=2), REAL.class_names[::-1]
    real = RealSets(tmp_path / "train.npz", tmp_path / "validation.npz", tmp_path / "test.npz", "digest")
    REAL.save(real.train)
    run = Run(tmp_path / "run")
    write_text(run.experiment, "{}")
    made.save(run.synthetic)
    assert save_set.fn(str(run.folder), real, tmp_path / "out") == run.synthetic
    LabelledImages(made.images, np.uint8(9) - made.labels, turned).save(run.synthetic)
    saved = LabelledImages.load(save_set.fn(str(run.folder), real, tmp_path / "out"))
    assert np.array_equal(saved.labels, made.labels) and saved.class_names == REAL.class_names
    colour = colour_images(40, seed=3)
    LabelledImages(colour.images, colour.labels, REAL.class_names).save(run.synthetic)
    with pytest.raises(BadInput, match="Expected images of"):
        save_set.fn(str(run.folder), real, tmp_path / "out")
