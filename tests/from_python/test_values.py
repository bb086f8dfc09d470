"""Laws of the functions for Python: they find what the commands find, and refuse what these refuse, in their words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import striped_images, write_source
from exported import NAMES, SETTINGS, untrained_generator
from servers import tiny_experiment

from flows.commands.options import customise_experiment
from flows.from_python.settings import nest
from gan_core.config import SMOKE, Experiment
from gan_core.errors import BadInput
from gan_core.images.labelled_images import LabelledImages
from synthetic_data import Generator, audit, load, synthesise
from tasks.reports.publish_report import Report as Published
from tasks.training.team import DISTRIBUTE

pytestmark = pytest.mark.usefixtures("on_server", "elsewhere")

TRAIN, TEST, FRESH = (striped_images(300, seed, side=16) for seed in (1, 2, 3))
QUICK: dict[str, Any] = {"classifiers": "two-conv", "classifier": {"steps": 4, "batch_size": 32, "seeds": [0]}}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "real", TRAIN, TEST)


def test_a_run_is_a_report_with_frame_page_and_generator_and_is_found_again(tiny_source: Path) -> None:
    settings = tiny_experiment(tiny_source, epochs=1) | {"worth": 0}
    report = synthesise(**settings)
    again = synthesise(tiny_source, **{name: value for name, value in settings.items() if name != "source"})

    assert again == report and len(list(Path("runs").glob("2*"))) == 1
    assert Path(report.page).is_file() and "taught by synthetic" in report.headline
    assert set(report.frame.taught_by) == {"real", "synthetic", "both"}
    shown = report._repr_html_()
    assert "taught by synthetic" in shown and shown.count("data:image/png;base64,") == 2 and report.page in shown

    assert report.generator == load(report.run) == load(report.generator.file) == load(Path("runs/latest"))
    images, labels = report.generator.draw(per_class=3, counts={2: 1}, seed=1)
    assert images.shape == (28, 28, 28, 1) and np.bincount(labels).tolist() == [3, 3, 1, *[3] * 7]


def test_drawn_images_are_those_of_an_export(generator: Path, drawn: dict[str, LabelledImages]) -> None:
    found = load(generator)
    assert found == Generator(str(generator), NAMES, (28, 28, 1))

    images, labels = found.draw(per_class=60, counts={6: 100}, seed=SETTINGS.seed, latent_std=SETTINGS.latent_std)

    assert np.array_equal(images, drawn["train"].images) and np.array_equal(labels, drawn["train"].labels)


def test_an_audit_of_arrays_is_that_of_the_file_that_has_them(source: Path, tmp_path: Path) -> None:
    verdict = audit(FRESH.images, FRESH.labels, real=source, **QUICK)
    FRESH.save(tmp_path / "set.npz")
    of_file = audit(tmp_path / "set.npz", real=source, **QUICK)

    assert verdict.text == of_file.text and verdict.passed == (not verdict.faults)
    assert verdict.frame.drop(columns="of").equals(of_file.frame.drop(columns="of"))
    assert (
        "audit(images, labels, real=" in Path(verdict.page).read_text("utf-8")
        and "Copies of training images" in verdict._repr_html_()
    )
    assert {path.name.split("-")[0] for path in Path("runs/audits").iterdir()} == {"images", "set.npz"}


@pytest.mark.parametrize(
    "settings",
    [
        {"gan": {"epochs": 0}},
        {"experiment": "nope"},
        {"source": "/nowhere"},
        {"source": ""},
        {"dataset": {"counts": {10: 3}}},
        {"size": 7},
        {"minutes": 1},
        {"minutes": 30, "experiment": "private"},
    ],
)
def test_a_mistake_gets_the_sentence_of_the_command(
    settings: dict[str, Any], tiny_source: Path, refusal: Callable[..., str]
) -> None:
    given = {"source": str(tiny_source), **settings}
    typed = [f"--{name}={value}" for name, value in options(given)]
    with pytest.raises(BadInput) as refused:
        synthesise(**given)
    assert f"synthetic-data: {refused.value}" == refusal("run", *typed).replace("'0'", "0").replace("'7'", "7")
    assert not Path("runs").exists()


def options(given: dict[str, Any], section: str = "") -> list[tuple[str, str]]:
    """The same settings as options of the command."""
    told = []
    for name, value in given.items():
        if name == "counts":
            told.append((f"{section}counts", ",".join(f"{number}={count}" for number, count in value.items())))
        else:
            told += options(value, f"{name}.") if isinstance(value, dict) else [(f"{section}{name}", str(value))]
    return told


@pytest.mark.parametrize(
    ("images", "labels", "settings", "expected"),
    [
        (FRESH.images, None, {}, "an array of labels, got none"),
        (FRESH.images, FRESH.labels[1:], {}, "as many labels as images"),
        (FRESH.images * np.float32(-1), FRESH.labels, {}, "pixels from 0 to 255"),
        (FRESH.images * np.float32("nan"), FRESH.labels, {}, r"infinite or none \(NaN\)"),
        (FRESH.images * 1j, FRESH.labels, {}, "that are numbers in these images, got complex128; save"),
        (FRESH.images[:0], FRESH.labels[:0], {}, "of none"),
        (np.uint8(3), FRESH.labels, {}, r"\[N, height, width\]"),
        (FRESH.images, FRESH.labels, {"out": 5}, "name or path, got 5"),
        (FRESH.images, FRESH.labels, {"generator": 5}, "name or path, got 5"),
        (FRESH.images, FRESH.labels, {"classifiers": 3}, "list of names, got 3"),
        (FRESH.images, FRESH.labels, {"classifiers": [3]}, r"list of names, got \[3\]"),
        ([FRESH.images[0], FRESH.images[1, 1:]], [0, 1], {}, "numpy.stack"),
        (FRESH.images, FRESH.labels + 90, {}, "Expected classes among"),
        (FRESH.images[:3], FRESH.labels[:3], {}, "at least 6 images in these images"),
        ("nowhere", None, {}, "got nowhere"),
        ("nowhere", FRESH.labels, {}, "leave them out"),
        (FRESH.images, FRESH.labels, {"holdout": "train"}, "validation, test"),
        (FRESH.images, FRESH.labels, {"references": 1.5}, "'1.5'"),
        (FRESH.images, FRESH.labels, {"classifiers": ["mlp", "forest"]}, "mlp, forest"),
        (FRESH.images, FRESH.labels, {"generator": "."}, "as --generator"),
        (FRESH.images, FRESH.labels, {"data": 4, "size": 32}, "a dictionary of the settings of data, got 4"),
    ],
)
def test_what_cannot_be_audited_is_refused_before_anything_starts(
    images: Any, labels: Any, settings: dict[str, Any], expected: str, source: Path
) -> None:
    with pytest.raises(BadInput, match=expected) as refused:
        audit(images, labels, real=source, **settings)
    assert "/tmp" not in str(refused.value).replace(str(source), "")
    assert not Path("runs").exists()


@pytest.mark.parametrize("place", [None, 5, ["x"], b"runs/latest", "\0", "hf://models/a/b\n", FRESH.images])
def test_what_is_no_place_is_refused_in_one_short_line(place: Any) -> None:
    real: Any = 0 if place is None else place
    with pytest.raises(BadInput) as refused:
        load(place)
    with pytest.raises(BadInput) as also_refused:
        audit("x", real=real)
    for told in (str(refused.value), str(also_refused.value)):
        assert told.startswith("Expected ") and "\n" not in told and len(told) < 300


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"data": {"train-images": 2}}, "data.train-images: it is no setting, train_images is like it"),
        ({"gan": {"epoch": 1}}, "gan.epoch: it is no setting, epochs is like it"),
        ({"sead": 1}, "sead: it is no setting, seed is like it"),
        ({"track": 3}, "trackers as a name or a list of names, got 3"),
        ({"track": "paper"}, "by --track or in SYNTHETIC_DATA_TRACK"),
        ({"source": FRESH.images}, r"got array\(.{70,80}…\.$"),
    ],
)
def test_a_setting_that_is_none_is_refused_with_one_that_is_like_it(
    settings: dict[str, Any], expected: str, tiny_source: Path
) -> None:
    with pytest.raises(BadInput, match=expected):
        synthesise(**({"source": tiny_source} | settings))


def test_a_generator_that_cannot_be_had_or_cannot_draw_is_refused(tmp_path: Path, generator: Path) -> None:
    with pytest.raises(BadInput, match="Expected a generator, got "):
        load(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="which is none or is damaged"):
        load(__file__)
    classless = untrained_generator(tmp_path / "generator.npz", conditional=False)
    with pytest.raises(BadInput, match="draws by class"):
        load(classless).draw()
    for wrong in ({"per_class": -1}, {"counts": {10: 1}}, {"seed": 1.5}, {"per_class": 0}):
        with pytest.raises(BadInput, match="Expected"):
            load(generator).draw(**wrong)


def test_the_time_that_is_given_counts_from_the_call_and_keeps_what_is_given(
    tiny_source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Any] = []

    def flow(*given: Any) -> Published:
        called.extend(given)
        return Published("x", "taught by", "/runs/x/report.html", "", "", release="/runs/x/release")

    monkeypatch.setattr("flows.synthetic_data.synthetic_data", flow)
    report = synthesise(tiny_source, minutes=3, gan={"epochs": 4}, size=28)

    experiment, left, kept = called
    assert experiment.gan.epochs == 4 and 0 < left < 3 and {"gan.epochs", "data.size"} <= set(kept)
    assert (report.run, report.release) == ("/runs/x", "/runs/x/release")


def test_of_several_hosts_none_is_told_a_report(tiny_source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DISTRIBUTE, "workers")
    with pytest.raises(BadInput, match="on each host"):
        synthesise(tiny_source)


def test_settings_are_named_as_options_are() -> None:
    given = {"size": 32, "data": {"fit": "pad"}, "dataset": {"counts": {3: 5}}, "gan": SMOKE.gan}
    assert customise_experiment("smoke", nest(given)) == Experiment.model_validate(
        SMOKE.model_dump()
        | {"data": {"size": "32x32", "fit": "pad"}, "dataset": {"per_class": 2_000, "counts": {"3": 5}}}
    )
