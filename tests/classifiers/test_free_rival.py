"""The errand of the free rival: it is taught by varied images, kept apart from plain ones, and found again."""

from pathlib import Path

import pytest
from conftest import striped_images

from gan_core.config import ClassifierSettings
from tasks.examination.teacher import Teacher
from tasks.places import classifier_cache

SETTINGS = ClassifierSettings(name="logistic-regression", steps=40, batch_size=32, seeds=(0, 1))


@pytest.mark.usefixtures("on_server", "elsewhere")
def test_the_free_rival_is_examined_as_the_real_images_are(tmp_path: Path) -> None:
    real, validation, test = (tmp_path / f"{name}.npz" for name in ("real", "validation", "test"))
    for seed, path in enumerate((real, validation, test)):
        striped_images(200, seed=seed).save(path)
    teacher = Teacher(real, SETTINGS)

    plain, variation = teacher.examine(on=test), teacher.choose_variation(validation)
    augmented = teacher.examine_augmented(on=test, variation=variation)

    assert (plain.taught_by, augmented.taught_by) == ("real", "augmented")
    assert augmented.images == plain.images == 200 and [score.seed for score in augmented.scores] == [0, 1]
    assert len(list(classifier_cache().glob("*.npz"))) == 4
    again = teacher.examine_augmented(on=test, variation=variation)
    assert again.accuracy == augmented.accuracy and len(list(classifier_cache().glob("*.npz"))) == 4
    sure, other = (each.answers[0].confidences.tolist() for each in (plain, augmented))
    assert sure != other
