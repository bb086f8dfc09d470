"""What an audit would refuse is refused before it: by the names, labels and outlines of what lies here."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import colour_images, striped_images, write_source
from sources import BUILDERS, coloured_sets

from flows.commands.audit import require_weights
from gan_core.config import ClassifierSettings, DataSettings, Experiment
from gan_core.errors import BadInput
from gan_core.exports.class_folders import folder_names
from gan_core.files import write_text
from gan_core.images.labelled_images import LabelledImages
from tasks.audit import check_set
from tasks.audit.check_set import check_audit
from tasks.runs.run_experiment import require_same_cut
from tasks.runs.run_folder import Run

pytestmark = pytest.mark.usefixtures("elsewhere")

NAMES = striped_images(1, seed=0).class_names
MADE = striped_images(60, seed=2)


@pytest.fixture
def experiment(tiny_source: Path) -> Experiment:
    return Experiment(source=str(tiny_source))


def saved(folder: Path, images: LabelledImages) -> str:
    images.save(folder / "set.npz")
    return str(folder / "set.npz")


def drawn(folder: Path, images: LabelledImages) -> Run:
    run = Run(folder / "run")
    write_text(run.experiment, "{}")
    images.save(run.synthetic)
    return run


def called(images: LabelledImages, *names: str) -> LabelledImages:
    return LabelledImages(images.images, images.labels, names)


def single(label: int, count: int = 60) -> LabelledImages:
    return MADE.take(np.resize(np.flatnonzero(MADE.labels == label), count))


@pytest.mark.parametrize("names", [NAMES, NAMES[::-1], tuple(folder_names(NAMES)), tuple("0123456789")])
def test_classes_that_are_known_by_any_name_and_in_any_order_are_taken(
    experiment: Experiment, tmp_path: Path, names: tuple[str, ...]
) -> None:
    check_audit(saved(tmp_path, called(MADE, *names)), experiment)
    check_audit(str(drawn(tmp_path, called(MADE, *names)).folder), experiment)


@pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS)
def test_other_classes_are_refused_in_whatever_they_lie(
    experiment: Experiment, tmp_path: Path, build: Callable[..., Path]
) -> None:
    with pytest.raises(BadInput, match=r"Expected classes among stripes 0, .* got apple, pear, quince;.*--real"):
        check_audit(str(build(tmp_path / "set", coloured_sets())), experiment)


def test_other_classes_of_a_run_are_refused_though_they_are_as_many(experiment: Experiment, tmp_path: Path) -> None:
    run = drawn(tmp_path, called(MADE, *"abcdefghij"))
    with pytest.raises(BadInput, match=r"Expected classes among stripes 0, .* got a, b"):
        check_audit(str(run.folder), experiment)


def test_a_missing_class_even_all_but_one_is_left_to_the_audit(experiment: Experiment, tmp_path: Path) -> None:
    check_audit(saved(tmp_path, single(3)), experiment)
    check_audit(str(drawn(tmp_path, single(3)).folder), experiment)


@pytest.mark.parametrize("images", [1, 5])
def test_a_handful_of_images_is_refused(experiment: Experiment, tmp_path: Path, images: int) -> None:
    few = MADE.take(np.arange(images))
    for place in (saved(tmp_path, few), str(drawn(tmp_path, few).folder)):
        with pytest.raises(BadInput, match=f"Expected at least 6 images in .*, got {images}; "):
            check_audit(place, experiment)
    check_audit(saved(tmp_path, MADE.take(np.arange(6))), experiment)


def test_an_empty_set_is_refused(experiment: Experiment, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    np.savez(tmp_path / "none.npz", images=np.zeros((0, 28, 28), np.uint8), labels=np.zeros(0, np.uint8))
    for name in ("empty", "none.npz"):
        with pytest.raises(BadInput, match=r"Expected .* in .*, got .*; ") as refused:
            check_audit(str(tmp_path / name), experiment)
        assert "--source" not in str(refused.value)


def test_the_real_images_are_no_set_whatever_path_leads_to_them(experiment: Experiment, tmp_path: Path) -> None:
    assert experiment.source
    (tmp_path / "link").symlink_to(experiment.source)
    for place in (experiment.source, str(tmp_path / "link"), f"{experiment.source}/../{Path(experiment.source).name}"):
        with pytest.raises(BadInput, match=r"Expected a synthetic set beside the real images .* for both"):
            check_audit(place, experiment)
    shutil.copytree(experiment.source, tmp_path / "copy")
    check_audit(str(tmp_path / "copy"), experiment)  # which is a set that copies


def test_a_run_of_another_shape_and_a_damaged_one_are_refused(experiment: Experiment, tmp_path: Path) -> None:
    colour = colour_images(60, seed=3)
    run = drawn(tmp_path, called(colour, *NAMES))
    with pytest.raises(BadInput, match=r"Expected images of 28 x 28 pixels"):
        check_audit(str(run.folder), experiment)
    MADE.save(run.synthetic)
    content = bytearray((tmp_path / "run" / "synthetic.npz").read_bytes())
    content[1_000] ^= 255
    (tmp_path / "run" / "synthetic.npz").write_bytes(content)
    with pytest.raises(BadInput, match="got a damaged file; make the run again"):
        check_audit(str(run.folder), experiment)


def test_real_images_that_are_not_there_are_named_by_their_option(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    with pytest.raises(BadInput, match="; name one of these as --real"):
        check_audit(saved(tmp_path, MADE), Experiment(source=str(tmp_path / "nothing")))


def test_no_picture_is_decoded(experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_set, "read", lambda *_: pytest.fail("The labels are known without it."))
    check_audit(str(write_source(tmp_path / "set", MADE, MADE)), experiment)


def test_settings_by_which_other_images_would_be_the_known_ones_are_refused() -> None:
    own = Experiment(seed=3, data=DataSettings(train_images=2_000))
    require_same_cut(own, own.model_copy(update={"classifier": ClassifierSettings(steps=7), "source": "elsewhere"}))
    changes: dict[str, dict[str, object]] = {
        "--seed": {"seed": 7},
        "--data.train-images": {"data": DataSettings()},
        "--data.validation-images": {"data": DataSettings(train_images=2_000, validation_images=500)},
    }
    for option, other in changes.items():
        with pytest.raises(BadInput, match=f"Expected the {option} of the run, .* leave it out"):
            require_same_cut(own, own.model_copy(update=other))


@pytest.mark.parametrize("content", [b"", b"root:x:0:0", None])
def test_weights_that_keras_has_not_written_are_refused(tmp_path: Path, content: bytes | None) -> None:
    place = tmp_path / "weights.h5"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(BadInput, match="Expected a file of InceptionV3's weights"):
        require_weights(str(place))
    place.write_bytes(b"\x89HDF\r\n\x1a\n")
    assert require_weights(str(place)) == str(place)
    assert not require_weights(None)
