"""Whole runs in this process: other images, other teaching sets, another game, a collapse."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import colour_images, striped_images, write_source
from exported import exported, formats_for
from PIL import Image
from servers import tiny_experiment

from flows.examine_run import examine_run
from flows.retrain import retrain
from flows.sweep import sweep
from flows.synthetic_data import synthetic_data
from gan_core.config import CLASSIC, Experiment, ExportSettings, RetrainSettings
from gan_core.errors import BadInput
from gan_core.exports.shards import planned
from gan_core.gan.drawing import load_generator
from gan_core.images.labelled_images import LabelledImages
from gan_core.reports.pictures import GAP, SCALE
from tasks.data.normalize import RealSets
from tasks.registry.model_registry import ModelRegistry
from tasks.reports.publish_report import Collapsed, Report
from tasks.runs.run_folder import Run

pytestmark = pytest.mark.usefixtures("on_server", "elsewhere")


def synthesise(source: Path, *, tolerate_collapse: bool = True, worth: int = 0, **parts: dict[str, object]) -> Report:
    """The report of a tiny run, with some of its settings changed."""
    tiny = tiny_experiment(source, epochs=1) | {"tolerate_collapse": tolerate_collapse, "worth": worth}
    changed = {name: tiny[name] | part for name, part in parts.items()}
    report = synthetic_data(Experiment.model_validate(tiny | changed))
    assert report is not None
    return report


def test_a_collapsed_classic_generator_is_no_success_and_a_real_taught_classifier_labels_its_images(
    tiny_source: Path, elsewhere: Path
) -> None:
    classic: dict[str, object] = {
        "conditional": CLASSIC.gan.conditional,
        "loss": CLASSIC.gan.loss,
        "learning_rate": 1e-9,
    }
    with pytest.raises(Collapsed, match="has collapsed: "):
        synthesise(tiny_source, tolerate_collapse=False, gan=classic)

    [page] = elsewhere.glob("runs/*/report.html")
    for told in ("has collapsed: ", "labelled by a real-taught two-conv classifier", "Images seen in each class"):
        assert told in page.read_text()
    assert not (elsewhere / "runs" / "latest").exists()


def test_a_class_never_seen_is_refused_before_there_is_a_run_and_left_out_where_none_of_it_is_wanted(
    tmp_path: Path, elsewhere: Path
) -> None:
    train, test = striped_images(600, seed=1), striped_images(200, seed=2)
    source = write_source(tmp_path, train.take(np.flatnonzero(train.labels != 3)), test)
    with pytest.raises(BadInput, match="stripes 3"):
        synthesise(source)
    assert not list((elsewhere / "runs").glob("*"))

    report = synthesise(source, worth=2, dataset={"counts": {"3": 0}})
    assert np.bincount(LabelledImages.load(Path(report.synthetic)).labels).tolist() == [8, 8, 8, 0, *[8] * 6]
    generator = Run(Path(report.page).parent).generator
    card = load_generator(generator)[1]
    assert card.class_images[3] == 0 and sum(card.class_images) == 440
    with pytest.raises(BadInput, match=r"stripes 3.*--counts 3=0"):
        planned(generator, card, ExportSettings(), None)
    splits = planned(generator, card, ExportSettings(per_class=2, counts={"3": 0}, test_per_class=1), None).splits
    assert [split.images for split in splits] == [18, 9]


def test_larger_images_of_other_classes_need_no_change_and_refined_sets_teach_beside_the_raw_one(
    tmp_path: Path,
) -> None:
    (tmp_path / "other").mkdir()
    parts = (striped_images(count, seed=count, classes=4, side=32) for count in (600, 200))
    source = write_source(tmp_path / "other", *parts)

    refined: dict[str, object] = {"refinements": ["filtered", "soft"], "refined_std": 1.5}
    report = synthesise(source, dataset=refined, classifier={"steps": 8, "soft_dropout": False})

    folder = Path(report.page).parent
    raw, filtered, soft = (
        LabelledImages.load(folder / f"synthetic{suffix}.npz") for suffix in ("", "-filtered", "-soft")
    )
    assert raw.shape == (32, 32, 1) and np.bincount(raw.labels).tolist() == [8] * 4
    frame = pd.read_parquet(report.frame)
    recalls = [name for name in map(str, frame) if name.startswith("recall_")]
    assert recalls == [f"recall_stripes-{label}" for label in range(4)]
    images = frame.groupby("taught_by")["images"].first()
    assert images[["synthetic", "filtered", "soft"]].tolist() == [len(raw), len(filtered), len(soft)]
    assert np.array_equal(soft.labels, raw.labels) and not np.array_equal(soft.images, raw.images)
    assert soft.soft_labels is not None
    agreed = np.argmax(soft.soft_labels, axis=1) == soft.labels
    assert np.array_equal(filtered.images, soft.images[agreed]) and 0 < len(filtered) < len(soft)
    page = Path(report.page).read_text(encoding="utf-8")
    assert "latent spread of 1.5" in page and "learned without dropout" in page
    again = examine_run(str(folder), Experiment.model_validate_json((folder / "experiment.json").read_text()))
    assert "taught by soft" in again and again in report.headline


@pytest.fixture
def colour_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RealSets:
    """Oblong pictures in colour, which the flows here take for the source's."""
    sets = RealSets(tmp_path / "train.npz", tmp_path / "validation.npz", tmp_path / "test.npz", "c" * 64)
    for seed, (count, path) in enumerate(((500, sets.train), (100, sets.validation), (60, sets.test))):
        colour_images(count, seed).save(path)
    for flow in ("synthetic_data", "sweep", "retrain"):
        monkeypatch.setattr(f"flows.{flow}.real_images", lambda experiment: sets)
    return sets


