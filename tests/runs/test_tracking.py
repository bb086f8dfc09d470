"""Laws of tracking: the real readers find what was told, by the names of all measures, and a run is the same untold."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient
from PIL import Image
from servers import tiny_experiment
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from flows.synthetic_data import synthetic_data
from gan_core.audit.measures import MEASURES
from gan_core.config import Experiment
from gan_core.errors import BadInput
from gan_core.files import read_frame
from gan_core.measures.measure import Figure
from gan_core.tracking.mlflow_run import EXPERIMENT, TAG, MlflowRun
from gan_core.tracking.scalars import name_columns, name_figures
from gan_core.tracking.tensorboard import TensorBoard
from tasks.runs.run_folder import Run
from tasks.runs.tracking import TRACK, read_tracking, tracked

ALLOWED = re.compile(r"[\w./ :-]+")  # in MLflow's names of metrics


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.new("RGB", (30, 20), "red").save(tmp_path / "epoch-0002.png")
    return tmp_path / "epoch-0002.png"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    """A reader of the store, an SQLite file, that is told."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    return MlflowClient()


def test_each_measure_has_a_name_of_its_own_that_every_tracker_takes() -> None:
    figures = [Figure(measure, of, 0.5) for measure in MEASURES for of in ("synthetic", "synthetic, mlp")]
    named = name_figures(
        [*figures, Figure(MEASURES[0], "synthetic", 0.1, seed=1), Figure(MEASURES[0], "x", float("nan"))]
    )
    assert len(named) == len(figures) and all(ALLOWED.fullmatch(name) for name in named)
    told = name_columns({"epoch": 3, "generator_loss": 1.5, "coverage": 0.5, "frechet": float("inf"), "collapse": "no"})
    assert told == {"training/generator_loss": 1.5, "diverse/coverage": 0.5}


def test_tensorboard_reads_the_numbers_and_the_pictures(tmp_path: Path, picture: Path) -> None:
    for start in (1, 3):  # as a run that goes on
        writer = TensorBoard(tmp_path / "events")
        for epoch in (start, start + 1):
            grids = [picture] if epoch % 2 == 0 else []
            writer.tell({"training/loss": epoch / 4, "diverse/coverage": 0.5}, epoch, *grids)
        writer.close(failed=False)

    read = EventAccumulator(str(tmp_path / "events"))
    read.Reload()

    assert set(read.Tags()["scalars"]) == {"training/loss", "diverse/coverage"}
    assert [(each.step, each.value) for each in read.Scalars("training/loss")] == [(n, n / 4) for n in (1, 2, 3, 4)]
    shown = read.Images("grids")
    assert [each.step for each in shown] == [2, 4] and shown[0].encoded_image_string == picture.read_bytes()
    assert (shown[0].width, shown[0].height) == (30, 20)


def test_mlflow_reads_numbers_settings_and_pictures_of_a_run_that_went_on(client: MlflowClient, picture: Path) -> None:
    for epoch, failed in ((1, True), (2, False)):
        told = MlflowRun("20261128-tiny", {f"gan.setting_{number}": str(number) for number in range(150)})
        told.tell({"training/loss": epoch / 4}, epoch, picture)
        told.close(failed=failed)

    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    [run] = client.search_runs([experiment.experiment_id])
    assert run.info.run_name == run.data.tags[TAG] == "20261128-tiny" and run.info.status == "FINISHED"
    history = client.get_metric_history(run.info.run_id, "training/loss")
    assert [(each.step, each.value) for each in history] == [(1, 0.25), (2, 0.5)]
    assert run.data.params["gan.setting_149"] == "149"
    assert [file.path for file in client.list_artifacts(run.info.run_id, "grids")] == ["grids/epoch-0002.png"]


@pytest.mark.usefixtures("on_server", "elsewhere")
def test_a_run_that_is_told_is_the_same_run_and_leaves_the_same_bytes(
    tiny_source: Path, client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = Experiment.model_validate(tiny_experiment(tiny_source, epochs=2) | {"worth": 0})
    runs: dict[str, Run] = {}
    for track in ("tensorboard,mlflow", ""):
        monkeypatch.setenv(TRACK, track)
        monkeypatch.setenv("SYNTHETIC_DATA_RUNS", f"runs-{len(runs)}")
        report = synthetic_data(experiment)
        assert report is not None
        runs[track] = Run(Path(report.page).parent)
    told, untold = runs.values()
    for name in ("generator", "synthetic", "identity", "experiment", "mosaic"):
        assert getattr(told, name).read_bytes() == getattr(untold, name).read_bytes(), name
    assert not untold.events()

    read = EventAccumulator(str(told.tensorboard))
    read.Reload()
    assert [each.step for each in read.Scalars("training/generator_loss")] == [1, 2]
    assert read.Images("grids")[-1].encoded_image_string == told.grid(2).read_bytes()
    frame = read_frame(told.measures)
    whole = frame[(frame["class"] == "") & frame.seed.isna() & frame.value.notna()]
    assert set(whole.measure) <= {name.split("/")[1] for name in read.Tags()["scalars"]}
    experiment_known = client.get_experiment_by_name(EXPERIMENT)
    assert experiment_known is not None
    [known] = client.search_runs([experiment_known.experiment_id])
    assert known.data.metrics["useful/accuracy/synthetic"] == pytest.approx(
        whole[(whole.measure == "accuracy") & (whole.of == "synthetic")].value.iloc[0]
    )
    assert known.data.params["gan.epochs"] == "2" and "source" not in known.data.params


def test_a_tracker_that_fails_later_ends_no_training(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        def tell(self, scalars: object, epoch: int, *grids: object) -> None:
            raise ConnectionError("gone")

        def close(self, *, failed: bool) -> None:
            raise ConnectionError(f"failed: {failed}")

    monkeypatch.setenv(TRACK, "tensorboard")
    monkeypatch.setattr("tasks.runs.tracking.open_tracker", lambda name, run: Gone())
    with tracked(Run(tmp_path)) as tell:
        tell({"training/loss": 1.0}, 1)
    with pytest.raises(KeyboardInterrupt), tracked(Run(tmp_path)):
        raise KeyboardInterrupt
    said = [record.getMessage() for record in caplog.records]
    assert [text.split("“")[1].split("”")[0] for text in said] == ["gone", "failed: False", "failed: True"]
    assert all(text.endswith("the run goes on") for text in said)


def test_a_tracker_that_cannot_be_had_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tensorboard").write_text("in its way", "utf-8")
    monkeypatch.setenv(TRACK, "tensorboard")
    with pytest.raises(BadInput, match="Expected tensorboard to take a run, got"), tracked(Run(tmp_path)):
        raise AssertionError("not reached")


def test_trackers_that_are_none_or_not_installed_are_refused(
    refusal: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TRACK, "tensorboard, mlflow,tensorboard")
    assert read_tracking() == ("tensorboard", "mlflow") and read_tracking("") == ()
    assert "Expected trackers of tensorboard, mlflow, got 'wandb'" in refusal("run", "--track", "wandb")
    monkeypatch.setattr("tasks.runs.tracking.find_spec", lambda name: None)
    assert "pip install 'synthetic-labelled-images[mlflow]'" in refusal("run")
