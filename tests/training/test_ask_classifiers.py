"""The errand of asking several classifiers: each learns from the same sets, and what it learned is found again."""

from pathlib import Path

import pytest
from conftest import striped_images
from prefect import flow

from gan_core.config import ClassifierSettings
from tasks.data.normalize import RealSets
from tasks.examination.ask_classifiers import ask_classifiers
from tasks.places import classifier_cache

SETTINGS = ClassifierSettings(name="logistic-regression", steps=20, batch_size=32, seeds=(0, 1))


@pytest.mark.usefixtures("on_server", "elsewhere")
def test_real_images_in_the_place_of_the_set_teach_each_classifier_what_real_images_do(tmp_path: Path) -> None:
    train, validation, test = (tmp_path / f"{name}.npz" for name in ("train", "validation", "test"))
    for seed, path in enumerate((train, validation, test)):
        striped_images(200, seed=seed, side=12).save(path)
    real = RealSets(train, validation, test, "d" * 64)

    ask = flow(validate_parameters=False)(ask_classifiers)
    opinions = ask(real, real.train, SETTINGS, ["mlp"])

    assert [each.classifier for each in opinions] == ["logistic-regression", "mlp"]
    for each in opinions:
        taught = {item.taught_by: item for item in each.examinations}
        assert list(taught) == ["real", "augmented", "synthetic", "both"]
        answered = [[score.confusion.tolist() for score in taught[of].scores] for of in ("real", "synthetic")]
        assert answered[0] == answered[1] and taught["both"].images == 400
    kept = set(classifier_cache().iterdir())
    again = ask(real, real.train, SETTINGS, ["mlp"])
    assert [each.trts.accuracy for each in again] == [each.trts.accuracy for each in opinions]
    assert set(classifier_cache().iterdir()) == kept