def test_oblong_pictures_in_colour_run_through_and_are_exported(
    colour_sets: RealSets, tiny_source: Path, tmp_path: Path
) -> None:
    gan: dict[str, object] = {"shift": 2}
    report = synthesise(tiny_source, worth=2, gan=gan, dataset={"refinements": ["filtered", "soft"]})

    folder = Path(report.page).parent
    drawn, run = LabelledImages.load(Path(report.synthetic)), Run(folder)
    assert drawn.shape == (20, 30, 3) and load_generator(run.generator)[1].shape == drawn.shape
    with Image.open(folder / "grids" / "mosaic.png") as mosaic, Image.open(folder / "grids" / "evolution.gif") as film:
        assert mosaic.mode == "RGB" and film.size == (SCALE * (9 * 31 - GAP), SCALE * (9 * 21 - GAP))
    assert set(pd.read_parquet(report.frame)["taught_by"]) == {"real", "synthetic", "both", "filtered", "soft"}
    out = exported(folder, tmp_path / "out", formats=formats_for(drawn.shape), settings=ExportSettings(per_class=2))
    with np.load(out / "npz" / "dataset.npz") as arrays:
        assert arrays["x_train"].shape == (8, 20, 30, 3)
    assert "To a two-conv classifier, 32 synthetic images teach" in (out / "README.md").read_text("utf-8")


def test_oblong_pictures_in_colour_are_swept_over_and_challenge_a_champion(
    colour_sets: RealSets, tiny_source: Path, elsewhere: Path
) -> None:
    experiment = Experiment.model_validate(tiny_experiment(tiny_source, epochs=1))
    frame = pd.read_parquet(sweep(experiment, (3,), {"gan.width": (4,)}).frame)
    assert set(frame.taught_by) == {"real", "synthetic"} and frame.accuracy.between(0, 1).all()

    several = experiment.model_copy(update={"classifier": experiment.classifier.model_copy(update={"seeds": (0, 1)})})
    registry = ModelRegistry(elsewhere / "models")
    retrain(several)
    registry.promote("v0001", "me")
    retrain(several, RetrainSettings(start="champion"))
    assert registry.versions()[-1].record.champion == "v0001"
