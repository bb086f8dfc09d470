"""Private runs: what they read, what may leave, what they refuse, and that a kill makes them spend nothing twice."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import striped_images, surroundings, write_source
from killed import call, kill
from PIL import Image
from servers import tiny_experiment

from flows.commands.refusals import describe_refusal
from flows.export_dataset import export_dataset
from flows.retrain import retrain
from flows.sweep import sweep
from flows.synthetic_data import synthetic_data
from gan_core.config import Experiment, ExportSettings, RetrainSettings
from gan_core.errors import BadInput
from gan_core.files import read_frame, sha256
from gan_core.gan.generator_card import read_card
from gan_core.images.labelled_images import LabelledImages
from gan_core.privacy import recipe
from gan_core.privacy.ledger import Ledger
from gan_core.privacy.mean_embedding import MEANS
from gan_core.privacy.private_teacher import GRADIENT
from tasks.export.verify_export import Damaged
from tasks.export.verify_release import is_release, verify_release
from tasks.privacy.account import read_account
from tasks.reports.publish_report import Report
from tasks.runs.epochs import read_epochs
from tasks.runs.run_folder import Run

FLOW = "flows.synthetic_data:synthetic_data"
STEPS = 20  # of the teacher of so few images


def tiny(source: Path, *, epochs: int = 1, **privacy: Any) -> Experiment:
    settings = tiny_experiment(source, epochs=epochs)
    settings["gan"] |= {"batch_size": 40, "epoch_images": None}
    settings["dataset"] |= {"refinements": ["soft"]}
    return Experiment.model_validate(settings | {"privacy": {"epsilon": 1.0} | privacy})


def run(experiment: Experiment) -> tuple[Report, Run]:
    report = synthetic_data(experiment)
    assert report is not None
    return report, Run(Path(report.page).parent)


def read_export(folder: str) -> tuple[dict[str, Any], str]:
    """The manifest and the card."""
    manifest, card = (Path(folder, name).read_text("utf-8") for name in ("manifest.json", "README.md"))
    assert card.count("\n## ") == card.count("\n\n## ")
    return json.loads(manifest), card


@pytest.mark.usefixtures("on_server")
def test_a_private_run_spends_its_budget_once_and_releases_nothing_but_what_it_covers(
    tiny_source: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe, "BY_SIGNAL", {0: (0.4, STEPS, 15.0, 1)})
    report, made = run(tiny(tiny_source, epochs=2))
    ledger = Ledger.load(made.ledger)
    assert 0.999 < ledger.epsilon <= 1 and (ledger.count(MEANS), ledger.count(GRADIENT)) == (1, STEPS)
    card = read_card(made.generator)
    assert card.privacy == ledger and not card.data_digest
    assert card.gan.epochs == len(read_epochs(made)) == 1  # a second one would follow the noise
    assert "The generator is private: (epsilon, delta)" in made.report.read_text("utf-8")

    release = Path(report.release)
    manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    files = {path.name for path in release.iterdir()} - {"manifest.json"}
    assert files == set(manifest["files"]) and {"synthetic.npz", "synthetic-soft.npz", "ledger.json"} < files
    assert all(sha256(release / name) == told["sha256"] for name, told in manifest["files"].items())
    soft = LabelledImages.load(release / "synthetic-soft.npz")
    assert soft.soft_labels is not None and np.allclose(soft.soft_labels.sum(axis=1), 1, atol=1e-5)

    train, identity = striped_images(600, seed=1), made.identity.read_text("utf-8")
    digest = read_frame(made.frame)["data_digest"][0]
    for text in (path.read_text("utf-8") for path in release.iterdir() if path.suffix in (".md", ".html", ".json")):
        assert identity[:8] not in text and made.id not in text and digest not in text
        assert "accuracy" not in text.lower().replace("real-taught", "")
    own = {image.tobytes() for image in LabelledImages.load(release / "synthetic.npz").images}
    assert not own & {image.tobytes() for image in train.images}

    again, found = run(tiny(tiny_source, epochs=2))
    assert (again, found.id) == (report, made.id) and Ledger.load(made.ledger) == ledger
    assert [len(runs) for runs in read_account().values()] == [1]

    told = (release / "manifest.json").read_text("utf-8")
    assert is_release(release) and not is_release(Path("runs")) and "80 images, their gen" in verify_release(release)
    (release / "README.md").write_text("another promise", "utf-8")
    with pytest.raises(Damaged, match="README"):
        verify_release(release)
    shutil.rmtree(release)
    run(tiny(tiny_source, epochs=2))
    assert (release / "manifest.json").read_text("utf-8") == told and Ledger.load(made.ledger) == ledger

    export_dataset(str(release / "generator.npz"), "out", ("npz",), ExportSettings(per_class=3, test_per_class=1))
    described, text = read_export("out")
    assert described["privacy"]["epsilon"] == ledger.epsilon and described["source_data_digest"] is None
    assert "What is promised" in text and "without any privacy guarantee" not in text
    export_dataset(str(made.folder), "beside", ("npz",), ExportSettings(per_class=3, test_per_class=1))
    described, text = read_export("beside")
    assert described["run_id"] is None and described["audit"] == [] and made.id not in text and "accuracy" not in text
    with pytest.raises(BadInput, match="no budget covers real ones"):
        export_dataset(str(made.folder), "real", ("npz",), ExportSettings(real_test=True))


@pytest.fixture(scope="module")
def never_killed(tmp_path_factory: pytest.TempPathFactory, prefect_server: dict[str, str]) -> tuple[Experiment, Run]:
    """A run of two epochs with a noise of its own, among runs of its own; not to be changed."""
    folder = tmp_path_factory.mktemp("never-killed")
    source = write_source(folder, striped_images(600, seed=1), striped_images(200, seed=2))
    experiment = tiny(source, epochs=2, noise_seed=4)
    own = {"SYNTHETIC_DATA_RUNS": folder / "runs", "XDG_CACHE_HOME": folder / "cache"}
    report = call(FLOW, experiment, environment=surroundings(**prefect_server, **own))
    return experiment, Run(Path(report.page).parent)


def copy_runs(one: Run, elsewhere: Path) -> Run:
    """The run among copies of all beside it, with their account."""
    runs = shutil.copytree(str(Path(str(one.folder)).parent), elsewhere / "runs", symlinks=True)
    return Run(Path(runs, one.id))


@pytest.mark.usefixtures("on_server")
def test_the_total_of_a_source_is_kept_shown_and_not_exceeded(
    never_killed: tuple[Experiment, Run], elsewhere: Path, caplog: pytest.LogCaptureFixture
) -> None:
    experiment, whole = never_killed
    copy_runs(whole, elsewhere)
    assert experiment.source
    two = experiment.classifier.model_copy(update={"seeds": (0, 1)})
    wider = tiny(Path(experiment.source), total=1.2).model_copy(update={"classifier": two})
    with pytest.raises(BadInput, match=r"spend epsilon 1.2 at most, got 1.4\d+ with this one and 1 before it"):
        run(wider)
    limited = experiment.privacy.model_copy(update={"total": 1.2})
    assert run(experiment.model_copy(update={"privacy": limited}))[1].id == whole.id  # a limit makes no other run
    assert len({path.resolve() for path in elsewhere.glob("runs/*/private/means.npz")}) == 1
    retrain(wider.model_copy(update={"privacy": wider.privacy.model_copy(update={"total": 2.0})}), RetrainSettings())
    assert "1 private run from these images spent epsilon 1; with this one 1.4" in caplog.text
    [runs] = read_account().values()
    assert len(runs) == 2  # the challenger's too, whose folder is gone


def test_a_killed_reading_counts_as_taken_and_the_run_goes_on_after_it(
    never_killed: tuple[Experiment, Run], elsewhere: Path, prefect_server: dict[str, str]
) -> None:
    environment = surroundings(**prefect_server, SYNTHETIC_DATA_RUNS=elsewhere / "runs")
    experiment, other = never_killed
    kill(FLOW, experiment, environment=environment, moment="private-reading")
    [ledger] = elsewhere.glob("runs/*/private/ledger.json")
    assert Ledger.load(ledger).count(GRADIENT) == 3
    kill(FLOW, experiment, environment=environment, moment="private-game")
    assert Ledger.load(ledger).count(GRADIENT) == STEPS
    report = call(FLOW, experiment, environment=environment)
    made, spent = Run(Path(report.page).parent), Ledger.load(ledger)
    assert made.ledger == ledger and (spent.count(MEANS), spent.count(GRADIENT)) == (1, STEPS) and spent.epsilon <= 1
    assert not list(ledger.parents[1].glob(".features-*"))
    assert sha256(other.means) == sha256(made.means)
    assert sha256(other.private_teacher) != sha256(made.private_teacher)  # who took the killed step


def test_a_private_game_that_is_killed_ends_the_same(
    never_killed: tuple[Experiment, Run], elsewhere: Path, prefect_server: dict[str, str]
) -> None:
    environment = surroundings(**prefect_server, SYNTHETIC_DATA_RUNS=elsewhere / "runs")
    experiment, whole = never_killed
    kill(FLOW, experiment, environment=environment, moment="private-game")
    release = Path(call(FLOW, experiment, environment=environment).release)
    for name in ("generator.npz", "synthetic.npz", "synthetic-soft.npz"):
        assert sha256(release / name) == sha256(whole.release / name), name


@pytest.mark.usefixtures("on_server")
@pytest.mark.parametrize(
    "lost", [["ledger"], ["means"], ["private_teacher"], ["ledger", "means", "private_teacher"]], ids=len
)
def test_what_was_read_and_is_lost_is_not_read_again(
    lost: list[str], never_killed: tuple[Experiment, Run], elsewhere: Path
) -> None:
    experiment, whole = never_killed
    made = copy_runs(whole, elsewhere)
    for file in (made.generator, made.report, *(getattr(made, name) for name in lost)):
        file.unlink()
    with pytest.raises(BadInput, match=rf"{getattr(made, lost[0]).name}, got no such file; restore it from a copy"):
        synthetic_data(experiment)


@pytest.mark.usefixtures("on_server")
@pytest.mark.parametrize("file", ["private/means.npz", "private/ledger.json", "privacy.json"])
def test_what_was_read_and_is_damaged_stays_and_is_named_by_a_sentence_of_its_own(
    file: str, never_killed: tuple[Experiment, Run], elsewhere: Path
) -> None:
    experiment, whole = never_killed
    made = copy_runs(whole, elsewhere)
    for gone in (made.generator, made.report):
        gone.unlink()
    [place] = elsewhere.glob(f"runs/{'' if file == 'privacy.json' else made.id}/{file}")
    place.write_bytes(place.read_bytes()[:10])
    with pytest.raises(BadInput, match=rf"{place.name}.* damaged .*restore it from a copy") as told:
        synthetic_data(experiment)
    assert describe_refusal(told.value) == str(told.value) and place.stat().st_size == 10


@pytest.mark.usefixtures("on_server")
def test_what_no_budget_covers_is_refused_before_there_is_a_run(tiny_source: Path, elsewhere: Path) -> None:
    private = tiny(tiny_source)

    def changed(section: str, **settings: object) -> Experiment:
        part = getattr(private, section).model_copy(update=settings)
        return private.model_copy(update={section: part})

    for experiment, told in (
        (changed("gan", batch_size=39), "a batch of 40 images or more"),
        (changed("privacy", class_images={"0": 50}), "--privacy.class-images of each of the classes 0 to 9"),
        (changed("privacy", class_images={str(label): 0 for label in range(10)}), "one or more"),
        (changed("privacy", class_images={str(label): 5 for label in range(10)}), "to about the .* got 50 in all"),
    ):
        with pytest.raises(BadInput, match=told):
            synthetic_data(experiment)
    with pytest.raises(BadInput, match="without a privacy budget in a sweep"):
        sweep(private, (0, 1))
    two = changed("classifier", seeds=(0, 1))
    with pytest.raises(BadInput, match="private challenger to begin from scratch"):
        retrain(two, RetrainSettings(start="champion"))
    folder = elsewhere / "pictures"
    for number, image in enumerate(striped_images(60, seed=1).images):
        place = folder / f"class{number % 2}" / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[..., 0]).save(place)
    with pytest.raises(BadInput, match="the size and the colour of the pictures in a private run"):
        synthetic_data(private.model_copy(update={"source": str(folder)}))
    assert not list((elsewhere / "runs").glob("*/private"))


@pytest.mark.usefixtures("on_server")
def test_given_counts_take_the_place_of_noisy_ones(tmp_path: Path, elsewhere: Path) -> None:
    source = write_source(tmp_path, striped_images(600, seed=1, classes=4), striped_images(200, seed=2, classes=4))
    given = {"0": 125, "1": 125, "2": 125, "3": 125}
    _, made = run(tiny(source, class_images=given))
    assert read_card(made.generator).class_images == (125,) * 4
