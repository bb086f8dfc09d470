"""Laws of sweeps: what is combined, what is compared, and that no test image, repetition or failure spoils it."""

import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from conftest import striped_images, write_source
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, PREFECT_HOME, temporary_settings
from pydantic import ValidationError

from flows.commands.main import app
from flows.commands.options import join_lists, read_options
from flows.commands.sweep import parse_seeds, split_grid
from flows.sweep import sweep
from gan_core.audit.measures import measures_in
from gan_core.config import STANDARD, ClassifierSettings, Experiment
from gan_core.errors import BadInput
from gan_core.images.labelled_images import LabelledImages
from gan_core.measures.calibration import CALIBRATION_ERROR
from gan_core.measures.manifold import COVERAGE
from gan_core.measures.tstr import ACCURACY, LABEL_FIDELITY
from gan_core.reports.sweep_table import build_sweep_frame, find_fault, format_sweep
from gan_core.settings_grid import Value, by_name, combinations, differences, varying
from tasks.data.real_images import real_images
from tasks.reports.publish_sweep import Incomplete, validation_outcome
from tasks.task_runners import check_workers, task_runner
from tasks.training import train_gan as training

BY_TIME = ["run_id", "seconds", "training_seconds"]


def test_every_seed_meets_every_combination() -> None:
    made = combinations(STANDARD, (0, 3), {"gan.width": (64, 128), "gan.epochs": (4, 8)})
    assert {(e.seed, e.gan.generator_width, e.gan.discriminator_width, e.gan.epochs) for e in made} == {
        (seed, width, width, epochs) for seed in (0, 3) for width in (64, 128) for epochs in (4, 8)
    }
    assert varying(made) == ["gan.epochs", "gan.generator_width", "gan.discriminator_width"]
    assert len(made) == 8 and [e.seed for e in made[:2]] == [0, 3]


def test_text_means_what_it_says_and_what_is_given_twice_is_run_once() -> None:
    made = combinations(STANDARD, (1, 1), {"gan.epochs": ("4", 4), "gan.conditional": ("true",)})
    assert made == [STANDARD.model_copy(update={"seed": 1, "gan": STANDARD.gan.model_copy(update={"epochs": 4})})]


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        ({"gan.depth": (1,)}, "'gan.depth'"),
        ({"seed": (1,)}, "'seed'"),
        ({"gan.epochs": ()}, "got none"),
        ({"classifier.steps": (1, 2)}, "classifier.steps"),
        ({"data.validation_images": (1, 2)}, "data.validation_images"),
        ({"gan.width": (4,), "gan.generator_width": (8,)}, "gan.generator_width"),
        ({name: tuple(range(100)) for name in by_name(STANDARD.gan.model_dump(), "gan.")}, "at most 10,000 runs"),
    ],
)
def test_what_cannot_be_compared_is_refused(grid: dict, expected: str) -> None:
    with pytest.raises(BadInput, match=expected):
        combinations(STANDARD, (0,), grid)


def test_differences_name_what_one_of_two_has_alone() -> None:
    before, after = by_name({"a": {"b": 1, "c": {}}, "counts": {"6": 1}}), by_name({"a": {"b": 2}, "d": None})
    assert before == {"a.b": 1, "counts": {"6": 1}}
    assert differences(before, after) == {"a.b": (1, 2), "counts": ({"6": 1}, None)}


@pytest.mark.parametrize(("text", "expected"), [("0-2", (0, 1, 2)), ("5", (5,)), ("1,4-5,0", (1, 4, 5, 0))])
def test_seeds_are_written_as_pages_to_print(text: str, expected: tuple[int, ...]) -> None:
    assert parse_seeds(text) == expected


@pytest.mark.parametrize("text", ["", "a", "3-1", "-1", "1,,2", "1-2-3"])
def test_what_are_no_seeds_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="0-4"):
        parse_seeds(text)


@pytest.mark.parametrize("text", ["0-9999,5", "0-9999999", "0-99999999999"])
def test_more_seeds_than_anybody_waits_for_are_refused_at_once(text: str) -> None:
    with pytest.raises(BadInput, match="at most 10,000 numbers"):
        parse_seeds(text)
    with pytest.raises(ValidationError, match="at most 10,000 numbers"):
        ClassifierSettings.model_validate({"seeds": text})


def report(accuracies: tuple[float, ...], outcome: str = "sound") -> pd.DataFrame:
    rows = [
        {"taught_by": taught_by, "seed": seed, "accuracy": accuracy, "coverage": 0.9, "label_fidelity": fidelity}
        for taught_by, fidelity in (("real", 0.95), ("synthetic", np.nan))
        for seed, accuracy in enumerate(accuracies)
    ]
    return pd.DataFrame(rows).assign(outcome=outcome, reason="It has collapsed." if outcome == "collapsed" else "")


