"""Laws of what is refused before a run, and of what is said of the images."""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import striped_images, write_source

from gan_core.config import DataSettings, Experiment
from gan_core.errors import BadInput
from gan_core.files import write_text
from gan_core.gan.network_sizes import checkpoint_bytes
from gan_core.images.labelled_images import LabelledImages
from gan_core.images.plausibility import describe_images, find_doubts
from tasks.data.check_experiment import check_experiment
from tasks.data.checksums import CLASSES
from tasks.data.normalize import normalize
from tasks.runs.run_folder import check_runs_folder, describe

Change = Callable[[LabelledImages], LabelledImages]
TRAIN, TEST = striped_images(600, seed=1), striped_images(200, seed=2)


def without(label: int) -> Change:
    return lambda images: images.take(np.flatnonzero(images.labels != label))


def repainted(pixels: Callable[[np.ndarray], np.ndarray]) -> Change:
    return lambda images: LabelledImages(pixels(images.images.copy()), images.labels.copy(), images.class_names)


def renamed(*names: str) -> Change:
    return lambda images: LabelledImages(images.images, images.labels, (*names, *images.class_names[len(names) :]))


def settings(source: Path | str, **changed: Any) -> Experiment:
    return Experiment.model_validate({"source": str(source), **changed})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"data": {"validation_images": 600}}, "at most .* validation images"),
        ({"data": {"train_images": 500}}, r"at most the 450 training images"),
        ({"data": {"validation_images": 5}}, "at least 6 validation images"),
        ({"data": {"train_images": 5}}, "training images of each class"),
        ({"dataset": {"counts": {"10": 5}}}, "classes 0 to 9"),
        ({"dataset": {"per_class": 0}}, "at least one image to draw"),
        ({"gan": {"shift": 28}}, "less than the sides of images of 28 x 28 pixels, grey, got 28"),
        ({"gan": {"shift": 20}, "data": {"size": "30x20"}}, "less than the sides of images of 30 x 20"),
    ],
)
def test_settings_that_the_images_cannot_meet_are_refused(
    tiny_source: Path, changed: dict[str, Any], told: str
) -> None:
    check_experiment(settings(tiny_source))
    with pytest.raises(BadInput, match=told) as caught:
        check_experiment(settings(tiny_source, **changed))
    assert str(caught.value).startswith("Expected") and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["one"], "2 to 256 classes, got 1"),
        (list(map(str, range(257))), "2 to 256 classes, got 257"),
        (["A", "A", *map(str, range(8))], "'A'"),
        (["A\tB", *map(str, range(9))], "printable"),
        (list(map(str, range(9))), "labels from 0 to 8"),
    ],
)
def test_class_names_that_a_later_step_would_refuse_are_refused(tiny_source: Path, names: list[str], told: str) -> None:
    (tiny_source / CLASSES).write_text("\n".join(names))
    with pytest.raises(BadInput, match=told):
        check_experiment(settings(tiny_source))


def test_a_place_for_runs_that_cannot_be_is_refused(tiny_source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (tiny_source / CLASSES, tiny_source / CLASSES / "runs"):
        monkeypatch.setenv("SYNTHETIC_DATA_RUNS", str(place))
        with pytest.raises(BadInput, match=f"got the file {tiny_source / CLASSES}; let SYNTHETIC_DATA_RUNS"):
            check_runs_folder()


def test_room_for_the_networks_is_counted_and_what_is_there_of_the_run_is_not_asked_for_again(
    tiny_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = settings(tiny_source, dataset={"per_class": 1})
    needed = check_experiment(few)
    assert needed > 2 * checkpoint_bytes(few.gan, TRAIN.shape, 10) - 1 > 1_000_000
    assert check_experiment(settings("http://data.invalid", gan={"latent_size": 10**8})) > 10**12
    runs = tmp_path / "runs"
    monkeypatch.setenv("SYNTHETIC_DATA_RUNS", str(runs))
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=needed - 100_000))
    with pytest.raises(BadInput, match=r"at least [\d.]+ MB of networks and images"):
        check_runs_folder(needed, few)
    (runs / "begun").mkdir(parents=True)
    (runs / "begun" / "checkpoint.npz").write_bytes(bytes(200_000))
    for seed in (1, 0):  # a run from another seed is none of this one's
        write_text(runs / "begun" / "experiment.json", describe(few.model_copy(update={"seed": seed})))
        with pytest.raises(BadInput) if seed else nullcontext():
            check_runs_folder(needed, few)