def test_settings_are_ordered_by_their_mean_and_a_failed_run_is_shown_without_a_figure() -> None:
    made = combinations(STANDARD, (0, 1), {"gan.epochs": (4, 8)})
    reports: list[pd.DataFrame | str] = [report((0.5, 0.7)), report((0.7, 0.7)), report((0.8, 0.9), "collapsed")]
    reports.append("Error: gone")
    frame = build_sweep_frame(made, reports)
    runs, by_settings, caption = format_sweep(frame, varying(made)).split("\n\n")
    assert [line.split()[:2] for line in runs.splitlines()[1:]] == [["0", "4"], ["1", "4"], ["0", "8"], ["1", "8"]]
    assert runs.splitlines()[1].endswith(" 90.00") and "60.00 ± 14.14" in runs and "failed" in runs
    best, second = by_settings.splitlines()[1:]
    assert best.split()[:3] == ["1", "8", "85.00"] and "1 collapsed, 1 failed" in best
    assert second.split()[:5] == ["2", "4", "65.00", "±", "7.07"]
    assert "validation images" in caption and "test images took no part" in caption
    assert (
        find_fault(frame, tolerate_collapse=False)
        == "1 collapsed and 1 failed of 4 runs. It has collapsed. Error: gone"
    )
    assert find_fault(frame, tolerate_collapse=True) == "1 failed of 4 runs. Error: gone"
    assert not find_fault(build_sweep_frame(made[:1], reports[:1]), tolerate_collapse=False)
    assert find_fault(build_sweep_frame(made[:1], ["gone."]), tolerate_collapse=False) == "1 failed of 1 run. gone."


def test_when_all_fail_there_is_a_table_all_the_same() -> None:
    made = combinations(STANDARD, (0, 1), {})
    frame = build_sweep_frame(made, ["Error: one", "Error: two"])
    assert format_sweep(frame, varying(made)).count("failed") == 3
    assert find_fault(frame, tolerate_collapse=True) == "2 failed of 2 runs. Error: one Error: two"


@pytest.mark.parametrize(
    ("error", "told"),
    [(BadInput("Expected a, got b; do c."), "Expected a, got b; do c."), (KeyError(1), "KeyError: 1")],
)
def test_what_a_user_can_mend_in_a_run_is_told_as_it_is(error: Exception, told: str) -> None:
    def fail() -> None:
        raise error

    assert validation_outcome(cast(Any, SimpleNamespace(result=fail))) == told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sweep")


@pytest.fixture(scope="module")
def experiment(folder: Path) -> Experiment:
    """A run of a second or two on little stripes of three classes."""
    train, test = (striped_images(count, seed=count, classes=3, side=8) for count in (400, 60))
    source = write_source(folder / "source", train, test)
    return Experiment.model_validate(
        {
            "name": "tiny",
            "tolerate_collapse": True,
            "source": str(source),
            "data": {"validation_images": 100},
            "gan": {"epochs": 1, "epoch_images": 500, "batch_size": 16, "latent_size": 4},
            "dataset": {"per_class": 8},
            "classifier": {"steps": 4, "batch_size": 32, "seeds": [0]},
        }
    )