def test_class_names_that_differ_in_case_or_signs_only_are_accepted(tiny_source: Path) -> None:
    (tiny_source / CLASSES).write_text("\n".join(["A", "a", "+", "-", "C", "C++", "お", "T/t", "1", "2"]), "utf-8")
    check_experiment(settings(tiny_source))


def test_the_environment_names_a_source_as_an_argument_does(tiny_source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTHETIC_DATA_SOURCE", str(tiny_source))
    with pytest.raises(BadInput, match="validation images"):
        check_experiment(Experiment(data=DataSettings(validation_images=5)))
    monkeypatch.setenv("SYNTHETIC_DATA_SOURCE", "http://data.invalid")
    check_experiment(Experiment(data=DataSettings(validation_images=5)))  # left for the flow, which fetches it


def test_a_class_without_training_images_is_not_drawn_and_the_others_are(tmp_path: Path) -> None:
    source = write_source(tmp_path, without(3)(TRAIN), TEST)
    with pytest.raises(BadInput, match=r"got none of 3 \(stripes 3\).*--dataset\.counts 3=0"):
        check_experiment(settings(source))
    check_experiment(settings(source, dataset={"counts": {"3": 0}}))
    check_experiment(settings(source, gan={"conditional": False}))


def test_one_line_says_what_was_understood(tiny_source: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "synthetic_data.normalize")
    for _ in range(2):  # and again when the files are there
        caplog.clear()
        normalize.fn(tiny_source, tmp_path / "made", DataSettings(), seed=0)
        (line,) = [line for line in caplog.messages if "learn from" in line]
        for part in ("450 images to learn from", "150 to choose by", "200 to judge by", "28 x 28", "stripes 9 45"):
            assert part in line


def test_sound_images_leave_no_doubt() -> None:
    assert list(find_doubts(TRAIN, striped_images(100, seed=3), TEST)) == []
    assert "28 x 28 pixels, grey, from 0 to 255" in describe_images(TRAIN, striped_images(100, seed=3), TEST)


def test_what_few_test_images_cannot_tell_is_said() -> None:
    [doubt] = find_doubts(striped_images(600, seed=1), striped_images(100, seed=2), striped_images(100, seed=3))
    assert "100 test images" in doubt and "10 points" in doubt


@pytest.mark.parametrize(
    ("train", "test", "told"),
    [
        (repainted(lambda pixels: pixels // 255), lambda images: images, "no more than 0 to 1 "),
        (repainted(np.zeros_like), lambda images: images, "alike"),
        (lambda images: images.take(np.arange(len(images)) % 50), lambda images: images, "Only 50 of the 600 training"),
        (lambda images: images, without(3), "no test images of stripes 3"),
        (without(3), lambda images: images, "test images of stripes 3, but no training"),
        (renamed("\u00e9", "e\u0301"), lambda images: images, r"'e\u0301' differ in case, blanks or encoding"),
    ],
)
def test_what_is_probably_a_mistake_is_told(train: Change, test: Change, told: str) -> None:
    (doubt,) = find_doubts(train(TRAIN), train(striped_images(100, seed=3)), test(TEST))
    assert told in doubt


def test_training_images_among_the_test_images_stop_a_run_unless_it_is_told_to_go_on(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", TRAIN, TRAIN.take(np.arange(200)))
    with pytest.raises(BadInput, match=r"200 of 200.*--data\.tolerate-doubts"):
        normalize.fn(source, tmp_path / "made", DataSettings(), seed=0)
    normalize.fn(source, tmp_path / "made", DataSettings(tolerate_doubts=True), seed=0)