@pytest.fixture(scope="module")
def on_server(folder: Path, server: dict[str, str]) -> Iterator[None]:
    url = server["PREFECT_API_URL"]
    with temporary_settings({PREFECT_API_URL: url, PREFECT_HOME: folder, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


@pytest.fixture
def surroundings(folder: Path, on_server: None, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A Prefect server, caches and runs for the sweeps of all tests here."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("SYNTHETIC_DATA_RUNS", str(folder / "runs"))
    return monkeypatch


GRID: dict[str, tuple[Value, ...]] = {"gan.width": (4, 8)}


@pytest.fixture(scope="module")
def here(experiment: Experiment, folder: Path, on_server: None) -> tuple[pd.DataFrame, set[str]]:
    """The frame of a sweep in this process, and the names of the sets of images that it read."""
    read: set[str] = set()
    load = LabelledImages.load

    def noted(path: Path) -> LabelledImages:
        read.add(path.stem)
        return load(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("SYNTHETIC_DATA_RUNS", str(folder / "runs"))
        real_images(experiment.model_copy(update={"seed": 3}))  # the cut, which looks for test images among the others
        patch.setattr(LabelledImages, "load", noted)
        swept = sweep(experiment, (3,), GRID)
    assert Path(swept.frame).with_suffix(".csv").is_file()
    return pd.read_parquet(swept.frame), read


@pytest.fixture
def no_training(surroundings: pytest.MonkeyPatch) -> None:
    """From here on no generator can be trained."""
    surroundings.setattr(training, "keep_epochs", lambda *_: pytest.fail("trained again"))


def test_a_sweep_has_every_run_in_one_frame_and_reads_no_test_image(
    here: tuple[pd.DataFrame, set[str]], folder: Path
) -> None:
    frame, read = here
    assert read == {"train", "validation", "synthetic"} and set(frame.examined_on) == {"validation"}
    runs = frame.groupby(["seed", "gan.generator_width", "gan.discriminator_width"])
    assert list(runs.groups) == [(3, 4, 4), (3, 8, 8)]
    for _, rows in runs:
        assert rows[["taught_by", "classifier_seed"]].values.tolist() == [["real", 0], ["synthetic", 0]]
        assert (folder / "runs" / rows.run_id.iloc[0] / "synthetic.npz").is_file() and rows.run_id.nunique() == 1
    assert frame.run_id.nunique() == frame.settings_digest.nunique() == 2
    assert not (folder / "runs" / "latest").exists() and frame.accuracy.between(0, 1).all()
    assert all(measure in measures_in(frame) for measure in (ACCURACY, CALIBRATION_ERROR, LABEL_FIDELITY, COVERAGE))
    assert (frame.calibration_error <= frame.calibration_error_high).all()


@pytest.mark.usefixtures("no_training")
def test_a_sweep_again_reads_what_is_there_and_ends_the_same(
    experiment: Experiment, here: tuple[pd.DataFrame, set[str]], folder: Path
) -> None:
    [path] = folder.glob("runs/sweeps/*/sweep.parquet")
    before = path.read_bytes()
    sweep(experiment, (3, 3), {"gan.width": ("8", "4")})
    again = pd.read_parquet(path).sort_values("gan.generator_width", kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(again, here[0], check_exact=True)
    sweep(experiment, (3,), GRID)
    assert path.read_bytes() == before


@pytest.mark.usefixtures("no_training")
def test_a_killed_sweep_goes_on_and_takes_the_generator_of_a_finished_run(
    experiment: Experiment, here: tuple[pd.DataFrame, set[str]], folder: Path
) -> None:
    killed, finished = (folder / "runs" / name for name in here[0].run_id.unique())
    for run in (killed, finished):
        (run / "validation.parquet").unlink()
    (finished / "report.html").write_text("")
    again = pd.read_parquet(sweep(experiment, (3,), GRID).frame)
    pd.testing.assert_frame_equal(again, here[0], check_exact=True)


def test_runs_that_fail_or_collapse_take_no_other_with_them(
    experiment: Experiment, surroundings: pytest.MonkeyPatch
) -> None:
    intolerant = experiment.model_copy(update={"tolerate_collapse": False})
    grid: dict[str, tuple[Value, ...]] = {"dataset.per_class": (0, 8), "gan.learning_rate": (1e-9,), "gan.width": (4,)}
    said = r"^1 failed and 1 collapsed of 2 runs. Expected at least one image.* The generator has collapsed"
    with pytest.raises(Incomplete, match=said) as raised:
        sweep(intolerant, (), grid)
    frame = pd.read_parquet(raised.value.sweep.frame)
    assert frame.outcome.tolist() == ["failed", "collapsed", "collapsed"] and frame.accuracy[1:].notna().all()
    assert all(word in raised.value.sweep.table for word in ("failed", "collapsed"))


def test_dask_workers_end_with_the_figures_of_this_process(
    experiment: Experiment, here: tuple[pd.DataFrame, set[str]], surroundings: pytest.MonkeyPatch, folder: Path
) -> None:
    surroundings.setenv("SYNTHETIC_DATA_RUNS", str(folder / "elsewhere"))
    surroundings.setenv("XDG_CACHE_HOME", str(folder / "another-cache"))
    on_dask = sweep.with_options(task_runner=task_runner("2"))(experiment, (3,), GRID)
    frame = pd.read_parquet(on_dask.frame)
    pd.testing.assert_frame_equal(frame.drop(columns=BY_TIME), here[0].drop(columns=BY_TIME), check_exact=True)
    assert set(frame.run_id) == {path.name for path in (folder / "elsewhere").glob("*-tiny-*")}


@pytest.mark.parametrize(
    "workers", ["0", "1000000", "9" * 5_000, "-1", "2x", "four", "tcp://host", "tcp://host:port", "127.0.0.1:9"]
)
def test_workers_that_cannot_be_are_told_before_a_server_starts(workers: str) -> None:
    with pytest.raises(BadInput, match=r"^Expected .*, got .*; .*\.$"):
        check_workers(workers)


def test_workers_that_can_be_are_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as scheduler:
        for workers in (None, "", "4", f"tcp://127.0.0.1:{scheduler.getsockname()[1]}"):
            check_workers(workers)


@pytest.mark.parametrize("seeds", ["0,1", "0-1", "0 1", "0 --classifier.seeds 1"])
def test_the_command_takes_lists_of_values(seeds: str) -> None:
    typed = f"sweep --seeds 0-4 --gan.width 64,128 --gan.conditional true --classifier.seeds {seeds}"
    _, bound, _ = app.parse_args(
        f"{typed} --dataset.counts 6=12,7=0 --data.train-images 100,200 --name x", exit_on_error=False
    )
    fixed, grid = split_grid(read_options(bound.arguments["settings"]))
    assert grid == {
        "gan.width": ("64", "128"),
        "gan.conditional": ("true",),
        "data.train_images": ("100", "200"),
    }
    made = combinations(Experiment.model_validate(join_lists(fixed)), (0,), grid)
    assert [(e.gan.generator_width, e.data.train_images) for e in made] == [
        (64, 100),
        (128, 100),
        (64, 200),
        (128, 200),
    ]
    assert made[0].classifier.seeds == (0, 1) and made[0].dataset.counts == {"6": 12, "7": 0} and made[0].name == "x"
